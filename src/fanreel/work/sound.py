"""The mix of a plan: with the plan, or while its pictures are rendered."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self, cast

from pydantic import TypeAdapter

from fanreel.files import plan_dir as plans
from fanreel.files.digest import sha256_file
from fanreel.files.plan_dir import ROLE_ASSEMBLE, Artifact, MediaClip
from fanreel.files.plan_reading import read_manifest, write_json
from fanreel.media.sound.desk import Desk
from fanreel.media.sound.mixing import is_heard, mix


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundWork:
    """All that decides the mix of a plan."""

    clips: tuple[MediaClip, ...]
    """Audible ones; `path` is that of the source on this machine."""
    desk: Desk
    from_s: Fraction
    total_s: Fraction
    audio_path: str
    """Of the mix, in the plan directory."""
    codec: str

    def is_heard(self) -> bool:
        """Tell whether there is any sound. Raises as `mix()`."""
        return is_heard(Path(), self.clips, self.total_s, from_s=self.from_s, desk=self.desk)

    def recipe(self) -> Any:
        """Return it as JSON that is the same on every machine: sources are their digests."""
        digests = {path: sha256_file(Path(path)) for path in {clip.path for clip in self.clips}}
        recipe = _WORK.dump_python(self, mode="json")
        for clip in recipe["clips"]:
            clip["path"] = digests[clip["path"]]
        return recipe

    def write(self, path: Path) -> None:
        """Write it to *path* for another process."""
        path.write_bytes(_WORK.dump_json(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what `write()` wrote."""
        return cast("Self", _WORK.validate_json(path.read_bytes()))


_WORK = TypeAdapter(SoundWork)


def make_sound(work: SoundWork, directory: Path) -> None:
    """Mix *work* into the plan's *directory*. Raises as `mix()`."""
    output = directory / work.audio_path
    mix(Path(), work.clips, work.total_s, output, work.codec, from_s=work.from_s, desk=work.desk)


def add_sound(plan_dir: Path, sound_path: Path) -> None:
    """
    Mix what `make_plan()` left for later, and list the mix in the plan.

    Args:
        plan_dir: Others may read from it meanwhile.
        sound_path: What `make_plan()` was told to write.
    Raises:
        NotMedia, MediaUnreadable, AssetNotFound: A source is not what it should be. Terminal.
    """
    work = SoundWork.read(sound_path)
    make_sound(work, plan_dir)
    audio = plan_dir / work.audio_path
    mixed = Artifact(
        path=work.audio_path,
        sha256=sha256_file(audio),
        size_bytes=audio.stat().st_size,
        roles=(ROLE_ASSEMBLE,),
    )
    manifest = read_manifest(plan_dir)
    artifacts = sorted([*manifest.artifacts, mixed], key=lambda artifact: artifact.path)
    whole = manifest.model_copy(update={"artifacts": tuple(artifacts)}).sealed()
    aside = plan_dir / f".{plans.MANIFEST}.partial"
    write_json(aside, whole.to_json())
    aside.replace(plan_dir / plans.MANIFEST)
