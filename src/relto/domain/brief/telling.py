"""Telling: an entry as a sentence of prose, dated, with who said it and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.brief.document import Quotation, Sentence
from relto.domain.record.telling import listed, quoted
from relto.domain.record.who import of_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.brief.material import Material, Told
    from relto.domain.record.entry import Entry

_DOUBT: Final = {
    "confirmed": "",
    "reported": " (reported, not confirmed)",
    "disputed": " (disputed)",
    "denied": " (denied)",
}
_REACTED: Final = {
    "opposes": "opposed",
    "critical": "was critical of",
    "neutral": "took no side on",
    "welcomes": "welcomed",
    "supports": "supported",
}
_DID: Final = {
    "paused": "paused",
    "widened": "widened the pause to",
    "narrowed": "narrowed the pause to",
    "excepted": "excepted from the pause",
    "directed": "directed that",
    "lifted": "lifted the pause on",
}
_DEALT: Final = {
    "proposed": "was proposed",
    "stalled": "stalled",
    "agreed-in-principle": "was agreed in principle",
    "signed": "was signed",
    "in-force": "came into force",
    "called-off": "was called off",
}
_EFFECT: Final = {
    "none": "no effect",
    "slight": "a slight effect",
    "serious": "a serious effect",
    "grave": "a grave effect",
}


def sentence(material: Material, told: Told) -> Sentence:
    """The entry as a sentence, with its trace."""
    entry = told.recorded.entry
    text = _capital(_TELL[entry.kind](material, entry)) + _DOUBT[entry.confidence]
    more = _capital(entry.text)
    whole = f"{_ended(text)} {_ended(more)}" if more else _ended(text)
    return Sentence(whole, (told.trace,))


def quotation(material: Material, told: Told) -> Quotation | None:
    """The words of an entry, set apart; None where it has none."""
    entry = told.recorded.entry
    if not entry.words:
        return None
    place = f", {entry.body['place']}" if "place" in entry.body else ""
    who = material.who(entry.speaker) if entry.speaker else ""
    return Quotation(entry.words, who, material.date(entry.date) + place, (told.trace,))


def note(told: Told) -> str:
    """What an entry is, in full, for a footnote."""
    entry, source = told.recorded.entry, told.recorded.entry.source
    parts = [f"Record {told.case}, entry {entry.key}, {entry.kind} of {entry.date.words}"]
    if source is not None:
        date = f", {source.date.words}" if source.date else ""
        grade = f" ({source.grade}: {source.grade_words})" if source.grade else ""
        parts.append(f"source: {source.name}{date}{grade}")
        if source.url:
            parts.append(source.url)
    parts.append(entry.confidence)
    if told.is_correction:
        parts.append(f"corrects entry {entry.corrects}" + (f", because {entry.because}" if entry.because else ""))
    return "; ".join(parts)


def people(material: Material, values: Sequence[Mapping[str, Any]]) -> str:
    """Several people or parties, as prose names them."""
    return listed([material.who(of_value(each, what="somebody")) for each in values])


def _statement(material: Material, entry: Entry) -> str:
    speaker = material.who(of_value(entry.body["speaker"], what="the speaker"))
    aside = "; ".join(entry.body[name] for name in ("subject", "place") if name in entry.body)
    said = f"{speaker} said{_view(entry)} on {material.date(entry.date)}"
    text = f"{said}: {quoted(entry.words)}" if entry.words else f"{said}: {entry.body['paraphrase']}"
    return f"{text} ({aside})" if aside else text


def _view(entry: Entry) -> str:
    return ", as a personal view," if entry.body.get("capacity") == "personal" else ""


def _talks(material: Material, entry: Entry) -> str:
    state, date, place = entry.body["state"], material.date(entry.date), entry.body["place"]
    on = "in" if entry.date.precision == "month" else "on"
    are = "are" if entry.date.until > material.at else "were"
    text = (
        f"talks{_taking_part(material, entry)} "
        + {
            "held": f"were held in {place} {on} {date}",
            "announced": f"{are} announced for {date} in {place}",
            "proposed": f"{are} proposed for {date} in {place}",
            "called-off": f"in {place} {on} {date} were called off",
        }[state]
    )
    if "hosts" in entry.body:
        noun = "host" if len(entry.body["hosts"]) == 1 else "hosts"
        text += f"; {noun}: {people(material, entry.body['hosts'])}"
    return f"{text}; outcome: {entry.body['outcome']}" if "outcome" in entry.body else text


def _taking_part(material: Material, entry: Entry) -> str:
    found = []
    for party, members in entry.body.get("delegations", {}).items():
        named = listed([each["name"] for each in members if "name" in each])
        found.append(f"{material.the(party)} ({named})" if named else material.the(party))
    if len(found) < 2:
        return f" with {found[0]}" if found else ""
    return f" between {listed(found)}"


def _proposal(material: Material, entry: Entry) -> str:
    text = f"{people(material, entry.body['by'])} proposed on {material.date(entry.date)}: {entry.body['subject']}"
    if "scope" in entry.body:
        text += f"; it covers {listed(entry.body['scope'])}"
    for name in ("terms", "reciprocity"):
        if name in entry.body:
            text += f"; {entry.body[name]}"
    stands = [
        f"{material.party(party)}: {how.replace('-', ' ')}" for party, how in entry.body.get("status", {}).items()
    ]
    return f"{text} ({', '.join(stands)})" if stands else text


def _deal(material: Material, entry: Entry) -> str:
    parties = listed([material.the(code) for code in entry.body["parties"]])
    text = (
        f"the {entry.body['subject']} between {parties} {_DEALT[entry.body['status']]} on {material.date(entry.date)}"
    )
    return f"{text}; {entry.body['terms']}" if "terms" in entry.body else text


def _condition(material: Material, entry: Entry) -> str:
    asker = material.who(of_value(entry.body["asked_by"], what="who asks"))
    text = f"{asker} asked{_view(entry)} on {material.date(entry.date)} for this: {entry.body['asks']}"
    return f"{text} ({quoted(entry.words)})" if entry.words else text


def _reaction(material: Material, entry: Entry) -> str:
    who = material.who(of_value(entry.body["by"], what="whose reaction"))
    text = f"on {material.date(entry.date)} {who} {_REACTED[entry.body['stance']]} {entry.body['towards']}"
    return f"{text}: {quoted(entry.words)}" if entry.words else text


def _impact(material: Material, entry: Entry) -> str:
    on = listed([material.the(code) for code in entry.body["on"]])
    teller, effect = entry.body.get("told_by"), f"{_EFFECT[entry.body['effect']]} on {on}"
    said = f"{people(material, [teller])} told of {effect}" if teller else f"{effect} was told of"
    text = f"on {material.date(entry.date)} {said}"
    return f"{text}: {quoted(entry.words)}" if entry.words else text


def _shift(material: Material, entry: Entry) -> str:
    date, who = material.date(entry.date), material.the(entry.body["party"])
    text = f"by {date} {who} had turned from {entry.body['from']} to {entry.body['to']}"
    under = entry.body.get("administration")
    return f"{text}, under the administration of {under}" if under else text


def _measure(material: Material, entry: Entry) -> str:
    who = material.who(of_value(entry.body["by"], what="who did it"))
    subject = entry.body.get("subject", "what is shared")
    text = f"on {material.date(entry.date)} {who} {_DID[entry.body['does']]} {subject}"
    extent = {"partial": "in part", "complete": "completely", "unclear": "to an extent that was unclear"}
    if "extent" in entry.body:
        text += f", {extent[entry.body['extent']]}"
    return f"{text}: {quoted(entry.words)}" if entry.words else text


_TELL: Final = {
    "statement": _statement,
    "talks": _talks,
    "proposal": _proposal,
    "deal": _deal,
    "condition": _condition,
    "reaction": _reaction,
    "impact": _impact,
    "shift": _shift,
    "measure": _measure,
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", ".”", "!”", "?”")) else f"{text}."
