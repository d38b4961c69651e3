"""What all tests share: hypothesis without deadlines, and databases of both engines.

Fixtures: `database_url` runs a test on SQLite and on PostgreSQL, each time with an empty database of its own;
`sqlite_url` and `postgres_url` are one engine each; `new_postgres_database` makes as many as a test (or a fixture of a
module) wants, by name of a template if need be. Each process of xdist has a server of its own.

An engine that cannot be had is skipped aloud, and under CI it fails: a green run means both.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from tests.postgres import Unavailable, running

# A shared machine is slow now and then; time says nothing about being right. Under CI each run draws the same
# examples, so that what fails there fails at a desk as well.
hypothesis.settings.register_profile("desk", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "desk")

ENGINES = ("sqlite", "postgres")
missing_engines = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of this process's PostgreSQL server, by its database `postgres`; the user may do anything.

    Where none is to be had, what needs it is skipped, which the last lines say aloud; under CI that fails.
    """
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(running())
        except Unavailable as error:
            reason = f"PostgreSQL is not to be had: {error}"
            request.config.stash[missing_engines] = reason
            if os.environ.get("CI"):
                pytest.fail(reason)
            # A desk for which there is no such package can still test SQLite; the last lines say what was left out.
            pytest.skip(reason)
        yield url


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: str) -> Iterator[Callable[..., str]]:
    """A function that makes a database and gives its URL: empty, or as the URL in `template` (nobody may be in it)."""
    numbers = itertools.count(1)

    def new(*, template: str | None = None) -> str:
        name = f"relto_{next(numbers)}"
        source = psycopg.conninfo.conninfo_to_dict(template)["dbname"] if template else "template0"
        _administer(postgres_server, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, str(source))
        return postgres_server.replace("/postgres?", f"/{name}?")

    return new


@pytest.fixture
def postgres_url(postgres_server: str, new_postgres_database: Callable[..., str]) -> Iterator[str]:
    """An empty PostgreSQL database, dropped after the test together with whoever is still connected to it."""
    url = new_postgres_database()
    yield url
    _administer(
        postgres_server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    )


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'relto.db'}"


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.postgres if name == "postgres" else ()) for name in ENGINES]
)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say aloud that an engine was skipped; the line stands just before the closing one."""
    if reason := config.stash.get(missing_engines, None):
        terminalreporter.write_line(f"ENGINE SKIPPED: {reason}", red=True, bold=True)


def _administer(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
