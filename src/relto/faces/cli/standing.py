"""`relto status` and `relto explain`: how things stand, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call, clock_of_demonstration, written
from relto.faces.cli.options import At, Item
from relto.faces.cli.pause import pause_document
from relto.faces.cli.reader import repair_document
from relto.faces.cli.verb import not_built, verb

if TYPE_CHECKING:
    from relto.domain.pause import Pause
    from relto.faces.cli.screen import Screen
    from relto.usecases.standing import Answer, FlowStatus, Held


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    verb(app, "status")(status)
    verb(app, "explain")(explain)


def status(
    call: Call,
    name: Annotated[
        str | None,
        typer.Argument(metavar="AGREEMENT|PARTY", help="only this agreement, or what this party gives or gets"),
    ] = None,
    at: At = None,
) -> int:
    """Say what flows and what is paused: since when, why, and what it keeps back."""
    from relto.usecases import standing

    if at is not None:
        raise not_built("relto status --at")
    with call.node() as opened:
        found = standing.status(opened.node, opened.desk, name)
        clock = clock_of_demonstration(opened)

    def show(screen: Screen) -> None:
        _show_status(screen, found)
        if clock:
            screen.note(clock)

    call.answer([_flow(each) for each in found], show)
    return 0


def explain(
    call: Call,
    item: Item,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="the party that would receive it", show_default=False)],
    at: At = None,
) -> int:
    """Say why an item flows to a party, is held or is withheld, in every agreement with that party."""
    from relto.usecases import standing

    if at is not None:
        raise not_built("relto explain --at")
    with call.node() as opened:
        found = standing.explain(opened.node, opened.desk, item, party)
    document = {"item": item, "party": party, "answers": [_answer(each) for each in found]}
    call.answer(document, lambda screen: _show_answers(screen, found, party))
    return 0


def _flow(each: FlowStatus) -> dict[str, Any]:
    return {
        "agreement": each.agreement,
        "title": each.title,
        "to": each.to,
        "state": each.state,
        "released": each.released,
        "pauses": [_pause(made, held) for made, held in each.pauses],
        "repaired": [repair_document(row) for row in each.repaired],
    }


def _pause(made: Pause, held: Held) -> dict[str, Any]:
    return {
        **pause_document(made),
        "state": made.state,
        "held": {"items": held.items, "by_topic": dict(held.by_topic), "oldest": written(held.oldest)},
    }


def _show_status(screen: Screen, found: list[FlowStatus]) -> None:
    from relto.faces.cli.screen import day_and_time, some

    rows: list[tuple[object, ...]] = []
    pauses: dict[str, Pause] = {}
    for each in found:
        if not each.pauses:
            rows.append((each.agreement, each.to, each.state, each.released, "", "", ""))
        for number, (made, held) in enumerate(each.pauses):
            first = (each.agreement, each.to, each.state, each.released) if number == 0 else ("", "", "", "")
            rows.append((*first, made.number, held.items, day_and_time(made.since)[:16] + "Z"))
            pauses[made.number] = made
    columns = ("agreement", "to", "state", "released", "pause", "held", "since")
    screen.table(columns, rows, empty="there are no agreements")
    for each in found:
        if each.repaired:
            last = each.repaired[-1]
            times = "once" if len(each.repaired) == 1 else f"{len(each.repaired)} times"
            screen.line(
                f"{each.agreement} to {each.to}: given again {times}, last {some(last.items, 'item')} to {last.reader} "
                f"at {day_and_time(last.at)[:16]}Z"
            )
    # One pause may cover many flows, and its words are long: they stand once, below.
    for made in pauses.values():
        screen.line("")
        screen.line(f"pause {made.number}{' (scheduled)' if made.state == 'scheduled' else ''}: {made.reason}", "bold")
        screen.facts(
            [
                ("what", f"{made.mode}, {'everything' if made.scope is None else made.scope.words()}"),
                ("authority", made.authority),
                ("review", day_and_time(made.review_us)),
                ("until", day_and_time(made.until_us)),
                *((each.state, each.text) for each in made.conditions),
            ]
        )


def _answer(each: Answer) -> dict[str, Any]:
    return {
        "agreement": each.agreement,
        "item": each.item,
        "decision": each.decision,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in each.reasons],
    }


def _show_answers(screen: Screen, found: list[Answer], party: str) -> None:
    rows: list[tuple[object, ...]] = []
    for each in found:
        for number, reason in enumerate(each.reasons):
            rows.append((each.agreement, each.decision, reason.text) if number == 0 else ("", "", reason.text))
        if not each.reasons:
            rows.append((each.agreement, each.decision, ""))
    screen.table(("agreement", "decision", "why"), rows, empty=f"no agreement reaches {party}: nothing flows to it")
