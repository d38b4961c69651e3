"""Who acts in tests, and acts asked for in one line: what a face would do for a person."""

from dataclasses import dataclass

from relto.domain.actor import Actor, operator
from relto.usecases import dispatching, office
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import DiscardBacklog, ReleaseBacklog
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.pausing import LiftPause

BY_HAND = {"withhold": WithholdItem, "release": ReleaseItem, "recall": RecallItem}

ADMIN = operator("USA")


def actor(name, *roles, party="USA", how="local"):
    return Actor(name, party, frozenset(roles), how)


@dataclass(frozen=True)
class Paused:
    pause: object
    effective_at: int
    state: str


@dataclass(frozen=True)
class Resumed:
    pause: str
    effective_at: int
    visible_at: int
    released: int
    still_held: int
    backlog: str


def pause(node, desk, order, *, by=ADMIN):
    done = office.submit(node, desk, order, by=by)
    return Paused(done.done.value, done.effective_at, done.state)


def resume(node, desk, numbers, *, backlog="release", by=ADMIN, note=""):
    done = office.submit_all(node, desk, [LiftPause(number, backlog, note) for number in numbers], by=by)
    return [Resumed(effective_at=each.effective_at, visible_at=each.visible_at, **each.act.outcome) for each in done]


def apply(node, desk, texts, *, by=ADMIN):
    return [each.done.value for each in office.submit_all(node, desk, [ApplyAgreement(text) for text in texts], by=by)]


def end(node, desk, agreement, *, by=ADMIN, close=False):
    return office.submit(node, desk, EndAgreement(agreement, close), by=by).done.value


def release_backlog(node, desk, *, by=ADMIN, number=None, topics=(), items=()):
    done = office.submit(node, desk, ReleaseBacklog(number, tuple(topics), tuple(items)), by=by)
    return done.act.outcome["items"], done.visible_at


def discard_backlog(node, desk, *, by=ADMIN, number=None, topics=(), items=()):
    done = office.submit(node, desk, DiscardBacklog(number, tuple(topics), tuple(items)), by=by)
    return done.act.outcome["items"], done.visible_at


def by_hand(node, desk, verb, items, *, agreement=None, by=ADMIN):
    return office.submit(node, desk, BY_HAND[verb](tuple(items), agreement, "a reason"), by=by)


def dispatch_due(node, couriers, *, limit=8):
    """Carries what is due, one after the other and at most `limit`; how many were tried."""
    for done in range(limit):
        claims = dispatching.claim(node, limit=1)
        if not claims:
            return done
        dispatching.record(node, claims[0], dispatching.carry(node, couriers, claims[0]))
    return limit
