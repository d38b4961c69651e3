"""`relto audit`: a partner checks from outside what a node's log says that it was given."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from relto.faces.cli.asking import AskedNode
from relto.faces.cli.call import Call, written
from relto.faces.cli.faults import show_faults
from relto.faces.cli.memory import read_bytes, remember, remembered, state_name
from relto.faces.cli.reach import CA_VARIABLE, TOKEN_VARIABLE, USER_VARIABLE, Reach
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen
    from relto.usecases.evidence.audit.auditing import Audit, Witnessed
    from relto.usecases.evidence.audit.matching import ReceivedObject

SIGNED_SECONDS: Final = 10
"""So long a node may take until what it delivered stands under a checkpoint."""


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "audit", acts=False, remote=False)(audit)


def audit(
    call: Call,
    url: Annotated[str, typer.Argument(metavar="URL", help="the node that is checked", show_default=False)],
    *,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="its public key, which came another way; once")
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="what is remembered [relto-audit-HOST-PORT.json]")
    ] = None,
    party: Annotated[
        str, typer.Option("--party", metavar="CODE", help="whose deliveries have to be shown; remembered")
    ] = "",
    received: Annotated[
        Path | None, typer.Option("--received", metavar="FOLDER", help="all envelopes that were ever received")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="read the collections again, and compare with that")] = False,
    compare: Annotated[
        list[Path] | None, typer.Option("--compare", metavar="FILE", help="a checkpoint that another partner was shown")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="where to write the checkpoint, for others")
    ] = None,
    cosign: Annotated[
        Path | None, typer.Option("--cosign", metavar="KEY", help="cosign the checkpoint with this key, if all is well")
    ] = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option("--witness", metavar="FILE", help="the key of a witness that has to have cosigned"),
    ] = None,
    token: Annotated[str | None, typer.Option("--token", metavar="TOKEN", help="who asks [RELTO_TOKEN]")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="ACCOUNT", help="who asks [RELTO_USER]")] = None,
    ca: Annotated[
        str | None, typer.Option("--ca", metavar="FILE", help="certificates to check the node's against")
    ] = None,
) -> int:
    """Check that a node's log says of you what you know: what you were given is in it, and it was never rewritten.

    The account's password is taken from RELTO_PASSWORD, or asked for.
    """
    from relto.faces.cli.remote import Remote
    from relto.usecases.evidence.audit.auditing import Auditor, compare_checkpoint, require_witnesses
    from relto.wiring import host, put_file
    from relto.wiring.proving import read_keys, received_in, verify

    clock, _, _ = host()
    began = clock.now()
    file = state or Path(state_name(url))
    memory, was = remembered(file, key, party)
    environment = os.environ
    reach = Reach(
        url,
        token or ("" if user else environment.get(TOKEN_VARIABLE, "")),
        user or ("" if token else environment.get(USER_VARIABLE, "")),
        ca or environment.get(CA_VARIABLE, ""),
    )
    node = AskedNode(Remote(reach))
    kept = None if received is None else list(received_in(received))
    read = node.read_again() if again else None
    auditor = Auditor(node, memory, verify)
    found = auditor.look()
    had = _compared(found, kept, read)
    for _ in range(SIGNED_SECONDS):
        # What was received a moment ago is on record already, and signed within seconds.
        if all(fault.code != "received-unrecorded" for fault in found.faults):
            break
        time.sleep(1)
        if auditor.look_on():
            had = _compared(found, kept, read)
    if found.note:
        for each in compare or ():
            compare_checkpoint(node, found, read_bytes(each), verify)
    witnessed: list[Witnessed] = []
    if found.note and witness:
        witnesses = [key for each in witness for key in read_keys(each)]
        witnessed = require_witnesses(node, found, witnesses, verify)
    kept_on = found.to_remember(at=began)
    is_kept = kept_on is not None and remember(file, url, kept_on, was=was)
    if checkpoint is not None and found.note:
        put_file(checkpoint, found.note.encode())
    cosigned = None
    if cosign is not None and not found.faults:
        cosigned = node.cosign(found.note, cosign)
    return _answer(call, url, found, had, cosigned, witnessed, is_kept=is_kept)


def _compared(found: Audit, kept: Sequence[ReceivedObject] | None, read: Sequence[ReceivedObject] | None) -> int | None:
    """How many objects were received, held against what was recorded; None: nothing is to be."""
    from relto.usecases.evidence.audit.matching import compare_received

    found.forget_received()
    had: int | None = None
    if found.is_whole and kept is not None:
        had = compare_received(found, kept, whole=True, beside=read or ())
    if found.is_whole and read is not None:
        had = compare_received(found, read, whole=False)
    return had


def _answer(
    call: Call,
    url: str,
    found: Audit,
    received: int | None,
    cosigned: str | None,
    witnessed: Sequence[Witnessed],
    *,
    is_kept: bool,
) -> int:
    from relto.faces.cli.screen import moment
    from relto.faces.verbs.verdicts import fault_document

    document = {
        "ok": not found.faults,
        "url": url,
        "origin": found.memory.origin,
        "size": found.size,
        "root": found.root.hex(),
        "party": found.memory.party or None,
        "accounts": found.readers,
        "deliveries": len(found.given),
        "items": len(found.recorded),
        "withdrawn": found.withdrawn,
        "received": received,
        "rewritten": found.rewritten,
        "cosigned": cosigned,
        "remembered": is_kept,
        "witnessed": [{"name": each.name, "size": each.size, "at": written(each.at)} for each in witnessed],
        "faults": [fault_document(fault) for fault in found.faults],
    }

    def show(screen: Screen) -> None:
        if found.note:
            screen.facts(
                [
                    ("log", f"{found.memory.origin}, {found.size} leaves"),
                    ("root", found.root.hex()),
                    ("party", found.memory.party),
                    ("accounts", ", ".join(found.readers)),
                    ("deliveries", f"{len(found.given)}, of {len(found.recorded)} items"),
                    ("received", None if received is None else f"{received} objects"),
                    ("in other bytes", f"{found.rewritten}, which say the same" if found.rewritten else None),
                    ("cosigned by", cosigned),
                    ("remembered", None if is_kept or found.is_disowned else "no: another audit wrote meanwhile"),
                    *[
                        (f"seen by {each.name}", f"{each.size} leaves, {moment(written(each.at))}")
                        for each in witnessed
                    ],
                ]
            )
        compared = "" if received is None else ": what was received is what the log says"
        show_faults(screen, found.faults, fine=f"nothing is wrong{compared}")

    call.answer(document, show)
    return 1 if found.faults else 0
