"""What every store promises of credentials and sessions."""

import sqlite3
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from relto.adapters.database import create_database
from relto.adapters.sql.migrate import FOLDER
from relto.ports.store import CredentialRow, SessionRow

TOKEN = CredentialRow(0, "kyiv", "token", "ab" * 32, "laptop Ї", ("read", "act"), 7)


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


def at_revision(url, revision):
    """The database with the tables of an earlier release."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_the_tokens_of_an_earlier_release_are_credentials_after_the_migration(database_url):
    at_revision(database_url, "0005")
    statement = (
        "INSERT INTO accounts (name, party, roles, secret, token_digest, revoked, made_at, settings) VALUES"
        " ('feed', 'UKR', '[\"reader\"]', '', 'abcd', 0, 7, '{}'),"
        " ('kyiv', 'UKR', '[\"reader\"]', 'x', '', 0, 5, '{}'),"
        " ('alpha', 'UKR', '[\"reader\"]', '', 'ef01', 0, 9, '{}')"
    )
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute(statement)
        connection.close()
    else:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(statement)
    store = create_database(database_url)
    everything = ("read", "write", "act", "admin")
    with store.read() as snap:
        assert snap.credentials() == [
            CredentialRow(1, "feed", "token", "abcd", "", everything, 7),
            CredentialRow(2, "alpha", "token", "ef01", "", everything, 9),
        ]
        assert [(row.name, row.secret) for row in snap.accounts()] == [("alpha", ""), ("feed", ""), ("kyiv", "x")]
    store.close()
