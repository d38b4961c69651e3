"""Sections: what was paused and why, what it costs, what builds towards its end, how others take it, what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Block, Contradiction, Listing, Paragraph, Section, Sentence, Table
from relto.domain.brief.figures import course_chart, flow_charts, staleness_table
from relto.domain.brief.takes import PHRASES, day_words, lasted, scope_words
from relto.domain.brief.telling import quotation, sentence
from relto.domain.outlook.rules import wanted_words
from relto.domain.record.telling import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from relto.domain.brief.material import Material, Suspension, Told

QUOTATIONS_MAX: Final = 8
NOTHING: Final = "Nothing is on record that may stand here."


def sections(material: Material) -> tuple[Section, ...]:
    """All that have anything to say."""
    made = (
        ("What was paused, and why", _paused(material)),
        ("What it costs", _costs(material)),
        ("Building towards resumption", _building(material)),
        ("At home and abroad", _abroad(material)),
        ("What comes next", _next(material)),
        ("Where sources contradict each other", _contradictions(material)),
    )
    told = tuple(Section(title, blocks) for title, found in made if (blocks := tuple(found)))
    return told or (Section("What is on record", (Paragraph((Sentence(NOTHING),)),)),)


def _paused(material: Material) -> Iterable[Block]:
    for each in material.suspensions:
        yield Paragraph(tuple(_pause(material, each)))
    measures = [each for each in material.of("measure") if each.recorded.entry.body["does"] != "directed"]
    asked = material.of("condition")
    if measures:
        yield Listing(tuple(sentence(material, each) for each in measures))
    if asked:
        yield Paragraph((Sentence("What was asked for in return, as it is on record:"),))
        yield Listing(tuple(sentence(material, each) for each in asked))


def _pause(material: Material, each: Suspension) -> Iterable[Sentence]:
    pause = each.pause
    over = each.lifted_at is not None
    if pause.mode == "freeze":
        how = "held back what was new" if over else "holds back what is new"
    else:
        how = f"{'closed' if over else 'closes'} what had been released as well"
    since = f"Pause {pause.number} of {listed(sorted(pause.agreements))} began on {day_words(material, pause.since)}"
    yield Sentence(f"{since} and {how}: {scope_words(each)}.", (each.trace,))
    yield Sentence(f"The reason on record: {pause.reason.rstrip('.')}.", (each.trace,))
    if pause.authority:
        yield Sentence(f"By authority of {pause.authority.rstrip('.')}.", (each.trace,))
    if each.lifted_at is not None:
        text = f"It was lifted on {day_words(material, each.lifted_at)}, after {lasted(material, each)}."
        yield Sentence(text, (each.trace,))


def _costs(material: Material) -> Iterable[Block]:
    for each in material.suspensions:
        yield from flow_charts(material, each)
        table = staleness_table(material, each)
        if table is not None:
            yield table
        for impact in each.impacts:
            passed = [(name, items) for name, items in impact.warnings.items() if items]
            if passed:
                trace = f"count warnings {each.pause.number} {impact.agreement} {impact.to}"
                named = listed([f"{items} under {name}" for name, items in passed])
                yield Paragraph((Sentence(f"Warnings went on to {material.the(impact.to)}: {named}.", (trace,)),))
    reports = material.of("impact")
    if reports:
        yield Paragraph((Sentence("What is told of its effect:"),))
        yield Listing(tuple(sentence(material, each) for each in reports))


def _building(material: Material) -> Iterable[Block]:
    for each in material.suspensions:
        if each.outlook is not None:
            yield Paragraph(tuple(_judged(each)))
            chart = course_chart(each)
            if chart is not None:
                yield chart
        if each.pause.conditions:
            yield _conditions(each)
    for told in _of_note(material.of("statement")):
        found = quotation(material, told)
        yield found if found is not None else Paragraph((sentence(material, told),))
    for kind in ("proposal", "deal"):
        told_all = material.of(kind)
        if told_all:
            yield Listing(tuple(sentence(material, each) for each in told_all))


def _of_note(said: Sequence[Told]) -> Sequence[Told]:
    """Statements that are quoted: those about the pause's end first of all, the last ones where they are many."""
    pointed = [each for each in said if "points" in each.recorded.entry.body]
    others = [each for each in said if each not in pointed]
    kept = [*others[len(others) - max(0, QUOTATIONS_MAX - len(pointed)) :], *pointed[-QUOTATIONS_MAX:]]
    return sorted(kept if len(said) > QUOTATIONS_MAX else said, key=lambda each: each.recorded.order)


def _judged(each: Suspension) -> Iterable[Sentence]:
    assert each.outlook is not None
    judged = each.outlook.judged
    words = f" ({', '.join(word.text for word in judged.rule.when)})" if judged.rule.when else ""
    text = f"Pause {each.pause.number}: {PHRASES[judged.judgement]}, by the rule “{judged.rule.name}”{words}."
    yield Sentence(text, (f"outlook {each.pause.number}",))
    if each.lifted_at is None and each.outlook.has is not None:
        approved = f"with {each.outlook.has} of {_approvals(each.outlook.needs)}"
        text = f"A resume is proposed, {approved}."
        if each.outlook.signs["resume_scheduled"].value:
            text = "A resume is approved, and waits for its moment."
        yield Sentence(text, (f"outlook {each.pause.number}",))


def _approvals(number: int) -> str:
    return "1 approval" if number == 1 else f"{number} approvals"


def _conditions(each: Suspension) -> Table:
    rows, traces = [], []
    for place, condition in enumerate(each.pause.conditions, start=1):
        rows.append(
            (f"{each.pause.number}/{place}", condition.text, condition.state, condition.evidence or "none named")
        )
        traces.append((f"condition {each.pause.number}/{place}", *each.evidence.get(place, ())))
    return Table(("condition", "what", "state", "evidence"), tuple(rows), tuple(traces))


def _abroad(material: Material) -> Iterable[Block]:
    found = [*material.of("reaction"), *material.of("shift")]
    found += [each for each in material.of("measure") if each.recorded.entry.body["does"] == "directed"]
    found.sort(key=lambda each: each.recorded.order)
    if found:
        yield Listing(tuple(sentence(material, each) for each in found))


def _next(material: Material) -> Iterable[Block]:
    talks = material.of("talks")
    if talks:
        yield Listing(tuple(sentence(material, each) for each in talks))
    for each in material.suspensions:
        if each.lifted_at is not None:
            continue
        said = []
        if each.pause.review_us is not None:
            comes = "comes up" if each.pause.review_us > material.at else "was to come up"
            day = day_words(material, each.pause.review_us)
            text = f"Pause {each.pause.number} {comes} for review on {day}."
            said.append(Sentence(text, (each.trace,)))
        if each.outlook is not None:
            needs = each.outlook.needs
            if each.outlook.has is None and needs:
                text = f"A resume asks for {_approvals(needs)}, and nobody has proposed it."
                said.append(Sentence(text, (f"outlook {each.pause.number}",)))
            ways = [listed(wanted_words(mover.lacks, each.outlook.signs)) for mover in each.outlook.judged.movers]
            if ways:
                better = each.outlook.judged.movers[0].rule.judgement
                text = f"Pause {each.pause.number} would be judged {better} once {', or once '.join(ways)}."
                said.append(Sentence(text, (f"outlook {each.pause.number}",)))
        if said:
            yield Paragraph(tuple(said))


def _contradictions(material: Material) -> Iterable[Block]:
    for one, other, why in material.contradictions:
        yield Contradiction(sentence(material, one), sentence(material, other), why)
