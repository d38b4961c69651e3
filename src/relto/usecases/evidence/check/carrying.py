"""Carrying: the leaves of a log, one after the other: whether each is in its canonical form and in its block, and what
comes of each block when it is carried out again (`replaying.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from relto.domain.errors import BadInput
from relto.domain.leaf import decoded
from relto.domain.merkle import Frontier, leaf_hash
from relto.usecases.evidence.expected import read_block
from relto.usecases.evidence.faults import Broken, Fault
from relto.usecases.evidence.replay.replaying import NOT_THE_LOG
from relto.usecases.evidence.signed.witnessing import introduced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from relto.domain.witness import Witness
    from relto.usecases.evidence.replay.replaying import Replay

PORTION: Final = 4_096
"""So many leaves are looked at, and then progress is told."""

CHANGED: Final = Fault("leaf-other", "the log was another when it was read for the second time")


class Leaves(Protocol):
    """A log, as far as it takes to carry it out. What it hands out need not be true."""

    def leaves(self) -> Iterable[bytes]:
        """The leaves, in order."""
        ...

    def records(self, first: int, last: int) -> bytes:
        """The records of the items of a batch, asked for in the order of batches."""
        ...


class Carrying:
    """Carries one log out. `faults`: what stopped it; what else is wrong, the replay has found (`Replay.faults`).
    `frontier`: of the tree of all leaves that were read.
    """

    def __init__(self, replay: Replay) -> None:
        """On a replay that nothing was carried out on."""
        self._replay = replay
        self._hashes: list[bytes] = []
        self.frontier = Frontier()
        self._witnesses: dict[Witness, None] = {}
        self.faults: list[Fault] = []

    @property
    def stopped(self) -> bool:
        """Whether something was such that what came after it was not carried out."""
        return bool(self.faults)

    @property
    def witnesses(self) -> Collection[Witness]:
        """Those that the leaves introduced."""
        return self._witnesses

    def carry_out(self, leaves: Iterable[bytes], told: Callable[[int], None]) -> None:
        """Each block, when it is whole. `told` is called with how many leaves were read, now and then."""
        try:
            self._carry_out(leaves, told)
        finally:
            self._replay.rest()

    def _carry_out(self, leaves: Iterable[bytes], told: Callable[[int], None]) -> None:
        block: list[Mapping[str, Any]] = []
        first, number = 0, -1
        for number, leaf in enumerate(self._hashed(leaves)):
            try:
                read = decoded(leaf)
                if read["block"] == number:
                    self._block(first, block)
                    block, first = [], number
                elif read["block"] != first or number == 0:
                    raise BadInput("leaf-invalid", f"it says that its block begins at {read['block']}")
                block.append(read)
                self._witnesses |= dict.fromkeys(introduced(read))
            except BadInput as error:
                self._unreadable(error, number)
            if self.stopped:
                return
            if number % PORTION == 0:
                told(number)
        self._block(first, block)
        if not self.stopped:
            self._replay.finish()
        told(number + 1)

    def _unreadable(self, error: BadInput, leaf: int) -> None:
        if error.code in NOT_THE_LOG:
            raise error
        self.faults.append(Fault("leaf-unreadable", str(error), leaf=leaf))

    def _hashed(self, leaves: Iterable[bytes]) -> Iterator[bytes]:
        # Whatever is carried out has to be what was signed, and leaves are read anew for it.
        for leaf in leaves:
            self._hashes.append(leaf_hash(leaf))
            yield leaf
            if len(self._hashes) == PORTION:
                self._take_hashes()
        self._take_hashes()

    def _take_hashes(self) -> None:
        self.frontier = self.frontier.appended(self._hashes)
        self._hashes.clear()

    def _block(self, first: int, block: Sequence[Mapping[str, Any]]) -> None:
        if not block:
            return
        try:
            self._replay.block(read_block(first, block))
        except BadInput as error:
            self._unreadable(error, first)
        except Broken as broken:
            self.faults.append(broken.fault)
