"""`relto preview`: what an act would do, told without doing it. Those of pauses stand with `relto pause`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli import pause
from relto.faces.cli.agreement import Close, Files
from relto.faces.cli.approvals import ActNumber
from relto.faces.cli.call import Call
from relto.faces.cli.file import read_text
from relto.faces.cli.item import ItemList, One
from relto.faces.cli.options import Agreement, From, Items, OptionalPause, Topics
from relto.faces.cli.party import Group, Member
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


class ByHand(StrEnum):
    """What is decided on single items."""

    WITHHOLD = "withhold"
    RELEASE = "release"
    RECALL = "recall"


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    previews = group(app, "preview", "Previews: what an act would do; they change nothing.")
    verb(previews, "pause")(pause.preview_pause)
    verb(previews, "resume")(pause.preview_resume)
    verb(previews, "apply")(apply)
    verb(previews, "end")(end)
    verb(previews, "join")(join)
    verb(previews, "leave")(leave)
    verb(previews, "release")(release)
    verb(previews, "discard")(discard)
    verb(previews, "item")(item)
    verb(previews, "act")(act)


def apply(call: Call, file: Files) -> int:
    """Say what making or amending agreements would do, each as if it were the only one. Changes nothing."""
    from relto.faces.verbs import rehearsals

    found = call.ask(rehearsals.apply, needs_topics=True, files=[read_text(name) for name in file])

    def show(screen: Screen) -> None:
        for each in found:
            screen.line(f"{each['agreement']}: {'would be amended' if each['known'] else 'would be made'}")
            for difference in each["differences"]:
                screen.line(f"  {difference}")
            _show(screen, each)

    call.answer(found, show)
    return 0


def end(call: Call, agreement: Agreement, close: Close = False) -> int:
    """Say what ending an agreement would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.end, agreement=agreement, close=close))


def join(call: Call, group_code: Group, member: Member, from_: From = None) -> int:
    """Say what making a party a member of a group would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.join, group=group_code, member=member, from_=from_))


def leave(call: Call, group_code: Group, member: Member, from_: From = None) -> int:
    """Say what taking a member out of a group would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.leave, group=group_code, member=member, from_=from_))


def release(call: Call, pause_number: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Say what releasing what reviews keep would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.release, pause=pause_number, topics=topic or (), items=item or ()))


def discard(call: Call, pause_number: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Say what dropping what reviews keep would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.discard, pause=pause_number, topics=topic or (), items=item or ()))


def item(
    call: Call,
    by_hand: Annotated[ByHand, typer.Argument(metavar="withhold|release|recall", help="what would be decided")],
    items: ItemList,
    agreement: One = None,
) -> int:
    """Say what withholding, releasing or recalling items by hand would do. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.item, verb=by_hand.value, items=items, agreement=agreement))


def act(call: Call, act_number: ActNumber) -> int:
    """Say what an act that waits would do if it had its approvals now. Changes nothing."""
    from relto.faces.verbs import rehearsals

    return _answer(call, call.ask(rehearsals.act, act=act_number))


def _answer(call: Call, document: dict[str, Any]) -> int:
    call.answer(document, lambda screen: _show(screen, document))
    return 0


def _show(screen: Screen, document: dict[str, Any]) -> None:
    from relto.faces.cli.screen import some

    if not document["changes"]:
        screen.line("nothing would change")
        return
    seldom = {"withholds": "held, then withheld", "drops": "dropped for good"}
    titles = {"gains": "readable in addition", "loses": "no longer readable", "holds": "held in addition"} | {
        part: title for part, title in seldom.items() if any(each[part]["items"] for each in document["flows"])
    }
    screen.table(
        ("agreement", "to", *titles.values(), "from then on"),
        [
            (each["agreement"], each["to"], *(each[part]["items"] for part in titles), _course(each))
            for each in document["flows"]
        ],
        empty="no item would become readable, and none would be closed or held",
    )
    if document["needs"]:
        screen.line(f"it would ask for {some(document['needs'], 'approval')}")


def _course(each: dict[str, Any]) -> str:
    if each["begins"]:
        return "begins to receive"
    if each["ends"]:
        return "receives nothing new"
    told = ["more kinds of items"] if each["classes_started"] else []
    told += ["fewer kinds of items"] if each["classes_stopped"] else []
    return ", ".join(told) or "as before"
