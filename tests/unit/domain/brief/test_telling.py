"""Telling: each kind of entry as a sentence, with all that it may have, and its note."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.brief.materials import material, told
from tests.unit.domain.outlook.scenes import TRUMP, day, entry

from relto.domain.brief.telling import note, quotation, sentence
from relto.domain.record.form import DEAL_STATES, EFFECTS, EXTENTS, FORMS, MEASURES, STANCES, TALKS_STATES
from relto.domain.record.when import When

KELLOGG = {"name": "Keith Kellogg", "role": "envoy", "party": "USA"}


def said(kind: str, date: str = "2025-03-09", at: int = day(9, 18), **more) -> str:
    made = material(entry(kind, "01", date, **more), at=at)
    return sentence(made, made.entries[0]).text


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("statement", {}, "Donald Trump (president, United States) said on 9 March: “We just about have”."),
        (
            "statement",
            {"words": None, "paraphrase": "it is nearly over", "subject": "the pause", "place": "Air Force One"},
            "Donald Trump (president, United States) said on 9 March: it is nearly over (the pause; Air Force One).",
        ),
        (
            "statement",
            {"speaker": KELLOGG, "capacity": "personal", "words": "It's a pause.", "paraphrase": "not told"},
            "Keith Kellogg (envoy, United States) said, as a personal view, on 9 March: “It's a pause.”",
        ),
        ("statement", {"speaker": {"party": "USA"}}, "The United States said on 9 March: “We just about have”."),
        (
            "statement",
            {"speaker": {"unnamed": "a White House official", "party": "USA"}, "confidence": "reported"},
            "A White House official (United States) said on 9 March: “We just about have” (reported, not confirmed).",
        ),
        (
            "statement",
            {"speaker": {"name": "Somebody"}, "confidence": "denied", "text": "what follows is unclear"},
            "Somebody said on 9 March: “We just about have” (denied). What follows is unclear.",
        ),
        ("talks", {"date": "2025-03-11"}, "Talks are announced for 11 March in Jeddah."),
        ("talks", {"date": "2025-03-08"}, "Talks were announced for 8 March in Jeddah."),
        ("talks", {"state": "proposed", "date": "2025-03"}, "Talks are proposed for March in Jeddah."),
        ("talks", {"state": "held", "date": "2025-02"}, "Talks were held in Jeddah in February."),
        (
            "talks",
            {
                "state": "held",
                "date": "2025-03-04/2025-03-05",
                "outcome": "a truce",
                "delegations": {"UKR": [{"name": "Yermak"}, {"name": "Umerov"}], "USA": [], "RUS": [{"party": "RUS"}]},
                "hosts": [{"name": "Faisal bin Farhan", "role": "foreign minister", "party": "SAU"}, {"party": "SAU"}],
            },
            (
                "Talks between Ukraine (Yermak and Umerov), the United States and Russia were held in Jeddah on 4 and "
                "5 March; hosts: Faisal bin Farhan (foreign minister, Saudi Arabia) and Saudi Arabia; outcome: a truce."
            ),
        ),
        (
            "talks",
            {"state": "called-off", "delegations": {"UKR": []}},
            "Talks with Ukraine in Jeddah on 9 March were called off.",
        ),
        ("proposal", {}, "Ukraine proposed on 9 March: a truce in the air."),
        (
            "proposal",
            {
                "scope": ["air", "sea", "prisoners"],
                "to": ["RUS"],
                "terms": "for 30 days",
                "reciprocity": "if Russia does the same",
                "status": {"UKR": "accepted", "USA": "proposed", "RUS": "accepted-with-conditions"},
                "by": [{"party": "UKR"}, TRUMP],
            },
            (
                "Ukraine and Donald Trump (president, United States) proposed on 9 March: a truce in the air; it "
                "covers air, sea and prisoners; for 30 days; if Russia does the same (Ukraine: accepted, United "
                "States: proposed, Russia: accepted with conditions)."
            ),
        ),
        ("deal", {}, "The minerals deal between the United States and Ukraine stalled on 9 March."),
        (
            "deal",
            {"status": "agreed-in-principle", "terms": "half of it", "date": "2024-12-31"},
            (
                "The minerals deal between the United States and Ukraine was agreed in principle on 31 December 2024; "
                "half of it."
            ),
        ),
        ("condition", {}, "Donald Trump (president, United States) asked on 9 March for this: peace is wanted."),
        (
            "condition",
            {"asked_by": KELLOGG, "capacity": "personal", "state": "unmet", "words": "a signed document"},
            (
                "Keith Kellogg (envoy, United States) asked, as a personal view, on 9 March for this: peace is wanted "
                "(“a signed document”)."
            ),
        ),
        ("reaction", {}, "On 9 March Dmitry Peskov (presidential spokesman, Russia) welcomed the pause."),
        (
            "reaction",
            {"by": {"party": "GBR"}, "stance": "critical", "words": "hm"},
            "On 9 March the United Kingdom was critical of the pause: “hm”.",
        ),
        ("impact", {}, "On 9 March a grave effect on Ukraine was told of."),
        (
            "impact",
            {
                "on": ["UKR", "EU"],
                "effect": "none",
                "topics": ["naval"],
                "told_by": {"unnamed": "officials"},
                "words": "no losses",
            },
            "On 9 March officials told of no effect on Ukraine and the European Union: “no losses”.",
        ),
        ("shift", {}, "By 9 March the United States had turned from one policy to another."),
        (
            "shift",
            {"administration": "Trump"},
            "By 9 March the United States had turned from one policy to another, under the administration of Trump.",
        ),
        ("measure", {}, "On 9 March the United States paused what is shared."),
        (
            "measure",
            {"does": "widened", "subject": "imagery", "extent": "partial", "to": ["UKR"], "words": "suspended"},
            "On 9 March the United States widened the pause to imagery, in part: “suspended”.",
        ),
        (
            "measure",
            {"does": "directed", "subject": "nothing is passed on"},
            "On 9 March the United States directed that nothing is passed on.",
        ),
    ],
)
def test_an_entry_is_told_in_a_sentence_with_all_that_it_has(kind, more, text):
    assert said(kind, **more) == text


CHOSEN = [
    *(("talks", "state", each) for each in TALKS_STATES),
    *(("deal", "status", each) for each in DEAL_STATES),
    *(("reaction", "stance", each) for each in STANCES),
    *(("impact", "effect", each) for each in EFFECTS),
    *(("measure", "does", each) for each in MEASURES),
    *(("measure", "extent", each) for each in EXTENTS),
    *((kind, "confidence", each) for kind in sorted(set(FORMS) - {"person", "link"})
      for each in ("confirmed", "reported", "disputed", "denied")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "value"), CHOSEN)
def test_every_word_that_an_entry_may_choose_has_its_sentence(kind, field, value):
    text = said(kind, **{field: value})
    others = {
        said(kind, **{field: each}) for where, name, each in CHOSEN if (where, name) == (kind, field) and each != value
    }
    assert text not in others
    assert text[0].isupper()
    assert text.endswith((".", "”"))


def test_every_kind_that_tells_of_an_event_can_be_told():
    kinds = set(FORMS) - {"person", "link"}
    assert all(said(kind) for kind in kinds)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2025-03-09", "9 March"),
        ("2025-03-03T18:00:00Z", "3 March, 18:00 UTC"),
        ("2025-03", "March"),
        ("2024-12-31", "31 December 2024"),
        ("2026-01", "January 2026"),
        ("2025-02-28/2025-03-01", "28 February and 1 March"),
        ("2025-12-31/2026-01-02", "31 December 2025 to 2 January 2026"),
        ("2024-12-30/2025-01-02", "30 December 2024 to 2 January 2025"),
    ],
)
def test_the_year_is_left_out_where_all_of_a_date_lies_in_that_of_the_brief(date, words):
    assert material().date(When.parse(date)) == words


@pytest.mark.parametrize(
    ("name", "text"),
    [("United States", "the United States"), ("Five Eyes", "the Five Eyes"), ("Ukraine", "Ukraine"),
     ("Netherlands", "the Netherlands"), ("The Netherlands", "The Netherlands"),
     ("Czech Republic", "the Czech Republic")],
)  # fmt: skip
def test_a_party_has_the_article_that_prose_gives_it(name, text):
    assert replace(material(), parties={"X": name}).the("X") == text


def test_a_party_that_the_node_does_not_know_is_told_by_its_code():
    assert material().the("NATO") == material().party("NATO") == "NATO"


# Quotations and notes.


def test_words_are_set_apart_with_who_when_and_where():
    made = material(entry("statement", "01", place="Air Force One", subject="asked"), entry("reaction", "02"))
    found = quotation(made, made.entries[0])
    assert found is not None
    assert (found.words, found.who, found.when, found.traces) == (
        "We just about have", "Donald Trump (president, United States)", "9 March, Air Force One", ("entry one/01",),
    )  # fmt: skip
    assert quotation(made, made.entries[1]) is None


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "Record one, entry 01, statement of 9 March 2025; confirmed"),
        (
            {"source": {"name": "a paper"}},
            "Record one, entry 01, statement of 9 March 2025; source: a paper; confirmed",
        ),
        (
            {
                "source": {"name": "a paper", "date": "2025-03-08", "url": "https://example.org/a", "grade": "B2"},
                "confidence": "disputed",
            },
            (
                "Record one, entry 01, statement of 9 March 2025; source: a paper, 8 March 2025 (B2: usually reliable, "
                "probably true); https://example.org/a; disputed"
            ),
        ),
    ],
)
def test_a_note_says_where_an_entry_comes_from_and_how_sure_it_is(more, text):
    (one,) = told(entry("statement", "01", **more))
    assert note(one) == text


def test_a_correction_names_what_it_corrects_and_why_where_the_reader_may_see_that():
    (both,) = told(entry("statement", "01"), entry("statement", "02", corrects="01", because="it was misheard"))
    assert "misheard" not in note(both)
    assert "01" not in note(both)
    assert note(replace(both, is_correction=True)).endswith("corrects entry 01, because it was misheard")


# Whatever is told.

KINDS = sorted(set(FORMS) - {"person", "link"})
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), min_size=1, max_size=30).filter(
    str.strip
)


@given(st.sampled_from(KINDS), TEXT, st.sampled_from(["2025-03-09", "2025-03", "2024-02-01", "2025-03-01/2025-03-04"]))
def test_whatever_an_entry_tells_is_a_sentence_that_rests_on_it(kind, text, date):
    words = {"statement": "words", "reaction": "words", "impact": "words", "measure": "words", "condition": "asks",
             "proposal": "subject", "deal": "subject", "talks": "place", "shift": "from"}  # fmt: skip
    made = material(entry(kind, "01", date, **{words[kind]: text}, text=text))
    (one,) = made.entries
    found = sentence(made, one)
    assert found.traces == ("entry one/01",)
    assert text in found.text
    assert found.text.endswith((".", "!", "?", "”"))


def test_a_sentence_that_ends_has_no_second_full_stop():
    assert said("statement", words="Done!").endswith("“Done!”")
    assert said("statement", text="It is so.").endswith("It is so.")
