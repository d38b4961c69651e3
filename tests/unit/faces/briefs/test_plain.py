"""Briefs in a terminal: lines as wide as they may be, and no wider."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.faces.briefs.hostile import PLAIN, TEXTS, brief

from relto.domain.brief.document import Chart, Section
from relto.faces.briefs.plain import WIDTH_MIN, lines


def drawn(of, width=60, **more):
    return [text for text, _ in lines(of, width=width, **more)]


@pytest.mark.parametrize("width", [30, 60, 100])
@pytest.mark.parametrize("name", TEXTS)
def test_no_line_is_wider_than_it_may_be_or_moves_the_cursor(name, width):
    text = TEXTS[name]
    made = brief(text)
    # A chart's series are named by us.
    blocks = tuple(
        replace(block, series={"received": (1, 0), "held": (0, 3)}) if isinstance(block, Chart) else block
        for block in made.sections[0].blocks
    )
    for trace in (False, True):
        found = drawn(replace(made, sections=(Section(text, blocks),)), width, trace=trace)
        assert max(map(len, found)) <= width
        assert not [line for line in found for character in line if not character.isprintable()]


@pytest.mark.parametrize("width", [30, 60, 100])
@pytest.mark.parametrize("days", [1, 2, 30, 60, 400])
def test_a_chart_tells_its_last_days_where_it_has_no_room_for_all(width, days):
    names = tuple(f"2025-{place // 28 % 12 + 1:02d}-{place % 28 + 1:02d}" for place in range(days))
    series = {"received": tuple(range(days)), "held": (0,) * days}
    chart = Chart("Items per day", names, series, ((names[0], names[-1], "pause 12"),))
    found = drawn(replace(PLAIN, sections=(Section("Part", (chart,)),)), width)
    assert max(map(len, found)) <= width
    (curve,) = [line for line in found if line.startswith("  received")]
    shown = min(days, width - len("received") - 4)
    assert len(curve.removeprefix("  received  ")) == shown
    assert curve[-1] == ("█" if days > 1 else "·")
    whole = " ".join(" ".join(found).split())
    assert f"{names[-shown]} to {names[-1]}" in whole
    assert f"pause 12: {names[0]} to {names[-1]}" in whole


def test_a_course_shows_the_lowest_judgement_too():
    chart = Chart("Outlook", ("2025-03-05", "2025-03-06"), {"outlook": (0, 5)}, scale=("a", "b", "c", "d", "e", "f"))
    assert "  outlook  ▁█" in drawn(replace(PLAIN, sections=(Section("Part", (chart,)),)))


def test_a_brief_is_read_from_its_marking_to_its_notes():
    assert drawn(PLAIN) == [
        "                         TLP:AMBER", "Headline", "Dateline", "", "QUICK TAKES", "• A take. [1]", "", "PART",
        "One. [2] Two.", "", "WHAT THIS RESTS ON", "  1. Pause 1, in full", "  2. entry one/01",
        "                         TLP:AMBER",
    ]  # fmt: skip


def test_with_traces_each_sentence_names_what_it_rests_on_and_there_are_no_notes():
    found = drawn(PLAIN, trace=True)
    assert "• A take. [pause 1]" in found
    assert "One. [entry one/01] Two." in found
    assert "WHAT THIS RESTS ON" not in found


@given(st.integers(-5, 200), st.text(max_size=300))
def test_whatever_is_written_and_however_narrow_it_is_lines_keep_the_width(width, text):
    take = replace(PLAIN.takes[0], text=text)
    found = drawn(replace(PLAIN, headline=text, takes=(take,)), width)
    assert max(map(len, found)) <= max(width, WIDTH_MIN)
