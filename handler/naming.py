"""What is told of a failure: its code, and a message for people and programs."""

import json
import re
from pathlib import Path
from typing import Any

from fanreel.errors import RenderError, UnexpectedError

OUT_OF_MEMORY = "Runtime.OutOfMemory"
"""
Python's own MemoryError goes by the platform's name, because it is the same failure seen a moment
earlier: tried once more, on a fresh start, and then given up.
"""
_MOST_MESSAGE_CHARS = 4000
_MOST_FACT_CHARS = 500


def to_render_error(exc: BaseException) -> RenderError:
    """Return one of ours for anything Python raised; what we do not know is `UNEXPECTED_ERROR`."""
    if isinstance(exc, RenderError):
        return exc
    return UnexpectedError(f"{type(exc).__qualname__}: {exc}", kind=type(exc).__qualname__)


def code_of(exc: BaseException) -> str:
    """Return the code that *exc* leaves under."""
    return OUT_OF_MEMORY if isinstance(exc, MemoryError) else to_render_error(exc).code


def without_scratch(text: str, tmp_dir: Path) -> str:
    """
    Return *text* with paths below *tmp_dir* as what they are to the caller.

    The disk is gone once the message is read, and its names are chance: of
    `/tmp/run-x7/project/index.html` only `index.html` means something outside.
    """
    below = rf"{re.escape(str(tmp_dir))}/[^/\s'\"`:;,()]+"
    text = re.sub(rf"{below}/project/", "", text)
    text = re.sub(rf"{below}/(?=[^\s'\"`:;,()])", "", text)
    return re.sub(rf"{below}/?|{re.escape(str(tmp_dir))}(?![\w.-])", "the function's disk", text)


class RequestFailed(Exception):
    """
    How a request ended that could not be answered.

    Args:
        document: `Code`, `Message`, `Retryable`, `Facts`, and which render and chunk.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["Message"])
        self.document = document

    @property
    def code(self) -> str:
        """Of the failure."""
        return str(self.document["Code"])

    @property
    def retryable(self) -> bool:
        """Whether another try may go well."""
        return bool(self.document["Retryable"])

    def to_json(self) -> str:
        """Return what happened as JSON."""
        return json.dumps(self.document)


def named(failed: RequestFailed) -> Exception:
    """Return the exception that Lambda is to see: its class has the code as its name."""
    kind: type[Exception] = type(failed.code, (Exception,), {})
    return kind(failed.to_json())


def describe(exc: BaseException, tmp_dir: Path, **context: Any) -> dict[str, Any]:
    """
    Return what is told of *exc*.

    Args:
        exc: What happened.
        tmp_dir: Where the function works; no path of it is said.
        context: Which render, which chunk; joins the rest, None left out.
    """
    code = code_of(exc)
    error = to_render_error(exc)
    return {
        "Code": code,
        "Message": without_scratch(error.message, tmp_dir)[:_MOST_MESSAGE_CHARS],
        "Retryable": error.retryable or code == OUT_OF_MEMORY,
        **{name: value for name, value in context.items() if value is not None},
        "Facts": {name: _plain(value, tmp_dir) for name, value in error.facts.items()},
    }


def _plain(value: Any, tmp_dir: Path) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, tmp_dir) for item in value[:20]]
    return without_scratch(str(value), tmp_dir)[:_MOST_FACT_CHARS]
