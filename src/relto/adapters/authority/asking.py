"""Asking a time stamp authority over HTTP (RFC 3161 section 3.4): one POST over one connection, before one deadline.

It goes over the line that webhooks use, for the same reasons (decision record 0016): no redirect is followed, nothing
is unpacked, no proxy of the environment is asked, and what comes is read up to a limit. The operator names the URL, so
it may lead to an address that is not public; and `http` does no harm, since the answer is signed and what is asked is a
digest of a checkpoint that anybody may see.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

import httptools
from asn1crypto import cms, core, tsp  # type: ignore[import-untyped]  # it has no hints

from relto.adapters.authority.token import TOKEN_BYTES_MAX, checked, nonce_of
from relto.adapters.courier.line import Deadline, Lookup, connected, secured, send, told, trusting
from relto.domain.endpoint import Endpoint, Reach
from relto.domain.errors import BadInput, Unreachable

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

ANSWER_SECONDS: Final = 15.0
"""How long one answer may take, from the first name looked up to the last byte."""

FAILED_SECONDS: Final = 60.0
"""Who failed is not asked again for so long."""

HEAD_BYTES_MAX: Final = 16_384
BODY_BYTES_MAX: Final = TOKEN_BYTES_MAX + 1_024
RECEIVE_BYTES: Final = 16_384

NONCE_BITS: Final = 63
"""A number that no answer can have by chance; positive in 8 bytes, for authorities that take no more."""

REACH: Final = Reach(plain=True, private=True)

_ASK: Final = "application/timestamp-query"
_ANSWER: Final = "application/timestamp-reply"
_GRANTED: Final = frozenset({"granted", "granted_with_mods"})


class Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto has no hints
    """An answer (RFC 3161 section 2.4.2). asn1crypto's own wants a token in each, and a refusal has none."""

    _fields: ClassVar[list[Any]] = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class HttpAuthority:
    """An `Authority` over HTTP. Safe to use from several threads; it keeps only until when it does not ask."""

    def __init__(
        self,
        url: str,
        roots: Sequence[bytes],
        *,
        tls_ca: str = "",
        answer_seconds: float = ANSWER_SECONDS,
        failed_seconds: float = FAILED_SECONDS,
        lookup: Lookup | None = None,
    ) -> None:
        """`roots`: certificates (DER) to which its tokens have to lead. Raises `BadInput` (`authority-url-invalid`,
        `ca-unusable`).
        """
        try:
            self._endpoint = Endpoint.parse(url)
        except BadInput as error:
            message = "`timestamps.url` is no URL of a time stamp authority"
            raise BadInput("authority-url-invalid", message, remedy=error.remedy) from error
        self._roots = tuple(roots)
        self._context = trusting(tls_ca)
        self._answer_seconds = answer_seconds
        self._failed_seconds = failed_seconds
        self._lookup = Lookup() if lookup is None else lookup
        self._lock = threading.Lock()
        self._failed: tuple[float, Unreachable] | None = None

    def stamped(self, digest: bytes) -> bytes:
        """A token over a SHA-256 digest that has been checked."""
        with self._lock:
            if self._failed is not None and time.monotonic() < self._failed[0]:
                last = self._failed[1]
                raise Unreachable(last.code, last.message, remedy=last.remedy)
            self._failed = None
        try:
            return self._asked(digest)
        except Unreachable as error:
            with self._lock:
                self._failed = (time.monotonic() + self._failed_seconds, error)
            raise

    def _asked(self, digest: bytes) -> bytes:
        nonce = secrets.randbits(NONCE_BITS) | 1
        token = _token_in(self._exchanged(_query(digest, nonce)))
        try:
            if nonce_of(token) != nonce:
                raise _wrong("it answers another question")
            checked(token, digest, self._roots)
        except BadInput as error:
            raise _wrong(error.message) from error
        return token

    def _exchanged(self, query: bytes) -> bytes:
        deadline, endpoint = Deadline(self._answer_seconds), self._endpoint
        try:
            addresses = self._lookup.addresses(endpoint.host, endpoint.port, deadline)
            objection = REACH.objection(endpoint, [str(address[0]) for _, address in addresses])
            if objection:
                raise _unreachable(objection)
            line = connected(addresses, deadline)
            if endpoint.scheme == "https":
                line = secured(line, self._context, endpoint.host, deadline)
            with line:
                send(line, _request(endpoint, query), deadline)
                return _received(line, deadline)
        except OSError as error:
            raise _unreachable(told(error)) from error


def _query(digest: bytes, nonce: int) -> bytes:
    """The question (RFC 3161 section 2.4.1), for a token that brings its certificates along."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    raw: bytes = asked.dump()
    return raw


def _token_in(answer: bytes) -> bytes:
    """The token in an answer that grants one (RFC 3161 section 2.4.2)."""
    try:
        read = Reply.load(answer, strict=True)
        status = read["status"]["status"].native
        if status not in _GRANTED:
            more = [read["status"][name].native or () for name in ("fail_info", "status_string")]
            said = [status, *sorted(map(str, more[0])), *more[1]]
            raise Unreachable("authority-refused", f"the time stamp authority refuses: {_said(said)}")
        token: bytes = read["time_stamp_token"].dump()
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _wrong("it cannot be read") from error
    if not token:
        raise _wrong("it grants a time stamp, and brings none")
    return token


def _request(endpoint: Endpoint, query: bytes) -> bytes:
    lines = (
        f"POST {endpoint.target} HTTP/1.1",
        f"host: {endpoint.authority}",
        "user-agent: Relto",
        f"content-type: {_ASK}",
        f"accept: {_ANSWER}",
        f"content-length: {len(query)}",
        "accept-encoding: identity",
        "connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + query


def _received(line: socket.socket, deadline: Deadline) -> bytes:
    answer, received = _Answer(), 0
    try:
        while not answer.is_whole:
            line.settimeout(deadline.left())
            some = line.recv(RECEIVE_BYTES)
            if not some:
                break
            received += len(some)
            if received > HEAD_BYTES_MAX + BODY_BYTES_MAX:
                raise _wrong(f"it has more than {BODY_BYTES_MAX} bytes")
            answer.feed(some)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
        raise _unreachable("its answer is no HTTP") from error
    return answer.body()


class _Answer:
    """What the parser has found so far; its methods are called by the parser."""

    def __init__(self) -> None:
        self.is_whole = False
        self._status = 0
        self._type = b""
        self._body = bytearray()
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, some: bytes) -> None:
        self._parser.feed_data(some)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self._type = value

    def on_headers_complete(self) -> None:
        # Whatever is below 200 announces the answer and is none.
        status = self._parser.get_status_code()
        self._status = status if status >= 200 else 0

    def on_body(self, some: bytes) -> None:
        self._body += some

    def on_message_complete(self) -> None:
        self.is_whole = bool(self._status)

    def body(self) -> bytes:
        """Where it is cut short, the token in it is none: its length stands at its beginning."""
        if not self._status:
            raise _unreachable("it closed the connection without an answer")
        if self._status != 200:
            raise _unreachable(f"it answers with {self._status}")
        if self._type.partition(b";")[0].strip().lower() != _ANSWER.encode():
            raise _wrong(f"it is no `{_ANSWER}`")
        return bytes(self._body)


def _said(words: Sequence[object]) -> str:
    """Words of theirs, cut short and on one line."""
    text = ", ".join(str(each) for each in words)
    return "".join(character if character.isprintable() else " " for character in text)[:200]


def _unreachable(why: str) -> Unreachable:
    return Unreachable("authority-unreachable", f"the time stamp authority cannot be asked: {why}")


def _wrong(why: str) -> Unreachable:
    return Unreachable("authority-wrong", f"the time stamp authority's answer is not taken: {why}")
