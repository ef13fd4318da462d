"""
Cloud Storage's JSON API on loopback, as far as fanreel and google-cloud-storage use it.

`gcp-storage-emulator` has no preconditions, by which renders are started once and segments are
kept once, so it cannot show what matters. This does what the service's reference says of:

- objects: get, list (prefix, delimiter, pages), delete, compose (32 at most), copy,
  media with ranges (416 where nothing is in range) and checksums,
  multipart and resumable uploads (308 and how far it came) with the checksum compared
- `ifGenerationMatch` of each, 0 included, decided and written under one lock
- a generation, a creation time and CRC32C of each object, custom metadata and custom time kept

Whatever else is asked, parameter or method, is 501: no test passes by what is not here.
"""

import base64
import email.parser
import email.policy
import itertools
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import google_crc32c

Query = dict[str, str]
MOST_COMPOSED = 32
_UNIT = 256 * 1024
"""Of a resumable upload's pieces, the last one apart."""
_HARMLESS = {"prettyPrint", "alt", "projection", "fields", "uploadType"}
_WRITABLE = {"name", "contentType", "metadata", "customTime", "cacheControl", "contentDisposition",
             "storageClass", "crc32c"}  # fmt: skip


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Stored:
    """One generation of an object."""

    data: bytes
    about: dict[str, Any]


@dataclass
class Resumable:
    """An upload under way."""

    bucket: str
    about: dict[str, Any]
    query: Query
    data: bytearray = field(default_factory=bytearray)


class Buckets:
    """Everything that is stored."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.uploads: dict[str, Resumable] = {}
        self._generations = itertools.count(1_700_000_000_000_000)
        self._uploads = itertools.count(1)

    def bucket(self, name: str) -> dict[str, Stored]:
        """Return a bucket's objects."""
        if name not in self.buckets:
            raise Refused(404, "The specified bucket does not exist.")
        return self.buckets[name]

    def find(self, bucket: str, name: str, query: Query) -> Stored:
        """Return an object as it is asked for."""
        found = self.bucket(bucket).get(name)
        if found is None:
            raise Refused(404, f"No such object: {bucket}/{name}")
        if query.get("generation", found.about["generation"]) != found.about["generation"]:
            raise Refused(404, f"No such object: {bucket}/{name}#{query['generation']}")
        self.require(bucket, name, query)
        return found

    def require(self, bucket: str, name: str, query: Query) -> None:
        """Refuse a request whose precondition does not hold; 0 is for no object."""
        asked = query.get("ifGenerationMatch")
        if asked is None:
            return
        found = self.bucket(bucket).get(name)
        if asked != (found.about["generation"] if found else "0"):
            raise Refused(412, "At least one of the pre-conditions you specified did not hold.")

    def put(self, bucket: str, given: dict[str, Any], data: bytes, query: Query) -> dict[str, Any]:
        """Write an object, whole."""
        if unknown := given.keys() - _WRITABLE:
            raise Refused(501, f"not here: {sorted(unknown)}")
        crc32c = base64.b64encode(google_crc32c.value(data).to_bytes(4)).decode()
        if given.get("crc32c", crc32c) != crc32c:
            raise Refused(400, "Provided CRC32C does not match calculated CRC32C.")
        with self.lock:
            self.require(bucket, given["name"], query)
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            about = given | {
                "kind": "storage#object",
                "bucket": bucket,
                "generation": str(next(self._generations)),
                "metageneration": "1",
                "size": str(len(data)),
                "crc32c": crc32c,
                "timeCreated": now,
                "updated": now,
                "storageClass": given.get("storageClass", "STANDARD"),
            }
            self.bucket(bucket)[given["name"]] = Stored(data, about)
        return about

    def compose(self, bucket: str, name: str, asked: dict[str, Any], query: Query) -> Any:
        """Join objects."""
        with self.lock:
            sources = [one["name"] for one in asked["sourceObjects"]]
            if len(sources) > MOST_COMPOSED:
                raise Refused(400, "The number of source components exceeds the maximum: 32")
            data = b"".join(self.find(bucket, source, {}).data for source in sources)
            return self.put(bucket, asked.get("destination", {}) | {"name": name}, data, query)

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> Any:
        """Copy an object with its metadata."""
        with self.lock:
            found = self.find(*source, {})
            kept = {key: found.about[key] for key in _WRITABLE & found.about.keys()}
            return self.put(target[0], kept | {"name": target[1]}, found.data, {})

    def page(self, bucket: str, query: Query) -> dict[str, Any]:
        """List a page of objects and folders; both count."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        most = int(query.get("maxResults", 1000))
        items: list[dict[str, Any]] = []
        prefixes: list[str] = []
        last = after = query.get("pageToken", "")
        with self.lock:
            for name in sorted(self.bucket(bucket), key=str.encode):
                head, found, _ = name.removeprefix(prefix).partition(delimiter or "\0")
                folder = prefix + head + found if delimiter and found else None
                place = folder or name
                if not name.startswith(prefix) or place <= after or folder in prefixes:
                    continue
                if len(items) + len(prefixes) == most:
                    break
                if folder:
                    prefixes.append(folder)
                else:
                    items.append(self.bucket(bucket)[name].about)
                last = place
            else:
                return {"kind": "storage#objects", "items": items, "prefixes": prefixes}
        return {"items": items, "prefixes": prefixes, "nextPageToken": last}

    def begin(self, bucket: str, about: dict[str, Any], query: Query) -> str:
        """Begin a resumable upload."""
        upload_id = f"upload-{next(self._uploads)}"
        self.bucket(bucket)
        self.require(bucket, about["name"], query)
        self.uploads[upload_id] = Resumable(bucket, about, query)
        return upload_id

    def go_on(self, upload_id: str, data: bytes, content_range: str) -> dict[str, Any] | int:
        """Take a piece; give the object once it is whole, and before how much there is."""
        upload = self.uploads[upload_id]
        match = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", content_range)
        if match is None:
            raise Refused(501, f"not here: {content_range}")
        if match[1] is not None:
            if int(match[1]) != len(upload.data):
                raise Refused(503, "pieces come in order")
            upload.data += data
        if match[3] != "*" and len(upload.data) == int(match[3]):
            return self.put(upload.bucket, upload.about, bytes(upload.data), upload.query)
        if len(upload.data) % _UNIT:
            raise Refused(400, "pieces are multiples of 256 KiB")
        return len(upload.data)


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement
    buckets: Buckets
    service: "StorageService"

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path, _, text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        self.service.seen.append(f"{self.command} {urllib.parse.unquote(path)}")
        try:
            if fault := self.service.fault(self.command, urllib.parse.unquote(path)):
                raise fault
            self._route(path, query, body)
        except Refused as exc:
            error = {"error": {"code": exc.status, "message": str(exc)}}
            self._answer(exc.status, json.dumps(error).encode())

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (as the base class finds them)

    def _route(self, path: str, query: Query, body: bytes) -> None:
        patterns = {
            r"GET /storage/v1/b/([^/]+)": self._bucket,
            r"POST /storage/v1/b": self._new_bucket,
            r"GET /storage/v1/b/([^/]+)/o": self._list,
            r"GET /storage/v1/b/([^/]+)/o/([^/]+)": self._get,
            r"GET /download/storage/v1/b/([^/]+)/o/([^/]+)": self._media,
            r"DELETE /storage/v1/b/([^/]+)/o/([^/]+)": self._delete,
            r"POST /upload/storage/v1/b/([^/]+)/o": self._upload,
            r"PUT /upload/storage/v1/b/([^/]+)/o": self._piece,
            r"POST /storage/v1/b/([^/]+)/o/([^/]+)/compose": self._compose,
            r"POST /storage/v1/b/([^/]+)/o/([^/]+)/copyTo/b/([^/]+)/o/([^/]+)": self._copy,
        }
        for pattern, work in patterns.items():
            if match := re.fullmatch(pattern, f"{self.command} {path}"):
                work([urllib.parse.unquote(part) for part in match.groups()], query, body)
                return
        raise Refused(501, f"not here: {self.command} {path}")

    def _take(self, query: Query, *known: str) -> None:
        if unknown := query.keys() - _HARMLESS - set(known):
            raise Refused(501, f"not here: {sorted(unknown)}")

    def _bucket(self, names: list[str], query: Query, _body: bytes) -> None:
        self._take(query)
        self.buckets.bucket(names[0])
        self._json({"kind": "storage#bucket", "name": names[0]})

    def _new_bucket(self, _names: list[str], query: Query, body: bytes) -> None:
        self._take(query, "project")
        about = json.loads(body)
        closed = about["iamConfiguration"]
        if closed.get("publicAccessPrevention") != "enforced":
            raise Refused(501, f"not here: {closed}")
        self.service.create(about["name"])
        self._json({"kind": "storage#bucket"} | about)

    def _list(self, names: list[str], query: Query, _body: bytes) -> None:
        self._take(query, "prefix", "delimiter", "maxResults", "pageToken")
        self._json(self.buckets.page(names[0], query))

    def _get(self, names: list[str], query: Query, _body: bytes) -> None:
        if query.get("alt") == "media":
            self._media(names, query, _body)
            return
        self._take(query, "generation", "ifGenerationMatch")
        self._json(self.buckets.find(names[0], names[1], query).about)

    def _media(self, names: list[str], query: Query, _body: bytes) -> None:
        self._take(query, "generation", "ifGenerationMatch")
        found = self.buckets.find(names[0], names[1], query)
        headers = {
            "X-Goog-Hash": f"crc32c={found.about['crc32c']}",
            "X-Goog-Generation": found.about["generation"],
            "Content-Type": found.about.get("contentType", "application/octet-stream"),
        }
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "bytes=0-")
        if asked is None:
            raise Refused(501, f"not here: {self.headers['Range']}")
        start, size = int(asked[1]), len(found.data)
        end = min(int(asked[2] or size), size - 1)
        if self.headers.get("Range") is None:
            self._answer(200, found.data, headers)
        elif start >= size:
            raise Refused(416, "The requested range cannot be satisfied.")
        else:
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
            self._answer(206, found.data[start : end + 1], headers)

    def _delete(self, names: list[str], query: Query, _body: bytes) -> None:
        self._take(query, "ifGenerationMatch")
        with self.buckets.lock:
            self.buckets.find(names[0], names[1], query)
            del self.buckets.bucket(names[0])[names[1]]
        self._answer(204, b"")

    def _upload(self, names: list[str], query: Query, body: bytes) -> None:
        self._take(query, "ifGenerationMatch", "name")
        if query["uploadType"] == "resumable":
            about = json.loads(body or b"{}")
            upload_id = self.buckets.begin(names[0], about, query)
            place = f"{self.service.url}/upload/storage/v1/b/{names[0]}/o?upload_id={upload_id}"
            self._answer(200, b"", {"Location": place})
            return
        if query["uploadType"] != "multipart":
            raise Refused(501, f"not here: {query['uploadType']}")
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        boundary = parser.parsebytes(head).get_boundary()
        _, about, data, _ = body.split(f"--{boundary}".encode())
        given = json.loads(about.partition(b"\r\n\r\n")[2])
        self._json(self.buckets.put(names[0], given, data.partition(b"\r\n\r\n")[2][:-2], query))

    def _piece(self, _names: list[str], query: Query, body: bytes) -> None:
        self._take(query, "upload_id")
        got = self.buckets.go_on(query["upload_id"], body, self.headers["Content-Range"])
        if isinstance(got, dict):
            self._json(got)
            return
        self._answer(
            HTTPStatus.PERMANENT_REDIRECT, b"", {"Range": f"bytes=0-{got - 1}"} if got else {}
        )

    def _compose(self, names: list[str], query: Query, body: bytes) -> None:
        self._take(query, "ifGenerationMatch")
        self._json(self.buckets.compose(names[0], names[1], json.loads(body), query))

    def _copy(self, names: list[str], query: Query, _body: bytes) -> None:
        self._take(query)
        self._json(self.buckets.copy((names[0], names[1]), (names[2], names[3])))

    def _json(self, document: Any) -> None:
        self._answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may hang up."""


class StorageService:
    """The service: where it is, what it was asked, and how it is to fail."""

    def __init__(self, url: str, buckets: Buckets) -> None:
        self.url, self.buckets = url, buckets
        self.seen: list[str] = []
        self.faults: list[tuple[re.Pattern[str], Refused]] = []

    def create(self, bucket: str) -> None:
        """Make an empty bucket."""
        self.buckets.buckets[bucket] = {}

    def fail(self, pattern: str, status: int, times: int = 1) -> None:
        """Answer the next requests that look like *pattern* with an error."""
        self.faults += [(re.compile(pattern), Refused(status, "as the test wants it"))] * times

    def fault(self, method: str, path: str) -> Refused | None:
        """Return the error that a request is to get."""
        for one in self.faults:
            if one[0].search(f"{method} {path}"):
                self.faults.remove(one)
                return one[1]
        return None


@contextmanager
def serve_storage(host: str = "127.0.0.1") -> Iterator[StorageService]:
    """Serve on a free port of loopback, or of a bridge that only containers reach."""
    buckets = Buckets()
    handler = type("Api", (_Api,), {"buckets": buckets})
    server = _Server((host, 0), handler)
    service = StorageService(f"http://{host}:{server.server_port}", buckets)
    handler.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
