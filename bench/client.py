"""The load client, the same for every server: raw sockets in one process, one thread, answers read by their length.

Connections stay open where the server lets them, and are opened anew where it closes them (that is part of what its
user waits for). Nothing is parsed while the clock runs but the head of an answer and the end of its body.
"""

from __future__ import annotations

import base64
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

MEDIA_TYPE = "application/taxii+json;version=2.1"
SECONDS_MAX = 120.0
"""How long one answer may take before the measurement is given up."""

RECEIVE_BYTES = 1 << 18


class Failed(Exception):
    """A server did not answer as the measurement needs it; the message says how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `headers` have lower-case names; `seconds` from the first byte asked to the last byte read."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """A collection of a server, and as whom it is asked."""

    host: str
    port: int
    objects_path: str
    authorization: str

    def get(self, **query: str | int) -> bytes:
        """A request for objects (TAXII 2.1 section 5.4)."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"GET {self.objects_path}{asked} HTTP/1.1\r\n{self._head()}\r\n".encode()

    def post(self, envelope: bytes) -> bytes:
        """A request that adds objects (TAXII 2.1 section 5.5)."""
        head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(envelope)}\r\n"
        return f"POST {self.objects_path} HTTP/1.1\r\n{self._head()}{head}\r\n".encode() + envelope

    def _head(self) -> str:
        return (
            f"host: {self.host}:{self.port}\r\nauthorization: {self.authorization}\r\naccept: {MEDIA_TYPE}\r\n"
            "connection: keep-alive\r\n"
        )


def basic(name: str, password: str) -> str:
    """The value of `Authorization` for HTTP Basic."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@dataclass(slots=True)
class Reading:
    """An answer on its way in. `length`: of the body; None until the head is here, -1 where the end of it says so."""

    received: bytearray = field(default_factory=bytearray)
    body_at: int = 0
    length: int | None = None
    chunked: bool = False
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def add(self, data: bytes) -> bool:
        """Takes bytes in; whether the answer is whole. No bytes: the server has closed."""
        self.received += data
        if self.length is None and not self._read_head():
            if not data:
                raise Failed("the server closed the connection before it answered")
            return False
        if self.chunked:
            return self.received.endswith(b"0\r\n\r\n")
        if self.length == -1:
            return not data
        if not data and len(self.received) - self.body_at < (self.length or 0):
            raise Failed("the server closed the connection in the middle of an answer")
        return len(self.received) - self.body_at >= (self.length or 0)

    def _read_head(self) -> bool:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self.received[:end].decode("latin-1").split("\r\n")
        self.status = int(first.split(" ", 2)[1])
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body_at = end + 4
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.length = int(self.headers.get("content-length", "-1"))
        return True

    @property
    def closes(self) -> bool:
        """Whether the connection is of no use afterwards."""
        return (self.length == -1 and not self.chunked) or self.headers.get("connection", "").lower() == "close"

    def body(self) -> bytes:
        """The body, once the answer is whole."""
        raw = bytes(self.received[self.body_at :])
        if not self.chunked:
            return raw
        parts = []
        while raw:
            size, _, raw = raw.partition(b"\r\n")
            length = int(size, 16)
            if not length:
                break
            parts.append(raw[:length])
            raw = raw[length + 2 :]
        return b"".join(parts)


class Connection:
    """One connection, opened when it is needed. One request at a time."""

    def __init__(self, target: Target) -> None:
        self._address = (target.host, target.port)
        self._socket: socket.socket | None = None
        self._fresh = False

    def opened(self) -> socket.socket:
        """The socket, connected."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=SECONDS_MAX)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._fresh = True
        return self._socket

    def ask(self, request: bytes) -> Answer:
        """Sends a request and waits for its answer. Raises `Failed`."""
        began = time.perf_counter()
        try:
            self.opened().sendall(request)
            reading = Reading()
            while not reading.add(self.opened().recv(RECEIVE_BYTES)):
                pass
        except TimeoutError as error:
            raise Failed(f"no answer within {SECONDS_MAX:.0f} seconds") from error
        except (OSError, Failed) as error:
            was_fresh = self._fresh
            self.close()
            if was_fresh:
                raise Failed(f"the connection broke: {error}") from error
            # The server may close a connection that idles; a request that it never read is sent again, once.
            return self.ask(request)
        self._fresh = False
        seconds = time.perf_counter() - began
        if reading.closes:
            self.close()
        return Answer(reading.status, reading.headers, reading.body(), seconds)

    def close(self) -> None:
        """Gives the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(frozen=True, slots=True)
class Load:
    """What many requests came to: how many answers within how many seconds, and how long each of them took."""

    answers: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def drive(
    target: Target,
    requests: Iterable[bytes],
    *,
    connections: int,
    status: int,
    seconds_max: float = SECONDS_MAX,
    check: Callable[[bytes], None] | None = None,
) -> Load:
    """Sends the requests over so many connections at once, each as soon as one is free, for so many seconds at most.

    Raises `Failed` where an answer has another status. `check` sees each body; its time counts.
    """
    waiting = iter(requests)
    idle = deque(Connection(target) for _ in range(connections))
    every = list(idle)
    latencies: list[float] = []
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        under_way = 0
        try:
            while True:
                while idle and time.perf_counter() - began < seconds_max:
                    request = next(waiting, None)
                    if request is None:
                        break
                    connection = idle.popleft()
                    sent_at = time.perf_counter()
                    connection.opened().sendall(request)
                    selector.register(connection.opened(), selectors.EVENT_READ, (connection, Reading(), sent_at))
                    under_way += 1
                if not under_way:
                    break
                ready = selector.select(SECONDS_MAX)
                if not ready:
                    raise Failed(f"no answer within {SECONDS_MAX:.0f} seconds")
                for key, _ in ready:
                    connection, reading, sent_at = key.data
                    if not reading.add(connection.opened().recv(RECEIVE_BYTES)):
                        continue
                    latencies.append(time.perf_counter() - sent_at)
                    selector.unregister(key.fileobj)
                    under_way -= 1
                    if reading.closes:
                        connection.close()
                    if reading.status != status:
                        raise Failed(f"status {reading.status} instead of {status}: {reading.body()[:300]!r}")
                    if check is not None:
                        check(reading.body())
                    idle.append(connection)
        finally:
            for connection in every:
                connection.close()
    return Load(len(latencies), time.perf_counter() - began, latencies)
