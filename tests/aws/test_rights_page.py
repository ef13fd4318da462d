"""The documented rights are those of the template."""

from pathlib import Path

from cdk.rights_page import rights_page

PAGE = Path(__file__).parents[2] / "docs" / "aws-rights.md"


def test_the_documented_rights_are_the_templates() -> None:
    """docs/aws-rights.md is what `python -m cdk.rights_page` prints, with no finding open."""
    page = rights_page()
    assert page == PAGE.read_text()
    assert "Open findings: 0 with the defaults, 0 with a key" in page
