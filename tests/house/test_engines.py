"""Both engines are there for the tests, and leave nothing behind."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from tests import postgres


def test_each_engine_gives_an_empty_database_that_takes_a_table(database_url):
    engine = sqlalchemy.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    assert sqlalchemy.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE mark (n INTEGER)"))
    assert sqlalchemy.inspect(engine).get_table_names() == ["mark"]
    engine.dispose()


def test_a_database_made_from_a_template_has_its_tables(new_postgres_database):
    model = new_postgres_database()
    with psycopg.connect(model) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 7 AS n")
    with psycopg.connect(new_postgres_database(template=model)) as connection:
        assert connection.execute("SELECT n FROM mark").fetchone() == (7,)


@pytest.mark.postgres
def test_the_server_and_its_folder_are_gone_when_whoever_asked_for_it_is_killed():
    asker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, tests.postgres as p\nwith p.running() as url:\n print(url, flush=True)\n sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    folder = Path(asker.stdout.readline().strip().partition("host=")[2])
    server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    asker.send_signal(signal.SIGKILL)
    asker.communicate()
    for _ in range(1000):
        if not folder.exists():
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "0.02"], timeout=5, check=True)
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_a_missing_engine_is_said_aloud_and_fails_under_ci(tmp_path):
    root = Path(__file__).parents[2]
    (tmp_path / "conftest.py").write_text(
        textwrap.dedent("""
            from tests.conftest import *
            import tests.conftest, tests.postgres
            def broken():
                raise tests.postgres.Unavailable("taken away by a test")
            tests.conftest.running = broken
        """)
    )
    (tmp_path / "test_it.py").write_text("def test_it(postgres_url):\n    pass\n")

    def run(**environment):
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                f"--rootdir={tmp_path}",
                "-c",
                os.devnull,
                tmp_path,
            ],
            env={**{k: v for k, v in os.environ.items() if k != "CI"}, "PYTHONPATH": os.fspath(root), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    alone, under_ci = run(), run(CI="true")
    assert alone.returncode == 0
    assert "ENGINE SKIPPED" in alone.stdout
    assert under_ci.returncode == 1
    assert "taken away by a test" in under_ci.stdout


@pytest.mark.postgres
def test_the_server_is_gone_when_it_is_no_longer_wanted_even_if_a_child_still_holds_the_pipe(monkeypatch):
    keepers = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            keepers.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(postgres.subprocess, "Popen", Recorded)
        with postgres.running() as url:
            folder = Path(url.partition("host=")[2])
            patch.undo()
            child = subprocess.Popen(["sleep", "600"], pass_fds=[keepers[0].stdin.fileno()])
    assert child.poll() is None
    child.kill()
    child.wait()
    assert not folder.exists()


def test_without_the_package_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(postgres.Unavailable, match="make env"):
        postgres.programs()
