"""What was written, paused and read, and when: all that the verdict knows.

Moments are seconds of one clock, which only goes forward. Dates are the server's, as it wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.whole.clients import Key

ACKNOWLEDGED, REFUSED, IN_DOUBT = "acknowledged", "refused", "in doubt"
"""What became of a write: the server says that it is in; that it will not take it; or nothing that can be relied on."""


@dataclass(slots=True)
class Wrote:
    """Versions that one request gave, all with the same outcome."""

    keys: Sequence[Key]
    begun: float
    ended: float
    outcome: str
    status: int = 0


@dataclass(slots=True)
class Act:
    """A pause or a resume (`what`), and whether the command said that it succeeded."""

    what: str
    begun: float
    ended: float
    succeeded: bool
    said: str = ""


@dataclass(slots=True)
class Asked:
    """One request of a reader, and what came.

    `walk`: which of its walks; `after`: the date from which that walk asked; `stale`: it began with the `next` of an
    old walk; `forgot`: it began anew for want of a date header. `status` 0: nothing came. `thrown`: the client threw
    away what this brought. `moved_on`: it failed, and the client moved its cursor all the same. `ends`: it is the last
    page of a walk.
    """

    reader: str
    walk: int
    after: str
    begun: float
    ended: float
    status: int
    keys: Sequence[Key] = ()
    first: str | None = None
    last: str | None = None
    stale: bool = False
    forgot: bool = False
    thrown: bool = False
    moved_on: bool = False
    ends: bool = False


@dataclass(slots=True)
class Journal:
    """All of a run. `readers`: name → kind; `loaded_from`: when writing began; `quiet_from`: when the quiet stretch
    before it did; `unfinished`: readers that did not come to an end; `stuck`: reader → how often the real client would
    have looped for ever. `audit`: what somebody found who read everything from the start when all was over, each with
    its `date_added` where the manifest says one; None where that could not be read.
    """

    readers: dict[str, str]
    wrote: list[Wrote] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    quiet_from: float = 0.0
    loaded_from: float = 0.0
    loaded_to: float = 0.0
    unfinished: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    audit: dict[Key, str | None] | None = None

    def write(self, path: Path) -> None:
        """As lines of JSON, in the order in which things ended."""
        lines = [
            (each.ended, {"kind": kind, **asdict(each)})
            for kind, entries in (("wrote", self.wrote), ("act", self.acts), ("asked", self.asked))
            for each in entries
        ]
        lines.sort(key=lambda line: line[0])
        about = {
            "kind": "run",
            "readers": self.readers,
            "unfinished": self.unfinished,
            "stuck": self.stuck,
            "audit": None if self.audit is None else [[*key, date] for key, date in self.audit.items()],
        }
        path.write_text("".join(json.dumps(line) + "\n" for line in (*(line for _, line in lines), about)))
