"""What every store promises of credentials and sessions."""

from dataclasses import replace

import pytest

from relto.ports.store import AccountRow, CredentialRow, SessionRow

TOKEN = CredentialRow(0, "kyiv", "token", "ab" * 32, "laptop Ї", ("read", "act"), 7)


def test_an_account_is_found_by_its_name(store):
    kyiv = AccountRow("kyiv", "UKR", ("reader", "officer"), "secret", False, 7, {"repair": True})
    gone = AccountRow("lviv", "UKR", (), "", True, 8, {})
    with store.write() as tx:
        assert tx.account("kyiv") is None
        tx.put_account(gone)
        tx.put_account(kyiv)
        assert tx.account("kyiv") == kyiv
    with store.read() as snap:
        assert (snap.account("lviv"), snap.account("kyi"), snap.account("KYIV")) == (gone, None, None)
        assert not any(map(snap.account, ("", "kyiv ", "kyiv\0", "\ud800", "x" * 1_000_000)))
        assert snap.accounts() == [kyiv, gone]


def test_credentials_are_numbered_replaced_and_forgotten(store):
    with store.write() as tx:
        first = tx.add_credential(TOKEN)
        second = tx.add_credential(replace(TOKEN, kind="certificate", expires_at=9))
        third = tx.add_credential(replace(TOKEN, account="lviv", identifier="cd" * 32))
        assert [row.id for row in (first, second, third)] == [1, 2, 3]
        assert tx.credentials(account="kyiv") == [first, second]
    revoked = replace(first, revoked_at=8, scopes=())
    with store.write() as tx:
        tx.put_credential(revoked)
        tx.drop_credentials([2])
        tx.drop_credentials([])
    with store.read() as snap:
        assert snap.credentials() == [revoked, third]
        assert snap.credentials(account="nobody") == []
    with store.write() as tx:
        assert tx.add_credential(replace(TOKEN, identifier="ef" * 32)).id == 4


def test_what_a_write_block_that_fails_did_to_credentials_and_sessions_is_not_there(store):
    session = SessionRow(b"\x01" * 32, "kyiv", "password", 0, 1, 2, 3)

    def half():
        with store.write() as tx:
            tx.add_credential(TOKEN)
            tx.put_session(session)
            raise LookupError

    with pytest.raises(LookupError):
        half()
    with store.read() as snap:
        assert (snap.credentials(), snap.sessions(), snap.session(session.digest)) == ([], [], None)


def test_sessions_are_found_by_digest_and_by_account(store):
    rows = [SessionRow(bytes([place]) * 32, "kyiv", "password", 0, 9 - place, 9, 20) for place in (3, 1, 2)]
    other = SessionRow(b"\xff" * 32, "lviv", "openid", 5, 1, 2, 3)
    with store.write() as tx:
        for row in (*rows, other):
            tx.put_session(row)
        tx.put_session(replace(rows[0], seen_at=15))
    with store.read() as snap:
        assert snap.session(rows[0].digest) == replace(rows[0], seen_at=15)
        assert snap.session(b"\x00" * 32) is None
        assert [row.made_at for row in snap.sessions(account="kyiv")] == [6, 7, 8]
        assert [row.account for row in snap.sessions()] == ["lviv", "kyiv", "kyiv", "kyiv"]
    with store.write() as tx:
        tx.drop_sessions([rows[0].digest, b"\x00" * 32])
        assert tx.session(rows[0].digest) is None
    with store.read() as snap:
        assert len(snap.sessions(account="kyiv")) == 2
