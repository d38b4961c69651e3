"""A brief as one page of HTML: no script, nothing from elsewhere, charts drawn in it; it prints as it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Chart, Contradiction, Listing, Paragraph, Quotation, Table
from relto.faces.briefs.chart import escape, svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relto.domain.brief.document import Block, Brief, Sentence

STYLE: Final = """\
:root{color-scheme:light dark;--ink:#1b2430;--dim:#5b6675;--paper:#fff;--soft:#f4f5f7;--rule:#c9d1da;--accent:#8a2b1f;
--second:#2f5d8a;--shade:#f0e4d8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--dim:#a3adba;--paper:#14181e;--soft:#1e242c;--rule:#3a434e;
--accent:#e08b7c;--second:#86b3dc;--shade:#3a2f26}}
body{max-width:46rem;margin:0 auto;padding:1.5rem 1rem;font:1.05rem/1.55 Georgia,"Times New Roman",serif;
color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:2rem;line-height:1.15;margin:.6rem 0}h2{font-size:1.3rem;margin:2rem 0 .6rem}
.banner{text-align:center;font:bold .8rem sans-serif;letter-spacing:.08em;color:var(--accent)}
.dateline,figcaption,.who,.why{color:var(--dim);font-size:.9rem}.takes{background:var(--soft);padding:.8rem 1rem}
.takes h2{margin:.2rem 0;font:bold .8rem sans-serif;letter-spacing:.06em;text-transform:uppercase;color:var(--accent)}
blockquote{margin:1rem 0;padding-left:1rem;border-left:3px solid var(--accent)}blockquote p{margin:.2rem 0}
.words{font-style:italic}table{border-collapse:collapse;width:100%;font-size:.9rem;display:block;overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--rule)}
figure{margin:1.2rem 0}svg{width:100%;height:auto;font:11px sans-serif}.against{display:grid;gap:.6rem;
background:var(--soft);padding:.8rem 1rem;margin:.8rem 0}.against b{color:var(--accent)}
ol.notes{font-size:.82rem;color:var(--dim);padding-left:2.2rem}sup a{color:var(--second);text-decoration:none}
@media print{body{max-width:none;font-size:10.5pt}h2{break-after:avoid}figure,blockquote,.against{break-inside:avoid}}
"""


def page(brief: Brief, *, trace: bool = False) -> str:
    """The whole page. `trace`: after each sentence what it rests on, by name."""
    return "\n".join(_Drawer(brief, trace=trace).lines()) + "\n"


class _Drawer:
    def __init__(self, brief: Brief, *, trace: bool) -> None:
        self._brief = brief
        self._numbers = brief.numbers
        self._trace = trace

    def lines(self) -> Iterator[str]:
        brief = self._brief
        banner = f'<p class="banner">TLP:{escape(brief.marking.upper())}</p>'
        yield "<!DOCTYPE html>"
        yield '<html lang="en"><head><meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{escape(brief.headline)}</title><style>{STYLE}</style></head><body>"
        yield banner
        yield f"<main><h1>{escape(brief.headline)}</h1>"
        yield f'<p class="dateline">{escape(brief.dateline)}</p>'
        if brief.takes:
            yield '<section class="takes"><h2>Quick takes</h2><ul>'
            yield from (f"<li>{self._said(take)}</li>" for take in brief.takes)
            yield "</ul></section>"
        for section in brief.sections:
            yield f"<section><h2>{escape(section.title)}</h2>"
            for block in section.blocks:
                yield from self._block(block)
            yield "</section>"
        if self._numbers:
            yield '<section><h2>What this rests on</h2><ol class="notes">'
            for trace, number in self._numbers.items():
                yield f'<li id="note-{number}">{escape(brief.notes.get(trace, trace))}</li>'
            yield "</ol></section>"
        yield f"</main>{banner}</body></html>"

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph(sentences):
                yield f"<p>{' '.join(map(self._said, sentences))}</p>"
            case Listing(items):
                yield "<ul>" + "".join(f"<li>{self._said(item)}</li>" for item in items) + "</ul>"
            case Quotation(words, who, when, traces):
                yield f'<blockquote><p class="words">“{escape(words)}”</p>'
                yield f'<p class="who">{escape(who)}, {escape(when)}{self._marks(traces)}</p></blockquote>'
            case Table():
                yield from self._table(block)
            case Chart():
                yield f"<figure>{svg(block)}"
                yield f"<figcaption>{escape(block.title)}{self._marks(block.traces)}</figcaption></figure>"
            case Contradiction(one, other, why):
                yield f'<div class="against"><div>{self._said(one)}</div><b aria-label="but">≠</b>'
                yield f'<div>{self._said(other)}</div><div class="why">{escape(why)}</div></div>'

    def _table(self, table: Table) -> Iterator[str]:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
        yield f"<table><thead><tr>{head}</tr></thead><tbody>"
        for number, row in enumerate(table.rows):
            marks = self._marks(table.traces[number]) if table.traces else ""
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[:-1])
            yield f"<tr>{cells}<td>{escape(row[-1])}{marks}</td></tr>"
        yield "</tbody></table>"

    def _said(self, sentence: Sentence) -> str:
        return escape(sentence.text) + self._marks(sentence.traces)

    def _marks(self, traces: Sequence[str]) -> str:
        named = f" [{escape('; '.join(traces))}]" if self._trace and traces else ""
        links = ", ".join(f'<a href="#note-{self._numbers[each]}">{self._numbers[each]}</a>' for each in traces)
        return f"{named}<sup>{links}</sup>" if links else named
