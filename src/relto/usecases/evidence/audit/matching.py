"""Matching: what a partner received is held against what the log says that it was given.

What was given is proven by its bytes: their SHA-256 is in a delivery. An object in other bytes counts where one in
bytes that were given says the same, as JSON. By what the node calls its items nothing is proven: it says where to look.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.usecases.evidence.faults import name_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relto.usecases.evidence.audit.auditing import Audit

NAME_MAX: Final = 256
"""Characters of a name: of what is longer the rest is cut off."""


@dataclass(frozen=True, slots=True)
class ReceivedObject:
    """An object as its recipient has it: the SHA-256 of its bytes, first as they are, then as common programs would
    have written them; its id and version; and the SHA-256 of what it says, however it is written, empty where it is no
    object that everybody reads alike.
    """

    digests: tuple[str, ...]
    name: str
    content: str = ""

    @classmethod
    def of(cls, raw: bytes) -> ReceivedObject:
        """The object of these bytes. What is no object of STIX has no name, and is compared by its bytes alone."""
        digests, name, content = [hashlib.sha256(raw).hexdigest()], "", ""
        try:
            value = json.loads(raw, object_pairs_hook=_members)
            name = f"{value['id']}@{value.get('modified') or value.get('created') or ''}"[:NAME_MAX]
            for separators in ((",", ":"), (", ", ": ")):
                for is_ascii in (False, True):
                    text = json.dumps(value, separators=separators, ensure_ascii=is_ascii)
                    digests.append(hashlib.sha256(text.encode()).hexdigest())
            content = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return cls(tuple(dict.fromkeys(digests)), name, content)

    def given_among(self, recorded: Mapping[str, object]) -> str | None:
        """The digest by which it was given; None: in these bytes it was not."""
        return next((digest for digest in self.digests if digest in recorded), None)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises `ValueError` where one stands twice: programs read that in different ways."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def compare_received(
    found: Audit, received: Sequence[ReceivedObject], *, whole: bool, beside: Sequence[ReceivedObject] = ()
) -> int:
    """Holds what was recorded against what was received; how many objects that were. `whole`: it is all that was ever
    received, so that what is recorded must be among it. `beside`: other objects, by whose bytes it may be known what
    those that were given say.
    """
    recorded = found.recorded
    by_name = _by_name(recorded)
    by_content = _by_content(recorded, (*received, *beside))
    had: set[str] = set()
    extra: dict[str, str] = {}
    unproven: dict[str, str] = {}
    for each in received:
        same = each.given_among(recorded)
        if same is not None:
            had.add(same)
        elif each.content in by_content:
            # Whoever keeps objects as their program writes them has other bytes than were sent.
            found.rewritten += 1
            had |= by_content[each.content]
        elif each.name in by_name:
            unproven.setdefault(each.digests[0], each.name)
            # What this may be is not told as missing, too.
            had |= by_name[each.name]
        else:
            extra.setdefault(each.digests[0], each.name)
    unrecorded = [(f"item {name} was received, and the log has no delivery of it", None) for name in extra.values()]
    name_first(found.faults, "received-unrecorded", unrecorded)
    name_first(
        found.faults,
        "received-unproven",
        [
            (f"item {name} is here in other bytes than were delivered, and nothing shows that it says the same", None)
            for name in unproven.values()
        ],
    )
    if whole:
        missing = [(name, leaf) for digest, (leaf, name) in recorded.items() if digest not in had]
        name_first(
            found.faults,
            "recorded-unreceived",
            [(f"the log says that item {name} was delivered, and it is not here", leaf) for name, leaf in missing],
        )
    return len(received)


def _by_name(recorded: Mapping[str, tuple[int, str]]) -> dict[str, set[str]]:
    """The digests of what was given by what the node calls it."""
    found: dict[str, set[str]] = {}
    for digest, (_, name) in recorded.items():
        found.setdefault(name, set()).add(digest)
        # One that has no version of its own has that of its arrival, which its recipient does not know.
        found.setdefault(name.partition("@")[0] + "@", set()).add(digest)
    return found


def _by_content(recorded: Mapping[str, object], objects: Iterable[ReceivedObject]) -> dict[str, set[str]]:
    """The digests of what was given by what it says, as far as these objects have it in the bytes that were given."""
    found: dict[str, set[str]] = {}
    for each in objects:
        same = each.given_among(recorded) if each.content else None
        if same is not None:
            found.setdefault(each.content, set()).add(same)
    return found
