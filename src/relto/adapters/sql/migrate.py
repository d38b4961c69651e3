"""Brings a database to the tables of this program. The only module that loads SQLAlchemy and alembic: they are slow
to import, and nothing else needs them.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parents[1] / "migrations"


def migrate(url: str) -> None:
    """Make or migrate the tables of the database at `url` (SQLAlchemy's form), in one transaction.

    Raises what the driver raises; nothing has changed then.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        # The driver would begin a transaction only before the first change of data, and so commit table by table.
        sa.event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
