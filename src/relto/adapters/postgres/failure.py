"""What an error of PostgreSQL means to Relto."""

from __future__ import annotations

import psycopg
from psycopg import errors

from relto.domain.errors import Conflict, Refused, ReltoError, Unreachable

STATEMENT_SECONDS = 300
"""The server ends a statement that takes longer."""


def translated(error: psycopg.Error) -> ReltoError:
    """What an error of the engine means here."""
    if isinstance(error, (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)):
        return locked()
    if isinstance(error, errors.DiskFull):
        return Refused("disk-full", "the database has no room left", remedy="free some space, then try again")
    if isinstance(error, errors.UniqueViolation) and error.diag.constraint_name == "items_version":
        return Conflict("version-stored", "this version of the object is stored already")
    if isinstance(error, errors.QueryCanceled):
        return Unreachable("database-slow", f"the database did not answer within {STATEMENT_SECONDS} s")
    if isinstance(error, (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
        return Unreachable("database-read-only", f"the database may not be written: {_said(error)}")
    if isinstance(error, (errors.DataCorrupted, errors.IndexCorrupted)):
        return Unreachable("database-damaged", f"the database is damaged: {_said(error)}", remedy="restore a backup")
    if isinstance(error, errors.InvalidCatalogName) or ('database "' in str(error) and "does not exist" in str(error)):
        return Unreachable("database-missing", f"there is no such database: {_said(error)}", remedy="createdb")
    if isinstance(error, psycopg.OperationalError):
        return Unreachable("database-unreachable", f"the database cannot be reached: {_said(error)}")
    return Unreachable("database-failing", f"the database cannot be used: {_said(error)}", engine=error.sqlstate or "")


def locked() -> Refused:
    """Another write took too long."""
    return Refused("database-locked", "another write keeps the database locked", remedy="try again")


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
