"""What names others relatively is asked for where it really lies."""

import pytest

from fanreel.network.fetch import Response
from fanreel.network.redirects import stand_in

FINAL = "https://cdn.example/v2/main"


def stood_in(kind: str, body: str) -> str | None:
    """Return what stands in for *body*."""
    headers = {"content-type": kind}
    made = stand_in(Response(url=FINAL, status=200, headers=headers, body=body.encode()))
    return None if made is None else made.decode()


@pytest.mark.parametrize(
    "body",
    [
        "@font-face { src: url(a.woff2) }",
        "a { background: URL( '../b.png' ) }",
        '@import "c.css";',
        "@import url(/c.css);",
    ],
)
def test_a_style_sheet_is_imported_from_its_place(body: str) -> None:
    """There its relative addresses mean what they meant."""
    assert stood_in("text/css; charset=utf-8", body) == f'@import url("{FINAL}");\n'


@pytest.mark.parametrize(
    "body",
    ["a { color: red }", "a { mask: url(#m) }", "a { src: url( 'data:,x' ), url(//o.example/x) }"],
)
def test_a_style_sheet_that_stands_alone_stays(body: str) -> None:
    """A second request would be for nothing, and fail where a digest is asked for."""
    assert stood_in("text/css", body) is None


@pytest.mark.parametrize(
    ("body", "default"),
    [
        ('import{a}from"./core.js";export{a};', False),
        ('export * from "/v135/x.mjs";\nexport { default } from "/v135/x.mjs";', False),
        ("import '../side.js'; export default 1", True),
        ('import a from "./a.js"; export { a as default }', True),
    ],
)
def test_a_module_is_exported_from_its_place(body: str, *, default: bool) -> None:
    """All it exports; the default has to be named apart."""
    made = stood_in("application/javascript", body)
    assert made is not None
    assert f'export * from "{FINAL}"' in made
    assert ("{ default }" in made) == (default or "{ default }" in body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/javascript", "window.x = 1"),
        ("text/javascript", 'import("./later.js")'),
        ("text/javascript", "export const x = 1"),
        ("image/svg+xml", "<svg><image href='a.png'/></svg>"),
        ("font/woff2", "url(a)"),
        ("", "@import 'a.css'"),
    ],
)
def test_all_else_is_answered_as_it_is(kind: str, body: str) -> None:
    """Classic scripts, modules that name nobody, pictures, fonts, data."""
    assert stood_in(kind, body) is None
