"""How requests for media are answered; without the libraries that decode them."""

from typing import Literal

Status = Literal[200, 204, 404, 500]
ContentType = Literal[
    "application/octet-stream", "application/json", "text/plain; charset=utf-8", "image/jpeg"
]
Reply = tuple[Status, ContentType, bytes]
"""Status, content type, body."""

BINARY: ContentType = "application/octet-stream"
TEXT: ContentType = "text/plain; charset=utf-8"
