"""Scene files: a page whose composition lies in a template, opened as what the template holds."""

import pytest

from fanreel.files.project import parse_root
from fanreel.files.scene import is_scene, scene_page

ROOT = '<div data-composition-id="a" data-width="320" data-height="180"{}><p>x</p></div>'


def test_a_template_around_the_root_is_taken_away() -> None:
    """What stands around it stays, on its lines."""
    html = f"<title>t</title>\n<template\n id='t'>\n{ROOT.format('')}\n</template>\n<!-- end -->"
    assert is_scene(html)
    assert scene_page(html) == f"<title>t</title>\n\n\n{ROOT.format('')}\n\n<!-- end -->"


@pytest.mark.parametrize(
    "html",
    [
        ROOT.format(""),
        f"{ROOT.format('')}<template>{ROOT.format('')}</template>",
        f"<template><p>x</p></template>{ROOT.format('')}",
        f"<template><template>{ROOT.format('')}</template></template>",
        "<p>x</p>",
        "",
        f"<template>{ROOT.format('')}",
    ],
)
def test_any_other_page_stays_as_it_is(html: str) -> None:
    """A root outside of templates is the page's own."""
    assert not is_scene(html)
    assert scene_page(html) == html


def test_templates_inside_the_scene_stay() -> None:
    """They are the scene's own, cloned by its scripts."""
    inner = '<template id="row"><i></i></template>'
    html = f"<template>{ROOT.format('')}{inner}</template>"
    assert scene_page(html) == ROOT.format("") + inner


def test_what_the_template_declares_is_the_roots() -> None:
    """The root's own declaration comes first."""
    variables = """ data-composition-variables='[{"id":"a"}]'"""
    moved = ROOT.format("").replace("<div", f"<div{variables}", 1)
    assert scene_page(f"<template{variables}>{ROOT.format('')}</template>") == moved
    own = ROOT.format(" data-composition-variables='[]'")
    assert scene_page(f"<template{variables}>{own}</template>") == own


def test_a_template_may_be_the_composition() -> None:
    """Catalog blocks name it there."""
    html = '<TEMPLATE data-composition-id="a" data-width="8" data-height="4"><p></p></TEMPLATE>x'
    assert scene_page(html) == (
        '<div data-composition-id="a" data-width="8" data-height="4"><p></p></div>x'
    )
    assert parse_root(scene_page(html), "a.html").width == 8


def test_a_document_that_has_the_name_too_is_no_second_root() -> None:
    """The element inside has size and length."""
    html = f'<html data-composition-id="a"><template>{ROOT.format("")}</template></html>'
    root = parse_root(scene_page(html), "a.html")
    assert (root.composition_id, root.width) == ("a", 320)
