"""
What a worker said when it failed, out of what Lambda and Step Functions wrap around it.

A failed task's cause is Lambda's answer as JSON, `{"errorMessage", "errorType", ...}`, and its
`errorMessage` is JSON again (`handler/naming.py`); a killed worker's is plain text.
"""

import json
from dataclasses import dataclass
from typing import Any

_MOST_LAYERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A failure as its worker told it; empty where it could not."""

    message: str = ""
    code: str = ""
    chunk_index: int | None = None


def read_cause(text: str | None) -> Cause:
    """Read an execution's cause, or any layer of it."""
    code, chunk_index = "", None
    message = text or ""
    for _ in range(_MOST_LAYERS):
        document = _parse(message)
        if document is None:
            break
        code = str(document.get("Code") or document.get("errorType") or code)
        index = document.get("ChunkIndex")
        chunk_index = index if isinstance(index, int) else chunk_index
        inner = next(
            (document[key] for key in ("errorMessage", "Message", "Cause") if document.get(key)), ""
        )
        message = inner if isinstance(inner, str) else json.dumps(inner)
    return Cause(message=message, code=code, chunk_index=chunk_index)


def _parse(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
