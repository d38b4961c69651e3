"""Which revisions of the tables this program knows, and what it says of a database that has another."""

from __future__ import annotations

from relto.domain.errors import Refused, Unreachable

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Oldest first; the last is the one that this program works with (a test compares with the migrations)."""

LOGGED = "0008"
"""Since this revision a node keeps a log, from its first act on."""

STATEMENT = "SELECT version_num FROM alembic_version"
"""How a database is asked for its revision; it fails where nobody made any tables."""


def require_current(revision: str | None, *, database: str) -> None:
    """Return where the database has the tables of this program; raise what to do where not. None: no tables."""
    if revision is None:
        raise Unreachable("database-empty", f"`{database}` holds no node", remedy="relto init")
    if revision not in REVISIONS:
        raise Refused(
            "schema-newer",
            f"`{database}` was made by a newer release (tables {revision}, this one knows {REVISIONS[-1]})",
            remedy="install that release, or restore a backup of this one",
            revision=revision,
        )
    if revision != REVISIONS[-1]:
        raise Refused(
            "schema-old",
            f"`{database}` was made by an older release (tables {revision}, this one needs {REVISIONS[-1]})",
            remedy="take a backup by that release, then migrate: relto init --migrate",
            revision=revision,
        )
