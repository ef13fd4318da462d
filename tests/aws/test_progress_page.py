"""`docs/aws-progress.html` in a real browser, on what the function really writes."""

import contextlib
import json
import re
import time
import urllib.parse
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from fanreel.aws import RenderClient
from fanreel.browser.locate import find_chromium
from fanreel.storage import layout
from fanreel.storage.invocations import Invocation
from fanreel.storage.uris import ObjectUri
from handler.publishing import ProgressDocument
from tests.aws.handling import Function

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.media

DOCS = Path(__file__).parents[2] / "docs"
LOOK_MS = 15_000


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def docs_url() -> Iterator[str]:
    """Serve the documentation's folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(DOCS))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page() -> Iterator[Page]:
    """Open a browser's page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--headless=new", "--no-sandbox"]
        )
        with contextlib.closing(browser):
            yield browser.new_page()


@pytest.fixture
def environ(s3: "S3Client", bucket: str, docs_url: str) -> dict[str, str]:
    """Have the function keep progress documents, and let the page's origin read the bucket."""
    rule = {
        "AllowedOrigins": [docs_url],
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["*"],
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]
    return {"FANREEL_PROGRESS_DOCUMENT": "1"}


def test_the_page_shows_a_render_from_before_its_start_to_its_end(
    function: Function, docs_url: str, page: Page
) -> None:
    """Waiting, then frames, then done; by a link that was made before anything was there."""
    client = RenderClient(
        bucket=function.bucket, state_machine_arn="arn:aws:states:eu-central-1:1:stateMachine:r"
    )
    link = urllib.parse.quote(client.progress_url("r1", expires_s=600), safe="")
    page.goto(f"{docs_url}/aws-progress.html#{link}")
    text, bar = page.locator("#text"), page.locator("#bar")
    expect(text).to_have_text("Waiting for the first worker…")
    function.planned()
    function.invoke(function.chunk_event(0))
    worker = Invocation(work="00001", started_ms=int(1000 * time.time()), request="abc")
    ProgressDocument(function.store, ObjectUri.parse(function.prefix), worker).write()  # by no lot
    expect(text).to_have_text(re.compile(r"^rendering [1-9]\d* of 50 frames$"), timeout=LOOK_MS)
    assert 0 < float(bar.evaluate("bar => bar.value")) < 1
    ended = {"RenderId": "r1", "Status": "SUCCEEDED", "StoppedAtMs": 1, "Error": None}
    uri = layout.progress_document(ObjectUri.parse(function.prefix))
    function.store.write_bytes(uri, json.dumps(ended).encode())
    expect(text).to_have_text("Done", timeout=LOOK_MS)
    assert bar.evaluate("bar => bar.value") == 1


def test_the_page_tells_of_a_failure_and_of_a_link_that_has_ended(
    function: Function, docs_url: str, page: Page
) -> None:
    """With the code; and with the status that the link answers."""
    uri = layout.progress_document(ObjectUri.parse(function.prefix))
    ended = {"RenderId": "r1", "Status": "FAILED", "Error": "DISK_FULL"}
    function.store.write_bytes(uri, json.dumps(ended).encode())
    client = RenderClient(
        bucket=function.bucket, state_machine_arn="arn:aws:states:eu-central-1:1:stateMachine:r"
    )
    link = urllib.parse.quote(client.progress_url("r1", expires_s=600), safe="")
    page.goto(f"{docs_url}/aws-progress.html#{link}")
    expect(page.locator("#text")).to_have_text("FAILED: DISK_FULL", timeout=LOOK_MS)
    page.goto("about:blank")
    page.goto(f"{docs_url}/aws-progress.html#{docs_url}/not-there.json?a=%2Fb")
    expect(page.locator("#text")).to_have_text("Waiting for the first worker…")
