r"""A time stamp: what an authority of time says of some bytes, once its token has been checked (RFC 3161).

It says that whoever made the token had seen the bytes by then; not that they are true, nor who wrote them.

>>> stamp = Stamp(1_741_176_000_000_000, "CN=Time,O=Kyiv", 500_000, 7)
>>> stamp.can_follow(Stamp(1_741_176_000_400_000, "CN=Time,O=Kyiv", None, 6))
True
>>> kept = Stamped("log.example", 3, b"token", "CN=Time,O=Kyiv")
>>> kept.line
b'{"authority":"CN=Time,O=Kyiv","origin":"log.example","size":3,"token":"dG9rZW4="}'
>>> Stamped.parse(kept.line) == kept
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from relto.domain.errors import BadInput
from relto.domain.leaf import INTEGER_MAX, canonical
from relto.domain.note import from_base64, in_base64

LINE_BYTES_MAX: Final = 131_072
"""Bytes of a stamp as a line: a token has 64 KiB at most, which is a third more in Base64."""

_NAMES: Final = frozenset({"authority", "origin", "size", "token"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """The moment `at` which the authority, the subject of a certificate as RFC 4514 writes it, saw the bytes, in
    microseconds since 1970, under its own number `serial`; right to within `accuracy_us`, None where it does not say.
    """

    at: int
    authority: str
    accuracy_us: int | None
    serial: int

    def can_follow(self, earlier: Stamp) -> bool:
        """Whether it can have been made at or after the moment of that one, by how right both say that they are."""
        return self.at + (self.accuracy_us or 0) >= earlier.at - (earlier.accuracy_us or 0)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time stamp as it is handed on, before anybody has checked it: the `token` over the checkpoint of the first
    `size` leaves of the log `origin`, and the `authority` that it names (empty: it cannot be told).
    """

    origin: str
    size: int
    token: bytes
    authority: str

    @property
    def line(self) -> bytes:
        """As `parse` takes it, without a newline."""
        return canonical(
            {
                "authority": self.authority,
                "origin": self.origin,
                "size": self.size,
                "token": in_base64(self.token),
            }
        )

    @classmethod
    def parse(cls, line: bytes) -> Stamped:
        """The time stamp in a line, which is written in one way only. Total. Raises `BadInput` (`stamp-invalid`)."""
        if len(line) > LINE_BYTES_MAX:
            raise _invalid(f"it has more than {LINE_BYTES_MAX} bytes")
        try:
            value: Any = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _invalid("it is no JSON") from error
        if not isinstance(value, dict) or value.keys() != _NAMES:
            raise _invalid("it has `authority`, `origin`, `size` and `token`")
        authority, origin, size, text = (value[name] for name in sorted(_NAMES))
        if not all(isinstance(each, str) for each in (authority, origin, text)):
            raise _invalid("all but its size are texts")
        if type(size) is not int or not 0 <= size <= INTEGER_MAX:
            raise _invalid("its size is a number of leaves")
        token = from_base64(text)
        found = cls(origin, size, token or b"", authority)
        if token is None or found.line != line:
            raise _invalid("it could be written in another way")
        return found


def _invalid(why: str) -> BadInput:
    return BadInput("stamp-invalid", f"this is no time stamp of a checkpoint: {why}")
