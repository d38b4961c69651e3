"""Leaves of the log for people: a line of words for each of many, everything that it says of one that was asked for.

>>> words("epoch", {"stream": 3, "flow": 2, "number": 5, "backlog_width": 40})
'epoch 5 of stream 3, 40 wide'
>>> words("mark", {"flow": 1, "reader": "kyiv", "version": 9, "at_us": 1741176000000000})
'flow=1 reader=kyiv version=9 at_us=2025-03-05 12:00:00Z'
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.faces.cli.screen import day_and_time, moment, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen

MOMENTS_LEAST: Final = 10**15
"""Whole numbers from here on are moments in microseconds: nothing else in a log is as large, but names of pages."""

LONG: Final = 60
"""Characters of a value that stands among others."""

RUNS_SHOWN: Final = 8

ASIDE: Final = frozenset({"canonical", "source", "value", "page", "digest", "root", "track", "around"})
"""Members that say nothing to people at a glance."""


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


def words(kind: str, says: dict[str, Any]) -> str:
    """What a leaf says, at a glance."""
    try:
        return _WORDS.get(kind, _pairs)(says)
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.MsgspecError):
        # Whether it says what leaves of its kind say is for whoever verifies.
        return _pairs(says)


def _act(says: dict[str, Any]) -> str:
    act = msgspec.json.decode(says["value"])
    parts = [f"act {says['number']} ({says['act']}) by {says['by']}", says["state"]]
    if act.get("concerns"):
        parts.append(f"of {', '.join(act['concerns'])}")
    if act.get("approvals"):
        parts.append(f"approved by {', '.join(each['by'] for each in act['approvals'])}")
    why = f": {_cut(act['why'])}" if act.get("why") else ""
    return f"{', '.join(parts)}{why}"


def _batch(says: dict[str, Any]) -> str:
    first, last = says["first"], says["last"]
    items = f"item {first}" if first == last else f"items {first} to {last}"
    return f"{items} of {says['originator']} by {says['by']}"


def _change(says: dict[str, Any]) -> str:
    return f"policy version {says['version']}" if "version" in says else "policy as it was"


def _class(says: dict[str, Any]) -> str:
    return f"class {says['id']}: {says['class']['type']} of {says['class']['originator']}"


def _delivery(says: dict[str, Any]) -> str:
    count = some(says["items"], "item")
    return f"{count} to {says['reader']} of {says['party']} under {says['agreement']} ({says['endpoint']})"


def _place(says: dict[str, Any]) -> str:
    runs = [str(first) if first == last else f"{first}-{last}" for first, last in says["items"]]
    listed = ", ".join([*runs[:RUNS_SHOWN], *(["…"] if len(runs) > RUNS_SHOWN else [])])
    return f"items {listed} of stream {says['stream']} at policy version {says['version']}"


def _epoch(says: dict[str, Any]) -> str:
    what = f", {says['backlog_width']} wide" if "backlog_width" in says else " is gone"
    return f"epoch {says['number']} of stream {says['stream']}{what}"


def _flow(says: dict[str, Any]) -> str:
    return f"flow {says['id']}: {says['agreement']} to {says['party']}"


def _notice(says: dict[str, Any]) -> str:
    return f"notice {says['number']} to {says['party']}: {_cut(msgspec.json.decode(says['notice'])['text'])}"


def _row(says: dict[str, Any]) -> str:
    return f"{says['table']}: {_pairs(says['row'])}"


_WORDS: Final = {
    "act": _act, "batch": _batch, "change": _change, "class": _class, "delivery": _delivery, "place": _place,
    "epoch": _epoch, "flow": _flow, "notice": _notice, "row": _row,
}  # fmt: skip


def _pairs(says: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={_short(value)}"
        for name, value in says.items()
        if name not in ASIDE and not isinstance(value, dict | list) and value not in ("", None)
    )


def _short(value: Any) -> str:
    if isinstance(value, int) and value >= MOMENTS_LEAST:
        return day_and_time(value)
    return _cut(str(value))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONG else f"{line[: LONG - 1]}…"


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
