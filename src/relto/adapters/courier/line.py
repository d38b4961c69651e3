"""A line to a stranger: names looked up, a connection made, bytes sent and received, all before one deadline.

A time limit on each step is none: whoever sends a byte now and then keeps within it for ever. So there is one deadline
for the whole errand, and every step gets what is left of it.
"""

from __future__ import annotations

import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from relto.domain.errors import BadInput

CONNECT_SECONDS: Final = 5.0
"""How long one address may take to be reached: the next may be quicker."""

ADDRESSES_MAX: Final = 8
"""So many addresses of a host are tried."""

LOOKUPS_MAX: Final = 8
"""So many names are looked up at once; a resolver that hangs keeps a thread each, and no more than these."""

Address = tuple[int, tuple[Any, ...]]
"""(family, what the socket takes): `(AF_INET6, ("2001:db8::7", 443, 0, 0))`."""


class Deadline:
    """The moment at which an errand has to be done, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        """From now on."""
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """The seconds that are left, or `most` where that is less. Raises `TimeoutError` where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left if most is None else min(left, most)

    def hurry(self, seconds: float) -> None:
        """No more than so many seconds are left: what is still to come is no longer worth waiting for."""
        self._end = min(self._end, time.monotonic() + seconds)


class Lookup:
    """Looks names up in bounded time. `ask` is what the system offers; a test may hand in its own."""

    def __init__(self, ask: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        """The system's resolver knows no time limit, so it is asked in a thread that may be left behind."""
        self._ask = ask
        self._slots = threading.Semaphore(LOOKUPS_MAX)

    def addresses(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """Where the host is, in the resolver's order, each address once. Raises `OSError`."""
        if not self._slots.acquire(timeout=deadline.left()):
            raise TimeoutError("names cannot be looked up now: too many are")
        answered: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()
        threading.Thread(target=self._answer, args=(host, port, answered), name="relto-lookup", daemon=True).start()
        try:
            found = answered.get(timeout=deadline.left())
        except queue.Empty:
            raise TimeoutError("the name was not looked up in time") from None
        if isinstance(found, OSError):
            raise found
        listed = dict.fromkeys((int(family), tuple(address)) for family, _, _, _, address in found)
        if not listed:
            raise OSError("the name stands for no address")
        return list(listed)

    def _answer(self, host: str, port: int, answered: queue.SimpleQueue[list[Any] | OSError]) -> None:
        try:
            answered.put(self._ask(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP))
        except OSError as error:
            answered.put(error)
        except UnicodeError:
            # What encodes names for the wire has limits of its own.
            answered.put(OSError("the name cannot be looked up"))
        finally:
            self._slots.release()


def connected(addresses: Sequence[Address], deadline: Deadline) -> socket.socket:
    """A connection to the first of these addresses that takes one; to no other. Raises `OSError`."""
    failure: OSError = OSError("there is no address to connect to")
    for family, address in addresses[:ADDRESSES_MAX]:
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(deadline.left(CONNECT_SECONDS))
            line.connect(address)
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    raise failure


def secured(line: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """The same connection, encrypted, to a peer that proved to be `host`. Raises `OSError`, and then it is closed."""
    try:
        line.settimeout(deadline.left())
        return context.wrap_socket(line, server_hostname=host)
    except BaseException:
        line.close()
        raise


def send(line: socket.socket, content: bytes, deadline: Deadline) -> None:
    """Sends all of it. Raises `OSError`."""
    rest = memoryview(content)
    while rest:
        line.settimeout(deadline.left())
        rest = rest[line.send(rest) :]


class Received(io.RawIOBase):
    """What comes over a line, as a file: before the deadline, and no more than so many bytes. Raises `OSError`."""

    def __init__(self, line: socket.socket, deadline: Deadline, *, bytes_max: int) -> None:
        """The line stays whose it is."""
        self._line = line
        self._deadline = deadline
        self._left = bytes_max

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As many bytes as there are, at least one; none when the other side has closed."""
        if self._left <= 0:
            raise OSError("it sends too much")
        self._line.settimeout(self._deadline.left())
        size = self._line.recv_into(memoryview(buffer)[: self._left])
        self._left -= size
        return size


def trusting(ca: str) -> ssl.SSLContext:
    """TLS 1.2 or later to a peer whose certificate is checked: against those in the file `ca` (PEM), or the system's
    where that is empty. Raises `BadInput` (`ca-unusable`).
    """
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise BadInput(
            "ca-unusable",
            f"`{ca}` cannot be used: {error.strerror or 'it holds no certificates'}",
            remedy="name a file of certificates in PEM, or leave it empty",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def told(error: Exception) -> str:
    """What went wrong with a line, in few words, and without addresses of this network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ssl.SSLError):
        return f"no encrypted connection: {(error.reason or 'it was refused').lower().replace('_', ' ')}"
    if isinstance(error, OSError) and error.strerror:
        return f"no connection: {error.strerror.lower()}"
    return str(error) or type(error).__name__
