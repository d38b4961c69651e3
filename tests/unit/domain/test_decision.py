"""The decision: the order of its rules, that it is total, and what can never turn a no into a yes."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.actors import ADMIN
from tests.unit.domain.marking.test_cases import CASES, GROUPS, class_of
from tests.unit.domain.worlds import AGREEMENTS, CLASSES, PAUSES, RANKS, RECIPIENTS, RESTRICTIONS, SELECTORS

from relto.domain.agreement import Agreement, Exemption, parse
from relto.domain.classes import Class, Restrictions
from relto.domain.decision import decide
from relto.domain.marking import Recipient, bars, combine, level_of
from relto.domain.pause import Pause
from relto.domain.selector import EVERYTHING, Selector

AGREEMENT = parse(
    "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [early-warning, naval]}\n"
    "exceptions: [{name: duty-to-warn, scope: {topics: [threat-to-life]}}]\n"
)
UKR = Recipient("UKR")
NAVAL = Class("USA", "indicator", frozenset({"naval"}))
WARNING = Class("USA", "indicator", frozenset({"early-warning", "threat-to-life"}))
PAUSE = Pause("7", frozenset({"usa-ukr"}), reason="to press for talks", made_by=ADMIN, made_at=1_741_176_000_000_000)
CUT = replace(PAUSE, number="8", mode="cut")
NOW = PAUSE.made_at + 1


def decided(klass=NAVAL, *pauses, agreement=AGREEMENT, recipient=UKR, ceiling=None, ended=False, member=True, at=NOW):
    return decide(
        klass,
        agreement=agreement,
        recipient=recipient,
        ceiling=ceiling,
        pauses=pauses,
        ended=ended,
        at=at,
        member=member,
    )


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_what_is_in_scope_flows():
    decision = decided()
    assert (decision.kind, codes(decision), decision.hidden) == ("release", ["in-scope"], False)


def test_what_is_paused_is_held_and_the_reason_names_the_pause_since_when_and_why():
    decision = decided(NAVAL, PAUSE)
    assert (decision.kind, decision.covering, decision.hidden) == ("hold", {"7"}, False)
    assert decision.reasons[0].text == (
        "pause `7` (freeze) of everything since 2025-03-05T12:00:00.000000Z: to press for talks"
    )


def test_a_cut_also_closes_what_was_released():
    assert decided(NAVAL, CUT).hidden
    assert decided(NAVAL, PAUSE, CUT).hidden


def test_every_pause_that_covers_is_named_and_the_cut_first():
    decision = decided(NAVAL, PAUSE, CUT)
    assert decision.covering == {"7", "8"}
    assert [reason.text[:9] for reason in decision.reasons] == ["pause `8`", "pause `7`"]


def test_a_warning_goes_on_through_any_pause():
    decision = decided(WARNING, PAUSE, CUT)
    assert (decision.kind, codes(decision), decision.hidden) == ("release", ["exception", "in-scope"], False)
    assert "`duty-to-warn`" in decision.reasons[0].text
    assert codes(decided(WARNING)) == ["in-scope", "exception"]


def test_an_exception_never_widens_the_scope():
    threat = Class("USA", "indicator", frozenset({"threat-to-life"}))
    assert decided(threat).kind == "withhold"
    assert decided(replace(WARNING, restrictions=Restrictions(marked=True, tlp=4)), PAUSE).kind == "withhold"
    assert decided(replace(WARNING, originator="GBR"), PAUSE).kind == "withhold"


def test_what_is_out_of_scope_names_the_part_that_fails():
    decision = decided(Class("FRA", "indicator", frozenset({"cyber"})))
    assert (decision.kind, codes(decision), decision.hidden) == ("withhold", ["out-of-scope", "out-of-scope"], True)
    assert decision.reasons[0].text == ("outside `originators` of agreement `usa-ukr`: originator FRA is none of USA")
    assert "`topics`" in decision.reasons[1].text


@pytest.mark.parametrize(
    ("restrictions", "code"),
    [
        (Restrictions(marked=True, tlp=4), "marking-above-scope"),
        (Restrictions(marked=True, tlp=3), "marking-above-scope"),
        (Restrictions(marked=True, noforn=True), "noforn"),
        (Restrictions(marked=True, level=3, rel=frozenset({("GBR", "USA")})), "rel-to"),
        (Restrictions(marked=True, doubts=frozenset({"marking x is not known"})), "marking-doubt"),
        (Restrictions(marked=True, caveats=frozenset({"FISA"})), "caveat"),
        (Restrictions(marked=True, controls=frozenset({"SI"})), "control"),
    ],
)
def test_a_marking_withholds_and_says_so_and_no_pause_or_exception_changes_it(restrictions, code):
    for klass in (replace(NAVAL, restrictions=restrictions), replace(WARNING, restrictions=restrictions)):
        for pauses in ((), (PAUSE,), (CUT,)):
            decision = decided(klass, *pauses)
            assert (decision.kind, decision.hidden, decision.covering) == ("withhold", True, frozenset())
            assert codes(decision) == [code]


def test_a_ceiling_withholds_what_is_above_it():
    secret = replace(NAVAL, restrictions=Restrictions(marked=True, level=3, rel=frozenset({("UKR", "USA")})))
    assert decided(secret, ceiling=3).kind == "release"
    assert codes(decided(secret, ceiling=2)) == ["ceiling"]


def test_what_is_withdrawn_is_withheld_before_anything_else():
    decision = decided(replace(WARNING, withdrawn=True, originator="FRA"), PAUSE)
    assert (decision.kind, codes(decision), decision.hidden) == ("withhold", ["item-withdrawn", "out-of-scope"], True)


def test_an_agreement_that_ended_leaves_readable_what_was_released():
    decision = decided(NAVAL, ended=True)
    assert (decision.kind, codes(decision), decision.hidden) == ("withhold", ["agreement-ended"], False)
    assert not decided(NAVAL, PAUSE, ended=True).hidden


def test_an_end_does_not_open_what_a_cut_has_closed():
    decision = decided(NAVAL, CUT, ended=True)
    assert (decision.kind, decision.covering, decision.hidden) == ("withhold", frozenset(), True)
    assert not decided(WARNING, CUT, ended=True).hidden


def test_who_is_out_of_the_group_receives_nothing():
    decision = decided(WARNING, member=False)
    assert (decision.kind, codes(decision), decision.hidden) == ("withhold", ["not-a-recipient"], True)


@pytest.mark.parametrize("type", ["identity", "marking-definition", "extension-definition"])
def test_support_objects_of_the_originator_belong_whatever_their_topics(type):
    support = Class("USA", type)
    assert decided(support).kind == "release"
    assert codes(decided(support, agreement=replace(AGREEMENT, support=frozenset()))) == ["out-of-scope"]
    assert codes(decided(replace(support, originator="FRA"))) == ["out-of-scope"]
    assert codes(decided(replace(support, restrictions=Restrictions(marked=True, tlp=4)))) == ["marking-above-scope"]
    assert codes(decided(replace(support, restrictions=Restrictions(marked=True, noforn=True)))) == ["noforn"]


def test_support_objects_are_held_by_a_pause_of_everything_and_not_by_one_of_a_topic():
    support = Class("USA", "identity")
    assert decided(support, PAUSE).kind == "hold"
    assert decided(support, replace(PAUSE, scope=Selector(topics_any=frozenset({"naval"})))).kind == "release"


def test_a_pause_that_is_lifted_scheduled_or_of_others_holds_nothing():
    for pause in (
        replace(PAUSE, state="lifted"),
        replace(PAUSE, state="scheduled", from_us=NOW + 1),
        replace(PAUSE, agreements=frozenset({"fra-ukr"})),
        replace(PAUSE, recipient="GBR"),
        replace(PAUSE, scope=Selector(topics_any=frozenset({"cyber"}))),
    ):
        assert decided(NAVAL, pause).kind == "release"


def test_a_scheduled_pause_holds_from_its_very_moment():
    pause = replace(PAUSE, state="scheduled", from_us=NOW)
    assert [decided(NAVAL, pause, at=at).kind for at in (NOW - 1, NOW)] == ["release", "hold"]


def test_what_carries_no_marking_is_withheld_where_the_agreement_says_so():
    assert codes(decided(agreement=replace(AGREEMENT, unmarked=None))) == ["unmarked"]


def test_red_flows_where_the_agreement_names_it():
    red = replace(NAVAL, restrictions=Restrictions(marked=True, tlp=4))
    assert (
        decided(red, agreement=replace(AGREEMENT, scope=replace(AGREEMENT.scope, marking_at_most=4))).kind == "release"
    )


SECRET = replace(WARNING, restrictions=Restrictions(marked=True, level=3, rel=frozenset({("UKR", "USA")})))
"""Classified, releasable to the recipient, and without TLP."""


def test_a_classified_object_without_tlp_is_not_let_through_by_a_bound_that_cannot_compare_it():
    assert decided(SECRET).kind == "release"
    for bound in ({"marking_at_most": 1}, {"marking_at_least": 0}):
        narrow = replace(AGREEMENT, scope=replace(AGREEMENT.scope, **bound))
        assert decided(SECRET, agreement=narrow).kind == "withhold"


def test_a_classified_object_without_tlp_is_held_although_an_exception_has_a_bound():
    for bound in (Selector(marking_at_most=1), Selector(marking_at_least=0)):
        agreement = replace(AGREEMENT, exceptions=(Exemption("bound", bound),))
        assert decided(SECRET, PAUSE, agreement=agreement).kind == "hold"
        assert decided(SECRET, replace(PAUSE, scope=bound), agreement=agreement).kind == "hold"


ASKED = [(case, ask) for case in CASES for ask in case["asks"]]


@pytest.mark.parametrize(("case", "ask"), ASKED, ids=[f"{case['case']:02}-{ask['to']}" for case, ask in ASKED])
def test_the_thirty_cases_of_markings_are_decided_as_the_record_says(case, ask):
    originator = case["originator"]
    unmarked = ask.get("unmarked", "amber")
    agreement = Agreement(
        id="any",
        giver=originator,
        to=frozenset({ask["to"]}),
        scope=Selector(
            originators=frozenset({originator}), marking_at_most=level_of(ask.get("marking_at_most", "amber"))
        ),
        unmarked=None if unmarked == "withhold" else level_of(unmarked),
        controls=frozenset(ask.get("controls", [])),
    )
    groups = {group for group, members in GROUPS.items() if ask["to"] in members} | set(ask.get("groups", []))
    decision = decided(
        Class(originator, "indicator", restrictions=class_of(case)),
        agreement=agreement,
        recipient=Recipient(ask["to"], frozenset(groups)),
    )
    assert decision.kind == ("release" if ask["release"] else "withhold")


WORLD = {
    "klass": CLASSES,
    "agreement": AGREEMENTS,
    "recipient": RECIPIENTS,
    "ceiling": RANKS,
    "pauses": st.lists(PAUSES, max_size=3, unique_by=lambda pause: pause.number).map(tuple),
    "ended": st.booleans(),
    "at": st.integers(0, 20),
    "member": st.sampled_from([True, True, True, False]),
}
WORLDS = st.fixed_dictionaries(WORLD)


def ask(world, **changes):
    asked = {**world, **changes}
    return decide(asked.pop("klass"), **asked)


def naive(*, klass, agreement, recipient, ceiling, pauses, ended, at, member):
    """The rules once more, in the plainest words: kind, covering, hidden."""
    unmarked = agreement.unmarked
    scope = agreement.scope
    if klass.type in agreement.support:
        scope = Selector(originators=scope.originators, marking_at_most=scope.marking_at_most)
    forbidden = bars(
        klass.restrictions,
        originator=klass.originator,
        recipient=recipient,
        admitted=agreement.controls,
        unmarked=unmarked,
        ceiling=ceiling,
    )
    granted = scope.holds(klass, unmarked=unmarked, in_doubt=False) and not (forbidden or klass.withdrawn) and member
    excepted = any(each.scope.holds(klass, unmarked=unmarked, in_doubt=False) for each in agreement.exceptions)
    covering = set()
    cut = False
    for pause in pauses:
        begun = pause.state == "running" or (pause.state == "scheduled" and at >= pause.since)
        meant = "usa-gbr" in pause.agreements and pause.recipient in (None, recipient.code)
        within = pause.scope is None or pause.scope.holds(klass, unmarked=unmarked, in_doubt=True)
        if begun and meant and within and not excepted:
            covering.add(pause.number)
            cut = cut or pause.mode == "cut"
    if not granted:
        return "withhold", set(), True
    if ended:
        return "withhold", set(), cut
    if covering:
        return "hold", covering, cut
    return "release", set(), False


@given(WORLDS)
def test_the_decision_is_what_the_plainest_statement_of_the_rules_says(world):
    decision = ask(world)
    assert (decision.kind, set(decision.covering), decision.hidden) == naive(**world)


@given(WORLDS)
def test_a_decision_always_has_reasons_and_is_replayable(world):
    decision = ask(world)
    assert decision.reasons
    assert all(reason.code and reason.text for reason in decision.reasons)
    assert (decision.kind == "hold") == bool(decision.covering)
    assert decision == ask(world)


@given(WORLDS, PAUSES.map(lambda pause: replace(pause, number="99")))
def test_adding_a_pause_never_releases(world, pause):
    before, after = ask(world), ask(world, pauses=(*world["pauses"], pause))
    assert before.kind in {"release", after.kind}
    assert after.hidden or not before.hidden
    assert before.covering <= after.covering


@given(WORLDS)
def test_what_is_barred_without_a_pause_is_barred_whatever_is_paused(world):
    plain, found = ask(world, pauses=[]), ask(world)
    if plain.kind == "withhold" and plain.hidden:
        assert (found.kind, found.covering, found.hidden) == (plain.kind, plain.covering, plain.hidden)


@given(WORLDS)
def test_pauses_that_differ_in_number_and_date_alone_decide_alike(world):
    running = [pause for pause in world["pauses"] if pause.is_running(world["at"])]
    others = [
        replace(each, number=str(900 - place), made_at=1, from_us=None, until_us=None, state="running")
        for place, each in enumerate(running)
    ]
    first, second = ask(world, pauses=running), ask(world, pauses=others)
    names = {each.number: other.number for each, other in zip(running, others, strict=True)}
    assert (first.kind, first.hidden) == (second.kind, second.hidden)
    assert {names[number] for number in first.covering} == second.covering


@given(WORLDS)
def test_the_order_of_pauses_changes_no_kind_and_no_covering(world):
    backwards = ask(world, pauses=world["pauses"][::-1])
    decision = ask(world)
    assert (decision.kind, decision.covering, decision.hidden) == (
        backwards.kind,
        backwards.covering,
        backwards.hidden,
    )


@given(WORLDS, SELECTORS)
def test_an_exception_never_widens_what_is_granted(world, scope):
    agreement: Agreement = world["agreement"]
    wider = replace(agreement, exceptions=(*agreement.exceptions, Exemption("another", scope)))
    before, after = ask(world), ask(world, agreement=wider)
    assert (before.kind == "withhold") == (after.kind == "withhold")


@given(WORLDS)
def test_an_exception_of_everything_leaves_nothing_held(world):
    agreement = replace(world["agreement"], exceptions=(Exemption("all", EVERYTHING),))
    assert ask(world, agreement=agreement).kind != "hold"


def without_lower_bounds(world):
    """A bound from below speaks of more marking, and a default gives way to what is said: both are left out here."""
    agreement = world["agreement"]
    selectors = [agreement.scope, *(each.scope for each in agreement.exceptions)]
    bounds = [pause.scope.marking_at_most for pause in world["pauses"] if pause.scope is not None]
    return all(each.marking_at_least is None for each in selectors) and all(bound is None for bound in bounds)


@given(WORLDS, RESTRICTIONS)
def test_adding_a_marking_never_releases(world, added):
    klass: Class = world["klass"]
    assume(without_lower_bounds(world))
    assume(klass.restrictions.tlp is not None or added.tlp is None)
    assume(klass.restrictions.marked or world["agreement"].unmarked is not None)
    marked = replace(klass, restrictions=combine(klass.restrictions, added))
    before, after = ask(world), ask(world, klass=marked)
    assert after.kind != "release" or before.kind == "release"


@given(WORLDS)
def test_an_end_never_releases(world):
    assert ask(world, ended=True).kind == "withhold"
