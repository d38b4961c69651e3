"""Parties and groups: who stands for whom, and when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput, Conflict, Unknown
from relto.domain.party import Membership, Parties, Party

STATES = [Party(code, code, "state") for code in ("USA", "GBR", "FIN", "UKR")]
FVEY = Party("FVEY", "Five Eyes", "group")
NATO = Party("NATO", "North Atlantic Treaty Organization", "alliance")
PARTNERS = Party("PARTNERS", "All partners", "group")


def world(*memberships):
    return Parties([*STATES, FVEY, NATO, PARTNERS], memberships)


def test_a_member_belongs_from_its_first_moment_up_to_and_not_at_its_last():
    parties = world(Membership("NATO", "FIN", 100, 200))
    assert [parties.groups_of("FIN", at) for at in (99, 100, 199, 200)] == [set(), {"NATO"}, {"NATO"}, set()]
    assert [parties.members_of("NATO", at) for at in (99, 100, 199, 200)] == [set(), {"FIN"}, {"FIN"}, set()]


def test_who_leaves_and_comes_back_is_a_member_twice():
    parties = world(Membership("NATO", "FIN", 0, 10), Membership("NATO", "FIN", 20))
    assert [bool(parties.members_of("NATO", at)) for at in (5, 15, 25)] == [True, False, True]


def test_a_group_inside_a_group_stands_for_its_own_members():
    parties = world(
        Membership("PARTNERS", "FVEY", 0), Membership("PARTNERS", "UKR", 0), Membership("FVEY", "USA", 0, 50)
    )
    assert parties.members_of("PARTNERS", 10) == {"USA", "UKR"}
    assert parties.groups_of("USA", 10) == {"FVEY", "PARTNERS"}
    assert parties.members_of("PARTNERS", 50) == {"UKR"}
    assert parties.groups_of("USA", 50) == set()


def test_a_group_without_a_list_of_members_reaches_only_itself():
    assert world().reached_by("NATO", 0) == {"NATO"}
    assert world().members_of("NATO", 0) == set()


def test_a_group_that_all_have_left_reaches_nobody():
    assert world(Membership("NATO", "FIN", 0, 10)).reached_by("NATO", 10) == set()


def test_a_state_reaches_itself():
    assert world().reached_by("UKR", 0) == {"UKR"}


@pytest.mark.parametrize(
    "memberships",
    [
        [("FVEY", "FVEY")],
        [("FVEY", "NATO"), ("NATO", "FVEY")],
        [("FVEY", "NATO"), ("NATO", "PARTNERS"), ("PARTNERS", "FVEY")],
    ],
)
def test_a_group_that_would_contain_itself_is_refused(memberships):
    with pytest.raises(BadInput) as caught:
        world(*(Membership(group, member, 0) for group, member in memberships))
    assert caught.value.code == "group-contains-itself"


def test_a_circle_is_refused_even_where_its_dates_never_meet():
    with pytest.raises(BadInput):
        world(Membership("FVEY", "NATO", 0, 10), Membership("NATO", "FVEY", 20, 30))


def test_a_group_reached_by_two_ways_is_no_circle():
    parties = world(
        Membership("PARTNERS", "FVEY", 0),
        Membership("PARTNERS", "NATO", 0),
        Membership("FVEY", "USA", 0),
        Membership("NATO", "USA", 0),
    )
    assert parties.members_of("PARTNERS", 0) == {"USA"}
    assert parties.groups_of("USA", 0) == {"FVEY", "NATO", "PARTNERS"}


def test_a_chain_of_a_thousand_groups_is_followed():
    chain = [Party(f"G{number}", "link", "group") for number in range(1_000)]
    parties = Parties(chain, [Membership(f"G{number}", f"G{number + 1}", 0) for number in range(999)])
    assert parties.members_of("G0", 0) == {"G999"}
    assert len(parties.groups_of("G999", 0)) == 999


def test_groups_that_are_reached_by_a_billion_ways_are_asked_once():
    layers = [[Party(f"L{layer}-{side}", "x", "group") for side in "AB"] for layer in range(40)]
    pairs = [(up, down) for above, below in pairwise(layers) for up in above for down in below]
    parties = Parties(
        [party for layer in layers for party in layer], [Membership(up.code, down.code, 0) for up, down in pairs]
    )
    assert parties.members_of("L0-A", 0) == {"L39-A", "L39-B"}
    assert len(parties.groups_of("L39-A", 0)) == 78


@pytest.mark.parametrize("ask", [Parties.groups_of, Parties.members_of, Parties.reached_by])
def test_a_code_of_nobody_is_unknown_and_the_nearest_is_named(ask):
    with pytest.raises(Unknown) as caught:
        ask(world(), "UKRA", 0)
    assert caught.value.code == "party-unknown"
    assert caught.value.remedy == "did you mean `UKR`?"


@pytest.mark.parametrize("membership", [Membership("NOBODY", "USA", 0), Membership("NATO", "NOBODY", 0)])
def test_a_membership_of_nobody_is_unknown(membership):
    with pytest.raises(Unknown):
        world(membership)


def test_a_state_has_no_members():
    with pytest.raises(BadInput) as caught:
        world(Membership("USA", "GBR", 0))
    assert caught.value.code == "party-kind-has-no-members"


def test_a_code_stands_for_one_party():
    with pytest.raises(Conflict) as caught:
        Parties([STATES[0], Party("USA", "Another", "state")])
    assert caught.value.code == "party-exists"


@pytest.mark.parametrize("until", [0, 10, -5])
def test_nobody_leaves_before_joining(until):
    with pytest.raises(BadInput) as caught:
        Membership("NATO", "FIN", 10, until)
    assert caught.value.code == "membership-invalid"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (("usa", "x", "state"), "party-code-invalid"),
        (("USA", "", "state"), "party-name-invalid"),
        (("USA", "  ", "state"), "party-name-invalid"),
        (("USA", "a\x1b[2Jb", "state"), "party-name-invalid"),
        (("USA", "x" * 201, "state"), "party-name-invalid"),
        (("USA", "x", "country"), "party-kind-unknown"),
        (("USA", "x", ""), "party-kind-unknown"),
        (("USA", "x", "state", 5), "party-ceiling-invalid"),
        (("USA", "x", "state", -1), "party-ceiling-invalid"),
    ],
)
def test_a_party_that_makes_no_sense_cannot_be_built(fields, code):
    with pytest.raises(BadInput) as caught:
        Party(*fields)
    assert caught.value.code == code


@st.composite
def registers(draw):
    codes = [f"P{number}" for number in range(6)]
    pairs = st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])
    memberships = [
        Membership(codes[group], codes[member], since, since + draw(st.integers(1, 5)))
        for group, member in draw(st.lists(pairs, max_size=10))
        for since in [draw(st.integers(0, 5))]
    ]
    return Parties([Party(code, code, "group") for code in codes], memberships)


@given(registers(), st.integers(0, 10))
def test_a_party_is_a_member_of_exactly_the_groups_that_list_it(parties, at):
    for code in parties.codes():
        for group in parties.codes():
            if not parties.has_members(code):
                assert (code in parties.members_of(group, at)) == (group in parties.groups_of(code, at))
