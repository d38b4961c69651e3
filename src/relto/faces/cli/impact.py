"""`relto impact`: what a pause costs its recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import KnownAt, PauseNumber
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

BEGINS: Final = "┃"
"""Where a pause begins, in a curve."""

TYPES_SHOWN: Final = 6


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "impact")(impact)


def impact(call: Call, pause: PauseNumber, at: KnownAt = None) -> int:
    """Say what a pause costs each recipient: what it holds, how stale what it can read is, what it got before and
    since.
    """
    from relto.faces.verbs import impact as verbs

    found = call.ask(verbs.impact, tells_clock=True, pause=pause, at=at)

    def show(screen: Screen) -> None:
        if not found:
            screen.note(f"pause {pause} costs nobody anything: nobody receives what it is of")
            return
        _show_pause(screen, found[0])
        for each in found:
            _show(screen, each)
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show)
    return 0


def _show_pause(screen: Screen, each: dict[str, Any]) -> None:
    from relto.faces.cli.screen import lasting, moment

    state = "" if each["state"] == "running" else f" ({each['state']})"
    screen.line(f"pause {each['pause']}{state}: {each['reason']}", "bold")
    lasted = f", after {lasting(_us(each['received']['since']))}"
    screen.facts(
        [
            ("what", f"{each['mode']}, {each['what']}"),
            ("since", moment(each["since"])),
            ("ended" if each["state"] == "lifted" else "as of", moment(each["at"]) + lasted),
        ]
    )


def _show(screen: Screen, each: dict[str, Any]) -> None:
    screen.line("")
    screen.line(f"{each['agreement']} to {each['to']}", "bold")
    if each["held"] is not None:
        _show_held(screen, each)
    _show_received(screen, each)
    _show_staleness(screen, each)
    _show_reports(screen, each)


def _show_reports(screen: Screen, each: dict[str, Any]) -> None:
    """What the record tells, beside what was counted."""
    from relto.faces.cli.timeline import short_date

    if each["reports"]:
        screen.line("")
        screen.line("on record about its effect:")
    for report in each["reports"]:
        said = f": “{report['words']}”" if report["words"] else f": {report['text']}" if report["text"] else ""
        who = f", {report['told_by']}" if report["told_by"] else ""
        agrees = {True: "goes with the count", False: "does not go with the count", None: ""}[report["agrees"]]
        against = f"≠ {', '.join(report['against'])}" if report["against"] else ""
        tags = ", ".join(part for part in (report["entry"], report["confidence"], agrees, against) if part)
        screen.line(f"  {short_date(report['date'])}: {report['effect']}{who}{said} [{tags}]")


_BECAME: Final = {
    "released": "released",
    "discarded": "discarded",
    "review": "kept for review",
    "held": "held by other pauses",
    "withheld": "granted no more",
}


def _show_held(screen: Screen, each: dict[str, Any]) -> None:
    from relto.faces.cli.screen import moment, some

    held = each["held"]
    oldest = f", the oldest stored {moment(held['oldest'])[:16]}Z" if held["oldest"] else ""
    verb = "held at its end" if each["state"] == "lifted" else "held"
    screen.line(f"{verb}: {some(held['items'], 'item')}{oldest}")
    screen.bars(list(held["by_topic"].items()), "yellow")
    types = sorted(held["by_type"].items(), key=lambda pair: (-pair[1], pair[0]))
    if types:
        shown = [f"{name} {items}" for name, items in types[:TYPES_SHOWN]]
        left = sum(items for _, items in types[TYPES_SHOWN:])
        screen.line(f"  of type {', '.join(shown)}{f', others {left}' if left else ''}")
    if each["became"] is not None:
        became = ", ".join(f"{items} {_BECAME[name]}" for name, items in each["became"].items() if items)
        screen.line(f"  since then: {became}" if became else "  nothing was held")
    if held["hidden"]:
        screen.line(f"closed to reading: {some(held['hidden'], 'item')} released before")


def _show_received(screen: Screen, each: dict[str, Any]) -> None:
    from relto.faces.cli.screen import some

    before, since = each["received"]["before"], each["received"]["since"]
    if each["held"] is not None:
        screen.line("")
    screen.facts(
        [
            ("received before", _amount(before)),
            ("received since", _amount(since)),
            *((f"as {one['exception']}", some(one["items"], "item") + " of those") for one in each["warnings"]),
        ]
    )
    together = screen.curves([[day["items"] for day in part["per_day"]] for part in (before, since)], BEGINS, "cyan")
    first, last = before["per_day"][0]["day"], since["per_day"][-1]["day"]
    days = "day" if together == 1 else f"{together} days"
    screen.line(f"  {first} to {last} by {days}, {BEGINS} where the pause begins")


def _amount(part: dict[str, Any]) -> str:
    from relto.domain.impact import daily_tenths
    from relto.domain.moment import DAY_US
    from relto.faces.cli.screen import lasting, some

    length = _us(part)
    text = f"{some(part['items'], 'item')} in {lasting(length)}"
    if length < DAY_US:
        return text
    whole, tenth = divmod(daily_tenths(part["items"], length), 10)
    return f"{text} ({whole}.{tenth} a day)"


def _us(part: dict[str, Any]) -> int:
    return int(part["seconds"]) * 1_000_000


def _show_staleness(screen: Screen, each: dict[str, Any]) -> None:
    told = each["held"] is not None
    # Warnings make a topic look fresh: where they do, both are said, and the number is of the other one.
    apart = any(one["newest_plain"] != one["newest"] for one in each["staleness"])
    columns = ["topic", "newest", *(["but for exceptions"] if apart else []), *(["newer, held"] if told else [])]
    rows: list[tuple[object, ...]] = []
    for one in each["staleness"]:
        row: list[object] = [one["topic"], _age(one["age_seconds"])]
        row += [_age(one["age_plain_seconds"])] if apart else []
        row += [one["held_newer_plain"]] if told else []
        rows.append(tuple(row))
    if rows:
        screen.line("")
        ended = "could read when it ended" if each["state"] == "lifted" else "can read"
        screen.line(f"the newest that {each['to']} {ended}:")
        screen.table(columns, rows, empty="")


def _age(seconds: int | None) -> str:
    from relto.faces.cli.screen import lasting

    return "nothing" if seconds is None else f"{lasting(seconds * 1_000_000)} old"
