"""A batch file is checked as a whole, and each wrong line says what it may have instead."""

import pytest

from fanreel.errors import InvalidConfig
from fanreel.remote.batches import parse_batch


def test_every_wrong_key_of_every_line_is_named() -> None:
    """With the keys that there are, so that nobody has to look them up."""
    text = '{"variables": {}}\n{"outputURL": "x", "vars": {}}\n{"renderId": 4}\nno json\n'
    with pytest.raises(InvalidConfig) as caught:
        parse_batch(text)
    allowed = "allowed: renderId, variables, config, outputUri, output"
    second, third, fourth, fifth = caught.value.facts["problems"]
    assert second == f"line 2: outputURL: there is no such key; {allowed}"
    assert third == f"line 2: vars: there is no such key; {allowed}"
    assert fourth.startswith("line 3: renderId: ")
    assert fifth.startswith("line 4: not JSON")
