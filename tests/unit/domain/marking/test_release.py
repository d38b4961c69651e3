import pytest
from hypothesis import given
from tests.unit.domain.marking.drawn import circumstances, restrictions

from relto.domain.classes import Restrictions
from relto.domain.marking import Recipient, bars, codes_of

GBR = Recipient("GBR", frozenset({"FVEY", "NATO"}))


def codes(restrictions, *, recipient=GBR, originator="USA", admitted=(), unmarked=2, ceiling=None):
    found = bars(
        restrictions,
        originator=originator,
        recipient=recipient,
        admitted=frozenset(admitted),
        unmarked=unmarked,
        ceiling=ceiling,
    )
    return [reason.code for reason in found]


@given(restrictions, circumstances)
def test_it_is_total_and_each_reason_is_a_sentence(restrictions, circumstances):
    for reason in bars(restrictions, **circumstances):
        assert reason.code
        assert reason.text
        assert not reason.text.endswith(".")


@given(restrictions, circumstances)
def test_what_is_in_doubt_goes_to_nobody_not_even_its_originator(restrictions, circumstances):
    if restrictions.doubts:
        assert {reason.text for reason in bars(restrictions, **circumstances)} >= restrictions.doubts


@pytest.mark.parametrize("tlp", [0, 1, 2, 3, 4])
def test_tlp_alone_bars_no_first_release(tlp):
    assert codes(Restrictions(marked=True, tlp=tlp)) == []


def test_a_list_admits_a_member_of_a_listed_group():
    listed = Restrictions(marked=True, level=3, rel=frozenset({("FVEY", "USA")}))
    assert codes(listed) == []
    assert codes(listed, recipient=Recipient("GBR")) == ["rel-to"]


def test_a_recipient_must_be_in_every_list():
    both = Restrictions(marked=True, rel=frozenset({("FVEY", "USA"), ("POL", "USA")}))
    assert codes(both) == ["rel-to"]
    assert codes(both, recipient=Recipient("POL")) == ["rel-to"]


def test_a_list_of_the_owner_alone_releases_to_no_foreign_party():
    assert codes(Restrictions(marked=True, rel=frozenset({("USA",)}))) == ["rel-to"]


def test_the_originator_always_stays():
    closed = Restrictions(marked=True, noforn=True, rel=frozenset({("GBR", "POL")}), caveats=frozenset({"RELIDO"}))
    assert codes(closed, recipient=Recipient("USA")) == []
    assert codes(closed) == ["caveat", "noforn"]


def test_a_caveat_and_a_control_system_must_each_be_listed():
    held = Restrictions(marked=True, caveats=frozenset({"FISA", "IMC"}), controls=frozenset({"SI"}))
    assert codes(held) == ["caveat", "caveat", "control"]
    assert codes(held, admitted=["FISA", "SI"]) == ["caveat"]
    assert codes(held, admitted=["FISA", "IMC", "SI"]) == []


def test_no_agreement_can_admit_relido():
    assert codes(Restrictions(marked=True, caveats=frozenset({"RELIDO"})), admitted=["RELIDO"]) == ["caveat"]


@pytest.mark.parametrize(("level", "ceiling", "barred"), [(3, 2, True), (3, 3, False), (0, 0, False), (None, 0, False)])
def test_a_classification_above_the_ceiling_is_barred(level, ceiling, barred):
    assert codes(Restrictions(marked=True, level=level), ceiling=ceiling) == (["ceiling"] if barred else [])


def test_orcon_bars_no_first_release():
    assert codes(Restrictions(marked=True, orcon=2, rel=frozenset({("GBR", "USA")}))) == []


def test_nothing_marked_is_the_agreements_to_judge():
    assert codes(Restrictions()) == []
    assert codes(Restrictions(), unmarked=None) == ["unmarked"]


def test_all_codes_of_all_lists_can_be_looked_up():
    assert codes_of(Restrictions(rel=frozenset({("FVEY", "USA"), ("UK",)}))) == {"FVEY", "USA", "UK"}
