"""Another node, asked through its API: what a verb of the command line would have called here, done there.

The answers, the words and the exit statuses are the same. Each act bears a key of its own, so that one whose answer
was lost on the way is asked for once more, and done once.
"""

from __future__ import annotations

import contextlib
import getpass
import http.client
import io
import json
import os
import secrets
import socket
import ssl
import sys
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from relto.domain.errors import BadInput, Conflict, NotBuilt, Refused, ReltoError, Unknown, Unreachable
from relto.faces.cli.reach import PASSWORD_VARIABLE, Reach
from relto.faces.verbs import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relto.faces.verbs.registry import Verb

TIMEOUT_SECONDS: Final = 120
"""So long a node may say nothing."""

ANSWER_SECONDS: Final = 600
"""So long it may take for one whole answer, however it is dealt out."""

ANSWER_BYTES_MAX: Final = 64 * 1_048_576
PAGES_MAX: Final = 10_000
PAGE_ENTRIES: Final = 1_000

_KINDS: Final[dict[str, type[ReltoError]]] = {
    "bad-input": BadInput,
    "unknown": Unknown,
    "refused": Refused,
    "conflict": Conflict,
    "not-built": NotBuilt,
    "unreachable": Unreachable,
}


def ask(reach: Reach, function: Callable[..., Any], said: Mapping[str, Any]) -> Any:
    """What the node at `reach.url` answers. Raises the error that it tells, or `Unreachable` (`node-unreachable`)."""
    verb = registry.found(function)
    if verb is None:
        raise BadInput("usage", "this verb works on the machine of the node only", remedy="leave out `--url`")
    return Remote(reach).ask(verb, said)


class _Answer(http.client.HTTPResponse):
    """An answer that has come as a whole, head and body, in `ANSWER_SECONDS`, or not at all."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Until(sock, time.monotonic() + ANSWER_SECONDS))


class _Until(io.RawIOBase):
    """What comes over a socket until a moment of the monotonic clock; then `TimeoutError`."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        super().__init__()
        self._sock, self._until = sock, until
        # INVARIANT: the socket stays open as long as this file of it is, though the connection lets go of it.
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, TIMEOUT_SECONDS))
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class Remote:
    """A node that is reached by its URL."""

    def __init__(self, reach: Reach) -> None:
        """Raises `BadInput` `url-invalid`."""
        parts = urlsplit(reach.url)
        with contextlib.suppress(ValueError):
            if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not parts.username:
                self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
                self._base = parts.path.rstrip("/")
                self._url = reach.url
                self._ca = reach.ca
                self._authorization = _authorization(reach)
                return
        raise BadInput("url-invalid", f"`{reach.url}` is no URL of a node", remedy="https://HOST or https://HOST:PORT")

    def ask(self, verb: Verb, said: Mapping[str, Any], *, body: bytes | None = None) -> Any:
        """The whole answer; a list page by page. `body`: STIX as it is, where the verb takes that."""
        given = {
            each.where: {
                other.name: value
                for other in verb.fields
                if other.where == each.where
                and (value := said.get(other.parameter)) is not None
                and (other.is_required or value != other.default)
            }
            for each in verb.fields
        }
        names = {name: quote(str(value), safe="") for name, value in given.get("path", {}).items()}
        target = registry.PREFIX + verb.path.format_map(names)
        query = dict(given.get("query", {}))
        if verb.key:
            query["limit"] = PAGE_ENTRIES
        if query:
            target += "?" + urlencode({name: _text(value) for name, value in query.items()}, doseq=True)
        headers = {"accept": "application/json, application/problem+json"}
        if verb.method == "POST" and body is None:
            headers["content-type"] = "application/json"
            body = json.dumps(given.get("body", {}), ensure_ascii=False).encode("utf-8", "surrogatepass")
        elif body is not None:
            headers["content-type"] = "application/octet-stream"
        if verb.acts:
            headers["idempotency-key"] = secrets.token_hex(16)
        document, following = self._answer(verb.method, target, headers, body)
        for _ in range(PAGES_MAX):
            if following is None:
                return document
            more, following = self._answer(verb.method, following, headers, body)
            document += more
        raise Unreachable("node-odd", f"the list of `{self._url}` has no end")

    def fetch(self, method: str, target: str, *, body: bytes | None = None) -> bytes:
        """What stands at an address of the node, as it is. Raises the error that it tells, or `Unreachable`."""
        headers = {"accept": "application/taxii+json;version=2.1, application/json, text/plain"}
        if body is not None:
            headers["content-type"] = "text/plain; charset=utf-8"
        try:
            status, answer, raw = self._once(method, target, headers, body)
        except (http.client.HTTPException, ConnectionError, TimeoutError):
            status, answer, raw = self._last(method, target, headers, body)
        except OSError as error:
            raise self._unreachable(error) from error
        if status < 300:
            return raw
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and isinstance(document.get("code"), str):
            raise _error(document)
        if isinstance(document, dict) and isinstance(document.get("error_code"), str):
            # The shape of TAXII's errors (section 3.6.1).
            code, said = document["error_code"], str(document.get("description") or document.get("title") or "")
            details = document.get("details")
            raise Refused(code, said, remedy=str(details.get("remedy", "")) if isinstance(details, dict) else "")
        title = document.get("title") if isinstance(document, dict) else None
        said = f": {title}" if isinstance(title, str) else ""
        kind = answer.get("content-type", "").partition(";")[0]
        raise Unreachable("node-odd", f"`{self._url}` answers {status} ({kind}) at {target}{said}")

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> tuple[Any, str | None]:
        try:
            status, answer, raw = self._once(method, target, headers, body)
        except (http.client.HTTPException, ConnectionError, TimeoutError):
            # Lost on the way: a question is asked again, and an act under the same key is not done again.
            status, answer, raw = self._last(method, target, headers, body)
        except OSError as error:
            raise self._unreachable(error) from error
        kind = answer.get("content-type", "").partition(";")[0].strip()
        if kind not in {"application/json", "application/problem+json"}:
            raise Unreachable(
                "node-odd",
                f"`{self._url}` answers {status} and no JSON: it is no node of Relto, or something stands before it",
                remedy="check the URL",
            )
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Unreachable("node-odd", f"`{self._url}` answers with what is no JSON") from error
        if status >= 400 or kind == "application/problem+json":
            raise _error(document)
        return document, _following(answer.get("link", ""))

    def _last(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            return self._once(method, target, headers, body)
        except (http.client.HTTPException, OSError) as error:
            raise self._unreachable(error) from error

    def _once(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = self._connection()
        try:
            sent = {**headers, **({"authorization": self._authorization} if self._authorization else {})}
            connection.request(method, self._base + target, body=body, headers=sent)
            response = connection.getresponse()
            raw = response.read(ANSWER_BYTES_MAX + 1)
            if len(raw) > ANSWER_BYTES_MAX:
                raise Unreachable("node-odd", f"`{self._url}` answers with more than {ANSWER_BYTES_MAX} bytes")
            return response.status, {name.lower(): value for name, value in response.getheaders()}, raw
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._scheme == "http":
            plain = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
            plain.response_class = _Answer
            return plain
        try:
            context = ssl.create_default_context(cafile=self._ca or None)
        except (OSError, ssl.SSLError) as error:
            raise BadInput("ca-unusable", f"`{self._ca}` holds no certificates that can be used") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        secure = http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        secure.response_class = _Answer
        return secure

    def _unreachable(self, error: Exception) -> Unreachable:
        if isinstance(error, ssl.SSLCertVerificationError):
            why, remedy = f"its certificate is not trusted: {error.verify_message}", "name who signed it: --ca FILE"
        elif isinstance(error, (TimeoutError, socket.timeout)):
            why, remedy = "it did not answer in time", "see whether it serves"
        else:
            why, remedy = (getattr(error, "strerror", None) or type(error).__name__).lower(), "see whether it serves"
        return Unreachable("node-unreachable", f"`{self._url}` cannot be reached: {why}", remedy=remedy)


def _authorization(reach: Reach) -> str:
    if reach.token:
        if not (reach.token.isascii() and reach.token.isprintable()):
            raise BadInput("usage", "a token is of visible ASCII")
        return f"Bearer {reach.token}"
    if not reach.user:
        return ""
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and sys.stdin.isatty():
        password = getpass.getpass(f"Password of {reach.user}: ")
    if password is None:
        raise BadInput("password-missing", f"the password of `{reach.user}` is not known", remedy="set RELTO_PASSWORD")
    return f"Basic {b64encode(f'{reach.user}:{password}'.encode()).decode()}"


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return list(value) if isinstance(value, (list, tuple)) else value


def _following(link: str) -> str | None:
    """The address of the next page, of our own form (RFC 8288)."""
    for part in link.split(","):
        address, _, parameters = part.strip().partition(">")
        if address.startswith("</") and 'rel="next"' in parameters:
            return address[1:]
    return None


def _error(document: Any) -> ReltoError:
    """The error that the problem tells (RFC 9457)."""
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        return Unreachable("node-odd", "the node tells an error in a shape that is not its own")
    data = document.get("data")
    return _KINDS.get(str(document.get("kind")), Refused)(
        document["code"],
        str(document.get("detail", "")),
        remedy=str(document.get("remedy", "")),
        **({name: each for name, each in data.items() if name not in _PARTS} if isinstance(data, dict) else {}),
    )


_PARTS: Final = frozenset({"self", "code", "message", "remedy"})
