"""The catalogue: one class per failure, its code, and whether trying again can help."""

import pickle
import re

import pytest

from fanreel import errors
from fanreel.errors import CATALOGUE, RenderError

# DESIGN lists them; renaming or re-deciding one is a breaking change, so the list stands here too.
TERMINAL = """
INVALID_CONFIG INVALID_COMPOSITION INVALID_VARIABLES FORMAT_NOT_SUPPORTED_IN_DISTRIBUTED
PLAN_TOO_LARGE PLAN_PRODUCED_ZERO_CHUNKS PLAN_HASH_MISMATCH PLAN_PROTOCOL_UNSUPPORTED
CHUNK_INDEX_OUT_OF_RANGE MISSING_RUNTIME_ENV_SNAPSHOT FFMPEG_VERSION_MISMATCH
BROWSER_VERSION_MISMATCH BROWSER_GPU_NOT_SOFTWARE BROWSER_UNAVAILABLE FONT_FETCH_FAILED
ASSET_NOT_FOUND ASSET_NOT_IN_PLAN NOT_MEDIA MEDIA_UNREADABLE S3_URI_NOT_ALLOWED UNSAFE_ARCHIVE
RENDER_CANCELLED UNEXPECTED_ERROR
"""
RETRYABLE = """
MISSING_PLAN_ARTIFACT ARTIFACT_DIGEST_MISMATCH BROWSER_CRASHED CAPTURE_TIMEOUT
STORAGE_UNAVAILABLE DISK_FULL INSTANCE_STOPPED
"""


def test_the_catalogue_is_the_promised_one() -> None:
    """No code is missing, extra, or on the wrong side."""
    assert set(TERMINAL.split()) <= set(errors.TERMINAL_CODES)
    assert set(RETRYABLE.split()) <= set(errors.RETRYABLE_CODES)
    assert set(CATALOGUE) == {*errors.TERMINAL_CODES, *errors.RETRYABLE_CODES}


@pytest.mark.parametrize("code", list(CATALOGUE))
def test_a_class_is_named_by_its_code(code: str) -> None:
    """`PLAN_TOO_LARGE` is `PlanTooLarge`, a constant, and documented in one sentence."""
    error = CATALOGUE[code]
    assert re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", error.__name__).upper() == code
    assert getattr(errors, code) == error.code == code
    assert error.__doc__
    assert error.__doc__.endswith(".")
    assert error.exit_status in {1, 2, 3, 4, 5, 130}


@pytest.mark.parametrize("code", list(CATALOGUE))
def test_an_error_crosses_processes(code: str) -> None:
    """Message and facts come back from a worker as they went."""
    error = CATALOGUE[code]("what to do", size_bytes=3, path="x")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert type(back) is CATALOGUE[code]
    assert (str(back), back.facts) == ("what to do", {"size_bytes": 3, "path": "x"})
    assert vars(back)["size_bytes"] == 3


def test_without_a_message_the_meaning_is_told() -> None:
    """The docstring is the text."""
    assert str(errors.RenderCancelled()) == "The render was cancelled."


def test_whoever_adds_an_error_decides() -> None:
    """`retryable` has no default."""
    with pytest.raises(TypeError, match="retryable"):
        type("New", (RenderError,), {}, code="NEW", exit_status=1)
    assert "NEW" not in CATALOGUE
