"""Reading a collection: `Reading` answers a `Query` with a `Page`."""

from relto.usecases.reading.reader import Reading
from relto.usecases.reading.values import Collection, Endpoint, Entry, Page, Query

__all__ = ["Collection", "Endpoint", "Entry", "Page", "Query", "Reading"]
