"""When a page that is loaded can be shown: its scripts have come, and it says that it is ready."""

import time
from dataclasses import dataclass

from fanreel.capture.event_log import EventLog
from fanreel.capture.page_calls import PageCalls
from fanreel.capture.session_specs import SessionSpec
from fanreel.errors import CaptureTimeout, InvalidComposition
from fanreel.problems import Problem

# Readiness names what it waits for when its time is up; this long it may take to say so.
_ANSWER_S = 15.0
_SCALE_TOLERANCE = 1e-6
# From a script's arrival to the next that its code asks for.
_SCRIPT_SILENCE_S, _SCRIPT_POLL_S = 0.03, 0.005


class WebGpuWanted(Exception):
    """The page asks for WebGPU; a session with `webgpu` can give it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a page that is ready lacks nevertheless."""

    warnings: tuple[Problem, ...]
    failed: tuple[str, ...]
    """Fonts and images that did not load, by kind and URL or name."""


def await_scripts(page: PageCalls, events: EventLog, ready_s: float) -> None:
    """
    Wait for the scripts that scripts ask for, and those for others: `import()`.

    The page itself cannot see them. Once the last has come its code runs, so the page's loop
    has to come round before nothing more is asked for.
    """
    end = time.monotonic() + ready_s
    while time.monotonic() < end:
        page.evaluate("() => __fanreelShell.turn()", None, "loading scripts")
        silent_s = time.monotonic() - events.last_script_s
        if not events.awaits_scripts and silent_s > _SCRIPT_SILENCE_S:
            return
        time.sleep(_SCRIPT_POLL_S)


def await_readiness(page: PageCalls, spec: SessionSpec) -> Opened:
    """
    Wait until the page says that it is ready.

    Raises:
        CaptureTimeout: It never does; the message says what it waits for. Retryable.
        InvalidComposition: It cannot be. Terminal.
        WebGpuWanted: A session of another kind can open it.
    """
    patience_s = spec.patience.ready_s
    answer = page.evaluate(
        "ms => __fanreelShell.ready(ms)",
        patience_s * 1000,
        "waiting for the page to become ready",
        patience_s + _ANSWER_S,
    )
    if not isinstance(answer, dict) or "ok" not in answer:
        raise page.explained(
            InvalidComposition,
            "the page has replaced functions of the language itself, such as "
            "Promise.prototype.then; leave those as they are",
        )
    if answer["lacksGpu"] and not spec.webgpu:
        raise WebGpuWanted
    if answer["problem"] is not None:
        raise page.explained(InvalidComposition, answer["problem"], rule="webgpu")
    if not answer["ok"]:
        waiting = ", ".join(answer["waitingFor"]) or "nothing it could name"
        raise page.explained(
            CaptureTimeout,
            f"the composition did not become ready in {patience_s:.0f} s; it was waiting "
            f"for: {waiting}",
            waiting_for=list(answer["waitingFor"]),
        )
    return Opened(
        warnings=tuple(map(Problem.model_validate, answer["warnings"])),
        failed=tuple(answer["failed"]),
    )


def check_viewport(page: PageCalls, spec: SessionSpec) -> None:
    """Make sure that Chromium shows the page at the size asked for. Raises `CaptureTimeout`."""
    width, height, ratio = page.evaluate(
        "() => __fanreelShell.viewport()", None, "measuring the viewport"
    )
    expected, scale = (spec.width, spec.height), spec.device_scale_factor
    if (width, height) != expected or abs(ratio - scale) > _SCALE_TOLERANCE:
        raise page.explained(
            CaptureTimeout,
            f"Chromium shows {width}x{height} at scale {ratio} where {expected} at {scale} "
            "was asked for",
        )
