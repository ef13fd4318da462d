"""What a parent says reaches its child as it was said."""

from multiprocessing import Pipe
from pathlib import Path

import pytest

from fanreel.config import RenderConfig
from fanreel.engine.messages import Plan, receive_request, send_request

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
