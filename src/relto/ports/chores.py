"""Chores: what takes minutes and changes nothing, done for a node beside its work while it is served.

Promises, kept by every adapter:

- **One at a time**, whichever of the node's processes it was asked of.
- **Told.** Any of these processes can say how it stands, and what came of the last one.
- **Not for ever.** It ends with the process that it was asked of, and when it takes too long; what ended so is
  `broken-off`, and nobody takes it for done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a chore stands. `by`: the account that asked for it; moments in microseconds, by the node's clock. `done` of
    `of`: how far it is. `answer`: what came of it; `error`: why nothing did, in words for people. `is_stopping`:
    somebody wants it no more, and it has not ended yet.
    """

    kind: str
    state: Literal["running", "done", "failed", "stopped", "broken-off"]
    by: str
    began_at: int
    ended_at: int | None = None
    done: int = 0
    of: int = 0
    answer: Any = None
    error: str = ""
    is_stopping: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.state == "running"


class Chores(Protocol):
    """The chores of a node, as one of its processes sees them. Safe to use from several threads."""

    @property
    def folder(self) -> Path:
        """Where a chore may leave what it makes."""
        ...

    def standing(self, kind: str) -> Standing | None:
        """The one of this kind that goes on, or the last that did; None where there was none."""
        ...

    def begin(self, kind: str, function: Callable[..., Any], *args: object, by: str, now: int) -> None:
        """Has `function(told, *args)` of a module called elsewhere; its answer has to be plain, and it calls
        `told(done, of)` now and then. Files that it makes by `tempfile` are gone afterwards, however it ends; where the
        machine failed, when the next one begins. Returns when it has begun. `now`: the node's clock.

        Raises `Conflict` (`chore-running`) and `Unreachable` (`chore-unable`).
        """
        ...

    def stop(self) -> None:
        """Ends the one that goes on, whoever began it, when it tells next how far it is; nothing where none does."""
        ...

    def close(self) -> None:
        """Ends the one that was begun here, at once."""
        ...
