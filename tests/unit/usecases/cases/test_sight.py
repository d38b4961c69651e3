"""Who sees a case: those in office at the party that keeps it, and its contributors; for everybody else it is not."""

from __future__ import annotations

import pytest
from tests import actors
from tests.actors import ADMIN, actor
from tests.unit.usecases.cases.casework import OLGA, Casework, said

from relto.domain.errors import ReltoError, Unknown
from relto.domain.record.file import parse
from relto.usecases.cases.filing import given_out, take_in
from relto.usecases.cases.loading import listed, loaded
from relto.usecases.cases.timeline import timeline
from relto.usecases.pausing import MakePause

ROLES = ("reader", "contributor", "officer", "approver", "auditor", "admin")
INSIDE = [actor("x", role) for role in ROLES if role != "reader"]
OUTSIDE = [actor("x", role, party="UKR") for role in ROLES] + [
    actor("x", "reader"),
    actor("x"),
    actor("x", *ROLES, party="XYZ"),
]


def name(by):
    return f"{by.party}-{'-'.join(sorted(by.roles))}"


@pytest.mark.parametrize("by", INSIDE, ids=name)
def test_a_case_is_there_for_the_party_that_keeps_it(by):
    work = Casework().opened(said())
    assert [record.case.id for record in listed(work.node, work.desk, by=by)] == ["a"]
    assert work.keys(by) == ["01"]
    assert "just about" in work.given_out("yaml", by)


@pytest.mark.parametrize("by", OUTSIDE, ids=name)
def test_for_everybody_else_it_is_not_there_and_looks_like_what_never_was(by):
    work = Casework().opened(said())

    def answers(case):
        found = []
        for asked in (
            lambda: loaded(work.node, work.desk, case, by=by),
            lambda: given_out(work.node, work.desk, case, by=by, form="yaml"),
            lambda: timeline(work.node, work.desk, case, by=by),
            lambda: work.keeper(by).add(case, [said()]),
            lambda: work.keeper(by).add(case, []),
            lambda: work.keeper(by).correct(case, "01", {}, because="x"),
        ):
            with pytest.raises(ReltoError) as caught:
                asked()
            assert isinstance(caught.value, Unknown)
            found.append(str(caught.value).replace(f"`{case}`", "`CASE`"))
        return found

    assert listed(work.node, work.desk, by=by) == []
    assert answers("a") == answers("b")
    assert answers("USA:a") == answers("USA:b") == answers("XYZ:a")


def test_a_partner_keeps_a_case_of_its_own_and_sees_what_it_may_of_pauses():
    work = Casework()
    work.world.apply("agreement: usa-gbr\nfrom: USA\nto: [GBR]\nscope: {topics: [diplomacy]}\n")
    minister = actor("kyiv-officer", "officer", party="UKR")

    def pause(*names, **more):
        return actors.pause(work.node, work.desk, MakePause(names, reason="talks", **more), by=ADMIN).pause.number

    one, hidden, foreign = pause("usa-ukr", "usa-gbr"), pause("usa-ukr", discreet=True), pause("usa-gbr")
    work.opened(by=minister, agreements=["usa-ukr"], pauses=[one])
    assert work.record(minister).case.party == "UKR"
    assert work.keeper(minister).add("a", [said(pauses=[one])]).entries
    for number in (hidden, foreign, "99"):
        with pytest.raises(Unknown) as caught:
            work.keeper(minister).add("a", [said(pauses=[number])])
        assert caught.value.code == "pause-unknown"
        assert str(caught.value).replace(number, "N") == "there is no pause `N`"
    with pytest.raises(Unknown) as caught:
        work.keeper(minister).add("a", [said(agreements=["usa-gbr"])])
    assert caught.value.code == "agreement-unknown"
    assert "usa-gbr" not in caught.value.remedy
    told = timeline(work.node, work.desk, "a", by=minister)
    assert [span.pause.number for span in told.spans] == [one]
    # That the same pause holds for somebody else is nothing for this partner.
    assert [span.agreements for span in told.spans] == [("usa-ukr",)]
    assert [span.agreements for span in timeline(work.node, work.desk, "UKR:a", by=ADMIN).spans] == [
        ("usa-gbr", "usa-ukr"), ("usa-ukr",),
    ]  # fmt: skip


def test_the_operator_sees_all_cases_and_a_keeper_of_another_party_none_of_them():
    work = Casework().opened(said())
    work.opened(by=actor("m", "officer", party="UKR"))
    assert {record.case.party for record in listed(work.node, work.desk, by=ADMIN)} == {"USA", "UKR"}
    assert [record.case.party for record in listed(work.node, work.desk, by=OLGA)] == ["USA"]
    assert [
        record.case.party for record in listed(work.node, work.desk, by=actor("c", "contributor", party="UKR"))
    ] == ["UKR"]


def test_taking_in_a_file_of_another_partys_case_tells_nothing_of_it():
    work = Casework().opened(said())
    stranger = actor("s", "officer", party="UKR")

    def asked(case):
        with pytest.raises(ReltoError) as caught:
            take_in(work.keeper(stranger), parse(f"case: {case}\ntitle: x\nparty: USA\nentries: []\n"))
        return str(caught.value), caught.value.code

    assert asked("a") == asked("b")
