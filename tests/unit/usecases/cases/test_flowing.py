"""A case and its entries are items: markings hold, agreements and pauses decide, and the log proves them."""

from __future__ import annotations

import json

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.proving.story import signed
from tests.replayed import codes_of, faults_of
from tests.unit.usecases.cases.casework import DIPLOMACY, OLGA, Casework, keys_of, measure, said

from relto.adapters.sqlite import SqliteStore
from relto.adapters.stix.check import StixValidator, header_of
from relto.domain.errors import BadInput, Conflict
from relto.domain.keys import object_key
from relto.domain.moment import write
from relto.domain.record.stix import ENTRY, EVENT, MAKER
from relto.usecases import purging, standing, topics
from relto.usecases.cases.loading import PURGED, Library, listed
from relto.usecases.cases.timeline import timeline
from relto.usecases.pausing import MakePause
from relto.usecases.publishing import Publisher, withdraw
from relto.wiring.proving import verify_store


def cases_of(work, by=OLGA):
    return [record.case.id for record in listed(work.node, work.desk, by=by)]


def untold(_done: int, _of: int) -> None:
    """Nobody wants to know how far it is."""


def explained(work, key):
    (answer,) = standing.explain(work.node, work.desk, work.record().by_key[key].stix_id, "UKR", by=ADMIN)
    return answer.decision


def pause(work, **order):
    return actors.pause(work.node, work.desk, MakePause(["usa-ukr"], reason="talks", **order), by=ADMIN).pause.number


def test_what_is_recorded_flows_to_a_partner_with_the_definition_that_explains_it():
    work = Casework().opened(said(), measure("partial"))
    objects = work.read()
    by_type = {each["type"] for each in objects}
    assert by_type == {"event", "note", "identity", "extension-definition"}
    # Who is who stays with the keeper unless somebody means it to go.
    assert keys_of(objects) == {"01", "02"}
    definition = next(each for each in objects if each["id"] == ENTRY)
    assert json.loads(definition["schema"])["title"] == "Relto case entry"
    assert any(EVENT in each.get("extensions", {}) for each in objects)
    # Nothing comes twice, and what is added comes next.
    assert work.read() == []
    work.add(said("later"))
    assert keys_of(work.read()) == {"03"}
    key = work.correct("03", words="other")
    assert keys_of(work.read()) == {key}


def test_another_agreement_has_nothing_of_it_but_what_explains_and_who_is_who():
    work = Casework(terms="agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\nsupport: []\n").opened(
        said()
    )
    assert work.read() == []


@pytest.mark.parametrize(
    ("case", "entry", "flows"),
    [
        ("clear", None, True), ("clear", "clear", True), ("clear", "green", True), ("green", "clear", True),
        ("clear", "amber", False), ("clear", "red", False), ("amber", None, False), ("amber", "clear", False),
        ("red", "clear", False), ("red", "green", False), ("amber+strict", "clear", False),
    ],
)  # fmt: skip
def test_an_entry_is_never_less_strict_than_its_case(case, entry, flows):
    more = {"marking": entry} if entry else {}
    work = Casework().opened(marking=case)
    kinds = [
        said(key="s", **more),
        measure("partial", key="m", **more),
        {
            "kind": "reaction",
            "key": "r",
            "date": "2025-02-10",
            "by": "USA",
            "stance": "neutral",
            "towards": "x",
            **more,
        },
        {"kind": "person", "key": "p", "name": "Jo Smith", **more},
        {"kind": "link", "key": "l", "date": "2025-02-10", "entry": "s", "relation": "about", "other": "m", **more},
    ]
    work.add(*kinds)
    # Who is who goes nowhere by the marking of the case alone: `identity` objects belong to every agreement.
    going = set("smrpl") if entry else set("smrl")
    for key in "smrpl":
        assert explained(work, key) == ("release" if flows and key in going else "withhold"), key
    assert keys_of(work.read()) & set("smrpl") == (going if flows else set())


def test_what_is_refused_to_a_partner_does_not_show_as_less_than_it_is():
    work = Casework(
        terms="agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [diplomacy], marking_at_most: red}\n"
    )
    work.opened(said(marking="clear"), marking="red")
    shown = {each["type"]: each["object_marking_refs"] for each in work.read() if each["type"] in {"event", "note"}}
    assert len({tuple(refs) for refs in shown.values()}) == 1


def test_a_pause_holds_what_is_recorded_like_any_item_and_the_backlog_gives_it():
    work = Casework().opened(said())
    assert "01" in keys_of(work.read())
    number = pause(work)
    work.add(said("held"), measure("partial"))
    assert work.read() == []
    assert explained(work, "02") == "hold"
    # Whoever keeps it goes on to see it.
    assert work.keys() == ["01", "02", "03"]
    actors.resume(work.node, work.desk, [number], backlog="release", by=ADMIN)
    assert keys_of(work.read()) == {"02", "03"}


def test_a_pause_of_its_topic_holds_it_and_one_of_another_does_not():
    work = Casework().opened()
    work.read()
    pause(work, scope=None, recipient="UKR")
    work.add(said())
    assert explained(work, "01") == "hold"


def test_a_withdrawn_entry_is_not_in_the_record():
    work = Casework().opened(said("one"), said("two"), measure("partial"))
    record = work.record()
    for key in ("01", "03"):
        withdraw(work.node, work.desk, originator="USA", by=ADMIN, stix_id=record.by_key[key].stix_id, versions=None)
    assert work.keys() == ["02"]
    assert work.record().unread == 0
    assert "two" in work.given_out("stix")
    assert '"one"' not in work.given_out("stix")
    assert work.add(said("three"))


def test_a_withdrawn_case_is_not_there_and_may_be_opened_again():
    work = Casework().opened(said("one"))
    with work.node.store.read() as snap:
        ref = next(each for each in work.read() if each["type"] == "event")["id"]
        assert snap.known([object_key("USA", ref)])
    withdraw(work.node, work.desk, originator="USA", by=ADMIN, stix_id=ref, versions=None)
    work.world.settle_clock()
    work.opened(said("two"))
    assert [each.entry.words for each in work.record().standing] == ["two"]


def test_what_was_purged_counts_as_unread():
    work = Casework().opened(said("one"), said("two"))
    work.read()
    moment = work.world.now
    work.world.settle_clock()
    work.add(said("three"))
    purging.purge(work.node, work.desk, before=moment, originator=None, by=ADMIN)
    # What its opening said is gone; that there is the case, its entries still say, and nobody opens another of its id.
    assert cases_of(work) == ["a"]
    assert work.record().case.title == PURGED
    assert [each.entry.words for each in work.record().standing] == ["three"]
    assert work.record().unread > 2
    with pytest.raises(Conflict):
        work.opened()


@pytest.mark.tampers
def test_entries_that_were_purged_are_counted_and_the_others_stand():
    work = Casework().opened(said("one"), said("two"))
    work.read()
    work.add(said("three"))
    record = work.record()
    with work.node.store.write() as tx:
        wanted = tx.records([record.by_key["01"].seq, record.by_key["trump"].seq])
        assert tx.purge([(each.class_id, each.seq - 1, each.seq) for each in wanted], act=1) == 2
    assert work.keys() == ["02", "03"]
    assert work.record().unread == 2


def test_who_recorded_an_entry_is_whose_account_took_it_in_whatever_its_object_says():
    work = Casework().opened(said("one"))
    raw = next(each for each in work.read() if each["type"] == "note")
    raw["id"] = "note--5a51c7ee-3d5b-4c2b-9a3b-0d4f8e3f1c11"
    raw["extensions"][ENTRY]["entry"]["key"] = "forged"
    raw["extensions"][ENTRY]["recorded_by"] = "director"
    ingest(work, raw)
    by_key = work.record().by_key
    assert (by_key["01"].by, by_key["forged"].by) == (OLGA.account, ADMIN.account)


def test_another_version_of_its_object_is_no_edit_of_an_entry():
    work = Casework().opened(said("one"))
    raw = next(each for each in work.read() if each["type"] == "note")
    raw["modified"] = write(work.world.now)
    raw["extensions"][ENTRY]["entry"]["words"] = "forged"
    ingest(work, raw)
    record = work.record()
    assert [each.entry.words for each in record.standing] == ["one"]
    assert [each.key for each in record.recorded] == ["trump", "zelenskyy", "01"]


def ingest(work, value, originator="USA"):
    header = StixValidator().check(json.dumps(value).encode(), where="", now_us=work.world.now)
    taken = Publisher(work.node, work.desk, originator=originator, by=ADMIN).take([header])
    assert taken.added == 1, taken.rejects
    work.world.settle_clock()


def test_nobody_adds_to_the_case_of_another_party_and_nobody_opens_one_in_its_name():
    work = Casework().opened(said("one"))
    objects = work.read()
    note, case = (next(each for each in objects if each["type"] == kind) for kind in ("note", "event"))
    note["id"] = note["id"][:-4] + "beef"
    note["extensions"][ENTRY]["entry"]["key"] = "forged"
    ingest(work, note, originator="GBR")
    assert work.keys() == ["01"]
    case["id"] = case["extensions"][ENTRY]["case_ref"] = case["id"][:-4] + "beef"
    case["extensions"][ENTRY]["opening"] |= {"party": "USA", "case": "b"}
    ingest(work, case, originator="GBR")
    assert cases_of(work) == ["a"]
    with work.node.store.read() as snap:
        assert Library(snap, work.desk.current(snap, snap.head().policy_version), ADMIN).cases_of("GBR") == []


@pytest.mark.parametrize("spoiled", [{"entry": 7}, {"entry": {"kind": "talks"}}, {"recorded_by": 7}])
def test_an_object_that_says_nothing_to_be_understood_is_no_entry(spoiled):
    work = Casework().opened(said("one"))
    note = next(each for each in work.read() if each["type"] == "note")
    note["id"] = note["id"][:-4] + "beef"
    note["extensions"][ENTRY] |= spoiled
    ingest(work, note)
    assert work.keys() == ["01"]
    assert work.add(said("two"))


def test_a_plain_note_about_the_case_is_no_entry_of_it():
    work = Casework().opened(said("one"))
    note = next(each for each in work.read() if each["type"] == "note")
    note["id"] = note["id"][:-4] + "beef"
    del note["extensions"]
    ingest(work, note)
    assert work.keys() == ["01"]


# The log.


def story(work):
    work.opened(said("one"), measure("partial"))
    work.read()
    number = pause(work)
    work.add(said("two"), measure("complete"), {"kind": "person", "name": "Jo Smith", "marking": "red"})
    work.correct("01", words="other")
    actors.resume(work.node, work.desk, [number], backlog="release", by=ADMIN)
    work.read()
    record = work.record()
    withdraw(work.node, work.desk, originator="USA", by=ADMIN, stix_id=record.by_key["02"].stix_id, versions=None)
    return work


def reclassed(work, text):
    assert topics.adopt(work.node, work.desk, text, by=ADMIN)
    done = topics.reclass(work.node, work.desk, lambda raw, _: header_of(raw), by=ADMIN, portion=3)
    work.world.settle_clock()
    return done


def test_the_log_of_a_node_with_a_case_can_be_carried_out_again():
    work = story(Casework())
    assert faults_of(work.node.store) == []
    assert codes_of(work.node.store) <= {"actor-unfounded"}


def test_deciding_the_past_anew_moves_the_record_with_its_topic_and_can_be_carried_out_again():
    work = story(Casework())
    narrower = DIPLOMACY.replace("[diplomacy]", "[protocol]")
    assert reclassed(work, narrower).moved > 0
    work.add(said("while nobody receives it"))
    assert work.read() == []
    assert reclassed(work, DIPLOMACY).moved > 0
    assert "while nobody receives it" in json.dumps(work.read())
    assert faults_of(work.node.store) == []


def test_reclassing_with_the_same_words_moves_nothing():
    work = story(Casework())
    done = topics.reclass(work.node, work.desk, lambda raw, _: header_of(raw), by=ADMIN, portion=3)
    assert done.moved == 0


def test_log_verify_finds_nothing_wrong_on_a_node_with_a_case(tmp_path):
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}")
    try:
        work = Casework(store)
        work.world.account("olga", "USA", "officer")
        reclassed(story(work), DIPLOMACY.replace("[diplomacy]", "[diplomacy, protocol]"))
        keys = signed(store, tmp_path)
        verdict = verify_store(store, keys, untold)
        assert not {fault.code for fault in verdict.faults} - {"actor-unfounded"}, verdict.faults
    finally:
        store.close()


# Pauses beside it.


def test_a_timeline_shows_the_pauses_that_it_is_about_as_they_stood():
    work = Casework()
    number = pause(work)
    work.opened(said(), pauses=[number])
    during = work.world.now
    work.world.settle_clock()
    actors.resume(work.node, work.desk, [number], by=ADMIN)
    work.world.settle_clock()
    (span,) = timeline(work.node, work.desk, "a", by=OLGA).spans
    assert (span.pause.number, span.lifted_at is None) == (number, False)
    (span,) = timeline(work.node, work.desk, "a", by=OLGA, at=during).spans
    assert span.lifted_at is None
    assert timeline(work.node, work.desk, "a", by=OLGA, at=span.since - 1).spans == ()
    contributor = actors.actor("c", "contributor")
    assert timeline(work.node, work.desk, "a", by=contributor).spans == ()


def test_nobody_asks_how_things_will_stand():
    work = Casework().opened()
    with pytest.raises(BadInput) as caught:
        timeline(work.node, work.desk, "a", by=OLGA, at=work.world.now + 1)
    assert caught.value.code == "when-ahead"


def test_support_objects_of_a_case_are_marked_as_it_is():
    work = Casework().opened(marking="amber")
    with work.node.store.read() as snap:
        for name in (MAKER, ENTRY):
            (known,) = snap.known([object_key("USA", name)]).values()
            assert len(known) == 1
    assert work.read() == []


def test_what_joins_a_case_and_is_no_entry_takes_no_entry_s_place(monkeypatch):
    monkeypatch.setattr("relto.usecases.cases.loading.PORTION", 3)
    monkeypatch.setattr("relto.usecases.cases.loading.ENTRIES_MAX", 6)
    monkeypatch.setattr("relto.usecases.cases.keeping.ENTRIES_MAX", 6)
    work = Casework().opened(said("one"))
    ref = next(each["id"] for each in work.read() if each["type"] == "event")
    for number in range(8):
        ingest(
            work,
            {
                "type": "note", "spec_version": "2.1", "id": f"note--5a51c7ee-3d5b-4c2b-9a3b-{number:012d}",
                "created": write(work.world.now), "modified": write(work.world.now), "content": "x",
                "object_refs": [ref],
            },
        )  # fmt: skip
    work.add(said("two"))
    work.add(said("three"))
    assert [each.entry.words for each in work.record().standing] == ["one", "two", "three"]
    assert len(json.loads(work.given_out("stix"))["objects"]) == 3 + len(work.record().recorded)
