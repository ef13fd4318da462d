"""What an invocation leaves on the disk: what was there before."""

from pathlib import Path

import pytest

from fanreel.storage.outputs import OutputPlaces
from fanreel.storage.projects import ProjectSources
from handler.scratch import scratch
from handler.settings import Settings


def test_a_folder_that_is_not_ours_is_left_as_it_was(tmp_path: Path) -> None:
    """Without FANREEL_TMP_DIR only the invocation's own folder comes and goes."""
    (tmp_path / "somebody's").mkdir()
    settings = Settings.from_environment({"FANREEL_RENDER_BUCKET": "renders"})
    assert not settings.owns_tmp
    settings = Settings(
        bucket="renders",
        project_sources=ProjectSources(bucket="renders"),
        output_places=OutputPlaces(bucket="renders"),
        output_endpoints={},
        tmp_dir=tmp_path,
        owns_tmp=False,
        plan_dir_size_limit_bytes=1,
        memory_mb=1,
        tmp_mb=1,
    )
    with scratch(settings) as folder:
        (folder / "deep/er").mkdir(parents=True)
        (folder / "deep").chmod(0o500)
    assert [path.name for path in tmp_path.iterdir()] == ["somebody's"]


@pytest.mark.parametrize(
    ("environ", "bucket", "limit"),
    [
        ({}, None, 2 * 1024**3),
        ({"FANREEL_RENDER_BUCKET": ""}, None, 2 * 1024**3),
        ({"FANREEL_RENDER_BUCKET": "b", "FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES": "7"}, "b", 7),
    ],
)
def test_settings_come_from_the_environment(
    environ: dict[str, str], bucket: str | None, limit: int
) -> None:
    """An empty bucket is no bucket."""
    settings = Settings.from_environment(environ)
    assert (settings.bucket, settings.plan_dir_size_limit_bytes) == (bucket, limit)
    assert settings.tmp_mb >= 512
