"""The store in one SQLite file: blocks of reads and writes (`block`), the store (`store`), its errors (`failure`)."""

from relto.adapters.sqlite.block import SqliteSnapshot
from relto.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteSnapshot", "SqliteStore"]
