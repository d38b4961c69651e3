"""`relto reader` and `relto redeliver`: what each partner's client did, where it stands, and what it is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call
from relto.faces.cli.options import OnOff
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen

CLOCK_WORTH_SECONDS: Final = 2
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


def list_(
    call: Call,
    agreement: Annotated[
        str | None, typer.Option("--agreement", metavar="ID", help="of this agreement alone", show_default=False)
    ] = None,
) -> int:
    """List readers, one entry for each agreement: when each last asked, where it stands, and what is odd about it."""
    from relto.faces.verbs import readers

    found = call.ask(readers.list_, tells_clock=True, agreement=agreement)

    def show(screen: Screen) -> None:
        columns = ("account", "agreement", "last poll", "behind", "notes")
        rows = [
            (
                each["account"],
                each["agreement"],
                _minute(each["polled_at"]),
                _behind(each["lag"]),
                "; ".join(_notes(each)),
            )
            for each in found
        ]
        screen.table(columns, rows, empty="there are no readers")
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show)
    return 0


def show(call: Call, account: ReaderAccount) -> int:
    """Show one reader, agreement by agreement: what its client asked and got, where it stands, what came again."""
    from relto.faces.verbs import readers

    found = call.ask(readers.show, tells_clock=True, account=account)

    def show_them(screen: Screen) -> None:
        for number, each in enumerate(found):
            if number:
                screen.line("")
            _show(screen, each)
        if not found:
            screen.note(f"nobody shares anything with {account}: it reads nothing")
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show_them)
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
    from relto.faces.verbs import readers

    chosen = {"repair": repair, "empty_list": empty_list}
    switches = {name: value is OnOff.ON for name, value in chosen.items() if value is not None}
    if not switches:
        raise BadInput("usage", "nothing is to be set", remedy="say `--repair on|off` or `--empty-list on|off`")
    document = call.ask(readers.set_, account=account, **switches)
    said = ", ".join(f"{name.replace('_', ' ')} {value.value}" for name, value in chosen.items() if value is not None)
    call.answer(document, lambda screen: screen.line(f"reader {document['account']}: {said}"))
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
    from relto.faces.verbs import readers

    if call.asks_a_person:
        owed = call.ask(readers.owed, account=account, agreement=agreement)["items"]
        call.confirm(f"Move {account} past {some(owed, 'item')} of {agreement}, for good?")
    document = call.ask(readers.skip, account=account, agreement=agreement)
    said = f"{account} is moved past {some(document['items'], 'item')} of {agreement}"
    call.answer(document, lambda screen: screen.line(said))
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
    from relto.faces.verbs import readers

    document = call.ask(readers.redeliver, agreement=agreement, recipient=recipient, since=since, account=account)

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import moment, some

        accounts = ", ".join(document["accounts"])
        screen.line(f"{some(document['items'], 'item')} of {agreement} will be given again to {accounts}")
        if document["items"]:
            screen.line(f"  the last of them can be read from {moment(document['visible_at'])}")
        else:
            screen.note("nothing was shown since then that may be read now")

    call.answer(document, show)
    return 0


# One reader under one agreement.


def _minute(text: str | None) -> str:
    from relto.faces.cli.screen import moment

    return "" if text is None else f"{moment(text)[:16]}Z"


def _lasting(seconds: float) -> str:
    from relto.faces.cli.screen import lasting

    return lasting(round(seconds * 1_000_000))


def _main(each: dict[str, Any]) -> dict[str, Any] | None:
    """The way of asking that the place of the whole is taken from."""
    asked = [way for way in each["ways"] if way["way"].partition("?")[0] == "objects"]
    found: dict[str, Any] | None = max(
        asked or each["ways"], key=lambda way: (way["place"] or "", -way["lag"]["items"]), default=None
    )
    return found


def _behind(lag: dict[str, Any]) -> str:
    if lag["items"] is None:
        return ""
    return f"{lag['items']}" + (f", {_lasting(lag['seconds'])}" if lag["items"] else "")


def _notes(each: dict[str, Any]) -> list[str]:
    """What is odd about a reader, in few words."""
    from relto.faces.cli.screen import some

    error, notes = each["last_error"], []
    if each["polled_at"] is None and error is None and not each["ways"]:
        notes.append("never asked")
    if error is not None and error["at"] >= (each["polled_at"] or ""):
        notes.append(f"error {error['status']}")
    if each["clock_seconds"] is not None and each["clock_seconds"] >= CLOCK_WORTH_SECONDS:
        notes.append(f"clock {_clock(each['clock_seconds'])}")
    if each["repairs"]["count"]:
        notes.append(some(each["repairs"]["count"], "repair"))
    if not each["repair"]:
        notes.append("repair off")
    return notes


def _clock(seconds: float) -> str:
    if abs(seconds) < 1:
        return "right"
    # A client that asks for an overlap on purpose looks the same as one whose clock is behind.
    return f"{_lasting(seconds)} ahead" if seconds > 0 else f"as if it were {_lasting(-seconds)} behind"


def _show(screen: Screen, each: dict[str, Any]) -> None:
    from relto.faces.cli.screen import moment

    main, error, repairs = _main(each), each["last_error"], each["repairs"]
    revoked = " (revoked)" if each["revoked"] else ""
    screen.line(f"{each['account']} of {each['party']} reads {each['agreement']}{revoked}", "bold")
    pairs: list[tuple[str, object]] = [("last poll", "never")]
    if each["polled_at"]:
        pairs = [
            ("client", each["client"]),
            ("last poll", moment(each["polled_at"])),
            ("asked", f"{each['endpoint'] or ''} {each['asked'] or ''}".strip()),
            ("got", _got(each["got"])),
        ]
    elif main is not None:
        pairs = [("last poll", "not on record yet")]
    if error is not None:
        code = f" {error['code']}" if error["code"] else ""
        pairs.append(("last error", f"{error['status']}{code}, {moment(error['at'])}"))
    if each["clock_seconds"] is not None:
        pairs.append(("its clock", _clock(each["clock_seconds"])))
    pairs += _standing(main)
    pairs += [
        (f"place, {way['way']}", f"{way['place'] or 'the beginning'}, behind {_behind(way['lag'])}")
        for way in each["ways"]
        if way is not main
    ]
    pairs += [
        ("repairs", f"{repairs['count']}, {repairs['items']} items" if repairs["count"] else ""),
        ("repair", "" if each["repair"] else "off"),
        ("empty list", "on" if each["empty_list"] else ""),
    ]
    screen.facts(pairs)
    _show_given_again(screen, repairs["ranges"])


def _got(got: dict[str, Any] | None) -> str:
    from relto.faces.cli.screen import some

    if got is None:
        return ""
    if got["status"] != 200:
        return str(got["status"])
    if not got["items"]:
        return "200, nothing new"
    more = ", more to come" if got["more"] else ""
    return f"200, {some(got['items'], 'item')}, {got['first']} to {got['last']}{more}"


def _standing(way: dict[str, Any] | None) -> list[tuple[str, object]]:
    from relto.faces.cli.screen import some

    if way is None:
        return []
    behind = "nothing"
    if way["lag"]["items"]:
        behind = f"{some(way['lag']['items'], 'item')}, the first of them {_lasting(way['lag']['seconds'])} old"
    return [
        ("place", f"{way['place'] or 'the beginning'}{' (in a walk)' if way['walking'] else ''}"),
        ("not served", behind),
        ("broken walks", way["broken"] or ""),
    ]


def _show_given_again(screen: Screen, rows: Sequence[dict[str, Any]]) -> None:
    from relto.faces.cli.screen import moment

    if not rows:
        return
    screen.line("")
    screen.table(
        ("given again", "items", "since", "by"),
        [
            (moment(row["at"]), row["items"], moment(row["since"]), row["by"] or "the server")
            for row in rows[:RANGES_SHOWN]
        ],
        empty="",
    )
