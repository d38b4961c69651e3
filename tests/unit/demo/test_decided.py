"""The world against the real parts: the validator takes all of it in; the decisions are those of the naive reading."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from itertools import count

import pytest
from tests.unit.demo.naive import Seen, picture

from relto.adapters.stix.check import StixValidator
from relto.demo.items import END, made_items, marking, wind
from relto.demo.script import AGREEMENTS, PAUSES, PUBLIC, MakePause, steps
from relto.domain import moment
from relto.domain.agreement import Agreement, parse
from relto.domain.classes import Class
from relto.domain.decision import decide
from relto.domain.item import Header, Reject
from relto.domain.marking import Recipient, Resolver
from relto.domain.pause import Condition, Pause, narrowing
from relto.domain.topic import Vocabulary

WORLD = files("relto.demo") / "world"
UKRAINE, BRITAIN = Recipient("UKR"), Recipient("GBR", frozenset({"FVEY"}))
NAIVE = {"released": "release", "warning": "release", "support": "release", "held": "hold"}


def agreement(name: str) -> Agreement:
    return parse((WORLD / "agreements" / f"{name}.yaml").read_text(encoding="utf-8"))


def as_pause(number: int, at: int, told: MakePause) -> Pause:
    return Pause(
        number=str(number),
        agreements=frozenset({told.agreement}),
        reason=told.reason,
        made_by=told.account,
        made_at=at,
        scope=narrowing(topics=told.topics),
        mode=told.mode,
        authority=told.authority,
        review_us=moment.parse_when(told.review, now=at, ahead=True) if told.review else None,
        conditions=tuple(Condition(text, asked_by="USA") for text in told.conditions),
    )


@pytest.fixture(scope="module")
def pauses() -> list[Pause]:
    return [as_pause(number, at, told) for number, (at, told) in zip(count(1), PAUSES, strict=False)]


@pytest.fixture(scope="module")
def classes() -> list[tuple[Seen, Class]]:
    seen = picture()
    resolvers = {
        who: Resolver(
            {
                each.id: each.raw
                for each in seen
                if each.originator == who and each.object["type"] == "marking-definition"
            },
            originator=who,
        )
        for who in ("USA", "GBR", "FRA")
    }
    return [
        (
            each,
            Class(
                each.originator,
                each.object["type"],
                each.topics,
                resolvers[each.originator].restrictions(each.markings),
            ),
        )
        for each in seen
    ]


def decisions(classes, name: str, recipient: Recipient, pauses: list[Pause]) -> Iterator[tuple[Seen, str]]:
    """What each item gets at the moment at which it enters, under the pauses that run by then."""
    terms = agreement(name)
    for each, klass in classes:
        running = [pause for pause in pauses if pause.since < each.at]
        decided = decide(
            klass, agreement=terms, recipient=recipient, ceiling=None, pauses=running, ended=False, at=each.at
        )
        yield each, decided.kind


def test_the_validator_takes_in_every_made_item():
    validator = StixValidator()
    for item in made_items():
        assert isinstance(validator.check(item.raw, where="", now_us=item.at), Header)


def test_the_validator_would_refuse_an_item_that_came_days_before_its_date():
    last = made_items()[-1]
    early = StixValidator().check(last.raw, where="", now_us=wind(3, 1))
    assert isinstance(early, Reject)
    assert early.code == "modified-in-future"


@pytest.mark.parametrize(("at", "file"), PUBLIC)
def test_the_validator_takes_in_every_public_object(at, file):
    validator = StixValidator()
    for each in json.loads(gzip.decompress((WORLD / file).read_bytes()))["objects"]:
        checked = validator.check(json.dumps(each).encode(), where=file, now_us=at)
        assert isinstance(checked, Header), checked


def test_the_vocabulary_of_the_world_puts_on_each_item_the_topics_of_the_naive_reading(classes):
    vocabulary = Vocabulary.parse((WORLD / "topics.yaml").read_text(encoding="utf-8"))
    validator = StixValidator()
    given: dict[tuple[str, str], frozenset[str]] = {}
    for each, _ in classes:
        read = validator.check(each.raw, where="", now_us=each.at)
        assert isinstance(read, Header)
        topics = vocabulary.topics_of(read.type, read.labels, read.phases, read.indicator_types)
        topics = topics.union(*(given[each.originator, joined] for joined in read.joins))
        assert topics == each.topics, each.object
        given[each.originator, each.id] = topics


def test_no_marking_of_the_world_is_in_doubt(classes):
    assert not [klass.restrictions.doubts for _, klass in classes if klass.restrictions.doubts]


def test_a_marking_that_nobody_carried_would_be_in_doubt():
    resolver = Resolver({}, originator="USA")
    assert resolver.restrictions([marking("S//NOFORN")]).doubts


def test_what_ukraine_gets_is_what_the_naive_reading_says(classes, pauses):
    for each, kind in decisions(classes, "usa-ukr", UKRAINE, pauses):
        assert kind == NAIVE.get(each.state, "withhold"), each.object


def test_without_the_pauses_ukraine_would_get_what_is_held(classes):
    kinds = Counter(kind for each, kind in decisions(classes, "usa-ukr", UKRAINE, []) if each.state == "held")
    assert kinds == {"release": 49}


def test_without_the_exception_every_warning_of_the_pause_would_be_held(classes, pauses):
    text = (WORLD / "agreements" / "usa-ukr.yaml").read_text(encoding="utf-8")
    silent = parse(text.replace("threat-to-life", "logistics"))
    for each, klass in classes:
        if each.state == "warning" and each.at > pauses[1].since:
            held = decide(
                klass, agreement=silent, recipient=UKRAINE, ceiling=None, pauses=pauses, ended=False, at=each.at
            )
            assert held.kind == "hold"


def test_a_position_and_picture_in_one_is_held_by_both_pauses_at_the_end(classes, pauses):
    terms = agreement("usa-ukr")
    both = [klass for each, klass in classes if each.state == "held" and {"targeting", "imagery"} <= klass.topics]
    assert both
    for klass in both:
        held = decide(klass, agreement=terms, recipient=UKRAINE, ceiling=None, pauses=pauses, ended=False, at=END)
        assert held.covering == {"2", "3"}


@pytest.mark.parametrize("name", sorted(set(AGREEMENTS) - {"usa-ukr", "usa-ukr-aid"}))
def test_no_other_agreement_holds_anything_back(classes, pauses, name):
    recipient = BRITAIN if name == "usa-fvey" else UKRAINE
    late = [kind for each, kind in decisions(classes, name, recipient, pauses) if each.at > pauses[1].since]
    assert "hold" not in late
    assert "release" in late


def test_the_aid_pause_holds_all_notices_and_nothing_else(classes, pauses):
    kinds = Counter(
        kind for each, kind in decisions(classes, "usa-ukr-aid", UKRAINE, pauses) if each.at > pauses[0].since
    )
    assert kinds["hold"] == len(
        [each for each, _ in classes if "logistics" in each.topics and each.at > pauses[0].since]
    )
    assert kinds["release"] == 0


def test_britain_gets_what_is_not_marked_for_ukraine(classes, pauses):
    ukraine = {each.id for each, kind in decisions(classes, "usa-ukr", UKRAINE, []) if kind == "release"}
    britain = {each.id for each, kind in decisions(classes, "usa-fvey", BRITAIN, pauses) if kind == "release"}
    assert britain - ukraine
    assert ukraine <= britain


def test_a_find_that_bears_no_marking_is_not_passed_on_by_britain(classes):
    finds = [kind for each, kind in decisions(classes, "gbr-ukr", UKRAINE, []) if each.topics and not each.markings]
    assert finds
    assert set(finds) == {"withhold"}


def test_each_step_that_pauses_has_words_that_a_pause_can_bear(pauses):
    assert len(pauses) == len([step for step in steps() if isinstance(step.act, MakePause)]) == 3
    assert [pause.is_narrow for pause in pauses] == [False, True, True]
