"""What a journal comes to: what each kind of client lost, what it was given twice and by whose doing, what was shown.

**Owed** to each reader is the last acknowledged version of each object; a later one in its place will do (the default
of `match[version]` is `last`). What the server refused, or left in doubt, is owed to nobody.

**Lost** is what a reader still has not got when it has come to its end. It is split: *gone* (whoever reads everything
from the start does not find it either), *after an error* (the server answered with an error, or not at all, and the
client moved its cursor past the object's date all the same), *passed over* (neither: the client was answered, and its
cursor went past it). What a reader has not got that did not come to its end in time is *unread*, and not judged.

**Repeated** is a version that came again. It is split: *asked again* (the client asked from before the date that it
had got, or sent the `next` of an old walk, or its walk had broken), *for want of a date* (the server sent no date
header, and the client went back to its start), *by the server* (the client had asked for what is later, or it came
twice within one walk), *nobody can say* (the page had no dates).

**Shown** is what was written and given while one pause lasted: between the end of the command that paused and the
start of the one that resumed. Pauses are taken to hold everything that is written.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bench.whole.clients import Key
from bench.whole.journal import ACKNOWLEDGED, IN_DOUBT, Asked, Journal, Wrote

EXAMPLES = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Losses:
    """Pairs of a reader and an object. `unread` is not judged."""

    gone: int = 0
    after_an_error: int = 0
    passed_over: int = 0
    unread: int = 0

    @property
    def all(self) -> int:
        """What is lost, together."""
        return self.gone + self.after_an_error + self.passed_over


@dataclass(slots=True)
class Repeats:
    """Receptions beyond the first, of a reader and a version."""

    asked_again: int = 0
    for_want_of_a_date: int = 0
    by_the_server: int = 0
    nobody_can_say: int = 0

    @property
    def all(self) -> int:
        """Together."""
        return self.asked_again + self.for_want_of_a_date + self.by_the_server + self.nobody_can_say


@dataclass(slots=True)
class Kind:
    """One kind of client. `owed`, `got`, `lost`: over its readers; `objects_lost`: different ones.

    `errors`: status → how often, 0 for no answer. Latencies in seconds, of polls that were answered with 200.
    """

    kind: str
    readers: int = 0
    owed: int = 0
    got: int = 0
    lost: Losses = field(default_factory=Losses)
    objects_lost: int = 0
    repeated: Repeats = field(default_factory=Repeats)
    shown: int = 0
    requests: int = 0
    errors: dict[int, int] = field(default_factory=dict)
    stuck: int = 0
    unfinished: int = 0
    p50: float = 0.0
    p99: float = 0.0
    quiet_p99: float = 0.0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """The whole of it. `written`: acknowledged versions; `posts`: requests that gave them; `in_pauses`: pages that were
    asked and answered within one pause.
    """

    kinds: list[Kind]
    written: int = 0
    refused: int = 0
    in_doubt: int = 0
    posts: int = 0
    write_p50: float = 0.0
    write_p99: float = 0.0
    pauses: int = 0
    failed_acts: list[str] = field(default_factory=list)
    in_pauses: int = 0
    p50: float = 0.0
    p99: float = 0.0
    quiet_p50: float = 0.0
    quiet_p99: float = 0.0
    quiet_polls: int = 0
    loaded_polls: int = 0

    @property
    def lost(self) -> int:
        """Of all kinds."""
        return sum(each.lost.all for each in self.kinds)

    @property
    def unread(self) -> int:
        """Of all kinds."""
        return sum(each.lost.unread for each in self.kinds)

    @property
    def repeated_by_the_server(self) -> int:
        """Of all kinds."""
        return sum(each.repeated.by_the_server for each in self.kinds)

    @property
    def shown(self) -> int:
        """Of all kinds."""
        return sum(each.shown for each in self.kinds)

    @property
    def is_good(self) -> bool:
        """Nothing lost, and nothing shown while it was paused."""
        return not self.lost and not self.shown

    def document(self) -> dict[str, Any]:
        """As plain values."""
        found = asdict(self)
        for made, kind in zip(found["kinds"], self.kinds, strict=True):
            made["lost"]["all"], made["repeated"]["all"] = kind.lost.all, kind.repeated.all
        return found | {
            "lost": self.lost,
            "unread": self.unread,
            "shown": self.shown,
            "repeated_by_the_server": self.repeated_by_the_server,
            "is_good": self.is_good,
        }


def judged(journal: Journal) -> Verdict:
    """What a journal comes to."""
    owed = _owed(journal.wrote)
    pauses = _pauses(journal)
    begun = {key: wrote.begun for wrote in journal.wrote for key in wrote.keys}
    by_reader: dict[str, list[Asked]] = defaultdict(list)
    for each in journal.asked:
        by_reader[each.reader].append(each)
    kinds = []
    for name in dict.fromkeys(journal.readers.values()):
        found = Kind(name)
        missing: set[Key] = set()
        for reader in (reader for reader, kind in journal.readers.items() if kind == name):
            mine = sorted(by_reader[reader], key=lambda each: each.begun)
            found.readers += 1
            found.stuck += journal.stuck.get(reader, 0)
            found.unfinished += reader in journal.unfinished
            missing |= _losses(found, journal, reader, mine, owed)
            _repeats(found, mine, frozenset(begun))
            _shown(found, mine, begun, pauses)
        found.objects_lost = len(missing)
        every = [each for each in journal.asked if journal.readers[each.reader] == name]
        found.requests = len(every)
        found.errors = dict(Counter(each.status for each in every if each.status != 200))
        quiet, loaded = _latencies(journal, every)
        found.p50, found.p99, found.quiet_p99 = quantile(loaded, 0.5), quantile(loaded, 0.99), quantile(quiet, 0.99)
        kinds.append(found)
    return _summed(journal, kinds, pauses)


def _summed(journal: Journal, kinds: list[Kind], pauses: Sequence[tuple[float, float]]) -> Verdict:
    counts = Counter[str]()
    for each in journal.wrote:
        counts[each.outcome] += len(each.keys)
    taken = [each.ended - each.begun for each in journal.wrote if each.outcome == ACKNOWLEDGED]
    quiet, loaded = _latencies(journal, journal.asked)
    return Verdict(
        kinds,
        written=counts[ACKNOWLEDGED],
        refused=sum(counts.values()) - counts[ACKNOWLEDGED] - counts[IN_DOUBT],
        in_doubt=counts[IN_DOUBT],
        posts=len(taken),
        write_p50=quantile(taken, 0.5),
        write_p99=quantile(taken, 0.99),
        pauses=sum(act.what == "pause" and act.succeeded for act in journal.acts),
        failed_acts=[f"{act.what}: {act.said}" for act in journal.acts if not act.succeeded][:EXAMPLES],
        in_pauses=sum(
            any(from_ <= each.begun and each.ended <= to for from_, to in pauses)
            for each in journal.asked
            if each.status == 200
        ),
        p50=quantile(loaded, 0.5),
        p99=quantile(loaded, 0.99),
        quiet_p50=quantile(quiet, 0.5),
        quiet_p99=quantile(quiet, 0.99),
        quiet_polls=len(quiet),
        loaded_polls=len(loaded),
    )


# What is owed, and what of it was lost.


def _owed(wrote: Sequence[Wrote]) -> dict[str, tuple[str, float]]:
    """Of each object its last acknowledged version, and when that was acknowledged."""
    found: dict[str, tuple[str, float]] = {}
    for each in wrote:
        if each.outcome == ACKNOWLEDGED:
            for stix_id, modified in each.keys:
                if stix_id not in found or moment(modified) > moment(found[stix_id][0]):
                    found[stix_id] = (modified, each.ended)
    return found


def _losses(
    found: Kind, journal: Journal, reader: str, mine: Sequence[Asked], owed: dict[str, tuple[str, float]]
) -> set[Key]:
    """Counts, and the objects that are lost to this reader."""
    kept = _newest((key for each in mine if not each.thrown for key in each.keys), owed)
    there = None if journal.audit is None else _newest(journal.audit, owed)
    dates = journal.audit or {}
    missing = set()
    for stix_id, (modified, acknowledged) in owed.items():
        found.owed += 1
        if kept.get(stix_id, -1) >= moment(modified):
            found.got += 1
            continue
        if reader in journal.unfinished:
            found.lost.unread += 1
            continue
        missing.add((stix_id, modified))
        if there is not None and there.get(stix_id, -1) < moment(modified):
            why = "gone"
        elif _moved_on(mine, dates.get((stix_id, modified)), acknowledged):
            why = "after_an_error"
        else:
            why = "passed_over"
        setattr(found.lost, why, getattr(found.lost, why) + 1)
        if len(found.examples) < EXAMPLES:
            found.examples.append(f"{reader} never got {stix_id} of {modified}: {why.replace('_', ' ')}")
    return missing


def _newest(keys: Iterable[Key], among: Container[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for stix_id, modified in keys:
        if stix_id in among:
            found[stix_id] = max(found.get(stix_id, -1), moment(modified))
    return found


def _moved_on(mine: Sequence[Asked], date: str | None, acknowledged: float) -> bool:
    """Whether it was after an error that the client moved its cursor past that date.

    Where the date is not known: whether it ever moved on after an error, once the object was there.
    """
    if date is None:
        return any(each.moved_on and each.ended > acknowledged for each in mine)
    before: Asked | None = None
    for each in mine:
        if before is not None and each.walk != before.walk and moment(each.after) >= moment(date):
            return before.moved_on
        before = each
    return False


# What came twice, and what was shown.


def _repeats(found: Kind, mine: Sequence[Asked], ours: Container[Key]) -> None:
    broken = {each.walk for each in mine if each.status != 200}
    before: dict[Key, Asked] = {}
    for each in mine:
        for key in each.keys:
            # What others wrote, or what was there before, is not judged.
            if key not in ours:
                continue
            if key in before:
                whose = _whose(before[key], each, broken)
                setattr(found.repeated, whose, getattr(found.repeated, whose) + 1)
                if whose == "by_the_server" and len(found.examples) < EXAMPLES:
                    found.examples.append(f"{each.reader} asked for what is after {each.after}, got {key[0]} again")
            before[key] = each


def _whose(before: Asked, again: Asked, broken: Container[int]) -> str:
    """By whose doing a version came again: the name of a count of `Repeats`."""
    if before.thrown:
        return "asked_again"
    if before.walk == again.walk:
        return "asked_again" if again.walk in broken else "by_the_server"
    if again.forgot:
        return "for_want_of_a_date"
    if again.stale:
        return "asked_again"
    if before.last is None:
        return "nobody_can_say"
    return "asked_again" if moment(again.after) < moment(before.last) else "by_the_server"


def _pauses(journal: Journal) -> list[tuple[float, float]]:
    """From the end of each command that paused to the start of the next that resumed."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for act in sorted(journal.acts, key=lambda act: act.begun):
        if act.what == "resume":
            if since is not None:
                found.append((since, act.begun))
            since = None
        elif act.succeeded and since is None:
            since = act.ended
    return found


def _shown(found: Kind, mine: Sequence[Asked], begun: dict[Key, float], pauses: Sequence[tuple[float, float]]) -> None:
    for each in mine:
        for from_, to in pauses:
            if from_ < each.ended <= to:
                shown = [key for key in each.keys if from_ <= begun.get(key, -1.0)]
                found.shown += len(shown)
                if shown and len(found.examples) < EXAMPLES:
                    found.examples.append(f"{each.reader} was given {shown[0][0]} while it was paused")


# How long it took.


def _latencies(journal: Journal, asked: Iterable[Asked]) -> tuple[list[float], list[float]]:
    """Seconds of polls in the quiet stretch, and while it was written."""
    quiet, loaded = [], []
    for each in asked:
        if each.status == 200:
            if journal.quiet_from <= each.begun and each.ended < journal.loaded_from:
                quiet.append(each.ended - each.begun)
            elif journal.loaded_from <= each.begun <= journal.loaded_to:
                loaded.append(each.ended - each.begun)
    return quiet, loaded


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies, by nearest rank; 0 of nothing.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5), quantile([], 0.5)
    (2.0, 0.0)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@cache
def moment(text: str) -> int:
    """Microseconds since 1970 of a date as TAXII or STIX writes it.

    >>> moment("1970-01-01T00:00:01.5Z")
    1500000
    """
    at = datetime.fromisoformat(text)
    return (at - EPOCH) // timedelta(microseconds=1)
