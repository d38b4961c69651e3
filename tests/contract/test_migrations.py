"""A database of before the log is migrated where it has no past, and left alone where it has one."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from relto.adapters.database import create_database, open_database
from relto.adapters.sql.migrate import FOLDER, PAST
from relto.adapters.sql.revision import LOGGED, REVISIONS
from relto.domain.errors import Refused
from relto.ports.store import LogHead

UNLOGGED = REVISIONS[: REVISIONS.index(LOGGED)]


def engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def make(url: str, revision: str, table: str | None = None) -> None:
    """An empty database as the program of that revision made it, with one row in `table`."""
    with engine(url).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if table is not None:
            columns = sa.Table(table, sa.MetaData(), autoload_with=connection).columns
            values = {each.name: 1 if isinstance(each.type, sa.Integer) else "1" for each in columns}
            names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def held(url: str) -> dict[str, Any]:
    """All that the database holds, by table, and the columns of each."""
    with engine(url).connect() as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                [(each["name"], str(each["type"])) for each in inspector.get_columns(name)],
                connection.execute(sa.text(f"SELECT * FROM {name}")).fetchall(),
            )
            for name in sorted(inspector.get_table_names())
        }


def refused(url: str) -> Refused:
    with pytest.raises(Refused) as caught:
        create_database(url)
    return caught.value


@pytest.mark.parametrize("revision", UNLOGGED)
def test_a_database_without_a_past_gets_the_tables_of_now_and_an_empty_log(database_url, revision):
    make(database_url, revision)
    with pytest.raises(Refused) as caught:
        open_database(database_url)
    assert caught.value.code == "schema-old"
    store = create_database(database_url)
    with store.read() as snap:
        assert snap.log() == LogHead()
        assert snap.head().last_seq == 0
    store.close()


@pytest.mark.parametrize("table", PAST)
def test_a_database_whose_past_no_log_tells_is_refused_and_left_as_it_is(database_url, table):
    make(database_url, UNLOGGED[-1], table)
    before = held(database_url)
    error = refused(database_url)
    assert error.code == "schema-unlogged"
    assert error.data == {each: int(each == table) for each in PAST}
    assert "relto init" in error.remedy
    assert held(database_url) == before


@pytest.mark.parametrize("revision", UNLOGGED)
def test_it_is_so_at_every_revision_of_before_the_log(database_url, revision):
    make(database_url, revision, "acts")
    before = held(database_url)
    assert refused(database_url).code == "schema-unlogged"
    assert held(database_url) == before
