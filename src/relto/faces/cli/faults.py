"""How faults of a log are told: by `log verify` and by `audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen
    from relto.usecases.evidence.faults import Fault


def show_faults(screen: Screen, faults: Sequence[Fault], *, fine: str) -> None:
    """All of them, or that nothing is wrong."""
    if not faults:
        screen.line(fine, "green")
        return
    for fault in faults:
        where = "" if fault.leaf is None else f"leaf {fault.leaf}: "
        screen.line(f"{where}{fault.text} ({fault.code}; promise: {fault.promise})", "bold red")
