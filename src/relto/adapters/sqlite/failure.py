"""What an error of SQLite means to Relto."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from relto.domain.errors import Conflict, Refused, ReltoError, Unreachable


def name_of(error: sqlite3.Error) -> str:
    """SQLite's own name of the error, empty where it comes from the module."""
    return getattr(error, "sqlite_errorname", "") or ""


def translated(error: sqlite3.Error, path: Path) -> ReltoError:
    """What an error of the engine means here."""
    name = name_of(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return locked(path)
    # The second is what a full disk makes of opening: the file that its readers share cannot be laid out.
    if name in {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}:
        return Refused(
            "disk-full", f"there is no room left to write `{path}`", remedy="free some space, then try again"
        )
    if name == "SQLITE_CONSTRAINT_UNIQUE" and "items.key" in str(error):
        return Conflict("version-stored", "this version of the object is stored already")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Unreachable(
            "database-damaged", f"`{path}` is damaged, or no database at all: {error}", remedy="restore a backup"
        )
    if name.startswith("SQLITE_READONLY"):
        return Unreachable(
            "database-read-only", f"`{path}` or its folder cannot be written", remedy="check who owns it"
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        if not path.exists():
            return missing(path)
        return Unreachable(
            "database-unreachable", f"`{path}` cannot be opened", remedy="check who may read and write it"
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_PROTOCOL")):
        return Unreachable("database-unreachable", f"`{path}` cannot be read or written: {error}", engine=name)
    return Unreachable("database-failing", f"`{path}` cannot be used: {error}", engine=name)


def locked(path: Path) -> Refused:
    """Another write took too long."""
    return Refused("database-locked", f"another write keeps `{path}` locked", remedy="try again")


def missing(path: Path) -> Unreachable:
    """There is no such file."""
    return Unreachable("database-missing", f"there is no database `{path}`", remedy="relto init")


def unreachable(path: Path, error: OSError) -> ReltoError:
    """The folder, or the file beside the database, cannot be used."""
    if isinstance(error, FileNotFoundError):
        return missing(path)
    return Unreachable(
        "database-unreachable", f"`{path}` cannot be used: {error.strerror}", remedy="check who may read and write it"
    )
