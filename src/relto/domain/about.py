"""About: the one name by which a leaf of the log is found again, beside its kind and its party.

An act, a batch and an epoch are found by their numbers, and a page that never left by its own. A delivery is found by
each of its items: its place is about the smallest bin that holds all of them, and an item lies in two bins of each
size, so that whoever looks for it asks for a few dozen names, however long the log is. Bins of one size lie in two
rows, the second half a bin further, so that no page is in a large bin only because it lies across an edge.

>>> about("act", {"number": 4}), about("batch", {"first": 12, "last": 15}), about("mark", {})
('act 4', 'batch 12', None)
>>> about("place", {"flow": 2, "items": [[7, 8]]})
'given 2 1.1.4'
>>> about("place", {"flow": 2, "items": [[7, 8]]}) in given(2, 8, upto=100)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def about(kind: str, fields: Mapping[str, Any]) -> str | None:
    """What a leaf that says this is about; None: nothing that anyone looks for."""
    match kind:
        case "act":
            return of_act(fields["number"])
        case "batch":
            return of_batch(fields["first"])
        case "epoch":
            return of_epoch(fields["stream"], fields["number"])
        case "withdrawn":
            return of_page(fields["reader"], fields["page"])
        case "place" if fields["items"]:
            return _of_bin(fields["flow"], *_bin(fields["items"]))
        case _:
            return None


def of_act(number: int) -> str:
    """What all leaves of an act are about."""
    return f"act {number}"


def of_batch(first: int) -> str:
    """What the leaf of the batch is about that begins with this item."""
    return f"batch {first}"


def of_epoch(stream: int, number: int) -> str:
    """What all leaves of an epoch are about."""
    return f"epoch {stream}.{number}"


def of_page(reader: str, page: int) -> str:
    """What the leaf is about that says of a page that it never left."""
    return f"page {page} {reader}"


def given(flow: int, seq: int, *, upto: int) -> Iterator[str]:
    """What a delivery of this item may be about, in a flow of a node whose last item is `upto`."""
    for level in range(max(upto, 1).bit_length() + 1):
        half = 1 << level >> 1
        yield _of_bin(flow, level, 0, seq >> level)
        if half:
            yield _of_bin(flow, level, 1, seq + half >> level)


def _of_bin(flow: int, level: int, row: int, number: int) -> str:
    return f"given {flow} {level}.{row}.{number}"


def _bin(runs: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    """The smallest bin that holds these runs of [first, last], as (level, row, number): one of `level` has 2 to the
    power of `level` numbers.
    """
    if len(runs) == 1:
        first, last = runs[0]
    else:
        first, last = min(run[0] for run in runs), max(run[1] for run in runs)
    # Whoever reads waits for this. From `whole` on one bin of the first row holds both; below, one of the second may.
    whole = (first ^ last).bit_length()
    for level in range(max((last - first).bit_length() - 1, 1), whole):
        half = 1 << level >> 1
        if first + half >> level == last + half >> level:
            return level, 1, first + half >> level
    return whole, 0, first >> whole
