"""The screen: tables and lines for people that fit the terminal, whatever its width.

Colours only where somebody looks (rich honours `NO_COLOR`); what is not a terminal gets one line for each row, uncut.
Nothing that a stranger wrote can move the cursor.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relto.faces.drawing import bar, curve, merged

GAP: Final = 2
"""Spaces between columns."""

FOLDED_MIN: Final = 12
"""A column of words is not folded to fewer characters: then each row becomes a block of lines."""

UNCUT: Final = 100_000

DRAWN_MAX: Final = 80
"""No bar and no curve is longer than a line of so many characters, however wide the terminal."""

BROAD_MAX: Final = 3
"""Characters for one value of a curve."""

BAR_MIN: Final = 8
"""Where there is no room for a bar of so many characters, there is none."""

STYLES: Final = {
    "flowing": "green", "released": "green", "release": "green", "ok": "green", "applied": "green", "active": "green",
    "partly-paused": "yellow", "hold": "yellow", "warning": "yellow", "scheduled": "yellow", "proposed": "yellow",
    "paused": "red", "withhold": "red", "error": "red", "ended": "dim", "revoked": "dim",
}  # fmt: skip

SYMBOLS: Final = {
    "flowing": "●", "partly-paused": "◐", "paused": "○", "ended": "✗", "release": "●", "hold": "○", "withhold": "✗",
    "error": "✗", "warning": "!", "scheduled": "◷", "proposed": "…",
}  # fmt: skip


class Screen:
    """Standard output for what was asked, standard error for the rest; `quiet`: only standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._out = _console(sys.stderr if quiet else sys.stdout)
        self._error = _console(sys.stderr)

    @property
    def is_uncut(self) -> bool:
        """Whether nothing limits a line: nobody looks at a terminal."""
        return self._out.width >= UNCUT

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self._out.width

    def wrapped(self, text: str, width: int) -> list[str]:
        """The text in lines of that many columns, for whoever goes on to draw something beside them."""
        return [line.plain.rstrip() for line in Text(clean(text)).wrap(self._out, width)]

    def line(self, text: str, style: str = "", *, whole: bool = False) -> None:
        """A line of what was asked; `whole`: never broken, since somebody will copy it."""
        self._out.print(Text(clean(text), style), soft_wrap=whole or self.is_uncut)

    def note(self, text: str) -> None:
        """A line beside what was asked."""
        self._error.print(Text(clean(text)), soft_wrap=self._error.width >= UNCUT)

    def warn(self, text: str, remedy: str = "") -> None:
        """Something that a person should know."""
        self._error.print(Text.assemble(("warning: ", "yellow"), clean(text)))
        if remedy:
            self._error.print(Text(clean(f"  try: {remedy}")))

    def error(self, message: str, code: str, remedy: str) -> None:
        """Why it was not done."""
        self._error.print(Text.assemble(("relto: ", "bold red"), clean(message), (f" ({code})", "dim")))
        if remedy:
            self._error.print(Text(clean(f"  try: {remedy}")))

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Names and values, one a line; what is empty is left out."""
        shown = [(name, str(value)) for name, value in pairs if value not in (None, "", [], ())]
        widest = max((cell_len(name) for name, _ in shown), default=0)
        for name, value in shown:
            label = Text(f"{name}:", "bold")
            if widest + GAP + FOLDED_MIN > self._out.width:
                self._out.print(Text.assemble(label, " ", clean(value)))
                continue
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=widest + 1)
            grid.add_column(overflow="fold")
            grid.add_row(label, Text(clean(value)))
            self._out.print(grid)

    @property
    def _drawn(self) -> int:
        """The longest line that is drawn."""
        return min(self._out.width, DRAWN_MAX)

    def bars(self, pairs: Sequence[tuple[str, int]], style: str) -> None:
        """Names and numbers, one a line, with bars beside them where there is room; the longest first."""
        shown = sorted(((clean(name), items) for name, items in pairs), key=lambda pair: (-pair[1], pair[0]))
        most = max((items for _, items in shown), default=0)
        names = max((cell_len(name) for name, _ in shown), default=0)
        room = self._drawn - names - len(str(most)) - 3 * GAP
        for name, items in shown:
            label = Text(f"{' ' * GAP}{name}{' ' * (names - cell_len(name) + GAP)}{items:>{len(str(most))}}")
            if room >= BAR_MIN:
                label.append(" " * GAP).append(bar(items, most=most, width=room), style)
            self._out.print(label, soft_wrap=self.is_uncut)

    def curves(self, series: Sequence[Sequence[int]], mark: str, style: str) -> int:
        """The series one after the other, with the mark between them, on one scale and one line; how many values
        each place on it stands for, so that they fit.
        """
        room = self._drawn - GAP - (len(series) - 1) * (cell_len(mark) + 2)
        together = max(-(-sum(map(len, series)) // max(room - len(series), 1)), 1)
        parts = [merged(each, together) for each in series]
        most = max((value for each in parts for value in each), default=0)
        # Few values are drawn broad.
        broad = min(max(room // max(sum(map(len, parts)), 1), 1), BROAD_MAX)
        drawn = f" {mark} ".join(curve(each, most=most, broad=broad) for each in parts)
        self.line(" " * GAP + drawn, style, whole=True)
        return together

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
        """A table; numbers stand right. Where it does not fit, its last column is folded, else each row is a block."""
        if not rows:
            if empty:
                self.note(empty)
            return
        cells = [[_cell(value) for value in row] for row in rows]
        widths = [
            max(cell_len(title), *(cell_len(row[place].plain) for row in cells)) for place, title in enumerate(columns)
        ]
        room = self._out.width - sum(widths[:-1]) - GAP * (len(columns) - 1)
        if room < min(widths[-1], FOLDED_MIN):
            for number, row in enumerate(cells):
                if number:
                    self._out.print()
                for title, cell in zip(columns, row, strict=True):
                    if cell.plain:
                        self._out.print(Text.assemble((f"{title}: ", "bold"), cell))
            return
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for place, title in enumerate(columns):
            last = place == len(columns) - 1
            numbers = all(isinstance(row[place], int) for row in rows)
            table.add_column(
                title, justify="right" if numbers else "left", no_wrap=not last, overflow="fold" if last else "ignore"
            )
        for row in cells:
            table.add_row(*row)
        self._out.print(table)


def _console(file: object) -> Console:
    console = Console(file=file, markup=False, highlight=False, emoji=False)  # type: ignore[arg-type]  # it is a text stream
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        return Console(file=file, markup=False, highlight=False, emoji=False, width=UNCUT)  # type: ignore[arg-type]  # as above
    return console


def _cell(value: object) -> Text:
    text = "" if value is None else clean(str(value))
    if isinstance(value, str) and value in STYLES:
        symbol = SYMBOLS.get(value)
        return Text(f"{symbol} {text}" if symbol else text, STYLES[value])
    return Text(text)


def clean(text: str) -> str:
    r"""Return the text with nothing in it that a terminal would obey.

    >>> clean("red\x1b[31m")
    'red�[31m'
    """
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def some(count: int, noun: str) -> str:
    """A number of things, for people.

    >>> some(1, "item"), some(2, "class")
    ('1 item', '2 classes')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"


def lasting(microseconds: int) -> str:
    """How long something lasts, for people, in the units that are typed.

    >>> lasting(4_200_000), lasting(5_430_000_000), lasting(273_600_000_000)
    ('4s', '1h 30m', '3d 4h')
    """
    seconds = microseconds // 1_000_000
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        parts.append(f"{count}{unit}" if count else "")
    first = next((place for place, part in enumerate(parts) if part), len(parts) - 1)
    return " ".join(part for part in parts[first : first + 2] if part) or "0s"


def moment(text: str | None) -> str:
    """A moment of a document for people, in UTC.

    >>> moment("2025-03-05T12:00:00.000000Z")
    '2025-03-05 12:00:00Z'
    """
    return "" if text is None else text[:19].replace("T", " ") + "Z"


def day_and_time(moment: int | None) -> str:
    """A moment for people, in UTC.

    >>> day_and_time(1741176000_000000)
    '2025-03-05 12:00:00Z'
    """
    from relto.domain.moment import write

    return "" if moment is None else write(moment)[:19].replace("T", " ") + "Z"
