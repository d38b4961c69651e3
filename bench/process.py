"""Servers as processes of their own: started, waited for, looked at, ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.client import Failed

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15
LOOK_SECONDS = 0.1

_unwaited: list[float] = []


def plainly() -> dict[str, str]:
    """The environment of a process of ours: nothing of whoever started us but where programs and languages are."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: Sequence[object], *, port: int, log: Path, environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once it listens on the port; ended with the block. Raises `Failed` with what it wrote."""
    with log.open("wb") as written:
        server = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, port, log)
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < ends:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"the server did not start: {log.read_text(errors='replace')[-1500:]}")


def memory_peak(pid: int) -> int:
    """The highest resident memory that a process ever had, in bytes (`VmHWM` of its status)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise Failed("the kernel does not say how much memory a process has had")
    return int(found[1]) * 1024


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process and its children have used so far, in steps of a hundredth."""
    found = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = _status(entry)
                if int(entry.name) == pid or int(fields[1]) == pid:
                    found += _seconds(fields)
    return found


def _status(entry: Path) -> list[str]:
    """What the kernel says of a process, from its state on: the name in brackets before it may hold anything."""
    return (entry / "stat").read_text().rpartition(")")[2].split()


def _seconds(fields: list[str]) -> float:
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command: Sequence[object], *, environment: Mapping[str, str], folder: Path | None = None) -> str:
    """Standard output of a command that has to succeed. Raises `Failed` with what it wrote."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=dict(environment),
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise Failed(
            f"{Path(str(command[0])).name} ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}"
        )
    return done.stdout


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds by the clock, seconds of processor in all its processes, and their memory.

    `memory`: the highest resident memory that each of its processes ever had, added up, in bytes. What a process used
    in its last tenth of a second is not seen.
    """

    seconds: float
    processor: float
    memory: int


def costing(command: Sequence[object], *, environment: Mapping[str, str], folder: Path) -> tuple[str, Cost]:
    """As `run`, with what it cost, all processes that it started included. `folder` takes what it writes."""
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        began, waited = time.perf_counter(), _waited_seconds()
        # A session of its own: its processes are found by that, whoever their parents are by then.
        started = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        seen: dict[int, tuple[float, int]] = {}
        while started.poll() is None:
            _look(started.pid, seen)
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(LOOK_SECONDS)
        seconds = time.perf_counter() - began
        out.seek(0)
        err.seek(0)
        said, errors = out.read().decode(), err.read().decode(errors="replace")
    if started.returncode:
        raise Failed(f"{Path(str(command[0])).name} ended with {started.returncode}: {(said + errors)[-1500:]}")
    used = sum(each for each, _ in seen.values())
    _unwaited.append(max(0.0, used - (_waited_seconds() - waited)))
    return said, Cost(seconds, used, sum(memory for _, memory in seen.values()))


def unwaited_seconds() -> float:
    """Processor seconds of processes of ours that nobody waited for, which the kernel therefore adds to nobody's."""
    return sum(_unwaited)


def _waited_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _look(session: int, seen: dict[int, tuple[float, int]]) -> None:
    """Notes processor seconds and peak memory of each process of a session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, Failed):
                fields = _status(entry)
                if int(fields[3]) == session:
                    seen[int(entry.name)] = _seconds(fields), memory_peak(int(entry.name))
