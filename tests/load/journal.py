"""The journal: what each actor did and saw, one line of JSON each, written before it goes on.

Moments are nanoseconds of the machine's monotonic clock, which is one for all processes; `date`s are microseconds
since 1970, as the server gave them.

- `wrote`: ids, topics (a list for each id), digests (SHA-256 in hex of each object's bytes), begun, ended.
- `pause`: number, agreements, recipient (or null), topics (or null), cut, begun, ended.
- `resume`: number, backlog, begun, ended.
- `read`: reader, collection (`AGREEMENT/PARTY`), walk, asked (date or null), ids, digest (of objects: SHA-256 in hex
  over the SHA-256 of each), first, last, dates (a manifest's), clock (the reader's, when the page had arrived), begun,
  ended.
- `failed`: reader, status, begun, ended.
- `polls`: reader, polls (a list of begun, ended, status for each page), ended; where readers poll now and then.
- `done`: reader; the last line of one that ended as it should.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]

now = time.monotonic_ns


class Journal:
    """Writes lines, from any thread."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self._lock = threading.Lock()

    def note(self, kind: str, **parts: Any) -> None:
        line = json.dumps({"kind": kind, **parts}) + "\n"
        with self._lock:
            self._file.write(line)


def lines_of(paths: Iterable[Path]) -> list[Line]:
    """All lines of all journals, in the order in which what they tell ended; a line that was cut short is left out."""
    found = [json.loads(text) for path in paths for text in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return sorted(found, key=lambda line: line.get("ended", 0))
