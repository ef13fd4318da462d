"""A child that tells where it is and what its environment says."""

import os
from multiprocessing.connection import Connection

from fanreel.engine.serving import serve_parent


def main(connection_fd: int) -> None:
    """Begin as every child does."""
    serve_parent(connection_fd, _tell)


def _tell(connection: Connection) -> None:
    lines = [os.getcwd(), *(f"{name}={value}" for name, value in os.environ.items())]  # noqa: PTH109
    connection.send_bytes("\n".join(lines).encode())
