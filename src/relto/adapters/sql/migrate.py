"""Brings a database to the tables of this program. The only module that loads SQLAlchemy and alembic: they are slow
to import, and nothing else needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext

from relto.adapters.sql.revision import REVISIONS, require_current

FOLDER = Path(__file__).parents[1] / "migrations"


ADVISORY_LOCK = 0x72656C746F
"""What PostgreSQL knows the one migrator of a database by (`relto` in ASCII)."""


def migrate(url: str, connect: Callable[[], Any], *, name: str) -> None:
    """Make or migrate the tables of the database that `connect` connects to, in one transaction.

    `url` names the engine only (`sqlite://`, `postgresql+psycopg://`), `name` the database for people. Raises
    `Refused` `schema-newer`, what the driver raises, or SQLAlchemy's error that has it as `orig`; nothing has changed
    then.
    """
    engine = sa.create_engine(url, creator=connect, poolclass=sa.NullPool)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        # The driver would begin a transaction only before the first change of data, and so commit table by table.
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            found = MigrationContext.configure(connection).get_current_revision()
            if found is not None and found not in REVISIONS:
                require_current(found, database=name)
            config = Config()
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
