"""Pausing: pauses are made, amended and lifted, and what that would do is previewed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from relto.domain.errors import BadInput, Unknown
from relto.domain.flow import Backlog
from relto.domain.pause import Pause, pause_number
from relto.domain.written import one_line
from relto.faces.verbs.acts import pause_document, told
from relto.faces.verbs.caller import Caller
from relto.usecases import office, preview
from relto.usecases.holding import held_in_all
from relto.usecases.pausing import AmendPause, LiftPause, MakePause

if TYPE_CHECKING:
    from relto.usecases.office import Outcome
    from relto.usecases.preview import Preview
    from relto.usecases.sight import Sight

NOTE_MAX = 2_000


def pause(
    caller: Caller,
    *,
    agreements: Sequence[str] = (),
    everything: bool = False,
    recipient: str | None = None,
    topics: Sequence[str] = (),
    types: Sequence[str] = (),
    originators: Sequence[str] = (),
    marking_at_least: str | None = None,
    scope: Any = None,
    mode: Literal["freeze", "cut"] = "freeze",
    from_: str | None = None,
    until: str | None = None,
    then: Backlog = "release",
    reason: str,
    authority: str = "",
    review: str | None = None,
    conditions: Sequence[Any] = (),
    discreet: bool = False,
) -> dict[str, Any]:
    """Pause agreements, wholly or in part; it binds at once in every process. Nothing narrowing means everything."""
    if not reason.strip():
        raise BadInput("usage", "a pause needs a reason", remedy="say it with `--reason`")
    order = MakePause(
        agreements, everything, recipient, topics, types, originators, marking_at_least, scope, mode,
        caller.when(from_), caller.when(until), then, reason, authority, caller.when(review), conditions, discreet,
    )  # fmt: skip
    _require_agreements(caller, order.agreements)
    outcome = office.submit(caller.node, caller.desk, order, by=caller.by)
    if outcome.done is None:
        names = sorted(outcome.act.concerns) if outcome.act is not None else []
        return told(caller, outcome, pause=None, agreements=names, mode=order.mode, reason=order.reason)
    return _made(caller, outcome)


def amend(
    caller: Caller,
    *,
    pause: str,
    topics: Sequence[str] = (),
    types: Sequence[str] = (),
    originators: Sequence[str] = (),
    marking_at_least: str | None = None,
    scope: Any = None,
    everything: bool = False,
    mode: Literal["freeze", "cut"] | None = None,
    until: str | None = None,
    then: Backlog | None = None,
    reason: str | None = None,
    authority: str | None = None,
    review: str | None = None,
    conditions: Sequence[Any] = (),
    discreet: bool | None = None,
) -> dict[str, Any]:
    """Make a new version of a pause that runs or is scheduled; what is not said stays as it was."""
    pause = require_pause(caller, pause).number
    order = AmendPause(
        pause, topics, types, originators, marking_at_least, scope, everything, mode, caller.when(until), then, reason,
        authority, caller.when(review), conditions, discreet,
    )  # fmt: skip
    outcome = office.submit(caller.node, caller.desk, order, by=caller.by, expects=caller.expects)
    return told(caller, outcome, pause=pause) if outcome.done is None else _made(caller, outcome)


def list_(caller: Caller, *, lifted: bool = False) -> list[dict[str, Any]]:
    """List the pauses that are in force or scheduled, by number; with `lifted` those as well that were lifted."""
    sight = caller.sight
    pauses: Iterable[Pause] = sight.policy.pauses.values()
    if lifted:
        with caller.node.store.read() as snap:
            pauses = [Pause.parse_value(row.value) for row in snap.pauses(lifted=True)]
    found = [made for made in pauses if sight.pause(made)]
    found.sort(key=lambda each: int(each.number))
    return [{**seen_document(made, sight), "state": made.state} for made in found]


def holding(caller: Caller, *, pauses: Collection[str]) -> dict[str, int]:
    """How many items each of these pauses holds, by number, an item once in each flow; of those whose giver's side is
    there for whoever asks.
    """
    found = held_in_all(caller.node, caller.desk, pauses, by=caller.by)
    return {number: each.items for number, each in found.items()}


def show(caller: Caller, *, pause: str) -> dict[str, Any]:
    """Show one pause as it stands; one that was lifted as it last was."""
    made = require_pause(caller, pause)
    return {**seen_document(made, caller.sight), "state": made.state}


def _made(caller: Caller, outcome: Outcome) -> dict[str, Any]:
    assert outcome.done is not None, "it was carried out"
    made: Pause = outcome.done.value
    return told(caller, outcome, **pause_document(made))


def resume(
    caller: Caller,
    *,
    pauses: Sequence[str],
    backlog: Backlog = "release",
    note: str = "",
    from_: str | None = None,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Lift pauses. What they held is released under new dates, unless told otherwise."""
    if note:
        one_line(note, what="the note", code="note-invalid", longest=NOTE_MAX)
    numbers = [require_pause(caller, each).number for each in pauses]
    moment = caller.when(from_)
    orders = [LiftPause(each, backlog, note, moment) for each in numbers]
    outcomes = office.submit_all(caller.node, caller.desk, orders, by=caller.by, expects=caller.expects)
    documents = [
        told(caller, outcome, pause=order.pause, backlog=backlog)
        for order, outcome in zip(orders, outcomes, strict=True)
    ]
    return documents[0] if len(documents) == 1 else documents


def preview_pause(
    caller: Caller,
    *,
    agreements: Sequence[str] = (),
    everything: bool = False,
    recipient: str | None = None,
    topics: Sequence[str] = (),
    types: Sequence[str] = (),
    originators: Sequence[str] = (),
    marking_at_least: str | None = None,
    scope: Any = None,
    mode: Literal["freeze", "cut"] = "freeze",
    from_: str | None = None,
    until: str | None = None,
    then: Backlog = "release",
    reason: str = "",
    authority: str = "",
    review: str | None = None,
    conditions: Sequence[Any] = (),
    discreet: bool = False,
) -> dict[str, Any]:
    """Say what a pause would keep back, counted over the items of the last 30 days. Changes nothing."""
    # A preview may do without a reason; the pause itself may not.
    order = MakePause(
        agreements, everything, recipient, topics, types, originators, marking_at_least, scope, mode,
        caller.when(from_), caller.when(until), then, reason or "preview", authority, caller.when(review), conditions,
        discreet,
    )  # fmt: skip
    _require_agreements(caller, order.agreements)
    _require_giver(caller, order.agreements)
    return _previewed(preview.preview_pause(caller.node, caller.desk, order, by=caller.by))


def preview_resume(caller: Caller, *, pauses: Sequence[str], backlog: Backlog = "release") -> dict[str, Any]:
    """Say what lifting these pauses together would release now, drop, or keep for review. Changes nothing."""
    if not pauses:
        raise BadInput("usage", "a preview of a resume names a pause")
    numbers = []
    for text in pauses:
        made = require_pause(caller, text)
        _require_giver(caller, sorted(made.agreements))
        numbers.append(made.number)
    numbers = list(dict.fromkeys(numbers))
    return _previewed(preview.preview_resume(caller.node, caller.desk, numbers, backlog=backlog))


def _require_giver(caller: Caller, names: Sequence[str]) -> None:
    """How much a pause keeps back is for whoever gives; no names are all of its own. Raises `Refused` (`role-missing`,
    `party-not-yours`).
    """
    sight = caller.sight
    if not sight.is_whole and not (sight.is_in_office and all(sight.gives(name) for name in names)):
        sight.require("officer", sight.policy.givers(names), concerns=names, what="look at what is kept back")


def _require_agreements(caller: Caller, names: Sequence[str]) -> None:
    """Raises `Unknown` `agreement-unknown` for one that is not there for whoever asks."""
    sight = caller.sight
    for name in names:
        if not sight.agreement(name):
            raise Unknown(
                "agreement-unknown",
                f"there is no agreement `{name}`",
                remedy="relto agreement list",
                agreement=name,
            )


def require_pause(caller: Caller, text: str) -> Pause:
    """The pause of that number, as it stands or last was. Raises `Unknown` `pause-unknown` for one that is not there
    for whoever asks.
    """
    number, sight = pause_number(text), caller.sight
    made = sight.policy.pauses.get(number)
    if made is None:
        with caller.node.store.read() as snap:
            rows = [row for row in snap.pauses(lifted=True) if str(row.number) == number]
        made = Pause.parse_value(rows[0].value) if rows else None
    if made is None or not sight.pause(made):
        raise Unknown("pause-unknown", f"there is no pause `{text}`", remedy="relto status", pause=text)
    return made


def _previewed(found: Preview) -> dict[str, Any]:
    names = list(found.agreements)
    return {
        "agreement": names[0] if len(names) == 1 else None,
        "agreements": names,
        "classes": found.classes,
        "items": found.items,
        "by_topic": dict(found.by_topic),
        "by_type": dict(found.by_type),
        "per_day": [{"day": day, "items": items} for day, items in found.per_day],
        "hidden": found.hidden,
        "left": found.left,
        "still_flows": [
            {"to": each.to, "agreement": each.agreement, "items": each.items} for each in found.still_flows
        ],
        "exceptions": dict(found.exceptions),
        "needs": found.needs,
    }


def seen_document(made: Pause, sight: Sight) -> dict[str, Any]:
    """A pause as this caller may see it: whoever receives is not told who did what, and on what evidence."""
    document = pause_document(made)
    document["agreements"] = [name for name in document["agreements"] if sight.agreement(name)]
    if any(sight.gives(name) for name in made.agreements):
        return document
    for condition in document["conditions"]:
        condition |= {"changed_by": None, "changed_at": None, "evidence": None}
    # How often it was amended tells of what it was before it was told of.
    return {**document, "version": None, "made_by": None}
