"""Matching: what a partner received is held against what the log says that it was given."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.usecases.evidence.faults import name_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.usecases.evidence.auditing import Audit


@dataclass(frozen=True, slots=True)
class ReceivedObject:
    """An object as its recipient has it: the SHA-256 of its bytes, first as they are, then as common programs would
    have written them; and its id and version.
    """

    digests: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, raw: bytes) -> ReceivedObject:
        """The object of these bytes. What is no object of STIX has no name, and is compared by its bytes alone."""
        digests, name = [hashlib.sha256(raw).hexdigest()], ""
        try:
            value = json.loads(raw)
            name = f"{value['id']}@{value.get('modified') or value.get('created') or ''}"
            for separators in ((",", ":"), (", ", ": ")):
                for is_ascii in (False, True):
                    text = json.dumps(value, separators=separators, ensure_ascii=is_ascii)
                    digests.append(hashlib.sha256(text.encode()).hexdigest())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return cls(tuple(digests), name)


def compare_received(found: Audit, received: Iterable[ReceivedObject], *, whole: bool) -> int:
    """Holds what was recorded against what was received; how many objects that were. `whole`: it is all that was ever
    received, so that what is recorded must be among it.
    """
    recorded = found.recorded
    by_name: dict[str, set[str]] = {}
    for digest, (_, name) in recorded.items():
        by_name.setdefault(name, set()).add(digest)
        # One that has no version of its own has that of its arrival, which its recipient does not know.
        by_name.setdefault(name.partition("@")[0] + "@", set()).add(digest)
    had: set[str] = set()
    extra: dict[str, str] = {}
    count = 0
    for each in received:
        count += 1
        same = next((digest for digest in each.digests if digest in recorded), None)
        if same is not None:
            had.add(same)
        elif each.name in by_name:
            # Whoever keeps objects as their program writes them has other bytes than were sent.
            found.rewritten += 1
            had |= by_name[each.name]
        else:
            extra.setdefault(each.digests[0], each.name)
    unrecorded = [(f"item {name} was received, and the log has no delivery of it", None) for name in extra.values()]
    name_first(found.faults, "received-unrecorded", unrecorded)
    if whole:
        missing = [(name, leaf) for digest, (leaf, name) in recorded.items() if digest not in had]
        name_first(
            found.faults,
            "recorded-unreceived",
            [(f"the log says that item {name} was delivered, and it is not here", leaf) for name, leaf in missing],
        )
    return count
