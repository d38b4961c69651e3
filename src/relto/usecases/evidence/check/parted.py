"""Parted: a log is carried out twice at once, by two processes, each of which judges the deliveries of some readers.

What a reader may have been served depends on what was decided and on what it was served before, and on no other
reader; what was decided, both carry out. So either finds what the whole would have found of its readers, and together
they find all of it. The other reads the log by itself, so it says what it has read: only what was signed counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zlib import crc32

from relto.usecases.evidence.check.carrying import CHANGED, Carrying
from relto.usecases.evidence.replay.replaying import Replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.ports.store import Store
    from relto.usecases.evidence.check.carrying import Leaves
    from relto.usecases.evidence.check.checking import Verdict
    from relto.usecases.evidence.faults import Fault
    from relto.usecases.evidence.replay.classified import Content

PARTS: Final = 8
"""Into so many parts readers fall, by their names."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Which of two processes judges a reader: the other one those of the first `apart` parts."""

    apart: int

    def here(self, reader: str) -> bool:
        """Whether it is the one that checks all else as well."""
        return not self.there(reader)

    def there(self, reader: str) -> bool:
        """Whether it is the other one."""
        return crc32(reader.encode("utf-8", "surrogatepass")) % PARTS < self.apart


@dataclass(frozen=True, slots=True)
class Carried:
    """What the other one found, and in which leaves: how many, and the root of their tree, of all that it read."""

    size: int
    root: bytes
    faults: list[Fault] = field(default_factory=list)


def carried(
    source: Leaves,
    store: Store,
    judges: Callable[[str], bool],
    told: Callable[[int], None],
    content: Content | None = None,
) -> Carried:
    """Carries a log out on an empty store. `told` is called now and then with how many leaves were read; `content`: the
    bytes of the items, where they are looked at here.
    """
    replay = Replay(store, source.records, content, judges=judges)
    carrying = Carrying(replay)
    carrying.carry_out(source.leaves(), told)
    return Carried(carrying.frontier.size, carrying.frontier.root, [*carrying.faults, *replay.faults])


def join(verdict: Verdict, other: Carried) -> None:
    """Takes what the other one found into the verdict. Where it stopped early it read fewer leaves, and says why."""
    if (other.size, other.root) != (verdict.size, verdict.root) and not other.faults:
        verdict.faults.append(CHANGED)
    # What was decided both carry out, and find the same there.
    known = set(verdict.faults)
    verdict.faults += [fault for fault in other.faults if fault not in known]
