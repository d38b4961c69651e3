"""Writing: a whole brief from its material, each sentence with what it rests on, and nothing of later."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sentences import sentences_of
from tests.unit.domain.brief.materials import (
    KEEPER,
    KYIV,
    PUBLIC,
    act,
    blocks,
    day,
    impact,
    material,
    suspension,
    texts,
)
from tests.unit.domain.outlook.scenes import TRUMP, entry, pause, record

from relto.domain.brief.document import (
    Chart,
    Contradiction,
    Listing,
    Paragraph,
    Quotation,
    Table,
    traces_of,
)
from relto.domain.brief.material import Told, pairs
from relto.domain.brief.sections import QUOTATIONS_MAX
from relto.domain.brief.writing import write
from relto.domain.condition import Condition
from relto.domain.marking.tlp import LEVELS
from relto.domain.record.form import FORMS

HEADINGS = {
    "What was asked for in return, as it is on record:", "What is told of its effect:",
    "Nothing is on record that may stand here.",
}  # fmt: skip
"""What rests on nothing: it says what comes below, or that nothing does."""

EVERYTHING = (
    entry("statement", "01", "2025-03-05", points="nearer"), entry("statement", "02", paraphrase="so", words=None),
    entry("talks", "03", "2025-03-11", delegations={"UKR": [], "USA": []}),
    entry("talks", "04", "2025-03-11", delegations={"UKR": [], "RUS": []}, confidence="disputed"),
    entry("proposal", "05"), entry("deal", "06"), entry("condition", "07", conditions=["2/1"]), entry("reaction", "08"),
    entry("impact", "09"), entry("shift", "10"), entry("measure", "11"), entry("measure", "12", does="directed"),
)  # fmt: skip
PAUSED = suspension(
    pause("Ukraine wants peace", Condition("a deal", "met"), review_us=day(12), authority="the president"),
    course=("open", "open", "likely"),
    evidence={1: ("entry one/07",)},
)
LIFTED = replace(PAUSED, lifted_at=day(8))
OTHER = suspension(pause("a", number="3"))
SECTIONS = ["What was paused, and why", "What it costs", "Building towards resumption", "At home and abroad",
            "What comes next", "Where sources contradict each other"]  # fmt: skip


def whole(**more):
    return write(material(*EVERYTHING, **{"suspensions": [PAUSED], **more}))


# What rests on what.


def untraced(brief):
    return {each.text for each in sentences_of(brief) if not each.traces}


@pytest.mark.parametrize("reader", [KEEPER, KYIV, PUBLIC], ids=lambda reader: reader.name)
@pytest.mark.parametrize("found", [[], [PAUSED], [LIFTED], [replace(PAUSED, outlook=None)]])
def test_every_sentence_rests_on_something_but_headings_and_every_row_and_chart(reader, found):
    brief = whole(reader=reader, suspensions=found)
    assert untraced(brief) <= HEADINGS
    for section in brief.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                assert len(block.traces) == len(block.rows)
                assert all(block.traces)
            elif not isinstance(block, Paragraph):
                assert list(traces_of(block))


def test_every_trace_has_a_note_that_says_in_full_what_it_is():
    brief = whole(suspensions=[PAUSED, suspension(pause(number="3"), act())])
    assert set(brief.notes) == set(brief.traces)
    kinds = {trace.partition(" ")[0] for trace in brief.traces}
    assert kinds == {"entry", "pause", "condition", "outlook", "count"}
    for trace, text in brief.notes.items():
        assert text != trace
        assert "2025" in text


def test_of_everything_each_part_is_there_in_its_order():
    brief = whole()
    assert [section.title for section in brief.sections] == SECTIONS
    assert all(section.blocks for section in brief.sections)
    (chart, table) = [block for block in blocks(brief, "What it costs") if isinstance(block, Chart | Table)]
    assert (chart.title, dict(chart.series)["held"][-5:]) == ("Items per day to Ukraine under usa-ukr", (3, 0, 0, 0, 0))
    assert chart.shaded == (("2025-03-05", "2025-03-09", "pause 2"),)
    assert table.rows == (("Ukraine", "naval", "1 day 1 hour old", "3"),)
    assert [type(block) for block in blocks(brief, "Where sources contradict each other")] == [Contradiction]
    (first, second) = [each for each in blocks(brief, "Building towards resumption") if isinstance(each, Chart | Table)]
    assert first.scale
    assert second.rows[0] == ("2/1", "Ukraine wants peace", "unmet", "none named")
    assert second.traces[0] == ("condition 2/1", "entry one/07")


@pytest.mark.parametrize("kind", sorted(set(FORMS) - {"person", "link"}))
def test_an_entry_of_every_kind_stands_somewhere_below_the_takes(kind):
    brief = write(material(entry(kind, "01")))
    found = {trace for section in brief.sections for block in section.blocks for trace in traces_of(block)}
    assert "entry one/01" in found


def test_evidence_that_may_not_be_told_is_named_and_there_is_a_brief_all_the_same():
    assert write(material(suspensions=[PAUSED])).notes["entry one/07"] == "entry one/07"


def test_where_there_is_nothing_it_says_so_and_is_a_brief_all_the_same():
    brief = write(material())
    assert (brief.headline, brief.takes, brief.notes, brief.marking) == ("Ukraine: what is on record", (), {}, "clear")
    assert untraced(brief) == {"Nothing is on record that may stand here."}


@pytest.mark.parametrize(
    ("found", "about", "headline"),
    [
        ([], "", "A case"),
        ([PAUSED], "UKR", "Sharing with Ukraine: paused, and its end is open"),
        ([PAUSED], "USA", "Sharing with the United States: paused, and its end is open"),
        ([PAUSED], "", "A case: paused, and its end is open"),
        ([replace(PAUSED, outlook=None)], "UKR", "Sharing with Ukraine: paused since 5 March"),
        ([LIFTED], "UKR", "Sharing with Ukraine: the pause is lifted"),
        ([LIFTED, LIFTED], "UKR", "Sharing with Ukraine: the pause is lifted"),
        ([LIFTED, OTHER], "UKR", "Sharing with Ukraine: the pause is lifted, another lasts"),
        ([LIFTED, OTHER, OTHER], "UKR", "Sharing with Ukraine: the pause is lifted, others last"),
    ],
)  # fmt: skip
def test_the_headline_says_how_it_stands(found, about, headline):
    assert write(material(suspensions=found, about=about)).headline == headline


@pytest.mark.parametrize(
    ("reader", "later", "dateline"),
    [
        (KEEPER, False, "As of 9 March 2025, 18:00 UTC, for the United States"),
        (KYIV, False, "As of 9 March 2025, 18:00 UTC, for Ukraine"),
        (PUBLIC, False, "As of 9 March 2025, 18:00 UTC, for the public"),
        (KYIV, True, "As of 9 March 2025, 18:00 UTC, for Ukraine; recorded later, from sources of the time"),
    ],
)  # fmt: skip
def test_the_dateline_says_of_when_and_for_whom(reader, later, dateline):
    assert write(material(reader=reader, is_told_later=later)).dateline == dateline


# Its marking.


@pytest.mark.parametrize("level", range(5))
def test_a_brief_bears_the_strictest_marking_of_what_stands_in_it(level):
    found = [
        replace(each, level=level if place == 3 else 0) for place, each in enumerate(material(*EVERYTHING).entries)
    ]
    assert write(material(*EVERYTHING, entries=found)).marking == LEVELS[level]


@pytest.mark.parametrize(
    ("found", "marking"),
    [
        ([], "clear"),
        ([suspension(judged=False, counted=False)], "amber"),
        ([replace(suspension(judged=False), impacts=[impact(pause(), items=None)])], "amber"),
        ([suspension(judged=False)], "amber+strict"),
        ([suspension(counted=False)], "amber+strict"),
    ],
)
def test_pauses_make_it_amber_and_counts_and_judgements_the_keeper_s_own(found, marking):
    assert write(material(suspensions=found)).marking == marking


# What a partner may not know.


def test_whoever_may_not_know_how_much_is_held_has_no_column_for_it():
    of = pause()
    brief = write(material(suspensions=[replace(suspension(of, judged=False), impacts=[impact(of, items=None)])]))
    (table,) = [block for block in blocks(brief, "What it costs") if isinstance(block, Table)]
    assert table.columns == ("recipient", "topic", "newest it can read")
    (chart,) = [block for block in blocks(brief, "What it costs") if isinstance(block, Chart)]
    assert list(chart.series) == ["received"]


def test_notes_say_who_set_a_condition_and_which_version_it_is_where_that_is_known():
    known = Condition("peace", "met", changed_by="olga", changed_at=day(8))
    notes = write(material(suspensions=[suspension(pause(known, version=5))])).notes
    assert notes["condition 2/1"] == "Condition 1 of pause 2, set to met by olga on 8 March 2025, 12:00 UTC"
    assert notes["pause 2"] == "Pause 2, version 5, as of 9 March 2025, 18:00 UTC"
    notes = write(material(suspensions=[suspension(pause(Condition("peace", "met"), version=0))])).notes
    assert notes["condition 2/1"] == "Condition 1 of pause 2, as of 9 March 2025, 18:00 UTC"
    assert notes["pause 2"] == "Pause 2, as of 9 March 2025, 18:00 UTC"


# What comes next.


def after(brief):
    return [each.text for block in blocks(brief, "What comes next") for each in getattr(block, "sentences", ())]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"review_us": day(12)}, "Pause 2 comes up for review on 12 March."),
        ({"review_us": day(9, 17)}, "Pause 2 was to come up for review on 9 March."),
    ],
)
def test_a_review_is_told_as_ahead_or_as_over(more, text):
    assert text in after(write(material(suspensions=[suspension(pause(**more), judged=False)])))


@pytest.mark.parametrize(
    ("acts", "needs", "text"),
    [
        ((), 2, "A resume asks for 2 approvals, and nobody has proposed it."),
        ((), 1, "A resume asks for 1 approval, and nobody has proposed it."),
        ((act(1, day(9)),), 2, "A resume is proposed, with 1 of 2 approvals."),
        ((act(1, state="scheduled", due_at=day(12)),), 2, "A resume is approved, and waits for its moment."),
    ],
)
def test_what_a_resume_still_needs_is_told(acts, needs, text):
    found = suspension(pause("peace"), *acts, counted=False)
    assert found.outlook is not None
    brief = write(material(suspensions=[replace(found, outlook=replace(found.outlook, needs=needs))]))
    assert text in {each.text for each in sentences_of(brief)}


def test_a_resume_that_needs_nobody_is_not_asked_for():
    found = suspension(pause("peace"), counted=False)
    brief = write(material(suspensions=[replace(found, outlook=replace(found.outlook, needs=0))]))
    assert "asks for" not in texts(brief)


def test_what_would_move_the_judgement_is_told_and_nothing_once_it_is_lifted():
    (line,) = [text for text in after(write(material(suspensions=[suspension(pause("peace"))]))) if "would be" in text]
    assert line == (
        "Pause 2 would be judged open once a condition is claimed, met or waived, or once talks are announced, or once "
        "somebody with authority says that its end is nearer."
    )
    lifted = suspension(pause("peace", state="lifted", review_us=day(12)), lifted_at=day(8))
    assert after(write(material(suspensions=[lifted]))) == []


def test_a_pause_that_is_over_is_told_as_over():
    brief = write(material(suspensions=[LIFTED]))
    (paragraph,) = blocks(brief, "What was paused, and why")
    assert [each.text for each in paragraph.sentences] == [
        "Pause 2 of usa-ukr began on 5 March and held back what was new: everything.", "The reason on record: talks.",
        "By authority of the president.", "It was lifted on 8 March, after 3 days.",
    ]  # fmt: skip


def test_quotations_are_so_many_at_most_and_those_of_the_end_come_first():
    said = [entry("statement", f"{place:02d}", f"2025-03-{place:02d}", words=f"word {place}") for place in range(1, 9)]
    pointed = [
        entry("statement", f"p{place}", f"2025-03-0{place}", words=f"point {place}", points="nearer")
        for place in (1, 2)
    ]
    found = [
        each
        for each in blocks(write(material(*said, *pointed)), "Building towards resumption")
        if isinstance(each, Quotation)
    ]
    assert len(found) == QUOTATIONS_MAX
    assert [each.words for each in found] == ["point 1", "point 2", *(f"word {place}" for place in range(3, 9))]


def test_what_contradicts_is_shown_both_of_it_with_why():
    (block,) = blocks(whole(suspensions=[]), "Where sources contradict each other")
    assert (block.one.traces, block.other.traces) == (("entry one/03",), ("entry one/04",))
    assert block.why == "one has UKR and USA, the other RUS and UKR"


def test_a_contradiction_one_side_of_which_may_not_be_told_is_none():
    stands = record(*EVERYTHING, at=day(1))
    found = {each.key: Told(each, "one") for each in stands.standing}
    assert len(pairs(stands.contradictions, found)) == 1
    assert not pairs(stands.contradictions, {key: each for key, each in found.items() if key != "03"})
    assert not pairs(stands.contradictions, {key: each for key, each in found.items() if key != "04"})


# Nothing of later.

DATES = st.sampled_from(["2025-03-01", "2025-03-05", "2025-03-08", "2025-03-09", "2025-03-11", "2025-03", "2025-04-02"])
SOURCES = st.sampled_from([None, "2025-03-02", "2025-03-09", "2025-03-10"])
KINDS = st.sampled_from(sorted(set(FORMS) - {"person", "link"}))


@given(st.lists(st.tuples(KINDS, DATES, SOURCES, st.booleans()), max_size=8), st.integers(day(1), day(20)))
def test_no_sentence_of_a_brief_as_of_a_moment_rests_on_anything_of_later(drawn, at):
    entries = []
    for place, (kind, date, source, corrects) in enumerate(drawn):
        more = {"source": {"name": f"canary-{place}", "date": source}} if source else {}
        if corrects and entries:
            more |= {"corrects": entries[-1].key, "because": f"canary-{place}"}
        entries.append(entry(kind, f"k{place}", date, text=f"canary-{place}", **more))
    whole = record(*entries)
    known = whole.at(at)
    told = [Told(each, "one", is_correction=each.entry.corrects in known.by_key) for each in known.standing]
    brief = write(
        material(entries=told, at=at, contradictions=pairs(known.contradictions, {t.recorded.key: t for t in told}))
    )
    moments = {f"entry one/{each.key}": each.at for each in whole.recorded}
    if at >= whole.begun:
        assert all(moments[trace] <= at for trace in brief.traces)
    for place, each in enumerate(whole.recorded):
        if f"canary-{place}" in texts(brief):
            assert each in known.recorded
            assert each.told_at <= at


@given(
    st.lists(st.tuples(KINDS, DATES), max_size=8), st.lists(st.sampled_from(["unmet", "met", "claimed"]), max_size=3)
)
def test_whatever_the_material_there_is_a_brief_and_its_sentences_rest_on_what_is_in_it(drawn, states):
    entries = [entry(kind, f"k{place}", date) for place, (kind, date) in enumerate(drawn)]
    found = [suspension(pause(*(Condition("a", state) for state in states)))]
    brief = write(material(*entries, suspensions=found))
    assert untraced(brief) <= HEADINGS
    known = {f"entry one/{each.key}" for each in entries}
    assert {trace for trace in brief.traces if trace.startswith("entry")} == known
    assert brief.marking in LEVELS


def test_lists_are_of_sentences_and_speakers_of_the_record():
    (listing,) = [block for block in blocks(whole(), "What it costs") if isinstance(block, Listing)]
    assert [item.traces for item in listing.items] == [("entry one/09",)]
    assert TRUMP["name"] in texts(whole())
