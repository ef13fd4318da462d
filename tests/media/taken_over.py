"""What a child runs that somebody takes over amid a step."""

import pytest

from fanreel.engine import warm
from fanreel.engine.forking import ForkServer
from fanreel.engine.process import Child
from tests.media.escaping import amid_a_step as main

__all__ = ["main", "take_over"]


def take_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next children taken over, whether they are copies or interpreters."""

    def child(_module: str, server: ForkServer | None = None) -> Child:
        return Child(__name__, server)

    monkeypatch.setattr(warm, "Child", child)
