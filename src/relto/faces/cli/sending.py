"""Files that are sent to another node to be taken in, one request for each."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.faces.cli.remote import Remote
from relto.faces.verbs import registry
from relto.faces.verbs.ingest import REJECTS_SHOWN, ingest

if TYPE_CHECKING:
    from relto.faces.cli.call import Call

BYTES_MAX: Final = 1_073_741_824
"""More is not read into memory; a node takes less, and says how much."""


def sent(call: Call, names: list[str], *, originator: str, strict: bool, rejects: IO[str] | None) -> dict[str, Any]:
    """What came of all of them. Raises as the node tells, and `BadInput` where a file cannot be read."""
    from relto.wiring import sources

    paths = [path for name in names for path in ([name] if name == "-" else map(str, sources(name)))]
    if strict and len(paths) > 1:
        raise BadInput(
            "usage", "another node takes all of one file or nothing, not of several", remedy="send one file at a time"
        )
    verb = registry.found(ingest)
    assert verb is not None, "it is in the registry"
    remote = Remote(call.reach)
    whole: dict[str, Any] = {"added": 0, "known": 0, "rejected": 0, "rejects": [], "visible_at": None}
    for path in paths:
        said = {"originator": originator, "strict": strict, "name": path}
        found = remote.ask(verb, said, body=_read(path))
        for count in ("added", "known", "rejected"):
            whole[count] += found[count]
        whole["rejects"] = [*whole["rejects"], *found["rejects"]][:REJECTS_SHOWN]
        whole["visible_at"] = max(whole["visible_at"] or "", found["visible_at"])
        if rejects is not None:
            rejects.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found["rejects"])
    return whole


def _read(path: str) -> bytes:
    try:
        if path == "-":
            raw = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with open(path, "rb") as file:  # noqa: PTH123 - a name as it was typed
                raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BadInput("input-unreadable", f"`{path}` cannot be read: {reason}") from error
    if len(raw) > BYTES_MAX:
        raise BadInput("input-too-large", f"`{path}` has more than {BYTES_MAX} bytes", remedy="split the input")
    return raw
