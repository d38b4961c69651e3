"""The items that a review keeps: each once, in order, page by page, and as far as they are there for who looks."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from tests.actors import ADMIN, actor
from tests.simulation.sharing import Sharing

from relto.domain.actor import Actor
from relto.domain.errors import ReltoError
from relto.faces.verbs import backlog
from relto.faces.verbs.caller import Caller
from relto.usecases.backlog import KeptItem, kept_items

TWO = "agreement: usa-ukr\nfrom: USA\nto: [GBR, UKR]\nscope: {topics: [naval, targeting]}\n"


def kept(
    sharing: Sharing, number: str, *topics: str, after: int = 0, limit: int = 9, by: Actor = ADMIN
) -> list[KeptItem]:
    return kept_items(sharing.node, sharing.world.desk, number, topics, by=by, after=after, limit=limit)


def reviewed(sharing: Sharing) -> str:
    pause = sharing.pause()
    sharing.give("one", sharing.item("two", "targeting"), "three")
    sharing.resume(pause, "review")
    return pause


def test_each_item_comes_once_however_many_it_is_kept_from() -> None:
    sharing = Sharing(TWO)
    number = reviewed(sharing)
    found = kept(sharing, number)
    assert [sorted(each.value.topics) for each in found] == [["naval"], ["targeting"], ["naval"]]
    assert [each.kept_from for each in found] == [[("usa-ukr", "GBR"), ("usa-ukr", "UKR")]] * 3
    assert [each.seq for each in found] == sorted({each.seq for each in found})
    assert all(each.raw and each.added_at for each in found)


def test_pages_go_on_behind_the_last_and_topics_narrow_them() -> None:
    sharing = Sharing(TWO)
    number = reviewed(sharing)
    first = kept(sharing, number, limit=2)
    rest = kept(sharing, number, after=first[-1].seq)
    assert [each.name for each in first + rest] == [each.name for each in kept(sharing, number)]
    assert len(kept(sharing, number, "targeting")) == 1
    with pytest.raises(ReltoError) as caught:
        kept(sharing, number, "nonsense")
    assert caught.value.code == "topic-unknown"


def test_what_was_released_or_is_of_another_pause_is_not_among_them() -> None:
    sharing = Sharing()
    number = reviewed(sharing)
    assert kept(sharing, "99") == []
    sharing.release_backlog()
    assert kept(sharing, number) == []


def test_a_recipient_and_an_officer_of_another_party_see_none() -> None:
    sharing = Sharing()
    number = reviewed(sharing)
    for by in (actor("kyiv", "reader", party="UKR"), actor("ondra", "officer", party="UKR", how="password")):
        assert kept(sharing, number, by=by) == []
    assert len(kept(sharing, number, by=actor("olga", "officer", how="password"))) == 2


def test_items_are_called_as_they_are_called_wherever_items_are_shown() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    item = sharing.item("sender")
    raw = b'{"type": "user-account", "user_id": "  jdoe\\n(staff) "}'
    sharing.give(msgspec.structs.replace(item, raw=raw, digest=hashlib.sha256(raw).digest()))
    sharing.resume(pause, "review")
    caller = Caller(cast("Any", SimpleNamespace(node=sharing.node, desk=sharing.world.desk)), ADMIN)
    (kept,) = backlog.items(caller, pause=pause)["items"]
    assert kept["title"] == "jdoe (staff)"


def test_what_a_pause_holds_is_listed_while_it_runs_and_no_longer() -> None:
    sharing = Sharing(TWO)
    sharing.give("before")
    pause = sharing.pause(topics=("naval",))
    sharing.give("one", sharing.item("two", "targeting"), "three")

    def held(by: Actor = ADMIN, **more: Any) -> list[KeptItem]:
        asked = {"limit": 9, **more}
        return kept_items(sharing.node, sharing.world.desk, pause, by=by, held=True, **asked)

    assert [each.value.topics for each in held()] == [frozenset({"naval"})] * 2
    assert [each.kept_from for each in held()] == [[("usa-ukr", "GBR"), ("usa-ukr", "UKR")]] * 2
    assert [each.seq for each in held(after=held()[0].seq)] == [held()[1].seq]
    assert held(actor("oleh", "officer", party="UKR")) == []
    assert kept(sharing, pause) == []
    sharing.resume(pause)
    assert held() == []
