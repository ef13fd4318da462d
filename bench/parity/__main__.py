"""
Renders the compositions and films of the tests with fanreel and with the reference renderer.

    uv run python -m bench.parity [NAME ...] [--again] [--shares]

Names are those of folders in tests/compositions and tests/films; without any, all are compared:
also the examples and the bench projects, which are films too. Prints for each the lowest PSNR,
its frame, how many frames theirs is longer, and the sound's correlation and lag; writes
bench/out/parity/index.html with the worst frames, and keeps the figures in measured.tsv, of which
--shares gives the sum without running anything. Where equivalents/ holds a patch, the reference is
given the composition once more with that patch, which says the same picture in words that it
understands; ours is never patched. Exit status 1 where fewer than 95 of 100 are the same picture in
neither way, or where verdicts.toml says nothing of one that differs, or of its equivalent.
Needs npm, git, ffmpeg and chromium-headless-shell.
"""

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import reference
from bench.parity import measured
from bench.parity.agreement import compare
from bench.parity.encoded import halve_colours, is_encoded
from bench.parity.films import film_ours, film_theirs
from bench.parity.measured import shares
from bench.parity.report import (
    Row,
    line,
    read_verdicts,
    save_pictures,
    share_of_same,
    summary,
    unexplained,
    write_page,
)
from bench.parity.staging import (
    defined,
    is_other,
    lay_out,
    with_equivalent,
)

OUT = Path(__file__).parents[1] / "out"
ENOUGH = 0.95


def main() -> int:
    """Run the comparison; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--shares", action="store_true", help="of what was measured so far, no run")
    parser.add_argument("--again", action="store_true", help="run the reference renderer again")
    asked = parser.parse_args()
    verdicts = read_verdicts()
    if asked.shares:
        print("\n".join(shares(defined(), measured.read(), verdicts)))
        return 0
    os.environ["FANREEL_EXTRACT_CACHE_DIR"] = "off"
    out = OUT / "parity"
    out.mkdir(parents=True, exist_ok=True)
    programs = reference.install(OUT / "reference")
    print(f"{'composition':34}{'min dB':>8}{'frame':>7}{'longer':>7}{'sound':>8}{'lag':>6}")
    rows = []
    for name in asked.names or defined():
        ways = (False, True) if name in with_equivalent() else (False,)
        for in_other_words in ways:
            row = Row(name=name, verdict=verdicts.get(name), in_other_words=in_other_words)
            rows.append(compare_one(row, programs, out, again=asked.again))
            save_pictures(rows[-1], out)
            measured.keep(rows[-1])
            print(line(rows[-1]), flush=True)
    write_page(rows, out / "index.html")
    print(f"\n{summary(rows)}; see {out / 'index.html'}")
    open_names = unexplained(rows)
    if open_names:
        print(f"no verdict yet: {', '.join(open_names)}")
    return 0 if share_of_same(rows) >= ENOUGH and not open_names else 1


def compare_one(row: Row, programs: Path, out: Path, *, again: bool) -> Row:
    """
    Film a composition twice and compare; theirs is kept for the next run.

    Ours is always of the composition as it stands.
    """
    work_dir = out / "work" / row.label
    theirs_dir = work_dir / "theirs"
    if again:
        shutil.rmtree(theirs_dir, ignore_errors=True)
    work_dir.mkdir(parents=True, exist_ok=True)
    expected, project_dir, their_project_dir = lay_out(
        row.name, work_dir, in_other_words=row.in_other_words
    )
    row = dataclasses.replace(row, rule=expected.rule)
    if is_other(their_project_dir, work_dir / "project.sha256"):
        shutil.rmtree(theirs_dir, ignore_errors=True)
    config = expected.render_config
    in_mp4 = is_encoded(expected.libraries)
    try:
        theirs = film_theirs(programs, their_project_dir, config, theirs_dir, in_mp4=in_mp4)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        (work_dir / "theirs.log").write_bytes((error.stdout or b"") + (error.stderr or b""))
        return row
    with film_ours(project_dir, config) as filmed:
        ours = filmed
        if in_mp4:
            ours = dataclasses.replace(filmed, pictures=halve_colours(filmed.pictures), sound=None)
        return dataclasses.replace(row, agreement=compare(ours, theirs))


if __name__ == "__main__":
    sys.exit(main())
