"""A place: where a party's notices go, a webhook or a mailbox; whether it is active, and what it wants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Final, Literal, Self

import msgspec

from relto.domain.dispatch import Health
from relto.domain.notice import Notice

WHY_MAX: Final = 500
"""Characters that are kept of why a place was disabled."""

FAILING: Final = 3
"""After so many tries in vain in a row somebody should look."""

PlaceStanding = Literal["active", "failing", "disabled"]
PlaceState = Literal["active", "disabled"]

_encoder: Final = msgspec.json.Encoder(order="sorted")


class Place(ABC):
    """What webhooks and mailboxes have in common. `kinds`: of notices that it wants; none named: all. `why`: it was
    disabled, or empty.
    """

    __slots__ = ()

    id: str
    party: str
    kinds: tuple[str, ...]
    made_at: int
    made_by: str
    state: PlaceState
    why: str
    health: Health

    @property
    def is_active(self) -> bool:
        """Whether anything is sent to it."""
        return self.state == "active"

    @property
    def standing(self) -> PlaceStanding:
        """How it stands, for whoever watches: `failing` where some tries in a row were in vain."""
        if not self.is_active:
            return "disabled"
        return "failing" if self.health.failures >= FAILING else "active"

    def wants(self, notice: Notice) -> bool:
        """Whether it is to get this notice, of whichever party."""
        return self.is_active and self.party == notice.party and (not self.kinds or notice.kind in self.kinds)

    def disabled(self, why: str) -> Self:
        """It gets nothing any more, until somebody says so."""
        return self._with(state="disabled", why=why[:WHY_MAX])

    def enabled(self) -> Self:
        """It gets notices again, as if nothing had failed."""
        return self._with(state="active", why="", health=self.health.rested())

    @abstractmethod
    def recorded(self) -> dict[str, object]:
        """What the record says of it, each time that somebody makes, changes or removes it."""

    def fared(self, health: Health) -> Self:
        """With what became of the latest tries."""
        return self._with(health=health)

    def as_text(self) -> str:
        """The place as one line of JSON that its `parse` reads back, secrets included."""
        return _encoder.encode(self).decode()

    def _with(self, **changed: Any) -> Self:
        return replace(self, **changed)  # type: ignore[type-var]  # each kind of place is a dataclass
