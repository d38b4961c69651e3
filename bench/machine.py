"""What a measurement ran on, in words that name no folder and no person."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def described() -> dict[str, str | int | float]:
    """Cores, memory, versions, the commit, and how busy the machine was already."""
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "cores": len(os.sched_getaffinity(0)),
        "processor": _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)") or platform.machine(),
        "memory_mib": int(_first(Path("/proc/meminfo"), r"MemTotal:\s*(\d+)") or 0) // 1024,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The short name of the commit, with a `+` where the work tree differs from it; `unknown` outside a clone."""
    try:
        name = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed else name


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _first(path: Path, pattern: str) -> str | None:
    try:
        found = re.search(pattern, path.read_text())
    except OSError:
        return None
    return found[1].strip() if found else None


class BusyTime:
    """How much of the processor was in use in a stretch of time, and how much of that was ours.

    A measurement on a machine that others use is worth what this says.
    """

    def __init__(self) -> None:
        self._busy, self._all = _jiffies()
        self._own = _own_jiffies()

    def others(self, *, besides: float = 0.0) -> float:
        """The share of all cores, 0 to 1, that was used since by others than this process and its ended children.

        `besides`: processor seconds of ours that are in neither.
        """
        busy, everything = _jiffies()
        own = _own_jiffies() - self._own + besides * os.sysconf("SC_CLK_TCK")
        return max(0.0, min(1.0, (busy - self._busy - own) / max(everything - self._all, 1)))


def _jiffies() -> tuple[int, int]:
    user, nice, system, idle, wait, *rest = (
        int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    everything = user + nice + system + idle + wait + sum(rest)
    return everything - idle - wait, everything


def _own_jiffies() -> int:
    times = os.times()
    return int((times.user + times.system + times.children_user + times.children_system) * os.sysconf("SC_CLK_TCK"))
