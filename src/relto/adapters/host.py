"""The machine: its clock, its source of chance, and passwords kept by argon2id."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from relto.domain.leaf import SALT_BYTES

NANOSECONDS = 1_000
"""In one microsecond."""

STILL_MAX_NS = 100_000_000
"""For a step back of at most this (what keeps clocks together makes such ones) the clock stands still."""

PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - an alphabet, no password
"""Letters and digits that nobody takes for one another: no i, l, o, I, O, 0, 1."""
PASSWORD_LENGTH = 20
"""Of 55 characters each: 115 bits."""
TOKEN_BYTES = 32


class SystemClock:
    """The wall clock. After a small step back it stands still until the wall clock has caught up. It follows a larger
    one, as any process does that is started after it: the node makes up for that, once for all processes, by an offset
    in the database, and if this clock made up for it as well, each would see the others run ahead.

    `wall` counts nanoseconds; a test may hand in its own.
    """

    def __init__(self, *, wall: Callable[[], int] = time.time_ns) -> None:
        """Begins with the wall clock."""
        self._wall = wall
        self._lock = threading.Lock()
        self._told = 0

    def now(self) -> int:
        """Microseconds since 1970, UTC; less than the time before only where the wall clock was set back."""
        with self._lock:
            wall = self._wall()
            if wall >= self._told or self._told - wall > STILL_MAX_NS:
                self._told = wall
            return self._told // NANOSECONDS

    def sleep(self, microseconds: int) -> None:
        """At least that long; not at all for 0 and less."""
        if microseconds > 0:
            time.sleep(microseconds / 1_000_000)


class SystemChance:
    """The operating system's generator."""

    def uuid4(self) -> str:
        """122 bits of it."""
        return str(uuid.uuid4())

    def password(self) -> str:
        """115 bits, in four groups that can be read aloud without mistaking a character."""
        return "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_LENGTH))

    def token(self) -> str:
        """256 bits, URL-safe."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def salt(self) -> bytes:
        """128 bits of it."""
        return secrets.token_bytes(SALT_BYTES)


class Argon2Hasher:
    """argon2id (RFC 9106) with 19 MiB, two passes and one lane (what OWASP asks for at least): about 50 ms of one core.

    The parameters stand in each stored form, so that raising them later breaks none that is stored.
    """

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        """Tests take less."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)

    def hashed(self, password: str) -> str:
        """A new salt each time."""
        return self._hasher.hash(password.encode(errors="surrogatepass"))

    def matches(self, stored: str, password: str) -> bool:
        """False for another password and for a broken `stored`, which costs as much as a whole one."""
        secret = password.encode(errors="surrogatepass")
        try:
            return self._hasher.verify(stored.encode(), secret)
        except (InvalidHashError, UnicodeError):
            # Who asks must not learn from the time that what is stored for the account is no password.
            self._hasher.hash(secret)
            return False
        except Argon2Error:
            return False
