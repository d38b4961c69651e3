"""The reader: what may stand in a brief for whom, by marking, and nothing on doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.worlds import MARKINGS_OF_TLP, RESTRICTIONS, some

from relto.domain.brief.reader import Reader, level_of
from relto.domain.classes import Restrictions
from relto.domain.marking.combination import combine

KEEPER, KYIV, LONDON, PUBLIC = Reader("USA"), Reader("UKR"), Reader("GBR", frozenset({"FVEY"})), Reader()
LOW = Reader("UKR", ceiling=1)


def tlp(rank, **more):
    return Restrictions(marked=True, tlp=rank, **more)


REL = frozenset({("FVEY", "USA")})


@pytest.mark.parametrize(
    ("restrictions", "readers"),
    [
        (tlp(0), {"USA", "UKR", "GBR", "public"}),
        (tlp(1), {"USA", "UKR", "GBR"}),
        (tlp(2), {"USA", "UKR", "GBR"}),
        (tlp(3), {"USA"}),
        (tlp(4), {"USA"}),
        (Restrictions(), {"USA", "UKR", "GBR"}),
        (Restrictions(marked=True), {"USA", "UKR", "GBR"}),
        (tlp(0, rel=REL), {"USA", "GBR"}),
        (tlp(0, rel=REL | {("UKR", "USA")}), {"USA"}),
        (tlp(0, noforn=True), {"USA"}),
        (tlp(0, orcon=1), {"USA"}),
        (tlp(0, orcon=2), {"USA"}),
        (tlp(0, caveats=frozenset({"IMC"})), {"USA"}),
        (tlp(0, caveats=frozenset({"RELIDO"})), {"USA"}),
        (tlp(0, controls=frozenset({"SI"})), {"USA"}),
        (tlp(0, doubts=frozenset({"a marking that nobody understands"})), {"USA"}),
        (tlp(0, pap=3), {"USA", "UKR", "GBR"}),
        (tlp(0, statements=frozenset({"a licence"})), {"USA", "UKR", "GBR"}),
        (tlp(0, level=3), {"USA", "UKR", "GBR"}),
        (Restrictions(marked=True, level=3), {"USA", "UKR", "GBR"}),
    ],
)
def test_what_each_reader_may_have_is_by_the_marking(restrictions, readers):
    found = {each.name for each in (KEEPER, KYIV, LONDON, PUBLIC) if each.may_read(restrictions, keeper="USA")}
    assert found == readers


def test_whoever_has_a_ceiling_reads_nothing_above_it():
    assert LOW.may_read(tlp(0, level=1), keeper="USA")
    assert not LOW.may_read(tlp(0, level=2), keeper="USA")


def test_who_keeps_the_case_is_by_party_and_nobody_keeps_it_for_the_public():
    assert KYIV.may_read(tlp(4), keeper="UKR")
    assert not KEEPER.may_read(tlp(4), keeper="UKR")
    assert not PUBLIC.may_read(tlp(1), keeper="")
    assert not PUBLIC.may_read(Restrictions(), keeper="USA")


READERS = st.builds(
    Reader, st.sampled_from(["USA", "GBR", "FRA", ""]), some("FVEY"), st.none() | st.integers(0, 4)
).map(lambda each: each if each.party else Reader())  # fmt: skip


@given(READERS, RESTRICTIONS | MARKINGS_OF_TLP, RESTRICTIONS | MARKINGS_OF_TLP)
def test_one_more_marking_never_lets_anybody_read_more(reader, one, more):
    # What has no marking counts as amber, which a clear one is not: that alone is a doubt less.
    if one.marked:
        assert not reader.may_read(combine(one, more), keeper="USA") or reader.may_read(one, keeper="USA")


@given(RESTRICTIONS | MARKINGS_OF_TLP, st.sampled_from(["GBR", "FRA", "UKR"]), some("FVEY"))
def test_the_public_reads_nothing_that_a_partner_may_not_and_a_partner_nothing_that_the_keeper_may_not(
    restrictions, party, groups
):
    partner = Reader(party, groups)
    assert not PUBLIC.may_read(restrictions, keeper="USA") or partner.may_read(restrictions, keeper="USA")
    assert KEEPER.may_read(restrictions, keeper="USA")


@given(RESTRICTIONS)
def test_a_partner_that_is_in_no_group_reads_no_more_than_one_that_is(restrictions):
    alone, member = Reader("FRA"), Reader("FRA", frozenset({"FVEY"}))
    assert not alone.may_read(restrictions, keeper="USA") or member.may_read(restrictions, keeper="USA")


# What the brief bears.


@pytest.mark.parametrize(
    ("restrictions", "level"),
    [
        *((tlp(level), level) for level in range(5)),
        (Restrictions(), 2),
        (Restrictions(marked=True), 2),
        (tlp(0, rel=REL), 2),
        (tlp(3, rel=REL), 3),
        (tlp(0, pap=1), 2),
        (tlp(0, noforn=True), 3),
        (tlp(0, level=3), 3),
        (tlp(0, doubts=frozenset({"x"})), 3),
        (tlp(4, orcon=2), 4),
    ],
)
def test_a_brief_bears_the_level_of_what_stands_in_it_and_more_where_tlp_has_no_word(restrictions, level):
    assert level_of(restrictions) == level


@given(RESTRICTIONS | MARKINGS_OF_TLP)
def test_what_only_the_keeper_may_read_is_never_borne_as_less_than_amber_strict(restrictions):
    partner = Reader("UKR", frozenset({"FVEY", "USA", "GBR", "FRA"}))
    everybody = replace(restrictions, rel=frozenset())
    if not partner.may_read(everybody, keeper="USA"):
        assert level_of(restrictions) >= 3
    if level_of(restrictions) == 0:
        assert PUBLIC.may_read(restrictions, keeper="USA")
