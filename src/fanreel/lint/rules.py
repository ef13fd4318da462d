"""What kinds of problems a composition has by its page and its planner, and how each is mended."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "track-overlap": (
        "give one of them another data-track-index, or let it start when the other ends"
    ),
    "circular-start": (
        'break the circle: give one of these clips its start in seconds, as in data-start="2.5"'
    ),
    "unknown-length": "give the clip it refers to a data-duration, or write this start in seconds",
    "unknown-reference": (
        "refer to the id of a timed element of the same composition, or write seconds"
    ),
    "bad-time": 'write seconds (2.5), or in data-start an id and an offset ("intro + 0.5")',
    "bad-rate": 'write a factor from 0.1 to 10, as in data-playback-rate="1.5"',
    "no-root": (
        'write the root as <div data-composition-id="main" data-width="1920" '
        'data-height="1080" data-duration="5">'
    ),
    "no-entry": "add the entry file, or name another page of the project as the entry file",
    "bad-size": (
        'write the frame\'s size in whole CSS pixels, as in data-width="1920" data-height="1080"'
    ),
    "odd-size": "write an even data-width and data-height, or take a format that holds odd sizes",
    "bad-number": 'write a positive number, as in data-duration="7.5" or data-fps="30"',
    "duplicate-id": "give each clip of a composition its own id",
    "second-root": "move it into the root, or take its data-composition-id away",
    "duplicate-composition": (
        "give each composition its own data-composition-id, and its timeline that name"
    ),
    "bad-grade": (
        'write the grade as {"preset":"clean-studio","adjust":{"exposure":0.2}}; see docs/color.md'
    ),
    "bad-vfx-chain": (
        "write the chain as "
        '{"version":1,"nodes":[{"type":"wave-warp","id":"n1","params":{"height":10}}]}; '
        "see docs/color.md"
    ),
    "bad-effect": 'write the chain as {"version":1,"nodes":[{"type":"gain","params":{"gain":-6}}]}',
    "bad-automation": (
        'write lanes as {"version":1,"lanes":[{"target":"volume","points":[{"t":0,"v":1}]}]}'
    ),
    "silence": "add an audio or a video element with sound, or choose a format with pictures",
    "bad-volume": 'write a factor, as in data-volume="0.5"; 1 is unchanged',
    "media-in-iframe": "put the video or audio element into the composition itself",
    "captions": "show the texts as clips of their own, each with data-start and data-duration",
    "live-stream": "give the element a file of the project as src",
    "circular-nesting": "remove one of these data-composition-src",
    "missing-file": "add the file, or correct the path (from the project's root)",
    "outside-project": (
        "give a folder that holds both as --root (root_dir in Python), or copy the file "
        "into the project"
    ),
    "nested-failure": "mend the nested file: open it alone in a browser and look at its console",
    "never-ready": (
        "register what is waited for: a timeline as window.__timelines[ID] of its "
        "data-composition-id, a drawing before the first frame; or take away what "
        "announces it"
    ),
    "webgpu": "draw with WebGL (Three.js: WebGLRenderer, or forceWebGL)",
    "script-threw": (
        "mend the code at this line; what comes after it in the same script has not run"
    ),
    "broken-file": (
        "put a file there that the browser can read; it may be of another kind than its name says"
    ),
    "outside-file": "put the file into the project, so that a render needs no network",
    "bad-media": "give the element a video, sound or picture file of the project",
    "variables": (
        "declare the variable in data-composition-variables, and give it a value of its type"
    ),
    "hdr-source": (
        "choose HDR mode 'force-sdr' where SDR is meant, or 'force-hdr' to keep the highlights"
    ),
    "no-length": 'add data-duration="SECONDS" to the root',
    "too-long": "shorten the root's data-duration",
    "blank": (
        "open the page in a browser and look for the boxes of its texts and pictures; give "
        "the elements around them a size"
    ),
    "font-fallback": "ship the font with the project by @font-face",
    "font-offline": "run `fanreel fonts fetch`, or this command, once where the network is reached",
    "not-deterministic": (
        "draw from the frame's time, and chance from Math.random() of the page, which is "
        "seeded; not from workers, the network or the real time"
    ),
    "stateful": "compute each frame from its time alone, not from what the frame before left",
}
"""Name to fix."""

RULE_OF_CODE: Mapping[str, str] = {
    "ASSET_NOT_FOUND": "missing-file",
    "CAPTURE_TIMEOUT": "never-ready",
    "FONT_FETCH_FAILED": "outside-file",
    "INVALID_VARIABLES": "variables",
    "MEDIA_UNREADABLE": "bad-media",
    "NOT_MEDIA": "bad-media",
}
"""Of errors that do not say theirs."""
