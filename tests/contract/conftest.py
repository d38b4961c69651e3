"""The stores that keep the promises: one fake, two engines."""

from __future__ import annotations

import pytest
from tests.fakes.store import FakeStore

from relto.adapters.database import create_database, open_database

TIMEOUT_SECONDS = 0.2


@pytest.fixture(scope="session")
def postgres_model(new_postgres_database):
    """A database with tables and nothing in them, of which others are copies: quicker than migrating each."""
    url = new_postgres_database()
    create_database(url).close()
    return url


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request):
    """An empty store that waits for nobody for long."""
    if request.param == "fake":
        made = FakeStore(timeout_seconds=TIMEOUT_SECONDS)
    elif request.param == "sqlite":
        made = create_database(request.getfixturevalue("sqlite_url"), timeout_seconds=TIMEOUT_SECONDS)
    else:
        new, model = request.getfixturevalue("new_postgres_database"), request.getfixturevalue("postgres_model")
        made = open_database(new(template=model), timeout_seconds=TIMEOUT_SECONDS)
    yield made
    made.close()
