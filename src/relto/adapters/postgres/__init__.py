"""The store in PostgreSQL: blocks of reads and writes (`block`), the store (`store`), its errors (`failure`)."""

from relto.adapters.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
