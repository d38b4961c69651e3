"""Records: what stands, what was known then, who was who, and what contradicts what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.record import naive
from tests.unit.domain.record.entries import BEGUN, CASE, entry, record

from relto.domain.moment import DAY_US
from relto.domain.record.entry import Entry
from relto.domain.record.record import Record, Recorded
from relto.domain.record.when import When
from relto.domain.record.who import Stored

DAY = {number: When.parse(f"2025-03-{number:02d}").first for number in range(1, 32)}


def keys(rows):
    return [row.key for row in rows]


def test_what_stands_is_told_in_the_order_of_its_dates_whatever_order_it_was_recorded_in():
    made = record(
        entry("statement", key="c", date="2025-03-07"),
        entry("statement", key="a", date="2025-03-05"),
        entry("statement", key="b", date="2025-03-05/2025-03-06"),
        entry("person", key="p", date="2025-03-01"),
        entry("link", key="l", entry="a", relation="supports", other="b"),
        entry("statement", key="m", date="2025-03", source={"name": "x", "date": "2025-03-06"}),
    )
    assert keys(made.standing) == ["a", "b", "m", "c"]
    assert keys(made.recorded) == ["c", "a", "b", "p", "l", "m"]


def test_the_last_correction_stands_in_the_place_of_what_it_corrects():
    made = record(
        entry("statement", key="a", words="one"),
        entry("statement", key="b", words="two", corrects="a", because="x"),
        entry("statement", key="c", words="three", corrects="b", because="x"),
    )
    assert keys(made.standing) == ["c"]
    assert keys(made.history("a")) == ["a", "b", "c"]
    assert made.latest("a").key == made.latest("c").key == "c"
    assert made.latest("zzz") is None


def test_of_two_corrections_of_one_entry_the_last_counts():
    made = record(
        entry("statement", key="a", words="one"),
        entry("statement", key="b", words="two", corrects="a", because="x"),
        entry("statement", key="c", words="three", corrects="a", because="x"),
    )
    assert keys(made.standing) == ["c"]
    assert made.latest("a").key == "c"


def test_what_is_taken_back_leaves_nothing_and_taking_that_back_leaves_something():
    made = [
        entry("statement", key="a"),
        entry("statement", key="b", corrects="a", because="x", retracts=True),
    ]
    assert keys(record(*made).standing) == []
    assert record(*made).latest("a") is None
    made.append(entry("statement", key="c", corrects="b", because="it was true after all"))
    assert keys(record(*made).standing) == ["c"]


@pytest.mark.parametrize(
    "corrects",
    [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "c", "b": "a", "c": "b"}, {"a": "nothing"}, {"a": "b", "b": "c"}],
)
def test_corrections_in_a_circle_or_of_what_comes_after_change_nothing_and_end(corrects):
    made = record(
        *(entry("person" if key == "p" else "statement", key=key, corrects=corrects.get(key, key * 2)) for key in "abc")
    )
    for key in "abc":
        assert len(made.history(key)) <= 3
        assert made.first_key(made.by_key[key])
        made.latest(key)
    assert {each for row in made.standing for each in [row.key]} == naive.standing(list(made.recorded))


def test_as_of_a_day_an_entry_counts_that_its_source_had_told_and_somebody_had_recorded():
    made = record(
        entry("statement", key="a", date="2025-03-01"),
        entry("statement", key="b", date="2025-03-01", source={"name": "x", "date": "2025-03-05"}),
        entry("statement", key="c", date="2025-03-01"),
        entry("talks", key="d", date="2025-03-20", source={"name": "x", "date": "2025-03-02"}),
        entry("talks", key="e", date="2025-03-20"),
    )
    # Recorded on 1, 2, 3, 4 and 5 March.
    at = {day: keys(made.at(DAY[day] + DAY_US - 1).recorded) for day in range(1, 8)}
    assert at[1] == ["a"]
    assert at[2] == ["a"]
    assert at[3] == ["a", "c"]
    assert at[4] == ["a", "c", "d"]
    assert at[5] == at[7] == ["a", "b", "c", "d", "e"]
    assert not made.at(DAY[1]).is_told_later


def test_as_of_before_the_case_was_recorded_the_dates_of_the_sources_decide_and_the_record_says_so():
    made = record(
        entry("statement", key="a", date="2025-03-01"),
        entry("statement", key="b", date="2025-03-01", source={"name": "x", "date": "2025-03-05"}),
        entry("statement", key="c", date="2025-03-09"),
        # Somebody corrects it later, from the same source: that was known when he did.
        entry("statement", key="d", date="2025-03-01", corrects="a", because="x"),
        begun=DAY[20],
    )
    assert keys(made.at(DAY[1]).recorded) == ["a"]
    assert keys(made.at(DAY[5]).recorded) == ["a", "b"]
    assert keys(made.at(DAY[9]).recorded) == ["a", "b", "c"]
    assert made.at(DAY[9]).is_told_later
    assert not made.at(DAY[20]).is_told_later
    assert not made.is_told_later
    assert keys(made.at(DAY[23]).standing) == ["b", "d", "c"]


def test_a_correction_from_another_source_was_known_when_that_told_it():
    made = record(
        entry("statement", key="a", date="2025-03-01", source={"name": "x", "date": "2025-03-01"}),
        entry("statement", key="b", date="2025-03-01", source={"name": "y", "date": "2025-03-03"}, corrects="a"),
        begun=DAY[20],
    )
    assert keys(made.at(DAY[2]).standing) == ["a"]
    assert keys(made.at(DAY[3]).standing) == ["b"]


def test_an_announcement_without_a_date_of_its_source_was_told_when_it_was_recorded():
    made = record(entry("talks", key="a", date="2025-03-30"), begun=DAY[20])
    assert made.recorded[0].told_at == DAY[20]
    assert keys(made.at(DAY[20] - 1).recorded) == []


def test_people_are_who_they_were_last_said_to_be():
    made = record(
        entry("person", key="x", name="Jo Smith", party="USA", role="envoy"),
        entry("person", key="y", name="Joe Smith", party="USA", role="envoy", corrects="x", because="a letter"),
        entry("person", key="z", name="Joe Smyth", party="USA", role="envoy", corrects="y", because="a letter"),
        entry("person", key="q", name="Al"),
        entry("person", key="r", name="Al", corrects="q", because="never was", retracts=True),
    )
    assert {key: person.name for key, person in made.people.items()} == {"x": "Joe Smyth"}
    assert made.people["x"].key == "x"
    assert {key: person.name for key, person in made.at(DAY[1]).people.items()} == {"x": "Jo Smith"}


def test_whoever_was_given_two_roles_keeps_the_first():
    made = record(
        entry("person", key="x", name="Jo", role="envoy", until="2025-03-05"),
        entry("person", key="x", name="Jo", role="adviser", **{"from": "2025-03-01"}),
        entry("person", key="x", name="Jo", role="minister", **{"from": "2025-04-01"}),
        entry("person", key="w", name="Al", until="2020-01-01", **{"from": "2021-01-01"}),
    )
    assert [office.role for office in made.people["x"].offices] == ["envoy", "minister"]
    assert "w" not in made.people


def test_what_contradicts_each_other_stands_and_is_said_or_found():
    made = record(
        entry("measure", key="a", extent="partial"),
        entry("measure", key="b", extent="complete"),
        entry("statement", key="c", contradicts=["a"]),
        entry("link", key="l", entry="c", relation="contradicts", other="b"),
    )
    found = {(each.one.key, each.other.key): (each.why, each.is_said) for each in made.contradictions}
    assert found == {
        ("a", "b"): ("one says partial, the other complete", False),
        ("a", "c"): ("it is recorded as a contradiction", True),
        ("b", "c"): ("it is recorded as a contradiction", True),
    }
    assert keys(made.standing) == ["a", "b", "c"]
    assert made.against == {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}


def test_a_contradiction_goes_with_what_is_corrected_and_on_with_what_stands_in_its_place():
    rows = [
        entry("statement", key="a"),
        entry("statement", key="b", contradicts=["a"]),
        entry("statement", key="c", corrects="a", because="x", words="other"),
    ]
    (found,) = record(*rows).contradictions
    assert {found.one.key, found.other.key} == {"b", "c"}
    taken_back = record(*rows, entry("statement", key="d", corrects="c", because="x", retracts=True))
    assert taken_back.contradictions == []
    unsaid = record(*rows, entry("statement", key="d", corrects="b", because="x"))
    assert unsaid.contradictions == []


def test_a_clash_is_found_whichever_of_the_two_is_only_known_to_its_month():
    one = {"date": "2025-03-03", "delegations": {"USA": [], "UKR": []}}
    other = {"date": "2025-03", "delegations": {"USA": [], "RUS": []}, "source": {"name": "x", "date": "2025-03-09"}}
    made = record(entry("talks", key="a", **one), entry("talks", key="b", **other))
    assert [{each.one.key, each.other.key} for each in made.contradictions] == [{"a", "b"}]


def test_where_everything_contradicts_everything_so_much_of_it_is_told(monkeypatch):
    monkeypatch.setattr("relto.domain.record.record.CONTRADICTIONS_MAX", 5)
    made = record(*(entry("measure", key=f"{n}", extent=("partial", "complete")[n % 2]) for n in range(10)))
    assert len(made.contradictions) == 5


def test_links_are_told_from_both_ends():
    made = record(
        entry("statement", key="a"),
        entry("statement", key="b", supports=["a"], about=["a"]),
        entry("link", key="l", entry="a", relation="answers", other="b"),
        entry("link", key="m", entry="a", relation="answers", other="b"),
    )
    assert sorted(made.linked("a")) == [("<about", "b"), ("<supports", "b"), ("answers", "b")]
    assert sorted(made.linked("b")) == [("<answers", "a"), ("about", "a"), ("supports", "a")]
    assert made.linked("l") == made.linked("zzz") == []


def test_links_go_on_with_what_stands_in_the_place_of_what_they_name():
    made = record(
        entry("statement", key="a"),
        entry("statement", key="b", supports=["a"]),
        entry("statement", key="c", corrects="a", because="x"),
    )
    assert made.linked("c") == [("<supports", "b")]
    assert made.linked("b") == [("supports", "a")]


def test_pauses_and_conditions_that_a_link_adds_belong_to_the_entry_from_then_on():
    said = {"kind": "link", "key": "l", "date": "2025-03-09", "entry": "a", "conditions": ["2/1"], "pauses": ["2"]}
    made = record(entry("statement", key="a", pauses=["1"]), Entry.parse(said, names=Stored()))
    about = made.about("a")
    assert (about.pauses, about.conditions) == (("1", "2"), ("2/1",))
    assert made.at(DAY[1]).about("a").pauses == ("1",)
    assert made.about("zzz") is None


def test_the_first_of_a_key_is_the_one_that_is_meant():
    made = record(entry("statement", key="a", words="one"), entry("statement", key="a", words="two"))
    assert made.by_key["a"].entry.words == "one"
    assert made.latest("a").entry.words == "one"


@st.composite
def histories(draw):
    """Entries, corrections, retractions and links as they come, some of them of what is not there."""
    rows = []
    for number in range(draw(st.integers(0, 9))):
        names = st.sampled_from([*(str(each) for each in range(10)), "x"])
        day = draw(st.integers(1, 9))
        date = draw(st.sampled_from([f"2025-03-0{day}", "2025-03", f"2025-03-0{day}/2025-03-12", "2025-03-20"]))
        kind = draw(st.sampled_from(["measure", "impact", "statement", "link", "person"]))
        more = {}
        if kind == "measure":
            more = {"extent": draw(st.sampled_from(["partial", "complete"]))}
        if kind == "impact":
            more = {"effect": draw(st.sampled_from(["none", "grave"]))}
        if kind == "link":
            more = {"entry": draw(names), "other": draw(names)}
        if draw(st.booleans()):
            told = f"2025-03-{draw(st.integers(1, 25)):02d}"
            more["source"] = {"name": draw(st.sampled_from("xy")), "date": told}
        if draw(st.booleans()) and draw(st.booleans()):
            more["contradicts"] = [draw(names)]
        if draw(st.booleans()):
            more |= {"corrects": draw(names), "because": "x", "retracts": draw(st.integers(0, 3)) == 0}
        rows.append(entry(kind, key=str(number), date=date, **more))
    return [Recorded(each, place + 1, f"note--{place}", BEGUN + 3 * place * DAY_US) for place, each in enumerate(rows)]


@settings(max_examples=300)
@given(histories(), st.integers(-5, 40), st.integers(0, 12))
def test_a_record_says_what_the_second_statement_of_it_says(rows, day, begun):
    begun_at, moment = BEGUN + begun * DAY_US, BEGUN + day * DAY_US
    whole = Record(CASE, begun_at, rows)
    for narrowed, kept in ((whole, rows), (whole.at(moment), naive.known(rows, begun_at, moment))):
        assert list(narrowed.recorded) == kept
        assert {row.key for row in narrowed.standing} == naive.standing(kept)
        assert keys(narrowed.standing) == [row.key for row in sorted(narrowed.standing, key=lambda row: row.order)]
        pairs = [frozenset({each.one.key, each.other.key}) for each in narrowed.contradictions]
        assert len(pairs) == len(set(pairs))
        assert set(pairs) == naive.contradictions(kept)
        for row in kept:
            found = narrowed.latest(row.key)
            assert (found.key if found else None) == naive.latest(kept, row.key)
            narrowed.linked(row.key)


@given(histories(), st.integers(0, 40), st.integers(0, 40))
def test_what_was_known_is_never_forgotten(rows, one, other):
    made = Record(CASE, BEGUN, rows)
    earlier, later = sorted((one, other))
    before = made.at(BEGUN + earlier * DAY_US).recorded
    after = made.at(BEGUN + later * DAY_US).recorded
    assert [row for row in after if row in before] == list(before)
