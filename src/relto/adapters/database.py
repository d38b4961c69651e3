"""A database by its URL: `sqlite:///path` (four slashes for an absolute path) or `postgresql://…`.

The engine's module is imported only where it is wanted: a command line that works on SQLite loads no PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from relto.adapters.postgres import PostgresStore
    from relto.adapters.postgres.search import PostgresSearchIndex
    from relto.adapters.sqlite import SqliteStore
    from relto.adapters.sqlite.search import SqliteSearchIndex

REMEDY = "sqlite:///path/to/file or postgresql://user@host/name"


def open_database(url: str, *, timeout_seconds: float = 30, connections_max: int = 20) -> SqliteStore | PostgresStore:
    """The store in a database that `create_database` made; errors as the engine's `open` has them.

    `connections_max`: at most so many to a database that is not a file of this machine.
    """
    if is_embedded(url):
        from relto.adapters.sqlite import SqliteStore  # noqa: PLC0415 - see the module's docstring

        return SqliteStore.open(url, timeout_seconds=timeout_seconds)
    _require_known(url)
    from relto.adapters.postgres import PostgresStore  # noqa: PLC0415 - see the module's docstring

    return PostgresStore.open(url, timeout_seconds=timeout_seconds, connections_max=connections_max)


def create_database(url: str, *, timeout_seconds: float = 30) -> SqliteStore | PostgresStore:
    """Makes or migrates the tables, and opens the store. What is current already stays as it is.

    An SQLite file is made where there is none; a PostgreSQL database must be there.
    """
    if is_embedded(url):
        from relto.adapters.sqlite import SqliteStore  # noqa: PLC0415 - see the module's docstring

        return SqliteStore.create(url, timeout_seconds=timeout_seconds)
    _require_known(url)
    from relto.adapters.postgres import PostgresStore  # noqa: PLC0415 - see the module's docstring

    return PostgresStore.create(url, timeout_seconds=timeout_seconds)


def search_index(url: str) -> SqliteSearchIndex | PostgresSearchIndex:
    """The search index of this database: a file beside a file, tables of its own elsewhere. Opens nothing yet."""
    if is_embedded(url):
        from relto.adapters.sqlite.search import SqliteSearchIndex  # noqa: PLC0415 - see the module's docstring
        from relto.adapters.sqlite.store import path_of  # noqa: PLC0415 - as above

        path = path_of(url)
        return SqliteSearchIndex(path.with_name(path.name + ".search"))
    from relto.adapters.postgres.search import PostgresSearchIndex  # noqa: PLC0415 - as above

    return PostgresSearchIndex(url)


def is_embedded(url: str) -> bool:
    """Whether the database is a file of this machine."""
    return url.startswith("sqlite:")


def _require_known(url: str) -> None:
    if not url.startswith(("postgresql:", "postgres:")):
        raise BadInput("database-url-invalid", "this is no URL of a database that Relto knows", remedy=REMEDY)
