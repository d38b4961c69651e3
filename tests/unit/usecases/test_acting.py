"""Acting: an account that is revoked while something of its is under way does nothing more, and the log is in order."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.actors import ADMIN, actor
from tests.replayed import codes_of
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.actor import Actor
from relto.domain.errors import Refused
from relto.faces.taxii import posting
from relto.faces.taxii.posting import Posting
from relto.faces.verbs.ingest import Ingestion
from relto.ports.intake import Piece
from relto.usecases import accounts, memberships, notifying, office, parties, publishing
from relto.usecases.pausing import LiftPause, MakePause
from relto.usecases.publishing import Publisher

APPROVED = f"{TERMS}approvals: {{resume: 1}}\n"


@pytest.fixture
def sharing() -> Sharing:
    made = Sharing(APPROVED)
    for name, roles in (("olga", ("officer", "contributor")), ("ann", ("approver",)), ("chief", ("admin",))):
        made.world.account(name, "USA", *roles)
    made.give("one")
    return made


def came_in(name: str, *roles: str) -> Actor:
    return actor(name, *roles, how="password")


def revoked(sharing: Sharing, name: str) -> None:
    accounts.revoke(sharing.node, sharing.world.desk, name, by=ADMIN)


def recorded(sharing: Sharing) -> int:
    with sharing.node.store.read() as snap:
        return snap.log().size


def refused(step: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        step()
    return caught.value.code


def asks(at: Any) -> tuple[str, Callable[[], Any]]:
    olga = came_in("olga", "officer", "contributor")
    return "olga", lambda: office.submit(*at, MakePause(["usa-ukr"], reason="x"), by=olga)


def approves(at: Any) -> tuple[str, Callable[[], Any]]:
    act = _waiting(at)
    return "ann", lambda: office.approve(*at, act, by=came_in("ann", "approver"))


def rejects(at: Any) -> tuple[str, Callable[[], Any]]:
    act = _waiting(at)
    return "ann", lambda: office.reject(*at, act, by=came_in("ann", "approver"), why="no")


def takes_back(at: Any) -> tuple[str, Callable[[], Any]]:
    act = _waiting(at)
    return "olga", lambda: office.withdraw(*at, act, by=came_in("olga", "officer", "contributor"))


def administers(at: Any) -> tuple[str, Callable[[], Any]]:
    chief = came_in("chief", "admin")
    return "chief", lambda: parties.add_party(*at, "FRA", name="France", kind="state", by=chief)


def opens(at: Any) -> tuple[str, Callable[[], Any]]:
    chief = came_in("chief", "admin")
    return "chief", lambda: accounts.add_account(
        *at, "eve", party="USA", roles=["admin"], by=chief, password="password of eve"
    )


def takes_note(at: Any) -> tuple[str, Callable[[], Any]]:
    office.submit(*at, MakePause(["usa-ukr"], reason="x"), by=ADMIN)
    kyiv = actor("kyiv", "reader", party="UKR", how="password")
    return "kyiv", lambda: notifying.acknowledge(at[0], 1, by=kyiv)


def _waiting(at: Any) -> str:
    olga = came_in("olga", "officer", "contributor")
    made = office.submit(*at, MakePause(["usa-ukr"], reason="x"), by=ADMIN)
    asked = office.submit(*at, LiftPause(made.done.value.number, "release"), by=olga)
    return str(asked.act.number)


@pytest.mark.parametrize("act", [asks, approves, rejects, takes_back, administers, opens, takes_note])
def test_who_was_revoked_since_the_log_in_does_nothing_more(sharing, act):
    name, step = act((sharing.node, sharing.world.desk))
    revoked(sharing, name)
    before = recorded(sharing)
    assert refused(step) == "account-revoked"
    assert recorded(sharing) == before
    assert codes_of(sharing.node.store) == set()


def test_the_operator_of_the_machine_acts_whatever_became_of_account_admin(sharing):
    revoked(sharing, "admin")
    sharing.pause()
    assert (
        refused(
            lambda: office.submit(
                sharing.node,
                sharing.world.desk,
                memberships.JoinGroup("A", "B"),
                by=came_in("admin", "admin", "officer"),
            )
        )
        == "account-revoked"
    )
    assert codes_of(sharing.node.store) == set()


@pytest.fixture
def sliced(monkeypatch) -> Callable[[Sharing, str], None]:
    """Has the account revoked as soon as the first slice, of one item, is in."""
    monkeypatch.setattr(publishing, "SLICE_ITEMS", 1)

    def slice_(sharing: Sharing, name: str) -> None:
        taken = Publisher._take_slice

        def take(self: Publisher, *words: Any, **named: Any) -> Any:
            found = taken(self, *words, **named)
            if found.added:
                revoked(sharing, name)
            return found

        monkeypatch.setattr(Publisher, "_take_slice", take)

    return slice_


def publisher(sharing: Sharing) -> Publisher:
    by = came_in("olga", "officer", "contributor")
    return Publisher(sharing.node, sharing.world.desk, originator="USA", by=by)


def test_an_upload_whose_account_is_revoked_half_way_says_of_each_object_what_became_of_it(sharing, sliced):
    sliced(sharing, "olga")
    upload = publisher(sharing)
    taken = upload.take([sharing.item(name) for name in ("two", "three", "four")])
    assert (taken.added, taken.known) == (1, 0)
    assert [each if isinstance(each, str) else each.code for each in taken.stored] == [
        "added", "account-revoked", "account-revoked",
    ]  # fmt: skip
    assert refused(lambda: upload.take([sharing.item("five")])) == "account-revoked"
    assert refused(lambda: upload.take_whole([sharing.item("five")])) == "account-revoked"
    assert sharing.read() == ["one", "two"]
    assert codes_of(sharing.node.store) == set()


class Judged:
    """What of a node an intake and a post ask for, with objects that are judged already, by what stands for them."""

    def __init__(self, sharing: Sharing, names: tuple[str, ...]) -> None:
        self.node, self.desk = sharing.node, sharing.world.desk
        self.by_raw = {item.raw: item for item in map(sharing.item, names)}
        self.pieces = [Piece(raw, f"envelope#{place}") for place, raw in enumerate(self.by_raw)]

    def intake(self) -> Any:
        return self

    def validator(self) -> Any:
        return self

    def validation(self, _workers: object) -> Any:
        return self

    def envelope(self, _body: bytes) -> list[Piece]:
        return self.pieces

    def objects(self, _source: object, *, progress: object) -> Any:
        return iter(self.pieces)

    def check(self, raw: bytes, **_: object) -> Any:
        return self.by_raw[raw]

    def validated(self, pieces: Any, **_: object) -> Any:
        return (self.by_raw[piece.raw] for piece in pieces)


@pytest.mark.parametrize("window", [1, 2, 9])
def test_a_post_whose_account_is_revoked_half_way_is_answered_with_what_is_in(sharing, sliced, monkeypatch, window):
    monkeypatch.setattr(posting, "WINDOW_ITEMS", window)
    sliced(sharing, "olga")
    with sharing.node.store.read() as snap:
        account = next(row for row in snap.accounts() if row.name == "olga")
    post = Posting(Judged(sharing, ("two", "three", "four")), object_bytes_max=100)
    status = json.loads(post.post(account, b"", "password").status)
    assert (status["success_count"], status["failure_count"]) == (1, 2)
    assert {each["message"] for each in status["failures"]} == {"account-revoked: account `olga` is revoked"}
    assert refused(lambda: post.post(account, b"", "password")) == "account-revoked"


@pytest.mark.parametrize("window", [1, 2, 9])
def test_an_upload_that_finds_the_database_busy_half_way_is_told_so_and_goes_on_when_it_is_sent_again(
    sharing, monkeypatch, window
):
    monkeypatch.setattr(publishing, "SLICE_ITEMS", 1)
    monkeypatch.setattr(posting, "WINDOW_ITEMS", window)
    slice_, slices = Publisher._take_slice, []

    def take(self: Publisher, *words: Any, **named: Any) -> Any:
        slices.append(None)
        if len(slices) == 2:
            raise Refused("database-locked", "somebody else writes")
        return slice_(self, *words, **named)

    monkeypatch.setattr(Publisher, "_take_slice", take)
    with sharing.node.store.read() as snap:
        account = snap.account("olga")
    post = Posting(Judged(sharing, ("two", "three", "four")), object_bytes_max=100)
    assert refused(lambda: post.post(account, b"", "password")) == "database-locked"
    status = json.loads(post.post(account, b"", "password").status)
    assert (status["success_count"], status["failure_count"]) == (3, 0)
    assert sharing.read() == ["one", "two", "three", "four"]


def test_an_intake_whose_account_is_revoked_half_way_ends_and_says_how_much_is_in(sharing, sliced, monkeypatch):
    monkeypatch.setattr("relto.faces.verbs.ingest.WINDOW_ITEMS", 2)
    sliced(sharing, "olga")
    work = Ingestion(Judged(sharing, ("two", "three", "four")), publisher(sharing), strict=False)
    with pytest.raises(Refused) as caught:
        work.read([io.BytesIO()], lambda *_: None)
    assert caught.value.code == "account-revoked"
    assert caught.value.data == {"added": 1, "known": 0, "rejected": 1}
    assert [each["code"] for each in work.listed] == ["account-revoked"]
