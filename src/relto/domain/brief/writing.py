"""Writing: a brief from its material, by rules alone. Total: whatever the material is, there is a brief."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Brief
from relto.domain.brief.sections import sections
from relto.domain.brief.takes import PHRASES, day_words, main_pause, moment_words, takes
from relto.domain.brief.telling import note
from relto.domain.marking.tlp import LEVELS

if TYPE_CHECKING:
    from relto.domain.brief.material import Material

COUNTED: Final = 3
"""Counts, outlooks and approvals are the keeper's own: amber+strict."""

TOLD: Final = 2
"""What a recipient is told of a pause: amber."""


def write(material: Material) -> Brief:
    """The brief."""
    brief = Brief(
        _headline(material),
        _dateline(material),
        takes(material),
        sections(material),
        _marking(material),
        subject=material.subject,
        reader=material.reader.name,
        at=material.at,
    )
    texts = {each.trace: note(each) for each in material.entries}
    notes = {trace: texts.get(trace) or _note(material, trace) for trace in brief.traces}
    return replace(brief, notes=notes)


def _headline(material: Material) -> str:
    main = main_pause(material)
    with_whom = f"Sharing with {material.the(material.about)}" if material.about else material.subject
    if main is None:
        return f"{material.subject}: what is on record" if material.about else material.subject
    if main.lifted_at is not None:
        others = sum(each.lifted_at is None for each in material.suspensions)
        still = {0: "", 1: ", another lasts"}.get(others, ", others last")
        return f"{with_whom}: the pause is lifted{still}"
    if main.outlook is None:
        return f"{with_whom}: paused since {day_words(material, main.pause.since)}"
    return f"{with_whom}: paused, and {PHRASES[main.outlook.judged.judgement]}"


def _dateline(material: Material) -> str:
    reader = "for the public" if not material.reader.party else f"for {material.the(material.reader.party)}"
    later = "; recorded later, from sources of the time" if material.is_told_later else ""
    return f"As of {moment_words(material.at)}, {reader}{later}"


def _marking(material: Material) -> str:
    level = max((each.level for each in material.entries), default=0)
    for each in material.suspensions:
        level = max(level, TOLD)
        if each.outlook is not None or any(impact.held is not None for impact in each.impacts):
            level = max(level, COUNTED)
    return LEVELS[level]


def _note(material: Material, trace: str) -> str:
    """What something is that is no entry."""
    kind, _, rest = trace.partition(" ")
    at = moment_words(material.at)
    by_number = {each.pause.number: each for each in material.suspensions}
    if kind == "pause" and rest in by_number:
        pause = by_number[rest].pause
        return f"Pause {rest}{f', version {pause.version}' if pause.version else ''}, as of {at}"
    if kind == "condition":
        number, _, place = rest.partition("/")
        condition = by_number[number].pause.conditions[int(place) - 1]
        if not condition.changed_at:
            return f"Condition {place} of pause {number}, as of {at}"
        changed = f"set to {condition.state} by {condition.changed_by} on {moment_words(condition.changed_at)}"
        return f"Condition {place} of pause {number}, {changed}"
    if kind == "outlook":
        return f"Outlook of pause {rest} by the node's rules, as of {at}"
    if kind != "count":
        return trace
    counted, number, agreement, to = rest.split(" ", 3)
    what = {
        "held": "Items held",
        "flow": "Items released and held by day",
        "staleness": "Newest items by topic",
        "warnings": "Items that exceptions let through",
    }[counted]
    return f"{what}: counted for pause {number}, {agreement} to {to}, as of {at}"
