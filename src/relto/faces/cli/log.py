"""`relto log`: the record that proves what happened, its checkpoints and keys, and who cosigns it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relto.faces.cli import proof
from relto.faces.cli.call import Call
from relto.faces.cli.options import Code
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

Key = Annotated[str, typer.Argument(metavar="VKEY", help="a verifier key: name+id+key", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="the name of a witness's key", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    log = group(app, "log", "The log: what proves what happened.")
    verb(log, "checkpoint", acts=False, remote=False)(checkpoint)
    verb(log, "rotate-key", asks=True, remote=False)(rotate_key)
    witness = group(log, "witness", "Witnesses: parties that cosign checkpoints.")
    verb(witness, "add", remote=False)(witness_add)
    verb(witness, "make-key", acts=False, remote=False)(witness_make_key)
    verb(witness, "list", acts=False, remote=False)(witness_list)
    verb(witness, "remove", asks=True, remote=False)(witness_remove)
    proof.hang_in(log)


def checkpoint(call: Call) -> int:
    """Sign what is new in the log, and show its last checkpoint."""
    from relto.faces.cli.screen import moment
    from relto.faces.verbs import log

    document = call.ask(log.checkpoint)

    def show(screen: Screen) -> None:
        for line in document["checkpoint"].splitlines():
            screen.line(line, whole=True)
        for each in document["cosignatures"]:
            screen.note(f"cosigned by {each['name']} at {moment(each['at'])}")
        stamp = document["timestamp"]
        if stamp is not None:
            screen.note(f"{stamp['size']} leaves stamped at {moment(stamp['at'])} by {stamp['authority']}")

    call.answer(document, show)
    return 0


def rotate_key(
    call: Call,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="WHEN", help="until when the old key signs beside the new one")
    ] = "30d",
) -> int:
    """Give the log a new key. Checkpoints are signed with both until the overlap is over; the old one has signed that
    the new one takes its place.
    """
    from relto.faces.cli.screen import moment
    from relto.faces.verbs import log

    call.confirm("Give the log a new key?")
    document = call.ask(log.rotate_key, overlap=overlap)

    def show(screen: Screen) -> None:
        screen.line(f"the log signs by {document['key']}", whole=True)
        screen.note(f"{document['before']['file']} signs beside it until {moment(document['before']['until'])}")

    call.answer(document, show)
    return 0


def witness_add(call: Call, party: Code, key: Key) -> int:
    """Have a party cosign checkpoints by a key of its own."""
    from relto.faces.verbs import log

    document = call.ask(log.add_witness, party=party, key=key)
    call.answer(document, lambda screen: screen.line(f"{document['party']} cosigns as {document['name']}"))
    return 0


def witness_make_key(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="where its private half goes", show_default=False)],
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", help="what it is called: a name under your domain is best"),
    ],
) -> int:
    """Make a key to cosign with, at the partner's own place: no node is asked. It prints the public half for the
    operator of the node.
    """
    from relto.wiring.proving import made_key, public_file

    key = made_key(file, name)
    document = {"name": key.name, "key": key.text, "file": str(file), "public": str(public_file(file))}

    def show(screen: Screen) -> None:
        screen.line(key.text, whole=True)
        screen.note("the operator of the node registers this line: relto log witness add CODE VKEY")
        screen.note(f"the private half stays with you: relto audit URL --cosign {file}")

    call.answer(document, show)
    return 0


def witness_list(call: Call) -> int:
    """List who cosigns: how many leaves the last checkpoint had that each signed, and when that was."""
    from relto.faces.cli.screen import moment
    from relto.faces.verbs import log

    found = call.ask(log.list_witnesses)
    rows = [(each["name"], each["party"], each["size"], moment(each["at"])) for each in found]
    call.answer(found, lambda screen: screen.table(("name", "party", "leaves", "cosigned"), rows, empty="no witnesses"))
    return 0


def witness_remove(call: Call, name: Name) -> int:
    """Take no more cosignatures by a key; what it signed stays."""
    from relto.faces.verbs import log

    call.confirm(f"Take no more cosignatures by {name}?")
    document = call.ask(log.remove_witness, name=name)
    call.answer(document, lambda screen: screen.line(f"{document['name']} of {document['party']} cosigns no more"))
    return 0
