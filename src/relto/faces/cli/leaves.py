"""Leaves of the log for people: a line of words for each of many, everything that it says of one that was asked for."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from relto.faces.cli.screen import moment
from relto.faces.verbs.leaves import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen


def show_leaves(screen: Screen, document: dict[str, Any], *, whole: bool) -> None:
    """The leaves of a document of `log show`; `whole`: each with all that it says."""
    leaves = document["leaves"]
    if whole and leaves:
        for place, each in enumerate(leaves):
            if place:
                screen.line("")
            frame = [
                ("leaf", each["number"]),
                ("kind", each["kind"]),
                ("at", moment(each["at"])),
                ("block", each["block"]),
            ]
            screen.facts([*frame, *((name, _whole(value)) for name, value in each["says"].items())])
    else:
        rows = [
            [each["number"], moment(each["at"]), each["kind"], words(each["kind"], each["says"])] for each in leaves
        ]
        screen.table(["leaf", "at", "kind", "says"], rows, empty="the log says nothing of that")
    if document["next"] is not None:
        screen.note(f"there is more: --after {document['next']}")


def _whole(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def show_received(screen: Screen, rows: Sequence[dict[str, Any]]) -> None:
    """What a party received: a row for each item where nothing limits a line, else page by page."""
    columns = ["at", "agreement", "version", "reader", "item", "act", "by", "approved by"]
    if screen.is_uncut or not rows:
        listed = [
            [
                moment(row["at"]), row["agreement"], row["version"], row["reader"], row["item"],
                f"{row['kind']} {row['act']}" if row["act"] else "", row["by"] or "", ", ".join(row["approved_by"]),
            ]
            for row in rows
        ]  # fmt: skip
        screen.table(columns, listed, empty="nothing was received then")
        return
    for place, (_, page) in enumerate(groupby(rows, key=lambda row: (row["leaf"], row["act"]))):
        items = list(page)
        row = items[0]
        if place:
            screen.line("")
        screen.line(f"{moment(row['at'])} to {row['reader']} under {row['agreement']} version {row['version']}", "bold")
        approved = f", approved by {', '.join(row['approved_by'])}" if row["approved_by"] else ""
        screen.line(
            f"leaf {row['leaf']}"
            + (f", by act {row['act']} ({row['kind']}) of {row['by']}{approved}" if row["act"] else "")
        )
        for each in items:
            # Somebody will copy it.
            screen.line(each["item"], whole=True)
