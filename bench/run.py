"""`make bench`: Relto beside what one would take instead, beside the floor, and beside itself when it has grown.

    make bench                                     # all of it, forty minutes
    make bench ARGS=--quick                        # enough to see that nothing is far off, eight minutes
    make bench ARGS="--only growth"                # one part

Prints a table, and writes it to `bench/results/` as JSON and Markdown. Ratios count: what is compared runs in the same
minutes on the same machine, and the middle of several repetitions is taken.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import machine, process, report
from bench.client import Failed
from bench.plan import FULL, QUICK
from rich.console import Console

PARTS = {
    "ingest": "taking_in",
    "sharing": "sharing",
    "growth": "growth",
    "folding": "folding",
    "whole": "losses",
    "load": "under_load",
    "log": "log",
    "reading": "reading.measure",
    "search": "searching",
    "pages": "pages",
}
"""What `--only` takes, and the module that measures it."""

RESULTS = Path(__file__).with_name("results")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 when every limit was met, 1 when one was not, 3 when a part could not be measured."""
    options = parsed(arguments)
    plan = QUICK if options.quick else FULL
    console = Console(stderr=True, highlight=False)
    about = machine.described()
    busy = machine.BusyTime()
    began = time.perf_counter()
    rows: list[report.Row] = []
    failed = False
    for part in options.only or PARTS:
        folder = Path(tempfile.mkdtemp(prefix="relto-bench-", dir=options.folder))
        try:
            measure = importlib.import_module(f"bench.{PARTS[part]}").measure
            rows += measure(plan, folder, lambda text: console.print(f"[dim]{text}[/dim]"))
        except Failed as error:
            failed = True
            console.print(f"[red]{part}: {error}[/red]", markup=True)
            rows.append(report.Row(part, "could not be measured", "", note=str(error).splitlines()[0][:200]))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    remarks = remarked(
        quick=plan.quick,
        seconds=time.perf_counter() - began,
        others=busy.others(besides=process.unwaited_seconds()),
        load=float(about["load_before"]),
    )
    Console(width=None if sys.stdout.isatty() else 150).print(report.table(rows), *remarks, sep="\n")
    if options.json:
        options.json.write_text(report.document(rows, about, remarks) + "\n")
    if not options.keep_nothing:
        name = "-".join([str(about["at"])[:10], str(about["commit"]).rstrip("+"), *(["quick"] if plan.quick else [])])
        name += "".join(f"-{part}" for part in options.only or ())
        console.print(f"written: bench/results/{report.write(RESULTS, rows, about, remarks, name=name).name}")
    return 3 if failed else 1 if any(row.met is False for row in rows) else 0


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure Relto side by side.")
    parser.add_argument("--quick", action="store_true", help="small sizes, one repetition: eight minutes")
    parser.add_argument("--only", action="append", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there as well")
    parser.add_argument("--keep-nothing", action="store_true", help="write nothing to bench/results")
    parser.add_argument("--folder", type=Path, help="where databases are made for the time being (a disk, no tmpfs)")
    return parser.parse_args(arguments)


def remarked(*, quick: bool, seconds: float, others: float, load: float) -> list[str]:
    """What a reader of the numbers has to know."""
    found = [f"It took {seconds:.0f} seconds."]
    if quick:
        found.append("A quick run: small sizes and one repetition; no limit is judged for good by it.")
    said = f"Others used {100 * others:.0f} % of the processor meanwhile, and the load was {load} before it began"
    found.append(said + (": the machine was not quiet, so ratios count, and rates are low." if others > 0.1 else "."))
    return found


if __name__ == "__main__":
    sys.exit(main())
