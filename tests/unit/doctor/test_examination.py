"""What `fanreel doctor` says of this machine, and of one that lacks something."""

import json
from pathlib import Path

import pytest

from fanreel.browser import locate
from fanreel.cli.app import app
from fanreel.cli.failures import run
from fanreel.doctor import examination as doctor


def _findings() -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine(start_browser=False)}


def test_everything_is_looked_at() -> None:
    """Each thing a render needs is in the list, with a detail."""
    findings = _findings()
    assert {
        *(
            "Python",
            "Chromium",
            "Playwright",
            "Xvfb",
            "libav",
            "Encoders",
            "Fonts, format's",
            "Fonts, Latin",
            "Fonts, CJK",
        ),
        *("Fonts, emoji", doctor._SHARED_MEMORY, "Temporary files", "Extraction cache", "AWS"),
    } == set(findings)
    assert all(finding.detail for finding in findings.values())


def test_every_encoder_of_every_format_is_there() -> None:
    """PyAV's own libav holds them all: no ffmpeg program is needed."""
    encoders = _findings()["Encoders"]
    assert encoders.state == "ok"
    assert {"libx264", "libx265", "libvpx-vp9", "aac", "libopus"} <= {*encoders.detail.split(", ")}


def test_a_missing_browser_is_a_failure_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit status 1, and the command that installs it."""
    monkeypatch.setattr(locate, "_USUAL_PATHS", ())
    for name, value in {"PATH": str(tmp_path), "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FANREEL_CHROMIUM", raising=False)
    assert run(app, ["doctor", "--json"]) == 1
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [chromium] = [finding for finding in findings if finding["name"] == "Chromium"]
    assert chromium["state"] == "missing"
    assert chromium["fix"] == "sudo apt-get install -y chromium"


def test_missing_fonts_are_a_weakness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A render works without them, so it is no failure; the package is named."""
    (tmp_path / "LiberationSans.ttf").touch()
    monkeypatch.setattr(doctor, "_FONT_DIRS", (str(tmp_path),))
    findings = _findings()
    assert findings["Fonts, Latin"].state == "ok"
    assert findings["Fonts, CJK"].state == "weak"
    assert findings["Fonts, CJK"].fix == "sudo apt-get install -y fonts-noto-cjk"


def test_little_room_is_a_weakness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the largest plan is wanted."""
    monkeypatch.setattr(doctor, "_TEMP_WANTED_BYTES", 10**18)
    assert _findings()["Temporary files"].state == "weak"


def test_the_extraction_cache_can_be_found_and_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is, how large, which variable ends it; one that cannot be used is a weakness."""
    monkeypatch.setenv("FANREEL_EXTRACT_CACHE_DIR", str(tmp_path / "cache"))
    said = _findings()["Extraction cache"]
    assert said.state == "ok"
    assert str(tmp_path / "cache") in said.detail
    assert "FANREEL_EXTRACT_CACHE_DIR=off" in said.detail
    assert not (tmp_path / "cache").exists()
    (tmp_path / "cache").write_text("no folder")
    assert _findings()["Extraction cache"].state == "weak"
    monkeypatch.setenv("FANREEL_EXTRACT_CACHE_DIR", "off")
    assert _findings()["Extraction cache"].detail.startswith("off")


def test_a_machine_without_shared_memory_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda has none."""
    monkeypatch.setattr(doctor, "_SHARED_MEMORY", "/no/such/folder")
    [finding] = [f for f in doctor.examine(start_browser=False) if f.name == "/no/such/folder"]
    assert finding.state == "weak"


def test_a_browser_that_does_not_start_is_found_out(tmp_path: Path) -> None:
    """Its last words are the complaint."""
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho libnss3.so: cannot open >&2\nexit 127\n")
    broken.chmod(0o755)
    assert "127: libnss3.so" in doctor._start_complaint(broken)
