r"""Forms: what a form, or the query of an address, says. Texts by name; one name may stand several times.

>>> form = Form.read(b"topic=naval&topic=targeting&reason=talks%0D%0Aagain&discreet=on&until=")
>>> form.texts("topic"), form.text("reason"), form.has("discreet"), form.given("until")
(('naval', 'targeting'), 'talks\nagain', True, None)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection

FIELDS_MAX: Final = 2_000
"""Fields of one form: a backlog may be worked through item by item."""


DIGITS_MAX: Final = 15
"""No number of ours is longer."""


def whole_number(text: str) -> int | None:
    """The number that this text is; None where it is none, or longer than any of ours.

    >>> whole_number("12"), whole_number("-1"), whole_number("١"), whole_number("9" * 5_000)
    (12, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def words(text: str) -> tuple[str, ...]:
    """Its words, with commas between them or without.

    >>> words(" naval, imagery targeting,")
    ('naval', 'imagery', 'targeting')
    """
    return tuple(text.replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class Form:
    """Its pairs, in their order."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, raw: bytes) -> Form:
        """Of a body, or a query. Raises `BadInput` `form-malformed`."""
        try:
            text = raw.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
        except ValueError as error:
            raise BadInput("form-malformed", "this form cannot be read") from error
        return cls(tuple((name, value.replace("\r\n", "\n")) for name, value in pairs))

    def texts(self, name: str) -> tuple[str, ...]:
        """All that is said under this name and is not blank."""
        return tuple(stripped for each, value in self.pairs if each == name and (stripped := value.strip()))

    def text(self, name: str) -> str:
        """What is said last under this name; empty where nothing is."""
        return next(reversed(self.texts(name)), "")

    def given(self, name: str) -> str | None:
        """The same; None where nothing is said."""
        return self.text(name) or None

    def typed(self, name: str) -> str | None:
        """What is said last under this name, to the letter, as a password has to be; None where it is empty."""
        return next((value for each, value in reversed(self.pairs) if each == name), "") or None

    def several(self, name: str) -> tuple[str, ...]:
        """The words of what is said under this name, with commas or without, in one line or several."""
        return words(self.text(name))

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of what is said under this name, without blank ones."""
        return tuple(line.strip() for line in self.text(name).split("\n") if line.strip())

    def has(self, name: str) -> bool:
        """Whether anything is said under this name, as by a box that is ticked."""
        return bool(self.texts(name))

    def number(self, name: str) -> int | None:
        """A whole number; None where none is given. Raises `BadInput` `number-invalid`."""
        text = self.text(name)
        if not text:
            return None
        number = whole_number(text)
        if number is None:
            raise BadInput("number-invalid", f"`{name}` must be a whole number")
        return number

    def without(self, names: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Its pairs but those of these names."""
        return tuple(pair for pair in self.pairs if pair[0] not in names)

    def query(self, **changed: str | None) -> str:
        """The form as a query, with these names said anew; None: not at all.

        >>> Form((("a", "1"), ("b", "2"))).query(a="3", b=None)
        '?a=3'
        """
        kept = [pair for pair in self.pairs if pair[0] not in changed and pair[1]]
        kept += [(name, value) for name, value in changed.items() if value is not None]
        return "?" + urlencode(kept) if kept else "?"
