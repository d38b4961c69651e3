"""Relto with a part of its log left out, which no setting of the product does: what that part costs is the difference.

`python planted.py PART ARGUMENT…` is `relto ARGUMENT…` without it. With `deliveries` pages leave that are on no record;
with `recording` nothing at all makes leaves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

WITHOUT: dict[str, Callable[[], None]] = {}


def without(plant: Callable[[], None]) -> Callable[[], None]:
    """Under the name of the part that it leaves out."""
    WITHOUT[plant.__name__] = plant
    return plant


@without
def deliveries() -> None:
    """Whatever goes on record before an answer leaves does not, its reader's track among it."""
    from relto.usecases.delivering import DeliveryDesk

    def record(*_: Any, **_named: Any) -> bool:
        return True

    DeliveryDesk.record = record


@without
def recording() -> None:
    """The store of a node that is opened has no log around it."""
    from relto import wiring

    wiring.recorded = lambda node: node


def program(part: str) -> tuple[str, ...]:
    """What stands for `python -m relto`. Needs `environment()` as well."""
    assert part in WITHOUT, part
    return sys.executable, os.fspath(Path(__file__)), part


def environment() -> dict[str, str]:
    """Lets a program that is run by its path find `bench`; and not what lies beside it by short names."""
    return {"PYTHONPATH": os.fspath(Path(__file__).resolve().parents[1]), "PYTHONSAFEPATH": "1"}


def main(arguments: list[str]) -> None:
    """As the module says."""
    part, *rest = arguments
    WITHOUT[part]()
    from relto.faces.cli import main as relto

    sys.argv[1:] = rest
    relto()


if __name__ == "__main__":
    main(sys.argv[1:])
