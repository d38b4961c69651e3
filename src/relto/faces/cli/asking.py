"""A node as its partner asks it, over the wire: what `relto audit` is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from relto.domain.errors import BadInput, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from relto.faces.cli.remote import Remote
    from relto.usecases.evidence.audit.matching import ReceivedObject

PAGE_ITEMS: Final = 1_000
OBJECTS_MAX: Final = 1_000_000
"""So many objects are read again at most, which a machine has the memory to remember."""


class AskedNode:
    """The node as its partner asks it (`usecases/evidence/auditing.Asked`)."""

    def __init__(self, remote: Remote) -> None:
        """By this way."""
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

    def cosigned(self) -> list[bytes]:
        """What witnesses signed last."""
        notes = self._document("/log/cosigned").get("checkpoints")
        if not isinstance(notes, list):
            raise Unreachable("node-odd", "the node lists no checkpoints")
        return [each.encode("utf-8", "surrogatepass") for each in notes if isinstance(each, str)]

    def cosign(self, note: str, file: Path) -> str:
        """Signs the checkpoint beside the node, and hands that in; by which key."""
        from relto.wiring.proving import cosigned

        name, signed = cosigned(note.encode(), file)
        self._remote.fetch("POST", "/log/cosignature", body=signed)
        return name

    def read_again(self) -> list[ReceivedObject]:
        """All that can be read of all collections now. It is put on record like any other reading."""
        found: list[ReceivedObject] = []
        listed = self._document("/exchange/collections/").get("collections", [])
        for each in listed if isinstance(listed, list) else []:
            if not isinstance(each, dict):
                raise Unreachable("node-odd", "the node lists what is no collection")
            # What one gives oneself is no delivery.
            if not each.get("can_write"):
                name = quote(str(each.get("id")), safe="", errors="surrogatepass")
                self._add_objects(found, f"/exchange/collections/{name}/objects/")
        return found

    def _add_objects(self, found: list[ReceivedObject], path: str) -> None:
        from relto.wiring.proving import sliced

        query: dict[str, Any] = {"limit": PAGE_ITEMS, "match[version]": "all"}
        # Each page but the last has an object, or ends it.
        while len(found) <= OBJECTS_MAX:
            raw = self._remote.fetch("GET", f"{path}?{urlencode(query, errors='surrogatepass')}")
            following = _read(raw).get("next")
            try:
                objects = sliced(raw)
            except BadInput as error:
                raise Unreachable("node-odd", f"the node answers with what is no envelope: {error}") from error
            found += objects
            if not following:
                return
            if not isinstance(following, str) or not objects or following == query.get("next"):
                raise Unreachable("node-odd", "a collection of the node has no end")
            query["next"] = following
        raise Refused(
            "objects-too-many",
            f"there are more than {OBJECTS_MAX} objects to read again",
            remedy="compare the envelopes that were kept: --received FOLDER",
        )

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
