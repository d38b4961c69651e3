"""Expected: a leaf of a log as whoever carries the log out reads it, and how it is told from what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.leaf import canonical, fields_of, joined
from relto.usecases.evidence.faults import Broken, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHOWN_MAX: Final = 120
"""Characters of a value that a fault shows."""

UNREADABLE: Final = (
    KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, AssertionError, RecursionError,
    msgspec.MsgspecError,
)  # fmt: skip
"""What reading a leaf raises, or doing what it says, where it says what no node of ours would."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A leaf of the log: its number (of the first of its parts), kind, and what it says beside its frame."""

    number: int
    kind: str
    fields: dict[str, Any]
    at: int

    @property
    def identity(self) -> object:
        """What it is about: two leaves of one block have different ones, or the same and say the same."""
        return identity(self.kind, self.fields)


def identity(kind: str, fields: Mapping[str, Any]) -> object:
    """See `Expected.identity`."""
    match kind:
        case "change":
            return kind
        case "act":
            return kind, fields.get("number")
        case "batch":
            return kind, fields.get("first")
        case "epoch":
            return kind, fields.get("stream"), fields.get("number")
        case "row" if fields.get("table") == "agreements":
            return "agreements", fields["row"].get("id"), fields["row"].get("version")
        case "row" if fields.get("table") == "pauses":
            return "pauses", fields["row"].get("number"), fields["row"].get("version")
        case _:
            return kind, canonical(fields)


def said(leaves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a leaf says beside its frame. It is the last of these; before it stand its parts.

    Raises `BadInput` (`leaf-invalid`).
    """
    return fields_of(joined(leaves)[-1])


def read_block(first: int, read: Sequence[Mapping[str, Any]]) -> list[Expected]:
    """The leaves of one write block, whose numbers begin at `first`, with their parts put together.

    Raises `BadInput` (`leaf-invalid`).
    """
    found: list[Expected] = []
    start = 0
    for place, leaf in enumerate(read):
        if leaf["kind"] == "part" and place + 1 < len(read):
            continue
        # A leaf with parts is one leaf, and is named by the number of the last, which says its kind.
        found.append(Expected(first + place, leaf["kind"], said(read[start : place + 1]), leaf["at"]))
        start = place + 1
    return found


def differing(said: Mapping[str, Any], follows: Mapping[str, Any]) -> Iterator[str]:
    """In words, each member that a leaf says otherwise than it follows; of an act's value, each of its members."""
    for name in sorted({*said, *follows}):
        one, other = said.get(name), follows.get(name)
        if one == other:
            continue
        if name == "value" and isinstance(one, str) and isinstance(other, str):
            yield from differing(msgspec.json.decode(one), msgspec.json.decode(other))
        else:
            yield f"`{name}` is {_short(one)}, and follows to be {_short(other)}"


def _short(value: object) -> str:
    text = canonical(value).decode()
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def broken(leaf: Expected, code: str, text: str) -> Broken:
    """What a leaf shows is such that nothing after it can be judged."""
    return Broken(Fault(code, text, leaf=leaf.number))
