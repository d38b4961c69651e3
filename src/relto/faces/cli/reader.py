"""`relto reader` and `relto redeliver`: what each partner's client did, where it stands, and what it is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call, clock_of_demonstration, wait_until, when, written
from relto.faces.cli.options import OnOff
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.facts import Facts
    from relto.faces.cli.screen import Screen
    from relto.ports.store import RepairRow
    from relto.usecases.readers import ReaderStatus, Standpoint

SECOND_US: Final = 1_000_000

CLOCK_WORTH_US: Final = 2 * SECOND_US
"""A client's clock that is ahead by less is not worth a word in a list."""

RANGES_SHOWN: Final = 5
"""So many repairs are shown on the page of a reader; with `--json` there are more."""

ReaderAccount = Annotated[str, typer.Argument(metavar="ACCOUNT", help="an account that reads", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    readers = group(app, "reader", "Readers: what each client asked for and got, and where it stands.")
    verb(readers, "list")(list_)
    verb(readers, "show")(show)
    verb(readers, "set")(set_)
    verb(readers, "skip", asks=True)(skip)
    verb(app, "redeliver")(redeliver)


def list_(call: Call) -> int:
    """List readers, one entry for each agreement: when each last asked, where it stands, and what is odd about it."""
    from relto.usecases.readers import list_readers

    with call.node() as opened:
        found = list_readers(opened.node, opened.desk)
        clock = clock_of_demonstration(opened)

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import day_and_time

        columns = ("account", "agreement", "last poll", "behind", "notes")
        rows = []
        for each in found:
            polled = day_and_time(_moment(each.facts, "polled_at"))
            polled = f"{polled[:16]}Z" if polled else ""
            rows.append((each.account, each.agreement, polled, _behind(_main(each)), "; ".join(_notes(each))))
        screen.table(columns, rows, empty="there are no readers")
        if clock:
            screen.note(clock)

    call.answer([_document(each) for each in found], show)
    return 0


def show(call: Call, account: ReaderAccount) -> int:
    """Show one reader, agreement by agreement: what its client asked and got, where it stands, what came again."""
    from relto.usecases.readers import show_reader

    with call.node() as opened:
        found = show_reader(opened.node, opened.desk, account)
        clock = clock_of_demonstration(opened)

    def show_them(screen: Screen) -> None:
        for number, each in enumerate(found):
            if number:
                screen.line("")
            _show(screen, each)
        if not found:
            screen.note(f"nobody shares anything with {account}: it reads nothing")
        if clock:
            screen.note(clock)

    call.answer([_document(each) for each in found], show_them)
    return 0


def set_(
    call: Call,
    account: ReaderAccount,
    repair: Annotated[
        OnOff | None,
        typer.Option("--repair", metavar="on|off", help="give again by itself what its client moved on past unserved"),
    ] = None,
    empty_list: Annotated[
        OnOff | None,
        typer.Option(
            "--empty-list", metavar="on|off", help="say `objects: []` where there is nothing, for clients that ask"
        ),
    ] = None,
) -> int:
    """Set the switches of a reader. Repairs are on and empty lists off unless said otherwise."""
    from relto.faces.verbs.accounts import account_document
    from relto.usecases.accounts import live_kinds, set_switches

    chosen = {"repair": repair, "empty_list": empty_list}
    switches = {name: value is OnOff.ON for name, value in chosen.items() if value is not None}
    if not switches:
        raise BadInput("usage", "nothing is to be set", remedy="say `--repair on|off` or `--empty-list on|off`")
    with call.node() as opened:
        row = set_switches(opened.node, opened.desk, account, switches, by=call.by)
        kinds = live_kinds(opened.node)[row.name]
    document = {
        **account_document(row, kinds),
        "repair": row.settings.get("repair", True),
        "empty_list": row.settings.get("empty_list", False),
    }
    said = ", ".join(f"{name.replace('_', ' ')} {value.value}" for name, value in chosen.items() if value is not None)
    call.answer(document, lambda screen: screen.line(f"reader {row.name}: {said}"))
    return 0


def skip(
    call: Call,
    account: ReaderAccount,
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="an agreement's id", show_default=False)],
) -> int:
    """Move a reader past all that it was not served up to now: nothing of it is owed to it any more.

    It is not given to its client again unasked. A client that asks from a date that it had still gets what came after.
    """
    from relto.faces.cli.screen import some
    from relto.usecases import repairing

    with call.node() as opened:
        items = repairing.skippable(opened.node, opened.desk, account, agreement)
        call.confirm(f"Move {account} past {some(items, 'item')} of {agreement}, for good?")
        items = repairing.skip(opened.node, opened.desk, account, agreement, by=call.by)
    call.answer(
        {"account": account, "agreement": agreement, "items": items, "state": "applied"},
        lambda screen: screen.line(f"{account} is moved past {some(items, 'item')} of {agreement}"),
    )
    return 0


def redeliver(
    call: Call,
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="an agreement's id", show_default=False)],
    recipient: Annotated[str, typer.Option("--recipient", metavar="PARTY", help="the party that lost it")],
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="from which `date_added` on; a duration goes back from now")
    ],
    account: Annotated[
        str | None, typer.Option("--account", metavar="A", help="only this reader; else all readers of the party")
    ] = None,
) -> int:
    """Give again, under new dates, what readers were shown since a moment; nothing that is held or cut."""
    from relto.usecases import repairing

    with call.node() as opened:
        moment = when(opened, since, ahead=False)
        assert moment is not None, "a moment was typed"
        given = repairing.redeliver(
            opened.node, opened.desk, agreement, recipient=recipient, account=account, since=moment, by=call.by
        )
        wait_until(opened, given.visible_at)
    document = {
        "agreement": agreement,
        "recipient": recipient,
        "accounts": list(given.readers),
        "since": written(moment),
        "items": given.items,
        "visible_at": written(given.visible_at),
        "state": "applied",
    }

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import day_and_time, some

        screen.line(f"{some(given.items, 'item')} of {agreement} will be given again to {', '.join(given.readers)}")
        if given.items:
            screen.line(f"  the last of them can be read from {day_and_time(given.visible_at)}")
        else:
            screen.note("nothing was shown since then that may be read now")

    call.answer(document, show)
    return 0


# One reader under one agreement.


def _main(each: ReaderStatus) -> Standpoint | None:
    """Where it stands with its objects (with the manifest, where it asks for nothing else): of several ways of asking,
    the one in which it has come furthest.

    A look by hand, say at the manifest or with a filter, leaves a place behind that nobody moves on.
    """
    asked = [point for point in each.standpoints if point.way.partition("?")[0] == "objects"]
    return max(asked or each.standpoints, key=lambda point: (point.place or 0, -point.items), default=None)


def _moment(facts: Facts | None, name: str) -> int | None:
    """A moment of the facts; None where it is not known."""
    return None if facts is None else getattr(facts, name) or None


def _document(each: ReaderStatus) -> dict[str, Any]:
    from relto.faces.verbs.standing import repair_document

    facts, main = each.facts, _main(each)
    got = error = None
    if facts is not None and facts.status:
        got = {
            "status": facts.status,
            "items": facts.items,
            "more": facts.more,
            "first": written(facts.first),
            "last": written(facts.last),
        }
    if facts is not None and facts.failed_at:
        error = {"at": written(facts.failed_at), "status": facts.failed_status, "code": facts.failed_code or None}
    return {
        "account": each.account,
        "party": each.party,
        "agreement": each.agreement,
        "collection": each.collection,
        "revoked": each.revoked,
        "polled_at": written(_moment(facts, "polled_at")),
        "endpoint": (facts.endpoint if facts is not None else "") or None,
        "asked": facts.asked if facts is not None and facts.polled_at else None,
        "got": got,
        "place": None if main is None else written(main.place),
        "lag": _lag(main),
        "last_error": error,
        "client": (facts.client if facts is not None else "") or None,
        "clock_seconds": None if facts is None or facts.clock is None else _seconds(facts.clock),
        "repairs": {
            "count": each.repairs,
            "items": each.repaired_items,
            "ranges": [repair_document(row) for row in each.given_again],
        },
        "broken": sum(point.broken for point in each.standpoints),
        "repair": each.repair,
        "empty_list": each.empty_list,
        "ways": [
            {
                "way": point.way,
                "place": written(point.place),
                "lag": _lag(point),
                "repairs": {"count": point.repairs, "items": point.repaired_items},
                "broken": point.broken,
                "walking": point.is_walking,
            }
            for point in each.standpoints
        ],
    }


def _lag(point: Standpoint | None) -> dict[str, Any]:
    """How much it has not been served of what it may read, and how old the first of that is; null: it never asked."""
    if point is None:
        return {"items": None, "seconds": None}
    return {"items": point.items, "seconds": _seconds(point.behind_us or 0)}


def _seconds(microseconds: int) -> float:
    return round(microseconds / SECOND_US, 3)


def _behind(point: Standpoint | None) -> str:
    from relto.faces.cli.screen import lasting

    if point is None:
        return ""
    return f"{point.items}" + (f", {lasting(point.behind_us)}" if point.behind_us is not None else "")


def _notes(each: ReaderStatus) -> list[str]:
    """What is odd about a reader, in few words."""
    from relto.faces.cli.screen import some

    facts, notes = each.facts, []
    if facts is None and not each.standpoints:
        notes.append("never asked")
    if facts is not None and facts.failed_at and facts.failed_at >= facts.polled_at:
        notes.append(f"error {facts.failed_status}")
    if facts is not None and facts.clock is not None and facts.clock >= CLOCK_WORTH_US:
        notes.append(f"clock {_clock(facts.clock)}")
    if each.repairs:
        notes.append(some(each.repairs, "repair"))
    if not each.repair:
        notes.append("repair off")
    return notes


def _clock(difference: int) -> str:
    from relto.faces.cli.screen import lasting

    if abs(difference) < SECOND_US:
        return "right"
    # A client that asks for an overlap on purpose looks the same as one whose clock is behind.
    return f"{lasting(difference)} ahead" if difference > 0 else f"as if it were {lasting(-difference)} behind"


def _show(screen: Screen, each: ReaderStatus) -> None:
    from relto.faces.cli.screen import day_and_time

    facts, main = each.facts, _main(each)
    screen.line(f"{each.account} of {each.party} reads {each.agreement}{' (revoked)' if each.revoked else ''}", "bold")
    pairs: list[tuple[str, object]] = [("last poll", "never")]
    if facts is not None and facts.polled_at:
        pairs = [
            ("client", facts.client),
            ("last poll", day_and_time(facts.polled_at)),
            ("asked", f"{facts.endpoint} {facts.asked}".strip()),
            ("got", _got(facts)),
        ]
    elif main is not None:
        pairs = [("last poll", "not on record yet")]
    if facts is not None and facts.failed_at:
        code = f" {facts.failed_code}" if facts.failed_code else ""
        pairs.append(("last error", f"{facts.failed_status}{code}, {day_and_time(facts.failed_at)}"))
    if facts is not None and facts.clock is not None:
        pairs.append(("its clock", _clock(facts.clock)))
    pairs += _standing(main)
    pairs += [
        (f"place, {point.way}", f"{written(point.place) or 'the beginning'}, behind {_behind(point)}")
        for point in each.standpoints
        if point is not main
    ]
    pairs += [
        ("repairs", f"{each.repairs}, {each.repaired_items} items" if each.repairs else ""),
        ("repair", "" if each.repair else "off"),
        ("empty list", "on" if each.empty_list else ""),
    ]
    screen.facts(pairs)
    _show_given_again(screen, each.given_again)


def _got(facts: Facts) -> str:
    from relto.faces.cli.screen import some

    if not facts.status:
        return ""
    if facts.status != 200:
        return str(facts.status)
    if not facts.items:
        return "200, nothing new"
    more = ", more to come" if facts.more else ""
    return f"200, {some(facts.items, 'item')}, {written(facts.first)} to {written(facts.last)}{more}"


def _standing(point: Standpoint | None) -> list[tuple[str, object]]:
    from relto.faces.cli.screen import lasting, some

    if point is None:
        return []
    behind = "nothing"
    if point.items:
        age = "" if point.behind_us is None else f", the first of them {lasting(point.behind_us)} old"
        behind = f"{some(point.items, 'item')}{age}"
    return [
        ("place", f"{written(point.place) or 'the beginning'}{' (in a walk)' if point.is_walking else ''}"),
        ("not served", behind),
        ("broken walks", point.broken or ""),
    ]


def _show_given_again(screen: Screen, rows: Sequence[RepairRow]) -> None:
    from relto.faces.cli.screen import day_and_time

    if not rows:
        return
    screen.line("")
    screen.table(
        ("given again", "items", "since", "by"),
        [
            (day_and_time(row.at), row.items, day_and_time(row.since), row.by or "the server")
            for row in rows[:RANGES_SHOWN]
        ],
        empty="",
    )
