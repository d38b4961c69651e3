"""Answers: what a node tells an audit: it has the form of an answer or is refused, and is believed as far as proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.errors import BadInput
from relto.domain.ids import party_code
from relto.domain.leaf import decoded, joined
from relto.domain.merkle import SIZE_MAX, leaf_hash, verify_inclusion
from relto.domain.note import from_base64
from relto.usecases.evidence.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.checkpoint import Checkpoint


class Lost(Exception):
    """What the node answers proves nothing."""

    def __init__(self, code: str, text: str, leaf: int | None = None) -> None:
        super().__init__(text)
        self.fault = Fault(code, text, leaf=leaf)


def proven(told: Mapping[str, Any], checkpoint: Checkpoint, kind: str) -> dict[str, Any]:
    """What a leaf of that kind says, which is in the log."""
    number, text, proof, parts = whole_of(told, "number"), told.get("leaf"), told.get("proof"), told.get("parts", [])
    if not isinstance(text, str) or not isinstance(proof, list) or not isinstance(parts, list):
        raise Lost("node-odd", "the node names a leaf without its bytes or its proof")
    raw = text.encode("utf-8", "surrogatepass")
    hashes = [from_base64(each) if isinstance(each, str) else None for each in proof]
    if None in hashes or not verify_inclusion(
        leaf_hash(raw),
        index=number,
        size=checkpoint.size,
        proof=[each for each in hashes if each is not None],
        root=checkpoint.root,
    ):
        raise Lost("leaf-unproven", f"leaf {number} is not in the log that was signed", number)
    try:
        before = [decoded(str(each).encode("utf-8", "surrogatepass")) for each in parts]
        leaf = decoded(raw)
        if any(part["kind"] != "part" for part in before) or leaf["kind"] != kind:
            raise Lost("node-odd", f"a leaf is told as a `{kind}`, and is none", number)
        # INVARIANT: what is proven is the last alone; parts count as far as it names their digest.
        return joined([*before, leaf])[-1]
    except BadInput as error:
        raise Lost("leaf-unreadable", str(error), number) from error


def portion(document: Mapping[str, Any], after: int, size: int) -> tuple[int, bool]:
    """Up to which leaf an answer goes, and whether there is more. Beyond `after`, in order, to the end at last."""
    upto, more = whole_of(document, "after"), document.get("more")
    if type(more) is not bool:
        raise Lost("node-odd", "`more` of the node's answer is no truth value")
    told = {
        name: [whole_of(each, "number") for each in list_of(document, name)] for name in ("deliveries", "withdrawn")
    }
    numbers = [*told["deliveries"], *told["withdrawn"]]
    if more and not numbers:
        raise Lost("node-odd", "the list of deliveries does not go on")
    if any(each != sorted(set(each)) for each in told.values()) or not all(after < each <= upto for each in numbers):
        raise Lost("node-odd", "the list of deliveries is out of order")
    if upto >= size or (not more and upto != size - 1):
        raise Lost("node-odd", f"the list of deliveries ends at leaf {upto}, and the log has {size}")
    return upto, more


def whole_of(document: Mapping[str, Any], name: str) -> int:
    """A number from nought on that the answer has under this name."""
    value = document.get(name)
    if type(value) is not int or not 0 <= value <= SIZE_MAX:
        raise Lost("node-odd", f"`{name}` of the node's answer is no number")
    return value


def number_of(leaf: Mapping[str, Any], name: str) -> int:
    """A whole number that the leaf has."""
    value = leaf.get(name)
    if type(value) is not int:
        raise Lost("leaf-unreadable", f"`{name}` of a leaf is no number")
    return value


def number_or_none(leaf: Mapping[str, Any], name: str) -> int | None:
    """The number of a leaf that the leaf names, or null."""
    return None if name in leaf and leaf[name] is None else number_of(leaf, name)


def text_of(leaf: Mapping[str, Any], name: str) -> str:
    """A text that the leaf has."""
    value = leaf.get(name)
    if not isinstance(value, str):
        raise Lost("leaf-unreadable", f"`{name}` of a leaf is no text")
    return value


def party_of(leaf: Mapping[str, Any]) -> str:
    """To whom the leaf says that something was given."""
    try:
        return party_code(text_of(leaf, "party"))
    except BadInput as error:
        raise Lost("leaf-unreadable", "`party` of a leaf is no code of a party") from error


def list_of(document: Mapping[str, Any], name: str, *, optional: bool = False) -> list[Mapping[str, Any]]:
    """A list of objects that the answer has; an `optional` one is empty where it has none."""
    value = document.get(name, [] if optional else None)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Lost("node-odd", f"`{name}` of the node's answer is no list")
    return value
