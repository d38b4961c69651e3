"""Requests to whichever TAXII 2.1 server, HTTP/1.1 over asyncio, TLS where the URL says so; finding a collection."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import json
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from bench.client import MEDIA_TYPE, RECEIVE_BYTES, Answer, Failed, Reading, basic

NO_ANSWER = 0
"""The status of a request that broke or took too long."""


@dataclass(frozen=True, slots=True)
class Site:
    """A server. `encryption`: None for plain HTTP."""

    host: str
    port: int
    encryption: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, *, encryption: ssl.SSLContext | None = None) -> Site:
        """The server of a URL; `encryption` is what `https` is spoken with, the system's trust unless given."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Failed(f"`{url}` is no http or https URL")
        if parts.scheme == "http":
            return cls(parts.hostname, parts.port or 80)
        return cls(parts.hostname, parts.port or 443, encryption or ssl.create_default_context())


def authorization(credentials: str) -> str:
    """The value of `Authorization`: of `NAME:PASSWORD`, or as it stands where a scheme is said.

    >>> authorization("kyiv:secret"), authorization("Bearer abc")
    ('Basic a3lpdjpzZWNyZXQ=', 'Bearer abc')
    """
    if " " in credentials:
        return credentials
    name, colon, password = credentials.partition(":")
    if not colon:
        raise Failed("credentials are `NAME:PASSWORD`, or a scheme and a value: `Bearer …`, `Token …`")
    return basic(name, password)


class Link:
    """One connection of one account, opened when needed and kept open. One request at a time."""

    def __init__(self, site: Site, credentials: str, *, seconds_max: float) -> None:
        self._site, self._seconds_max = site, seconds_max
        self._authorization = authorization(credentials)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, query: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """The answer; `NO_ANSWER` as its status, and why in its body, where none came."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._asked(method, path, query or {}, body, began)
        except (OSError, Failed, TimeoutError, ValueError) as error:
            self.close()
            return Answer(NO_ANSWER, {}, f"{type(error).__name__}: {error}".encode(), time.perf_counter() - began)

    async def _asked(self, method: str, path: str, query: dict[str, str], body: bytes, began: float) -> Answer:
        target = f"{path}?{urlencode(query)}" if query else path
        lines = [
            f"{method} {target} HTTP/1.1",
            f"host: {self._site.host}:{self._site.port}",
            f"authorization: {self._authorization}",
            f"accept: {MEDIA_TYPE}",
            "user-agent: bench.whole",
            "connection: keep-alive",
            *([f"content-type: {MEDIA_TYPE}", f"content-length: {len(body)}"] if method == "POST" else []),
        ]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        was_open = self._writer is not None
        answer = Reading()
        try:
            await self._exchanged(request, answer)
        except (OSError, Failed):
            # A server may close a connection that idles: what it never read is sent again, once.
            if not was_open or answer.received:
                raise
            self.close()
            answer = Reading()
            await self._exchanged(request, answer)
        seconds = time.perf_counter() - began
        if answer.closes:
            self.close()
        return Answer(answer.status, answer.headers, answer.body(), seconds)

    async def _exchanged(self, request: bytes, answer: Reading) -> None:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._site.host, self._site.port, ssl=self._site.encryption, limit=RECEIVE_BYTES
            )
        self._writer.write(request)
        await self._writer.drain()
        while not answer.add(await self._reader.read(RECEIVE_BYTES)):
            pass

    def close(self) -> None:
        """Gives the connection back."""
        if self._writer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._writer.close()
        self._reader = self._writer = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as one account sees it. `root`: the path of its API root, `path` its own, both ending in `/`."""

    root: str
    path: str
    title: str
    can_read: bool
    can_write: bool

    @property
    def objects(self) -> str:
        """The path of its objects."""
        return f"{self.path}objects/"

    @property
    def manifest(self) -> str:
        """The path of its manifest."""
        return f"{self.path}manifest/"


async def found(link: Link, url: str, name: str) -> tuple[Collection, timedelta]:
    """The collection of that id, alias or title, and how far the server's clock is ahead of ours.

    `url`: of discovery, of an API root, or of the collection itself. Raises `Failed` with what is there.
    """
    path = _slashed(urlsplit(url).path or "/taxii2/")
    told, ahead = await _told(link, path)
    if "can_read" in told:
        root = path.split("collections/")[0]
        return _collection(root, told), ahead
    roots = (
        [path] if "api_roots" not in told else [_slashed(urlsplit(urljoin(url, each)).path) for each in _roots(told)]
    )
    seen = []
    for root in roots:
        listed, _ = await _told(link, f"{root}collections/")
        for each in listed.get("collections", []):
            if name in {each.get("id"), each.get("alias"), each.get("title")}:
                return _collection(root, each), ahead
            seen.append(str(each.get("alias") or each.get("title") or each.get("id")))
    raise Failed(f"there is no collection `{name}` for this account; there are: {', '.join(seen) or 'none'}")


def _roots(told: dict[str, Any]) -> list[str]:
    """The default API root first."""
    roots = [str(each) for each in told["api_roots"]]
    return sorted(roots, key=lambda each: each != told.get("default"))


def _collection(root: str, told: dict[str, Any]) -> Collection:
    path = f"{root}collections/{told['id']}/"
    return Collection(root, path, str(told.get("title", "")), bool(told["can_read"]), bool(told["can_write"]))


async def _told(link: Link, path: str) -> tuple[dict[str, Any], timedelta]:
    answer = await link.ask("GET", path)
    if answer.status != 200:
        said = answer.body[:300].decode(errors="replace")
        raise Failed(f"{path} answers with {answer.status or 'nothing'}: {said}")
    try:
        told = json.loads(answer.body)
    except ValueError as error:
        raise Failed(f"{path} answers with something that is no JSON") from error
    if not isinstance(told, dict):
        raise Failed(f"{path} answers with JSON that is no object")
    return told, _ahead(answer)


def _ahead(answer: Answer) -> timedelta:
    """By the `Date` of an answer, which says whole seconds: less than one is none."""
    with contextlib.suppress(KeyError, ValueError, TypeError):
        difference = email.utils.parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
        if abs(difference) > timedelta(seconds=2):
            return difference
    return timedelta()


def _slashed(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"
