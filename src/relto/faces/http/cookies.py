"""Cookies: one read from a request, one written for a response, with the attributes that ours have.

Over TLS a name begins with `__Host-`: a browser then takes the cookie from this host alone, by TLS alone, so no other
host of the domain can plant one.

>>> set_cookie("session", "abc", secure=True, seconds=None)
(b'set-cookie', b'__Host-relto-session=abc; Path=/; SameSite=Lax; Secure; HttpOnly')
>>> set_cookie("session", "", secure=False, seconds=0)
(b'set-cookie', b'relto-session=; Path=/; SameSite=Lax; HttpOnly; Max-Age=0')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from relto.faces.http.exchange import Headers, Request

BYTES_MAX: Final = 16_384
"""A longer header of cookies is not looked at."""


def name_of(name: str, *, secure: bool) -> str:
    """What a cookie of ours is called."""
    return f"__Host-relto-{name}" if secure else f"relto-{name}"


def cookie(request: Request, name: str, *, secure: bool) -> str:
    """The value of a cookie of ours, empty where it was not sent; sent twice, it counts as not sent."""
    header = request.headers.get(b"cookie", b"")
    if len(header) > BYTES_MAX:
        return ""
    wanted = name_of(name, secure=secure).encode()
    # Several headers are joined by a comma (HTTP/2 splits them), which no value of ours has in it.
    pairs = [each.strip().partition(b"=") for each in header.replace(b",", b";").split(b";")]
    found = [value for key, _, value in pairs if key == wanted]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def set_cookie(name: str, value: str, *, secure: bool, seconds: int | None, hidden: bool = True) -> tuple[bytes, bytes]:
    """The header that sets a cookie of ours. `seconds` None: until the browser ends; 0: no more. `hidden`: scripts of
    the page cannot read it.
    """
    parts = [f"{name_of(name, secure=secure)}={value}", "Path=/", "SameSite=Lax"]
    parts += ["Secure"] if secure else []
    parts += ["HttpOnly"] if hidden else []
    parts += [] if seconds is None else [f"Max-Age={seconds}"]
    return b"set-cookie", "; ".join(parts).encode()


def session_cookies(value: str, csrf_token: str, *, secure: bool) -> Headers:
    """The cookies of a session that has just begun: its own, and the token that a page of ours may read."""
    return [
        set_cookie("session", value, secure=secure, seconds=None),
        set_cookie("csrf", csrf_token, secure=secure, seconds=None, hidden=False),
    ]
