"""The record of a case on every store: what is kept, asked and filed, and keepers who add at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests import actors
from tests.actors import ADMIN, actor
from tests.checked import check_worlds
from tests.fakes.store import FakeStore
from tests.unit.usecases.cases.casework import PEOPLE, Casework, keys_of, measure, said

from relto.adapters.database import create_database, open_database
from relto.adapters.stix.check import StixValidator
from relto.domain.errors import Conflict, ReltoError
from relto.usecases.cases.keeping import Keeper
from relto.usecases.evidence.making.recording import recorded
from relto.usecases.pausing import MakePause
from relto.usecases.policy import PolicyDesk
from relto.usecases.publishing import withdraw

KEEPERS, ROUNDS = 4, 5


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def stores(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """The same database as four processes open it."""
    if request.param == "fake":
        yield [FakeStore()] * KEEPERS
        return
    url = request.getfixturevalue(f"{request.param}_url")
    made: list[Any] = [create_database(url)]
    made += [open_database(url) for _ in range(KEEPERS - 1)]
    yield made
    for store in made:
        store.close()


def keepers(work: Casework, stores: list[Any]) -> list[Keeper]:
    return [
        Keeper(process, PolicyDesk(), StixValidator(), actor(f"keeper-{number}", "officer"))
        for number, store in enumerate(stores)
        for process in [recorded(replace(work.node, store=store))]
    ]


def at_once(*steps: Any) -> list[Any]:
    """What each step came to, begun together: a value or an error."""
    gate, found = threading.Barrier(len(steps)), [None] * len(steps)

    def run(place: int) -> None:
        gate.wait()
        try:
            found[place] = steps[place]()
        except ReltoError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert None not in found
    return found


def test_a_case_is_kept_corrected_held_and_given_out_alike_on_every_store(stores: list[Any]) -> None:
    work = Casework(stores[0]).opened(said(), measure("partial", key="m"))
    # Who is who stays with the keeper.
    assert keys_of(work.read()) == {"01", "m"}
    number = actors.pause(work.node, work.desk, MakePause(["usa-ukr"], reason="talks"), by=ADMIN).pause.number
    work.add(measure("complete", key="c", pauses=[number]), said("held"))
    work.correct("01", words="other")
    assert work.read() == []
    (clash,) = work.record().contradictions
    assert (clash.one.key, clash.other.key) == ("m", "c")
    actors.resume(work.node, work.desk, [number], by=ADMIN)
    assert keys_of(work.read()) == {"c", "02", "03"}
    withdraw(work.node, work.desk, originator="USA", by=ADMIN, stix_id=work.record().by_key["c"].stix_id, versions=None)
    assert set(work.keys()) == {"m", "02", "03"}
    for form in ("yaml", "json", "stix"):
        text = work.given_out(form)
        other = Casework()
        # Its pause is not there elsewhere.
        other.take_in(text.replace(f'"pauses": ["{number}"]', '"pauses": []'))
        assert other.keys() == work.keys()
        assert work.take_in(text).added.entries == ()
    check_worlds()


def test_what_was_known_at_a_moment_is_the_same_on_every_store(stores: list[Any]) -> None:
    work = Casework(stores[0]).opened(said("one", date="2025-02-01"))
    before = work.world.now
    work.world.settle_clock()
    work.correct("01", words="two")
    work.add(said("three", source={"name": "AP", "date": "2025-02-02"}))
    record = work.record()
    assert [each.entry.words for each in record.at(before).standing] == ["one"]
    assert {each.entry.words for each in record.at(work.world.now).standing} == {"two", "three"}
    early = record.at(record.begun - 86_400_000_000)
    assert early.is_told_later
    assert {each.entry.words for each in early.standing} == {"one", "three"}
    check_worlds()


def test_keepers_who_add_at_once_never_give_one_key_twice_and_lose_nothing(stores: list[Any]) -> None:
    work = Casework(stores[0]).opened()
    crowd = keepers(work, stores)

    def adding(number: int) -> Any:
        def run() -> list[str]:
            keys = []
            for turn in range(ROUNDS):
                entries = [said(f"{number} {turn} {each}") for each in range(2)]
                keys += [each.key for each in crowd[number].add("a", entries).entries]
            return keys

        return run

    found = at_once(*(adding(number) for number in range(KEEPERS)))
    assert not [each for each in found if isinstance(each, Exception)], found
    keys = [key for each in found for key in each]
    assert len(keys) == len(set(keys)) == KEEPERS * ROUNDS * 2
    record = work.record()
    assert {each.key for each in record.standing} == set(keys)
    words = {f"{number} {turn} {each}" for number in range(KEEPERS) for turn in range(ROUNDS) for each in range(2)}
    assert {each.entry.words for each in record.standing} == words
    assert {each.by for each in record.standing} == {f"keeper-{number}" for number in range(KEEPERS)}
    check_worlds()


def test_of_keepers_who_correct_one_entry_at_once_one_does(stores: list[Any]) -> None:
    work = Casework(stores[0]).opened(said())
    crowd = keepers(work, stores)
    found = at_once(*(lambda keeper=keeper: keeper.correct("a", "01", {"words": "x"}, because="x") for keeper in crowd))
    refused = [each for each in found if isinstance(each, ReltoError)]
    assert [each.code for each in refused] == ["entry-corrected"] * (KEEPERS - 1)
    assert len(work.keys()) == 1
    check_worlds()


def test_of_keepers_who_open_one_case_at_once_one_does(stores: list[Any]) -> None:
    work = Casework(stores[0])
    crowd = keepers(work, stores)
    case = {"case": "a", "title": "x"}
    found = at_once(*(lambda keeper=keeper: keeper.open(case, PEOPLE) for keeper in crowd))
    refused = [each for each in found if isinstance(each, ReltoError)]
    assert all(isinstance(each, Conflict) for each in refused), refused
    assert [each.code for each in refused] == ["case-exists"] * (KEEPERS - 1)
    assert [each.key for each in work.record().recorded] == ["trump", "zelenskyy"]
    check_worlds()


def test_cases_of_two_parties_are_opened_at_once_and_neither_waits_for_the_other(stores: list[Any]) -> None:
    work = Casework(stores[0])
    crowd = keepers(work, stores)
    theirs = replace(crowd[1], by=actor("minister", "officer", party="UKR"))
    case = {"case": "a", "title": "x"}
    found = at_once(lambda: crowd[0].open(case), lambda: theirs.open(case))
    assert [each.case.party for each in found] == ["USA", "UKR"]
    check_worlds()
