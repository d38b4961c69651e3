"""`bench.whole`, which judges any TAXII server, is shown servers with one thing wrong, and one that is right.

Its verdict is shown journals by hand in `tests/unit/bench/test_whole.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from bench.whole.__main__ import main
from tests.load.faulty import FAULTS, serving
from tests.load.node import ROOT

QUICK = [
    *("--seconds", "2.5", "--poll-seconds", "0.2", "--write-seconds", "0.1", "--page", "5"),
    *("--settle-seconds", "0.8", "--drain-seconds", "8"),
]
ACCOUNTS = ["--reader", "Bearer reader", "--writer", "Bearer writer"]


def judged(tmp_path, fault, *arguments, pausing=True):
    """The exit status, and the verdict if there is one, of a run against the server with that fault."""
    flag = tmp_path / "paused"
    commands = ["--pause-command", f"touch {flag}; echo 7", "--resume-command", f'test "$PAUSED" = 7 && rm {flag}']
    with serving(fault, flag) as url:
        command = [sys.executable, "-m", "bench.whole", url, "--collection", "feed", "--json"]
        done = subprocess.run(
            [*command, *ACCOUNTS, *QUICK, *(["--pause-seconds", "0.5", *commands] if pausing else []), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 2, done.stderr
    found = json.loads(done.stdout) if done.stdout else {}
    found["kinds"] = {each["kind"]: each for each in found.get("kinds", [])}
    return done.returncode, found, done.stderr


@pytest.mark.slow
def test_a_server_that_is_right_is_found_right(tmp_path):
    status, found, _ = judged(tmp_path, "", "--quiet-seconds", "0.6")
    assert (status, found["lost"], found["shown"], found["repeated_by_the_server"], found["unread"]) == (0,) + (0,) * 4
    assert found["written"] > 50
    assert found["pauses"] >= 2
    assert found["in_pauses"] > 5
    assert found["quiet_polls"] > 5
    assert set(found["kinds"]) == {"last-date", "own-clock", "date-cut", "largest-modified", "page-header"}
    for kind in found["kinds"].values():
        assert kind["got"] == kind["owed"] > 0
    # What these two ask for again is their own doing, and is not held against the server.
    assert found["kinds"]["own-clock"]["repeated"]["asked_again"] > 0
    assert found["kinds"]["largest-modified"]["repeated"]["asked_again"] > 0


@pytest.mark.slow
def test_a_slow_commit_behind_its_date_is_found_out(tmp_path):
    status, found, _ = judged(tmp_path, "late", pausing=False)
    assert status == 1
    for kind in ("last-date", "page-header", "date-cut"):
        lost = found["kinds"][kind]["lost"]
        assert lost["passed_over"] > 0
        assert (lost["gone"], lost["after_an_error"]) == (0, 0)


@pytest.mark.slow
def test_what_was_acknowledged_and_not_kept_is_gone(tmp_path):
    status, found, _ = judged(tmp_path, "drops")
    assert status == 1
    for kind in found["kinds"].values():
        assert kind["lost"]["gone"] > 0
        assert kind["lost"]["passed_over"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["again", "twice"])
def test_what_is_given_again_unasked_is_the_servers_doing(tmp_path, fault):
    status, found, _ = judged(tmp_path, fault, "--strict")
    assert (status, found["lost"]) == (1, 0)
    assert found["kinds"]["last-date"]["repeated"]["by_the_server"] > 0
    assert found["kinds"]["last-date"]["repeated"]["asked_again"] == 0


@pytest.mark.slow
def test_what_is_shown_while_it_is_paused_is_found_out(tmp_path):
    status, found, _ = judged(tmp_path, "shows")
    assert (status, found["lost"]) == (1, 0)
    assert all(kind["shown"] for kind in found["kinds"].values())


@pytest.mark.slow
def test_a_client_that_moves_on_after_errors_loses_what_a_server_refuses(tmp_path):
    # Its clock has whole seconds: two of them hold one whose objects it is refused, and a later one to move on to.
    status, found, _ = judged(tmp_path, "refuses", "--pause-seconds", "2", "--seconds", "4.5", "--kind", "own-clock")
    lost = found["kinds"]["own-clock"]["lost"]
    assert status == 1
    assert lost["after_an_error"] > 0
    assert (lost["passed_over"], lost["gone"]) == (0, 0)
    assert found["kinds"]["own-clock"]["errors"]["403"] > 0


@pytest.mark.slow
def test_clients_that_keep_their_place_lose_nothing_to_errors(tmp_path):
    kinds = ["--kind", "page-header", "--kind", "date-cut"]
    status, found, _ = judged(tmp_path, "broken", *kinds)
    assert (status, found["lost"], found["repeated_by_the_server"]) == (0, 0, 0)
    assert found["kinds"]["page-header"]["errors"]["503"] > 0


@pytest.mark.slow
def test_a_reader_that_comes_to_no_end_is_not_judged(tmp_path):
    # Each fourth answer is an error: a walk of many pages never reaches its end.
    status, found, _ = judged(tmp_path, "broken", "--kind", "last-date", "--page", "1", "--drain-seconds", "2")
    assert (status, found["lost"]) == (3, 0)
    assert found["unread"] > 0


@pytest.mark.slow
def test_a_missing_date_header_is_told_apart(tmp_path):
    kinds = ["--kind", "page-header", "--kind", "last-date"]
    status, found, _ = judged(tmp_path, "silent", *kinds)
    assert (status, found["repeated_by_the_server"]) == (0, 0)
    assert found["kinds"]["page-header"]["repeated"]["for_want_of_a_date"] > 0
    assert found["kinds"]["last-date"]["repeated"]["all"] == 0
    status, found, _ = judged(tmp_path, "dateless", "--kind", "last-date")
    assert found["kinds"]["last-date"]["repeated"]["nobody_can_say"] > 0


@pytest.mark.slow
def test_only_what_is_surely_in_is_owed(tmp_path):
    status, found, _ = judged(tmp_path, "picky")
    assert (status, found["lost"]) == (0, 0)
    assert found["refused"] > 0
    status, found, _ = judged(tmp_path, "pending")
    assert (status, found["lost"], found["in_doubt"]) == (0, 0, 0)
    assert found["written"] > 20


@pytest.mark.slow
def test_objects_may_go_in_by_a_command(tmp_path):
    command = "cat > /dev/null; exit 4"
    flag = tmp_path / "paused"
    with serving("", flag) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "bench.whole", url, "--collection", "Feed", "--reader", "Bearer reader"),
                *("--write-command", command, "--seconds", "0.5", "--settle-seconds", "0", "--json"),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    found = json.loads(done.stdout)
    assert done.returncode == 3
    assert found["written"] == 0
    assert found["in_doubt"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "arguments", "said"),
    [
        ("readonly", [], "is not writable"),
        ("", ["--collection", "other"], "there is no collection `other` for this account; there are: feed"),
        ("", ["--reader", "nobody"], "credentials are"),
        ("", ["--pause-command", "exit 3", "--resume-command", "true"], ""),
    ],
)
def test_what_cannot_be_judged_ends_with_three(tmp_path, fault, arguments, said):
    status, found, errors = judged(tmp_path, fault, *arguments)
    assert status == 3
    assert said in errors
    assert not found.get("lost")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--reader", "a:b"],
        ["--reader", "a:b", "--writer", "c:d", "--write-command", "true"],
        ["--reader", "a:b", "--writer", "c:d", "--pause-command", "true"],
        ["--reader", "a:b", "--writer", "c:d", "--writers", "0"],
        ["--reader", "@{empty}", "--writer", "c:d"],
        ["--reader", "a:b", "--writer", "@{empty}"],
    ],
)
def test_wrong_usage_ends_with_two(tmp_path, capsys, arguments):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(SystemExit) as ended:
        main(["http://127.0.0.1:9/taxii2/", *(each.format(empty=empty) for each in arguments)])
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_server_that_is_not_there_ends_with_three(capsys):
    assert main(["http://127.0.0.1:9/taxii2/", "--reader", "a:b", "--writer", "c:d"]) == 3
    assert "answers with nothing" in capsys.readouterr().err


def test_every_fault_is_described():
    assert all(FAULTS.values())
