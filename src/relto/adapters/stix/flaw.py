"""A flaw: the first thing found wrong with an object, on its way to becoming a `Reject`.

Messages may quote what a stranger sent, so they are cut to a length that no terminal, log or answer minds.
"""

from __future__ import annotations

QUOTE_CHARS_MAX = 200
"""How much of a stranger's content one message repeats at most."""


def quoted(text: str) -> str:
    r"""Return `text` fit for a message: at most `QUOTE_CHARS_MAX` characters, nothing that moves a cursor.

    >>> quoted("a" * 500)[-8:], quoted("red\x1b[31m")
    ('aaaaaaa…', 'red\\x1b[31m')
    """
    short = text if len(text) <= QUOTE_CHARS_MAX else text[: QUOTE_CHARS_MAX - 1] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)


class Flaw(Exception):
    """`code` is stable and listed in `docs/reference/rejects.md`; `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code
        self.message = message
