"""Watching: what readers' clients ask and get is kept in memory, and written once a second.

A quiet poll costs a look into a dictionary and a comparison. What it says is worked out by a thread of its own, beside
the stored facts and in the block that writes them, so that several server processes know one thing together. Nothing
that goes wrong here harms an answer: what cannot be written now is written later, and what is too much is left out.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from relto.domain.errors import ReltoError
from relto.domain.facts import Facts, Poll
from relto.ports.store import Head, PollRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.ports.node import Node
    from relto.ports.store import AccountRow
    from relto.usecases.policy import PolicyDesk

LOG = logging.getLogger("relto.watching")

WRITE_SECONDS = 1.0
"""What is known is written at most this often."""

CLOSE_SECONDS = 3.0
"""How long closing waits until the last of it is written."""

READERS_MAX = 10_000
"""So many readers (times collections) wait to be written; what others ask meanwhile is not kept."""

NAMES_MAX = 64
"""Of so many collections that one account names something waits, so that none fills the place of all."""

POLLS_MAX = 32
"""So many polls of each wait, each other than the one before; beyond, the oldest are left out."""

AT_ONCE_MAX = 1_000
"""So many readers are written in one block, so that nobody who writes waits long for it."""

_Key = tuple[str, str, str]
"""(account, party, collection as it was named)"""


class _Noted(msgspec.Struct, gc=False):
    at: int
    poll: Poll


_Waiting = dict[_Key, list[_Noted]]


class Watch:
    """Keeps and writes facts about readers. Safe to use from several threads; one for each server process."""

    def __init__(self, node: Node, desk: PolicyDesk, *, tell: Callable[[str, int], None] | None = None) -> None:
        """`tell` is called with each account of which something was written, and how far its clock runs ahead of ours
        in microseconds (0: it does not, or nobody knows).
        """
        self._node = node
        self._desk = desk
        self._tell = tell
        self._lock = threading.Lock()
        self._waiting: _Waiting = {}
        self._names = Counter[str]()
        self._head = Head()
        self._news = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relto-watch", daemon=True)

    # What is noticed.

    def note(self, account: AccountRow, collection: str, at: int, poll: Poll) -> None:
        """Keeps what was asked of a collection (by id or alias) at the moment `at` of the node's clock, and answered.

        Neither waits nor fails.
        """
        key = (account.name, account.party, collection)
        with self._lock:
            polls = self._waiting.get(key)
            if polls is None:
                if len(self._waiting) < READERS_MAX and self._names[account.name] < NAMES_MAX:
                    self._names[account.name] += 1
                    self._waiting[key] = [_Noted(at, poll)]
            elif polls[-1].poll == poll and not poll.broke:
                # The same again says nothing but when.
                polls[-1].at = at
            else:
                polls.append(_Noted(at, poll))
                if len(polls) > POLLS_MAX:
                    del polls[0]
        if not self._news.is_set():
            self._news.set()

    def note_again(self, account: AccountRow, collection: str, at: int, endpoint: str, asked: bytes) -> bool:
        """Keeps when a quiet poll was asked again, in the same words as the one before that waits; False: it was not.

        The quickest way for the most frequent case. Without the lock: where the one before is being written at this
        very moment, nobody learns that it came again within a second.
        """
        polls = self._waiting.get((account.name, account.party, collection))
        if polls is None:
            return False
        last = polls[-1]
        poll = last.poll
        if poll.asked != asked or poll.endpoint != endpoint or poll.items or poll.status != 200 or poll.broke:
            return False
        last.at = at
        return True

    def now(self) -> int:
        """The node's clock, for what is noticed where nobody had looked at it; without a question to the database."""
        return self._node.now(self._head)

    # What is written.

    def begin(self) -> None:
        """Writes from now on, in a thread of its own, until closed. Raises `Unreachable`."""
        self._head = self._node.store.head()
        self._thread.start()

    def close(self) -> None:
        """Writes what waits, and ends the thread; returns after a few seconds in any case."""
        self._ended.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)
        else:
            self._finish()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._news.wait()
            self.write()
            self._ended.wait(WRITE_SECONDS)
        self._finish()

    def _finish(self) -> None:
        while self.write():
            pass

    def write(self) -> bool:
        """Writes what waits; whether that went well and something waits still.

        Never raises: what the database does not take now waits for the next time.
        """
        # First, so that whoever notes something from here on is heard again.
        self._news.clear()
        with self._lock:
            taken, self._waiting = self._waiting, {}
            self._names.clear()
        keys = list(taken)
        now, left = {key: taken[key] for key in keys[:AT_ONCE_MAX]}, {key: taken[key] for key in keys[AT_ONCE_MAX:]}
        failed = False
        try:
            self._write(now)
        except ReltoError as error:
            LOG.warning("what readers asked cannot be written now: %s: %s", error.code, error.message)
            failed, left = True, taken
        except Exception:
            # Nobody knows what it was, and it might come again for ever: these are given up.
            LOG.exception("what readers asked cannot be written")
        if left:
            self._put_back(left)
        return bool(left) and not failed

    def _put_back(self, left: _Waiting) -> None:
        """What was not written waits again, before what came since."""
        with self._lock:
            for key, newer in self._waiting.items():
                if key in left or len(left) < READERS_MAX:
                    left[key] = [*left.get(key, ()), *newer][-POLLS_MAX:]
            self._waiting = left
            self._names = Counter(name for name, _, _ in left)
        self._news.set()

    def _write(self, waiting: _Waiting) -> None:
        polls = self._by_flow(waiting)
        if not polls:
            return
        fresh: dict[tuple[int, str], Facts] = {}
        with self._node.store.write() as tx:
            known = {(row.flow, row.reader): row.facts for row in tx.polls(readers={reader for _, reader in polls})}
            for key, listed in polls.items():
                facts = known.get(key, Facts())
                for each in listed:
                    facts = facts.after(each.at, each.poll)
                fresh[key] = facts
            tx.put_polls([PollRow(*key, facts) for key, facts in fresh.items()])
        if self._tell is not None:
            ahead: dict[str, int] = {}
            # Under its other agreements too: a reader has one clock.
            for (_, reader), facts in {**known, **fresh}.items():
                ahead[reader] = max(ahead.get(reader, 0), facts.clock or 0)
            for reader, microseconds in ahead.items():
                self._tell(reader, microseconds)

    def _by_flow(self, waiting: _Waiting) -> dict[tuple[int, str], list[_Noted]]:
        """By flow and reader: a party's own collection has no flow, and neither has what is no collection of its."""
        if not waiting:
            return {}
        self._head = head = self._node.store.head()
        policy = self._desk.seen(head.policy_version)
        if policy is None:
            with self._node.store.read() as snap:
                policy = self._desk.current(snap, snap.head().policy_version)
        found: dict[tuple[int, str], list[_Noted]] = {}
        for (reader, party, name), polls in waiting.items():
            flow = next((row for row in policy.flows_to(party) if name in {row.collection, row.agreement}), None)
            if flow is not None:
                # Whether it was named by its id or by its alias, it is one collection.
                found.setdefault((flow.id, reader), []).extend(polls)
        return {key: sorted(polls, key=lambda each: each.at) for key, polls in found.items()}
