"""
The child that only decodes: a preview's media, films that are compared, described or pictured.

It has no browser, and unlike `child.py` goes on after a failure: one broken file of a project is
no reason to open the others anew.
"""

import contextlib
import dataclasses
import json
from multiprocessing.connection import Connection
from typing import Self

from fanreel.comparison.frames import compare_frames
from fanreel.comparison.sounds import compare_sounds
from fanreel.engine.answers import Answer, Compared, Described, Done, Failed, Pictured, Replied
from fanreel.engine.messages import send_answer
from fanreel.engine.requests import (
    AskMedia,
    Compare,
    Describe,
    FilmPictures,
    Peaks,
    Request,
    ServeMedia,
    Thumbnail,
)
from fanreel.engine.serving import requests, serve_parent
from fanreel.errors import RenderError, UnexpectedError
from fanreel.files.site_files import SiteFiles
from fanreel.media.describing import describe_file
from fanreel.media.replies import TEXT
from fanreel.preview.project_media import ProjectMedia
from fanreel.reporting.film_frames import film_pictures


def main(connection_fd: int) -> None:
    """Be a child whose parent has the other end of *connection_fd*."""
    serve_parent(connection_fd, serve)


def serve(connection: Connection) -> None:
    """Answer what comes through *connection* until it ends. Raises `EOFError`."""
    with _Session() as session:
        for request in requests(connection):
            try:
                answer, body = session.answer(request)
            except RenderError as error:
                answer, body = Failed.of(error), None
            except Exception as exc:  # noqa: BLE001 (the parent reports it as ours)
                answer = Failed.of(UnexpectedError(f"{type(exc).__name__}: {exc}"))
                body = None
            send_answer(connection, answer, body)


class _Session:
    """What is held between two requests: the media of a project."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._served: ProjectMedia | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def answer(self, request: Request) -> tuple[Answer, bytes | None]:  # noqa: PLR0911 (one a request)
        """Do what is asked; of a `Replied` its bytes too. Raises whatever the step raises."""
        match request:
            case Compare():
                found = compare_frames(request.left, request.right, request.worst)
                sound = compare_sounds(*request.sounds)
                return Compared(result=dataclasses.replace(found, sound=sound)), None
            case Describe():
                return Described(result=describe_file(request.path)), None
            case FilmPictures():
                urls = film_pictures(request.film, request.wanted, request.fps)
                return Pictured(urls=urls), None
            case ServeMedia():
                files = SiteFiles(
                    root_dir=request.root_dir,
                    entry_path=request.entry_path,
                    project_path=request.project_path,
                )
                self._served = self._stack.enter_context(ProjectMedia(files, request.plan_dir))
                return Done(), None
            case AskMedia():
                status, kind, body = self._media.reply(request.path) or (404, TEXT, b"")
                return Replied(status=status, content_type=kind), body
            case Thumbnail():
                picture = self._media.thumbnail(request.key, request.at_s)
                return Replied(status=200, content_type="image/jpeg"), picture
            case Peaks():
                loudness = json.dumps(self._media.peaks(request.key)).encode()
                return Replied(status=200, content_type="application/json"), loudness
            case _:
                raise TypeError(f"{request.kind} is not for this child")

    @property
    def _media(self) -> ProjectMedia:
        if self._served is None:
            raise TypeError("which media there are is said first")
        return self._served
