"""Servers as processes of their own: started, waited for, looked at, ended."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.client import Failed

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15


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
