"""What all parts of the workflow are made of."""

from typing import Any

from fanreel.errors import INVALID_CONFIG

Step = dict[str, Any]


def failure(message: str, code: str = INVALID_CONFIG) -> Step:
    """Return what an execution ends with that nobody could render as asked."""
    return {"code": code, "message": message}
