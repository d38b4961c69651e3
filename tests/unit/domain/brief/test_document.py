"""The document: what it rests on, numbered as a reader comes upon it, and what programs get."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.sentences import sentences_of

from relto.domain.brief.document import (
    Brief,
    Chart,
    Contradiction,
    Listing,
    Paragraph,
    Quotation,
    Section,
    Sentence,
    Table,
    traces_of,
)

DAYS = ("2025-03-05",)
BLOCKS = {
    "paragraph": Paragraph((Sentence("One.", ("entry a/1",)), Sentence("Two.", ("entry a/2", "pause 1")))),
    "list": Listing((Sentence("Three.", ("entry a/3",)),)),
    "quotation": Quotation("words", "somebody", "9 March", ("entry a/4",)),
    "table": Table(("a", "b"), (("1", "2"), ("3", "4")), (("count x",), ("count y",))),
    "chart": Chart("a chart", DAYS, {"received": (3,)}, ((*DAYS, *DAYS, "pause 1"),), traces=("count z",)),
    "contradiction": Contradiction(Sentence("Four.", ("entry a/5",)), Sentence("Five.", ("entry a/6",)), "why"),
}  # fmt: skip
WHOLE = Brief(
    "Headline", "Dateline", (Sentence("Take.", ("pause 1",)),), (Section("Part", tuple(BLOCKS.values())),), "amber",
    {"pause 1": "Pause 1, as of today"}, "Ukraine", "USA", 5,
)  # fmt: skip


def test_notes_are_numbered_as_a_reader_comes_upon_them_and_each_once():
    traces = ["pause 1", "entry a/1", "entry a/2", "entry a/3", "entry a/4", "count x", "count y", "count z",
              "entry a/5", "entry a/6"]  # fmt: skip
    assert list(WHOLE.traces) == traces
    assert list(WHOLE.numbers.values()) == list(range(1, len(traces) + 1))
    assert [(note["note"], note["trace"]) for note in WHOLE.as_value()["notes"]] == list(enumerate(traces, start=1))


def test_a_note_says_in_full_what_it_is_or_its_name_where_nobody_said():
    notes = {note["trace"]: note["text"] for note in WHOLE.as_value()["notes"]}
    assert (notes["pause 1"], notes["entry a/1"]) == ("Pause 1, as of today", "entry a/1")


def test_programs_get_every_block_under_its_name_with_what_it_rests_on():
    value = WHOLE.as_value()
    assert json.loads(json.dumps(value)) == value
    assert [value[name] for name in ("headline", "dateline", "marking", "subject", "for")] == [
        "Headline", "Dateline", "amber", "Ukraine", "USA",
    ]  # fmt: skip
    (section,) = value["sections"]
    found = {block["block"]: block for block in section["blocks"]}
    assert list(found) == list(BLOCKS)
    assert found["paragraph"]["sentences"][1] == {"text": "Two.", "traces": ["entry a/2", "pause 1"]}
    assert found["table"]["rows"][1] == {"cells": ["3", "4"], "traces": ["count y"]}
    assert found["chart"]["shaded"] == [{"from": "2025-03-05", "to": "2025-03-05", "what": "pause 1"}]
    assert found["contradiction"]["other"] == {"text": "Five.", "traces": ["entry a/6"]}


def test_a_table_may_do_without_traces():
    value = Brief("a", "b", sections=(Section("c", (Table(("x",), (("1",), ("2",))),)),)).as_value()
    assert [row["traces"] for row in value["sections"][0]["blocks"][0]["rows"]] == [[], []]


def test_every_sentence_is_found_wherever_it_stands():
    assert [each.text for each in sentences_of(WHOLE)] == [
        "Take.", "One.", "Two.", "Three.", "words", "Four.", "Five.",
    ]  # fmt: skip


TRACES = st.lists(st.sampled_from(["entry a/1", "pause 1", "count x"]), max_size=3).map(tuple)
SENTENCES = st.builds(Sentence, st.text(max_size=5), TRACES)
ANY = st.one_of(
    st.builds(Paragraph, st.lists(SENTENCES, max_size=3).map(tuple)),
    st.builds(Listing, st.lists(SENTENCES, max_size=3).map(tuple)),
    st.builds(Quotation, st.text(), st.text(), st.text(), TRACES),
    st.builds(Contradiction, SENTENCES, SENTENCES, st.text()),
    st.builds(lambda traces: Table(("x",), (("1",),) * len(traces), tuple(traces)), st.lists(TRACES, max_size=3)),
    st.builds(lambda traces: Chart("t", ("2025-03-05",), {"a": (1,)}, traces=traces), TRACES),
)


@given(st.lists(ANY, max_size=5), st.lists(SENTENCES, max_size=3))
def test_whatever_stands_in_it_every_trace_has_one_number_and_one_note(blocks, takes):
    brief = Brief("a", "b", tuple(takes), (Section("c", tuple(blocks)),))
    used = {trace for block in blocks for trace in traces_of(block)} | {
        trace for take in takes for trace in take.traces
    }
    assert set(brief.numbers) == used
    assert sorted(brief.numbers.values()) == list(range(1, len(used) + 1))
    assert len(brief.as_value()["notes"]) == len(used)
