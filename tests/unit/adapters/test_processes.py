"""Processes: what another one is asked for comes, or it is known that it will not; none is left behind."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest

from relto.adapters import processes
from relto.adapters.processes import aside, processors
from relto.domain.errors import Refused

SECONDS_MAX = 20


def summed(*numbers):
    return sum(numbers), os.getpid()


def dying():
    os.kill(os.getpid(), signal.SIGKILL)


def refused():
    raise Refused("disk-full", "there is no room left")


def named_and_waiting(file):
    file.write_text(f"{os.getpid()}\n")
    time.sleep(60)


def looking_after_its_parent(file):
    from relto.adapters.processes import is_orphan

    file.write_text(f"{os.getpid()}\n")
    while not is_orphan():
        time.sleep(0.05)


def awaited(file):
    """The number in a file that another process writes."""
    ends = time.monotonic() + SECONDS_MAX
    while time.monotonic() < ends:
        if file.exists() and file.read_text().endswith("\n"):
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError("nobody wrote it")


def is_gone(pid):
    ends = time.monotonic() + SECONDS_MAX
    while time.monotonic() < ends:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_another_process_answers():
    with aside(summed, 1, 2, 3) as answer:
        total, pid = answer()
    assert total == 6
    assert pid != os.getpid()


@pytest.mark.parametrize("lost", [dying, refused])
def test_one_that_dies_or_is_refused_has_no_answer_and_nobody_waits(lost, capfd):
    with aside(lost) as answer:
        assert answer() is None
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [OSError("there are no processes left"), EOFError("unexpected EOF")])
def test_one_that_cannot_be_started_has_no_answer(monkeypatch, error):
    def none(*_):
        raise error

    monkeypatch.setattr(processes, "Worker", none)
    with aside(summed, 1) as answer:
        assert answer() is None


def test_one_that_has_ended_by_itself_is_not_killed(monkeypatch):
    """Its number may be another's by then."""
    killed, workers = [], []

    class Watched(processes.Worker):
        def __init__(self, *words):
            super().__init__(*words)
            workers.append(self._process)

    monkeypatch.setattr(processes, "Worker", Watched)
    with aside(summed, 1) as answer:
        assert answer() is not None
        # How it ended is known, though nobody has asked.
        assert wait([workers[0].sentinel], SECONDS_MAX)
        monkeypatch.setattr(os, "kill", lambda *words: killed.append(words))
    assert killed == []


def test_one_that_nobody_waits_for_is_ended(tmp_path):
    with aside(named_and_waiting, tmp_path / "pid"):
        pid = awaited(tmp_path / "pid")
    assert is_gone(pid)


PROGRAM = """
import sys, time
from pathlib import Path
from relto.adapters.processes import aside
from tests.unit.adapters.test_processes import looking_after_its_parent

if __name__ == "__main__":
    with aside(looking_after_its_parent, Path(sys.argv[1])):
        time.sleep(60)
"""


def test_one_whose_parent_is_killed_notices(tmp_path):
    program, file = tmp_path / "program.py", tmp_path / "pid"
    program.write_text(PROGRAM)
    started = subprocess.Popen([sys.executable, program, file], env={**os.environ, "PYTHONPATH": os.fspath(Path.cwd())})
    try:
        pid = awaited(file)
    finally:
        started.kill()
        started.wait()
    assert is_gone(pid)


def test_there_is_a_processor():
    assert processors() >= 1
