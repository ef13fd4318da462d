"""
Tell a URL that a render has ended: `Render Finished`, signed, from a queue.

A whole function, standard library only, as its source lies in the template. A message that is not
answered with 2xx goes back to its queue, and after some attempts to the dead letters.
"""

import hashlib
import hmac
import json
import os
import urllib.request
from typing import Any

SIGNATURE = "X-Fanreel-Signature"
TIMEOUT_S = 10
_keys: dict[str, str] = {}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever deployed chose the URL, not where it leads to."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Deliver the messages of a batch; those that failed are named, and come again."""
    failed = []
    for record in event["Records"]:
        try:
            deliver(record["body"], os.environ["WEBHOOK_URL"], _key())
        except Exception as exc:  # noqa: BLE001 (each comes again)
            print(json.dumps({"message": "not delivered", "reason": str(exc)[:500]}))  # noqa: T201
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def deliver(message: str, url: str, key: str) -> None:
    """Post the detail of an event. Raises if it is not answered with 2xx."""
    body = json.dumps(json.loads(message)["detail"], separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", SIGNATURE: sign(key, body)}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 (a setting)
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S) as answer:
        answer.read(1024)


def sign(key: str, body: bytes) -> str:
    """Return the signature of a body: `sha256=<hex>`, HMAC-SHA256 with the key."""
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def _key() -> str:
    arn = os.environ["WEBHOOK_SECRET_ARN"]
    if arn not in _keys:
        import boto3  # noqa: PLC0415 (Lambda has it; it takes a second)

        answer = boto3.client("secretsmanager").get_secret_value(SecretId=arn)
        _keys[arn] = answer["SecretString"]
    return _keys[arn]
