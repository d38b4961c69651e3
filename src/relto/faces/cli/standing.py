"""`relto status` and `relto explain`: how things stand, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import At, Item
from relto.faces.cli.pause import what_words
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


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
    from relto.faces.verbs import standing

    found = call.ask(standing.status, tells_clock=True, name=name, at=at)

    def show(screen: Screen) -> None:
        _show_status(screen, found)
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show)
    return 0


def explain(
    call: Call,
    item: Item,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="the party that would receive it", show_default=False)],
    at: At = None,
) -> int:
    """Say why an item flows to a party, is held or is withheld, in every agreement with that party."""
    from relto.faces.verbs import standing

    document = call.ask(standing.explain, item=item, party=party, at=at)
    call.answer(document, lambda screen: _show_answers(screen, document["answers"], party))
    return 0


def _show_status(screen: Screen, found: list[dict[str, Any]]) -> None:
    from relto.faces.cli.screen import moment, some

    rows: list[tuple[object, ...]] = []
    pauses: dict[str, dict[str, Any]] = {}
    for each in found:
        if not each["pauses"]:
            rows.append((each["agreement"], each["to"], each["state"], each["released"], "", "", ""))
        for number, made in enumerate(each["pauses"]):
            first = (each["agreement"], each["to"], each["state"], each["released"]) if number == 0 else ("",) * 4
            held = "" if made["held"] is None else made["held"]["items"]
            rows.append((*first, made["pause"], held, moment(made["since"])[:16] + "Z"))
            pauses[made["pause"]] = made
    columns = ("agreement", "to", "state", "released", "pause", "held", "since")
    screen.table(columns, rows, empty="there are no agreements")
    for name in dict.fromkeys(each["agreement"] for each in found if each["overdue"]):
        screen.line(f"overdue: the review date of agreement {name} has passed, and calls for a decision", "yellow")
    for each in found:
        if each["repaired"]:
            last = each["repaired"][-1]
            times = "once" if len(each["repaired"]) == 1 else f"{len(each['repaired'])} times"
            screen.line(
                f"{each['agreement']} to {each['to']}: given again {times}, last {some(last['items'], 'item')}"
                f" to {last['account']} at {moment(last['at'])[:16]}Z"
            )
    # One pause may cover many flows, and its words are long: they stand once, below.
    for made in pauses.values():
        screen.line("")
        scheduled = " (scheduled)" if made["state"] == "scheduled" else ""
        screen.line(f"pause {made['pause']}{scheduled}: {made['reason']}", "bold")
        if made["overdue"]:
            screen.line(f"overdue: {' and '.join(made['overdue'])} passed, and call for a decision", "yellow")
        screen.facts(
            [
                ("what", f"{made['mode']}, {what_words(made)}"),
                ("authority", made["authority"]),
                ("version", f"{made['version']}, {moment(made['amended_at'])}" if made["version"] > 1 else ""),
                ("review", moment(made["review"])),
                ("until", moment(made["until"])),
                *(
                    (each["state"] + (", binding" if each["binding"] else ""), _condition(each))
                    for each in made["conditions"]
                ),
            ]
        )


def _condition(each: dict[str, Any]) -> str:
    asked = f" (asked for by {each['asked_by']})" if each["asked_by"] else ""
    evidence = f" [{each['evidence']}]" if each["evidence"] else ""
    return f"{each['text']}{asked}{evidence}"


def _show_answers(screen: Screen, found: list[dict[str, Any]], party: str) -> None:
    rows: list[tuple[object, ...]] = []
    for each in found:
        answer = (each["agreement"], each["decision"])
        for number, reason in enumerate(each["reasons"]):
            rows.append((*answer, reason["text"]) if number == 0 else ("", "", reason["text"]))
        if not each["reasons"]:
            rows.append((*answer, ""))
    screen.table(("agreement", "decision", "why"), rows, empty=f"no agreement reaches {party}: nothing flows to it")
    show_leaves(screen, found)


def show_leaves(screen: Screen, found: list[dict[str, Any]]) -> None:
    """The leaves of the log on which answers rest, where there are any."""
    # A leaf may bear on several agreements, and stands once.
    leaves = {told["leaf"]: told["what"] for each in found for told in each["leaves"]}
    if leaves:
        screen.line("")
        screen.line("it rests on the log (relto log show --leaf N):")
        screen.facts((f"leaf {number}", what) for number, what in sorted(leaves.items()))
