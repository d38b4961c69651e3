"""Sessions: a person who signed in goes on by a cookie, which the database knows by its digest alone.

A session ends by signing out, when nobody uses it, after its longest time, and with whatever it was begun by: when the
account is revoked, when its password is another, or when the credential is revoked. It is looked up at each request.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.errors import ReltoError
from relto.ports.store import SessionRow
from relto.usecases.accounts.rows import require_admin, row_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import Transaction
    from relto.usecases.accounts.entry import Entry
    from relto.usecases.accounts.gatekeeper import Gatekeeper
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

SEEN_US: Final = 60_000_000
"""How coarsely a session remembers when it was last used: a write each time would make reading dear."""

SESSIONS_MAX: Final = 50
"""Sessions that an account may have; who begins one more ends the oldest."""

COOKIE_MAX: Final = 256
"""Characters of a cookie that are looked at; ours are shorter."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun: the cookie, shown this once, and the entry that it stands for."""

    cookie: str
    entry: Entry
    expires_at: int


class Sessions:
    """Begins, finds and ends sessions. Safe to use from several threads."""

    def __init__(self, node: Node, gatekeeper: Gatekeeper, *, key: bytes, idle_us: int, longest_us: int) -> None:
        """`key` is the same in all processes of the node. A session that nobody uses for `idle_us` is over."""
        self._node = node
        self._gatekeeper = gatekeeper
        self._key = hmac.digest(key, b"relto csrf", "sha256")
        self._idle_us = idle_us
        self._longest_us = longest_us

    def begin(self, entry: Entry, *, instead: str = "") -> Begun | None:
        """A session of whoever has just signed in, under a new cookie; the one of the cookie `instead` ends.

        None where what they signed in by is good for nothing any more.
        """
        cookie = self._node.chance.token()
        with self._node.store.write() as tx:
            now = self._node.now(tx.head())
            if not self._stands(tx, entry, now):
                return None
            over = [row.digest for row in tx.sessions() if self._is_over(row, now)]
            if instead:
                over.append(cookie_digest(instead))
            mine = [row.digest for row in tx.sessions(account=entry.account.name) if row.digest not in over]
            tx.drop_sessions(dict.fromkeys([*over, *mine[: max(0, len(mine) + 1 - SESSIONS_MAX)]]))
            ends = now + self._longest_us
            if entry.expires_at is not None:
                ends = min(ends, entry.expires_at)
            digest = cookie_digest(cookie)
            tx.put_session(SessionRow(digest, entry.account.name, entry.how, entry.credential, now, now, ends))
        return Begun(cookie, replace(entry, session=digest, expires_at=ends), ends)

    def entry(self, cookie: str, *, using: bool = True) -> Entry | None:
        """Who goes on by this cookie, or None. Not `using`: the session is looked at, and ends as if nobody had."""
        if not 0 < len(cookie) <= COOKIE_MAX:
            return None
        digest = cookie_digest(cookie)
        with self._node.store.read() as snap:
            head, row = snap.head(), snap.session(digest)
        now = self._node.now(head)
        if row is None or self._is_over(row, now):
            return None
        entry = self._gatekeeper.going_on(row, head)
        if entry is None:
            return None
        if using and now - row.seen_at >= SEEN_US:
            # It stands whether or not that can be written; another process may have ended it meanwhile.
            with contextlib.suppress(ReltoError), self._node.store.write() as tx:
                if tx.session(digest) is not None:
                    tx.put_session(replace(row, seen_at=now))
        return replace(entry, session=digest, expires_at=row.expires_at)

    def end(self, entry: Entry) -> None:
        """Signs out: this session alone."""
        with self._node.store.write() as tx:
            tx.drop_sessions([entry.session])

    def csrf_token(self, entry: Entry) -> str:
        """What must stand in each request by this session that changes something; bound to it, and good as long."""
        return base64.urlsafe_b64encode(hmac.digest(self._key, entry.session, "sha256")).rstrip(b"=").decode()

    def is_csrf_token(self, entry: Entry, text: str) -> bool:
        """Whether it is the one of this session."""
        return hmac.compare_digest(self.csrf_token(entry).encode(), text.encode(errors="replace"))

    def _is_over(self, row: SessionRow, now: int) -> bool:
        return now >= row.expires_at or now - row.seen_at >= self._idle_us + SEEN_US

    def _stands(self, tx: Transaction, entry: Entry, now: int) -> bool:
        """Whether the account is as it was when it came in: it may have been revoked since, or its password changed."""
        row = tx.account(entry.account.name)
        if row is None or row.revoked:
            return False
        if not entry.credential:
            return row.secret == entry.account.secret
        found = (each for each in tx.credentials(account=row.name) if each.id == entry.credential)
        return any(each.is_live(now) for each in found)


def cookie_digest(cookie: str) -> bytes:
    """What is stored of a cookie."""
    return hashlib.sha256(cookie.encode(errors="replace")).digest()


def drop_sessions(tx: Transaction, account: str, *, credential: int | None = None) -> None:
    """Ends the account's sessions in this block, with `credential` those that were begun by it."""
    rows = tx.sessions(account=account)
    tx.drop_sessions([row.digest for row in rows if credential in {None, row.credential}])


def end_sessions(node: Node, desk: PolicyDesk, name: str, *, by: Actor) -> int:
    """Signs the account out everywhere; how many sessions that ended. Raises `Unknown` (`account-unknown`)."""
    with changing(node, desk, by=by) as change:
        count = len(change.tx.sessions(account=name))
        drop_all_sessions(change, name, count, by=by)
    return count


def drop_all_sessions(change: Change, name: str, count: int, *, by: Actor) -> None:
    """As `end_sessions`, in this block; there are so many."""
    require_admin(change, by, "end sessions")
    row_of(change.tx, name)
    drop_sessions(change.tx, name)
    change.act("account-sessions-end", by, {"account": name, "sessions": count})


def list_sessions(node: Node, name: str) -> list[SessionRow]:
    """The account's sessions whose time is not over, by when they were made. Raises `Unknown` (`account-unknown`)."""
    with node.store.read() as snap:
        row_of(snap, name)
        now, rows = node.now(snap.head()), snap.sessions(account=name)
    return [row for row in rows if now < row.expires_at]
