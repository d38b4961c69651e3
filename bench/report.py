"""What was found, as rows: for a terminal, as Markdown and as JSON.

A row has what was measured, what it must be, and whether it is met; a row without a limit only informs.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One finding. `met`: None where there is no limit. `values`: the plain numbers behind the words."""

    group: str
    what: str
    measured: str
    must: str = ""
    met: bool | None = None
    note: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def at_least(group: str, what: str, value: float, limit: float, *, unit: str, note: str = "", **values: Any) -> Row:
    """A row that is met from `limit` on."""
    must = f"at least {figure(limit)}{unit}"
    numbers = {"value": value, "limit": limit, **values}
    return Row(group, what, f"{figure(value)}{unit}", must, value >= limit, note, numbers)


def at_most(group: str, what: str, value: float, limit: float, *, unit: str, note: str = "", **values: Any) -> Row:
    """A row that is met up to `limit`."""
    must = f"at most {figure(limit)}{unit}"
    numbers = {"value": value, "limit": limit, **values}
    return Row(group, what, f"{figure(value)}{unit}", must, value <= limit, note, numbers)


def plain(group: str, what: str, value: float, *, unit: str, note: str = "", **values: Any) -> Row:
    """A row that only informs."""
    return Row(group, what, f"{figure(value)}{unit}", note=note, values={"value": value, **values})


def figure(value: float) -> str:
    """Three digits that count, thousands apart.

    >>> [figure(value) for value in (0.012345, 1.5, 12.345, 1234.5, 1234567.0, 0.0)]
    ['0.0123', '1.5', '12.3', '1,234', '1,234,567', '0']
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits > 0 else f"{value:.0f}"


def median(values: Iterable[float]) -> float:
    """The middle of what repetitions gave."""
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies, by nearest rank.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5), quantile([4.0, 1.0, 3.0, 2.0], 0.99)
    (2.0, 4.0)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def word(row: Row) -> str:
    """`yes`, `NO`, or nothing where there is no limit."""
    return "" if row.met is None else "yes" if row.met else "NO"


def table(rows: Sequence[Row]) -> Table:
    """For a terminal."""
    from rich.table import Table

    made = Table(show_lines=False, pad_edge=False)
    for name, side in (("measured", "left"), ("is", "right"), ("must be", "right"), ("met", "left"), ("note", "left")):
        made.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            made.add_section()
            made.add_row(f"[bold]{group}[/bold]")
        colour = "" if row.met is None else "green" if row.met else "red"
        said = f"[{colour}]{word(row)}[/{colour}]" if colour else ""
        made.add_row(row.what, row.measured, row.must, said, row.note)
    return made


def markdown(rows: Sequence[Row], machine: dict[str, Any], remarks: Sequence[str]) -> str:
    """The page of results."""
    about = (
        f"Commit {machine['commit']}, {machine['at']}. {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_mib']} MiB, {machine['kernel']}, Python {machine['python']}, SQLite {machine['sqlite']}."
    )
    lines = ["# What `make bench` measured", "", about, ""]
    lines += [f"- {remark}" for remark in remarks]
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines += [
                "",
                f"## {group}",
                "",
                "| measured | is | must be | met | note |",
                "| --- | ---: | ---: | --- | --- |",
            ]
        cells = (row.what, row.measured, row.must, word(row), row.note)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def document(rows: Sequence[Row], machine: dict[str, Any], remarks: Sequence[str]) -> str:
    """As JSON: `machine`, `remarks`, `rows`."""
    return json.dumps(
        {"machine": machine, "remarks": list(remarks), "rows": [asdict(row) for row in rows]}, indent=1, default=str
    )


def write(folder: Path, rows: Sequence[Row], machine: dict[str, Any], remarks: Sequence[str], *, name: str) -> Path:
    """Writes `name`.json and `name`.md; the path of the latter."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(document(rows, machine, remarks) + "\n")
    page = folder / f"{name}.md"
    page.write_text(markdown(rows, machine, remarks))
    return page
