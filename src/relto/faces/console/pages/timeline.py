"""Timelines: the entries of a case in lanes by kind, the curve of its flows above them, its pauses as shades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from relto.domain.errors import Unknown
from relto.domain.moment import write
from relto.domain.record.when import When
from relto.faces.console.pages.axis import Day, Drawing, Lane, Mark, Shade, both
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

MARGIN: Final = timedelta(days=3)
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


def drawn(
    entries: Sequence[Mapping[str, Any]],
    pauses: Sequence[Mapping[str, Any]],
    contradictions: Iterable[Mapping[str, Any]],
    days: Sequence[Day],
    *,
    case: str,
    at: str,
) -> tuple[Drawing, Drawing]:
    """The timeline of these entries, wide and narrow; `at`: the moment that is looked at, as documents have it."""
    against = {each[end] for each in contradictions for end in ("entry", "other")}
    marks: dict[str, list[Mark]] = {}
    for each in entries:
        if each["kind"] in LANES:
            marks.setdefault(each["kind"], []).append(_mark(each, case, is_against=each["key"] in against))
    lanes = [Lane(kind, marks[kind]) for kind in LANES if kind in marks]
    shown = pauses[-CURVES_MAX:]
    today = at[:10]
    firsts = [mark.day for lane in lanes for mark in lane.marks] + [each["since"][:10] for each in shown]
    lasts = [mark.to or mark.day for lane in lanes for mark in lane.marks] + [today]
    since = min(firsts, default=today)
    kept = [each for each in days if each.day >= (date.fromisoformat(since) - MARGIN).isoformat()]
    if kept:
        since = min(since, kept[0].day)
    return both(lanes, kept, [shade(each, today) for each in shown], since=since, until=max(lasts), now=today)


def _mark(each: Mapping[str, Any], case: str, *, is_against: bool) -> Mark:
    first, last = order(each)
    look = " ".join(part for part in (each["confidence"], "against" if is_against else "") if part)
    title = f"{each['words_date']}, {each['kind']}: {each['headline']}"
    address = f"/cases/{quote(case, safe='')}/entries/{quote(each['key'], safe='')}"
    return Mark(each["kind"], first, last if last != first else "", title, address, look)


def order(each: Mapping[str, Any]) -> tuple[str, str]:
    """The days of an entry; what is told of some day of a month stands where its source told it."""
    first, last = days_of(each["date"])
    if len(each["date"]) == len("2025-03"):
        told = str((each["source"] or {}).get("date", ""))[:10]
        first = last = told if first <= told <= last else first
    return first, last


def days_of(text: str) -> tuple[str, str]:
    """The first and the last day of a date as documents have it.

    >>> days_of("2025-03-04/2025-03-05"), days_of("2025-02")
    (('2025-03-04', '2025-03-05'), ('2025-02-01', '2025-02-28'))
    """
    when = When.parse(text)
    if when.precision == "month":
        first = date.fromisoformat(f"{text}-01")
        after = (first + timedelta(days=31)).replace(day=1)
        return first.isoformat(), (after - timedelta(days=1)).isoformat()
    begin, _, end = text.partition("/")
    return begin[:10], (end or begin)[:10]


def shade(pause: Mapping[str, Any], today: str) -> Shade:
    """A pause as it is shaded; `today`: the day that is looked at."""
    return Shade(pause["since"][:10], (pause["lifted_at"] or today)[:10], f"pause {pause['pause']}")


@dataclass(frozen=True, slots=True)
class Curve:
    """What was received and what is kept back, day by day, of these `flows`. `is_then`: counted as of a moment that has
    passed, where what several pauses hold counts with each of them.
    """

    days: Sequence[Day] = ()
    flows: Sequence[str] = ()
    is_then: bool = False


def curve(
    visit: Visit, pauses: Sequence[Mapping[str, Any]], names: Iterable[str], *, since: str, at: str | None
) -> Curve:
    """The curve of these agreements and those of these pauses, from a day on; of a moment that has passed (`at`), of
    the pauses alone, as their impact was counted then.
    """
    if at is not None:
        return _curve_then(visit, pauses, at)
    today = date.fromisoformat(write(visit.caller.now)[:10])
    count = min(max((today - date.fromisoformat(since)).days + 1, 1) + MARGIN.days, DAYS_MAX)
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
                received, held = sums.get(one["day"], (0, 0))
                sums[one["day"]] = received + one["released"], held + one["held"]
    return Curve([Day(day, *pair) for day, pair in sorted(sums.items())], flows)


def _curve_then(visit: Visit, pauses: Sequence[Mapping[str, Any]], at: str) -> Curve:
    received: dict[tuple[str, str], dict[str, int]] = {}
    held: dict[str, int] = {}
    for pause in pauses[-CURVES_MAX:]:
        for each in impact.impact(visit.caller, pause=pause["pause"], at=at):
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
