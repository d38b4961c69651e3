"""Dispatching: what waits is claimed, carried out of the house, and what came of it is recorded.

1. `claim`, in a write block: what is due gets one try more, and a time until which nobody else begins it.
2. `carry`, outside of any block: a courier has it, for as long as its time limit says.
3. `record`, in a write block: delivered, to be tried again, or failed for good; and how the place has fared.

A crash after the first step leaves a claim that lapses, and whoever looks then tries again; after the second, the same:
the notice arrives twice, under one id. A place that is disabled on the way is told of in its party's inbox.

`Sender` does this in a server process. It has a few errands under way at once, one for each place and no more than two
for a party, so that an endpoint that hangs keeps others from nothing but the place that it takes.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from relto.domain.dispatch import TRIES_MAX, Dispatch, Health, Outcome
from relto.domain.errors import ReltoError
from relto.domain.mailbox import Mailbox, subject_of, text_of
from relto.domain.notice import Draft, Notice
from relto.domain.webhook import Webhook, message_id, payload, signed
from relto.ports.courier import Letter, Post
from relto.usecases import idempotency
from relto.usecases.clock import recorded_now
from relto.usecases.notifying import may_get, notify

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from relto.ports.courier import Couriers
    from relto.ports.node import Node
    from relto.ports.store import Snapshot, Transaction

LOG: Final = logging.getLogger("relto.dispatching")

LOOKED_AT: Final = 64
"""So many dispatches that are due are looked at, at once."""

PASSES_MAX: Final = 16
"""So often it is looked again at once, where all that was looked at could only be settled or postponed."""

ERRANDS_MAX: Final = 8
"""So many errands of one process are under way at once."""

ERRANDS_OF_PARTY: Final = 2
"""Of these, so many are for one party."""

LOOK_SECONDS: Final = 1.0
"""How often what is due is looked for, while nothing is."""

CLOSE_SECONDS: Final = 3.0
"""How long closing waits for errands that are under way; what they have not recorded then is tried again."""

TIDY_LOOKS: Final = 3_600
"""After so many looks, and at the first, what was settled long ago is forgotten, and keys that are kept no longer."""

KEPT_US: Final = 30 * 86_400_000_000
"""How long what was settled is kept."""

TIDIED_AT_ONCE: Final = 1_000

Target = Webhook | Mailbox


@dataclass(frozen=True, slots=True)
class Claim:
    """One try, claimed: the dispatch, its notice, where it goes; `thread`: the id of the notice that it regards."""

    dispatch: Dispatch
    notice: Notice
    target: Target
    thread: str
    at: int


def claim(
    node: Node, *, limit: int, but_targets: Collection[str] = (), but_parties: Collection[str] = ()
) -> list[Claim]:
    """Claims what is due, at most `limit`: one for each place, and none for these places and parties.

    When it returns, the claims are durable. What cannot be carried any more is settled.
    """
    for _ in range(PASSES_MAX):
        with node.store.read() as snap:
            # Mostly nothing is due, and whoever only looks keeps nobody from writing.
            now = node.now(snap.head())
            due = snap.dispatches_due(now, limit=1, but_targets=but_targets, but_parties=but_parties)
        if not due:
            return []
        with node.store.write() as tx:
            at = node.now(tx.head())
            rows = tx.dispatches_due(at, limit=LOOKED_AT, but_targets=but_targets, but_parties=but_parties)
            claims = _claimed(tx, rows, limit, at)
        if claims:
            return claims
    return []


def _claimed(tx: Transaction, rows: Iterable[Dispatch], limit: int, at: int) -> list[Claim]:
    claims: list[Claim] = []
    changed: list[Dispatch] = []
    taken: set[str] = set()
    for row in rows:
        if row.target in taken:
            continue
        notice, target = tx.notice(row.party, row.notice), _target(tx, row)
        why = _in_vain(tx, row, notice, target)
        if why or notice is None or target is None:
            changed.append(row.given_up(why or "it is gone", at=at))
        elif target.health.quiet_until > at:
            changed.append(replace(row, next_at=target.health.quiet_until))
        elif len(claims) < limit:
            taken.add(row.target)
            claims.append(Claim(row.claimed(at), notice, target, _thread(tx, notice), at))
    tx.put_dispatches([*changed, *(each.dispatch for each in claims)])
    return claims


def carry(node: Node, couriers: Couriers, claimed: Claim) -> Outcome:
    """Has it carried, outside of any block; what came of it."""
    notice, target = claimed.notice, claimed.target
    try:
        if isinstance(target, Webhook):
            body = payload(notice)
            # The moment of the try, by the machine's clock: the receiver holds it against its own.
            headers = signed(target.alive(claimed.at), id=message_id(notice), at=node.clock.now(), body=body)
            return couriers.webhook.carry(Post(target.url, headers, body))
        if couriers.mail is None:
            return Outcome("unreachable", answer="no mail server is set (`mail.host`)")
        letter = Letter(
            target.address, subject_of(notice), text_of(notice), notice.id, claimed.thread, node.clock.now()
        )
        return couriers.mail.carry(letter)
    except Exception:
        # Nobody knows what it was, and it must not take the errands of others with it.
        LOG.exception("a notice cannot be carried")
        return Outcome("refused", answer="something went wrong here that should not")


def record(node: Node, claimed: Claim, outcome: Outcome) -> Dispatch | None:
    """Records what came of a claim. How the dispatch stands now; None where it is gone, or another's claim by now."""
    lot = int(node.chance.uuid4()[:8], 16) / 2**32
    with node.store.write() as tx:
        at = recorded_now(node, tx)
        key = claimed.dispatch
        row, target = tx.dispatch(key.party, key.notice, key.target), _target(tx, key)
        if row is None or target is None or row.state != "waiting":
            return None
        if row.tries != key.tries and outcome.result != "delivered":
            # The claim had lapsed, and another try is under way: that one will tell.
            return None
        row = row.after(outcome, at=at, lot=lot)
        health = target.health.after(outcome, at=at, lot=lot)
        tx.put_dispatches([row])
        if outcome.result in {"unreachable", "throttled"}:
            tx.postpone_dispatches(target.id, until=health.quiet_until)
        why = ""
        if outcome.result == "gone":
            why = f"it answered {outcome.status}: it wants nothing any more"
        elif health.is_given_up(at):
            why = f"it failed {health.failures} times in a row: {outcome.answer or outcome.status}"
        _put_target(tx, target, health=health, why=why if target.is_active else "")
        if why and target.is_active:
            notify(node, tx, [disabled(target.recorded(), why)], at=at)
    return row


def tidy(node: Node) -> int:
    """Forgets dispatches that were settled long ago, a thousand at most; how many."""
    with node.store.write() as tx:
        return tx.drop_dispatches(before=node.now(tx.head()) - KEPT_US, limit=TIDIED_AT_ONCE)


def _target(snap: Snapshot, row: Dispatch) -> Target | None:
    return snap.webhook(row.target) if row.way == "webhook" else snap.mailbox(row.target)


def _put_target(tx: Transaction, target: Target, *, health: Health, why: str) -> None:
    changed = target.fared(health)
    if why:
        changed = changed.disabled(why)
    if isinstance(changed, Webhook):
        tx.put_webhook(changed)
    else:
        tx.put_mailbox(changed)


def _in_vain(snap: Snapshot, row: Dispatch, notice: Notice | None, target: Target | None) -> str:
    """Why this is not tried any more; empty where it is."""
    if target is None or notice is None:
        return "it is gone"
    if not target.is_active:
        return f"it is disabled: {target.why}"
    if isinstance(target, Mailbox) and target.account is not None:
        account = snap.account(target.account)
        if not may_get(account, notice):
            return "its account is revoked"
    # Whoever claimed it last never came back: a notice that ends the process that carries it must not do so for ever.
    return f"it was tried {row.tries} times" if row.tries >= TRIES_MAX else ""


def _thread(snap: Snapshot, notice: Notice) -> str:
    first = None if notice.regards is None else snap.notice(notice.party, notice.regards)
    return "" if first is None else first.id


def disabled(recorded: Mapping[str, Any], why: str) -> Draft:
    """What its party is told of a place that is disabled, by what the record says of it: not the whole URL."""
    kind = "webhook" if "webhook" in recorded else "mailbox"
    where = f"at {recorded['host']}" if kind == "webhook" else recorded["address"]
    text = f"the {kind} {where} is disabled: {why}"
    return Draft(recorded["party"], "undelivered", recorded[kind], text, {kind: recorded[kind], "why": why})


class Sender:
    """Sends what is due, in threads of its own, until closed. One for each server process; any number share the work.

    Nothing that goes wrong ends it.
    """

    def __init__(self, node: Node, couriers: Couriers) -> None:
        """Nothing is sent before `begin`."""
        self._node = node
        self._couriers = couriers
        self._lock = threading.Lock()
        self._targets: dict[str, threading.Thread] = {}
        self._parties = Counter[str]()
        self._looks = 0
        self._news = threading.Event()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relto-sender", daemon=True)

    def begin(self) -> None:
        """Sends from now on, until closed."""
        self._thread.start()

    def close(self) -> None:
        """Begins nothing more, and waits a moment for what is under way; returns after a few seconds in any case.

        What is not recorded then counts as not tried to its end: its claim lapses, and it is tried again.
        """
        self._ended.set()
        self._news.set()
        threads = [self._thread] if self._thread.ident is not None else []
        with self._lock:
            threads += self._targets.values()
        for thread in threads:
            thread.join(CLOSE_SECONDS / len(threads))
        self._closed.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._news.clear()
            if not self._looked():
                self._news.wait(LOOK_SECONDS)

    def _looked(self) -> bool:
        """Looks for what is due, and begins it; whether there was any. Never raises."""
        try:
            if self._looks % TIDY_LOOKS == 0:
                tidy(self._node)
                idempotency.tidy(self._node)
            self._looks += 1
            with self._lock:
                free = ERRANDS_MAX - len(self._targets)
                busy = list(self._targets)
                crowded = [party for party, count in self._parties.items() if count >= ERRANDS_OF_PARTY]
            if free <= 0:
                return False
            # One at a time, so that what a party may have under way is known when the next is chosen.
            claims = claim(self._node, limit=1, but_targets=busy, but_parties=crowded)
        except ReltoError as error:
            LOG.warning("what is to be sent cannot be looked for: %s: %s", error.code, error.message)
            return False
        except Exception:
            LOG.exception("what is to be sent cannot be looked for")
            return False
        for each in claims:
            self._begin(each)
        return bool(claims)

    def _begin(self, claimed: Claim) -> None:
        # A daemon: a process that ends waits for no stranger.
        thread = threading.Thread(target=self._errand, args=(claimed,), name="relto-errand", daemon=True)
        with self._lock:
            self._targets[claimed.dispatch.target] = thread
            self._parties[claimed.dispatch.party] += 1
        thread.start()

    def _errand(self, claimed: Claim) -> None:
        try:
            outcome = carry(self._node, self._couriers, claimed)
            # Afterwards the store may be closed as well.
            if not self._closed.is_set():
                record(self._node, claimed, outcome)
        except ReltoError as error:
            LOG.warning("what came of a notice cannot be recorded: %s: %s", error.code, error.message)
        except Exception:
            LOG.exception("what came of a notice cannot be recorded")
        finally:
            with self._lock:
                self._targets.pop(claimed.dispatch.target, None)
                self._parties[claimed.dispatch.party] -= 1
                self._parties = +self._parties
            self._news.set()
