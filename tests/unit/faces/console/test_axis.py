"""The time axis: everything at its moment, nothing on top of another, nothing lost."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.moment import DAY_US, parse_timestamp
from relto.domain.record.when import When
from relto.faces.console.pages import axis
from relto.faces.console.pages.axis import Bar, Day, Lane, Mark, Shade, begin, draw

FIRST = begin("2025-02-25")
HOUR = DAY_US // 24
SPAN_DAYS = 200


def moment(text):
    return parse_timestamp(f"2025-03-{text}:00Z")


BEGIN, END = moment("01T00:00"), moment("11T00:00")


def drawn(lanes=(), days=(), shades=(), *, since=BEGIN, until=END, now=None, wide=True):
    return draw(lanes, days, shades, since=since, until=until, now=now, wide=wide)


def place(drawing, at):
    """Where a moment stands on an axis of these ten days."""
    return pytest.approx(drawing.left + (at - BEGIN) * (drawing.right - drawing.left) / (10 * DAY_US), abs=0.06)


moments = st.integers(FIRST, FIRST + SPAN_DAYS * DAY_US)


@st.composite
def whens(draw):
    first = draw(moments)
    day = first // DAY_US * DAY_US
    until = day + draw(st.integers(2, 9)) * DAY_US
    return draw(
        st.sampled_from([When(first, first + 1, "moment"), When(day, day + DAY_US, "day"), When(day, until, "days")])
    )


marks = whens().map(lambda when: Mark("talks", when))


@st.composite
def drawings(draw_, most=40):
    lanes = [Lane("a", draw_(st.lists(marks, max_size=most))), Lane("b", draw_(st.lists(marks, max_size=most)))]
    shades = [Shade(min(pair), max(pair), "1") for pair in draw_(st.lists(st.tuples(moments, moments), max_size=3))]
    since, until = sorted(draw_(st.tuples(moments, moments)))
    now = draw_(moments)
    wide = draw_(st.booleans())
    days = [Day("2025-03-01", 3, 1), Day("2025-03-02", 0, 2)]
    return lanes, draw(lanes, days, shades, since=since, until=until, now=now, wide=wide), now


# At their moments.


@pytest.mark.parametrize("wide", [True, False])
def test_a_pause_begins_and_ends_at_its_moments(wide):
    shade = Shade(moment("05T12:00"), moment("07T18:30"), "7")
    drawing = drawn(shades=[shade], wide=wide)
    (found,) = drawing.shades
    assert found.x == place(drawing, shade.since)
    assert found.x + found.width == place(drawing, shade.until)


def test_now_stands_at_its_moment_and_nowhere_where_it_is_not_on_the_axis():
    assert drawn(now=moment("05T06:00")).now == place(drawn(), moment("05T06:00"))
    assert drawn(now=moment("20T06:00")).now is None
    assert drawn().now is None


def test_a_bar_has_the_length_of_its_stretch():
    drawing = drawn([Lane("open", bars=[Bar(moment("05T12:00"), moment("06T00:00"), "judged")])])
    (bar,) = drawing.lanes[0].bars
    assert (bar.x, bar.x + bar.width) == (place(drawing, moment("05T12:00")), place(drawing, moment("06T00:00")))


def test_what_has_a_moment_stands_at_it_and_what_has_a_day_in_its_middle():
    dates = ("2025-03-03T18:00:00Z", "2025-03-05", "2025-03-07/2025-03-08")
    drawing = drawn([Lane("talks", [Mark("talks", When.parse(text)) for text in dates])])
    lane = drawing.lanes[0]
    assert [each.x for each in lane.marks] == [
        place(drawing, moment(text)) for text in ("03T18:00", "05T12:00", "08T00:00")
    ]
    (day,) = lane.days
    assert (day.x, day.x + day.width) == (place(drawing, moment("05T00:00")), place(drawing, moment("06T00:00")))
    reaching = [each for each in lane.marks if each.x1 > each.x0]
    assert [(each.x0, each.x1) for each in reaching] == [
        (place(drawing, moment("07T00:00")), place(drawing, moment("09T00:00")))
    ]


def test_what_is_told_of_some_day_of_a_month_reaches_over_it_and_stands_where_it_was_told():
    mark = Mark("talks", When.parse("2025-03"), at=moment("09T12:00"))
    drawing = drawn([Lane("talks", [mark])])
    (found,) = drawing.lanes[0].marks
    assert found.x == place(drawing, moment("09T12:00"))
    assert (found.x0, found.x1) == (drawing.left, drawing.right)


def test_several_of_one_day_stand_side_by_side_about_its_middle():
    drawing = drawn([Lane("talks", [Mark("talks", When.parse("2025-03-05"), title=name) for name in "abc"])])
    found = drawing.lanes[0].marks
    assert sum(each.x for each in found) / 3 == place(drawing, moment("05T12:00"))
    assert {each.y for each in found} == {found[0].y}
    assert [each.mark.title for each in found] == ["a", "b", "c"]


def test_what_finds_no_room_is_counted_beside_it():
    drawing = drawn([Lane("talks", [Mark("talks", When.parse("2025-03-05"))] * 40)])
    found = drawing.lanes[0].marks
    (counted,) = [each.left for each in found if each.left]
    assert len(found) - 1 + counted == 40


def test_very_many_are_counted_by_column():
    drawing = drawn([Lane("talks", [Mark("talks", When.parse("2025-03-05"))] * (axis.MARKS_MAX + 1))])
    assert drawing.is_plain
    assert [each.left for each in drawing.lanes[0].marks] == [axis.MARKS_MAX + 1]
    assert drawing.lanes[0].days == []


def test_a_narrow_drawing_is_wider_where_its_columns_need_that_and_names_its_lanes_again():
    long = drawn([Lane("talks")], until=BEGIN + 59 * DAY_US, wide=False)
    assert long.width >= 59 * axis.COLUMN_MIN
    assert all(after - before <= axis.NAMED_EVERY for before, after in pairwise(long.lanes[0].names))
    assert drawn([Lane("talks")], wide=False).width == axis.NARROW
    assert drawn([Lane("talks")], wide=False).lanes[0].names == [4.0]


def test_the_curve_is_by_whole_days():
    drawing = drawn(days=[Day("2025-03-05", 3, 1), Day("2025-03-06", 0, 2)], now=moment("06T01:00"))
    slot = (drawing.right - drawing.left) / 10
    assert [each.x + each.width / 2 for each in drawing.columns] == [
        pytest.approx(drawing.left + slot * days, abs=0.2) for days in (4.5, 5.5)
    ]
    assert [each.title for each in drawing.columns] == [
        "5 March 2025: 3 released, 1 held",
        "6 March 2025: 0 released, 2 held",
    ]
    assert drawing.most == 4
    assert max(each.released + each.held for each in drawing.columns) == axis.CURVE == drawing.base - drawing.curve


# Of all of them.


@given(drawings())
def test_nothing_is_lost_and_nothing_covers_another(made):
    lanes, drawing, _ = made
    for lane, found in zip(lanes, drawing.lanes, strict=True):
        assert sum(each.left or 1 for each in found.marks) == len(lane.marks)
        for one, other in combinations(found.marks, 2):
            assert abs(one.x - other.x) >= axis.SIGN or abs(one.y - other.y) >= axis.SIGN
        for each in found.marks:
            assert found.y <= each.y - axis.SIGN / 2
            assert each.y + axis.SIGN / 2 <= found.y + found.height


@given(drawings())
def test_what_is_later_never_stands_further_to_the_left(made):
    _, drawing, _ = made
    for found in drawing.lanes:
        timed = [each for each in found.marks if each.mark.when.precision == "moment" and not each.left]
        assert all(drawing.left <= each.x <= drawing.right for each in timed)
        timed.sort(key=lambda each: each.mark.stands)
        assert [each.x for each in timed] == sorted(each.x for each in timed)


@given(drawings())
def test_everything_lies_on_the_axis(made):
    _, drawing, _ = made
    stretches = [*drawing.shades, *drawing.columns, *(day for lane in drawing.lanes for day in lane.days)]
    for each in stretches:
        assert each.width >= 0
        assert drawing.left <= each.x
        assert each.x + each.width <= drawing.right + 0.2
    assert drawing.now is None or drawing.left <= drawing.now <= drawing.right
    assert [tick.x for tick in drawing.ticks] == sorted({tick.x for tick in drawing.ticks})


@given(drawings(), moments)
def test_a_moment_stands_in_one_place_whatever_it_is_of(made, at):
    _, _, now = made
    same = draw(
        [Lane("a", [Mark("talks", When(now, now + 1, "moment"))])],
        shades=[Shade(now, at, "1")],
        since=min(BEGIN, now),
        until=max(BEGIN, now),
        now=now,
    )
    assert same.now == same.lanes[0].marks[0].x == same.shades[0].x
