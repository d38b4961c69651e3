"""Couriers: who carries one message out of the house, to a webhook or to a mailbox.

Promises, kept by every adapter:

- **Bounded.** `carry` returns within a time that its settings name, and that is always less than a claim holds
  (`domain/dispatch.py`), whatever the other side does: it hangs, drips, sends gigabytes, or is not there. It takes in a
  few KiB of the answer at most.
- **An answer, not an error.** What the other side, the network or its names do is an `Outcome`, and nothing is raised.
- **Once.** One call carries the message at most once. That nothing came back does not mean that it did not arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from relto.domain.dispatch import Outcome


@dataclass(frozen=True, slots=True)
class Post:
    """A call of a webhook: JSON in `body`, and the headers that are signed over it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one address. `message` and `thread` are UUIDs: of this letter, the same at each try, and of the
    letter that it follows (empty: none). `at`: its date, in microseconds by the machine's clock.
    """

    to: str
    subject: str
    text: str
    message: str
    thread: str
    at: int


Message_contra = TypeVar("Message_contra", contravariant=True)


class Courier(Protocol[Message_contra]):
    """Carries messages of one kind. Safe to use from several threads."""

    def carry(self, message: Message_contra, /) -> Outcome:
        """Carries one message, and says what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Couriers:
    """Those of a node. `mail` is None where no mail server is set."""

    webhook: Courier[Post]
    mail: Courier[Letter] | None
