"""The document: what a brief says, in blocks that any face can draw, each sentence with what it rests on.

A trace is a short text that names one thing: `entry CASE/KEY`, `pause 2`, `condition 2/1`, `act 12`, `count …`. Notes
give each trace a number, in the order in which a reader comes upon them, and say in full what it is.

>>> brief = Brief("A", "B", takes=(Sentence("One.", ("pause 2",)), Sentence("Two.", ("pause 1", "pause 2"))))
>>> brief.traces
('pause 2', 'pause 1')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or a few that rest on the same."""

    text: str
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that are read one after the other."""

    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Quotation:
    """The words of somebody, set apart. `who`: name and role; `when` and `where`: in words."""

    words: str
    who: str
    when: str
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Sentences of one kind, as a list."""

    items: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as there are columns. `traces`: of each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    traces: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers by day. `days`: as `2025-03-05`; `series`: by name, a number for each day. `shaded`: (first, last, name)
    of what lasted meanwhile, in days. `scale`: names for the numbers 0, 1, 2 … where they stand for judgements.
    """

    title: str
    days: tuple[str, ...]
    series: Mapping[str, tuple[int, ...]]
    shaded: tuple[tuple[str, str, str], ...] = ()
    scale: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences that cannot both be so, and why."""

    one: Sentence
    other: Sentence
    why: str


Block = Paragraph | Quotation | Listing | Table | Chart | Contradiction


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief. `marking`: the strictest of all that stands in it, as a level of TLP. `notes`: by trace, what it is."""

    headline: str
    dateline: str
    takes: tuple[Sentence, ...] = ()
    sections: tuple[Section, ...] = ()
    marking: str = "clear"
    notes: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    reader: str = ""
    at: int = 0

    @property
    def traces(self) -> tuple[str, ...]:
        """All that it rests on, each once, in the order of reading."""
        found = [trace for take in self.takes for trace in take.traces]
        for section in self.sections:
            for block in section.blocks:
                found += traces_of(block)
        return tuple(dict.fromkeys(found))

    @property
    def numbers(self) -> dict[str, int]:
        """By trace, the number of its note, from 1."""
        return {trace: number for number, trace in enumerate(self.traces, start=1)}

    def as_value(self) -> dict[str, Any]:
        """Plain values, for programs."""
        return {
            "headline": self.headline,
            "dateline": self.dateline,
            "marking": self.marking,
            "subject": self.subject,
            "for": self.reader,
            "takes": [_sentence(take) for take in self.takes],
            "sections": [
                {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
                for section in self.sections
            ],
            "notes": [
                {"note": number, "trace": trace, "text": self.notes.get(trace, trace)}
                for trace, number in self.numbers.items()
            ],
        }


def traces_of(block: Block) -> Iterator[str]:
    """What a block rests on, in the order of reading; some of it may come again."""
    match block:
        case Paragraph(sentences) | Listing(sentences):
            for each in sentences:
                yield from each.traces
        case Table():
            for traces in block.traces:
                yield from traces
        case Contradiction(one, other):
            yield from (*one.traces, *other.traces)
        case Quotation() | Chart():
            yield from block.traces


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "traces": list(sentence.traces)}


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(sentences):
            return {"block": "paragraph", "sentences": [_sentence(each) for each in sentences]}
        case Listing(items):
            return {"block": "list", "items": [_sentence(each) for each in items]}
        case Quotation(words, who, when, traces):
            return {"block": "quotation", "words": words, "who": who, "when": when, "traces": list(traces)}
        case Table(columns, rows, traces):
            listed = traces or ((),) * len(rows)
            return {
                "block": "table",
                "columns": list(columns),
                "rows": [{"cells": list(row), "traces": list(found)} for row, found in zip(rows, listed, strict=True)],
            }
        case Chart():
            return {
                "block": "chart",
                "title": block.title,
                "days": list(block.days),
                "series": {name: list(numbers) for name, numbers in block.series.items()},
                "shaded": [{"from": first, "to": last, "what": what} for first, last, what in block.shaded],
                "scale": list(block.scale),
                "traces": list(block.traces),
            }
        case Contradiction(one, other, why):
            return {"block": "contradiction", "one": _sentence(one), "other": _sentence(other), "why": why}
