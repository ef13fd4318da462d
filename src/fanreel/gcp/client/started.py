"""
Starting twice is one render, although Workflows names executions itself.

`renders/<id>/started.json` is created before the execution, by whoever comes first (generation 0),
and told the execution's name afterwards. Who finds it without a name looks for the execution; if
there is none, and the one who claimed it has had longer than its request may take, it is dead: the
claim is taken over, again by one alone.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fanreel.errors import InvalidConfig, StorageUnavailable, UnexpectedError
from fanreel.gcp.client import executions
from fanreel.gcp.client.deployment import Connection
from fanreel.gcp.client.rest import TIMEOUT_S
from fanreel.storage import layout
from fanreel.storage.uris import ObjectUri

DEAD_AFTER_S = 3 * TIMEOUT_S
"""A claim of this age without an execution has nobody behind it any more."""
_LOOK_EVERY_S = 1.0
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What `started.json` holds."""

    claim: str = field(default_factory=lambda: uuid.uuid4().hex)
    execution: str = ""
    """Its name; empty until it is known."""
    input: Mapping[str, Any]
    reason: str = ""
    """Why it was cancelled."""

    def to_bytes(self) -> bytes:
        """Return the document."""
        return json.dumps(asdict(self)).encode()


def read(connection: Connection, render_id: str) -> Started | None:
    """
    Return what a render was started as, its execution found or made if its owner died before.

    Raises:
        StorageUnavailable: It is being started by somebody else, and takes long. Retryable.
    """
    uri = _place(connection, render_id)
    give_up_at = time.monotonic() + 2 * DEAD_AFTER_S
    while (found := connection.store.read_version(uri)) is not None:
        data, version = found
        started = Started(**json.loads(data))
        if started.execution:
            return started
        seen = connection.store.look_up(uri)
        if seen is None:
            return None
        if name := executions.name_of(connection, render_id, seen.modified - _CLOCKS_DIFFER):
            return _told(connection, uri, started, name)
        if datetime.now(UTC) - seen.modified > timedelta(seconds=DEAD_AFTER_S):
            mine = replace(started, claim=uuid.uuid4().hex)
            if connection.store.write_version(uri, mine.to_bytes(), version):
                return _run(connection, uri, render_id, mine)
        if time.monotonic() > give_up_at:
            raise StorageUnavailable(f"render {render_id} is being started; try again")
        time.sleep(_LOOK_EVERY_S)
    return None


def claim(connection: Connection, render_id: str, document: Mapping[str, Any]) -> str | None:
    """Start an execution, unless somebody did; gives its name, or None."""
    uri = _place(connection, render_id)
    mine = Started(input=document)
    if not connection.store.write_version(uri, mine.to_bytes(), None):
        return None
    return _run(connection, uri, render_id, mine).execution


def again(connection: Connection, render_id: str) -> Started | None:
    """Start another execution of a render that ended; None if somebody else just did."""
    uri = _place(connection, render_id)
    found = connection.store.read_version(uri)
    if found is None:
        return None
    data, version = found
    before = Started(**json.loads(data))
    mine = Started(input=before.input)
    if not connection.store.write_version(uri, mine.to_bytes(), version):
        return None
    return _run(connection, uri, render_id, mine, before)


def note_reason(connection: Connection, render_id: str, reason: str) -> None:
    """Keep why a render is cancelled, as far as it was started here."""
    uri = _place(connection, render_id)
    while (found := connection.store.read_version(uri)) is not None:
        data, version = found
        cancelled = replace(Started(**json.loads(data)), reason=reason)
        if connection.store.write_version(uri, cancelled.to_bytes(), version):
            return


def _run(
    connection: Connection,
    uri: ObjectUri,
    render_id: str,
    mine: Started,
    before: Started | None = None,
) -> Started:
    try:
        name = executions.create(connection, dict(mine.input) | {"RenderId": render_id})
    except (InvalidConfig, UnexpectedError):
        # Refused, not unanswered: whoever looks later must not start what its caller gave up.
        _give_back(connection, uri, mine, before)
        raise
    return _told(connection, uri, mine, name)


def _give_back(
    connection: Connection, uri: ObjectUri, mine: Started, before: Started | None
) -> None:
    """Leave what was there before a claim, unless the claim has gone to somebody else since."""
    found = connection.store.read_version(uri)
    if found is None or Started(**json.loads(found[0])).claim != mine.claim:
        return
    if before is None:
        connection.store.delete_objects([uri])
    else:
        connection.store.write_version(uri, before.to_bytes(), found[1])


def _told(connection: Connection, uri: ObjectUri, mine: Started, name: str) -> Started:
    """Write down an execution's name, unless the claim has gone to somebody else since."""
    while (found := connection.store.read_version(uri)) is not None:
        data, version = found
        now = Started(**json.loads(data))
        if now.execution and now.execution != name:
            executions.cancel(connection, name)  # two were begun; theirs is known already
            return now
        told = replace(now, execution=name)
        if now == told or connection.store.write_version(uri, told.to_bytes(), version):
            return told
    return replace(mine, execution=name)


def _place(connection: Connection, render_id: str) -> ObjectUri:
    return layout.started(layout.render(connection.deployment.root, render_id))
