"""What kinds of messages a composition's page and its planner give, and how each is mended."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of message."""

    name: str
    pattern: re.Pattern[str]
    """Found in the message, whatever it names."""
    fix: str


def _rule(name: str, pattern: str, fix: str) -> Rule:
    return Rule(name, re.compile(pattern), fix)


RULES = (
    # page/timing.js
    _rule(
        "lane-overlap",
        "overlap in lane ",
        "give one of them another data-track-index, or let it start when the other ends",
    ),
    _rule(
        "circular-start",
        "depends on itself",
        'break the circle: give one of these clips its start in seconds, as in data-start="2.5"',
    ),
    _rule(
        "unknown-length",
        "whose duration is not known",
        "give the clip it refers to a data-duration, or write this start in seconds",
    ),
    _rule(
        "unknown-reference",
        "which is (in another composition|no clip of this composition)",
        "refer to the id of a timed element of the same composition, or write seconds",
    ),
    _rule(
        "bad-time",
        "must be a number of seconds",
        'write seconds (2.5), or in data-start an id and an offset ("intro + 0.5")',
    ),
    _rule(
        "bad-rate",
        "data-playback-rate=.* must be a number",
        'write a factor from 0.1 to 10, as in data-playback-rate="1.5"',
    ),
    # page/describe.js, project.py
    _rule(
        "no-root",
        "has data-composition-id|no element with data-composition-id|data-composition-id is empty",
        'write the root as <div data-composition-id="main" data-width="1920" data-height="1080" '
        'data-duration="5">',
    ),
    _rule(
        "no-entry",
        "name another with entryFile|is not a directory|^cannot read ",
        "add the entry file, or name another page of the project as entryFile",
    ),
    _rule(
        "bad-size",
        "data-(width|height).*(is missing|whole (number|pixels)|not a positive)"
        "|the root has no data-(width|height)",
        'write the frame\'s size in whole CSS pixels, as in data-width="1920" data-height="1080"',
    ),
    _rule(
        "odd-size",
        "is padded to ",
        "write an even data-width and data-height, or take a format that holds odd sizes",
    ),
    _rule(
        "bad-number",
        "data-(duration|fps).*(positive number|allowed:)",
        'write a positive number, as in data-duration="7.5" or data-fps="30"',
    ),
    _rule("duplicate-id", "names two clips", "give each clip of a composition its own id"),
    _rule(
        "second-root",
        "is a second root",
        "move it into the root, or take its data-composition-id away",
    ),
    _rule(
        "duplicate-composition",
        "is written twice; both",
        "give each composition its own data-composition-id, and its timeline that name",
    ),
    _rule(
        "bad-grade",
        ": data-color-grading: ",
        'write the grade as {"preset":"clean-studio","adjust":{"exposure":0.2}}; see docs/color.md',
    ),
    _rule(
        "bad-vfx-chain",
        ": data-vfx-chain: ",
        "write the chain as "
        '{"version":1,"nodes":[{"type":"wave-warp","id":"n1","params":{"height":10}}]}; '
        "see docs/color.md",
    ),
    # media/sound/declared.py
    _rule(
        "bad-effect",
        "data-fx-chain",
        'write the chain as {"version":1,"nodes":[{"type":"gain","params":{"gain":-6}}]}',
    ),
    _rule(
        "bad-automation",
        "data-automation",
        'write lanes as {"version":1,"lanes":[{"target":"volume","points":[{"t":0,"v":1}]}]}',
    ),
    # page/media_list.js
    _rule("bad-volume", "data-volume=", 'write a factor, as in data-volume="0.5"; 1 is unchanged'),
    _rule(
        "still-image",
        "moves, but in ",
        "show a moving picture in an <img>, and write a moving SVG as <svg> into the page",
    ),
    _rule(
        "media-in-iframe",
        "is inside an iframe",
        "put the video or audio element into the composition itself",
    ),
    _rule(
        "captions",
        "has a <track>",
        "show the texts as clips of their own, each with data-start and data-duration",
    ),
    _rule("live-stream", "shows a live stream", "give the element a file of the project as src"),
    # page/nesting.js, scripts.js, sheets.js, readiness.js
    _rule(
        "circular-nesting",
        "composition includes itself",
        "remove one of these data-composition-src",
    ),
    _rule(
        "missing-file",
        "nested composition .* could not be read|the composition names |names .*which is not in "
        "|names .*where there is no such file"
        "|HTTP 404|^fetch of .*no such file",
        "add the file, or correct the path (from the project's root)",
    ),
    _rule(
        "outside-project",
        "names .*which leads to ",
        "give a folder that holds both as --root (root_dir in Python), or copy the file into the "
        "project",
    ),
    _rule(
        "nested-failure",
        "could not be mounted|mounting failed|style sheet .*: ",
        "mend the nested file: open it alone in a browser and look at its console",
    ),
    _rule(
        "never-ready",
        "the page never brought |did not become ready",
        "register what is waited for: a timeline as window.__timelines[ID] of its "
        "data-composition-id, a drawing before the first frame; or take away what announces it",
    ),
    _rule("webgpu", "WebGPU", "draw with WebGL (Three.js: WebGLRenderer, or forceWebGL)"),
    # survey.py
    _rule(
        "script-threw",
        "scripts threw: |: (\\w*Error: |threw )|(^|: )script \\S+: ",
        "mend the code at this line; what comes after it in the same script has not run",
    ),
    _rule(
        "broken-file",
        "could not be loaded",
        "put a file there that the browser can read; it may be of another kind than its name says",
    ),
    _rule(
        "outside-file",
        "could not be fetched|answered HTTP ",
        "put the file into the project, so that a render needs no network",
    ),
    _rule(
        "bad-media",
        "a media source is |data: URL is broken|cannot be decoded|is not media|is not a media file"
        "|: it (is|holds|has) ",
        "give the element a video, sound or picture file of the project",
    ),
    _rule(
        "variables",
        "^variable |^a variable declared |^data-variable-values of |^data-composition-variables of "
        "|is not JSON: ",
        "declare the variable in data-composition-variables, and give it a value of its type",
    ),
    _rule(
        "hdr-source",
        "is HDR and is brought to SDR",
        "set hdrMode to 'force-sdr' where SDR is meant, or to 'force-hdr' to keep the highlights",
    ),
    _rule(
        "no-length",
        "has no data-duration, and nothing finite",
        'add data-duration="SECONDS" to the root',
    ),
    _rule("too-long", "is more than \\d+ frames", "shorten the root's data-duration"),
    # blankness.py
    _rule(
        "blank",
        "^nothing is to be seen: ",
        "open the page in a browser and look for the boxes of its texts and pictures; give the "
        "elements around them a size",
    ),
    # inspection/font_report.py, fonts/supply.py, statefulness.py
    _rule(
        "font-fallback",
        "is not there, the text is drawn with|drawn with the system font",
        "ship the font with the project by @font-face",
    ),
    _rule(
        "font-offline",
        "not on this machine yet, and the npm registry |not looked up among the web's families",
        "run `fanreel fonts fetch`, or this command, once where the network is reached",
    ),
    _rule(
        "not-deterministic",
        "is not deterministic",
        "draw from the frame's time, and chance from Math.random() of the page, which is seeded; "
        "not from workers, the network or the real time",
    ),
    _rule(
        "stateful",
        "depend on the frames before them",
        "compute each frame from its time alone, not from what the frame before left",
    ),
)


def rule_of(message: str) -> Rule | None:
    """Give the kind of *message*: the first of the table it fits."""
    return next((rule for rule in RULES if rule.pattern.search(message)), None)
