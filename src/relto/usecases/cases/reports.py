"""Reports: what the record tells of a pause's impact, beside what was counted, whether the two agree or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from relto.domain.outlook.signs import concerns
from relto.usecases.cases.loading import Library
from relto.usecases.cases.timeline import about
from relto.usecases.impact import impact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from relto.domain.actor import Actor
    from relto.domain.impact import Impact
    from relto.domain.record.record import Record, Recorded
    from relto.ports.node import Node
    from relto.usecases.policy import PolicyDesk

FELT: Final = frozenset({"serious", "grave"})


def reported_impact(
    node: Node,
    desk: PolicyDesk,
    number: str,
    *,
    by: Actor,
    at: int | None = None,
    flows: Collection[tuple[str, str]] | None = None,
) -> list[Impact]:
    """As `impact`, each with the impact entries about its recipient of the cases that are there for whoever asks."""
    found = impact(node, desk, number, by=by, at=at, flows=flows)
    if not found:
        return []
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        library = Library(snap, policy, by)
        pause = found[0].pause
        # What others keep tells nothing of a pause that is not theirs.
        keepers = {by.party, *policy.givers(pause.agreements)}
        records = [library.record(each) for each in library.cases() if each.originator in keepers]
        touched = [record for record in records if about(record, policy).has(pause)]
    as_of = [record if at is None else record.at(at) for record in touched]
    return [replace(each, reports=[_report(each, *pair) for pair in _reports(as_of, each)]) for each in found]


def _reports(records: list[Record], counted: Impact) -> Iterator[tuple[Record, Recorded]]:
    for record in records:
        for each in record.standing:
            entry = each.entry
            if entry.kind == "impact" and counted.to in entry.body["on"] and concerns(counted.pause, record, each):
                yield record, each


def _report(counted: Impact, record: Record, each: Recorded) -> dict[str, Any]:
    """`agrees`: whether what is told goes with what is counted: a serious or grave effect where something is kept back
    of its topics, none or a slight one where nothing is. None where nobody may know what is kept back.
    """
    entry = each.entry
    topics = entry.body.get("topics", ())
    held = counted.held
    kept = None
    if held is not None:
        kept = any(held.by_topic.get(topic, 0) for topic in topics) if topics else bool(held.items)
    return {
        "case": record.case.id,
        "entry": each.key,
        "date": entry.date.text,
        "effect": entry.body["effect"],
        "topics": list(topics),
        "told_by": str(entry.speaker) if entry.speaker else None,
        "words": entry.words or None,
        "text": entry.text or None,
        "confidence": entry.confidence,
        "source": entry.source.as_value() if entry.source else None,
        "agrees": None if kept is None else (entry.body["effect"] in FELT) == kept,
        "against": record.against.get(each.key, []),
    }
