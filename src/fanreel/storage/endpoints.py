"""
Buckets of other S3-compatible services, where outputs may go: how to reach each.

A deployment lists them as `BUCKET=https://HOST=SECRET`; the secret holds the keys of that service.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from fanreel.storage.store import ObjectStore
from fanreel.storage.uris import ObjectUri

ENTRY = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"=(?P<url>https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/?"
    r"=(?P<secret>[A-Za-z0-9/_+.@-]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputEndpoint:
    """One bucket of another service."""

    bucket: str
    url: str
    secret: str
    """Name of the secret with its keys."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read `BUCKET=https://HOST=SECRET`.

        Raises:
            ValueError: It is not written so.
        """
        found = ENTRY.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r}: allowed: BUCKET=https://HOST=SECRET, such as "
                "films=https://s3.example.com=fanreel/films; the secret is the name of one in "
                "Secrets Manager with AccessKeyId and SecretAccessKey"
            )
        return cls(**found.groupdict())


def parse_endpoints(texts: Iterable[str]) -> dict[str, OutputEndpoint]:
    """
    Read the setting `output_endpoints`, by bucket.

    Raises:
        ValueError: One is not written as `OutputEndpoint.parse()` has it, or a bucket comes twice.
    """
    found: dict[str, OutputEndpoint] = {}
    for endpoint in (OutputEndpoint.parse(text) for text in texts if text):
        if endpoint.bucket in found:
            raise ValueError(f"bucket {endpoint.bucket} is listed twice; leave it with one service")
        found[endpoint.bucket] = endpoint
    return found


class OutputStores:
    """
    What outputs are reached by: the deployment's own service, or that of a bucket's endpoint.

    Args:
        own: For every bucket that has no endpoint.
        endpoints: By bucket.
        connect: Opens the service of an endpoint, with the keys of its secret.
    """

    def __init__(
        self,
        own: ObjectStore,
        endpoints: Mapping[str, OutputEndpoint],
        connect: Callable[[OutputEndpoint], ObjectStore],
    ) -> None:
        self.own, self._endpoints, self._connect = own, endpoints, connect
        self._made: dict[str, ObjectStore] = {}
        self._watches: list[tuple[Callable[[], None], ExitStack]] = []
        self._making = threading.Lock()

    def of(self, uri: ObjectUri) -> ObjectStore:
        """Return what holds an output at *uri*; the keys of a service are read once, by need."""
        endpoint = self._endpoints.get(uri.bucket)
        if endpoint is None:
            return self.own
        with self._making:
            if uri.bucket not in self._made:
                store = self._connect(endpoint)
                for check, watching in self._watches:
                    watching.enter_context(store.watch(check))
                self._made[uri.bucket] = store
            return self._made[uri.bucket]

    @contextmanager
    def watch(self, check: Callable[[], None]) -> Iterator[None]:
        """Do as `ObjectStore.watch()` does, with every store, also those that are made later."""
        with ExitStack() as watching:
            watch = (check, watching)
            with self._making:
                self._watches.append(watch)
                for store in (self.own, *self._made.values()):
                    watching.enter_context(store.watch(check))
            try:
                yield
            finally:
                with self._making:
                    self._watches.remove(watch)
