"""Files that are missing, outside or of another kind: each told at once, with its place."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from fanreel.capture.page_session import PageSession
from fanreel.capture.session_specs import Patience, SessionSpec
from fanreel.config import RenderConfig
from fanreel.errors import AssetNotFound, NotMedia, RenderError
from fanreel.files.project import within_root
from fanreel.lint.linting import lint
from fanreel.work.planning import make_plan
from tests.media.hostile import DRAFT, Place, page
from tests.media.sources import clicks, numbered, write_sound_file, write_video

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageSession]:
    """One browser for all pages, as patient as for users."""
    spec = SessionSpec(width=160, height=90, engine="xvfb", patience=Patience())
    with PageSession(spec, tmp_path_factory.mktemp("s")) as session:
        yield session


def refusal(
    place: Place, session: PageSession, config: RenderConfig = DRAFT, root: Path | None = None
) -> RenderError:
    """Plan what cannot be planned; give the error."""
    folder, config = within_root(place.project, config, root)
    with pytest.raises(RenderError) as caught:
        make_plan(folder, config, place.out / "plan", session)
    assert place.outputs() == []
    return caught.value


def test_all_missing_files_are_told_in_one_error(place: Place, session: PageSession) -> None:
    """With element, file and line, whoever asks for them: page, style, nested file or media."""
    place.write(
        {
            "index.html": page(
                '<link rel="stylesheet" href="css/a.css">\n<img id="x" src="a.png">\n'
                '<p style="background: url(b.png)">b</p>\n'
                '<video id="v" src="c.mp4" data-start="0" data-duration="1"></video>\n'
                '<div data-composition-id="n" data-composition-src="n.html" data-start="0"></div>'
            ),
            "css/a.css": 'p {}\ni { background: url("../d.png") }',
            "n.html": '<template>\n<div data-composition-id="n"><i>i</i><img src="e.png"></div>'
            "</template>",
        }
    )
    error = refusal(place, session)
    assert error.code == "ASSET_NOT_FOUND"
    lines = (place.project / "index.html").read_text().splitlines()
    at = {
        name: next(i for i, text in enumerate(lines, 1) if name in text)
        for name in ("a.png", "b.png", "c.mp4")
    }
    assert [(i["file"], i["line"], i["element"], i["path"]) for i in error.facts["missing"]] == [
        ("css/a.css", 2, "a.css", "d.png"),
        ("index.html", at["a.png"], "img#x", "a.png"),
        ("index.html", at["b.png"], "p", "b.png"),
        ("index.html", at["c.mp4"], "video#v", "c.mp4"),
        ("n.html", 2, "img", "e.png"),
    ]
    assert error.message.startswith("5 files are missing: css/a.css:2: a.css names ../d.png, ")


def test_a_missing_script_is_told_at_once(place: Place, session: PageSession) -> None:
    """Not when the page has been waited for in vain; with its URL, and what else is missing."""
    waits = "<script>window.__renderReady = false</script>"
    url = "http://127.0.0.1:9/gsap.js"
    place.write({"index.html": page(f'<script src="{url}"></script>{waits}')})
    began = time.monotonic()
    error = refusal(place, session)
    assert time.monotonic() - began < 20
    assert isinstance(error, AssetNotFound)
    assert f"script: {url} could not be fetched" in error.message
    video = '<video src="c.mp4" data-start="0" data-duration="1"></video>'
    place.write({"index.html": page(f'<script src="gsap.js"></script>{waits}{video}')})
    error = refusal(place, session)
    assert {item["path"] for item in error.facts["missing"]} == {"gsap.js", "c.mp4"}


@pytest.mark.parametrize("written", ["../shared/x.svg", "linked/x.svg"])
def test_what_lies_outside_is_told_with_the_way_out(
    place: Place, session: PageSession, written: str
) -> None:
    """The path as written, where it leads, and the option; which lets it through."""
    shared = place.temp / "shared"
    shared.mkdir()
    (shared / "x.svg").write_text(SVG)
    film = place.temp / "film"
    film.mkdir()
    (film / "linked").symlink_to("../shared")
    (film / "index.html").write_text(page(f'<img id="x" src="{written}">'))
    with pytest.raises(AssetNotFound) as caught:
        make_plan(film, DRAFT, place.out / "plan", session)
    message = caught.value.message
    assert f"img#x names {written}, which leads to {shared.resolve() / 'x.svg'}, " in message
    assert "--root DIR (root_dir in Python)" in message
    folder, config = within_root(film, DRAFT, place.temp)
    assert make_plan(folder, config, place.out / "plan", session).total_frames > 0
    for path in (shared / "x.svg", film / "linked", film / "index.html"):
        path.unlink()
    shared.rmdir()
    film.rmdir()


KINDS = {
    '<video id="v" src="beep.wav" data-start="0" data-duration="1"></video>': (
        "video#v names beep.wav: it holds sound only"
    ),
    '<video id="v" src="a.png" data-start="0" data-duration="1"></video>': (
        "video#v names a.png: it is a picture"
    ),
    '<video id="v" src="index.html" data-start="0" data-duration="1"></video>': (
        "video#v names index.html: index.html is not media"
    ),
    '<img id="i" src="clip.mp4">': "img#i names clip.mp4: it is a video",
    '<img id="i" src="beep.wav">': "img#i names beep.wav: it is a sound",
}


@pytest.mark.parametrize("element", KINDS)
def test_a_file_of_another_kind_is_told_with_its_element(
    place: Place, session: PageSession, element: str
) -> None:
    """When planning and by lint, by the names that the author knows."""
    write_video(place.project / "clip.mp4", map(numbered, range(3)))
    write_sound_file(place.project / "beep.wav", clicks(1, [0.1]))
    (place.project / "a.png").write_bytes(_png())
    place.write({"index.html": page(element)})
    error = refusal(place, session)
    assert isinstance(error, NotMedia)
    assert KINDS[element] in error.message
    assert error.message.startswith("index.html:")
    assert "__fanreel__" not in error.message
    assert "fanreel.localhost" not in error.message


def test_lint_finds_the_same_at_the_element(place: Place) -> None:
    """One finding for each file, at its line."""
    write_video(place.project / "clip.mp4", map(numbered, range(3)))
    place.write({"index.html": page('<p>x</p>\n<img id="i" src="clip.mp4">')})
    [found] = [item for item in lint(place.project) if item.severity == "error"]
    lines = (place.project / "index.html").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "clip.mp4" in text)
    assert (found.file, found.line, found.element) == ("index.html", line, "img#i")
    assert found.rule == "bad-media"


def _png() -> bytes:
    import av  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    frame = av.VideoFrame.from_ndarray(np.zeros((4, 4, 3), np.uint8), "rgb24")
    encoder = av.CodecContext.create("png", "w")
    encoder.width = encoder.height = 4
    encoder.pix_fmt = "rgb24"
    encoder.time_base = Fraction(1)
    return b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)])
