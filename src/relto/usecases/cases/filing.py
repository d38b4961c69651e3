"""Filing: whole files are taken in and given out.

What is there already under the same key, and says the same, is known, and not added again: a file may be taken in
twice, or grow and be taken in once more. What says something else under a key that is there is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from relto.domain.errors import Conflict, ReltoError, Unknown
from relto.domain.record.casefile import Case
from relto.domain.record.entry import Entry
from relto.domain.record.file import CaseFile, written
from relto.usecases.cases.loading import Library, loaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.record.register import Register
    from relto.ports.node import Node
    from relto.usecases.cases.keeping import Added, Keeper
    from relto.usecases.policy import PolicyDesk


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a file: what was `added`, and how many entries were `known`; whether the case was opened."""

    added: Added
    known: int
    is_opened: bool


def take_in(keeper: Keeper, file: CaseFile) -> Filed:
    """Opens the case of a file with its entries, or adds what of them is new. Raises as `Keeper.open` and `add`."""
    case = Case.parse({"title": "-", **file.case}, party=keeper.by.party)
    try:
        record, register = loaded(keeper.node, keeper.desk, f"{case.party}/{case.id}", by=keeper.by)
    except Unknown as error:
        if error.code != "case-unknown":
            raise
        return Filed(keeper.open(file.case, file.entries), 0, is_opened=True)
    fresh, known, there = [], 0, [each.entry for each in record.recorded]
    for each in file.entries:
        key = str(each.get("key", ""))
        same = record.by_key.get(key)
        if same is None and (key or not _is_there(each, there, register)):
            fresh.append(each)
            continue
        if same is not None and _parsed(each, same.entry, register) != same.entry:
            raise Conflict(
                "entry-exists",
                f"entry `{key}` is here, and says something else",
                remedy="nothing is edited: correct it under a key of its own, with `corrects`",
                entry=key,
            )
        known += 1
    return Filed(keeper.add(f"{case.party}/{case.id}", fresh), known, is_opened=False)


def given_out(node: Node, desk: PolicyDesk, id: str, *, by: Actor, form: str) -> str:
    """The case as a file: `yaml`, `json`, or `stix`, a bundle of the objects byte for byte as they are stored, with
    what they need. Raises `Unknown` `case-unknown`.
    """
    with node.store.read() as snap:
        library = Library(snap, desk.current(snap, snap.head().policy_version), by)
        found = library.case(id)
        record = library.record(found)
        if form != "stix":
            return written(record, form)
        objects = library.objects(found)
    bundle = f"bundle--{node.chance.uuid4()}"
    joined = ",\n".join(raw.decode() for raw in objects)
    return f'{{"type":"bundle","id":{json.dumps(bundle)},"objects":[\n{joined}\n]}}\n'


def _parsed(said: Mapping[str, Any], there: Entry, register: Register) -> Entry:
    # Somebody's entry is dated when it is recorded, where the file does not say.
    dated = {"date": there.date.text, **said} if said.get("kind") == "person" else said
    return Entry.parse(dated, names=register)


def _as_said(there: Entry, said: Mapping[str, Any]) -> Entry:
    """Without what it was given when it was recorded: a key, and whose further role it is."""
    body = {name: part for name, part in there.body.items() if name != "person" or "person" in said}
    return replace(there, key="", body=body)


def _is_there(said: Mapping[str, Any], there: Sequence[Entry], register: Register) -> bool:
    """Whether an entry without a key is in the record, under whatever key it was given then."""
    kept = [each for each in there if each.kind == said.get("kind")]
    try:
        return any(_parsed(said, each, register) == _as_said(each, said) for each in kept)
    except ReltoError:
        # What is wrong with it is told where it is added.
        return False
