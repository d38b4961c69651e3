"""What every verb keeps: one document with `--json`, exit statuses, no traceback, tables that fit, prompts."""

import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
import typer

from relto.faces.cli import unbuilt
from relto.faces.cli.app import app
from relto.faces.cli.screen import clean

FULL = Path("/dev/full")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def commands(group=None, above=()):
    """Every command there is, by its path."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield (*above, name)
            yield from commands(command, (*above, name))
        else:
            yield (*above, name)


GOOD = [
    ["version"],
    ["config", "show"],
    ["doctor"],
    ["party", "list"],
    ["party", "show", "USA"],
    ["account", "list"],
    ["agreement", "list"],
    ["agreement", "show", "usa-ukr"],
    ["agreement", "history", "usa-ukr"],
    ["agreement", "diff", "usa-ukr", "1", "1"],
    ["preview", "pause", "usa-ukr"],
    ["status"],
    ["backlog", "list"],
    ["topics", "reclass"],
    ["inbox"],
    ["inbox", "--recalls", "--after", "0"],
    ["webhook", "list"],
    ["mailbox", "list"],
    ["case", "list"],
]


@pytest.mark.parametrize("words", GOOD, ids=" ".join)
def test_with_json_standard_output_is_one_document_and_without_it_is_words(node, words):
    answer = node(*words)
    assert answer.status == 0
    assert answer.out == json.dumps(json.loads(answer.out), ensure_ascii=False, indent=2) + "\n"
    words = node(*words, json=False)
    assert words.status == 0
    assert words.out + words.err
    assert COLOUR.search(words.out + words.err) is None


@pytest.mark.parametrize("path", sorted(commands()), ids=" ".join)
def test_every_command_has_help_and_takes_the_options_of_all(relto, path):
    answer = relto(*path, "--help", json=False)
    assert answer.status == 0
    assert answer.out.startswith(f"Usage: relto {' '.join(path)} ")
    if "(not built in this release)" not in " ".join(answer.out.split()):
        assert "--json" in answer.out
        assert "--data DIR" in answer.out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["--nonsense"],
        ["party"],
        ["party", "nonsense"],
        ["party", "show"],
        ["party", "show", "USA", "GBR"],
        ["party", "list", "--nonsense"],
        ["serve", "--port", "many"],
        ["agreement", "show", "x", "--version", "0"],
        ["resume", "1", "--backlog"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_so_in_the_shape_that_was_asked_for(relto, words):
    plain = relto(*words, json=False)
    assert plain.status == 2
    assert plain.out == ""
    assert plain.err.strip()
    asked = relto(*words)
    assert (asked.status, asked.code) == (2, "usage")
    assert asked.document["error"]["remedy"].startswith("relto")
    assert asked.document["error"]["data"] == {}


def test_a_misspelt_verb_names_the_nearest(relto):
    assert "status" in relto("statsu").document["error"]["message"]


UNBUILT = [[name] for name, _ in unbuilt.VERBS]


@pytest.mark.parametrize("words", UNBUILT, ids=" ".join)
def test_what_is_not_built_is_refused_by_name(relto, words):
    answer = relto(*words)
    assert (answer.status, answer.code) == (1, "not-built")
    assert words[0] in answer.document["error"]["message"]
    plain = relto(*words, json=False)
    assert plain.status == 1
    assert "not built" in plain.err


def test_the_options_of_all_stand_before_or_after_the_verb(node, monkeypatch):
    folder = os.environ["RELTO_DATA"]
    monkeypatch.delenv("RELTO_DATA")
    assert node("--data", folder, "--json", "status", json=False).document == node.ok("status", "--data", folder)
    assert node("status").code == "node-missing"
    assert node("--as", "nobody", "--data", folder, "status").code == "account-unknown"


def test_an_error_for_people_has_code_and_remedy_and_nothing_on_standard_output(node):
    answer = node("agreement", "show", "nil", json=False)
    assert answer.out == ""
    assert answer.err == ("relto: there is no agreement `nil` (agreement-unknown)\n  try: relto agreement list\n")


def test_what_nobody_expected_is_no_traceback(node, monkeypatch):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("the inside")

    monkeypatch.delenv("RELTO_DEBUG")
    monkeypatch.setattr("relto.usecases.standing.status", broken)
    answer = node("status")
    assert (answer.status, answer.code) == (1, "internal")
    assert "the inside" not in answer.out + answer.err
    assert "Traceback" not in answer.err
    monkeypatch.setenv("RELTO_DEBUG", "1")
    assert "Traceback" in node("status").err


def test_a_stranger_cannot_move_the_cursor():
    assert clean("a\x1b[2Jb\r\x07\u202ec") == "a�[2Jb��\u202ec".replace("\u202e", "�")


def run(*words, environment=None, **options):
    return subprocess.run(
        [sys.executable, "-m", "relto", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
        timeout=120,
        **options,
    )


def test_a_process_ends_with_the_status_and_says_the_same(node):
    done = run("status", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == node.ok("status")
    missing = run("status", "--json", "--data", "nowhere")
    assert (missing.returncode, json.loads(missing.stdout)["error"]["code"]) == (3, "node-missing")
    wrong = run("agreement", "show", "nil")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_tables_fit_the_terminal(node, columns):
    node.ok("party", "add", "ALLIANCE-OF-ALLIES", "--name", "An alliance whose name is long " * 3, "--kind", "alliance")
    node.ok("pause", "usa-ukr", "--topic", "targeting", "--reason", "a reason that takes more room than there is " * 4)
    for words in (
        ["status"],
        ["party", "list"],
        ["account", "list"],
        ["config", "show"],
        ["agreement", "show", "usa-ukr"],
    ):
        shown = run(*words, environment={"COLUMNS": str(columns)})
        assert shown.returncode == 0
        lines = shown.stdout.splitlines()
        assert lines
        assert max(map(len, lines)) <= columns, words


def test_what_is_no_terminal_gets_one_line_for_each_row(node):
    reason = "a reason that takes more room than there is " * 4
    node.ok("pause", "usa-ukr", "--reason", reason.strip())
    lines = node("status", json=False).out.splitlines()
    assert lines[1].startswith("usa-ukr    UKR  ○ paused ")
    assert f"pause 1: {reason.strip()}" in lines


def at_terminal(*words, typed="", environment=None, columns=80):
    """What a person at a terminal sees, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", **(environment or {})})
        os.execv(sys.executable, [sys.executable, "-m", "relto", *words])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.write(terminal, typed.encode())
    seen = b""
    while True:
        try:
            some = os.read(terminal, 65_536)
        except OSError as error:
            # Linux says so when the other side of a terminal has closed it.
            if error.errno != errno.EIO:
                raise
            break
        if not some:
            break
        seen += some
    os.close(terminal)
    return seen.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_colours_are_for_terminals_and_only_where_they_are_wanted(node):
    seen, status = at_terminal("status")
    assert status == 0
    assert "\x1b[32m" in seen
    plain, _ = at_terminal("status", environment={"NO_COLOR": "1"})
    assert "\x1b[32m" not in plain
    assert "flowing" in plain


def test_a_person_is_asked_before_something_is_gone_for_good(node):
    _, status = at_terminal("account", "revoke", "kyiv", typed="n\n")
    assert status == 1
    assert not any(row["revoked"] for row in node.ok("account", "list"))
    seen, status = at_terminal("account", "revoke", "kyiv", "--yes")
    assert status == 0, seen
    assert [row["account"] for row in node.ok("account", "list") if row["revoked"]] == ["kyiv"]


def test_long_work_shows_a_bar_at_a_terminal_and_none_elsewhere(node):
    path = node.write("one.json", json.dumps(node.indicator("naval")))
    seen, status = at_terminal("ingest", "--originator", "USA", str(path))
    assert status == 0
    assert "bytes" in seen
    assert "1 added" in seen
    assert run("ingest", "--originator", "USA", str(path)).stderr == ""


def test_whoever_stops_reading_is_told_nothing(node):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "relto", "config", "show", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.parametrize(("word", "more"), [("--help", {"rich"}), ("version", set())])
def test_help_and_version_import_no_more_than_they_need(word, more):
    heavy = {"sqlalchemy", "alembic", "psycopg", "starlette", "uvicorn", "jsonschema_rs", "yaml", "argon2", *more}
    asked = (
        "import sys; from relto.faces.cli import main; main([sys.argv[1]]); "
        "print(*sorted(set(sys.argv[2:]) & set(sys.modules)), file=sys.stderr)"
    )
    words = [sys.executable, "-c", asked, word, *heavy]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == "\n"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("more", [["--json"], []], ids=["json", "words"])
def test_an_answer_that_cannot_be_written_is_an_error_without_a_traceback(node, more):
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "relto", "config", "show", *more],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1
    assert "(disk-full)" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


BYTES = os.fsdecode(b"\xff\xfe")


@pytest.mark.parametrize(
    "words",
    [
        ["party", "show", BYTES],
        ["party", "add", "GBR", "--name", BYTES, "--kind", "state"],
        ["account", "add", BYTES, "--party", "UKR"],
        ["agreement", "apply", BYTES],
        ["agreement", "show", BYTES],
        ["ingest", "--originator", "USA", BYTES],
        ["ingest", "--originator", BYTES, "-"],
        ["pause", "usa-ukr", "--reason", BYTES],
        ["pause", "usa-ukr", "--reason", "x", "--authority", BYTES],
        ["pause", "usa-ukr", "--reason", "x", "--condition", BYTES],
        ["resume", "1", "--note", BYTES],
        ["backlog", "discard", BYTES],
        ["backlog", "discard", "--item", BYTES],
        ["explain", BYTES, "UKR"],
        ["status", BYTES],
        ["status", "--as", BYTES],
        ["party", "show", "\x1b[2J"],
        ["party", "show", "x" * 100_000],
        ["status", "\u202eUSA"],
    ],
    ids=lambda words: " ".join(words)[:40].encode("ascii", "backslashreplace").decode(),
)
def test_hostile_words_are_bad_input_in_either_shape(node, words):
    node.ok("pause", "usa-ukr", "--reason", "talks")
    answer = node(*words)
    assert answer.status == 2, answer
    assert answer.code != "internal"
    plain = node(*words, json=False)
    assert plain.status == 2
    assert plain.out == ""
    assert all(char.isprintable() or char == "\n" for char in plain.err)
    assert node.ok("status")[0]["pauses"][0]["pause"] == "1"


def test_a_scheduled_act_is_carried_out_by_whichever_command_comes_first(node):
    node.ok("pause", "usa-ukr", "--reason", "talks", "--until", "1s")
    for _ in range(200):
        (entry,) = node.ok("status")
        if entry["state"] == "flowing":
            break
        time.sleep(0.05)
    assert entry["pauses"] == []
    assert node("resume", "1").code == "pause-lifted"
