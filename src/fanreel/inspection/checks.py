"""What planning refuses in a page, and what it only warns of."""

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from fanreel.capture.page_questions import PageQuestions
from fanreel.capture.readiness import Opened
from fanreel.config import RenderConfig
from fanreel.errors import InvalidComposition, InvalidVariables
from fanreel.files.project import MAX_TOTAL_FRAMES, Root
from fanreel.inspection.described import exact, local_name
from fanreel.media.probe import MediaInfo
from fanreel.network.site import ORIGIN
from fanreel.problems import Problem, refusal

_FRAME = re.compile(rf"{re.escape(ORIGIN)}/(?P<file>[^\s()]+?):(?P<line>\d+):\d+")


def check_page(
    config: RenderConfig,
    described: Mapping[str, Any],
    opened: Opened,
    thrown: Mapping[str, str],
    inert: Sequence[Problem] = (),
) -> list[Problem]:
    """
    Refuse what is broken, and with `strict` what is doubtful; return the doubts.

    Args:
        config: What the caller asked for.
        described: What the page says of itself.
        opened: What did not load.
        thrown: What scripts threw and nobody caught, each text with its stack.
        inert: What is written of sounds and does nothing.
    Raises:
        InvalidComposition: A rule of the format is broken, by element. Terminal.
    """
    doubts = [
        *map(Problem.model_validate, described["warnings"]),
        *inert,
        *opened.warnings,
        *map(_not_loaded, opened.failed),
        *(_thrown(text, stack) for text, stack in thrown.items()),
    ]
    problems = [Problem.model_validate(item) for item in described["errors"]]
    if config.strict:
        problems += doubts
    if problems:
        raise refusal(InvalidComposition, problems, f"{config.entry_path}: ")
    return doubts


def check_variables(page: PageQuestions, config: RenderConfig) -> list[Problem]:
    """Return what is wrong with values of variables; with `strict_variables`, refuse that."""
    problems = [
        Problem(rule="variables", message=item["message"], composition=item["composition"])
        for item in page.check_variables()
    ]
    if problems and config.strict_variables:
        raise refusal(InvalidVariables, problems)
    return problems


def duration_of(
    root: Root, described: Mapping[str, Any], config: RenderConfig, fps: Fraction
) -> Fraction:
    """Return how long a composition is, in seconds; refuse one without a length, or too long."""
    duration_s = root.duration_s
    if duration_s is None and described.get("inferredDurationS") is not None:
        duration_s = exact(described["inferredDurationS"])
    if duration_s is None or duration_s <= 0:
        raise InvalidComposition(
            f"{config.entry_path}: the root has no data-duration, and nothing finite "
            "(a timeline, an animation, a timed clip or media) tells how long the composition "
            'is; add data-duration="SECONDS" to the root',
            rule="no-length",
        )
    if duration_s * fps > MAX_TOTAL_FRAMES:
        raise InvalidComposition(
            f"{config.entry_path}: {float(duration_s):g} s at "
            f"{float(fps):g} frames/s is more than {MAX_TOTAL_FRAMES} frames; shorten "
            "data-duration",
            rule="too-long",
        )
    return duration_s


def _not_loaded(what: str) -> Problem:
    url = what.rpartition(" ")[2]
    names = (local_name(url),) if "://" in url else ()
    return Problem(
        rule="broken-file", message=f"{local_name(what)} could not be loaded", names=names
    )


def _thrown(text: str, stack: str) -> Problem:
    """Tell of what a script threw, with the first place of the project in its stack."""
    place = _FRAME.search(stack)
    return Problem(
        rule="script-threw",
        message=f"the page's scripts threw: {text}",
        file=urllib.parse.unquote(place["file"]).partition("?")[0] if place else None,
        line=int(place["line"]) if place else None,
    )


def hdr_warnings(
    described: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[Path, MediaInfo]]
) -> list[Problem]:
    """Warn of pictures whose highlights the output will not have."""
    names = {local_name(i["src"]) for i in described if i["shown"] and known[i["key"]][1].is_hdr}
    return [
        Problem(
            rule="hdr-source",
            names=(name,),
            message=f"{name} is HDR and is brought to SDR, as Chromium shows it; HDR mode "
            "'force-hdr' keeps its highlights, 'force-sdr' says that SDR is meant",
        )
        for name in sorted(names)
    ]
