"""Names of parties, as far as whoever looks may know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.faces.verbs import parties

if TYPE_CHECKING:
    from relto.faces.console.visit import Visit


def of_parties(visit: Visit) -> dict[str, str]:
    """By code."""
    return {each["party"]: each["name"] for each in parties.list_(visit.caller)}
