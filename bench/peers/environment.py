"""A virtual environment for each peer, made once from its lock file, and again where that changed."""

from __future__ import annotations

import os
import shutil
import sys
import venv
from pathlib import Path

from bench.process import run

BENCH = Path(__file__).resolve().parents[1]


def environment(name: str) -> Path:
    """The folder of the programs of the peer's environment. Raises `Failed` where it cannot be made."""
    lock = BENCH / "peers" / f"{name}.lock"
    folder = BENCH / "envs" / name
    stamp = folder / "made-from.lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
        run([folder / "bin" / "python", *install], environment=os.environ)
        # Last, so that what was cut short is made anew.
        stamp.write_bytes(lock.read_bytes())
    return folder / "bin"


def surroundings(**more: str) -> dict[str, str]:
    """What a peer is started with: nothing of Relto's environment."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **more}


if __name__ == "__main__":
    for peer in sys.argv[1:]:
        print(environment(peer))
