"""For any item and any party: why it flows, is held or is withheld."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import RED, TERMS, Sharing

from relto.domain.errors import Unknown
from relto.domain.item import Header
from relto.usecases import standing
from relto.usecases.publishing import withdraw


def why(sharing: Sharing, item: Header) -> tuple[str, list[str]]:
    """The decision on an item, and the codes of its reasons."""
    (answer,) = standing.explain(sharing.node, sharing.world.desk, item.id, "UKR", by=ADMIN)
    assert all(reason.text for reason in answer.reasons)
    return answer.decision, [reason.code for reason in answer.reasons]


def test_what_flows_names_the_scope_and_what_an_exception_lets_through_names_the_exception():
    sharing = Sharing(TERMS + "exceptions: [{name: warn, scope: {topics: [life]}}]\n")
    plain, warning = sharing.item("plain"), sharing.item("warning", "naval", "life")
    sharing.give(plain)
    assert why(sharing, plain) == ("release", ["in-scope"])
    sharing.pause()
    sharing.give(warning)
    assert why(sharing, warning) == ("release", ["exception", "in-scope"])


def test_what_is_held_names_every_pause_that_holds_it_and_only_those():
    sharing = Sharing()
    item = sharing.item("item")
    sharing.pause()
    sharing.pause()
    sharing.give(item)
    sharing.pause(topics=["targeting"])
    assert why(sharing, item) == ("hold", ["paused", "paused"])


def test_what_was_released_before_a_freeze_says_so_and_is_released():
    sharing = Sharing()
    item = sharing.item("item")
    sharing.give(item)
    sharing.pause()
    assert why(sharing, item) == ("release", ["released-before", "paused"])


def test_what_a_cut_hides_is_held_and_what_an_amendment_hides_is_withheld():
    sharing = Sharing()
    item = sharing.item("item")
    sharing.give(item)
    sharing.pause(mode="cut")
    assert why(sharing, item) == ("hold", ["paused", "hidden"])
    sharing.amend(scope="[imagery]")
    assert why(sharing, item) == ("withhold", ["out-of-scope", "hidden"])


def test_what_was_discarded_is_withheld_and_what_is_under_review_is_held():
    sharing = Sharing()
    dropped, reviewed = sharing.item("dropped"), sharing.item("reviewed")
    for backlog, item in (("discard", dropped), ("review", reviewed)):
        number = sharing.pause()
        sharing.give(item)
        sharing.resume(number, backlog)
    assert why(sharing, dropped) == ("withhold", ["backlog-discarded"])
    assert why(sharing, reviewed) == ("hold", ["backlog-review"])


def test_what_a_marking_or_its_originator_forbids_is_withheld():
    sharing = Sharing()
    red, gone = sharing.item("red", markings=(RED,)), sharing.item("gone")
    sharing.give(red, gone)
    withdraw(sharing.node, sharing.world.desk, originator="USA", by=ADMIN, stix_id=gone.id, versions=None)
    assert why(sharing, red)[0] == "withhold"
    assert "marking-above-scope" in why(sharing, red)[1]
    assert why(sharing, gone)[0] == "withhold"
    assert why(sharing, gone)[1][0] == "item-withdrawn"


def test_what_came_while_it_was_not_granted_says_so_where_there_is_no_history():
    sharing = Sharing(TERMS + "history: none\n")
    item = sharing.item("item", "imagery")
    sharing.give(item)
    assert why(sharing, item) == ("withhold", ["out-of-scope"])
    sharing.amend("history: none\n", scope="[naval, imagery]")
    assert why(sharing, item) == ("withhold", ["before-agreement"])


def test_what_an_ended_agreement_released_stays_released():
    sharing = Sharing()
    before, after = sharing.item("before"), sharing.item("after")
    sharing.give(before)
    sharing.end()
    sharing.give(after)
    assert why(sharing, before) == ("release", ["released-before", "agreement-ended"])
    assert why(sharing, after) == ("withhold", ["agreement-ended"])


def test_an_item_that_is_not_here_and_a_party_that_is_not_here_are_named():
    sharing = Sharing()
    item = sharing.item("item")
    with pytest.raises(Unknown, match="no item"):
        why(sharing, item)
    sharing.give(item)
    with pytest.raises(Unknown, match="no party"):
        standing.explain(sharing.node, sharing.world.desk, item.id, "ATLANTIS", by=ADMIN)
