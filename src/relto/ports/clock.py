"""The clock of the machine, and chance: what the domain must never ask for by itself."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The machine's clock. The node's (`Node.now`) is this one with what the database says of it (`Head`)."""

    def now(self) -> int:
        """Microseconds since 1970, UTC. It goes back only where the machine's clock was set back by more than a moment;
        the node's does not, even then.
        """
        ...

    def sleep(self, microseconds: int) -> None:
        """Waits about that long."""
        ...


class Chance(Protocol):
    """A source of unguessable values (a cryptographic generator; seeded in tests)."""

    def uuid4(self) -> str:
        """A random UUID, version 4, as lower-case text."""
        ...

    def password(self) -> str:
        """A new password of at least 96 bits, of letters and digits that are hard to confuse."""
        ...

    def token(self) -> str:
        """A new bearer token of at least 192 bits, URL-safe."""
        ...

    def salt(self) -> bytes:
        """16 bytes."""
        ...


class Hasher(Protocol):
    """Keeps passwords so that the stored form gives nothing away (argon2id)."""

    def hashed(self, password: str) -> str:
        """The form to store; slow on purpose."""
        ...

    def matches(self, stored: str, password: str) -> bool:
        """Whether `password` is the one; slow on purpose, and as slow when it is not. A broken `stored` never
        matches.
        """
        ...
