"""Orders in words: what an act asks for beside its subject, the same way in the question that comes before it and once
it is on record.

>>> [f"{about}: {told}" for about, told in in_words("resume", {"backlog": "review", "note": "as agreed"})]
['its backlog: kept, to be released or dropped bit by bit', 'note: <bdi>as agreed</bdi>']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from relto.domain.pause import narrowing
from relto.faces.console.drawing import moment, name
from relto.faces.console.terms import covered
from relto.faces.verbs.caller import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from relto.faces.console.visit import Visit

BACKLOGS: Final = {
    "release": "released, once and in order, under new dates",
    "review": "kept, to be released or dropped bit by bit",
    "discard": "dropped: its recipients never get it",
}
"""What becomes of what a pause held."""

MODES: Final = {
    "freeze": "freeze: new items are held back; what was released stays readable",
    "cut": "cut: new items are held back, and what was released is closed for reading as well",
}

DISCREET: Final = {True: "recipients are not told: to them it looks like silence", False: "recipients are told"}

NARROWING: Final = ("topics", "types", "originators", "marking_at_least")
"""Parts of what a pause covers, which are told as one."""

SAID: Final = {
    "recipient": "for one recipient",
    "topics": "topics",
    "types": "types of objects",
    "originators": "originators",
    "marking_at_least": "marked at least",
    "items": "items",
    "close": "closes what was released",
    "member": "member",
    "group": "group",
    "text": "text",
    "state": "state",
    "evidence": "evidence",
    "reason": "reason",
    "authority": "authority",
    "note": "note",
}
"""What else of an order is told, and how it is called."""

Told = tuple[str, Markup]
"""What it is about, and what is said of it."""


def in_words(kind: str, order: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> list[Told]:
    """What the act asks for, as far as its order says so. `order`: as it is on record, moments in microseconds.
    `before`: the pause that it amends.
    """
    if kind == "agreement-apply":
        # An agreement's own text is a file, and stands in its differences.
        return []
    is_pause = kind in {"pause", "pause-amend"}
    found = [*_of_pause(kind, order, before or {})] if is_pause else []
    told_already = {"recipient", *NARROWING} if is_pause else frozenset()
    if order.get("backlog") in BACKLOGS:
        found.append(("its backlog", escape(BACKLOGS[order["backlog"]])))
    found += [
        (about, told) for key, about in SAID.items() if key not in told_already and (told := _plain(order.get(key)))
    ]
    return found


def _of_pause(kind: str, order: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Told]:
    is_new = kind == "pause"
    if order.get("recipient"):
        yield SAID["recipient"], name(order["recipient"])
    narrowed = narrowing(**{key: order[key] for key in NARROWING if order.get(key)})
    scope = order.get("scope") or (None if narrowed is None else narrowed.as_value())
    if is_new or scope or order.get("everything"):
        yield "covers" if is_new else "covers from then on", name(covered(scope))
    if order.get("mode") in MODES:
        yield "mode", escape(MODES[order["mode"]])
    if is_new and order.get("from_us"):
        yield "from", _moment(order["from_us"])
    yield from _end(order, before, is_new=is_new)
    if order.get("review_us"):
        yield "review", _moment(order["review_us"])
    if order.get("discreet") or (order.get("discreet") is False and not is_new):
        yield "discreet", escape(DISCREET[order["discreet"]])
    for each in order.get("conditions") or ():
        said = {"text": each} if isinstance(each, str) else each
        asked_by = f", asked by {said['asked_by']}" if said.get("asked_by") else ""
        if said.get("binding"):
            told = Markup("{}{}; nobody can lift it before that is met or waived")
            yield "binding condition", told.format(name(said["text"]), asked_by)
        else:
            yield "condition", name(f"{said['text']}{asked_by}")


def _end(order: Mapping[str, Any], before: Mapping[str, Any], *, is_new: bool) -> Iterator[Told]:
    # What becomes of what it held may stand in the pause already, and the end alone be new.
    then = BACKLOGS.get(order.get("then") or before.get("then") or "", "")
    if order.get("until_us"):
        told = Markup("{}; what it held is {}") if then else Markup("{}")
        yield "until", told.format(_moment(order["until_us"]), then)
    elif is_new:
        yield "until", Markup("somebody lifts it")
    elif order.get("then"):
        yield "when it ends by itself, what it held is", escape(then)


def _moment(moment_us: int) -> Markup:
    return moment(written(moment_us))


def _plain(value: Any) -> Markup | None:
    if isinstance(value, bool):
        value = "yes" if value else ""
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(each) for each in value if isinstance(each, str))
    return name(value) if isinstance(value, str) and value else None


def sentences(found: Iterable[Told]) -> list[str]:
    """The same, as a question tells it."""
    return [Markup("{}: {}").format(about, told) for about, told in found]


def asked(visit: Visit, kind: str, said: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> list[str]:
    """What a form asks for, as a question tells it; but for the moment at which it is done, which goes with whether it
    waits. Raises `BadInput` `when-invalid`.
    """
    moments = {f"{key}_us": visit.caller.when(said.get(key)) for key in ("until", "review")}
    return sentences(in_words(kind, {**said, **moments}, before))


def begins(visit: Visit, text: str | None) -> Markup | None:
    """The moment that was typed for it to be done at, where that is still to come; None: at once. Raises `BadInput`
    `when-invalid`.
    """
    at = visit.caller.when(text)
    return None if at is None or at <= visit.caller.now else _moment(at)
