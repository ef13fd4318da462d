"""
Renders the compositions and films of the tests with fanreel and with the reference renderer.

    uv run python -m bench.parity [NAME ...] [--again]

Names are those of folders in tests/compositions and tests/films; without any, all are compared:
also the examples and the bench projects, which are films too. Prints for each the lowest PSNR,
its frame, how many frames theirs is longer, and the sound's correlation and lag; writes
bench/out/parity/index.html with the worst frames. Exit status 1 where fewer than 95 of 100 are the
same picture, or where verdicts.toml says nothing of one that differs. Needs npm, ffmpeg and
chromium-headless-shell.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import reference
from bench.parity.agreement import compare
from bench.parity.films import film_ours, film_theirs
from bench.parity.report import (
    Row,
    Verdict,
    comparable,
    line,
    read_verdicts,
    save_pictures,
    share_of_same,
    summary,
    unexplained,
    write_page,
)
from bench.parity.staging import defined, is_other, stage

OUT = Path(__file__).parents[1] / "out"
ENOUGH = 0.95


def main() -> int:
    """Run the comparison; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--again", action="store_true", help="run the reference renderer again")
    asked = parser.parse_args()
    os.environ["FANREEL_EXTRACT_CACHE_DIR"] = "off"
    out = OUT / "parity"
    out.mkdir(parents=True, exist_ok=True)
    programs = reference.install(OUT / "reference")
    verdicts = read_verdicts()
    print(f"{'composition':24}{'min dB':>8}{'frame':>7}{'longer':>7}{'sound':>8}{'lag':>6}")
    rows = []
    for name in asked.names or defined():
        rows.append(compare_one(name, programs, verdicts.get(name), out, again=asked.again))
        print(line(rows[-1]), flush=True)
    write_page(rows, out / "index.html")
    share = share_of_same(comparable(rows))
    print(f"\n{summary(rows)}; see {out / 'index.html'}")
    open_names = unexplained(rows)
    if open_names:
        print(f"no verdict yet: {', '.join(open_names)}")
    return 0 if share >= ENOUGH and not open_names else 1


def compare_one(
    name: str, programs: Path, verdict: Verdict | None, out: Path, *, again: bool
) -> Row:
    """Film *name* twice and compare; theirs is kept for the next run."""
    work_dir = out / "work" / name
    theirs_dir = work_dir / "theirs"
    project_dir = work_dir / "project"
    shutil.rmtree(project_dir, ignore_errors=True)
    if again:
        shutil.rmtree(theirs_dir, ignore_errors=True)
    work_dir.mkdir(parents=True, exist_ok=True)
    expected = stage(name, project_dir)
    if is_other(project_dir, work_dir / "project.sha256"):
        shutil.rmtree(theirs_dir, ignore_errors=True)
    config = expected.render_config
    try:
        theirs = film_theirs(programs, project_dir, config, theirs_dir)
    except subprocess.SubprocessError:
        return Row(name=name, rule=expected.rule, agreement=None, verdict=verdict)
    with film_ours(project_dir, config) as ours:
        agreement = compare(ours, theirs)
    save_pictures(name, agreement, out)
    return Row(name=name, rule=expected.rule, agreement=agreement, verdict=verdict)


if __name__ == "__main__":
    sys.exit(main())
