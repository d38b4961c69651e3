"""Keeping a case: it is opened, added to, corrected and linked; all or nothing, and never edited."""

from __future__ import annotations

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.unit.usecases.cases.casework import OLGA, PEOPLE, Casework, measure, said

from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unknown
from relto.usecases.cases import keeping
from relto.usecases.pausing import MakePause


def refused(kind, done):
    with pytest.raises(kind) as caught:
        done()
    return caught.value


def test_a_case_is_opened_with_its_people_and_entries_and_shown_as_they_were_resolved():
    work = Casework().opened(said(), said("It is nearly over", key="a-near", speaker="Zelenskyy"))
    record = work.record()
    assert (record.case.id, record.case.party, record.case.marking) == ("a", "USA", "clear")
    assert [each.key for each in record.recorded] == ["trump", "zelenskyy", "01", "a-near"]
    assert {each.by for each in record.recorded} == {"olga"}
    assert record.by_key["01"].entry.body["speaker"] == {
        "person": "trump", "name": "Donald Trump", "role": "president", "party": "USA",
    }  # fmt: skip
    assert set(record.people) == {"trump", "zelenskyy"}


def test_a_case_that_says_no_marking_stays_with_its_party():
    work = Casework()
    work.keeper().open({"case": "a", "title": "x"}, [*PEOPLE, said(marking="clear")])
    assert work.record().case.marking == "amber+strict"
    assert work.read() == []


def test_keys_are_drawn_in_order_and_leave_out_what_is_given():
    work = Casework().opened(said(), said(key="03"), said(), said(key="9"), said())
    assert work.keys() == ["01", "03", "04", "9", "10"]
    assert work.add(said(key="999999999"), said(), said()) == ["999999999", "1000000000", "1000000001"]
    assert len(set(work.add(said(), said()))) == 2


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([said(), said(speaker="nobody")], "person-unknown"),
        ([said(), said(key="x"), said(key="x")], "entry-exists"),
        ([said(), said(key="trump")], "entry-exists"),
        ([said(), said(supports=["99"])], "entry-unknown"),
        ([said(), said(contradicts=["99"])], "entry-unknown"),
        ([said(), said(corrects="99", because="x")], "entry-unknown"),
        ([said(), said(key="x", corrects="x", because="x")], "correction-circular"),
        ([said(), said(key="x", corrects="y", because="x"), said(key="y")], "correction-circular"),
        ([said(key="x", corrects="y", because="x"), said(key="y", corrects="x", because="x")], "correction-circular"),
        ([said(key="x"), said(corrects="x", because="x"), said(corrects="x", because="x")], "entry-corrected"),
        ([said(), said(pauses=["9"])], "pause-unknown"),
        ([said(), said(conditions=["9/1"])], "pause-unknown"),
        ([said(), said(agreements=["usa-xyz"])], "agreement-unknown"),
        ([said(), said(date="2025-02-30")], "date-invalid"),
        ([said(), said(date="2024-12-31")], "entry-before-case"),
        (
            [said(), {"kind": "link", "date": "2025-02-10", "entry": "99", "relation": "about", "other": "trump"}],
            "entry-unknown",
        ),
        (
            [said(), {"kind": "person", "key": "x", "name": "A", "from": "2025-02-01", "until": "2025-01-01"}],
            "date-invalid",
        ),
        ([said(), {"kind": "person", "name": "Donald Trump", "role": "envoy", "party": "USA"}], "person-two-roles"),
        ([said(), {"kind": "person", "name": "D. Trump", "person": "trump", "role": "envoy"}], "person-two-roles"),
        ([said(), {"kind": "person", "name": "A", "person": "nobody"}], "person-unknown"),
        ([said(), {"kind": "person", "name": "A", "person": "01"}], "person-unknown"),
        ([said(), "text"], "entry-invalid"),
        ([said(), None], "entry-invalid"),
        ([said(), []], "entry-invalid"),
        ([said(), {"kind": "impact", "date": "2025-02-10", "on": ["XYZ"], "effect": "none"}], "party-unknown-here"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_of_it_is_recorded(entries, code):
    work = Casework().opened(begins="2025-01-01")
    before = work.items()
    error = refused(ReltoError, lambda: work.add(*entries))
    assert error.code == code
    assert work.items() == before
    assert work.keys() == []
    fresh = Casework()
    before = fresh.items()
    assert refused(ReltoError, lambda: fresh.opened(*entries, begins="2025-01-01")).code == code
    assert fresh.items() == before
    assert refused(Unknown, fresh.record).code == "case-unknown"


def test_of_several_the_one_that_is_wrong_is_named():
    work = Casework().opened()
    assert refused(BadInput, lambda: work.add(said(), said(speaker="nobody", key="x"))).message.startswith(
        "entry `x`: "
    )
    assert refused(BadInput, lambda: work.add(said(), said(speaker="nobody"))).message.startswith("entry 2: ")
    assert not refused(BadInput, lambda: work.add(said(speaker="nobody"))).message.startswith("entry")


def test_an_entry_on_the_day_on_which_the_case_begins_is_taken_and_people_may_be_older():
    work = Casework().opened(begins="2025-02-10")
    assert work.add(said(), said(date="2025-02"), said(date="2025-02-09/2025-02-10"))
    assert work.add({"kind": "person", "name": "Old Man", "date": "2020-01-01"}) == ["man"]


def test_people_have_the_office_of_the_day_and_a_further_one_later():
    work = Casework()
    biden = {"kind": "person", "name": "Joe Biden", "party": "USA", "role": "vice president", "until": "2017-01-20"}
    again = {"kind": "person", "name": "Joe Biden", "party": "USA", "role": "president", "from": "2021-01-20"}
    work.opened(biden)
    assert work.add(again) == ["biden-2"]
    assert work.add(said(speaker="biden", date="2016-02-01"), said(speaker="Joe Biden", date="2022-02-01")) == [
        "01",
        "02",
    ]
    roles = [each.entry.body["speaker"]["role"] for each in work.record().recorded if each.entry.kind == "statement"]
    assert roles == ["vice president", "president"]
    assert len(work.record().people["biden"].offices) == 2
    clash = {"kind": "person", "person": "biden", "name": "Joe Biden", "role": "envoy", "from": "2022-01-01"}
    assert refused(Refused, lambda: work.add(clash)).code == "person-two-roles"
    # A correction says until when the one role lasted, and from when the other.
    work.correct("biden-2", until="2022-01-01")
    clash["from"] = "2022-01-02"
    assert work.add(clash)
    assert [each.role for each in work.record().people["biden"].offices] == ["vice president", "president", "envoy"]
    assert refused(Refused, lambda: work.correct("biden", until="2021-02-01")).code == "person-two-roles"


def test_another_of_the_same_name_has_a_key_of_its_own():
    work = Casework().opened()
    other = {"kind": "person", "key": "the-other", "name": "Donald Trump", "party": "UKR", "role": "farmer"}
    assert work.add(other) == ["the-other"]
    assert refused(BadInput, lambda: work.add(said(speaker="Donald Trump"))).code == "person-ambiguous"
    assert work.add(said(speaker="the-other"), said(speaker="trump")) == ["01", "02"]


def test_a_correction_stands_in_the_place_of_an_entry_which_stays_on_record():
    work = Casework().opened(said("one", text="more"))
    key = work.correct("01", words="two", text=None)
    record = work.record()
    assert work.keys() == [key]
    assert [each.entry.words for each in record.history("01")] == ["one", "two"]
    made = record.by_key[key].entry
    assert (made.corrects, made.because, made.text) == ("01", "it was wrong", "")
    assert refused(Refused, lambda: work.correct("01", words="three")).code == "entry-corrected"
    assert refused(Refused, lambda: work.add(said(corrects="01", because="x"))).code == "entry-corrected"
    assert refused(Unknown, lambda: work.correct("99", words="x")).code == "entry-unknown"
    assert refused(BadInput, lambda: work.correct("X Y", words="x")).code == "entry-key-invalid"
    work.correct(key, words="three")
    assert [each.entry.words for each in work.record().history("01")] == ["one", "two", "three"]


def test_what_was_taken_back_is_gone_and_stands_again_where_that_is_corrected():
    work = Casework().opened(said("one"))
    back = work.correct("01", retract=True)
    assert work.keys() == []
    again = work.correct(back, because="it was true after all")
    assert work.keys() == [again]
    assert not work.record().by_key[again].entry.retracts


def test_a_correction_goes_on_to_say_what_it_does_not_change_but_for_what_was_contradicted():
    work = Casework().opened(said("one"), said("two", contradicts=["01"], supports=["01"]))
    key = work.correct("02", words="three")
    assert work.record().by_key[key].entry.links == {"supports": ("01",)}
    assert work.record().contradictions == []


def test_of_the_same_source_something_else_may_be_said_and_another_source_is_another():
    work = Casework().opened(said(source={"name": "AP", "grade": "B2", "url": "https://example.org/"}))
    first = work.correct("01", source={"grade": "B3", "url": None})
    assert work.record().by_key[first].entry.source.as_value() == {"name": "AP", "grade": "B3"}
    second = work.correct(first, source={"name": "AFP"})
    assert work.record().by_key[second].entry.source.as_value() == {"name": "AFP"}
    third = work.correct(second, source=None)
    assert work.record().by_key[third].entry.source is None


@pytest.mark.parametrize("changes", [{"kind": "deal"}, {"date": None}, {"speaker": "nobody"}, {"x": 1}, {"key": "01"}])
def test_a_correction_that_makes_no_entry_is_refused(changes):
    work = Casework().opened(said())
    before = work.items()
    refused(ReltoError, lambda: work.correct("01", **changes))
    assert work.items() == before


def test_clashes_are_taken_in_and_named():
    work = Casework().opened(measure("partial", key="p"))
    added = work.keeper().add("a", [measure("complete", key="c"), measure("partial", key="q")])
    assert [tuple(each) for each in added.clashes] == [
        ("c", "p", "one says partial, the other complete"),
        ("q", "c", "one says complete, the other partial"),
    ]
    pairs = {(each.one.key, each.other.key) for each in work.record().contradictions}
    assert pairs == {("p", "c"), ("c", "q")}
    # What corrects something does not clash with that.
    assert work.keeper().correct("a", "c", {"extent": "partial"}, because="x").clashes == []


def test_pauses_agreements_and_conditions_are_those_that_are_there():
    work = Casework()
    made = actors.pause(work.node, work.desk, MakePause(["usa-ukr"], reason="talks", conditions=("talks are fixed",)))
    number = made.pause.number
    work.opened(agreements=["usa-ukr"], pauses=[number])
    link = {"kind": "link", "date": "2025-02-10", "entry": "01", "conditions": [f"{number}/1"]}
    assert work.add(said(pauses=[number], agreements=["usa-ukr"], conditions=[f"{number}/1"]), link) == ["01", "02"]
    assert refused(Unknown, lambda: work.add(said(conditions=[f"{number}/2"]))).code == "condition-unknown"
    assert refused(Unknown, lambda: work.add(said(conditions=[f"{number}/0"]))).code == "condition-unknown"


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"parties": ["XYZ"]}, "party-unknown"), ({"agreements": ["x"]}, "agreement-unknown"),
        ({"pauses": ["9"]}, "pause-unknown"), ({"case": "A"}, "case-id-invalid"), ({"party": "GBR"}, "party-not-yours"),
        ({"party": "XYZ"}, "party-not-yours"), ({"begins": "2025-02-30"}, "date-invalid"),
        ({"title": ""}, "entry-invalid"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_is_not_opened(case, code):
    work = Casework()
    before = work.items()
    assert refused(ReltoError, lambda: work.opened(**case)).code == code
    assert work.items() == before


def test_there_is_one_case_of_an_id():
    work = Casework().opened()
    assert refused(Conflict, work.opened).code == "case-exists"
    # Another party may have one of that name; then both names are asked for.
    work.opened(by=ADMIN, party="GBR")
    assert refused(BadInput, lambda: work.record(by=ADMIN)).code == "case-ambiguous"
    assert work.record(by=ADMIN, case="GBR:a").case.party == "GBR"
    assert work.record().case.party == "USA"


def test_whoever_is_overtaken_looks_again_and_loses_nothing(monkeypatch):
    work = Casework().opened()
    headers, faster = keeping.Keeper._headers, [said("faster", key="f1"), said("faster still", key="f2")]

    def overtaken(self, *words):
        made = headers(self, *words)
        if faster:
            Casework.add(work, faster.pop())
        return made

    monkeypatch.setattr(keeping.Keeper, "_headers", overtaken)
    assert work.add(said("slow")) == ["01"]
    assert set(work.keys()) == {"01", "f1", "f2"}


def test_whoever_is_always_overtaken_is_told_so(monkeypatch):
    work = Casework().opened()

    def always(self, change):
        raise keeping._Overtaken

    monkeypatch.setattr(keeping._Work, "guard", always)
    assert refused(Refused, lambda: work.add(said())).code == "case-busy"


def test_a_full_case_is_refused(monkeypatch):
    work = Casework().opened()
    monkeypatch.setattr(keeping, "ENTRIES_MAX", 4)
    assert work.add(said(), said()) == ["01", "02"]
    assert refused(Refused, lambda: work.add(said())).code == "case-full"


def test_nothing_added_is_nothing_done():
    work = Casework().opened()
    before = work.items()
    assert work.add() == []
    assert work.items() == before


def test_an_account_that_may_not_give_keeps_no_case():
    work = Casework().opened()
    reader, approver = actors.actor("r", "reader"), actors.actor("p", "approver", "auditor")
    for by in (reader, approver):
        with pytest.raises(ReltoError):
            work.add(said(), by=by)
        assert refused(Refused, lambda by=by: work.opened(case="b", by=by)).code == "role-missing"
    contributor = actors.actor("c", "contributor")
    assert work.add(said(), by=contributor) == ["01"]
    assert work.record().by_key["01"].by == "c"
    assert OLGA.account == "olga"
