"""Checking what a stack's webhook sends; the standard library only, for any receiver."""

import hashlib
import hmac

SIGNATURE_HEADER = "X-Fanreel-Signature"


def is_signed(body: bytes, signature: str | None, secret: str) -> bool:
    """
    Tell whether a stack sent *body*, and nobody changed it.

    Args:
        body: Of the request, as its bytes came.
        signature: Its header `X-Fanreel-Signature`; None if there is none.
        secret: Of the stack's secret (output `WebhookSecretArn`).
    """
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), (signature or "").encode())
