"""Outlooks: how near the end of each pause is, by which rule and from what; its course, and that of its conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused
from relto.domain.moment import DAY_US, parse_timestamp
from relto.domain.outlook.rules import JUDGEMENTS
from relto.domain.record.when import When
from relto.faces.console.pages.axis import Bar, Drawing, Lane, Mark, begin, both
from relto.faces.console.pages.timeline import curve, reach, shade
from relto.faces.console.visit import Shown
from relto.faces.verbs import acts, cases, outlook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.faces.console.pages.axis import Day
    from relto.faces.console.visit import Visit

SHOWN_MAX: Final = 6
"""Outlooks of one page: those of the last pauses."""

KINDS: Final = ("pause", "pause-amend", "condition-add", "condition-set")
"""Acts by which a condition comes to stand as it does."""

ACTS_MAX: Final = 1_000


def page(visit: Visit) -> Shown:
    """The outlook of one pause, or of all pauses that a case is about; `at`: as it was."""
    at = visit.query.given("at")
    case = visit.names.get("case", "")
    title = ""
    if case:
        told = cases.timeline(visit.caller, case=case, at=at, kinds=["person"])
        title = told["title"]
        # A case may be about pauses whose outlook is not for whoever looks at the case.
        numbers = [each["pause"] for each in told["pauses"]][-SHOWN_MAX:]
        found = outlook.of_pauses(visit.caller, pauses=numbers, at=at)
    else:
        found = outlook.outlook(visit.caller, pause=visit.names["pause"], at=at)
    changes = _changes(visit, found)
    shown = [_shown(visit, each, changes.get(each["pause"], []), at, case) for each in found]
    return Shown(
        "outlook.html",
        {
            "outlooks": shown,
            "case": case,
            "title": title,
            "judgements": JUDGEMENTS,
            "at": visit.query.text("at"),
            "rules": _rules(visit),
        },
    )


def _rules(visit: Visit) -> str:
    """The rules, for whom they are; empty for everybody else."""
    try:
        rules: str = outlook.rules(visit.caller)["rules"]
    except Refused:
        return ""
    return rules


def _changes(visit: Visit, found: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """By pause, what was said of its conditions, oldest first: each as of when, by whom, and all of them as then."""
    wanted = {each["pause"]: each["at"] for each in found}
    made: dict[str, list[dict[str, Any]]] = {number: [] for number in wanted}
    for kind in KINDS if wanted else ():
        for act in acts.list_(visit.caller, kind=kind, limit=ACTS_MAX)["acts"]:
            after = act["after"] if isinstance(act["after"], dict) else {}
            number, moment = after.get("number"), act["ended_at"] or act["made_at"]
            if act["state"] == "applied" and number in made and moment <= wanted[number]:
                made[number].append({"at": moment, "act": act["act"], "by": act["by"], "then": after["conditions"]})
    return {number: sorted(listed, key=lambda each: (each["at"], int(each["act"]))) for number, listed in made.items()}


def _shown(
    visit: Visit, each: dict[str, Any], changes: Sequence[Mapping[str, Any]], at: str | None, case: str
) -> dict[str, Any]:
    conditions = [
        {**condition, "course": _course(condition["text"], changes, each)} for condition in each["conditions"]
    ]
    span = {name: each[name] for name in ("pause", "since", "lifted_at", "agreements")}
    days = curve(visit, [span], (), since=parse_timestamp(each["since"]), at=at).days
    return {
        **each,
        "conditions": conditions,
        "days": days,
        "drawings": _drawn(each, conditions, days, span, case or next(iter(each["cases"]), "")),
        "address": case or next(iter(each["cases"]), ""),
    }


def _course(text: str, changes: Sequence[Mapping[str, Any]], each: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How a condition stood: since when, in which state, on what evidence and by whom; oldest first."""
    found: list[dict[str, Any]] = []
    for change in changes:
        then = next((one for one in change["then"] if one["text"] == text), None)
        if then is not None and (not found or found[-1]["state"] != then["state"]):
            found.append(
                {
                    "at": max(change["at"], each["since"]),
                    "state": then["state"],
                    "evidence": then.get("evidence") or "",
                    "by": change["by"],
                    "act": change["act"],
                }
            )
    return found


def _drawn(
    each: Mapping[str, Any],
    conditions: Sequence[Mapping[str, Any]],
    days: Sequence[Day],
    span: Mapping[str, Any],
    case: str,
) -> tuple[Drawing, Drawing]:
    now = parse_timestamp(each["at"])
    shades = [shade(span, now)]
    lanes = [Lane(name, bars=_judged(each["course"], name, shades[0].since)) for name in reversed(JUDGEMENTS)]
    for condition in conditions:
        bars = _stood(condition["course"], shades[0].until)
        lanes.append(Lane(f"condition {condition['condition']}", bars=bars))
    for title, kind in (("statements", "statement"), ("talks", "talks")):
        marks = [_mark(entry, kind, case) for entry in each[title]]
        if marks:
            lanes.append(Lane(title, marks))
    ends = [end for lane in lanes for mark in lane.marks for end in reach(mark)]
    since = min([shades[0].since, *ends])
    kept = [day for day in days if begin(day.day) >= since // DAY_US * DAY_US]
    until = max([now, *ends])
    return both(lanes, kept, shades, since=since, until=until, now=now)


def _stood(course: Sequence[Mapping[str, Any]], end: int) -> list[Bar]:
    """How a condition stood, each state from its moment to that of the next, the last until the pause's end."""
    begins = [parse_timestamp(one["at"]) for one in course]
    ends = [*begins[1:], max([end, *begins])]
    return [
        Bar(since, until, one["state"], f"{one['state']} from {one['at'][:10]}")
        for one, since, until in zip(course, begins, ends, strict=False)
    ]


def _judged(course: Sequence[Mapping[str, Any]], name: str, since: int) -> list[Bar]:
    """The stretches of days that were judged so, from the pause's moment on; each day is told at its end, the last as
    of now.
    """
    found: list[Bar] = []
    before = ""
    for one in course:
        at, day = parse_timestamp(one["at"]), one["at"][:10]
        if one["judgement"] == name:
            if before == name:
                found[-1] = replace(found[-1], until=at)
            else:
                found.append(Bar(max(begin(day), since), at, "judged", f"{name} from {day}"))
        before = one["judgement"]
    return found


def _mark(entry: Mapping[str, Any], kind: str, case: str) -> Mark:
    points = f", {entry['points']}" if entry["points"] else ""
    address = f"/cases/{case}/entries/{entry['entry']}" if case else ""
    title = f"{entry['headline']}{points}"
    return Mark(kind, When.parse(entry["date"]), title, address, entry["confidence"])
