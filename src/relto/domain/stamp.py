"""A time stamp: what an authority of time says of some bytes, once its token has been checked (RFC 3161).

It says that whoever made the token had seen the bytes by then; not that they are true, nor who wrote them.

>>> stamp = Stamp(1_741_176_000_000_000, "CN=Time,O=Kyiv", 500_000, 7)
>>> stamp.latest_at - stamp.at
500000
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """The moment `at` which the authority, the subject of a certificate as RFC 4514 writes it, saw the bytes, in
    microseconds since 1970, under its own number `serial`; right to within `accuracy_us`, None where it does not say.
    """

    at: int
    authority: str
    accuracy_us: int | None
    serial: int

    @property
    def latest_at(self) -> int:
        """The last moment at which the bytes can have been new, as far as the authority says how right it is."""
        return self.at + (self.accuracy_us or 0)
