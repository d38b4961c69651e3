"""The manual, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.errors import Unknown
from relto.faces.console import manual
from relto.faces.console.visit import Shown

if TYPE_CHECKING:
    from relto.faces.console.visit import Visit


def page(visit: Visit) -> Shown:
    """One page; without a name, the first."""
    name = "/".join(visit.names.values()) or manual.FIRST
    found = manual.drawn(name) if name in manual.pages() else None
    if found is None:
        raise Unknown("page-unknown", "the manual has no such page")
    return Shown("manual.html", {"page": found, "is_first": name == manual.FIRST})
