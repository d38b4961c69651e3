"""Timelines: the entries of a case in lanes by kind, the curve of its flows above them, its pauses as shades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from relto.domain.errors import Unknown
from relto.domain.moment import DAY_US, parse_timestamp
from relto.domain.record.when import When
from relto.faces.console.pages.axis import Day, Drawing, Lane, Mark, Shade, begin, both, draw
from relto.faces.verbs import agreements, impact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from relto.faces.console.visit import Visit

LANES: Final = (
    "statement", "talks", "proposal", "deal", "condition", "reaction", "impact", "shift", "measure",
)  # fmt: skip
"""Kinds of entry, in the order of their lanes. Who somebody is and what is linked has none."""

ASIDE: Final = ("person", "link")

CURVES_MAX: Final = 6
"""So many pauses, the last ones, are counted and shaded."""

AGREEMENTS_MAX: Final = 12
"""Agreements whose flows are summed in a curve; what is about more names the first of them."""

DAYS_MAX: Final = 366
"""Days of a curve; what was before is left out."""

MARGIN: Final = 3 * DAY_US
"""What is shown of the curve before the first entry and the first pause."""


BLANK: Final[Mapping[str, Any]] = {
    "words": "", "text": "", "marking": "", "corrects": "", "because": "", "retracts": False, "pauses": (),
    "agreements": (), "conditions": (), "source": None, "corrected_by": None, "linked": (),
}  # fmt: skip
"""What an entry need not say."""


def whole(each: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with all that its drawing asks for, said or not."""
    source = each.get("source")
    made = {**BLANK, **each}
    if source:
        made["source"] = {"date": "", "url": "", "grade": "", **source}
    return made


def dated(each: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with its date as a `when`, which is read once however often it is looked at."""
    return {**whole(each), "when": When.parse(each["date"])}


def drawn(
    entries: Sequence[Mapping[str, Any]],
    pauses: Sequence[Mapping[str, Any]],
    contradictions: Iterable[Mapping[str, Any]],
    days: Sequence[Day],
    *,
    case: str,
    at: str,
) -> tuple[Drawing, Drawing]:
    """The timeline of these entries (`dated`), wide and narrow; `at`: the moment that is looked at, as text."""
    against = {each[end] for each in contradictions for end in ("entry", "other")}
    marks: dict[str, list[Mark]] = {}
    for each in entries:
        if each["kind"] in LANES:
            marks.setdefault(each["kind"], []).append(_mark(each, case, is_against=each["key"] in against))
    lanes = [Lane(kind, marks[kind]) for kind in LANES if kind in marks]
    now = parse_timestamp(at)
    shades = [shade(each, now) for each in pauses[-CURVES_MAX:]]
    ends = [end for lane in lanes for mark in lane.marks for end in reach(mark)]
    since = min([*ends, *(each.since for each in shades)], default=now)
    kept = [each for each in days if begin(each.day) >= since // DAY_US * DAY_US - MARGIN]
    if kept:
        since = min(since, begin(kept[0].day))
    until = max([*ends, now])
    return both(lanes, kept, shades, since=since, until=until, now=now)


def _mark(each: Mapping[str, Any], case: str, *, is_against: bool) -> Mark:
    told = _told(each)
    look = " ".join(part for part in (each["confidence"], "against" if is_against else "") if part)
    title = f"{each['words_date']}, {each['kind']}: {each['headline']}"
    address = f"/cases/{quote(case, safe='')}/entries/{quote(each['key'], safe='')}"
    return Mark(each["kind"], each["when"], title, address, look, None if told is None else told + DAY_US // 2)


def reach(mark: Mark) -> tuple[int, int]:
    """What the axis needs to have of a mark: of one that is told of some day of a month, where it stands."""
    return (mark.stands, mark.stands) if mark.when.precision == "month" else (mark.when.first, mark.when.until)


def order(each: Mapping[str, Any]) -> tuple[int, int]:
    """The place of an entry (`dated`) among others; what is told of some day of a month stands where it was told."""
    when, told = each["when"], _told(each)
    return (when.first, when.until) if told is None else (told, told + DAY_US)


def _told(each: Mapping[str, Any]) -> int | None:
    """Of what is told of some day of a month, the day on which its source told it, where that is in the month."""
    when, source = each["when"], each["source"] or {}
    if when.precision != "month" or not source.get("date"):
        return None
    told: int = When.parse(source["date"]).first // DAY_US * DAY_US
    return told if when.first <= told < when.until else None


def shade(pause: Mapping[str, Any], now: int) -> Shade:
    """A pause as it is shaded, from its moment to that of its end; `now`: the moment that is looked at."""
    until = parse_timestamp(pause["lifted_at"]) if pause["lifted_at"] else now
    return Shade(parse_timestamp(pause["since"]), until, pause["pause"])


def strip(days: Sequence[Mapping[str, Any]], pauses: Iterable[Mapping[str, Any]], now: int) -> Drawing:
    """The last days of one flow, as whoever receives it, or gives, is told of them; each as `agreement days` has it."""
    shades = [shade({"lifted_at": None, **each}, now) for each in pauses]
    shown = [Day(each["day"], each["released"], each.get("held", 0)) for each in days]
    begun = [each for each in shades if each.since <= now]
    return draw((), shown, begun, since=begin(shown[0].day), until=now, now=now, wide=False)


@dataclass(frozen=True, slots=True)
class Curve:
    """What was released and what is kept back, day by day, of these `flows`. `is_then`: counted as of a moment that has
    passed, where what several pauses hold counts with each of them.
    """

    days: Sequence[Day] = ()
    flows: Sequence[str] = ()
    is_then: bool = False


def curve(
    visit: Visit, pauses: Sequence[Mapping[str, Any]], names: Iterable[str], *, since: int, at: str | None
) -> Curve:
    """The curve of these agreements and those of these pauses, from the day of a moment on; as of a moment that has
    passed (`at`), of the pauses alone, as their impact was counted then.
    """
    if at is not None:
        return _curve_then(visit, pauses, at)
    count = min(max(visit.caller.now // DAY_US - since // DAY_US + 1, 1) + MARGIN // DAY_US, DAYS_MAX)
    listed = dict.fromkeys([*names, *(name for each in pauses for name in each["agreements"])])
    sums: dict[str, tuple[int, int]] = {}
    flows: list[str] = []
    for name in [*listed][:AGREEMENTS_MAX]:
        try:
            found = agreements.days(visit.caller, agreement=name, days=count)
        except Unknown:
            # A case may name an agreement that is not for whoever looks at the case.
            continue
        for flow in found:
            flows.append(f"{name} to {flow['to']}")
            for one in flow["days"]:
                released, held = sums.get(one["day"], (0, 0))
                sums[one["day"]] = released + one["released"], held + one["held"]
    return Curve([Day(day, *pair) for day, pair in sorted(sums.items())], flows)


def _curve_then(visit: Visit, pauses: Sequence[Mapping[str, Any]], at: str) -> Curve:
    received: dict[tuple[str, str], dict[str, int]] = {}
    held: dict[str, int] = {}
    for each in impact.counted(visit.caller, pauses=[pause["pause"] for pause in pauses[-CURVES_MAX:]], at=at):
        flow = received.setdefault((each["agreement"], each["to"]), {})
        for day, items in counted(each).items():
            # Days that the impact of several pauses counts are counted once.
            flow[day] = max(flow.get(day, 0), items)
        for one in (each["held"] or {}).get("per_day", ()):
            held[one["day"]] = held.get(one["day"], 0) + one["items"]
    # It begins where all of the flows are counted.
    first = max((min(flow) for flow in received.values() if flow), default="")
    listed = sorted({*held, *(day for flow in received.values() for day in flow)})
    days = [Day(day, sum(flow.get(day, 0) for flow in received.values()), held.get(day, 0)) for day in listed]
    names = [f"{agreement} to {to}" for agreement, to in sorted(received)]
    return Curve([each for each in days if each.day >= first][-DAYS_MAX:], names, is_then=True)


def counted(each: Mapping[str, Any]) -> dict[str, int]:
    """What one recipient received, by day: whole days, of before the pause and since."""
    found: dict[str, int] = {}
    before, since = each["received"]["before"], each["received"]["since"]
    for part in (before, since):
        for one in part["per_day"]:
            found[one["day"]] = found.get(one["day"], 0) + one["items"]
    if not before["from"].endswith("T00:00:00.000000Z"):
        # The day on which the count begins is not whole.
        found.pop(before["from"][:10], None)
    return found
