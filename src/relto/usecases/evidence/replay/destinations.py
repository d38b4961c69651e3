"""Destinations: where parties have their notices sent, by acts: nothing else tells of a webhook or a mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.usecases.evidence.expected import broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.act import Act
    from relto.usecases.evidence.expected import Expected

KINDS: Final = ("webhook", "mailbox")

_OF_ENABLING: Final = frozenset({"since", "notices"})
"""What an act says beside what its destination is."""

Made = tuple["Mapping[str, Any]", int, str]
"""What the record says of one (`Place.recorded`), when it was made, and by which account."""


class Destinations:
    """Takes acts one after the other. `made`: by id, those that there are."""

    def __init__(self) -> None:
        """None."""
        self.made: dict[str, Made] = {}

    def take(self, leaf: Expected, act: Act) -> None:
        """Another act of a webhook or a mailbox. Raises `Broken` (`act-other`) where it is of one that there is not, or
        of one that there is as if it were new.
        """
        kind, _, verb = act.kind.partition("-")
        said = {name: value for name, value in act.order.items() if name not in _OF_ENABLING}
        name = said[kind]
        if verb == "add" and name not in self.made:
            self.made[name] = said, act.made_at, act.by
        elif verb == "add" or name not in self.made or self.made[name][0] != said:
            raise broken(leaf, "act-other", f"there is no {kind} `{name}`, or another one")
        elif verb == "remove":
            del self.made[name]
