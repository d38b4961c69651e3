"""Verification: the log is checked, or written down for outsiders, by a process of its own, and the page tells how far
that is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused
from relto.faces.console.act import Act, Question
from relto.faces.console.visit import Sent, Shown, Went
from relto.faces.verbs import evidence, verifying

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PIECE: Final = 262_144
"""Bytes of an archive that are read at once."""

ZIP: Final = b"application/zip"

AT: Final = "/evidence/verification"


def may(visit: Visit) -> bool:
    """Whether whoever looks may have the log verified."""
    try:
        verifying.require_office(visit.caller)
    except Refused:
        return False
    return True


def told(visit: Visit) -> dict[str, Any]:
    """How it stands, as far as whoever looks may know that."""
    if not may(visit):
        return {"running": None, "verified": None, "exported": None}
    return verifying.standing(visit.caller, chores=visit.chores)


def page(visit: Visit) -> Shown:
    """How it stands, or what came of the last one."""
    found = verifying.standing(visit.caller, chores=visit.chores)
    archive = verifying.written_archive(visit.caller, chores=visit.chores)
    return Shown("verification.html", {**found, "archive": archive, "is_whole": visit.caller.sight.is_whole})


def progress(visit: Visit) -> Answer:
    """The part that changes while it goes on; when it has ended, the page is asked for anew."""
    running = verifying.standing(visit.caller, chores=visit.chores)["running"]
    return Went(AT) if running is None else Shown("parts/chore.html", {"chore": running})


def archive(visit: Visit) -> Sent:
    """The archive that was written last, to be saved."""
    # The file is held open: another may take its place while it is sent.
    file = verifying.archive(visit.caller, chores=visit.chores).open("rb")
    sent = Sent.file("relto-log.zip", b"", ZIP, _pieces(file))
    sent.headers.append((b"content-length", b"%d" % os.fstat(file.fileno()).st_size))
    return sent


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _said(visit: Visit) -> Said:
    return {"chores": visit.chores}


def _asks_verify(visit: Visit, said: Said) -> Question:
    del said
    size = evidence.latest(visit.caller, limit=1)["size"]
    tells = (
        f"All {size:,} leaves of the log are read, and every decision and delivery in it is carried out again.",
        "The tables of the node are held against what comes of it. Nothing is changed.",
        "A process of its own does it, which gives way to the server and ends with it.",
    )
    return Question("Verify the log", "Verify it now", tells)


def _asks_export(visit: Visit, said: Said) -> Question:
    size = evidence.latest(visit.caller, limit=1)["size"]
    tells = [
        f"An archive of all {size:,} leaves is written: everything that an outsider needs to verify the log.",
        "Nothing in it is secret to the node, and it has no content of items.",
        "It tells who decided what and who was given what. Whoever has the file can read that.",
    ]
    if verifying.written_archive(visit.caller, **said):
        tells.append("It takes the place of the archive that was written before.")
    return Question("Write an archive of the log", "Write it", tells)


def _asks_stop(visit: Visit, said: Said) -> Question:
    del visit, said
    return Question("Stop it", "Stop it", ("What it has found so far is not kept.",), stops=True)


def _then(visit: Visit, said: Said, document: Any) -> Answer:
    del visit, said, document
    return Went(AT)


VERIFY: Final = Act(verifying.verify, _said, _asks_verify, _then)
EXPORT: Final = Act(verifying.export, _said, _asks_export, _then)
STOP: Final = Act(verifying.stop, _said, _asks_stop, _then)
