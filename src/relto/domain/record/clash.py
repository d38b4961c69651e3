"""Clashes: entries that cannot both be so, found by plain rules; which of them is right is for people to say.

| kinds | when the dates meet, and | but |
| --- | --- | --- |
| talks | both were in one place | other parties took part |
| deal | the same parties and subject | it stands otherwise |
| measure | the same pause, or by the same party | it goes further |
| impact | on the same party | it is grave for one, and nothing or slight for the other |

>>> from relto.domain.record.entry import Entry
>>> from relto.domain.record.who import Stored
>>> said = {"kind": "measure", "date": "2025-03-05", "does": "paused", "by": {"party": "USA"}}
>>> one, other = (Entry.parse(said | {"extent": each}, names=Stored()) for each in ("partial", "complete"))
>>> clashes(one, other)
'one says partial, the other complete'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from relto.domain.record.telling import listed

if TYPE_CHECKING:
    from relto.domain.record.entry import Entry

_WORD: Final = re.compile(r"\w+")
_LIGHT: Final = frozenset({"none", "slight"})
_SMALL: Final = frozenset({"the", "of", "a", "an", "in", "on", "and", "for", "to", "with"})


def clashes(one: Entry, other: Entry) -> str:
    """Why the two cannot both be so, in words; empty where they can."""
    rule = _RULES.get(one.kind)
    if rule is None or one.kind != other.kind or not one.date.overlaps(other.date):
        return ""
    if one.confidence == "denied" or other.confidence == "denied":
        return ""
    return rule(one, other)


def claim(entry: Entry) -> str:
    """What an entry claims: two of one kind that claim the same never clash, and what claims nothing (empty) clashes
    with nothing. So most of a long record need not be compared.
    """
    of = _CLAIMS.get(entry.kind)
    return "" if of is None or entry.confidence == "denied" else of(entry)


def _talks(one: Entry, other: Entry) -> str:
    here, there = set(one.body.get("delegations", {})), set(other.body.get("delegations", {}))
    if not _alike(one.body["place"], other.body["place"]) or not here or not there or here == there:
        return ""
    # Different rounds of one day have nobody in common.
    if here.isdisjoint(there):
        return ""
    return f"one has {listed(sorted(here))}, the other {listed(sorted(there))}"


def _deals(one: Entry, other: Entry) -> str:
    mine, theirs = one.body["status"], other.body["status"]
    same = set(one.body["parties"]) == set(other.body["parties"]) and _alike(one.body["subject"], other.body["subject"])
    if not same or mine == theirs or one.date.precision == "moment" == other.date.precision:
        return ""
    return f"one says {mine.replace('-', ' ')}, the other {theirs.replace('-', ' ')}"


def _measures(one: Entry, other: Entry) -> str:
    mine, theirs = one.body.get("extent"), other.body.get("extent")
    if mine is None or theirs is None or mine == theirs or "unclear" in {mine, theirs}:
        return ""
    if one.pauses and other.pauses:
        same = not set(one.pauses).isdisjoint(other.pauses)
    else:
        # Of two whose party is not known, nobody can say that they are one.
        party = one.body["by"].get("party")
        same = party is not None and party == other.body["by"].get("party")
    return f"one says {mine}, the other {theirs}" if same else ""


def _impacts(one: Entry, other: Entry) -> str:
    mine, theirs = one.body["effect"], other.body["effect"]
    if set(one.body["on"]).isdisjoint(other.body["on"]) or (mine in _LIGHT) == (theirs in _LIGHT):
        return ""
    return f"one says {mine}, the other {theirs}"


def _alike(one: str, other: str) -> bool:
    """Whether one of two short texts has all words of the other that matter."""
    here, there = _words(one), _words(other)
    return bool(here and there) and (here <= there or there <= here)


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    # In a long record the same subjects and places meet again and again.
    return frozenset(_WORD.findall(text.casefold())) - _SMALL


def _extent(entry: Entry) -> str:
    extent = str(entry.body.get("extent", ""))
    return "" if extent == "unclear" else extent


_RULES: Final = {"talks": _talks, "deal": _deals, "measure": _measures, "impact": _impacts}
_CLAIMS: Final[Mapping[str, Callable[[Entry], str]]] = {
    "talks": lambda entry: ",".join(sorted(entry.body.get("delegations", ()))),
    "deal": lambda entry: str(entry.body["status"]),
    "measure": _extent,
    "impact": lambda entry: "light" if entry.body["effect"] in _LIGHT else "heavy",
}
