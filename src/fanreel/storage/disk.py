"""A disk that is full, told as such."""

import errno

from fanreel.errors import DiskFull


def disk_failure(exc: OSError) -> Exception:
    """Return `DiskFull` for an error that means no room, *exc* itself otherwise."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"no room left on the disk ({exc.filename or 'while writing'}); "
            "raise the function's ephemeral storage or render less at once",
            path=str(exc.filename or ""),
        )
    return exc
