"""The gatekeeper: says who a request comes from, by what they show.

A password is checked slowly (argon2id) once and then, for a short while, against a keyed digest in memory; the digest
is bound to the stored form, so a changed or revoked password is refused by the next request in every process. A wrong
name costs what a wrong password costs. Everything else is found in memory at once.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput
from relto.usecases.accounts.entry import Entry
from relto.usecases.accounts.rows import openid_identifier, token_digest

if TYPE_CHECKING:
    from relto.domain.certificate import Certificate
    from relto.ports.node import Node
    from relto.ports.store import Head, SessionRow

CHECKED_MAX: Final = 10_000
"""How many good passwords are remembered."""

CERTIFICATES_MAX: Final = 1_000
"""How many certificates are remembered as they were read."""


class Gatekeeper:
    """Says which account a request comes from. Safe to use from several threads."""

    def __init__(self, node: Node, *, cache_seconds: int, key: bytes) -> None:
        """`key` is drawn by each process for itself; the cache lives in its memory alone."""
        self._node = node
        self._key = key
        self._cache_us = cache_seconds * 1_000_000
        self._lock = threading.Lock()
        self._version = -1
        self._by_name: dict[str, Entry] = {}
        self._by_id: dict[int, Entry] = {}
        self._by_kind: dict[str, dict[str, Entry]] = {"token": {}, "certificate": {}, "openid": {}}
        self._revoked: frozenset[str] = frozenset()
        self._checked: dict[bytes, int] = {}
        self._read: dict[bytes, Certificate | None] = {}
        # Checked against for names that are not there, so that they take as long as those that are.
        self._dummy = node.hasher.hashed(node.chance.password())

    def by_password(self, name: str, password: str) -> Entry | None:
        """Whoever has this name and password; None whatever was wrong. Slow the first time, and when wrong."""
        self._refresh()
        entry = self._by_name.get(name)
        stored = entry.account.secret if entry is not None else self._dummy
        proof = hmac.digest(self._key, f"{stored}\0{password}".encode(errors="replace"), "sha256")
        now = self._node.clock.now()
        if entry is not None and self._checked.get(proof, 0) > now - self._cache_us:
            return entry
        good = self._node.hasher.matches(stored, password)
        if not good or entry is None:
            return None
        with self._lock:
            if len(self._checked) >= CHECKED_MAX:
                self._checked.clear()
            self._checked[proof] = now
        return entry

    def known(self, name: str, password: str, head: Head | None = None) -> Entry | None:
        """What `by_password` would give at once; None where that would have to check slowly.

        `head`, where the caller has one that is no older than the request, spares the question for it.
        """
        self._refresh(head)
        entry = self._by_name.get(name)
        if entry is None:
            return None
        stored = f"{entry.account.secret}\0{password}".encode(errors="replace")
        proof = hmac.digest(self._key, stored, "sha256")
        return entry if self._checked.get(proof, 0) > self._node.clock.now() - self._cache_us else None

    def by_token(self, token: str, head: Head | None = None) -> Entry | None:
        """Whoever has this token, or None; `head` as above."""
        head = self._refresh(head)
        return self._live(self._by_kind["token"].get(token_digest(token)), head)

    def by_certificate(self, der: bytes, head: Head | None = None) -> Entry | None:
        """Whoever has this certificate, which is good now; None where it is not, or nobody has; `head` as above.

        Whoever calls this vouches that the client has its key, and that its issuer is one to be trusted.
        """
        found = self._read_certificate(der)
        # A certificate is of the world outside, and good or not by the world's clock, whatever the node's says.
        if found is None or not found.is_good(self._node.clock.now()):
            return None
        head = self._refresh(head)
        known = self._by_kind["certificate"]
        if found.fingerprint in self._revoked:
            # Though its name may be good for another: that very one is not.
            return None
        return self._live(known.get(found.fingerprint) or known.get(found.name), head)

    def by_openid(self, issuer: str, subject: str) -> Entry | None:
        """Whoever this subject of this provider is, or None."""
        head = self._refresh()
        return self._live(self._by_kind["openid"].get(openid_identifier(issuer, subject)), head)

    def going_on(self, session: SessionRow, head: Head | None = None) -> Entry | None:
        """Whoever began this session, as long as what they began it by is good; `head` as above."""
        head = self._refresh(head)
        if session.credential:
            entry = self._live(self._by_id.get(session.credential), head)
        else:
            entry = self._by_name.get(session.account)
        return entry if entry is not None and entry.account.name == session.account else None

    def _live(self, entry: Entry | None, head: Head) -> Entry | None:
        if entry is None or entry.expires_at is None or self._node.now(head) < entry.expires_at:
            return entry
        return None

    def _read_certificate(self, der: bytes) -> Certificate | None:
        """The certificate of these bytes; None where they are none. Read once: it comes again with each request."""
        name = hashlib.sha256(der).digest()
        if name not in self._read:
            # Only who is shown a certificate pays for loading what reads it.
            from relto.domain.certificate import Certificate  # noqa: PLC0415 - see above

            try:
                found = Certificate.read(der)
            except BadInput:
                found = None
            with self._lock:
                if len(self._read) >= CERTIFICATES_MAX:
                    self._read.clear()
                self._read[name] = found
            return found
        return self._read.get(name)

    def _refresh(self, head: Head | None = None) -> Head:
        if head is None:
            head = self._node.store.head()
        if head.accounts_version == self._version:
            return head
        with self._lock:
            with self._node.store.read() as snap:
                version, rows, credentials = snap.head().accounts_version, snap.accounts(), snap.credentials()
            live = {row.name: row for row in rows if not row.revoked}
            entries = [
                (row, Entry.by(live[row.account], row))
                for row in credentials
                if row.revoked_at is None and row.account in live
            ]
            by_kind: dict[str, dict[str, Entry]] = {"token": {}, "certificate": {}, "openid": {}}
            for row, entry in entries:
                by_kind[row.kind][row.identifier] = entry
            self._by_name = {row.name: Entry(row, "password") for row in live.values() if row.secret}
            self._by_id = {row.id: entry for row, entry in entries}
            self._by_kind = by_kind
            self._revoked = frozenset(row.identifier for row in credentials if row.revoked_at is not None)
            self._version = version
        return head
