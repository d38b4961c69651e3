"""Cases: the record of the diplomacy around a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from relto.domain.errors import Unknown
from relto.domain.record.file import parse
from relto.domain.record.form import kind_of
from relto.domain.record.record import ASIDE
from relto.domain.record.telling import headline
from relto.domain.record.when import asked_moment, day_of
from relto.domain.written import nearest, shown
from relto.faces.verbs.caller import Caller, written
from relto.usecases.cases.filing import given_out, take_in
from relto.usecases.cases.keeping import Keeper
from relto.usecases.cases.loading import listed
from relto.usecases.cases.timeline import timeline as told_timeline

if TYPE_CHECKING:
    from relto.domain.record.record import Record, Recorded
    from relto.domain.record.register import Person
    from relto.usecases.cases.keeping import Added
    from relto.usecases.cases.timeline import PauseSpan, Timeline


def open_(
    caller: Caller,
    *,
    case: str,
    title: str,
    party: str = "",
    begins: str = "",
    marking: str = "",
    topics: Sequence[str] = (),
    parties: Sequence[str] = (),
    agreements: Sequence[str] = (),
    pauses: Sequence[str] = (),
    text: str = "",
) -> dict[str, Any]:
    """Open a case. Without a marking it stays with the party that keeps it; no entry is less strict than its case."""
    said = {
        "case": case, "title": title, "party": party, "begins": begins, "marking": marking, "topics": list(topics),
        "parties": list(parties), "agreements": list(agreements), "pauses": list(pauses), "text": text,
    }  # fmt: skip
    return _added(caller, _keeper(caller).open({name: part for name, part in said.items() if part}))


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List the cases that whoever asks may know of: those of its own party."""
    return [{**_case(record), "newest": _newest(record)} for record in listed(caller.node, caller.desk, by=caller.by)]


def show(caller: Caller, *, case: str, at: str | None = None) -> dict[str, Any]:
    """Show a case with its people and all its entries, those that were corrected as well; `at`: as it was known."""
    told = _timeline(caller, case, at)
    record = told.record
    return {
        **_case(record),
        **_narrowed(told),
        "pauses": [_span(each) for each in told.spans],
        "people": [_person(each) for each in record.people.values()],
        "entries": [_entry(record, each) for each in record.recorded],
        "contradictions": _contradictions(record),
    }


def entry(caller: Caller, *, case: str, entry: str, at: str | None = None) -> dict[str, Any]:
    """Show one entry, what corrected it, and how it stands to others; `at`: as it was known."""
    record = _timeline(caller, case, at).record
    found = record.by_key.get(entry)
    if found is None:
        raise Unknown(
            "entry-unknown", f"there is no entry {shown(entry)} in this case", remedy=nearest(entry, record.by_key)
        )
    return {**_entry(record, found), "history": [_entry(record, each) for each in record.history(entry)]}


def timeline(
    caller: Caller, *, case: str, at: str | None = None, kinds: Sequence[str] = (), parties: Sequence[str] = ()
) -> dict[str, Any]:
    """Tell a case in order: what stands of it, beside the pauses that it is about; `at`: as it was known."""
    for kind in kinds:
        kind_of(kind)
    told = _timeline(caller, case, at)
    record = told.record
    wanted = [
        each
        for each in record.standing
        if (not kinds or each.entry.kind in kinds) and (not parties or set(parties) & set(each.entry.parties))
    ]
    return {
        **_case(record),
        **_narrowed(told),
        "pauses": [_span(each) for each in told.spans],
        "entries": [_entry(record, each) for each in wanted],
        "contradictions": _contradictions(record),
    }


def add(caller: Caller, *, case: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add entries to a case, all of them or none. What clashes with what stands is taken in, and named."""
    return _added(caller, _keeper(caller).add(case, entries))


def correct(
    caller: Caller,
    *,
    case: str,
    entry: str,
    because: str,
    changes: dict[str, Any] | None = None,
    retract: bool = False,
) -> dict[str, Any]:
    """Put a new entry in the place of another, which stays on record. `changes`: fields that differ; null takes one
    away. `retract`: nothing stands in its place.
    """
    made = _keeper(caller).correct(case, entry, changes or {}, because=because, retract=retract)
    return _added(caller, made)


def link(
    caller: Caller,
    *,
    case: str,
    entry: str,
    relation: Literal["about", "answers", "contradicts", "supports"] | None = None,
    other: str = "",
    pauses: Sequence[str] = (),
    agreements: Sequence[str] = (),
    conditions: Sequence[str] = (),
    text: str = "",
) -> dict[str, Any]:
    """Say how an entry stands to another, or which pauses, agreements and conditions (`PAUSE/N`) it is about."""
    said: dict[str, Any] = {
        "entry": entry, "relation": relation, "other": other, "pauses": list(pauses), "agreements": list(agreements),
        "conditions": list(conditions), "text": text,
    }  # fmt: skip
    return _added(caller, _keeper(caller).add(case, [link_of(caller, said)]))


def import_(caller: Caller, *, files: Sequence[str]) -> list[dict[str, Any]]:
    """Take in files of cases, in YAML, JSON or STIX. What is there already, and says the same, is left as it is."""
    keeper, answers = _keeper(caller), []
    for text in files:
        filed = take_in(keeper, parse(text))
        answers.append({**_added(caller, filed.added), "known": filed.known, "opened": filed.is_opened})
    return answers


def export(caller: Caller, *, case: str, form: Literal["yaml", "json", "stix"] = "yaml") -> dict[str, Any]:
    """Give a case out as a file: YAML, JSON, or a bundle of STIX 2.1 as it is stored."""
    return {"case": case, "form": form, "file": given_out(caller.node, caller.desk, case, by=caller.by, form=form)}


def link_of(caller: Caller, said: Mapping[str, Any]) -> dict[str, Any]:
    """The entry that such a link is."""
    return {"kind": "link", "date": day_of(caller.now).text} | {name: part for name, part in said.items() if part}


def moment_of(caller: Caller, at: str | None) -> int | None:
    """The moment of a question about the record: a bare day means all of it. Raises `BadInput` (`when-invalid`)."""
    return None if at is None else asked_moment(at, now=caller.now)


def _keeper(caller: Caller) -> Keeper:
    return Keeper(caller.node, caller.desk, caller.opened.validator(), caller.by)


def _timeline(caller: Caller, case: str, at: str | None) -> Timeline:
    return told_timeline(caller.node, caller.desk, case, by=caller.by, at=moment_of(caller, at))


def _added(caller: Caller, added: Added) -> dict[str, Any]:
    caller.wait_until(added.visible_at)
    return {
        "case": added.case.id,
        "party": added.case.party,
        "added": len(added.entries),
        "entries": [{**each.as_value(), "headline": headline(each)} for each in added.entries],
        "clashes": [{"entry": one, "other": other, "why": why} for one, other, why in added.clashes],
        "visible_at": written(added.visible_at) if added.visible_at else None,
    }


def _case(record: Record) -> dict[str, Any]:
    case = record.case
    return {
        "case": case.id,
        "title": case.title,
        "party": case.party,
        "marking": case.marking,
        "begins": case.begins.text if case.begins else None,
        "parties": list(case.parties),
        "agreements": list(case.agreements),
        "text": case.text,
        "opened_at": written(record.begun),
        "recorded": len(record.recorded),
        "unread": record.unread,
    }


def _newest(record: Record) -> dict[str, Any] | None:
    """The last event that stands in it."""
    last = next((each for each in reversed(record.standing) if each.entry.kind not in ASIDE), None)
    if last is None:
        return None
    return {"entry": last.key, "date": last.entry.date.text, "headline": headline(last.entry)}


def _narrowed(told: Timeline) -> dict[str, Any]:
    return {"at": written(told.at), "told_later": told.record.is_told_later}


def _entry(record: Record, each: Recorded) -> dict[str, Any]:
    corrected = record.corrections.get(each.key)
    # What links have added belongs to what stands.
    about = record.about(each.key) if record.latest(each.key) is each else None
    return {
        **(about or each.entry).as_value(),
        "headline": headline(each.entry),
        "words_date": each.entry.date.words,
        "parties": list(each.entry.parties),
        "item": each.stix_id,
        "recorded_at": written(each.at),
        "recorded_by": each.by,
        "corrected_by": corrected.key if corrected else None,
        "linked": [{"relation": relation, "entry": key} for relation, key in record.linked(each.key)],
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "person": person.key,
        "name": person.name,
        "aliases": list(person.aliases),
        "offices": [
            {"party": each.party, "role": each.role, "since": written(each.since), "until": written(each.until)}
            for each in person.offices
        ],
    }


def _span(span: PauseSpan) -> Mapping[str, Any]:
    return {
        "pause": span.pause.number,
        "agreements": list(span.agreements),
        "reason": span.pause.reason,
        "since": written(span.since),
        "lifted_at": written(span.lifted_at),
    }


def _contradictions(record: Record) -> list[dict[str, Any]]:
    return [
        {"entry": each.one.key, "other": each.other.key, "why": each.why, "said": each.is_said}
        for each in record.contradictions
    ]
