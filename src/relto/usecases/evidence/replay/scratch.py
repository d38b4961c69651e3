"""Scratch: the node on which a log is carried out, whose clock and chance say what they said then."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from relto.domain.leaf import SALT_BYTES
from relto.usecases.evidence.making.leaves import BlockLeaves
from relto.usecases.evidence.making.recording import recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from relto.ports.store import Head, Snapshot, Store, Transaction


class PastClock:
    """Tells the moments of a block: first that at which it began, then that by which its epochs were stamped."""

    def __init__(self) -> None:
        self.moments = [0]

    def now(self) -> int:
        """The next moment of the block; the last one again and again."""
        return self.moments.pop(0) if len(self.moments) > 1 else self.moments[0]

    def sleep(self, microseconds: int) -> None:
        """Nobody waits for what has been."""
        raise AssertionError(f"nobody waits {microseconds} microseconds for what has been")


class PastChance:
    """Draws what was drawn then."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def uuid4(self) -> str:
        """The next that was drawn."""
        return self.drawn.pop(0) if self.drawn else ""

    def password(self) -> str:
        """No log has passwords."""
        raise AssertionError("no log has passwords")

    def token(self) -> str:
        """No log has tokens."""
        raise AssertionError("no log has tokens")

    def salt(self) -> bytes:
        """None: what comes out is compared without."""
        return bytes(SALT_BYTES)


class NoHasher:
    """A `Hasher` that nobody asks."""

    def hashed(self, password: str) -> str:
        """As it is."""
        return password

    def matches(self, stored: str, password: str) -> bool:
        """Where it is the same."""
        return stored == password


class Look:
    """One look at a store for as long as nothing is written to it: a log has thousands of pages between two changes,
    and a read block for each would be felt.
    """

    def __init__(self, below: Store) -> None:
        self._below = below
        self._open = ExitStack()
        self._snap: Snapshot | None = None

    @property
    def snap(self) -> Snapshot:
        """How things stand, until `end`."""
        if self._snap is None:
            self._snap = self._open.enter_context(self._below.read())
        return self._snap

    def end(self) -> None:
        """Whoever writes next is not held up, and whoever looks next sees that."""
        self._snap = None
        self._open.close()


class Book:
    """The store on which a log is carried out. `leaves`: those of the last block, for whoever compares them; `look`:
    how it stands between two blocks.
    """

    def __init__(self, below: Store) -> None:
        self._below = below
        self.look = Look(below)
        self._tx: Transaction | None = None
        self.leaves = BlockLeaves()

    def head(self) -> Head:
        """As below."""
        return self._below.head()

    def read(self) -> AbstractContextManager[Snapshot]:
        """As below."""
        return self._below.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """As below; `leaves` are those of the last block."""
        self.look.end()
        with self._below.write() as tx:
            self._tx, self.leaves = tx, BlockLeaves(lambda veiled: veiled)
            yield recording(tx, self.leaves)

    @property
    def unrecorded(self) -> Transaction:
        """The block that is under way, for what must not be told as it is written."""
        assert self._tx is not None, "a block is under way"
        return self._tx

    def close(self) -> None:
        """As below."""
        self._below.close()
