"""The keys by which a log signs its checkpoints: those that sign now, and those that signed before.

A key signs until another takes its place, and for an overlap beside it, so that whoever knows the old one alone still
finds it under what the new one signs. All keys have one name, the log's origin; their ids tell them apart.

>>> key = VerifierKey("log.example", KeyKind.ED25519, bytes(32))
>>> keys = Keyring((LogKey("log.key", key, 5),))
>>> Keyring.parse(keys.text) == keys, list(keys.next_files)[:2]
(True, ['log-2.key', 'log-3.key'])
>>> new = LogKey("log-2.key", VerifierKey("log.example", KeyKind.ED25519, bytes(31) + b"1"), 20)
>>> turned = keys.turned(new, until=30)
>>> [[each.file for each in turned.signing(at)] for at in (29, 30)]
[['log.key', 'log-2.key'], ['log-2.key']]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from relto.domain.errors import BadInput
from relto.domain.note import KeyKind, VerifierKey

FIRST_FILE: Final = "log.key"

FILES_MAX: Final = 1_000
"""So many names of files are thought of for the next key."""

SIGNING_MAX: Final = 8
"""Keys that sign at once."""

_FILE: Final = re.compile(r"log(-[1-9][0-9]{0,5})?\.key")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key of a log: the name of the `file` with its private half, its public half, from when it signs, and until
    when; None: until another takes its place.

    Raises `BadInput` (`log-keys-invalid`).
    """

    file: str
    key: VerifierKey
    since: int
    until: int | None = None

    def __post_init__(self) -> None:
        if _FILE.fullmatch(self.file) is None or self.key.kind is not KeyKind.ED25519:
            raise _invalid("a key of a log is an Ed25519 key in a file `log.key`, `log-2.key`, …")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one log, the oldest first. The last has no end.

    Raises `BadInput` (`log-keys-invalid`).
    """

    keys: tuple[LogKey, ...]

    def __post_init__(self) -> None:
        if not self.keys or [each.until is None for each in self.keys] != [False] * (len(self.keys) - 1) + [True]:
            raise _invalid("the last key signs until another takes its place, and no other does")
        if len({each.file for each in self.keys}) < len(self.keys) or len({each.key.name for each in self.keys}) > 1:
            raise _invalid("each key has a file of its own, and all have one name")

    @property
    def text(self) -> str:
        """As `parse` takes it."""
        rows = [
            {"file": each.file, "vkey": each.key.text, "from": each.since, "until": each.until} for each in self.keys
        ]
        return msgspec.json.encode(rows).decode()

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """The keys of such a text. Total. Raises `BadInput` (`log-keys-invalid`, `verifier-key-invalid`)."""
        try:
            rows: Any = msgspec.json.decode(text)
            keys = [LogKey(row["file"], VerifierKey.parse(row["vkey"]), row["from"], row["until"]) for row in rows]
            if any(type(each.since) is not int or type(each.until) not in {int, type(None)} for each in keys):
                raise _invalid("moments are whole numbers")
        except (msgspec.DecodeError, KeyError, TypeError, RecursionError) as error:
            raise _invalid("they are a list of `file`, `vkey`, `from` and `until`") from error
        return cls(tuple(keys))

    @property
    def name(self) -> str:
        """The name of them all."""
        return self.keys[-1].key.name

    @property
    def next_files(self) -> Iterator[str]:
        """Files that the key may have which takes the last one's place, the first to be tried first."""
        used = {each.file for each in self.keys}
        names = (f"log-{number}.key" for number in range(len(self.keys) + 1, len(self.keys) + 1 + FILES_MAX))
        return (name for name in names if name not in used)

    def signing(self, at: int) -> tuple[LogKey, ...]:
        """Those that sign at that moment: one at least."""
        return tuple(each for each in self.keys if each.until is None or at < each.until)

    def turned(self, key: LogKey, *, until: int) -> Keyring:
        """The same with this key in the last one's place, which signs beside it `until` then.

        Raises `BadInput` (`log-keys-invalid`).
        """
        *before, last = self.keys
        return Keyring((*before, replace(last, until=until), key))


def _invalid(why: str) -> BadInput:
    return BadInput("log-keys-invalid", f"these are no keys of a log: {why}")
