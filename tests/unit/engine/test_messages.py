"""What a parent says reaches its child as it was said."""

from multiprocessing import Pipe
from pathlib import Path

import pytest

from fanreel.config import RenderConfig
from fanreel.engine.answers import Failed
from fanreel.engine.messages import receive_answer, receive_request, send_request
from fanreel.engine.requests import Plan
from fanreel.errors import InvalidConfig

CONFIGS = [
    RenderConfig(),
    # An H.264 that is asked for is refused here, while one by default becomes H.265.
    RenderConfig(hdr_mode="force-hdr"),
    RenderConfig(codec="h264", fps="30000/1001", variables={"title": "Hello", "scale": None}),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_a_configuration_arrives_with_what_was_asked_for(config: RenderConfig) -> None:
    """And with the same fields left to their defaults."""
    here = Path("here")
    sent = Plan(project_dir=here, config=config, plan_dir=here, temp_dir=here, distributed=False)
    ours, theirs = Pipe()
    with ours, theirs:
        send_request(ours, sent)
        got = receive_request(theirs)
    assert got == sent
    assert isinstance(got, Plan)
    assert got.config.model_fields_set == config.model_fields_set


@pytest.mark.parametrize(
    "said", [b"", b"{}", b'done\n{"kind": "alive"}', b"plan\n{}", b'eval\n{"kind": "done"}']
)
def test_an_answer_that_is_none_makes_no_sense(said: bytes) -> None:
    """A kind that is none, not an answer's, or not the one that follows."""
    ours, theirs = Pipe()
    with ours, theirs:
        ours.send_bytes(said + b"\n")
        with pytest.raises(ValueError):  # noqa: PT011 (pydantic's among them)
            receive_answer(theirs)


def test_a_failure_arrives_with_its_facts() -> None:
    """Bytes too, such as the picture of the page."""
    sent = InvalidConfig("wrong", field="fps", screenshot=b"\x89PNG")
    got = Failed.of(sent).error()
    assert (type(got), got.message, got.facts) == (InvalidConfig, "wrong", sent.facts)


@pytest.mark.parametrize(
    "name", ["message", "self", "code", "retryable", "facts", "args", "__class__", "a b", ""]
)
def test_a_fact_does_not_pass_for_the_error_itself(name: str) -> None:
    """A child that was taken over says what it likes."""
    got = Failed(code="INVALID_CONFIG", message="wrong", facts={name: 1, "field": "fps"}).error()
    assert (type(got), got.message, got.facts) == (InvalidConfig, "wrong", {"field": "fps"})


@pytest.mark.parametrize("value", ["no base64!", "a", 3, None])
def test_bytes_that_are_none_stay_what_they_are(value: object) -> None:
    """They are only looked at."""
    sent = Failed(code="INVALID_CONFIG", message="wrong", facts={"screenshot": {"base64": value}})
    assert sent.error().facts.keys() == {"screenshot"}
