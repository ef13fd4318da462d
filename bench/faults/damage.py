"""What can become of a file: bits flipped, ends cut off, others in its place."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

KINDS = (
    "flipped", "cut", "emptied", "deleted", "longer", "zeroed", "a folder", "a dangling link",
    "another file", "swapped",
)  # fmt: skip


def damage(rng: random.Random, path: Path, others: Sequence[Path]) -> str:
    """Damage *path* in one of `KINDS`; *others* may take its place. Return which it was."""
    kind = rng.choice(KINDS)
    content = path.read_bytes()
    if (changed := _changed(rng, kind, content)) is not None:
        path.write_bytes(changed)
        return kind
    other = rng.choice(others)
    path.unlink()
    match kind:
        case "a folder":
            path.mkdir()
        case "a dangling link":
            path.symlink_to("nowhere")
        case "another file" if other != path:
            shutil.copy(other, path)
        case "swapped" if other != path:
            path.write_bytes(other.read_bytes())
            other.write_bytes(content)
        case _:  # its bytes have changed, or there is no other
            pass
    return kind


def _changed(rng: random.Random, kind: str, content: bytes) -> bytes | None:
    """Return other bytes for a file, None where more than its bytes changes."""
    at = rng.randrange(max(1, len(content)))
    match kind:
        case "flipped":
            return flip(rng, content)
        case "cut":
            return content[:at]
        case "emptied":
            return b""
        case "longer":
            return content + rng.randbytes(rng.randint(1, 64))
        case "zeroed":
            return content[:at] + bytes(min(512, len(content) - at)) + content[at + 512 :]
        case _:
            return None


def flip(rng: random.Random, content: bytes) -> bytes:
    """Return *content* with one to four bits changed."""
    changed = bytearray(content or b"\0")
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)
