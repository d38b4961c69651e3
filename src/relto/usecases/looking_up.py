"""Looking up: one item, with all that whoever asks may be told of it (`shelf.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.errors import Unknown
from relto.domain.ids import parse_item
from relto.domain.keys import object_key
from relto.domain.ranges import EMPTY
from relto.usecases.items import unknown_item
from relto.usecases.sequencing import carry_out_due
from relto.usecases.shelf import Shelf, Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.ports.node import Node
    from relto.ports.store import Known, Record
    from relto.usecases.policy import PolicyDesk

VERSIONS_MAX: Final = 100
"""Versions of one object that are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `at`: when it was stored."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class LookedUp:
    """An item: `record` of it and its bytes, which are empty where they were purged; `at`: when it was stored; `value`:
    its class. `taken_by`: the account that gave it in; empty where that is not for whoever asks. `versions`: those of
    the object that are there for whoever asks, newest first, whoever their originator.
    """

    record: Record
    raw: bytes
    at: int
    value: Class
    taken_by: str
    versions: Sequence[Version]

    @property
    def name(self) -> str:
        """Its id and version."""
        return f"{self.record.stix_id}@{self.record.version}"


def look_up(node: Node, desk: PolicyDesk, text: str, *, by: Actor, at: int | None = None) -> LookedUp:
    """The item that `text` names (`id@modified`, or an id for its last version). `at`: of what was stored by then.

    Raises `Unknown` `item-unknown` where there is none for whoever asks, `BadInput` as `parse_item`, and whatever is
    asked `Refused` (`role-missing`).
    """
    by.require_office("look at items")
    name = parse_item(text)
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        shelf = Shelf(snap, policy, by=by)
        readable = shelf.readable(Wanted())
        keys = [object_key(originator, name.id) for originator in shelf.originators]
        known: list[Known] = [each for versions in snap.known(keys).values() for each in versions]
        known = [each for each in known if each.seq in readable.get(each.class_id, EMPTY)]
        known.sort(key=lambda each: (each.version_us, each.seq))
        named = [each for each in known if name.version_us in {None, each.version_us}]
        if not named:
            raise unknown_item(text)
        if at is not None:
            upto = snap.seq_upto(at)
            known, named = ([each for each in listed if each.seq <= upto] for listed in (known, named))
            if not named:
                raise Unknown("item-unknown", f"item `{text}` was not stored by then", item=text)
        chosen, newest = named[-1], known[-VERSIONS_MAX:][::-1]
        stored = shelf.stored_at(sorted({chosen.seq, *(each.seq for each in newest)}))
        batch = snap.batch_of(chosen.seq)
        assert batch is not None, "whatever is stored came in a batch"
        return LookedUp(
            snap.records([chosen.seq])[0],
            snap.bodies([chosen.seq])[0].raw,
            stored[chosen.seq],
            policy.classes[chosen.class_id].value,
            snap.taken_by([batch.first]).get(batch.first, "") if shelf.is_whole else "",
            [Version(f"{name.id}@{each.version}", stored[each.seq]) for each in newest],
        )
