"""`relto audit`: a partner checks from outside what a node's log says that it was given."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import typer

from relto.domain.errors import BadInput, Unreachable
from relto.faces.cli.call import Call
from relto.faces.cli.faults import fault_document, show_faults
from relto.faces.cli.reach import CA_VARIABLE, TOKEN_VARIABLE, USER_VARIABLE, Reach
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.faces.cli.remote import Remote
    from relto.faces.cli.screen import Screen
    from relto.usecases.evidence.auditing import Audit, Memory, Received

STATE_BYTES_MAX: Final = 1_048_576
PAGE_ITEMS: Final = 1_000
PAGES_MAX: Final = 1_000_000
PRIVATE: Final = 0o600

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
    from relto.usecases.evidence.auditing import audit as audited
    from relto.usecases.evidence.auditing import compare_checkpoint, compare_received
    from relto.wiring.proving import received_in, verify

    file = state or Path(_state_name(url))
    memory = _remembered(file, key)
    environment = os.environ
    reach = Reach(
        url,
        token or ("" if user else environment.get(TOKEN_VARIABLE, "")),
        user or ("" if token else environment.get(USER_VARIABLE, "")),
        ca or environment.get(CA_VARIABLE, ""),
    )
    node = _Node(Remote(reach))
    kept = None if received is None else list(received_in(received))
    read = node.read_again() if again else None
    for left in range(SIGNED_SECONDS, -1, -1):
        found = audited(node, memory, verify)
        had: int | None = None
        if found.is_whole and kept is not None:
            had = compare_received(found, kept, whole=True)
        if found.is_whole and read is not None:
            had = compare_received(found, read, whole=False)
        # What was received a moment ago is on record already, and signed within seconds.
        if not left or all(fault.code != "received-unrecorded" for fault in found.faults):
            break
        time.sleep(1)
    if found.note:
        for each in compare or ():
            compare_checkpoint(node, found, _bytes(each), verify)
    if found.note and not any(fault.code in {"log-rewritten", "log-split"} for fault in found.faults):
        _remember(file, url, found.memory)
    if checkpoint is not None and found.note:
        _write(checkpoint, found.note)
    cosigned = None
    if cosign is not None and not found.faults:
        cosigned = node.cosign(found.note, cosign)
    return _answer(call, url, found, had, cosigned)


def _state_name(url: str) -> str:
    """The file in which an audit remembers, where none is named: one for each host and port."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        name = "-".join(str(part) for part in (parts.hostname or "node", parts.port) if part)
        return f"relto-audit-{name.replace(':', '-')}.json"
    return "relto-audit-node.json"


def _answer(call: Call, url: str, found: Audit, received: int | None, cosigned: str | None) -> int:
    document = {
        "ok": not found.faults,
        "url": url,
        "origin": found.memory.origin,
        "size": found.size,
        "root": found.root.hex(),
        "deliveries": len(found.given),
        "items": len(found.recorded),
        "withdrawn": found.withdrawn,
        "received": received,
        "rewritten": found.rewritten,
        "cosigned": cosigned,
        "faults": [fault_document(fault) for fault in found.faults],
    }

    def show(screen: Screen) -> None:
        if found.note:
            screen.facts(
                [
                    ("log", f"{found.memory.origin}, {found.size} leaves"),
                    ("root", found.root.hex()),
                    ("deliveries", f"{len(found.given)}, of {len(found.recorded)} items"),
                    ("received", None if received is None else f"{received} objects"),
                    ("in other bytes", f"{found.rewritten}, compared by id and version" if found.rewritten else None),
                    ("cosigned by", cosigned),
                ]
            )
        compared = "" if received is None else ": what was received is what the log says"
        show_faults(screen, found.faults, fine=f"nothing is wrong{compared}")

    call.answer(document, show)
    return 1 if found.faults else 0


class _Node:
    """The node as its partner asks it (`usecases/evidence/auditing.Asked`)."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def checkpoint(self) -> bytes:
        """Its latest checkpoint."""
        return self._remote.fetch("GET", "/log/checkpoint")

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Its proof."""
        from relto.domain.note import from_base64

        document = self._document("/log/consistency?" + urlencode({"old": old, "new": new}))
        proof = document.get("proof")
        if not isinstance(proof, list):
            raise Unreachable("node-odd", "the node answers with no proof")
        hashes = [from_base64(each) if isinstance(each, str) else None for each in proof]
        # What is no hash proves nothing.
        return [each if each is not None else b"" for each in hashes]

    def deliveries(self, after: int | None) -> Mapping[str, Any]:
        """What it says that was given."""
        return self._document("/log/deliveries" + ("" if after is None else "?" + urlencode({"after": after})))

    def cosign(self, note: str, file: Path) -> str:
        """Signs the checkpoint beside the node, and hands that in; by which key."""
        from relto.wiring.proving import cosigned

        name, signed = cosigned(note.encode(), file)
        self._remote.fetch("POST", "/log/cosignature", body=signed)
        return name

    def read_again(self) -> list[Received]:
        """All that can be read of all collections now. It is put on record like any other reading."""
        found: list[Received] = []
        listed = self._document("/exchange/collections/").get("collections", [])
        for each in listed if isinstance(listed, list) else []:
            if not isinstance(each, dict):
                raise Unreachable("node-odd", "the node lists what is no collection")
            # What one gives oneself is no delivery.
            if not each.get("can_write"):
                name = quote(str(each.get("id")), safe="", errors="surrogatepass")
                found += self._objects(f"/exchange/collections/{name}/objects/")
        return found

    def _objects(self, path: str) -> list[Received]:
        from relto.wiring.proving import sliced

        found: list[Received] = []
        query: dict[str, Any] = {"limit": PAGE_ITEMS, "match[version]": "all"}
        for _ in range(PAGES_MAX):
            raw = self._remote.fetch("GET", f"{path}?{urlencode(query, errors='surrogatepass')}")
            following = _read(raw).get("next")
            try:
                objects = sliced(raw)
            except BadInput as error:
                raise Unreachable("node-odd", f"the node answers with what is no envelope: {error}") from error
            found += objects
            if not following:
                return found
            if not isinstance(following, str) or not objects or following == query.get("next"):
                break
            query["next"] = following
        raise Unreachable("node-odd", "a collection of the node has no end")

    def _document(self, target: str) -> Mapping[str, Any]:
        return _read(self._remote.fetch("GET", target))


def _read(raw: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unreachable("node-odd", "the node answers with what is no JSON") from error
    if not isinstance(document, dict):
        raise Unreachable("node-odd", "the node answers with no JSON object")
    return document


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(STATE_BYTES_MAX)
    except OSError as error:
        raise BadInput("file-unreadable", f"`{file}` cannot be read: {(error.strerror or '').lower()}") from error


def _remembered(file: Path, key: Path | None) -> Memory:
    from relto.usecases.evidence.auditing import Memory
    from relto.wiring.proving import read_keys, verify

    keys = () if key is None else tuple(each.text for each in read_keys(key))
    if not file.exists():
        if not keys:
            raise BadInput(
                "key-missing",
                f"nothing is remembered of this node in `{file}`, and its public key is not named",
                remedy="--key FILE, which the node's operator gave you another way: its keys/log.vkey",
            )
        return Memory(keys)
    try:
        value = json.loads(_bytes(file))
        kept = Memory(
            tuple(str(each) for each in value["keys"]),
            str(value["checkpoint"]),
            tuple(str(each) for each in value["earlier"]),
        )
        kept.require_whole(verify)
        origin = kept.origin
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, BadInput) as error:
        raise BadInput("state-unreadable", f"`{file}` does not hold what an audit remembers") from error
    if keys and Memory(keys).origin != origin:
        raise BadInput("state-other", f"`{file}` remembers the log `{origin}`, which is not that of the key")
    return replace(kept, keys=tuple(dict.fromkeys((*kept.keys, *keys))))


def _remember(file: Path, url: str, memory: Memory) -> None:
    value = {
        "url": url,
        "keys": list(memory.keys),
        "checkpoint": memory.checkpoint,
        "earlier": list(memory.earlier),
    }
    _write(file, json.dumps(value, indent=2) + "\n")


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as output:  # noqa: PTH123 - the mode
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(file)
