"""Streams: order, dates and places are one thing told three ways, whatever happened to the stream."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from relto.domain.batch import LEAD_US, Batch
from relto.domain.folding import runs
from relto.domain.ranges import EMPTY, OPEN, Ranges
from relto.domain.stream import BACKLOG, BEGINNING, LIVE, Epoch, Place, Stream

CLASSES = (1, 2, 3)
CLOCK = 1_740_000_000_000_000


@dataclass
class Told:
    """A stream as changes made it, beside one row for each item: (class, epoch of its backlog or 0 for live)."""

    stream: Stream = field(default_factory=lambda: Stream.begun({1: Ranges.of((0, OPEN))}))
    clock: int = CLOCK
    last_given: int = 0
    batches: list[Batch] = field(default_factory=list)
    classes: dict[int, int] = field(default_factory=dict)
    spans: dict[int, int] = field(default_factory=dict)
    live: set[int] = field(default_factory=lambda: {1})

    @property
    def last_seq(self) -> int:
        return self.batches[-1].last if self.batches else 0

    def store(self, classes: list[int]) -> None:
        batch = Batch.plan(first=self.last_seq + 1, count=len(classes), clock=self.clock, last_given=self.last_given)
        self.batches.append(batch)
        self.last_given = batch.end
        for seq, class_id in enumerate(classes, batch.first):
            self.classes[seq] = class_id
            if class_id in self.live:
                self.spans[seq] = 0

    def wait(self, microseconds: int) -> None:
        self.clock += microseconds

    def close(self, class_id: int) -> None:
        self.live.discard(class_id)
        self.stream = self.stream.without_live(class_id, self.last_seq)

    def release(self, class_id: int) -> None:
        """All of the class that is in no span becomes backlog, and the class flows again."""
        held = {seq for seq, name in self.classes.items() if name == class_id and seq not in self.spans}
        self._epoch({class_id: held}, {})
        if class_id not in self.live:
            self.live.add(class_id)
            self.stream = self.stream.with_live(class_id, self.last_seq)

    def give_again(self, class_id: int, beyond: int) -> None:
        """What stands beyond an item leaves its spans and is given again, as after a cut."""
        moved = {seq for seq in self.spans if self.classes[seq] == class_id and seq > beyond}
        self._epoch({}, {class_id: moved})

    def _epoch(self, backlog: dict[int, set[int]], moved: dict[int, set[int]]) -> None:
        fresh, again = (
            {name: Ranges.of(*((seq - 1, seq) for seq in seqs)) for name, seqs in each.items()}
            for each in (backlog, moved)
        )
        epoch = self.stream.next_epoch(
            (*fresh.values(), *again.values()), start_seq=self.last_seq, clock=self.clock, last_given=self.last_given
        )
        if epoch is None:
            return
        self.stream = self.stream.with_epoch(epoch, fresh, again)
        for seqs in (*backlog.values(), *moved.values()):
            self.spans |= dict.fromkeys(seqs, epoch.number)

    def fold(self, pick: int, more: int = 0) -> bool:
        """Everything between the starts of two epochs goes into the backlog of the one before the later; whether there
        is room for that. What stands before the first epoch of all goes along with that one.
        """
        choice = [epoch.number for epoch in self.stream.epochs[:-1]]
        if not choice:
            return False
        last = choice[pick % len(choice)]
        first = [0, *choice[: choice.index(last) + 1]][more % (choice.index(last) + 2)]
        since = self.stream.epoch(first).start_seq if first else 0
        after = self.stream.after(last).start_seq
        folded = self.stream.fold(first, last, self.added_at(after) if after else 0)
        if folded is self.stream:
            return False
        self.stream = folded
        for seq, epoch in self.spans.items():
            if first <= epoch <= last if epoch else since < seq <= after:
                self.spans[seq] = last
        return True

    # What must hold.

    def added_at(self, seq: int) -> int:
        return next(batch.added_at(seq) for batch in self.batches if batch.first <= seq <= batch.last)

    def seq_upto(self, moment: int) -> int:
        return max((batch.upto(moment) for batch in self.batches if batch.start <= moment), default=0)

    def order(self) -> list[int]:
        """The items as section 4 of the design orders them: a plain sort."""

        def stands(seq: int) -> tuple[int, int, int, int]:
            epoch = self.spans[seq]
            return (self.stream.epoch(epoch).start_seq, 1, epoch, seq) if epoch else (seq, 0, 0, 0)

        return sorted(self.spans, key=stands)

    def place(self, seq: int) -> Place:
        found = self.stream.place_of(self.classes[seq], seq)
        assert found is not None
        return found

    def date(self, seq: int) -> int:
        return self.stream.date(self.place(seq), self.added_at(seq))


classes = st.sampled_from(CLASSES)
steps = st.one_of(
    st.tuples(st.just("store"), st.lists(classes, min_size=1, max_size=6)),
    st.tuples(st.just("store"), st.lists(classes, min_size=1, max_size=6)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 3_000, 50_000, 2_000_000])),
    st.tuples(st.just("close"), classes),
    st.tuples(st.just("release"), classes),
    st.tuples(st.just("give_again"), classes, st.integers(0, 30)),
    st.tuples(st.just("fold"), st.integers(0, 10), st.integers(0, 3)),
)


@st.composite
def told(draw: st.DrawFn) -> Told:
    found = Told()
    for name, *arguments in draw(st.lists(steps, max_size=25)):
        getattr(found, name)(*arguments)
    return found


@given(told())
def test_an_item_has_a_place_where_a_span_has_it_and_places_follow_the_order(each):
    for seq, class_id in each.classes.items():
        place = each.stream.place_of(class_id, seq)
        assert (place is not None) == (seq in each.spans)
        if place is not None:
            assert (place.part == LIVE) == (each.spans[seq] == 0)
            assert place.part == LIVE or place.epoch == each.spans[seq]
    places = [each.place(seq) for seq in each.order()]
    assert places == sorted(set(places))


@given(told())
def test_dates_increase_strictly_along_the_order(each):
    dates = [each.date(seq) for seq in each.order()]
    assert all(before < after for before, after in itertools.pairwise(dates))


@given(told(), st.integers(-2, 2), st.integers(0, 10**6))
def test_the_place_of_a_moment_has_passed_just_what_is_dated_up_to_it(each, off, pick):
    order = each.order()
    moments = [CLOCK - 1, each.clock, each.clock + LEAD_US * 10, 2**62]
    if order:
        moments.append(each.date(order[pick % len(order)]) + off)
    if each.stream.epochs:
        epoch = each.stream.epochs[pick % len(each.stream.epochs)]
        moments += [epoch.start_time + off, epoch.backlog_end + off]
    for moment in moments:
        place = each.stream.place_at(moment, each.seq_upto)
        assert [seq for seq in order if each.place(seq) <= place] == [seq for seq in order if each.date(seq) <= moment]


@given(told())
def test_what_is_stored_next_is_dated_after_everything_and_so_is_what_is_released_next(each):
    latest = max((each.date(seq) for seq in each.spans), default=0)
    each.live.add(3)
    each.stream = each.stream.with_live(3, each.last_seq)
    each.store([3])
    assert each.date(each.last_seq) > latest
    before = each.date(each.last_seq)
    each.give_again(3, each.last_seq - 1)
    assert each.date(each.last_seq) > max(before, each.clock)


@given(told())
def test_nothing_is_released_at_a_moment_that_has_come_already(each):
    clock = each.clock
    before = dict(each.spans)
    for class_id in CLASSES:
        each.release(class_id)
    for seq in each.spans.keys() - before.keys():
        assert each.date(seq) > clock + LEAD_US - 1


@given(told(), st.integers(0, 10**6), st.integers(0, 10**6), st.sets(classes))
def test_segments_between_two_places_hold_each_item_there_once_and_in_order(each, low, high, wanted):
    order = each.order()
    places = [BEGINNING, *(each.place(seq) for seq in order), each.stream.place_at(2**62, each.seq_upto)]
    after, upto = sorted((places[low % len(places)], places[high % len(places)]))
    found = []
    for segment in each.stream.segments(after, upto, wanted):
        inside = [
            seq
            for class_id, start, end in segment.ranges
            for seq in each.classes
            if each.classes[seq] == class_id and start < seq <= end
        ]
        for seq in inside:
            assert each.place(seq) == Place(segment.epoch, segment.part, seq)
        found += sorted(inside)
    assert found == [seq for seq in order if after < each.place(seq) <= upto and each.classes[seq] in wanted]


@given(told(), classes, st.integers(0, 10**6))
def test_what_stands_beyond_a_place_is_what_comes_after_it(each, class_id, pick):
    order = each.order()
    places = [BEGINNING, *(each.place(seq) for seq in order)]
    place = places[pick % len(places)]
    beyond = each.stream.beyond(class_id, place)
    mine = [seq for seq in order if each.classes[seq] == class_id]
    assert [seq for seq in mine if seq in beyond] == [seq for seq in mine if each.place(seq) > place]


@given(told())
def test_spans_of_one_class_never_overlap_and_make_up_what_was_given(each):
    for class_id in CLASSES:
        spans = each.stream.spans(class_id)
        assert all(before[0] <= after[1] for before, after in itertools.pairwise(spans))
        given = each.stream.given(class_id)
        assert {seq for seq, name in each.classes.items() if name == class_id and seq in given} == {
            seq for seq in each.spans if each.classes[seq] == class_id
        }


@given(told(), classes, st.sets(st.integers(1, 30)))
def test_items_that_go_to_another_class_keep_their_places(each, source, chosen):
    target = 9
    mine = {seq for seq in chosen if each.classes.get(seq) == source}
    bits = Ranges.of(*((seq - 1, seq) for seq in mine))
    # The new class flows from here on, and none of that is a reason to give what moves.
    moved = each.stream.with_live(target, 0).spliced(bits, source=source, target=target)
    for seq in mine:
        assert moved.place_of(target, seq) == each.stream.place_of(source, seq)
    for seq, class_id in each.classes.items():
        if seq not in mine:
            assert moved.place_of(class_id, seq) == each.stream.place_of(class_id, seq)


@given(told(), classes)
def test_a_class_that_is_copied_has_the_places_of_the_other(each, source):
    copied = each.stream.with_live(9, 0).copied(source=source, target=9)
    for seq in each.classes:
        assert copied.place_of(9, seq) == each.stream.place_of(source, seq)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(told(), st.integers(0, 10**7))
def test_epochs_that_are_stamped_again_keep_order_and_come_no_earlier(each, later):
    assume(each.stream.epochs)
    number = each.stream.last_epoch
    before = {seq: each.date(seq) for seq in each.spans}
    each.stream = each.stream.stamped(number, each.clock + later)
    dates = [each.date(seq) for seq in each.order()]
    assert all(first < second for first, second in itertools.pairwise(dates))
    assert all(each.date(seq) >= before[seq] for seq in each.spans)
    assert each.stream.epochs[-1].start_time >= each.clock + later


@given(told(), st.integers(0, 30))
def test_a_fold_moves_no_date_backwards_and_none_past_the_next_epoch(each, beyond):
    each.release(1)
    each.store([1])
    for _ in range(2):
        each.give_again(1, min(beyond, each.last_seq - 1))
        each.wait(3_000_000)
    before = {seq: each.date(seq) for seq in each.spans}
    order = each.order()
    epochs = len(each.stream.epochs)
    last = each.stream.epochs[-2].number
    each.fold(epochs - 2)
    *first, after = each.stream.epochs
    # It may be gone where nothing stands in it.
    assert (last in each.spans.values()) <= len(first) <= 1
    for seq, date in before.items():
        if each.spans[seq] == last:
            assert date <= each.date(seq) < after.start_time
        else:
            assert each.date(seq) == date
    assert sorted(order) == sorted(each.order())
    assert [seq for seq in order if each.spans[seq] != last] == [seq for seq in each.order() if each.spans[seq] != last]


@given(told(), st.integers(0, 10), st.integers(0, 3), st.integers(0, 10**6))
def test_a_place_that_a_fold_swallowed_has_passed_nothing_of_it_and_others_what_they_had(each, pick, more, which):
    order = each.order()
    assume(order)
    place = each.place(order[which % len(order)])
    epochs = {epoch.number: epoch for epoch in each.stream.epochs}
    passed = {seq for seq in order if each.place(seq) <= place}
    each.fold(pick, more)
    settled = each.stream.settled(place)
    now = {seq for seq in order if each.place(seq) <= settled}
    assert now <= passed
    kept = {epoch.number: epoch for epoch in each.stream.epochs}
    if kept.get(place.epoch) == epochs.get(place.epoch) and place.epoch:
        assert now == passed


@given(told(), st.integers(0, 10), st.integers(0, 3))
def test_a_fold_of_any_run_keeps_the_order_of_all_that_is_outside(each, pick, more):
    before = {seq: (each.spans[seq], each.date(seq)) for seq in each.spans}
    order = each.order()
    each.fold(pick, more)
    moved = {seq for seq in order if (each.spans[seq], each.date(seq)) != before[seq]}
    assert all(each.date(seq) >= before[seq][1] for seq in order)
    assert [seq for seq in order if seq not in moved] == [seq for seq in each.order() if seq not in moved]
    # What moved stands together, at the end of where it stood.
    among = [seq in moved for seq in each.order()]
    assert "".join("x" if each else "." for each in among).strip(".").count(".") == 0


@given(told(), st.lists(st.integers(0, 10**6), max_size=4), st.booleans())
def test_nobody_who_stands_somewhere_notices_that_the_runs_between_are_folded(each, picks, all_of_it):
    order = each.order()
    assume(order)
    stands = [each.place(order[pick % len(order)]) for pick in picks]
    passed = [{seq for seq in order if each.place(seq) <= place} for place in stands]
    upto = Place(each.stream.last_epoch, LIVE, OPEN if all_of_it else 0)
    for first, last in runs(each.stream, upto, stands):
        choice = [epoch.number for epoch in each.stream.epochs[:-1]]
        each.fold(choice.index(last), 0 if not first else choice.index(first) + 1)
    assert all(each.stream.settled(place) == place or not passed[at] for at, place in enumerate(stands))
    assert passed == [{seq for seq in order if each.place(seq) <= place} for place in stands]
    dates = [each.date(seq) for seq in each.order()]
    assert all(first < second for first, second in itertools.pairwise(dates))


def test_of_many_epochs_a_few_are_left_for_each_place_where_somebody_stands():
    epochs = tuple(Epoch(number, 10 * number, CLOCK + 1_000_000 * number, 0, 10, 1) for number in range(1, 100))
    backlog = {epoch.number: {1: Ranges.of((epoch.number, epoch.number + 1))} for epoch in epochs}
    stream = Stream(epochs, {}, backlog)
    for first, last in runs(stream, Place(99, LIVE, OPEN), [Place(40, BACKLOG, 5), Place(60, LIVE, 610)]):
        stream = stream.fold(first, last, CLOCK)
    assert [epoch.number for epoch in stream.epochs] == [39, 40, 60, 98, 99]
    assert stream.epoch_of(620) == 60
    assert (stream.settled(Place(20, BACKLOG, 5)), stream.settled(Place(70, LIVE, 705))) == (
        Place(39, BACKLOG, 0),
        Place(98, BACKLOG, 0),
    )


def test_a_fold_for_which_there_is_no_room_leaves_the_stream_as_it_was():
    def stream(later: int) -> Stream:
        epochs = (Epoch(1, 10, CLOCK, 0, 10, 1), Epoch(2, 20, CLOCK + later, 0, 10, 1))
        return Stream(epochs, {1: Ranges.of((10, OPEN))}, {1: {1: Ranges.of((0, 5))}, 2: {1: Ranges.of((5, 10))}})

    # The last date before the second epoch is 20 microseconds after the clock, and what is folded is 20 wide.
    tight, roomy = stream(40), stream(41)
    assert tight.fold(0, 1, CLOCK) is tight
    assert roomy.fold(0, 1, CLOCK).epochs[0] == Epoch(1, 20, CLOCK + 20, 0, 20, 1)


@given(told(), classes, st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_stands_between_two_places_is_what_comes_after_one_and_not_after_the_other(each, class_id, low, high):
    order = each.order()
    places = [BEGINNING, *(each.place(seq) for seq in order)]
    after, upto = sorted((places[low % len(places)], places[high % len(places)]))
    between = each.stream.between(class_id, after, upto)
    mine = [seq for seq in order if each.classes[seq] == class_id]
    assert [seq for seq in mine if seq in between] == [seq for seq in mine if after < each.place(seq) <= upto]


def test_a_narrow_backlog_stands_on_whole_milliseconds_and_a_wide_one_does_not_wait_for_them():
    narrow = Stream().next_epoch([Ranges.of((0, 1_000))], start_seq=1_000, clock=CLOCK, last_given=0)
    wide = Stream().next_epoch([Ranges.of((0, 1), (1_000, 1_001))], start_seq=2_000, clock=CLOCK, last_given=0)
    assert narrow is not None
    assert wide is not None
    assert (narrow.step, wide.step) == (1_000, 1)
    assert narrow.start_time % 1_000 == wide.start_time % 1_000 == 0


def test_a_change_without_backlog_makes_no_epoch():
    assert Stream().next_epoch([EMPTY, EMPTY], start_seq=5, clock=CLOCK, last_given=0) is None


def test_epochs_that_begin_at_the_same_item_stand_in_the_order_of_their_numbers():
    each = Told()
    each.store([2, 3])
    each.release(3)
    each.release(2)
    assert [epoch.start_seq for epoch in each.stream.epochs] == [2, 2]
    assert each.order() == [2, 1]
    assert each.place(1) == Place(2, BACKLOG, 1)


@given(told(), classes, st.sets(st.integers(1, 30)))
def test_two_streams_are_the_same_where_the_same_stands_in_the_same_places(each, source, chosen):
    bits = Ranges.of(*((seq - 1, seq) for seq in chosen if each.classes.get(seq) == source))
    stream = each.stream
    for made in (
        stream,
        stream.copied(source=source, target=9),
        stream.copied(source=8, target=source),
        stream.spliced(bits, source=source, target=9),
        stream.without_live(source, 0),
    ):
        assert all(made.live.values())
        assert all(spans and all(spans.values()) for spans in made.backlog.values())
    assert stream.copied(source=8, target=9) == stream
