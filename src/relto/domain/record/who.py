"""Who: somebody on the record, by name, role and party, or by what is known of a source that has no name.

How names are understood is the caller's (`Names`): what people type is resolved against the people of the case and the
parties of the node (`register.py`); what is stored says it in full (`Stored`).

>>> str(Who(name="Dmitry Peskov", role="spokesman", party="RUS")), str(Who(party="UKR"))
('Dmitry Peskov (spokesman, RUS)', 'UKR')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from relto.domain import ids
from relto.domain.errors import BadInput
from relto.domain.written import mapping, one_line

if TYPE_CHECKING:
    from relto.domain.record.when import When

NAME_MAX: Final = 120
ROLE_MAX: Final = 200
KEYS: Final = ("person", "name", "role", "party", "unnamed")
CODE: Final = "who-invalid"


@dataclass(frozen=True, slots=True)
class Who:
    """`person`: the key of a person of the case, or empty. `name` is empty where a party speaks as a whole.

    `is_unnamed`: `name` says what is known of somebody whose name is not.
    """

    name: str = ""
    role: str = ""
    party: str = ""
    person: str = ""
    is_unnamed: bool = False

    def __str__(self) -> str:
        """As people say it."""
        if not self.name:
            return self.party
        about = ", ".join(part for part in (self.role, self.party) if part)
        return f"{self.name} ({about})" if about else self.name

    def as_value(self) -> dict[str, str]:
        """Plain values that `of_value` reads back."""
        found = {"person": self.person, "unnamed" if self.is_unnamed else "name": self.name}
        found |= {"role": self.role, "party": self.party}
        return {key: part for key, part in found.items() if part}


class Names(Protocol):
    """Understands how somebody, or a party, is named."""

    def who(self, value: object, *, what: str, on: When) -> Who:
        """Somebody, as on that date. Raises `BadInput` (`who-invalid`, `person-unknown`, `person-ambiguous`)."""
        ...

    def party(self, value: object, *, what: str) -> str:
        """A party's code. Raises `BadInput` (`party-code-invalid`, `party-unknown-here`)."""
        ...


class Stored:
    """Reads what is stored: everybody is named in full, and nothing is looked up."""

    def who(self, value: object, *, what: str, on: When) -> Who:
        """As `of_value`."""
        del on
        return of_value(value, what=what)

    def party(self, value: object, *, what: str) -> str:
        """Its code."""
        return ids.party_code(one_line(value, what=what, code=CODE))


def of_value(value: Any, *, what: str) -> Who:
    """Somebody named in full. Raises `BadInput` (`who-invalid`, `party-code-invalid`)."""
    given = mapping(value, what=what, code=CODE, keys=KEYS)
    if not given.keys() & {"name", "unnamed", "party"}:
        raise BadInput(CODE, f"{what} has neither `name` nor `unnamed` nor `party`")
    if "name" in given and "unnamed" in given:
        raise BadInput(CODE, f"{what} has a `name`, and is `unnamed`")
    for key, longest in (("name", NAME_MAX), ("unnamed", ROLE_MAX), ("role", ROLE_MAX), ("person", NAME_MAX)):
        if key in given:
            one_line(given[key], what=f"`{key}` of {what}", code=CODE, longest=longest)
    if "party" in given:
        ids.party_code(one_line(given["party"], what=f"`party` of {what}", code=CODE))
    return Who(
        given.get("name", given.get("unnamed", "")),
        given.get("role", ""),
        given.get("party", ""),
        given.get("person", ""),
        is_unnamed="unnamed" in given,
    )
