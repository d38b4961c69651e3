"""`relto pause`, `relto resume` and their previews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call, wait_until, when, written
from relto.faces.cli.file import read_text
from relto.faces.cli.options import (
    Agreements,
    All,
    Authority,
    Backlog,
    BacklogChoice,
    Conditions,
    Discreet,
    From,
    MarkingAtLeast,
    Mode,
    ModeOption,
    Note,
    Originators,
    PauseNumbers,
    Reason,
    Recipient,
    Review,
    Scope,
    Topics,
    Types,
    Until,
)
from relto.faces.cli.verb import group, not_built, verb

if TYPE_CHECKING:
    from relto.domain.pause import Pause
    from relto.faces.cli.screen import Screen
    from relto.usecases.pausing import Order
    from relto.usecases.standing import Preview
    from relto.wiring import Opened


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    verb(app, "pause", asks=True)(pause)
    verb(app, "resume", asks=True)(resume)
    previews = group(app, "preview", "Previews: what a pause or a resume would do; they change nothing.")
    verb(previews, "pause")(preview_pause)
    verb(previews, "resume")(preview_resume)


def pause(
    call: Call,
    *,
    agreements: Agreements = None,
    everything: All = False,
    recipient: Recipient = None,
    topic: Topics = None,
    type_: Types = None,
    originator: Originators = None,
    marking_at_least: MarkingAtLeast = None,
    scope: Scope = None,
    mode: ModeOption = Mode.FREEZE,
    from_: From = None,
    until: Until = None,
    reason: Reason = None,
    authority: Authority = "",
    review: Review = None,
    condition: Conditions = None,
    discreet: Discreet = False,
) -> int:
    """Pause agreements, wholly or in part; it binds at once in every process. Nothing narrowing means everything."""
    from relto.usecases import pausing

    if agreements and agreements[0] == "amend":
        raise not_built("relto pause amend")
    if not (reason or "").strip():
        raise BadInput("usage", "a pause needs a reason", remedy="say it with `--reason`")
    selector = _scope(scope)
    with call.node() as opened:
        if everything:
            call.confirm("Pause all agreements?")
        order = _order(
            opened,
            agreements=agreements or (),
            everything=everything,
            recipient=recipient,
            topics=topic or (),
            types=type_ or (),
            originators=originator or (),
            marking_at_least=marking_at_least,
            scope=selector,
            mode=mode.value,
            from_=from_,
            until=until,
            reason=reason or "",
            authority=authority,
            review=review,
            conditions=condition or (),
            discreet=discreet,
        )
        done = pausing.pause(opened.node, opened.desk, order, by=call.by)
    made = done.pause
    document = {**pause_document(made), "effective_at": written(done.effective_at), "state": done.state}

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import day_and_time

        screen.line(f"{made.words()} is {'in force' if done.state == 'applied' else 'scheduled'}")
        screen.facts(
            [
                ("agreements", ", ".join(sorted(made.agreements))),
                ("recipient", made.recipient),
                ("from", day_and_time(made.since)),
                ("until", day_and_time(made.until_us)),
                ("reason", made.reason),
            ]
        )
        screen.note(f"to lift it: relto resume {made.number}")

    call.answer(document, show)
    return 0


def resume(
    call: Call,
    pause_numbers: PauseNumbers,
    backlog: Backlog = BacklogChoice.RELEASE,
    note: Note = "",
) -> int:
    """Lift pauses. What they held is released under new dates, unless told otherwise."""
    from relto.domain.written import one_line
    from relto.usecases import pausing

    if note:
        one_line(note, what="the note", code="note-invalid", longest=2_000)
    with call.node() as opened:
        if backlog is BacklogChoice.DISCARD:
            call.confirm("Drop what was held, for good?")
        done = pausing.resume(opened.node, opened.desk, pause_numbers, backlog=backlog.value, by=call.by, note=note)
        wait_until(opened, max(each.visible_at for each in done))
    documents = [
        {
            "pause": each.pause,
            "effective_at": written(each.effective_at),
            "visible_at": written(each.visible_at),
            "released": each.released,
            "still_held": each.still_held,
            "backlog": each.backlog,
            "state": "applied",
        }
        for each in done
    ]

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import day_and_time, some

        for each in done:
            held = f", {each.still_held} still held by other pauses" if each.still_held else ""
            screen.line(f"pause {each.pause} is lifted: {some(each.released, 'item')} released{held}")
            if each.released:
                screen.line(f"  the last of them can be read from {day_and_time(each.visible_at)}")

    call.answer(documents[0] if len(documents) == 1 else documents, show)
    return 0


def preview_pause(
    call: Call,
    *,
    agreements: Agreements = None,
    everything: All = False,
    recipient: Recipient = None,
    topic: Topics = None,
    type_: Types = None,
    originator: Originators = None,
    marking_at_least: MarkingAtLeast = None,
    scope: Scope = None,
    mode: ModeOption = Mode.FREEZE,
    from_: From = None,
    until: Until = None,
    reason: Reason = None,
    authority: Authority = "",
    review: Review = None,
    condition: Conditions = None,
    discreet: Discreet = False,
) -> int:
    """Say what a pause would keep back, counted over the items of the last 30 days. Changes nothing."""
    from relto.usecases import standing

    selector = _scope(scope)
    with call.node() as opened:
        order = _order(
            opened,
            agreements=agreements or (),
            everything=everything,
            recipient=recipient,
            topics=topic or (),
            types=type_ or (),
            originators=originator or (),
            marking_at_least=marking_at_least,
            scope=selector,
            mode=mode.value,
            from_=from_,
            until=until,
            # A preview may do without; the pause itself may not.
            reason=reason or "preview",
            authority=authority,
            review=review,
            conditions=condition or (),
            discreet=discreet,
        )
        found = standing.preview_pause(opened.node, opened.desk, order, by=call.by)
    _answer_preview(call, found, f"would be kept back, by the measure of the last {standing.PREVIEW_DAYS} days")
    return 0


def preview_resume(
    call: Call,
    *,
    pause_numbers: PauseNumbers,
    backlog: Backlog = BacklogChoice.RELEASE,
    note: Note = "",
) -> int:
    """Say what lifting a pause would release now, it alone. Changes nothing."""
    del note  # It is for the record, and a preview leaves none.
    from relto.usecases import standing

    if len(pause_numbers) != 1:
        raise BadInput("usage", "a preview of a resume takes one pause: each says what it alone would release")
    with call.node() as opened:
        found = standing.preview_resume(opened.node, opened.desk, pause_numbers[0])
    words = {"release": "would be released now", "discard": "would be dropped", "review": "would be kept for review"}
    _answer_preview(call, found, words[backlog.value])
    return 0


def _order(
    opened: Opened,
    *,
    from_: str | None,
    until: str | None,
    review: str | None,
    **given: Any,
) -> Order:
    from relto.usecases.pausing import Order

    return Order(from_us=when(opened, from_), until_us=when(opened, until), review_us=when(opened, review), **given)


def _scope(name: str | None) -> object:
    """The plain value of a selector in a file; None where none was named."""
    if name is None:
        return None
    from relto.domain.written import read

    value: object = read(read_text(name), code="scope-invalid")
    if value is None:
        raise BadInput("scope-invalid", f"`{name}` is empty", remedy="for everything write `all`")
    return value


def _answer_preview(call: Call, found: Preview, words: str) -> None:
    names: Sequence[str] = found.agreements
    document = {
        "agreement": names[0] if len(names) == 1 else None,
        "agreements": list(names),
        "classes": found.classes,
        "items": found.items,
        "by_topic": dict(found.by_topic),
        "by_type": dict(found.by_type),
        "per_day": [{"day": day, "items": items} for day, items in found.per_day],
        "hidden": found.hidden,
        "left": found.left,
    }

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        screen.line(f"{some(found.items, 'item')} in {some(found.classes, 'class')} {words}")
        if found.hidden:
            screen.line(f"closed to reading, of what was released: {some(found.hidden, 'item')}")
        if found.left:
            screen.line(f"held on by other pauses: {some(found.left, 'item')}")
        for title, counts in (("topic", found.by_topic), ("type", found.by_type), ("day", dict(found.per_day))):
            if counts:
                screen.line("")
                screen.table((title, "items"), list(counts.items()), empty="")

    call.answer(document, show)


def pause_document(made: Pause) -> dict[str, Any]:
    """A pause as JSON gives it."""
    return {
        "pause": made.number,
        "agreements": sorted(made.agreements),
        "mode": made.mode,
        "recipient": made.recipient,
        "scope": None if made.scope is None else made.scope.as_value(),
        "since": written(made.since),
        "until": written(made.until_us),
        "reason": made.reason,
        "authority": made.authority or None,
        "review": written(made.review_us),
        "conditions": [{"text": each.text, "state": each.state} for each in made.conditions],
        "discreet": made.discreet,
        "made_by": made.made_by,
    }
