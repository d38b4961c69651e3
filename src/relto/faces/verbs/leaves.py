"""Leaves of the log in words: a line for each, for people.

>>> words("epoch", {"stream": 3, "flow": 2, "number": 5, "backlog_width": 40})
'epoch 5 of stream 3, 40 wide'
>>> words("mark", {"flow": 1, "reader": "kyiv", "version": 9, "at_us": 1741176000000000})
'flow=1 reader=kyiv version=9 at_us=2025-03-05 12:00:00Z'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.moment import write

if TYPE_CHECKING:
    from collections.abc import Mapping

MOMENTS_LEAST: Final = 10**15
"""Whole numbers from here on are moments in microseconds: nothing else in a log is as large, but names of pages."""

LONG: Final = 60
"""Characters of a value that stands among others."""

RUNS_SHOWN: Final = 8

ASIDE: Final = frozenset({"canonical", "source", "value", "page", "digest", "root", "track", "around"})
"""Members that say nothing to people at a glance."""


def words(kind: str, says: Mapping[str, Any]) -> str:
    """What a leaf says, at a glance."""
    try:
        return _WORDS.get(kind, _pairs)(says)
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.MsgspecError):
        # Whether it says what leaves of its kind say is for whoever verifies.
        return _pairs(says)


def _act(says: Mapping[str, Any]) -> str:
    act = msgspec.json.decode(says["value"])
    parts = [f"act {says['number']} ({says['act']}) by {says['by']}", says["state"]]
    if act.get("concerns"):
        parts.append(f"of {', '.join(act['concerns'])}")
    if act.get("approvals"):
        parts.append(f"approved by {', '.join(each['by'] for each in act['approvals'])}")
    why = f": {_cut(act['why'])}" if act.get("why") else ""
    return f"{', '.join(parts)}{why}"


def _batch(says: Mapping[str, Any]) -> str:
    first, last = says["first"], says["last"]
    items = f"item {first}" if first == last else f"items {first} to {last}"
    return f"{items} of {says['originator']} by {says['by']}"


def _change(says: Mapping[str, Any]) -> str:
    return f"policy version {says['version']}" if "version" in says else "policy as it was"


def _class(says: Mapping[str, Any]) -> str:
    return f"class {says['id']}: {says['class']['type']} of {says['class']['originator']}"


def _delivery(says: Mapping[str, Any]) -> str:
    count = _items(says["items"])
    return f"{count} to {says['reader']} of {says['party']} under {says['agreement']} ({says['endpoint']})"


def _place(says: Mapping[str, Any]) -> str:
    runs = [str(first) if first == last else f"{first}-{last}" for first, last in says["items"]]
    listed = ", ".join([*runs[:RUNS_SHOWN], *(["…"] if len(runs) > RUNS_SHOWN else [])])
    return f"items {listed} of stream {says['stream']} at policy version {says['version']}"


def _epoch(says: Mapping[str, Any]) -> str:
    what = f", {says['backlog_width']} wide" if "backlog_width" in says else " is gone"
    return f"epoch {says['number']} of stream {says['stream']}{what}"


def _flow(says: Mapping[str, Any]) -> str:
    return f"flow {says['id']}: {says['agreement']} to {says['party']}"


def _notice(says: Mapping[str, Any]) -> str:
    return f"notice {says['number']} to {says['party']}: {_cut(msgspec.json.decode(says['notice'])['text'])}"


def _row(says: Mapping[str, Any]) -> str:
    return f"{says['table']}: {_pairs(says['row'])}"


_WORDS: Final = {
    "act": _act, "batch": _batch, "change": _change, "class": _class, "delivery": _delivery, "place": _place,
    "epoch": _epoch, "flow": _flow, "notice": _notice, "row": _row,
}  # fmt: skip


def _pairs(says: Mapping[str, Any]) -> str:
    return " ".join(
        f"{name}={_short(value)}"
        for name, value in says.items()
        if name not in ASIDE and not isinstance(value, dict | list) and value not in ("", None)
    )


def _short(value: Any) -> str:
    if isinstance(value, int) and value >= MOMENTS_LEAST:
        return write(value)[:19].replace("T", " ") + "Z"
    return _cut(str(value))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONG else f"{line[: LONG - 1]}…"


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
