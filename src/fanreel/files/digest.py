"""What digests are taken over: values as canonical JSON, files, and directories of pictures."""

import hashlib
import json
from pathlib import Path
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Encode *value* the one way that hashes are taken over."""
    # ASCII, so that a file name that is no valid UTF-8 has an encoding too.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256_file(path: Path) -> str:
    """Return the lower-case hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measure(path: Path) -> tuple[int, str]:
    """Return size in bytes and sha256 of a file, or of a directory's files in order of name."""
    if path.is_file():
        return path.stat().st_size, sha256_file(path)
    files = sorted(file for file in path.iterdir() if file.is_file())
    digest = hashlib.sha256("".join(map(sha256_file, files)).encode()).hexdigest()
    return sum(file.stat().st_size for file in files), digest
