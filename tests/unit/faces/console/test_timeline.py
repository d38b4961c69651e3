"""Timelines: entries, pauses and now, each where it stands, from what documents say."""

import pytest

from relto.domain.moment import parse_timestamp
from relto.faces.console.pages.axis import Day
from relto.faces.console.pages.timeline import dated, drawn, order, reach, shade, strip

AT = "2025-03-09T18:00:00.000000Z"
NOW = parse_timestamp(AT)
PAUSE = {"pause": "7", "since": "2025-03-05T12:00:00.000000Z", "lifted_at": None}


def entry(key, date, told=None, kind="statement"):
    source = {"name": "AP", "date": told} if told else None
    return dated(
        {
            "key": key,
            "date": date,
            "kind": kind,
            "words_date": date,
            "headline": key,
            "confidence": "confirmed",
            "source": source,
        }
    )


def moment(text):
    return parse_timestamp(f"2025-{text}:00Z")


def of(entries, pauses=(), days=(), contradictions=()):
    wide, narrow = drawn(entries, pauses, contradictions, days, case="a case", at=AT)
    assert [len(lane.marks) for lane in wide.lanes] == [len(lane.marks) for lane in narrow.lanes]
    return wide


def test_a_pause_is_shaded_from_its_moment_to_that_of_its_end_or_to_now():
    assert (shade(PAUSE, NOW).since, shade(PAUSE, NOW).until) == (moment("03-05T12:00"), NOW)
    lifted = {**PAUSE, "lifted_at": "2025-03-08T06:30:00.000000Z"}
    assert shade(lifted, NOW).until == moment("03-08T06:30")
    assert shade(PAUSE, NOW).pause == "7"


def test_now_an_entry_and_a_pause_of_one_moment_stand_in_one_line():
    pause = {**PAUSE, "since": "2025-03-03T18:00:00.000000Z"}
    found = of([entry("1", "2025-03-03T18:00:00Z"), entry("2", "2025-03-09T18:00:00Z")], [pause])
    first, last = found.lanes[0].marks
    assert first.x == found.shades[0].x
    assert last.x == found.now == pytest.approx(found.shades[0].x + found.shades[0].width)


def test_what_is_told_of_some_day_of_a_month_stands_where_its_source_told_it():
    month = entry("1", "2025-03", told="2025-03-07")
    same = entry("2", "2025-03-07")
    found = of([month, same, entry("3", "2025-02-28")]).lanes[0].marks
    assert abs(found[1].x - found[2].x) < 1 or found[1].y == found[2].y
    later = entry("4", "2025-02", told="2025-03-07")
    listed = sorted([month, later, entry("5", "2025-03-06"), entry("6", "2025-03-08")], key=order)
    assert [each["key"] for each in listed] == ["4", "5", "1", "6"]


def test_a_month_does_not_make_the_axis_longer_than_what_is_known_of_it():
    month = of([entry("1", "2025-03", told="2025-03-07"), entry("2", "2025-03-06")])
    assert [tick.text for tick in month.ticks] == ["6 Mar", "7 Mar", "8 Mar", "9 Mar"]
    mark = next(each for each in month.lanes[0].marks if each.x1 > each.x0)
    assert (mark.x0, mark.x1) == (month.left, month.right)
    assert reach(mark.mark)[0] == moment("03-07T12:00")


def test_days_of_the_curve_before_all_else_are_left_out_but_for_a_few():
    days = [Day(f"2025-02-{number:02d}", 1, 0) for number in range(1, 29)]
    found = of([entry("1", "2025-03-06")], days=days)
    assert found.columns == []
    found = of([entry("1", "2025-02-27")], days=days)
    assert len(found.columns) == 5


def test_what_is_contradicted_is_ringed():
    pair = {"entry": "1", "other": "2"}
    found = of([entry("1", "2025-03-06"), entry("2", "2025-03-06"), entry("3", "2025-03-06")], contradictions=[pair])
    assert [each.mark.look for each in found.lanes[0].marks] == ["confirmed against", "confirmed against", "confirmed"]


def test_a_strip_has_its_days_and_the_pauses_that_have_begun():
    days = [{"day": f"2025-03-{number:02d}", "released": number} for number in range(3, 10)]
    ahead = {"pause": "8", "since": "2025-03-12T12:00:00.000000Z"}
    found = strip(days, [{"pause": "7", "since": PAUSE["since"]}, ahead], NOW)
    assert [each.shade.pause for each in found.shades] == ["7"]
    assert len(found.columns) == 7
    assert found.most == 9
    assert found.now is not None
