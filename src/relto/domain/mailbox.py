"""A mailbox: an address to which a party's notices go as mail, and what stands in a letter.

>>> mail_address("watch.officer+relto@example.org")
'watch.officer+relto@example.org'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from relto.domain import ids, moment
from relto.domain.dispatch import Health
from relto.domain.errors import BadInput
from relto.domain.notice import Notice, wanted_kinds
from relto.domain.place import Place, PlaceState
from relto.domain.written import shown

ADDRESS_MAX: Final = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3)."""

SUBJECT_MAX: Final = 120
"""Characters of a letter's subject."""

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_DOMAIN})")
_LOCAL_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Mailbox(Place):
    """An address of a party, or of one of its accounts. `kinds`: of notices that it wants; none named: all.

    Raises `BadInput` (`mail-address-invalid`, `notice-kind-unknown`, and those of names).
    """

    id: str
    party: str
    address: str
    account: str | None
    kinds: tuple[str, ...]
    made_at: int
    made_by: str
    state: PlaceState = "active"
    why: str = ""
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        mail_address(self.address)
        ids.party_code(self.party)
        if self.account is not None:
            ids.account_name(self.account)
        wanted_kinds(self.kinds)

    def recorded(self) -> dict[str, object]:
        """What the record says of it."""
        return {
            "mailbox": self.id,
            "party": self.party,
            "address": self.address,
            "account": self.account,
            "kinds": list(self.kinds),
        }

    @classmethod
    def parse(cls, text: str | bytes) -> Mailbox:
        """The mailbox that `as_text` gave. Raises `BadInput` (`mailbox-invalid`, and those of its parts)."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadInput("mailbox-invalid", "this is no mailbox") from error


def mail_address(text: str) -> str:
    """An address as typed: `local@domain` in ASCII, without quotes or comments. Raises `BadInput`
    (`mail-address-invalid`).
    """
    found = _ADDRESS.fullmatch(text) if len(text) <= ADDRESS_MAX else None
    if found is None or len(found["local"]) > _LOCAL_MAX:
        raise BadInput("mail-address-invalid", f"{shown(text)} is no address of mail", remedy="write name@example.org")
    return text


def subject_of(notice: Notice) -> str:
    """The subject of the letter: what it is, and about what."""
    whole = f"{notice.kind}: {notice.subject}"
    return whole if len(whole) <= SUBJECT_MAX else whole[: SUBJECT_MAX - 1] + "…"


def text_of(notice: Notice) -> str:
    """The letter: the line for people, then what places it. Nothing that the party may not see."""
    lines: Sequence[str] = (
        notice.text,
        "",
        f"Notice {notice.number} of {notice.party}, {moment.write(notice.at)}",
        *([f"It follows notice {notice.regards}."] if notice.regards is not None else []),
        f"Acknowledge it: relto inbox acknowledge {notice.number}",
    )
    return "\n".join(lines) + "\n"
