"""Every kind of message of a composition has its rule and its fix."""

import pytest

from fanreel.lint.rules import RULES, rule_of

MESSAGES = {
    "lane-overlap": 'p#a and p#b overlap in lane 1 of composition "main"',
    "circular-start": 'p#a: data-start="b" depends on itself',
    "unknown-length": 'p#a: data-start refers to "b", whose duration is not known',
    "unknown-reference": 'p#a: data-start refers to "b", which is in another composition',
    "bad-time": 'p#a: data-duration="2s" must be a number of seconds above 0',
    "bad-rate": 'video#v: data-playback-rate="19" must be a number from 0.1 to 10',
    "no-root": "the page: no element has data-composition-id; write the root as <div>",
    "no-entry": "project holds no index.html; name another with entryFile",
    "bad-size": "index.html: the root has no data-width; it needs the authored frame size",
    "odd-size": "the picture of 405x721 is padded to 406x722 at its right and bottom edge",
    "bad-number": "index.html: the root's data-duration='x' is not a positive number",
    "duplicate-id": 'id "x" names two clips of composition "main"; data-start means the first',
    "second-root": "div#b is a second root; only the first element is rendered as one",
    "duplicate-composition": 'data-composition-id="a" is written twice; both would be played',
    "bad-grade": "img#hero: data-color-grading: nobody knows adjust.glow",
    "bad-vfx-chain": 'div#h: data-vfx-chain: nobody knows the effect "glow"',
    "bad-effect": "audio#a: data-fx-chain, nodes.0.type: there is no effect 'flanger'",
    "bad-automation": "audio#a: the lane of 'fx.n9.gain' in data-automation moves nothing",
    "bad-volume": 'video#v: data-volume="9" must be a number from 0 to 1 (up to 3.981 boosts)',
    "still-image": "a.gif moves, but in a style sheet it stands still; show it in an <img>",
    "media-in-iframe": "video#v of inner.html is inside an iframe, where media do not show",
    "captions": "video#t has a <track>, which is not shown",
    "live-stream": "video#s shows a live stream (srcObject), which has no frames to show",
    "circular-nesting": "div#h: composition includes itself: a.html → a.html; remove one",
    "missing-file": "div#h: nested composition 'n.html' could not be read (404); paths start …",
    "outside-project": "img#a names ../a.png, which leads to /srv/a.png, outside of /srv/film",
    "nested-failure": "div#h: n.html could not be mounted: no root",
    "never-ready": 'the page never brought timeline "card"',
    "webgpu": "the page asks for WebGPU, for which this Chromium offers no adapter",
    "script-threw": "div#h: n.html: TypeError: x is not a function (line 3)",
    "broken-file": "image bad.png could not be loaded",
    "outside-file": "https://cdn.example/a.css could not be fetched: refused",
    "bad-media": "clip.mp4 is not media: it holds HTML.",
    "variables": "variable 'a' declared by composition 'main' has the unknown type",
    "hdr-source": "a.mov is HDR and is brought to SDR, as Chromium shows it",
    "no-length": "index.html: the root has no data-duration, and nothing finite tells",
    "too-long": "index.html: 1e+09 s at 30 frames/s is more than 10000000 frames; shorten",
    "blank": "nothing is to be seen: all of 24 frames looked at show one and the same colour",
    "font-fallback": "p#a: Nowhere is not there, the text is drawn with DejaVu Sans",
    "font-offline": "Inter: not on this machine yet, and the npm registry does not give them",
    "not-deterministic": "the composition is not deterministic: frame 4 differs",
    "stateful": "frames depend on the frames before them (frame 4 differs)",
}


MORE = {
    "i.html:3: video#v names a.wav: it holds sound only; play it in an <audio>": "bad-media",
    "img#a names ../a.png, which leads to /srv/a.png, where there is no such file": "missing-file",
    "p#a: F did not load or lacks characters of the text, drawn with the system font X": (
        "font-fallback"
    ),
    "variable 'a' of composition 'main' has the unknown type \"x\"; allowed: string": "variables",
    "fetch of data.json: no such file in the project": "missing-file",
    "the page's scripts threw: TypeError: x": "script-threw",
    "div#h: script code.js: no such file": "script-threw",
}


def test_each_rule_is_shown() -> None:
    """The messages above are one of each rule."""
    assert list(MESSAGES) == [rule.name for rule in RULES]


@pytest.mark.parametrize(
    ("name", "message"), [*MESSAGES.items(), *((name, text) for text, name in MORE.items())]
)
def test_a_message_has_its_rule(name: str, message: str) -> None:
    """The first that fits is the one that is meant."""
    rule = rule_of(message)
    assert rule is not None
    assert rule.name == name
