"""`relto pause`, its list, `relto resume`, and the previews of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.file import read_text
from relto.faces.cli.options import (
    Agreements,
    All,
    Authority,
    Backlog,
    BacklogChoice,
    Binding,
    Conditions,
    Discreet,
    Everything,
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
    Then,
    Topics,
    Types,
    Until,
)
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    verb(app, "pause", asks=True)(pause)
    verb(app, "resume", asks=True)(resume)


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
    whole: Everything = False,
    mode: Annotated[Mode | None, ModeOption] = None,
    from_: From = None,
    until: Until = None,
    then: Annotated[BacklogChoice | None, Then] = None,
    reason: Reason = None,
    authority: Authority = "",
    review: Review = None,
    condition: Conditions = None,
    binding: Binding = None,
    discreet: Discreet = False,
    lifted: Annotated[bool, typer.Option("--lifted", help="with `list`: those as well that were lifted")] = False,
) -> int:
    """Pause agreements, wholly or in part; it binds at once in every process. Nothing narrowing means everything.

    `relto pause amend PAUSE …` makes a new version of a pause that runs: what is said takes the place of what was.
    `relto pause list` lists those in force or scheduled; an agreement called `list` is paused with its `--reason`.
    """
    from relto.faces.verbs import pausing

    more: tuple[object, ...] = (
        everything, recipient, topic, type_, originator, marking_at_least, scope, whole, mode, from_, until, then,
        reason, authority, review, condition, binding, discreet,
    )  # fmt: skip
    if agreements == ["list"] and not any(more):
        found = call.ask(pausing.list_, lifted=lifted)
        call.answer(found, lambda screen: _show_list(screen, found))
        return 0
    if lifted:
        raise BadInput("usage", "`--lifted` belongs to `pause list`", remedy="relto pause list --lifted")
    narrowing: dict[str, Any] = {
        "topics": topic or (),
        "types": type_ or (),
        "originators": originator or (),
        "marking_at_least": marking_at_least,
        "scope": _scope(scope),
    }
    said: dict[str, Any] = {"until": until, "review": review, "conditions": _conditions(condition, binding)}
    if agreements and agreements[0] == "amend":
        _refuse_beside_amend({"--all": everything, "--recipient": recipient, "--from": from_})
        if len(agreements) != 2:
            raise BadInput("usage", "`pause amend` takes one pause", remedy="relto pause amend PAUSE …")
        document = call.ask(
            pausing.amend,
            pause=agreements[1],
            everything=whole,
            mode=mode and mode.value,
            then=then and then.value,
            reason=reason,
            authority=authority or None,
            discreet=discreet or None,
            **narrowing,
            **said,
        )
        call.answer(document, lambda screen: _show_made(screen, document, amended=True))
        return 0
    if whole:
        raise BadInput(
            "usage", "`--everything` belongs to `pause amend`", remedy="a new pause narrows nothing unless said"
        )
    if not (reason or "").strip():
        raise BadInput("usage", "a pause needs a reason", remedy="say it with `--reason`")
    if everything:
        call.confirm("Pause all agreements?")
    document = call.ask(
        pausing.pause,
        agreements=agreements or (),
        everything=everything,
        recipient=recipient,
        mode=(mode or Mode.FREEZE).value,
        from_=from_,
        then=(then or BacklogChoice.RELEASE).value,
        reason=reason or "",
        authority=authority,
        discreet=discreet,
        **narrowing,
        **said,
    )
    call.answer(document, lambda screen: _show_made(screen, document))
    return 0


def _show_list(screen: Screen, found: list[dict[str, Any]]) -> None:
    from relto.faces.cli.screen import moment

    screen.table(
        ("pause", "state", "agreements", "to", "mode", "what", "since", "reason"),
        [
            (
                each["pause"],
                each["state"],
                ", ".join(each["agreements"]),
                each["recipient"] or "",
                each["mode"],
                what_words(each),
                moment(each["since"])[:16] + "Z",
                each["reason"],
            )
            for each in found
        ],
        empty="there are no pauses",
    )


def _refuse_beside_amend(said: dict[str, object]) -> None:
    for name, value in said.items():
        if value:
            raise BadInput("usage", f"`pause amend` takes no `{name}`", remedy="make another pause")


def _conditions(texts: list[str] | None, binding: list[str] | None) -> list[object]:
    return [*(texts or ()), *({"text": text, "binding": True} for text in binding or ())]


def _show_made(screen: Screen, document: dict[str, Any], *, amended: bool = False) -> None:
    from relto.faces.cli.screen import moment

    if show_waiting(screen, document):
        return
    number = document["pause"]
    how = "in force" if document["state"] == "applied" else "scheduled"
    version = f", version {document['version']}" if amended else ""
    screen.line(f"pause {number} ({document['mode']}){version} is {how}")
    screen.facts(
        [
            ("agreements", ", ".join(document["agreements"])),
            ("recipient", document["recipient"]),
            ("what", what_words(document)),
            ("from", moment(document["since"])),
            ("until", moment(document["until"])),
            ("reason", document["reason"]),
        ]
    )
    for act in document.get("proposed", ()):
        screen.note(f"its end waits for approvals as act {act}: relto approve {act}")
    if amended and document.get("released"):
        screen.line(
            f"  {document['released']} items released, the last can be read from {moment(document['visible_at'])}"
        )
    screen.note(f"to lift it: relto resume {number}")


def what_words(document: dict[str, Any]) -> str:
    """What a pause stops, for people."""
    from relto.domain.selector import Selector

    scope = document["scope"]
    return "everything" if scope is None else Selector.parse(scope, where="scope").words()


def resume(
    call: Call,
    pause_numbers: PauseNumbers,
    backlog: Backlog = BacklogChoice.RELEASE,
    note: Note = "",
    from_: From = None,
) -> int:
    """Lift pauses. What they held is released under new dates, unless told otherwise."""
    from relto.faces.verbs import pausing

    if backlog is BacklogChoice.DISCARD:
        call.confirm("Drop what was held, for good?")
    found = call.ask(pausing.resume, pauses=pause_numbers, backlog=backlog.value, note=note, from_=from_)
    documents = found if isinstance(found, list) else [found]

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import moment, some

        for each in documents:
            if show_waiting(screen, each):
                continue
            still = each["still_held"]
            held = f", {still} still held by other pauses" if still else ""
            screen.line(f"pause {each['pause']} is lifted: {some(each['released'], 'item')} released{held}")
            if each["released"]:
                screen.line(f"  the last of them can be read from {moment(each['visible_at'])}")

    call.answer(found, show)
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
    mode: Annotated[Mode, ModeOption] = Mode.FREEZE,
    from_: From = None,
    until: Until = None,
    then: Annotated[BacklogChoice, Then] = BacklogChoice.RELEASE,
    reason: Reason = None,
    authority: Authority = "",
    review: Review = None,
    condition: Conditions = None,
    binding: Binding = None,
    discreet: Discreet = False,
) -> int:
    """Say what a pause would keep back, counted over the items of the last 30 days. Changes nothing."""
    from relto.faces.verbs import pausing

    document = call.ask(
        pausing.preview_pause,
        agreements=agreements or (),
        everything=everything,
        recipient=recipient,
        topics=topic or (),
        types=type_ or (),
        originators=originator or (),
        marking_at_least=marking_at_least,
        scope=_scope(scope),
        mode=mode.value,
        from_=from_,
        until=until,
        then=then.value,
        reason=reason or "",
        authority=authority,
        review=review,
        conditions=_conditions(condition, binding),
        discreet=discreet,
    )
    _answer_preview(call, document, "would be kept back, by the measure of the last 30 days")
    return 0


def preview_resume(
    call: Call,
    *,
    pause_numbers: PauseNumbers,
    backlog: Backlog = BacklogChoice.RELEASE,
    note: Note = "",
    from_: From = None,
) -> int:
    """Say what lifting these pauses together would release now. Changes nothing."""
    del note, from_  # They are for the record, and a preview leaves none.
    from relto.faces.verbs import pausing

    document = call.ask(pausing.preview_resume, pauses=pause_numbers, backlog=backlog.value)
    words = {"release": "would be released now", "discard": "would be dropped", "review": "would be kept for review"}
    _answer_preview(call, document, words[backlog.value])
    return 0


def _scope(name: str | None) -> object:
    """The plain value of a selector in a file; None where none was named."""
    if name is None:
        return None
    from relto.domain.written import read

    value: object = read(read_text(name), code="scope-invalid")
    if value is None:
        raise BadInput("scope-invalid", f"`{name}` is empty", remedy="for everything write `all`")
    return value


def _answer_preview(call: Call, document: dict[str, Any], words: str) -> None:
    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        screen.line(f"{some(document['items'], 'item')} in {some(document['classes'], 'class')} {words}")
        if document["hidden"]:
            screen.line(f"closed to reading, of what was released: {some(document['hidden'], 'item')}")
        if document["left"]:
            screen.line(f"held on by other pauses: {some(document['left'], 'item')}")
        for name, items in document["exceptions"].items():
            screen.line(f"exception {name} lets {some(items, 'item')} through")
        for each in document["still_flows"]:
            screen.line(f"{some(each['items'], 'item')} of it still flows to {each['to']} by `{each['agreement']}`")
        if document["needs"]:
            screen.line(f"it would ask for {some(document['needs'], 'approval')}")
        days = {each["day"]: each["items"] for each in document["per_day"]}
        counts: Sequence[tuple[str, dict[str, int]]] = (
            ("topic", document["by_topic"]),
            ("type", document["by_type"]),
            ("day", days),
        )
        for title, numbers in counts:
            if numbers:
                screen.line("")
                screen.table((title, "items"), list(numbers.items()), empty="")

    call.answer(document, show)
