"""`relto demo` as a stranger meets it: what it prints, pasted line by line, and what it says of what is wrong."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from relto.config import load
from relto.demo.items import example
from relto.demo.run import world
from relto.demo.script import TRY

RELTO = Path(sys.executable).with_name("relto")
SECONDS = 60
LAST = "--state $d/state\n"
"""With it the last line ends that it prints for people."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "world"
    with world(load(folder, environment={})):
        return folder


@pytest.fixture
def folder(made, tmp_path):
    """A folder with a world, as `.demo`, in which commands are typed."""
    shutil.copytree(made, tmp_path / ".demo")
    return tmp_path


def surroundings(folder, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RELTO_", "XDG_"))}
    return kept | {"HOME": str(folder), "PYTHONUNBUFFERED": "1"} | more


def called(folder, *words, **more):
    """`relto demo` where it is expected to end by itself."""
    return subprocess.run(
        [RELTO, "demo", *words],
        cwd=folder,
        env=surroundings(folder, **more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextlib.contextmanager
def served(folder, *words, program=(RELTO,), until="}\n", **more):
    """`relto demo`, running: the lines that it printed up to and with `until`, or that ends so; and its process."""
    server = subprocess.Popen(
        [*program, "demo", "--port", "0", *words],
        cwd=folder,
        env=surroundings(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if line == until or (until == LAST and line.endswith(LAST)):
                break
        yield "".join(lines), server
    finally:
        server.kill()
        server.communicate()


def facts(folder, *words, **more):
    with served(folder, "--json", *words, **more) as (text, _):
        return json.loads(text)


def pasted(folder, line):
    path = f"{RELTO.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=surroundings(folder, PATH=path, COLUMNS="100"),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


@pytest.mark.slow
@needs_curl
def test_the_lines_that_it_prints_keep_what_they_promise(folder):
    with served(folder, "--data", ".demo", "--json") as (text, _):
        lines = [each["line"] for each in json.loads(text)["try"]]
        answers = [pasted(folder, line) for line in lines]
    before, status, why, told, outlook, public, preview, *answers = answers
    proposed, waiting, first, resumed, after, twice, imagery, earlier, audit = answers
    assert before.splitlines()
    assert all("Warning: " in line for line in before.splitlines())
    assert "2025-03-05 12:00Z" in status
    assert "usa-ukr      ○ hold" in why
    assert "“We just about have”" in told
    assert "· [likely] ·" in outlook
    assert "TLP:CLEAR" in public
    (promised,) = re.findall(r"^(\d+) items", preview)
    (released,) = re.findall(r"(\d+) items released", resumed)
    assert promised == released
    assert "it would ask for 2 approvals" in preview
    assert "waits for 2 approvals" in proposed
    assert re.search(r"resume +… proposed +officer", waiting)
    assert "has 1 of 2 approvals" in first
    assert set(before.splitlines()) < set(after.splitlines())
    assert any("Position: " in line for line in after.splitlines())
    assert twice.strip() == "0"
    assert re.search(r"[1-9]\d* items released", imagery)
    assert "minerals deal" in earlier
    assert "concessions" not in earlier
    assert "nothing is wrong: what was received is what the log says" in audit


@pytest.mark.slow
@needs_curl
def test_a_client_that_goes_on_from_its_last_date_gets_each_held_item_once(folder):
    with served(folder, "--data", ".demo", "--json") as (text, _):
        told = json.loads(text)
        relto = f"{RELTO} --data .demo"
        first = told["try"][0]["line"].split(" | ")[0].replace("curl -s", "curl -s -D head.txt")
        had = json.loads(pasted(folder, first))["objects"]
        head = (folder / "head.txt").read_text()
        last = re.search(r"(?i)^x-taxii-date-added-last: (\S+)", head, re.MULTILINE).group(1)
        on = re.sub(r"added_after=[^']+", f"added_after={last}", first)
        assert "objects" not in json.loads(pasted(folder, on))
        held = 0
        for name in ("intelligence", "imagery"):
            act = json.loads(pasted(folder, f"{relto} resume {told['pauses'][name]} --as officer --json"))["act"]
            pasted(folder, f"{relto} approve {act} --as adviser --json")
            held += json.loads(pasted(folder, f"{relto} approve {act} --as director --json"))["released"]
        versions = pasted(folder, on.replace("?", "?match%5Bversion%5D=all&"))
        got = json.loads(versions)["objects"]
    assert len(got) == held > 0
    marks = [(each["id"], each.get("modified")) for each in got]
    assert len(set(marks)) == len(marks)
    assert not set(marks) & {(each["id"], each.get("modified")) for each in had}


def test_with_json_it_prints_one_document_and_serves(folder):
    with served(folder, "--data", ".demo", "--json") as (text, server):
        told = json.loads(text)
        host, _, port = told["url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=SECONDS):
            pass
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=SECONDS)
        assert server.returncode == 0
    assert rest == ""
    assert told["began"] == "2025-03-09T18:00:00.000000Z"
    assert told["clock"].startswith("2025-03-09T18:")
    assert len(told["try"]) == len(TRY)
    assert example() in told["try"][2]["line"]


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_sentences_fit_the_terminal_and_commands_are_never_cut(folder, columns):
    program = (sys.executable, "-m", "relto")
    with served(folder, "--data", ".demo", program=program, until=LAST, COLUMNS=columns) as (text, _):
        lines = text.splitlines()
    commands = [line for line in lines if line.startswith(("curl ", "d=", sys.executable))]
    assert len(commands) == len(TRY)
    assert all("--data .demo" in line or "/objects/?added_after=" in line for line in commands)
    sentences = [line for line in lines if line not in commands and not line.startswith("cd ")]
    assert all(len(line) <= int(columns) for line in sentences)
    assert f"cd {folder}" in lines


def test_ctrl_c_ends_it_cleanly(folder):
    with served(folder, "--data", ".demo", until=LAST) as (_, server):
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=SECONDS)
        assert server.returncode == 0
    assert "Traceback" not in said
    assert "the next start finds it so" in said


def test_the_next_start_says_that_it_is_as_it_was_left(folder):
    told = facts(folder, "--data", ".demo")
    assert not told["made"]
    assert facts(folder, "--data", ".demo")["collection"] == told["collection"]


def test_fresh_makes_another_world(folder):
    before = facts(folder, "--data", ".demo")
    after = facts(folder, "--data", ".demo", "--fresh")
    assert after["made"]
    assert after["collection"] != before["collection"]


def test_the_variable_names_the_folder_too(folder):
    assert facts(folder, RELTO_DATA=str(folder / ".demo"))["data"] == str(folder / ".demo")


@pytest.mark.parametrize("state", ["", "state", "/absent"])
def test_unless_said_the_world_lies_in_a_folder_of_its_own(folder, state):
    base = folder / "elsewhere" if state == "/absent" else folder / ".local" / "state"
    (base / "relto").mkdir(parents=True)
    (folder / ".demo").rename(base / "relto" / "demo")
    # XDG says that a path that is not absolute counts for nothing.
    told = facts(folder, XDG_STATE_HOME=str(base) if state == "/absent" else state)
    assert told["data"] == str(base / "relto" / "demo")


def test_a_port_that_is_taken_is_said_with_a_remedy(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = called(folder, "--data", ".demo", "--port", str(port), "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 3
    assert error["code"] == "listen-failed"
    assert f"--port {port + 1}" in error["remedy"]


def test_a_world_that_is_served_is_not_made_anew(folder):
    with served(folder, "--data", ".demo", "--json"):
        done = called(folder, "--data", ".demo", "--port", "0", "--fresh", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "demo-in-use")


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["--port", "99999"], 2, "config-value"),
        (["--port", "-1"], 2, "config-value"),
        (["--port", "http"], 2, "usage"),
        (["--nonsense"], 2, "usage"),
        (["more"], 2, "usage"),
        (["--data", "."], 1, "demo-occupied"),
        (["--data", "mine"], 1, "demo-occupied"),
        (["--data", "mine", "--fresh"], 1, "demo-occupied"),
    ],
)
def test_wrong_input_is_an_error_with_a_code_and_touches_nothing(folder, words, status, code):
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("dear")
    done = called(folder, *words, "--json", RELTO_DATA=str(folder / ".demo"))
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (status, code)
    assert "Traceback" not in done.stderr
    assert [path.name for path in (folder / "mine").iterdir()] == ["letter.txt"]


def test_a_database_of_ones_own_is_refused(folder):
    done = called(folder, "--data", "new", "--json", RELTO_DATABASE_URL="postgresql://127.0.0.1/relto")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (2, "demo-database")
    assert not (folder / "new").exists()


def test_every_command_on_the_folder_goes_by_its_clock_and_says_so(folder):
    said = [pasted(folder, f"{RELTO} --data .demo {verb} 2>&1") for verb in ("status", "doctor", "config show")]
    assert all("demonstration" in text for text in said)
    assert "2025-03-09 18:" in said[0]
    assert "clock-behind" not in said[1]
    paused = json.loads(pasted(folder, f"{RELTO} --data .demo pause fra-ukr --reason test --until 2d --json"))
    assert paused["effective_at"].startswith("2025-03-09T18:")


def test_a_node_of_ones_own_says_nothing_of_a_demonstration(node):
    for verb in (("status",), ("doctor",), ("config", "show")):
        answer = node(*verb, json=False)
        assert "demonstration" not in answer.out + answer.err


def test_an_item_of_today_is_taken_in(folder):
    now = subprocess.run(["date", "-u", "+%Y-%m-%dT%H:%M:%S.000Z"], capture_output=True, text=True, check=True)
    today = now.stdout.strip()
    item = {
        "type": "identity",
        "spec_version": "2.1",
        "id": "identity--8a2f4c1e-7f0b-4f0e-9b52-3f6f2b0c5d11",
        "created": today,
        "modified": today,
        "name": "Made today",
        "identity_class": "organization",
    }
    (folder / "today.json").write_text(json.dumps(item))
    answer = pasted(folder, f"{RELTO} --data .demo ingest --originator USA today.json --json")
    assert json.loads(answer)["added"] == 1
    assert json.loads(answer)["visible_at"].startswith("2025-03-09T18:")


def test_what_was_restored_from_its_backup_goes_on_by_its_clock(folder):
    relto = str(RELTO)
    pasted(folder, f"{relto} --data .demo backup saved")
    pasted(folder, f"{relto} --data other restore saved")
    paused = json.loads(pasted(folder, f"{relto} --data other pause fra-ukr --reason test --json"))
    assert paused["effective_at"].startswith("2025-03-09T18:")
    assert "clock-behind" not in pasted(folder, f"{relto} --data other doctor")
