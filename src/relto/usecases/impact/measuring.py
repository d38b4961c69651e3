"""Measuring: the numbers of one flow under one pause, counted in a picture.

Nothing is counted row by row: the store says how many items of a class lie in a range, and which is the last. For each
class that has anything, that is asked once for each day; days are limited (`domain/impact.py`), and so is how much is
asked for at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from relto.domain.impact import Freshness, Held, Received, Series, Window
from relto.domain.moment import DAY_US
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.counting import asked_once, pieces
from relto.usecases.days import Days

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relto.domain.agreement import Agreement
    from relto.domain.pause import Pause
    from relto.domain.selector import Selector
    from relto.ports.store import Range
    from relto.usecases.impact.picture import Part, Picture

Rows = dict[int, list[int]]
"""Of each part that has any, by its key: how many items on each day."""


class _Stretch(NamedTuple):
    """Items of a part, from the first of one of its ranges to the last."""

    key: int
    first: int
    last: int


class Readable:
    """What there is to read of one flow, in one picture."""

    def __init__(self, picture: Picture, terms: Agreement, parts: Iterable[Part]) -> None:
        """`terms`: of the agreement then; `parts`: of the flow."""
        self._picture = picture
        self._terms = terms
        self._parts = {part.key: part for part in parts}
        self._excepted = {each.name: self._within(each.scope) for each in terms.exceptions}

    def _within(self, scope: Selector) -> frozenset[int]:
        unmarked = self._terms.unmarked
        return frozenset(
            key for key, part in self._parts.items() if scope.holds(part.value, unmarked=unmarked, in_doubt=False)
        )

    def staleness(self) -> list[Freshness]:
        """How old the newest is, by topic: of those that the agreement's scope names, where it names any, and that
        occur.
        """
        return self._fresh(None)

    def _fresh(self, kept: Sequence[_Stretch] | None) -> list[Freshness]:
        """`kept`: what is kept back; None where nobody is told of that."""
        readable = {key: part.given for key, part in self._parts.items() if not part.state.hidden_since}
        excepted = frozenset().union(*self._excepted.values())
        newest, plain = dict[str, int](), dict[str, int]()
        for key, _, last in self._stretches(readable):
            for topic in self._parts[key].value.topics:
                newest[topic] = max(newest.get(topic, 0), last)
                if key not in excepted:
                    plain[topic] = max(plain.get(topic, 0), last)
        newer, newer_plain = self._newer(kept or (), newest), self._newer(kept or (), plain)
        named = self._terms.scope.topics_any | self._terms.scope.topics_all
        return [
            Freshness(
                topic,
                self._stored(newest.get(topic)),
                self._stored(plain.get(topic)),
                None if kept is None else newer.get(topic, 0),
                None if kept is None else newer_plain.get(topic, 0),
            )
            for topic in sorted({*newest, *newer})
            if not named or topic in named
        ]

    def _newer(self, kept: Iterable[_Stretch], newest: Mapping[str, int]) -> dict[str, int]:
        """How much of each topic in what is kept back is newer than that item of it."""
        topics: list[str] = []
        asked: list[Range] = []
        for key, first, last in kept:
            for topic in self._parts[key].value.topics:
                topics.append(topic)
                asked.append((key, min(max(first - 1, newest.get(topic, 0)), last), last))
        found: dict[str, int] = {}
        for topic, items in zip(topics, self._counted(asked), strict=True):
            found[topic] = found.get(topic, 0) + items
        return found

    def _stored(self, seq: int | None) -> int | None:
        return None if seq is None else self._picture.stored_at(seq)

    # Counting.

    def _stretches(self, ranges: Mapping[int, Ranges]) -> list[_Stretch]:
        ends = asked_once(self._picture.ends, pieces(ranges))
        return [_Stretch(key, *pair) for (key, _, _), pair in ends.items() if pair is not None]

    def _counted(self, asked: Sequence[Range]) -> list[int]:
        found = asked_once(self._picture.counts, asked)
        return [found[each] for each in asked]


class Measure(Readable):
    """What one pause does to one flow, in one picture.

    `told`: for whoever gives. Whoever receives is told of what it can read, and of nothing that is kept from it.
    """

    def __init__(self, picture: Picture, pause: Pause, terms: Agreement, parts: Iterable[Part], *, told: bool) -> None:
        """As `Readable`."""
        super().__init__(picture, terms, (part for part in parts if told or not part.state.hidden_since))
        self._pause = pause
        self._told = told
        self._running = pause.is_running(picture.at)
        began = min(pause.since, picture.at)
        self._window = Window(began, picture.at)
        # Of a pause that is still to come everything was before.
        self._edge = picture.seq_upto(began - 1) if self._running else picture.upto
        self._since_rows, self._since_days = self._given_in(self._window)

    # What is kept back.

    def held(self) -> Held:
        """What the pause holds. For whoever gives."""
        stretches = self._stretches({key: self._held_of(part) for key, part in self._parts.items()})
        closed = self._stretches({key: self._closed_of(part) for key, part in self._parts.items()})
        oldest = self._picture.stored_at(min(each.first for each in stretches)) if stretches else None
        window = Window(min(self._window.since, self._picture.at if oldest is None else oldest), self._picture.at)
        days = Days.of(self._picture.seq_upto, window.day_numbers, after=0, upto=self._picture.upto)
        rows = self._spread(stretches, days)
        by_topic: dict[str, list[list[int]]] = {}
        by_type: dict[str, int] = {}
        for key, row in rows.items():
            value = self._parts[key].value
            by_type[value.type] = by_type.get(value.type, 0) + sum(row)
            for topic in value.topics:
                by_topic.setdefault(topic, []).append(row)
        per_day = Series.sum(days.first, rows.values(), length=days.count)
        per_topic = {
            topic: Series.sum(days.first, each, length=days.count).items for topic, each in sorted(by_topic.items())
        }
        return Held(
            per_day.total,
            {topic: sum(items) for topic, items in per_topic.items()},
            dict(sorted(by_type.items())),
            per_day,
            per_topic,
            oldest,
            sum(self._counted([(key, first - 1, last) for key, first, last in closed])),
        )

    def _held_of(self, part: Part) -> Ranges:
        return part.state.held.get(self._pause.number, EMPTY).upto(self._picture.upto)

    def _closed_of(self, part: Part) -> Ranges:
        """What was released and the pause closes to reading: it covers it, and is a cut."""
        closes = self._pause.mode == "cut" and self._pause.number in part.state.verdict.covering
        return part.given if closes and part.state.hidden_since else EMPTY

    # What there is to read.

    def staleness(self) -> list[Freshness]:
        """As of what can be read, with how much of each topic the pause keeps back that is newer."""
        return self._fresh(self._kept()) if self._told else super().staleness()

    def _kept(self) -> list[_Stretch]:
        """What the pause keeps back: what it holds, and what it closes to reading."""
        return self._stretches({key: self._held_of(part) | self._closed_of(part) for key, part in self._parts.items()})

    # What was received.

    def before(self) -> Received:
        """What was released in as many days before the pause as it has lasted."""
        window = Window.before(self._window.since, self._window.length)
        rows, days = self._given_in(window)
        return self._received(window, rows, days)

    def since(self) -> Received:
        """What was released since the pause began."""
        return self._received(self._window, self._since_rows, self._since_days)

    def warnings(self) -> dict[str, int]:
        """By exception of the agreement, what of `since` it names."""
        return {
            name: sum(sum(row) for key, row in self._since_rows.items() if key in keys)
            for name, keys in self._excepted.items()
        }

    def _given_in(self, window: Window) -> tuple[Rows, Days]:
        """What was released in the window: on the day of storing what was as it came, else on that of the act."""
        is_since = window is self._window
        after = self._edge if is_since else self._picture.seq_upto(window.since - 1)
        upto = self._picture.upto if is_since else self._edge
        days = Days.of(self._picture.seq_upto, window.day_numbers, after=after, upto=upto)
        within = Ranges.of((after, upto))
        rows = self._spread(
            self._stretches({key: _as_it_came(part) & within for key, part in self._parts.items()}), days
        )
        asked, places = [], []
        for key, part in self._parts.items():
            for moment, ranges in part.late:
                late_since = self._running and moment >= self._window.since
                if late_since is is_since and moment >= window.since:
                    asked += [(key, low, high) for low, high in ranges]
                    places += [(key, _place(days, moment))] * len(ranges.pairs)
        for (key, place), items in zip(places, self._counted(asked), strict=True):
            if items:
                rows.setdefault(key, [0] * days.count)[place] += items
        return rows, days

    def _received(self, window: Window, rows: Rows, days: Days) -> Received:
        by_topic: dict[str, int] = {}
        for key, row in rows.items():
            for topic in self._parts[key].value.topics:
                by_topic[topic] = by_topic.get(topic, 0) + sum(row)
        return Received(
            window, Series.sum(days.first, rows.values(), length=days.count), dict(sorted(by_topic.items()))
        )

    # Counting.

    def _spread(self, stretches: Iterable[_Stretch], days: Days) -> Rows:
        """How many items of each part there are on each day."""
        asked: list[Range] = []
        places: list[int] = []
        for key, first, last in stretches:
            for place, after, upto in days.cut(first - 1, last):
                asked.append((key, after, upto))
                places.append(place)
        rows: Rows = {}
        for (key, _, _), place, items in zip(asked, places, self._counted(asked), strict=True):
            if items:
                rows.setdefault(key, [0] * days.count)[place] += items
        return rows


def _as_it_came(part: Part) -> Ranges:
    late = EMPTY
    for _, ranges in part.late:
        late = late | ranges
    return part.given - late


def _place(days: Days, moment: int) -> int:
    """Which of the days the moment counts under: what is before them under the first, as what is older does."""
    found = days.place(moment)
    return found if found is not None else 0 if moment < days.first * DAY_US else days.count - 1
