"""Answers: whatever a node answers to an audit, only what is proven is believed, and only our errors are raised."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.signer import verify
from tests.partner import Partner, codes, partner, turned

from relto.domain.errors import ReltoError
from relto.usecases.evidence.audit import auditing
from relto.usecases.evidence.audit.auditing import audit
from relto.usecases.evidence.audit.remembering import Memory
from relto.usecases.reading import Query

JUNK = (
    None, True, False, 0, 1, -1, 5, 2**31, 2**53, 2**63, 10**400, -(10**30), 1.0, float("nan"),
    float("inf"), "", "x", "0", "\ud800", "A" * 44, "[" * 9, "{}", [], [[]], [None], [0], [{}], ["A" * 44] * 70, {},
    {"number": 0}, {"leaf": "{}", "proof": []},
)  # fmt: skip
PROVEN = {"leaf", "proof", "items", "number"}
"""Of parts the text alone is proven, by its digest in the leaf; what frames it says nothing."""


@dataclass
class Told:
    """A partner whose log has all kinds of what is told, made once. `proven`: all that its leaves say was given."""

    ukr: Partner
    honest: auditing.Audit
    document: Any
    proven: set[auditing.GivenPage]


def told_of() -> Told:
    ukr = partner()
    turned(ukr)
    ukr.sharing.give("lost")
    ukr.lose(Query(9))
    ids = tuple(f"indicator--{number:08d}-0000-4000-8000-000000000000" for number in range(2_000))
    ukr.read(Query(9, ids=(*ids, ukr.sharing.item("one").id)))
    ukr.asked.sign()
    honest = audit(ukr.asked, ukr.memory, verify)
    assert codes(honest) == []
    assert honest.withdrawn == 1
    document = ukr.asked.deliveries(None)
    asked = replace(
        ukr.asked, lie=lambda route, answer: {**document, "withdrawn": []} if route == "deliveries" else answer
    )
    every = audit(asked, ukr.memory, verify)
    assert len(every.given) == len(honest.given) + 1
    return Told(ukr, honest, document, bare(every))


@pytest.fixture(scope="module")
def told() -> Told:
    return told_of()


@pytest.fixture(scope="module")
def grown() -> Told:
    """The same, and then the log grew."""
    made = told_of()
    made.ukr.sharing.give("five")
    made.ukr.asked.sign()
    return made


def bare(found: auditing.Audit) -> set[auditing.GivenPage]:
    """Without names, which nothing proves."""
    return {replace(each, names=()) for each in found.given}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for name, part in inner for each in places(part, (*path, name)))]


def changed(chance: Random, value: Any, path: tuple[Any, ...]) -> Any:
    """The value with something else at that place, or nothing, or the same with a character flipped."""
    if not path:
        if isinstance(value, str) and value and chance.random() < 0.5:
            place = chance.randrange(len(value))
            return value[:place] + chance.choice('0aA=}" \ud800') + value[place + 1 :]
        if isinstance(value, list) and value and chance.random() < 0.5:
            return chance.choice([value[1:], value[:-1], [*value, value[-1]], value[::-1], value * 70])
        return chance.choice(JUNK)
    name, *rest = path
    made = copy.copy(value)
    if not rest and chance.random() < 0.25:
        del made[name]
    else:
        made[name] = changed(chance, value[name], tuple(rest))
    return made


def same(one: Any, two: Any) -> bool:
    """Whether they are one value with one way to write it: 1 is not true, nor 1.0."""
    return repr(one) == repr(two)


def audited(told: Told, lie) -> auditing.Audit | None:
    """What is found of a node that lies so; None where the audit ended with an error of ours, which is none of ok."""
    asked = replace(told.ukr.asked, lie=lie)
    try:
        return audit(asked, told.ukr.memory, verify)
    except ReltoError:
        return None


# Names of pages are drawn anew each time, so that a place in the document is another each time: chance is seeded.
MANY = settings(max_examples=400, deadline=None, database=None)
SEEDS = st.integers(0, 2**32).map(Random)


@MANY
@given(chance=SEEDS)
def test_whatever_stands_in_the_list_of_deliveries_nothing_is_believed_that_is_not_proven(told, chance):
    path = chance.choice(places(told.document)[1:])
    document = changed(chance, told.document, path)
    found = audited(told, lambda route, answer: document if route == "deliveries" else answer)
    if found is None or found.faults:
        return
    assert bare(found) <= told.proven
    if len(path) >= 3 and path[2] in PROVEN:
        assert same(document, told.document), path


@MANY
@given(chance=SEEDS)
def test_whatever_stands_in_a_checkpoint_or_a_proof_of_growth_nothing_is_believed(grown, chance):
    asked, memory = grown.ukr.asked, grown.honest.memory
    note = asked.checkpoint()
    proof = asked.consistency(memory.last.size, Memory(memory.keys, note.decode()).last.size)
    if chance.random() < 0.5:
        place = chance.randrange(len(note))
        told = {"checkpoint": note[:place] + chance.randbytes(chance.randrange(3)) + note[place + 1 :]}
    else:
        made = [chance.randbytes(chance.choice([0, 31, 32, 32, 32, 40])) for _ in range(chance.randrange(70))]
        told = {"consistency": chance.choice([made, proof[::-1], proof[1:], [*proof, bytes(32)]])}
    found = audit(replace(asked, lie=told.get), memory, verify)
    # Of a checkpoint a line may change that nobody relies on: another one signs the same.
    is_same = (
        told.get("consistency", proof) == proof
        and found.note.partition("\n\n")[0] == note.decode().partition("\n\n")[0]
    )
    assert found.faults or is_same


def test_a_document_that_is_no_document_at_all_is_odd(told):
    for document in ({}, {"size": True}, {"size": None}, {"size": -1}, {"size": "5"}):
        found = audited(told, lambda route, answer, made=document: made if route == "deliveries" else answer)
        assert found is not None
        assert codes(found) == ["node-odd"]
