"""The tables: what a database must have before anything is read from it, and what is said where it has not."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.contract.content import fill

from relto.adapters.database import create_database, open_database
from relto.adapters.sql.migrate import FOLDER
from relto.adapters.sql.revision import REVISIONS
from relto.adapters.sql.schema import metadata
from relto.domain.errors import BadInput, Refused, ReltoError, Unreachable


def change(url, statement):
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute(statement)
        connection.close()
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)


def code_of(error, action, *arguments):
    with pytest.raises(error) as caught:
        action(*arguments)
    return caught.value.code


def test_the_migrations_arrive_at_the_schema(database_url):
    create_database(database_url).close()
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            key = inspector.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]
    engine.dispose()


def test_sqlite_stores_what_is_found_by_key_in_the_order_of_the_key(sqlite_url):
    create_database(sqlite_url).close()
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    made = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    connection.close()
    for table in metadata.sorted_tables:
        assert ("WITHOUT ROWID" in made[table.name]) == (table.dialect_options["sqlite"]["with_rowid"] is False)


def test_the_program_knows_exactly_the_revisions_that_there_are():
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_making_a_database_twice_changes_nothing(database_url):
    store = create_database(database_url)
    fill(store, "indicator")
    again = create_database(database_url)
    assert again.head() == store.head()
    assert again.head().last_seq == 1
    again.close()
    store.close()


def test_two_who_make_one_database_at_once_make_one(database_url):
    made, failures = [], []

    def make():
        try:
            made.append(create_database(database_url))
        except ReltoError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for store in made:
        fill(store, "indicator")
    assert made[0].head().last_seq == 2
    for store in made:
        store.close()


def test_a_database_without_tables_is_empty(postgres_url, tmp_path):
    assert code_of(Unreachable, open_database, postgres_url) == "database-empty"
    (tmp_path / "x.db").touch()
    assert code_of(Unreachable, open_database, f"sqlite:///{tmp_path / 'x.db'}") == "database-empty"


def test_a_database_of_a_newer_release_is_refused(database_url):
    create_database(database_url).close()
    change(database_url, "UPDATE alembic_version SET version_num = '9999'")
    assert code_of(Refused, open_database, database_url) == "schema-newer"
    assert code_of(Refused, create_database, database_url) == "schema-newer"


def test_a_database_of_an_older_release_is_refused_until_it_is_migrated(database_url, monkeypatch):
    create_database(database_url).close()
    monkeypatch.setattr("relto.adapters.sql.revision.REVISIONS", (*REVISIONS, "later"))
    assert code_of(Refused, open_database, database_url) == "schema-old"


def test_what_is_not_there_is_missing(postgres_server, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert code_of(Unreachable, open_database, f"sqlite:///{tmp_path / 'x.db'}") == "database-missing"
    assert code_of(Unreachable, open_database, f"sqlite:///{tmp_path / 'no' / 'x.db'}") == "database-missing"
    assert sorted(tmp_path.rglob("*")) == before
    url = postgres_server.replace("/postgres?", "/nobody?")
    assert code_of(Unreachable, open_database, url) == "database-missing"
    assert code_of(Unreachable, create_database, url) == "database-missing"


def test_a_server_that_is_not_there_cannot_be_reached(tmp_path):
    url = f"postgresql://postgres@/postgres?host={tmp_path}"
    assert code_of(Unreachable, open_database, url) == "database-unreachable"
    assert code_of(Unreachable, create_database, url) == "database-unreachable"


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_damaged(content, tmp_path):
    file = tmp_path / "x.db"
    file.write_bytes(content)
    url = f"sqlite:///{file}"
    assert code_of(Unreachable, open_database, url) == "database-damaged"
    assert code_of(Unreachable, create_database, url) == "database-damaged"
    assert file.read_bytes() == content


def test_a_folder_is_no_database(tmp_path):
    assert code_of(Unreachable, open_database, f"sqlite:///{tmp_path}") == "database-missing"
    assert code_of(Unreachable, create_database, f"sqlite:///{tmp_path}") == "database-unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "sqlite",
        "sqlite://",
        "sqlite:///",
        "sqlite:x.db",
        "mysql://h/d",
        "file:///x",
        "postgresql:",
        "postgres:x",
    ],
)
def test_what_is_no_url_of_a_database_is_bad_input(url):
    assert code_of(BadInput, open_database, url) == "database-url-invalid"
    assert code_of(BadInput, create_database, url) == "database-url-invalid"


def test_a_url_that_is_refused_does_not_show_its_password():
    with pytest.raises(BadInput) as caught:
        open_database("postgresql://user:sesame@host:nonsense/db?x=y")
    assert "sesame" not in str(caught.value)


def test_opening_a_database_loads_neither_sqlalchemy_nor_alembic_nor_the_other_engine(sqlite_url):
    create_database(sqlite_url).close()
    program = (
        "import sys; from relto.adapters.database import open_database; "
        f"open_database({sqlite_url!r}).close(); "
        "print(sorted({'sqlalchemy', 'alembic', 'psycopg', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"
