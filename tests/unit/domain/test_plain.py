"""Plain values: equal ones are written alike, defaults are left out."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adapters.test_codec import classes

from relto.domain.classes import Class, Restrictions
from relto.domain.plain import digest_of, digest_of_arrays, plain
from relto.domain.reader import Track, Walk
from relto.domain.stream import Place


@dataclass(frozen=True)
class Two:
    one: int
    more: tuple[int, ...] = ()
    seen: dict[str, int] = field(default_factory=dict, compare=False)


def test_a_member_with_its_default_is_left_out():
    assert plain(Two(1)) == {"one": 1}
    assert plain(Two(1, (2,))) == {"one": 1, "more": [2]}


def test_what_does_not_count_for_equality_is_left_out():
    assert plain(Two(1, seen={"a": 1})) == {"one": 1}


def test_sets_have_one_order():
    value = plain(
        Class("USA", "report", frozenset({"b", "a"}), Restrictions(rel=frozenset({("USA", "UKR"), ("FVEY",)})))
    )
    assert value["topics"] == ["a", "b"]
    assert value["restrictions"]["rel"] == [["FVEY"], ["USA", "UKR"]]


def test_a_number_that_is_not_exact_for_everybody_is_a_text():
    assert plain([2**53 - 1, 2**53, -(2**53), True]) == [2**53 - 1, "9007199254740992", "-9007199254740992", True]


def test_a_track_is_a_list():
    assert plain(Track(Place(1, 0, 2)))[0] == [1, 0, 2]


numbers = st.integers() | st.sampled_from([2**53, -(2**53), 2**53 - 1])
places = st.builds(Place, numbers, numbers, numbers)
walks = st.builds(
    Walk, st.none() | numbers, places, places, st.lists(st.tuples(numbers, places), max_size=3).map(tuple), numbers
)
tracks = st.builds(Track, places, st.none() | walks, places, date=numbers, at=numbers)


@given(st.text(), tracks)
def test_what_is_made_of_arrays_has_the_same_digest_by_the_shorter_way(name, track):
    value = [5, name, track]
    assert digest_of_arrays(value) == digest_of(value)


@given(classes, classes)
def test_other_classes_are_written_otherwise(one, other):
    assert (plain(one) == plain(other)) == (one == other)
