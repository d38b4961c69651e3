"""Who is named in an order to pause must be there, and what a review keeps is counted exactly."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.errors import Refused, Unknown
from relto.usecases import accounts, backlog, parties, preview, standing
from relto.usecases.pausing import MakePause

BOTH = "agreement: both\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval, targeting]}\n"
ONE = "agreement: one\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, targeting]}\n"


@pytest.fixture
def world() -> World:
    made = World(FakeStore())
    made.apply(BOTH)
    made.apply(ONE)
    return made


def pause(world: World, **order: object) -> str:
    made = actors.pause(world.node, world.desk, MakePause(reason="talks", **order), by=ADMIN)  # type: ignore[arg-type]  # the fields of an order
    return made.pause.number


@pytest.mark.parametrize("scope", [{"originators": ("NOPE",)}, {"scope": {"originators": ["NOPE"]}}])
def test_an_originator_that_is_no_party_is_no_scope_of_a_pause(world: World, scope: dict[str, object]) -> None:
    with pytest.raises(Unknown) as caught:
        pause(world, agreements=("both",), **scope)
    assert caught.value.code == "party-unknown"


def test_a_recipient_must_receive_under_each_agreement_that_is_named(world: World) -> None:
    with pytest.raises(Unknown) as caught:
        pause(world, agreements=("both", "one"), recipient="GBR")
    assert caught.value.code == "recipient-unknown"


def test_all_means_all_agreements_under_which_the_recipient_receives(world: World) -> None:
    made = actors.pause(world.node, world.desk, MakePause(everything=True, recipient="GBR", reason="talks"), by=ADMIN)
    assert made.pause.agreements == {"both"}


def test_what_a_review_keeps_from_two_recipients_is_one_item(world: World) -> None:
    number = pause(world, agreements=("both",))
    world.take([world.header("a", ("naval", "targeting")), world.header("b", ("naval",))])
    actors.resume(world.node, world.desk, [number], backlog="review", by=ADMIN)
    total, by_topic, entries = backlog.list_backlog(world.node, world.desk)
    assert (total, by_topic) == (2, {"naval": 2, "targeting": 1})
    assert [(each.to, each.items) for each in entries] == [("GBR", 2), ("UKR", 2)]
    total, _, entries = backlog.list_backlog(world.node, world.desk, topics=("naval", "targeting"))
    assert (total, [each.items for each in entries]) == (2, [2, 2])
    total, _, entries = backlog.list_backlog(world.node, world.desk, topics=("targeting",))
    assert (total, [each.items for each in entries]) == (1, [1, 1])
    with pytest.raises(Unknown):
        backlog.list_backlog(world.node, world.desk, topics=("nonsense",))


OVERLAPPING = (("naval",), ("targeting",), ())
KINDS = (("naval", "targeting"), ("naval",), ("targeting",))
CHOSEN = [chosen for size in (1, 2, 3) for chosen in permutations(range(3), size)]


def covers(place: int, kind: Sequence[str]) -> bool:
    return not OVERLAPPING[place] or bool(set(OVERLAPPING[place]).intersection(kind))


@pytest.mark.parametrize("chosen", CHOSEN)
def test_what_pauses_would_release_together_is_what_they_release(world: World, chosen: Sequence[int]) -> None:
    numbers = []
    for place, topics in enumerate(OVERLAPPING):
        numbers.append(pause(world, agreements=("one",), topics=topics))
        world.take([world.header(f"{place} {'-'.join(kind)}", kind) for kind in KINDS])
    held = {(round_, kind) for one in chosen for round_ in range(one, 3) for kind in KINDS if covers(one, kind)}
    # What another pause covers, that one takes over, whenever it came.
    given = {each for each in held if not any(covers(one, each[1]) for one in range(3) if one not in chosen)}
    asked = [numbers[each] for each in chosen]
    would = preview.preview_resume(world.node, world.desk, asked)
    assert (would.items, would.left) == (len(given), len(held - given))
    dropped = preview.preview_resume(world.node, world.desk, asked, backlog="discard")
    reviewed = preview.preview_resume(world.node, world.desk, asked, backlog="review")
    assert dropped.items == reviewed.items == len(held)
    done = actors.resume(world.node, world.desk, asked, by=ADMIN)
    assert sum(each.released for each in done) == len(given)


def test_a_group_is_asked_about_by_its_name(world: World) -> None:
    parties.add_party(world.node, world.desk, "FVEY", name="Five", kind="alliance", by=ADMIN, members=("GBR", "USA"))
    world.apply("agreement: five\nfrom: USA\nto: [FVEY]\nscope: all\n")
    found = standing.status(world.node, world.desk, "FVEY", by=ADMIN)
    assert [(each.agreement, each.to) for each in found] == [("five", "GBR")]


def test_a_revoked_account_gets_no_new_secret(world: World) -> None:
    world.account("kyiv", "UKR")
    accounts.revoke(world.node, world.desk, "kyiv", by=ADMIN)
    accounts.revoke(world.node, world.desk, "kyiv", by=ADMIN)
    for act in (accounts.rotate, lambda *given, by: accounts.set_password(*given, by=by, password=None)):
        with pytest.raises(Refused) as caught:
            act(world.node, world.desk, "kyiv", by=ADMIN)
        assert caught.value.code == "account-revoked"
