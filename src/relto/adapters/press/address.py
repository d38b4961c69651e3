"""An address: what one http or https URL answers, read up to a limit, within a time, and nothing else.

It is an operator's own command, so an address within the house is asked like any other; another scheme never is.
Nothing of this machine goes along: no cookies, no proxies of the environment, no password of the address.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2

from relto.adapters.press.page import BYTES_MAX
from relto.domain.errors import BadInput, Unreachable
from relto.domain.written import harmless, shown

SECONDS: Final = 30.0
"""How long all of it may take, from the first name looked up to the last byte."""

REDIRECTS_MAX: Final = 5
URL_MAX: Final = 2_000
KINDS: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain", ""})
"""Media types that are read; some servers say none."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"accept": "text/html, text/plain;q=0.9", "accept-encoding": "identity", "user-agent": "Relto"}


def fetched(url: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> tuple[bytes, str]:
    """The body and the media type of what the address answers. `transport`: a test's own. Raises `BadInput`
    (`article-url`, `article-kind`, `article-large`) and `Unreachable` (`article-unreachable`).
    """
    _require_address(url)
    try:
        return asyncio.run(_within_time(url, transport))
    except TimeoutError as error:
        raise _unreachable(url, f"it took longer than {SECONDS:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise _unreachable(url, harmless(str(error) or type(error).__name__, longest=200)) from error


async def _within_time(url: str, transport: httpx2.AsyncBaseTransport | None) -> tuple[bytes, str]:
    async with (
        asyncio.timeout(SECONDS),
        httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=SECONDS) as client,
    ):
        at = url
        for _ in range(REDIRECTS_MAX + 1):
            async with client.stream("GET", at, headers=_HEADERS) as response:
                if response.status_code in _REDIRECTS:
                    at = _led(at, response.headers.get("location", ""))
                    client.cookies.clear()
                    continue
                return await _body(url, response)
    raise _unreachable(url, f"it leads elsewhere more than {REDIRECTS_MAX} times")


async def _body(url: str, response: httpx2.Response) -> tuple[bytes, str]:
    if response.status_code != 200:
        raise _unreachable(url, f"it answers with {response.status_code}")
    kind = response.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() not in KINDS:
        raise BadInput(
            "article-kind",
            f"{shown(url)} is {shown(kind)}, and no page",
            remedy="give an address of HTML or plain text",
        )
    if response.headers.get("content-encoding", "identity").lower() not in {"identity", ""}:
        raise _unreachable(
            url, "its answer is packed, though it was asked for as it is: save the page, and read the file"
        )
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > BYTES_MAX:
            raise BadInput("article-large", f"{shown(url)} answers with more than {BYTES_MAX} bytes")
    return bytes(content), kind


def _led(url: str, location: str) -> str:
    at = urljoin(url, location) if location and len(location) <= URL_MAX else ""
    if not at:
        raise _unreachable(url, "it leads nowhere")
    _require_address(at)
    return at


def _require_address(url: str) -> None:
    """Raises `BadInput` (`article-url`) where it is not the address of a page."""
    try:
        parts = urlsplit(url)
        sound = (
            len(url) <= URL_MAX
            and parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.username is None
            and parts.password is None
            and (parts.port is None or parts.port > 0)
            and not any(character.isspace() or not character.isprintable() for character in url)
        )
    except ValueError:
        sound = False
    if not sound:
        raise BadInput(
            "article-url",
            f"{shown(url)} is no address of a page",
            remedy="give one that begins with https:// or http://",
        )


def _unreachable(url: str, why: str) -> Unreachable:
    return Unreachable(
        "article-unreachable", f"{shown(url)} cannot be read: {why}", remedy="save the page, and read the file"
    )
