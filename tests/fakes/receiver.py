"""A receiver of webhooks: checks a signature as Standard Webhooks 1.0.0 tells a consumer to, from its text alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def verified(headers: Mapping[str, str], body: bytes, secret: str, *, now: float) -> bool:
    """Whether one of the signatures is that of `id.timestamp.body` with this secret, and its moment is near `now`."""
    try:
        identifier, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = headers["webhook-signature"].split(" ")
        seconds = int(timestamp)
    except (KeyError, ValueError):
        return False
    if abs(now - seconds) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = base64.b64encode(digest).decode()
    for each in signatures:
        version, _, signature = each.partition(",")
        if version == "v1" and hmac.compare_digest(signature.encode(), expected.encode()):
            return True
    return False
