"""What runs in the page is bundled, and the bundle is that of the sources."""

from pathlib import Path

import pytest

from fanreel.errors import BrowserUnavailable
from fanreel.page import bundles, page_script


def test_the_checkout_has_the_bundle_of_its_sources() -> None:
    """Python and `scripts/bundle` count one digest of the same files."""
    assert bundles.problem() is None


def test_a_source_that_changed_since_is_told_of(tmp_path: Path) -> None:
    """So does one that came; without sources, as a wheel has it, there is nothing to compare."""
    (tmp_path / "bundle").mkdir()
    noted = tmp_path / "bundle" / "sources.sha256"
    noted.write_text(f"{bundles.digest_of([])}\n")
    assert bundles.problem(tmp_path) is None
    source = tmp_path / "clock.js"
    source.write_text("// one")
    assert "scripts/bundle" in (bundles.problem(tmp_path) or "")
    noted.write_text(f"{bundles.digest_of([source])}\n")
    assert bundles.problem(tmp_path) is None
    source.write_text("// two")
    assert "changed" in (bundles.problem(tmp_path) or "")


def test_without_a_bundle_the_error_tells_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a name, as all errors have."""
    monkeypatch.setattr(bundles, "PAGE_DIR", tmp_path)
    monkeypatch.setattr(bundles.problem, "__defaults__", (tmp_path,))
    bundles.bundle.cache_clear()
    with pytest.raises(BrowserUnavailable, match="not bundled: run scripts/bundle"):
        page_script({})
