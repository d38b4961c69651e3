"""What a pause costs a recipient: cases that can be counted at a glance, and who is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.actors import ADMIN, pause
from tests.simulation.sharing import Sharing
from tests.unit.usecases.impact.costs import HOUR, MIDDAY, OFFICER, READER, STRANGER, THEIR_OFFICER, cost, wait

from relto.domain.errors import BadInput, Unknown
from relto.domain.impact import DAY_US, SERIES_DAYS_MAX, Impact
from relto.domain.ranges import OPEN, Ranges
from relto.usecases import counting, office
from relto.usecases import impact as measured
from relto.usecases.impact import impact
from relto.usecases.impact.picture import _Listed
from relto.usecases.pausing import AmendPause, MakePause
from relto.usecases.publishing import withdraw


def days(series) -> dict[str, int]:
    return {day: items for day, items in series.dated() if items}


def fresh(found: Impact) -> dict[str, tuple[object, ...]]:
    return {each.topic: (each.age(found.at), each.plain_age(found.at), each.newer) for each in found.staleness}


def refused(sharing: Sharing, number: str = "1", **more) -> tuple[str, str]:
    with pytest.raises((Unknown, BadInput)) as error:
        impact(sharing.node, sharing.world.desk, number, **{"by": ADMIN, **more})
    return error.value.code, error.value.message


def test_what_is_held_is_counted_by_topic_type_and_day(sharing):
    sharing.give("before")
    wait(sharing, HOUR)
    sharing.pause()
    wait(sharing, HOUR)
    sharing.give("one", sharing.item("two", "naval", "targeting"))
    wait(sharing, DAY_US)
    sharing.give(sharing.item("three", "targeting", joins=(sharing.item("two").id,)))
    wait(sharing, HOUR)
    held = cost(sharing).held
    assert held is not None
    assert (held.items, held.by_topic, held.by_type) == (
        3, {"naval": 3, "targeting": 2}, {"indicator": 2, "relationship": 1},
    )  # fmt: skip
    assert held.per_day.dated() == (("2025-02-26", 2), ("2025-02-27", 1))
    assert held.per_topic_day == {"naval": (2, 1), "targeting": (1, 1)}
    assert held.oldest == MIDDAY + 2 * HOUR + 20_000


def test_a_topic_is_stale_by_the_age_of_the_newest_that_can_be_read(sharing):
    sharing.give("old", sharing.item("fix", "targeting"))
    wait(sharing, HOUR)
    sharing.pause(topics=["naval"])
    sharing.give("held", "held too")
    wait(sharing, HOUR)
    sharing.give(sharing.item("new fix", "targeting"))
    wait(sharing, HOUR)
    found = fresh(cost(sharing))
    naval, targeting = found["naval"], found["targeting"]
    assert (naval[2], targeting[2]) == (2, 0)
    assert naval[0] == naval[1] == 3 * HOUR - 20_000
    assert targeting[0] == HOUR - 20_000


def test_a_topic_of_which_nothing_can_be_read_is_told_with_no_age(sharing):
    sharing.pause()
    sharing.give("held")
    wait(sharing, HOUR)
    assert fresh(cost(sharing)) == {"naval": (None, None, 1)}


def test_a_topic_that_the_scope_does_not_name_has_no_row(sharing):
    sharing.give(sharing.item("one", "naval", "logistics"))
    sharing.pause()
    assert list(fresh(cost(sharing))) == ["naval"]


def test_where_the_scope_names_no_topic_each_that_occurs_has_a_row():
    sharing = Sharing("agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: all\n")
    sharing.give(sharing.item("one", "logistics"), sharing.item("none", "nothing"))
    sharing.pause()
    sharing.give("held", sharing.item("held without", "nothing"))
    found = cost(sharing)
    assert list(fresh(found)) == ["logistics", "naval"]
    assert found.held is not None
    # What has no topic counts, under none.
    assert (found.held.items, found.held.by_topic) == (2, {"naval": 1})


def test_a_warning_makes_its_topic_fresh_and_is_told_apart(sharing):
    sharing.give("old")
    wait(sharing, HOUR)
    sharing.pause()
    sharing.give("held")
    wait(sharing, HOUR)
    sharing.give(sharing.item("warning", "naval", "life"))
    wait(sharing, HOUR)
    found = cost(sharing)
    (naval,) = found.staleness
    assert (naval.age(found.at), naval.newer) == (HOUR - 20_000, 0)
    assert (naval.plain_age(found.at), naval.newer_plain) == (3 * HOUR - 20_000, 1)
    assert found.warnings == {"duty-to-warn": 1, "pictures": 0}


def test_what_two_exceptions_name_counts_under_both_and_once_in_all(sharing):
    sharing.pause()
    wait(sharing, HOUR)
    sharing.give(sharing.item("both", "imagery", "life"), sharing.item("one", "imagery"))
    found = cost(sharing)
    assert (found.warnings, found.since.items) == ({"duty-to-warn": 1, "pictures": 2}, 2)


def test_what_was_received_stands_on_its_days_before_and_since(sharing):
    for number in range(10):
        sharing.give(f"day {number}", sharing.item(f"fix {number}", "targeting"))
        wait(sharing, DAY_US)
    sharing.pause(topics=["naval"])
    for number in range(10, 12):
        wait(sharing, HOUR)
        sharing.give(f"day {number}", sharing.item(f"fix {number}", "targeting"))
        wait(sharing, DAY_US)
    found = cost(sharing)
    # It has lasted two days and a bit: seven days are looked at, from midday to midday.
    assert (found.before.window.days, found.before.items) == (7, 14)
    assert found.before.by_topic == {"naval": 7, "targeting": 7}
    assert len(found.before.per_day.items) == 8
    assert (found.since.items, found.since.by_topic) == (2, {"targeting": 2})
    assert sum(found.before.per_day.items) == 14
    assert days(found.since.per_day) == {"2025-03-08": 1, "2025-03-09": 1}


def test_what_was_held_and_is_released_counts_on_the_day_of_its_release(sharing):
    first = sharing.pause()
    sharing.give("held one", "held two")
    wait(sharing, 2 * DAY_US)
    sharing.pause(topics=["targeting"])
    wait(sharing, DAY_US)
    sharing.resume(first)
    wait(sharing, HOUR)
    found = cost(sharing, "2")
    assert (found.before.items, days(found.since.per_day)) == (0, {"2025-03-01": 2})


def test_a_pause_that_was_lifted_is_told_as_it_stood_at_its_end(sharing):
    sharing.pause()
    sharing.give("one", "two")
    wait(sharing, 3 * DAY_US)
    before = cost(sharing)
    # Stored ahead of the clock, and held as well.
    sharing.give("three")
    sharing.resume("1")
    wait(sharing, 5 * DAY_US)
    sharing.give("after")
    found = cost(sharing)
    assert (found.at, found.pause.state) == (before.at, "lifted")
    assert found.held is not None
    assert (found.held.items, found.since.items, found.before) == (3, 0, before.before)
    assert found.became is not None
    assert (found.became.released, found.became.held) == (3, 0)
    assert fresh(found) == {"naval": (None, None, 3)}


def test_what_a_review_keeps_is_told_until_it_is_released_or_dropped(sharing):
    sharing.pause()
    sharing.give("one", "two", sharing.item("fix", "targeting"))
    sharing.resume("1", "review")
    wait(sharing, HOUR)
    reviewed = sharing.world.now
    assert cost(sharing).became == measured.Became(review=3)
    wait(sharing, HOUR)
    sharing.release_backlog(items=[sharing.item("one").id])
    sharing.discard_backlog(topics=["targeting"])
    wait(sharing, HOUR)
    assert cost(sharing).became == measured.Became(released=1, discarded=1, review=1)
    assert cost(sharing, at=reviewed).became == measured.Became(review=3)


def test_what_another_pause_took_over_and_what_was_granted_no_more_are_told(sharing):
    sharing.pause()
    sharing.pause(topics=["naval"])
    fix = sharing.item("fix", "targeting")
    sharing.give("one", "two", fix)
    sharing.by_hand("withhold", fix)
    wait(sharing, HOUR)
    sharing.resume("1")
    wait(sharing, HOUR)
    assert cost(sharing).became == measured.Became(held=2, withheld=1)
    held = cost(sharing, "2").held
    assert held is not None
    assert (held.items, held.by_topic) == (2, {"naval": 2})


def test_pauses_over_one_another_each_count_what_they_hold(sharing):
    sharing.pause()
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause(topics=["naval"])
    sharing.give("two", sharing.item("fix", "targeting"))
    assert [cost(sharing, number).held.items for number in "12"] == [3, 1]


def test_a_cut_tells_what_it_closes_and_counts_none_of_it_as_held(sharing):
    sharing.give("one", "two")
    wait(sharing, HOUR)
    sharing.pause(mode="cut")
    sharing.give("held")
    wait(sharing, HOUR)
    found = cost(sharing)
    assert found.held is not None
    assert (found.held.items, found.held.hidden) == (1, 2)
    assert fresh(found) == {"naval": (None, None, 3)}
    # It received them all the same.
    assert found.before.items == 2


def test_what_was_withdrawn_is_no_longer_to_be_read(sharing):
    old, new = sharing.item("old"), sharing.item("new")
    sharing.give(old)
    wait(sharing, HOUR)
    sharing.give(new)
    sharing.pause()
    wait(sharing, HOUR)
    withdraw(sharing.node, sharing.world.desk, originator="USA", by=ADMIN, stix_id=new.id, versions=None)
    assert fresh(cost(sharing)) == {"naval": (2 * HOUR - 20_000, 2 * HOUR - 20_000, 0)}


def test_a_pause_that_is_still_to_come_costs_nothing_yet(sharing):
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause(from_us=sharing.world.now + DAY_US)
    found = cost(sharing)
    assert found.held is not None
    assert (found.held.items, found.since.items, found.before.items) == (0, 0, 1)
    assert found.since.window.length == 0


def test_a_pause_that_was_lifted_before_it_began_cost_nothing(sharing):
    sharing.give("one")
    sharing.pause(from_us=sharing.world.now + DAY_US)
    wait(sharing, HOUR)
    sharing.resume("1")
    found = cost(sharing)
    assert found.held is not None
    assert (found.held.items, found.since.items, found.became) == (0, 0, measured.Became())


def test_of_a_moment_of_the_past_it_is_told_as_it_was_then(sharing):
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause()
    sharing.give("held")
    wait(sharing, HOUR)
    then = sharing.world.now
    was = cost(sharing)
    wait(sharing, HOUR)
    sharing.give("held later")
    sharing.resume("1")
    wait(sharing, DAY_US)
    assert cost(sharing, at=then) == was
    assert refused(sharing, at=then - 2 * HOUR)[0] == "pause-unknown"
    assert refused(sharing, at=sharing.world.now + 1)[0] == "when-ahead"


def test_days_are_limited_and_what_is_older_counts_under_the_first(sharing):
    sharing.pause()
    sharing.give("oldest")
    wait(sharing, 400 * DAY_US)
    sharing.give("newest")
    wait(sharing, HOUR)
    found = cost(sharing)
    assert found.held is not None
    assert len(found.held.per_day.items) == SERIES_DAYS_MAX
    assert (found.held.per_day.items[0], found.held.per_day.items[-1], found.held.items) == (1, 1, 2)
    assert found.before.window.days == 90


def test_however_much_is_asked_for_at_once_the_numbers_are_the_same(sharing, monkeypatch):
    for number in range(6):
        sharing.give(f"one {number}", sharing.item(f"fix {number}", "targeting"))
        wait(sharing, DAY_US)
    sharing.pause()
    for number in range(6):
        sharing.give(f"held {number}", sharing.item(f"held fix {number}", "targeting"))
        wait(sharing, DAY_US)
    whole = cost(sharing)
    monkeypatch.setattr(counting, "ASKED_MAX", 3)
    assert cost(sharing) == whole


def test_every_recipient_and_agreement_has_an_entry_of_its_own(sharing):
    sharing.world.apply("agreement: other\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n")
    desk = sharing.world.desk
    pause(sharing.node, desk, MakePause(["usa-ukr", "other"], reason="talks"))
    pause(sharing.node, desk, MakePause(["other"], recipient="GBR", reason="talks"))
    sharing.give("held")
    found = [
        [(each.agreement, each.to, each.held.items) for each in impact(sharing.node, desk, number, by=ADMIN)]
        for number in "12"
    ]
    assert found == [[("other", "GBR", 1), ("other", "UKR", 1), ("usa-ukr", "UKR", 1)], [("other", "GBR", 1)]]
    # Who receives by one of them sees that one, and no other recipient.
    (theirs,) = impact(sharing.node, desk, "1", by=STRANGER)
    assert (theirs.agreement, theirs.to, theirs.held) == ("other", "GBR", None)


def test_a_pause_of_a_recipient_that_has_left_costs_nobody_anything_and_is_known(sharing):
    sharing.world.apply("agreement: other\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n")
    pause(sharing.node, sharing.world.desk, MakePause(["other"], recipient="GBR", reason="talks"))
    sharing.world.apply("agreement: other\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n")
    assert impact(sharing.node, sharing.world.desk, "1", by=ADMIN) == []
    assert refused(sharing, by=STRANGER)[0] == "pause-unknown"


# Who is told.


def test_whoever_receives_is_told_of_its_own_side_and_never_how_much_is_held(sharing):
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause()
    sharing.give("held", sharing.item("fix", "targeting"))
    wait(sharing, HOUR)
    sharing.give(sharing.item("warning", "naval", "life"))
    wait(sharing, HOUR)
    whole = cost(sharing, by=OFFICER)
    for by in (READER, THEIR_OFFICER):
        found = cost(sharing, by=by)
        assert (found.held, found.became) == (None, None)
        assert (found.before, found.since, found.warnings) == (whole.before, whole.since, whole.warnings)
        # That there is anything on targeting is not for it.
        assert [(each.topic, each.newer, each.newer_plain) for each in found.staleness] == [("naval", None, None)]
        assert found.staleness[0].newest == whole.staleness[0].newest


def test_nothing_that_is_kept_from_a_recipient_changes_what_it_is_told(sharing):
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause()
    before = cost(sharing, by=READER)
    for label in ("naval", "targeting"):
        sharing.give(sharing.item(f"held {label}", label))
    sharing.pause(discreet=True)
    assert cost(sharing, by=READER) == before


def test_what_a_cut_closed_is_not_told_to_whoever_it_is_closed_to(sharing):
    sharing.give("one")
    wait(sharing, HOUR)
    sharing.pause(mode="cut")
    found = cost(sharing, by=READER)
    assert (found.before.items, found.staleness) == (0, [])


@pytest.mark.parametrize("by", [READER, THEIR_OFFICER, STRANGER], ids=["reader", "their officer", "stranger"])
def test_a_discreet_pause_is_to_whoever_receives_like_one_that_never_was(sharing, by):
    sharing.pause(discreet=True)
    wait(sharing, HOUR)
    code, message = refused(sharing, by=by)
    assert (code, message) == ("pause-unknown", "there is no pause `1`")
    assert refused(sharing, "2", by=by) == (code, message.replace("1", "2"))
    assert refused(sharing, at=sharing.world.now, by=by) == (code, message)
    assert cost(sharing, by=OFFICER).held is not None


@pytest.mark.parametrize("by", [READER, THEIR_OFFICER], ids=["reader", "their officer"])
def test_a_pause_is_there_for_whoever_receives_from_its_beginning_to_its_end(sharing, by):
    sharing.pause(from_us=sharing.world.now + HOUR)
    assert refused(sharing, by=by)[0] == "pause-unknown"
    wait(sharing, 2 * HOUR)
    then = sharing.world.now
    was = cost(sharing, by=by)
    wait(sharing, HOUR)
    sharing.resume("1")
    assert refused(sharing, by=by)[0] == "pause-unknown"
    assert cost(sharing, by=by, at=then) == was
    assert refused(sharing, by=by, at=sharing.world.now)[0] == "pause-unknown"


def test_a_third_party_is_told_of_none(sharing):
    sharing.pause()
    assert refused(sharing, by=STRANGER) == ("pause-unknown", "there is no pause `1`")


@pytest.mark.parametrize("number", ["", "x", "-1", "1.0", "١", "9" * 19, "1\n"])
def test_what_is_no_number_is_refused(sharing, number):
    sharing.pause()
    assert refused(sharing, number)[0] == "pause-number-invalid"


def test_a_number_is_read_without_zeros_before_it(sharing):
    sharing.pause()
    assert cost(sharing, "001").pause.number == "1"


def test_whoever_keeps_a_record_adds_its_reports(sharing):
    sharing.pause()
    found = cost(sharing)
    assert found.reports == ()


def test_nothing_is_told_again_of_a_pause_that_is_not_there_for_whoever_asks(sharing, monkeypatch):
    sharing.pause(discreet=True)
    wait(sharing, HOUR)
    sharing.resume("1")
    wait(sharing, HOUR)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("how long this takes would say that there is something")

    monkeypatch.setattr(measured, "Past", never)
    for by in (READER, THEIR_OFFICER, STRANGER):
        for at in (None, MIDDAY, sharing.world.now - 3 * HOUR // 2, sharing.world.now):
            assert refused(sharing, by=by, at=at)[0] == "pause-unknown"


def test_a_pause_that_was_made_discreet_later_is_there_as_it_was_before(sharing):
    sharing.pause()
    wait(sharing, HOUR)
    then = sharing.world.now
    wait(sharing, HOUR)
    office.submit(sharing.node, sharing.world.desk, AmendPause("1", discreet=True), by=ADMIN)
    wait(sharing, HOUR)
    assert refused(sharing, by=READER)[0] == "pause-unknown"
    assert refused(sharing, by=READER, at=sharing.world.now)[0] == "pause-unknown"
    assert cost(sharing, by=READER, at=then).held is None


@given(st.sets(st.integers(1, 40)), st.integers(0, 45), st.one_of(st.integers(0, 45), st.just(OPEN)))
def test_items_that_are_listed_one_by_one_are_counted_as_one_would(seqs, after, upto):
    listed = _Listed(Ranges.of(*((seq - 1, seq) for seq in seqs)))
    mine = sorted(seq for seq in seqs if after < seq <= upto)
    assert listed.count(after, upto) == len(mine)
    assert listed.ends(after, upto) == ((mine[0], mine[-1]) if mine else None)
