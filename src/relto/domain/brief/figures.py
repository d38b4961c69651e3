"""Figures: what is counted, as charts and tables, each with the count that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.brief.document import Chart, Table
from relto.domain.moment import DAY_US
from relto.domain.outlook.rules import JUDGEMENTS
from relto.domain.record.when import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.brief.material import Material, Suspension


def flow_charts(material: Material, each: Suspension) -> Iterable[Chart]:
    """For each recipient, what reached it per day before and since, and what is held per day, with the pause marked."""
    for impact in each.impacts:
        received: dict[str, int] = dict(impact.before.per_day.dated())
        for day, items in impact.since.per_day.dated():
            received[day] = received.get(day, 0) + items
        held = dict(impact.held.per_day.dated()) if impact.held is not None else {}
        days = tuple(sorted(received))
        if not any(received.values()) and not any(held.values()):
            continue
        series = {"received": tuple(received[day] for day in days)}
        if held:
            series["held"] = tuple(held.get(day, 0) for day in days)
        end = each.lifted_at if each.lifted_at is not None else material.at
        shaded = ((day_of(each.pause.since).text, day_of(end).text, f"pause {each.pause.number}"),)
        trace = f"count flow {each.pause.number} {impact.agreement} {impact.to}"
        title = f"Items per day to {material.the(impact.to)} under {impact.agreement}"
        yield Chart(title, days, series, shaded, traces=(trace,))


def course_chart(each: Suspension) -> Chart | None:
    """The course of the outlook, day by day."""
    if each.outlook is None or len({judgement for _, judgement in each.outlook.course}) < 2:
        # A course that never moved is said in a sentence.
        return None
    days = tuple(day_of(moment).text for moment, _ in each.outlook.course)
    levels = tuple(JUDGEMENTS.index(judgement) for _, judgement in each.outlook.course)
    title = f"Outlook of pause {each.pause.number}, day by day"
    return Chart(title, days, {"outlook": levels}, scale=JUDGEMENTS, traces=(f"outlook {each.pause.number}",))


def staleness_table(material: Material, each: Suspension) -> Table | None:
    """For each topic, how old the newest is that the recipient can read; where that is told, how much newer is held."""
    rows, traces = list[tuple[str, ...]](), []
    is_told = any(impact.held is not None for impact in each.impacts)
    for impact in each.impacts:
        held = impact.held.by_topic if impact.held is not None else {}
        for fresh in impact.staleness:
            if impact.held is not None and not fresh.newer and fresh.topic not in held:
                # The pause is not why there is nothing newer.
                continue
            age = fresh.age(impact.at)
            newer = "not told" if fresh.newer is None else str(fresh.newer)
            row = (material.party(impact.to), fresh.topic, _age(age))
            rows.append((*row, newer) if is_told else row)
            traces.append((f"count staleness {each.pause.number} {impact.agreement} {impact.to}",))
    if not rows:
        return None
    columns = ("recipient", "topic", "newest it can read", "newer and held")
    return Table(columns if is_told else columns[:3], tuple(rows), tuple(traces))


def _age(age: int | None) -> str:
    if age is None:
        return "nothing yet"
    hours = age // (DAY_US // 24)
    parts = ((hours // 24, "day"), (hours % 24, "hour"))
    told = [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in parts if number]
    return f"{' '.join(told)} old" if told else "less than an hour old"
