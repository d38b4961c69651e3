"""A brief for a terminal: lines of a width that is handed in, with curves of characters."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Chart, Contradiction, Listing, Paragraph, Quotation, Table
from relto.domain.written import disarmed
from relto.faces.drawing import curve, level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relto.domain.brief.document import Block, Brief, Sentence

WIDTH_MIN: Final = 30

Line = tuple[str, str]
"""A line, and how it is to look: empty, `bold` or `dim`."""


def lines(brief: Brief, *, width: int, trace: bool = False) -> Iterator[Line]:
    """The whole brief in lines of at most `width` characters. `trace`: what sentences rest on stands by name."""
    return _Drawer(brief, width=max(width, WIDTH_MIN), trace=trace).lines()


class _Drawer:
    def __init__(self, brief: Brief, *, width: int, trace: bool) -> None:
        self._brief = brief
        self._numbers = brief.numbers
        self._width = width
        self._trace = trace

    def lines(self) -> Iterator[Line]:
        brief = self._brief
        yield f"TLP:{brief.marking.upper()}".center(self._width).rstrip(), "bold"
        yield from self._wrapped(brief.headline, style="bold")
        yield from self._wrapped(brief.dateline, style="dim")
        if brief.takes:
            yield "", ""
            yield "QUICK TAKES", "bold"
            for take in brief.takes:
                yield from self._wrapped(self._said(take), head="• ")
        for section in brief.sections:
            yield "", ""
            yield from self._wrapped(section.title.upper(), style="bold")
            for place, block in enumerate(section.blocks):
                if place:
                    yield "", ""
                yield from self._block(block)
        if self._numbers and not self._trace:
            yield "", ""
            yield "WHAT THIS RESTS ON", "bold"
            for trace, number in self._numbers.items():
                yield from self._wrapped(brief.notes.get(trace, trace), head=f"{number:>3}. ", style="dim")
        yield f"TLP:{brief.marking.upper()}".center(self._width).rstrip(), "bold"

    def _block(self, block: Block) -> Iterator[Line]:
        match block:
            case Paragraph(sentences):
                yield from self._wrapped(" ".join(map(self._said, sentences)))
            case Listing(items):
                for item in items:
                    yield from self._wrapped(self._said(item), head="• ")
            case Quotation(words, who, when, traces):
                yield from self._wrapped(f"“{words}”", head="┃ ", rest="┃ ")
                yield from self._wrapped(f"{who}, {when}{self._marks(traces)}", head="┃ ", rest="┃ ", style="dim")
            case Table(columns, rows, traces):
                for number, row in enumerate(rows):
                    marks = self._marks(traces[number]) if traces else ""
                    cells = [f"{name}: {cell}" for name, cell in zip(columns[1:], row[1:], strict=True)]
                    yield from self._wrapped(f"{row[0]}  {'; '.join(cells)}{marks}", head="- ")
            case Chart():
                yield from self._chart(block)
            case Contradiction(one, other, why):
                yield from self._wrapped(self._said(one), head="  ")
                yield from self._wrapped(self._said(other), head="≠ ")
                yield from self._wrapped(why, head="  ", style="dim")

    def _chart(self, chart: Chart) -> Iterator[Line]:
        yield from self._wrapped(chart.title + self._marks(chart.traces))
        names = max(len(name) for name in chart.series)
        room = self._width - names - 4
        top = len(chart.scale) - 1 if chart.scale else max((max(each) for each in chart.series.values()), default=0)
        for name, numbers in chart.series.items():
            shown = numbers[-room:]
            drawn = "".join(level(each, most=top) for each in shown) if chart.scale else curve(shown, most=top)
            yield f"  {name:<{names}}  {drawn}", ""
        left = " " * (names + 4)
        for first, last, what in chart.shaded:
            mark = "".join("▔" if first <= day <= last else " " for day in chart.days[-room:]).rstrip()
            if mark:
                yield f"{left}{mark}", "dim"
                yield from self._wrapped(f"{what}: {first} to {last}", head=left, style="dim")
        if chart.days:
            yield from self._wrapped(f"{chart.days[-room:][0]} to {chart.days[-1]}", head=left, style="dim")

    def _said(self, sentence: Sentence) -> str:
        return sentence.text + self._marks(sentence.traces)

    def _marks(self, traces: Sequence[str]) -> str:
        if not traces:
            return ""
        if self._trace:
            return f" [{'; '.join(traces)}]"
        return f" [{', '.join(str(self._numbers[trace]) for trace in traces)}]"

    def _wrapped(self, text: str, *, head: str = "", rest: str | None = None, style: str = "") -> Iterator[Line]:
        after = " " * len(head) if rest is None else rest
        for line in textwrap.wrap(disarmed(text), self._width, initial_indent=head, subsequent_indent=after) or [head]:
            yield line, style
