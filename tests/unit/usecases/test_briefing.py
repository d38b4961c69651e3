"""Briefs from a node: the same brief differs by marking, and what a reader may not see is in no form of it."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.pages import text_of
from tests.sentences import sentences_of
from tests.unit.domain.brief.test_writing import HEADINGS
from tests.unit.usecases.diplomacy import (
    ANN,
    BEN,
    CLERK,
    KYIV,
    LONDON,
    OLEH,
    OLGA,
    TERMS,
    Diplomacy,
    day,
    statement,
    talks,
)

from relto.adapters.database import create_database
from relto.adapters.typesetting.typst import TypstTypesetter
from relto.domain.errors import BadInput, ReltoError, Unknown
from relto.faces.briefs.markdown import markdown
from relto.faces.briefs.page import page
from relto.faces.briefs.plain import lines
from relto.usecases import office
from relto.usecases.briefing import brief
from relto.usecases.conditions import SetCondition
from relto.usecases.pausing import AmendPause


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request):
    if request.param == "fake":
        yield FakeStore()
    else:
        with contextlib.closing(create_database(request.getfixturevalue(f"{request.param}_url"))) as made:
            yield made


@pytest.fixture
def diplomacy():
    return Diplomacy()


def written(told, subject="UKR", *, by=ADMIN, reader="", at=None):
    return brief(told.node, told.world.desk, subject, by=by, rules=told.rules, reader=reader, at=at)


def forms(found):
    """The brief in every form that it may be given in, each as one text without blanks."""
    whole = {
        "json": json.dumps(found.as_value(), ensure_ascii=False),
        "md": markdown(found, trace=True),
        "html": page(found, trace=True),
        "plain": "".join(text for text, _ in lines(found, width=500, trace=True)),
        "notes": "".join(text for text, _ in lines(found, width=500)),
        "pdf": text_of(TypstTypesetter().pdf(found.as_value())),
    }
    return {name: re.sub(r"\s|\u200b|\\", "", text) for name, text in whole.items()}


def canaries(found):
    """The canary words in each form."""
    return {name: set(re.findall(r"(?:canary|CANARY)[a-z0-9]*", text)) for name, text in forms(found).items()}


def refused(step, *given, **named):
    with pytest.raises(ReltoError) as caught:
        step(*given, **named)
    return caught.value.code


# Secrets.

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
REACHES = {"public": 1, "UKR": 3, "USA": 5}
"""By reader, how many of the levels it may read."""


def planted(level: str) -> list[dict]:
    """An entry of each kind, marked so, with canaries in all that it may have."""
    mark = level.replace("+", "")

    def word(name):
        return f"canary{mark}{name}"

    who = {"name": word("person"), "role": word("role"), "party": "USA"}
    common = {"marking": level, "text": word("text"), "date": "2025-03-01",
              "source": {"name": word("source"), "url": f"https://a.org/{word('url')}", "grade": "B2"}}  # fmt: skip
    kinds = [
        {"kind": "statement", "speaker": who, "words": word("words"), "subject": word("subject"), "points": "nearer"},
        {"kind": "talks", "place": word("place"), "hosts": [who], "delegations": {"UKR": [who]}, "state": "announced",
         "outcome": word("outcome"), "conditions": ["1/1"]},
        {"kind": "proposal", "subject": word("proposal"), "by": [who], "scope": [word("scope")], "terms": word("terms"),
         "reciprocity": word("reciprocity")},
        {"kind": "deal", "subject": word("deal"), "parties": ["USA"], "status": "stalled", "terms": word("dealt")},
        {"kind": "condition", "asks": word("asks"), "asked_by": who, "words": word("asked")},
        {"kind": "reaction", "by": {**who, "party": "GBR"}, "stance": "critical", "towards": word("towards")},
        {"kind": "impact", "on": ["UKR"], "effect": "grave", "told_by": {"unnamed": word("teller")}},
        {"kind": "shift", "party": "USA", "from": word("from"), "to": word("to"), "administration": word("under")},
        {"kind": "measure", "does": "paused", "by": who, "subject": word("measure"), "words": word("done")},
        {"kind": "person", "name": word("name"), "party": "USA", "role": word("office")},
    ]  # fmt: skip
    keyed = [{**common, **each, "key": f"{mark}-{each['kind']}"} for each in kinds]
    wrong = {**common, "kind": "statement", "key": f"{mark}-wrong", "speaker": who, "words": word("wrong")}
    right = {
        **wrong,
        "key": f"{mark}-right",
        "words": word("right"),
        "corrects": wrong["key"],
        "because": word("because"),
    }
    link = {"kind": "link", "key": f"{mark}-link", "marking": level, "date": "2025-03-01", "entry": f"{mark}-deal",
            "conditions": ["1/1"], "text": word("link")}  # fmt: skip
    return [*keyed, wrong, right, link]


@pytest.fixture(scope="module")
def sown():
    """A case with secrets of every marking, and pauses with secrets of their own."""
    told = Diplomacy()
    told.world.apply("agreement: canary-other\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n")
    told.make("canarycondition", reason="canaryreason", authority="canaryauthority", review_us=day(12),
              agreements=("usa-ukr", "canary-other"))  # fmt: skip
    told.tell("1", 1, "claimed", "CANARYevidence")
    told.make("CANARYquiet", reason="CANARYdiscreet", authority="CANARYauthority", discreet=True)
    told.make("CANARYahead", reason="CANARYscheduled", from_us=day(20))
    told.give("held", "held too")
    told.open(*(each for level in LEVELS for each in planted(level)), marking="clear", title="canarytitle")
    told.world.settle_clock(1_000_000)
    return told


@pytest.mark.parametrize("subject", ["UKR", "one"])
@pytest.mark.parametrize("reader", REACHES)
def test_nothing_that_a_reader_may_not_see_stands_in_any_form(sown, reader, subject):
    found = canaries(written(sown, subject, reader=reader))
    secret = {level.replace("+", "") for level in LEVELS[REACHES[reader] :]}
    for form, words in found.items():
        marked = {word for word in words for level in secret if word.startswith(f"canary{level}")
                  and not any(word.startswith(f"canary{other.replace('+', '')}") for other in LEVELS[: REACHES[reader]]
                              if len(other) > len(level))}  # fmt: skip
        assert not marked, form
        assert not any(word.startswith("CANARY") for word in words) or reader == "USA", form
    # And what it may see is there: a brief of nothing would pass as well.
    assert "canaryclearwords" in found["json"]
    assert ("canarygreenwords" in found["json"]) is (reader != "public")
    assert ("canaryredwords" in found["json"]) is (reader == "USA")


def test_the_public_is_told_of_no_pause_and_a_partner_of_what_it_would_be_told(sown):
    public, partner, own = (written(sown, reader=reader) for reader in ("public", "UKR", "USA"))
    assert "canaryreason" not in json.dumps(public.as_value())
    assert not [trace for trace in public.traces if not trace.startswith("entry ")]
    assert (public.marking, partner.marking, own.marking) == ("clear", "amber", "red")
    told = json.dumps(partner.as_value())
    # The other agreement of its pause, who set a condition and on what evidence, is the giver's.
    for word in ("canary-other", "CANARY", "version", "set to claimed", "by admin", "count held", "outlook"):
        assert word not in told, word
    for word in ("canaryreason", "canaryauthority", "canarycondition", "claimed", "Pause 1 comes up for review"):
        assert word in told, word
    mine = json.dumps(own.as_value())
    for word in ("canary-other", "CANARYevidence", "CANARYdiscreet", "set to claimed by admin", "outlook 1"):
        assert word in mine, word


def test_no_reader_learns_of_a_pause_that_is_still_to_come(sown):
    assert "CANARYscheduled" not in json.dumps(written(sown, reader="UKR").as_value())


def test_every_sentence_rests_on_something_for_every_reader(sown):
    for reader in REACHES:
        found = written(sown, reader=reader)
        assert {each.text for each in sentences_of(found) if not each.traces} <= HEADINGS
        assert set(found.notes) == set(found.traces)


# What hints.


def test_a_contradiction_one_side_of_which_is_secret_is_not_hinted_at(diplomacy):
    diplomacy.open(
        {**talks("open", "2025-03-11"), "delegations": {"USA": [], "UKR": []}, "marking": "clear"},
        {**talks("secret", "2025-03-11"), "delegations": {"USA": [], "GBR": []}, "marking": "red"}, marking="clear",
    )  # fmt: skip
    plain = Diplomacy()
    plain.open(
        {**talks("open", "2025-03-11"), "delegations": {"USA": [], "UKR": []}, "marking": "clear"}, marking="clear"
    )
    for reader in ("public", "UKR"):
        assert forms(written(diplomacy, reader=reader)) == forms(written(plain, reader=reader))
    assert "contradict" in json.dumps(written(diplomacy).as_value())


@pytest.mark.parametrize(
    "secret",
    [
        [{"kind": "link", "entry": "a", "relation": "contradicts", "other": "b"}],
        [{"kind": "link", "entry": "a", "conditions": ["1/1"]}],
        [{**statement("", "2025-03-01", None), "contradicts": ["a"]}],
        [{"kind": "person", "name": "Somebody New", "party": "USA", "role": "envoy"}],
        [statement("", "2025-03-01", "further", pauses=["1"])],
    ],
)
def test_what_a_reader_may_not_see_changes_nothing_for_it(diplomacy, secret):
    diplomacy.make("peace")
    seen = [statement("a", "2025-03-01"), {**statement("b", "2025-03-01"), "words": "something else"}]
    diplomacy.open(*({**each, "marking": "clear"} for each in seen), marking="clear")
    before = {reader: written(diplomacy, reader=reader, at=diplomacy.world.now) for reader in ("public", "UKR")}
    moment = diplomacy.world.now
    dated = {"date": "2025-03-01", "marking": "amber+strict"}
    diplomacy.add(*({key: part for key, part in {**dated, **each}.items() if part} for each in secret))
    for reader, was in before.items():
        now = written(diplomacy, reader=reader, at=diplomacy.world.now)
        assert [now.as_value()[name] for name in ("takes", "sections", "marking", "headline")] == [
            was.as_value()[name] for name in ("takes", "sections", "marking", "headline")
        ]
        assert written(diplomacy, reader=reader, at=moment) == was


def test_what_somebody_corrected_in_secret_is_no_longer_told_and_nothing_says_why(diplomacy):
    diplomacy.open(
        {**statement("a", "2025-03-01"), "words": "canarywrong", "marking": "clear"},
        {**statement("b", "2025-03-01"), "words": "right", "corrects": "a", "because": "canarywhy", "marking": "red"},
        {**statement("c", "2025-03-01"), "words": "other", "marking": "clear"}, marking="clear",
    )  # fmt: skip
    assert canaries(written(diplomacy, reader="public"))["json"] == set()
    assert "other" in json.dumps(written(diplomacy, reader="public").as_value())


def test_a_correction_of_what_is_secret_says_neither_what_it_corrects_nor_why(diplomacy):
    secret = {**talks("canarykey", "2025-03-01"), "place": "canarywrong", "marking": "red"}
    right = {
        **secret,
        "key": "b",
        "place": "Riyadh",
        "corrects": "canarykey",
        "because": "canarywhy",
        "marking": "clear",
    }
    diplomacy.open(secret, right, marking="clear")
    found = written(diplomacy, reader="public")
    assert not any(canaries(found).values())
    assert "Riyadh" in json.dumps(found.as_value())
    assert "because canarywhy" in json.dumps(written(diplomacy).as_value())


def test_a_statement_that_names_what_is_secret_is_secret_as_well(diplomacy):
    secret = {**statement("a", "2025-03-01"), "words": "canarywrong", "marking": "red"}
    right = {**secret, "key": "b", "words": "canaryright", "corrects": "a", "because": "canarywhy", "marking": "clear"}
    diplomacy.open(secret, right, marking="clear")
    assert not any(canaries(written(diplomacy, reader="public")).values())
    assert "canaryright" in canaries(written(diplomacy))["json"]


def test_a_case_that_a_reader_may_not_know_of_is_not_named_to_it(diplomacy):
    diplomacy.make("peace")
    diplomacy.open(statement("a", "2025-03-01"), title="canarytitle", case="canarycase", marking="amber+strict")
    for reader in ("public", "UKR"):
        found = written(diplomacy, "canarycase", reader=reader)
        assert not any(canaries(found).values())
        assert found.subject == "A case"
    assert written(diplomacy, "canarycase").subject == "canarytitle"


def test_a_pause_that_only_a_secret_entry_names_is_no_part_of_the_brief_of_its_case(diplomacy):
    diplomacy.world.apply("agreement: other\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n")
    diplomacy.make(agreements=("other",), reason="canaryreason")
    diplomacy.open({**statement("a", "2025-03-01", pauses=["1"]), "marking": "red"}, marking="clear")
    assert canaries(written(diplomacy, "one", reader="UKR"))["json"] == set()
    assert "canaryreason" in canaries(written(diplomacy, "one"))["json"]


# Nothing of later.


def test_as_of_a_moment_every_reader_is_told_what_it_was_told_then(diplomacy):
    diplomacy.world.account("lviv", "UKR")
    number = diplomacy.make("peace", "a deal", review_us=day(12))
    diplomacy.open(statement("01", "2025-03-01", marking="clear"), marking="clear")
    diplomacy.give("held")
    diplomacy.rest()
    then = []

    def keep():
        diplomacy.rest()
        moment = diplomacy.world.now
        then.extend((moment, reader, written(diplomacy, reader=reader, at=moment)) for reader in REACHES)
        diplomacy.rest()

    keep()
    diplomacy.go(day(3))
    diplomacy.tell(number, 1, "met", "they said so")
    office.submit(diplomacy.node, diplomacy.world.desk, AmendPause(number, review_us=day(14), reason="later"), by=ADMIN)
    diplomacy.add(talks("02", "2025-03-11", marking="clear"), statement("03", "2025-03-03", pauses=[number]))
    keep()
    diplomacy.go(day(4))
    diplomacy.correct("02", state="called-off")
    diplomacy.give("held too")
    diplomacy.world.apply(TERMS.replace("resume: 2", "resume: 1"))
    keep()
    diplomacy.approve(diplomacy.propose(number), ANN)
    keep()
    for moment, reader, was in then:
        assert written(diplomacy, reader=reader, at=moment) == was
    assert len({str(was) for _, _, was in then}) > 8


def test_a_pause_that_an_entry_names_later_is_no_part_of_the_brief_of_before(diplomacy):
    diplomacy.world.apply("agreement: other\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n")
    diplomacy.make(agreements=("other",), reason="canaryreason")
    diplomacy.open()
    moment = diplomacy.world.now
    diplomacy.go(day(2))
    diplomacy.add(statement("01", "2025-03-02", pauses=["1"]))
    assert "canaryreason" in canaries(written(diplomacy, "one"))["json"]
    assert "canaryreason" not in canaries(written(diplomacy, "one", at=moment))["json"]


def test_of_before_its_case_it_says_that_it_was_recorded_later(diplomacy):
    diplomacy.make()
    diplomacy.go(day(5))
    diplomacy.open(statement("01", "2025-03-02"))
    assert "recorded later" in written(diplomacy, at=day(3)).dateline
    assert "recorded later" not in written(diplomacy).dateline
    # The public may not know that there is a case.
    assert "recorded later" not in written(diplomacy, reader="public", at=day(3)).dateline


# Who asks, and whose sight is whose.


@pytest.mark.parametrize("by", [ADMIN, OLGA, ANN], ids=lambda by: by.account)
def test_whoever_is_in_office_is_given_the_same_brief(diplomacy, by):
    diplomacy.make("peace")
    diplomacy.open(statement("01", "2025-03-01"))
    assert written(diplomacy, by=by).as_value() == written(diplomacy).as_value()


def test_a_contributor_writes_of_the_record_and_of_no_pause(diplomacy):
    diplomacy.make("canarycondition", reason="canaryreason")
    diplomacy.open(statement("01", "2025-03-01"))
    for reader in ("USA", "UKR"):
        assert canaries(written(diplomacy, by=CLERK, reader=reader))["json"] == set()
    assert "We just about have" in json.dumps(written(diplomacy, by=CLERK).as_value())


@pytest.mark.parametrize("by", [KYIV, LONDON], ids=lambda by: by.account)
def test_whoever_keeps_nothing_and_gives_nothing_is_told_that_there_is_nothing(diplomacy, by):
    diplomacy.make("peace")
    diplomacy.open(statement("01", "2025-03-01", marking="clear"), marking="clear")
    assert refused(written, diplomacy, by=by) == "brief-subject-unknown"
    assert refused(written, diplomacy, "one", by=by) == refused(written, diplomacy, "none", by=by) == "case-unknown"


def test_another_reader_s_sight_gives_nobody_what_it_may_not_see_itself(diplomacy):
    """Two recipients of one pause: the one that keeps a case learns nothing of the other's side."""
    diplomacy.world.apply(TERMS.replace("[UKR]", "[UKR, GBR]"))
    diplomacy.give("one")
    number = diplomacy.make("canarycondition", reason="canaryreason")
    quiet = diplomacy.make(recipient="GBR", reason="canaryother")
    diplomacy.open(by=OLEH, parties=["USA"], pauses=[number], marking="clear")
    found = written(diplomacy, "one", by=OLEH, reader="GBR")
    assert "canaryreason" in canaries(found)["json"]
    assert not [trace for trace in found.traces if trace.endswith("GBR")]
    assert "canaryother" not in canaries(found)["json"]
    assert quiet == "2"


def test_the_host_s_sight_is_not_given_to_another_party_that_keeps_a_case(diplomacy):
    diplomacy.make("canarycondition", reason="CANARYdiscreet", discreet=True)
    diplomacy.tell("1", 1, "claimed", "CANARYevidence")
    diplomacy.open({**statement("01", "2025-03-01"), "words": "canarytheirs", "marking": "red"}, by=OLEH)
    diplomacy.open({**statement("01", "2025-03-01"), "words": "CANARYours", "marking": "red"}, case="two")
    theirs = canaries(written(diplomacy, "UKR:one", reader="UKR"))["json"]
    assert "canarytheirs" in theirs
    assert not [word for word in theirs if word.startswith("CANARY")]
    ours = canaries(written(diplomacy))["json"]
    assert "CANARYours" in ours
    assert "canarytheirs" not in ours
    assert "outlook 1" in json.dumps(written(diplomacy).as_value())


def test_cases_of_one_id_are_told_apart(diplomacy):
    for by in (ADMIN, OLEH):
        diplomacy.open(statement("01", "2025-03-01", marking="clear"), by=by, marking="clear")
    # About a party speaks the record of whoever asks; what another keeps is told by its name, and says whose it is.
    ours, theirs = written(diplomacy), written(diplomacy, "UKR:one")
    assert {trace for trace in ours.traces if trace.startswith("entry")} == {"entry one/01"}
    assert {trace for trace in theirs.traces if trace.startswith("entry")} == {"entry UKR:one/01"}
    assert refused(written, diplomacy, "one") == "case-ambiguous"
    assert "entry one/01" in written(diplomacy, "UKR:one", by=OLEH).traces


@pytest.mark.parametrize(
    ("subject", "more", "code"),
    [
        ("NIL", {}, "party-unknown"), ("none", {}, "case-unknown"), ("", {}, "case-unknown"),
        ("GBR", {}, "brief-subject-unknown"), ("UKR", {"reader": "NIL"}, "party-unknown"),
        ("UKR", {"reader": "ukr"}, "party-code-invalid"), ("UKR", {"reader": "Public"}, "party-code-invalid"),
        ("UKR", {"at": day(28)}, "when-ahead"), ("x" * 5_000, {}, "case-unknown"), ("a\x1b[31m", {}, "case-unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_by_name(diplomacy, subject, more, code):
    diplomacy.make()
    with pytest.raises((Unknown, BadInput)) as caught:
        written(diplomacy, subject, **more)
    assert caught.value.code == code
    assert len(caught.value.message) < 300
    assert "\x1b" not in caught.value.message


def test_a_party_about_which_nothing_is_known_at_the_moment_has_a_brief_that_says_so(diplomacy):
    diplomacy.go(day(5))
    diplomacy.open(statement("01", "2025-03-05"))
    assert written(diplomacy, at=day(2)).headline == "UKR: what is on record"


# On every engine.


def test_the_brief_of_a_pause_from_its_beginning_to_its_end_on_every_engine(store):
    told = Diplomacy(store)
    told.give("before")
    told.rest()
    number = told.make("peace")
    told.give("held")
    told.open(
        statement("01", "2025-03-01", marking="clear"), talks("02", "2025-03-11", marking="clear"), marking="clear"
    )
    assert written(told).headline == "Sharing with UKR: paused, and its end is likely"
    assert written(told, reader="UKR").headline == "Sharing with UKR: paused since 1 March"
    office.submit(told.node, told.world.desk, SetCondition(number, 1, "met", "they said so"), by=ADMIN)
    assert written(told).headline == "Sharing with UKR: paused, and it is close to its end"
    moment = told.world.now
    told.go(day(3, 18))
    act = told.propose(number)
    told.approve(act, ANN)
    assert written(told).headline == "Sharing with UKR: paused, and its end is imminent"
    told.approve(act, BEN)
    told.rest()
    found = written(told)
    assert found.headline == "Sharing with UKR: the pause is lifted"
    assert found.takes[0].text == "The pause of usa-ukr (everything) was lifted on 3 March, after 2 days."
    # To whoever received, a pause that is lifted is not there.
    assert written(told, reader="UKR").headline == "UKR: what is on record"
    assert written(told, at=moment).headline == "Sharing with UKR: paused, and it is close to its end"
    told.go(day(4) + 31 * 86_400_000_000)
    assert written(told).headline == "UKR: what is on record"


def test_what_another_party_keeps_does_not_speak_in_a_brief_about_it(diplomacy):
    diplomacy.make("talks are fixed")
    spin = {**statement("01", "2025-03-01"), "words": "canaryspin", "points": "nearer", "marking": "clear"}
    diplomacy.open(spin, by=OLEH, case="spin", marking="clear")
    diplomacy.open({**statement("02", "2025-03-01"), "words": "ours", "marking": "clear"}, marking="clear")
    for reader in ("", "public", "UKR"):
        assert "canaryspin" not in json.dumps(written(diplomacy, reader=reader).as_value())
    named = written(diplomacy, "spin")
    assert "canaryspin" in json.dumps(named.as_value())
    assert all("UKR:spin" in text for trace, text in named.notes.items() if trace.startswith("entry"))


def test_who_may_not_know_of_a_party_learns_nothing_by_asking_for_a_brief_about_it(diplomacy):
    asker = actor("kyiv", "reader", party="UKR")
    told = []
    for subject, more in (("POL", {}), ("NIL", {}), ("USA", {"reader": "POL"}), ("USA", {"reader": "NIL"})):
        with pytest.raises(Unknown) as caught:
            written(diplomacy, subject, by=asker, **more)
        code = subject if not more else more["reader"]
        told.append((caught.value.code, caught.value.message.replace(code, "NAME"), caught.value.remedy))
    assert len(set(told)) == 1
