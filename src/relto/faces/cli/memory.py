"""What `relto audit` remembers of a node, in a file: whole or not at all, and believed only where it is undamaged."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from relto.domain.errors import BadInput
from relto.domain.leaf import INTEGER_MAX

if TYPE_CHECKING:
    from pathlib import Path

    from relto.usecases.evidence.audit.remembering import Memory

STATE_BYTES_MAX: Final = 1_048_576
PRIVATE: Final = 0o600


def state_name(url: str) -> str:
    """The file in which an audit remembers, where none is named: one for each host and port."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        name = "-".join(str(part) for part in (parts.hostname or "node", parts.port) if part)
        return f"relto-audit-{name.replace(':', '-')}.json"
    return "relto-audit-node.json"


def read_bytes(file: Path) -> bytes:
    """What is in a file. Raises `BadInput` (`file-unreadable`)."""
    try:
        with file.open("rb") as opened:
            return opened.read(STATE_BYTES_MAX)
    except OSError as error:
        raise BadInput("file-unreadable", f"`{file}` cannot be read: {(error.strerror or '').lower()}") from error


def remembered(file: Path, key: Path | None, party: str = "") -> tuple[Memory, bytes | None]:
    """What is remembered in a file, and the keys in another; of this `party`, where one is named. And the file, as
    `remember` takes it; None: there is none. Raises `BadInput` (`key-missing`, `party-code-invalid`,
    `state-unreadable`, `state-other`).
    """
    from relto.domain.ids import party_code
    from relto.usecases.evidence.audit.remembering import Memory
    from relto.wiring.proving import read_keys, verify

    keys = () if key is None else tuple(each.text for each in read_keys(key))
    party = party and party_code(party)
    if not file.exists():
        if not keys:
            raise BadInput(
                "key-missing",
                f"nothing is remembered of this node in `{file}`, and its public key is not named",
                remedy="--key FILE, which the node's operator gave you another way: its keys/log.vkey",
            )
        return Memory(keys, party=party), None
    raw = read_bytes(file)
    try:
        value = json.loads(raw)
        kept = Memory(
            tuple(str(each) for each in value["keys"]),
            str(value["checkpoint"]),
            tuple(str(each) for each in value["earlier"]),
            tuple((_whole(number), str(digest)) for number, digest in value["eras"]),
            tuple(str(each) for each in value["lost"]),
            value["party"] and party_code(value["party"]),
            _whole(value["seen"]),
            None if value["told"] is None else _whole(value["told"]),
            tuple((str(key), _whole(number)) for key, number in value["named"]),
        )
        kept.require_whole(verify)
        origin = kept.origin
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, BadInput) as error:
        raise BadInput("state-unreadable", f"`{file}` does not hold what an audit remembers") from error
    if keys and Memory(keys).origin != origin:
        raise BadInput("state-other", f"`{file}` remembers the log `{origin}`, which is not that of the key")
    kept = replace(kept, keys=tuple(dict.fromkeys((*kept.keys, *keys))))
    return kept.of_party(party or kept.party), raw


def _whole(value: object) -> int:
    """A number that a state file has. Raises `ValueError` for what is none: a fraction, one that is endless."""
    if type(value) is not int or not 0 <= value <= INTEGER_MAX:
        raise ValueError("no whole number")
    return value


def remember(file: Path, url: str, memory: Memory, *, was: bytes | None) -> bool:
    """Writes it down, where the file is what it was when it was read; whether it did. What another audit wrote
    meanwhile stays, and nothing that it saw is forgotten.
    """
    from relto.wiring import put_instead

    value = {
        "url": url,
        "keys": list(memory.keys),
        "checkpoint": memory.checkpoint,
        "earlier": list(memory.earlier),
        "eras": [list(each) for each in memory.eras],
        "lost": list(memory.lost),
        "party": memory.party,
        "seen": memory.seen,
        "told": memory.told,
        "named": [list(each) for each in memory.named],
    }
    return put_instead(file, (json.dumps(value, indent=2) + "\n").encode(), of=was)
