r"""A brief as Markdown (CommonMark with tables and footnotes, as most readers of it know them).

>>> text("a *b* [c](d) <e> #f | `g`\n- h")
'a \\*b\\* \\[c\\](d) \\<e\\> \\#f \\| \\`g\\` - h'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Chart, Contradiction, Listing, Paragraph, Quotation, Table
from relto.domain.written import disarmed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relto.domain.brief.document import Block, Brief, Sentence

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&$@])")
_BEGINS: Final = re.compile(r"(?:[-+=]|[0-9]{1,9}[.)])")
"""What makes a list or a heading where a line begins with it."""
_LINKS: Final = re.compile(r"(?i)(:)(?=//)|(?<=www)(\.)")
"""What many readers make links of, wherever it stands."""


def text(said: str) -> str:
    """Text in one line, with nothing in it that Markdown would obey."""
    safe = _LINKS.sub(r"\\\g<0>", _SPECIAL.sub(r"\\\1", disarmed(said)))
    begins = _BEGINS.match(safe)
    return safe if begins is None else f"{safe[: begins.end() - 1]}\\{safe[begins.end() - 1 :]}"


def markdown(brief: Brief, *, trace: bool = False) -> str:
    """The whole brief. `trace`: after each sentence what it rests on, by name."""
    return "\n".join(_Writer(brief, trace=trace).lines()) + "\n"


class _Writer:
    def __init__(self, brief: Brief, *, trace: bool) -> None:
        self._brief = brief
        self._numbers = brief.numbers
        self._trace = trace

    def lines(self) -> Iterator[str]:
        brief = self._brief
        yield f"**TLP:{brief.marking.upper()}**"
        yield ""
        yield f"# {text(brief.headline)}"
        yield ""
        yield f"*{text(brief.dateline)}*"
        yield ""
        if brief.takes:
            yield "## Quick takes"
            yield ""
            yield from (f"- {self._said(take)}" for take in brief.takes)
            yield ""
        for section in brief.sections:
            yield f"## {text(section.title)}"
            yield ""
            for block in section.blocks:
                yield from self._block(block)
                yield ""
        if self._numbers:
            yield "---"
            yield ""
            for trace, number in self._numbers.items():
                yield f"[^{number}]: {text(brief.notes.get(trace, trace))}"

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph(sentences):
                yield " ".join(map(self._said, sentences))
            case Listing(items):
                yield from (f"- {self._said(item)}" for item in items)
            case Quotation(words, who, when, traces):
                yield f"> “{text(words)}”"
                yield ">"
                yield f"> {text(who)}, {text(when)}{self._marks(traces)}"
            case Table(columns, rows, traces):
                yield from _table(columns)
                for number, row in enumerate(rows):
                    marks = self._marks(traces[number]) if traces else ""
                    yield f"| {' | '.join(map(text, row))}{marks} |"
            case Chart():
                yield from self._chart(block)
            case Contradiction(one, other, why):
                yield f"- {self._said(one)}"
                yield f"- **but** {self._said(other)} ({text(why)})"

    def _chart(self, chart: Chart) -> Iterator[str]:
        spans = "; ".join(f"{what} from {first} to {last}" for first, last, what in chart.shaded)
        yield f"{text(chart.title)}{f' ({text(spans)})' if spans else ''}{self._marks(chart.traces)}"
        yield ""
        yield from _table(("day", *chart.series))
        for place, day in enumerate(chart.days):
            numbers = [series[place] for series in chart.series.values()]
            cells = [chart.scale[number] if chart.scale else str(number) for number in numbers]
            yield f"| {' | '.join((day, *map(text, cells)))} |"

    def _said(self, sentence: Sentence) -> str:
        return text(sentence.text) + self._marks(sentence.traces)

    def _marks(self, traces: Sequence[str]) -> str:
        named = f" \\[{text('; '.join(traces))}\\]" if self._trace and traces else ""
        return named + "".join(f"[^{self._numbers[trace]}]" for trace in traces)


def _table(columns: Sequence[str]) -> Iterator[str]:
    yield f"| {' | '.join(map(text, columns))} |"
    yield f"|{' --- |' * len(columns)}"
