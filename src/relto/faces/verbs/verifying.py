"""Verifying the log of a node that is served, and writing it down for outsiders: by a process of its own.

Whoever is in office at the party whose node it is may have it verified, which says what is wrong and nothing else. An
archive has all leaves, so it is for those who see everything.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused, Unknown
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.log import require_whole
from relto.faces.verbs.verdicts import verdict_document
from relto.usecases.evidence.show.disclosing import log_keys
from relto.wiring import open_node
from relto.wiring.proving import export_log, own_keys, stamp_reader, verify_node

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.config import Config
    from relto.ports.chores import Chores, Standing

    Told = Callable[[int, int], None]

VERIFY: Final = "verify"
EXPORT: Final = "export"

ARCHIVE: Final = "log.zip"


def standing(caller: Caller, *, chores: Chores) -> dict[str, dict[str, Any] | None]:
    """How it stands: `running`, what goes on now; `verified` and `exported`, what came of the last of either kind. Null
    where there is none.
    """
    require_office(caller)
    found = {kind: chores.standing(kind) for kind in (VERIFY, EXPORT)}
    running = next((each for each in found.values() if each is not None and each.is_running), None)
    return {
        "running": _document(running),
        "verified": _document(found[VERIFY]),
        "exported": _document(found[EXPORT]),
    }


def _document(found: Standing | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "kind": found.kind,
        "state": found.state,
        "stopping": found.is_stopping,
        "by": found.by,
        "began_at": written(found.began_at),
        "ended_at": written(found.ended_at),
        "done": found.done,
        "of": found.of,
        "answer": found.answer,
        "error": found.error,
    }


def verify(caller: Caller, *, chores: Chores) -> dict[str, Any]:
    """Have the node's log verified, and its tables by what the log says. Raises `Conflict` (`chore-running`)."""
    require_office(caller)
    chores.begin(VERIFY, _verify, caller.opened.config.portable(), by=caller.by.account, now=caller.now)
    return {"kind": VERIFY, "state": "running"}


def export(caller: Caller, *, chores: Chores) -> dict[str, Any]:
    """Have an archive of the log written, with all that an outsider needs to verify it, in place of the last one.

    Raises `Conflict` (`chore-running`).
    """
    require_whole(caller)
    chores.begin(
        EXPORT, _export, caller.opened.config.portable(), str(chores.folder), by=caller.by.account, now=caller.now
    )
    return {"kind": EXPORT, "state": "running"}


def stop(caller: Caller, *, chores: Chores) -> dict[str, Any]:
    """End what goes on; what it was to find is not known then."""
    running = standing(caller, chores=chores)["running"]
    if running is not None and running["kind"] == EXPORT:
        require_whole(caller)
    chores.stop()
    return {"state": "stopped"}


def archive(caller: Caller, *, chores: Chores) -> Path:
    """The archive that was written last. Raises `Unknown` (`archive-unknown`)."""
    require_whole(caller)
    file = chores.folder / ARCHIVE
    if not file.is_file():
        raise Unknown("archive-unknown", "no archive of the log was written here yet")
    return file


def written_archive(caller: Caller, *, chores: Chores) -> dict[str, Any] | None:
    """The archive that was written last, as far as whoever asks may have it: its bytes. None: there is none."""
    file = chores.folder / ARCHIVE
    if not caller.sight.is_whole or not file.is_file():
        return None
    return {"bytes": file.stat().st_size}


def require_office(caller: Caller) -> None:
    """Returns where whoever asks is in office at the party whose node it is. Raises `Refused` (`role-missing`)."""
    if not caller.sight.is_in_host_office:
        raise Refused("role-missing", "the log is verified by those in office at the party whose node it is")


# In the other process.


def _verify(told: Told, config: Config) -> dict[str, Any]:
    stamps = config.timestamps
    roots = Path(stamps.ca) if stamps.url and stamps.ca else None
    with open_node(config) as opened:
        opened.sign()
        verdict = verify_node(opened, own_keys(opened), told, stamp=stamp_reader(roots))
    return verdict_document(verdict, believes=roots is not None)


def _export(told: Told, config: Config, folder: str) -> dict[str, Any]:
    # Where it may be moved into its place from, and is gone where this is cut off.
    draft = Path(tempfile.mkdtemp()) / ARCHIVE
    with open_node(config) as opened:
        opened.sign()
        with opened.node.store.read() as snap:
            keys = log_keys(snap)
        checkpoint = export_log(opened.database, draft, keys, told)
    draft.replace(Path(folder) / ARCHIVE)
    size = (Path(folder) / ARCHIVE).stat().st_size
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "origin": checkpoint.origin,
        "bytes": size,
        "keys": [key.text for key in keys],
    }
