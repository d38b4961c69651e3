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

from relto.adapters.sql.revision import LOGGED, REVISIONS, require_current
from relto.domain.errors import Refused

FOLDER = Path(__file__).parents[1] / "migrations"


ADVISORY_LOCK = 0x72656C746F
"""What PostgreSQL knows the one migrator of a database by (`relto` in ASCII)."""


def migrate(url: str, connect: Callable[[], Any], *, name: str) -> None:
    """Make or migrate the tables of the database that `connect` connects to, in one transaction.

    `url` names the engine only (`sqlite://`, `postgresql+psycopg://`), `name` the database for people. Raises
    `Refused` (`schema-newer`, `schema-unlogged`), what the driver raises, or SQLAlchemy's error that has it as `orig`;
    nothing has changed then.
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
            if found is not None and REVISIONS.index(found) < REVISIONS.index(LOGGED):
                _require_no_past(connection, name)
            config = Config()
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


PAST = ("acts", "batches", "accounts", "parties", "agreements", "pauses")
"""What a node holds from its first day on. All of it was there in the first revision."""


def _require_no_past(connection: sa.Connection, name: str) -> None:
    """Raises `Refused` `schema-unlogged` where a database of before the log holds anything that a log would tell of.

    Its past cannot become leaves: what each delivery gave was never kept, nor by which clock each change decided. A log
    that began in its middle would be found wrong by everybody who checks it, and rightly so.
    """
    counts = {table: connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in PAST}
    if any(counts.values()):
        raise Refused(
            "schema-unlogged",
            f"`{name}` holds what was decided before there was a log ({counts['acts']} acts, {counts['batches']}"
            " batches): a log that began now would prove nothing of it",
            remedy="go on with the release that made it, or begin a new node: relto init with another --data, then"
            " party add, account add, agreement apply and ingest as at first",
            **counts,
        )
