"""Where the page script goes in a document."""

import pytest

from fanreel.preview.injecting import with_page_script

SCRIPT = b'<script src="/__fanreel__/page.js"></script>'


@pytest.mark.parametrize(
    "before",
    [b"", b"<!doctype html>", b"<!-- a > b -->\n<!DOCTYPE html>", b"\xef\xbb\xbf<!doctype html>"],
)
def test_it_comes_first_and_after_the_doctype(before: bytes) -> None:
    """A script before the doctype would bring quirks mode; one after any script, an open clock."""
    made = with_page_script(before + b"<html><script>own()</script>")
    assert made.startswith(before + SCRIPT)
    assert made.endswith(b"<html><script>own()</script>")


def test_lines_stay_as_they_are() -> None:
    """Errors name the line of the file."""
    page = b"<!doctype html>\n<html>\n<body>\n"
    assert with_page_script(page).count(b"\n") == page.count(b"\n")
