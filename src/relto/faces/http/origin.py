"""The origin of a request: whether a page of ours sent it, a page of somebody else, or no browser at all.

Browsers say so by themselves (`Origin`, RFC 6454; `Sec-Fetch-Site`, Fetch Metadata), and pages cannot make them lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from relto.faces.http.exchange import Request

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1)."""


def is_same_origin(request: Request, *, public_url: str, secure: bool) -> bool | None:
    """Whether a page of ours sent it; None where nothing says that a page did."""
    site = request.headers.get(b"sec-fetch-site")
    origin = request.headers.get(b"origin")
    if site is None and origin is None:
        return None
    if site is not None and site not in {b"same-origin", b"none"}:
        return False
    return origin is None or _is_ours(origin.decode("latin-1"), request, public_url, secure=secure)


def _is_ours(origin: str, request: Request, public_url: str, *, secure: bool) -> bool:
    try:
        parts = urlsplit(origin)
        named = (parts.scheme, parts.netloc.lower())
    except ValueError:
        return False
    if public_url:
        ours = urlsplit(public_url)
        if named == (ours.scheme, ours.netloc.lower()):
            return True
    # Behind a proxy that does not say so we cannot tell whether a page came by TLS.
    schemes = {"https"} if secure else {"http", "https"}
    host = request.headers.get(b"host", b"").decode("latin-1").lower()
    return bool(host) and named[1] == host and named[0] in schemes
