"""JSON that a service keeps for a client: what is missing or no object counts as an empty one."""

import json
from typing import Any


def read_json_object(text: str | None) -> dict[str, Any]:
    """Return the object that *text* holds; an empty one if it holds none, or there is no text."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
