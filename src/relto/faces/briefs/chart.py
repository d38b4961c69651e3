"""A chart of a brief as SVG: bars by day, what lasted meanwhile shaded, and all its numbers as text beside them."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from relto.domain.written import disarmed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.domain.brief.document import Chart

WIDTH: Final = 640
HEIGHT: Final = 150
LEFT: Final = 70
FOOT: Final = 36
COLOURS: Final = ("var(--second)", "var(--accent)", "var(--dim)")
LABELS_MAX: Final = 8


def svg(chart: Chart) -> str:
    """The chart. Colours are those of the page around it."""
    told = "; ".join(f"{name}: {', '.join(map(str, numbers))}" for name, numbers in chart.series.items())
    label = escape(f"{chart.title}. {told}")
    inner = "".join((*_shaded(chart), *_scale(chart), *_bars(chart), *_foot(chart)))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" role="img" aria-label="{label}">{inner}</svg>'


def escape(text: str) -> str:
    """Text of a page, with nothing in it that a browser would obey."""
    return html.escape(disarmed(text))


def _slot(chart: Chart) -> float:
    return (WIDTH - LEFT) / max(len(chart.days), 1)


def _top(chart: Chart) -> int:
    most = len(chart.scale) - 1 if chart.scale else max((max(each) for each in chart.series.values()), default=0)
    return max(most, 1)


def _shaded(chart: Chart) -> Iterator[str]:
    for first, last, what in chart.shaded:
        places = [place for place, day in enumerate(chart.days) if first <= day <= last]
        if places:
            x = LEFT + _slot(chart) * places[0]
            yield _rect(x, 0, _slot(chart) * len(places), HEIGHT, "var(--shade)")
            yield _text(x + 3, 11, what, "var(--accent)")


def _scale(chart: Chart) -> Iterator[str]:
    top = _top(chart)
    names = list(enumerate(chart.scale)) if chart.scale else [(0, "0"), (top, str(top))]
    for level, name in names:
        y = HEIGHT * (1 - level / top)
        yield f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--rule)"/>'
        yield _text(LEFT - 6, max(y + 4, 9), name, "var(--dim)", anchor="end")


def _bars(chart: Chart) -> Iterator[str]:
    top, slot = _top(chart), _slot(chart)
    wide = slot * 0.8 / max(len(chart.series), 1)
    for which, numbers in enumerate(chart.series.values()):
        for place, number in enumerate(numbers):
            # The lowest judgement is one as well, and is seen.
            tall = max(HEIGHT * number / top, 2 if chart.scale else 0)
            if tall:
                x = LEFT + slot * (place + 0.1) + wide * which
                yield _rect(x, HEIGHT - tall, wide, tall, COLOURS[which % len(COLOURS)])


def _foot(chart: Chart) -> Iterator[str]:
    step = max(1, -(-len(chart.days) // LABELS_MAX))
    for place in range(0, len(chart.days), step):
        yield _text(LEFT + _slot(chart) * place, HEIGHT + 14, chart.days[place][5:], "var(--dim)")
    for which, name in enumerate(() if chart.scale else chart.series):
        x = LEFT + 110 * which
        yield _rect(x, HEIGHT + 22, 10, 8, COLOURS[which % len(COLOURS)])
        yield _text(x + 15, HEIGHT + 30, name, "var(--dim)")


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def _text(x: float, y: float, text: str, fill: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'
