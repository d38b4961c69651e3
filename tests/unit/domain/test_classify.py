import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.classes import Class, Restrictions
from relto.domain.classify import carried_in, classify, stricter
from relto.domain.item import Header
from relto.domain.marking import MARKED, combine, combine_all
from relto.domain.topic import Vocabulary

CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
OWN = "marking-definition--00000000-0000-4000-8000-00000000000a"
VOCABULARY = Vocabulary.parse("topics: {naval: {labels: [naval]}, cyber: {types: [malware]}, air: {labels: [air]}}")


def header(id, **fields):
    base = {"raw": b"", "type": id.split("--")[0], "id": id, "version": "", "version_us": 0, "digest": b""}
    return Header(**(base | fields))


def definition(text, id=OWN, **more):
    value = {"type": "marking-definition", "spec_version": "2.1", "id": id, "created": "2025-02-10T00:00:00.000Z"}
    value |= {"definition_type": "statement", "definition": {"statement": text}} | more
    markings = tuple(more.get("object_marking_refs", ()))
    return header(id, definition=json.dumps(value).encode(), markings=markings)


def classes(headers, **more):
    given = {"originator": "USA", "vocabulary": VOCABULARY, "carried": {}} | more
    return classify(headers, **given)


def by_id(headers, **more):
    return {head.id: klass for head, klass in zip(headers, classes(headers, **more), strict=True)}


def test_an_empty_batch_has_no_classes():
    assert classes([]) == []


def test_an_object_has_its_own_markings_and_topics():
    (klass,) = classes([header("malware--1", markings=(GREEN,), labels=("naval",))])
    assert klass == Class("USA", "malware", frozenset({"naval", "cyber"}), Restrictions(marked=True, tlp=1))


def test_equal_objects_share_one_class():
    first, second = classes([header("indicator--1", markings=(GREEN,)), header("indicator--2", markings=(GREEN,))])
    assert first is second


def test_a_granular_marking_counts_for_the_whole_object():
    (klass,) = classes([header("report--1", markings=(GREEN,), granular=(RED,))])
    assert klass.restrictions.tlp == 4


def test_a_definition_in_the_batch_counts_as_carried_wherever_it_stands():
    marked = header("indicator--1", markings=(OWN,))
    carrying = definition("S//REL TO USA, UKR")
    assert by_id([marked, carrying]) == by_id([carrying, marked])
    assert by_id([marked, carrying])["indicator--1"].restrictions.rel == {("UKR", "USA")}


def test_a_definition_is_not_restricted_by_what_it_says():
    (klass,) = classes([definition("S//NOFORN")])
    assert klass.restrictions == Restrictions()


def test_a_marking_that_was_not_carried_is_a_doubt():
    assert by_id([header("indicator--1", markings=(OWN,))])["indicator--1"].restrictions.doubts


def test_stored_content_stays_and_what_comes_with_other_content_is_in_doubt():
    kept = definition("Copyright 2020").definition
    again = definition("S//REL TO USA, UKR")
    found = by_id([again, header("indicator--1", markings=(OWN,))], carried={OWN: kept})
    assert found[OWN].restrictions.doubts
    assert found["indicator--1"].restrictions.doubts
    assert found["indicator--1"].restrictions.statements == {OWN}


def test_the_content_that_is_kept_is_itself_in_no_doubt():
    kept = definition("Copyright 2020")
    found = by_id([kept, header("indicator--1", markings=(OWN,))], carried={OWN: kept.definition}, conflicting={OWN})
    assert not found[OWN].restrictions.doubts
    assert found["indicator--1"].restrictions.doubts


def test_two_contents_of_one_id_in_a_batch_are_both_in_doubt():
    batch = [
        definition("S//REL TO USA, UKR"),
        definition("S//REL TO USA, GBR"),
        header("indicator--1", markings=(OWN,)),
    ]
    forwards, backwards = classes(batch), classes(batch[::-1])[::-1]
    assert forwards == backwards
    assert all(klass.restrictions.doubts for klass in forwards)


def test_a_fixed_id_with_other_content_taints_what_refers_to_it():
    wrong = definition("share freely", RED)
    found = by_id([wrong, header("indicator--1", markings=(RED,)), header("indicator--2", markings=(GREEN,))])
    assert found[RED].restrictions.doubts
    assert found["indicator--1"].restrictions.doubts
    assert not found["indicator--2"].restrictions.doubts


def test_a_second_copy_of_a_fixed_definition_that_is_not_exact_taints_the_id_and_spares_the_exact_one():
    extension = {"extension_type": "property-extension", "tlp_2_0": "red"}
    value = {"type": "marking-definition", "spec_version": "2.1", "id": RED, "created": "2022-10-01T00:00:00.000Z"}
    value["extensions"] = {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": extension}
    exact = header(RED, definition=json.dumps(value).encode())
    dated = header(RED, definition=json.dumps(value | {"created": "2025-01-01T00:00:00.000Z"}).encode())
    good, bad, marked = classes([exact, dated, header("indicator--1", markings=(RED,))])
    assert [bool(klass.restrictions.doubts) for klass in (good, bad, marked)] == [False, True, True]


def test_what_a_batch_carries_is_told_for_the_store_to_keep():
    new, old = definition("Copyright"), definition("Terms", OWN[:-1] + "b")
    told = carried_in([new, old, header("indicator--1")], originator="USA", carried={old.id: old.definition})
    assert told.first == {OWN: new.definition}
    assert told.conflicting == frozenset()


def test_what_conflicts_is_told_whatever_the_order():
    one, two = definition("Copyright 2020"), definition("Copyright 2021")
    told = [carried_in(batch, originator="USA", carried={}) for batch in ([one, two], [two, one])]
    assert told[0] == told[1]
    assert told[0].conflicting == {OWN}
    settled = carried_in([one, two], originator="USA", carried={}, statements={OWN: MARKED})
    assert settled.conflicting == frozenset()


def test_a_joining_object_takes_restrictions_and_topics_on():
    batch = [
        header("relationship--1", markings=(CLEAR,), joins=("indicator--1", "malware--1")),
        header("indicator--1", markings=(OWN,), labels=("naval",)),
        header("malware--1", markings=(RED,)),
        definition("S//REL TO USA, UKR"),
    ]
    found = by_id(batch)["relationship--1"]
    assert found.topics == {"naval", "cyber"}
    assert (found.restrictions.tlp, found.restrictions.rel) == (4, {("UKR", "USA")})


def test_what_is_joined_takes_nothing_on():
    found = by_id([header("report--1", markings=(RED,), joins=("indicator--1",)), header("indicator--1")])
    assert found["indicator--1"] == Class("USA", "indicator")


def test_what_is_joined_through_others_counts():
    batch = [
        header("report--1", joins=("sighting--1",)),
        header("sighting--1", joins=("indicator--1",)),
        header("indicator--1", markings=(RED,), labels=("naval",)),
    ]
    for klass in classes(batch)[:2]:
        assert (klass.topics, klass.restrictions.tlp) == ({"naval"}, 4)


def test_those_in_a_circle_take_on_the_same():
    batch = [
        header("report--1", joins=("report--2",), labels=("naval",)),
        header("report--2", joins=("report--3",), markings=(RED,)),
        header("report--3", joins=("report--1", "report--3"), labels=("air",)),
        header("note--1", joins=("report--2",)),
    ]
    for klass in classes(batch):
        assert (klass.topics, klass.restrictions.tlp) == ({"naval", "air"}, 4)


def test_an_absent_object_is_no_doubt():
    (klass,) = classes([header("relationship--1", markings=(CLEAR,), joins=("indicator--1", "malware--1"))])
    assert klass.restrictions == Restrictions(marked=True, tlp=0)


def test_what_is_stored_counts_by_function_or_by_mapping():
    held = {"indicator--1": Class("GBR", "indicator", frozenset({"naval"}), Restrictions(marked=True, noforn=True))}
    batch = [header("sighting--1", joins=("indicator--1",))]
    for stored in (held, held.get):
        (klass,) = classes(batch, stored=stored)
        assert klass == Class("USA", "sighting", frozenset({"naval"}), Restrictions(marked=True, noforn=True))


def test_a_joined_object_counts_in_the_batch_and_as_stored():
    held = {"indicator--1": Class("USA", "indicator", frozenset(), Restrictions(marked=True, tlp=4))}
    found = by_id(
        [header("sighting--1", joins=("indicator--1",)), header("indicator--1", markings=(CLEAR,))], stored=held
    )
    assert found["sighting--1"].restrictions.tlp == 4
    assert found["indicator--1"].restrictions.tlp == 0


def test_every_version_of_a_joined_object_counts():
    batch = [
        header("indicator--1", version_us=1, markings=(RED,)),
        header("indicator--1", version_us=2, labels=("naval",)),
        header("note--1", joins=("indicator--1",)),
    ]
    klass = classes(batch)[2]
    assert (klass.restrictions.tlp, klass.topics) == (4, {"naval"})


def test_each_version_of_a_joining_object_takes_on_what_it_joins_itself():
    batch = [
        header("note--1", version_us=1, joins=("indicator--1",)),
        header("note--1", version_us=2, joins=("indicator--2",)),
        header("indicator--1", markings=(RED,)),
        header("indicator--2", markings=(GREEN,)),
    ]
    assert [klass.restrictions.tlp for klass in classes(batch)[:2]] == [4, 1]


def test_a_chain_as_long_as_a_batch_costs_no_recursion():
    batch = [header(f"note--{n}", joins=(f"note--{n + 1}",)) for n in range(20_000)]
    assert {klass.restrictions.tlp for klass in classes([*batch, header("note--20000", markings=(RED,))])} == {4}


def test_a_doubt_about_what_is_joined_is_a_doubt_about_what_joins():
    batch = [header("note--1", joins=("indicator--1",)), header("indicator--1", markings=(OWN,))]
    assert by_id(batch)["note--1"].restrictions.doubts


ids = st.sampled_from([f"note--{n}" for n in range(6)])
headers = st.builds(
    header,
    ids,
    version_us=st.integers(0, 2),
    markings=st.lists(st.sampled_from([CLEAR, GREEN, RED, OWN]), max_size=2).map(tuple),
    labels=st.lists(st.sampled_from(["naval", "air", "x"]), max_size=2).map(tuple),
    joins=st.lists(ids, max_size=3).map(tuple),
)
batches = st.lists(headers, max_size=10)
stores = st.dictionaries(
    ids, st.sampled_from([Class("USA", "note", frozenset({"cyber"}), Restrictions(marked=True, level=3))])
)


def naive(batch, stored):
    """The class of each object, the slow way: everything that can be reached, gathered and combined."""
    own = classes([replace_joins(head) for head in batch])
    found = []
    for place, head in enumerate(batch):
        reached, waiting = set(), list(head.joins)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [joined for other in batch if other.id == name for joined in other.joins]
        parts = [own[place], *(own[n] for n, other in enumerate(batch) if other.id in reached)]
        parts += [stored[name] for name in reached if name in stored]
        topics = frozenset().union(*(part.topics for part in parts))
        together = combine_all(part.restrictions for part in parts)
        found.append(replace(own[place], topics=topics, restrictions=together))
    return found


def replace_joins(head):
    import msgspec

    return msgspec.structs.replace(head, joins=())


@given(batches, stores)
def test_it_agrees_with_a_naive_statement_of_the_rules(batch, stored):
    assert classes(batch, stored=stored) == naive(batch, stored)


@given(st.data(), batches, stores)
def test_the_order_of_a_batch_never_matters(data, batch, stored):
    order = data.draw(st.permutations(range(len(batch))))
    straight = classes(batch, stored=stored)
    assert classes([batch[n] for n in order], stored=stored) == [straight[n] for n in order]


@given(batches, stores, headers)
def test_more_in_a_batch_never_loosens_a_class(batch, stored, more):
    fewer = classes(batch, stored=stored)
    for before, after in zip(fewer, classes([*batch, more], stored=stored), strict=False):
        assert combine(before.restrictions, after.restrictions) == after.restrictions
        assert before.topics <= after.topics


def test_what_arrives_later_makes_a_class_stricter_and_leaves_its_topics():
    current = Class("USA", "note", frozenset({"naval"}), Restrictions(marked=True, tlp=1))
    late = Class("USA", "indicator", frozenset({"air"}), Restrictions(marked=True, tlp=0, noforn=True))
    assert stricter(current, late) == replace(current, restrictions=Restrictions(marked=True, tlp=1, noforn=True))
    assert stricter(current, replace(late, restrictions=Restrictions(marked=True, tlp=0))) is current


@pytest.mark.parametrize("joins", [("",), ("\x00",), ("note--1", "note--1"), ("note--1",) * 1000])
def test_odd_references_are_taken_as_ids(joins):
    (klass,) = classes([header("note--1", joins=joins, markings=(GREEN,))])
    assert klass.restrictions.tlp == 1
