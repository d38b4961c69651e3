"""The names of things: codes of parties, names of accounts, ids of agreements, topics, STIX ids and items.

Each has one grammar, in ASCII, said once and here. A function takes what was typed and returns it, or raises
`BadInput` with a code of its own; none changes what was typed.

>>> party_code("UKR"), agreement_id("usa-ukr")
('UKR', 'usa-ukr')
>>> parse_item("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f@2025-03-05T12:00:00Z").version
'2025-03-05T12:00:00Z'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relto.domain.errors import BadInput
from relto.domain.moment import parse_timestamp
from relto.domain.written import shown

OWN: Final = "own"
"""The alias of a contributor's own TAXII collection, hence no agreement's id."""

_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_PARTY: Final = re.compile(r"[A-Z0-9-]{2,20}")
_ACCOUNT: Final = re.compile(r"[a-zA-Z0-9._@-]{1,64}")
_AGREEMENT: Final = re.compile(r"[a-z0-9-]{1,64}")
_TOPIC: Final = re.compile(r"[a-z0-9-]{1,64}")
_UUID_ALONE: Final = re.compile(_UUID)
_STIX_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,248}[a-z0-9]")
_STIX_ID: Final = re.compile(rf"([a-z0-9][a-z0-9-]{{1,248}}[a-z0-9])--{_UUID}")


@dataclass(frozen=True, slots=True)
class ItemName:
    """What a person calls an item: a STIX id, and the version where one was said.

    `version` is the text after the `@`, None for the last version; `version_us` is the same instant in microseconds.
    """

    id: str
    version: str | None = None
    version_us: int | None = None


def party_code(text: str) -> str:
    """The code of a party or a group: 2 to 20 of A-Z, 0-9 and `-`. Raises `BadInput` (`party-code-invalid`)."""
    if _PARTY.fullmatch(text):
        return text
    upper = text.upper()
    remedy = f"write {upper}" if _PARTY.fullmatch(upper) and text.isascii() else ""
    raise BadInput(
        "party-code-invalid", f"{shown(text)} is no party's code: 2 to 20 of A-Z, 0-9 and `-`", remedy=remedy
    )


def is_account_name(text: str) -> bool:
    """Whether it can be the name of an account (`account_name`)."""
    return _ACCOUNT.fullmatch(text) is not None


def account_name(text: str) -> str:
    """The name of an account: 1 to 64 of a-z, A-Z, 0-9, `.`, `_`, `-` and `@`.

    Raises `BadInput` (`account-name-invalid`).
    """
    if is_account_name(text):
        return text
    raise BadInput(
        "account-name-invalid",
        f"{shown(text)} is no account's name: 1 to 64 of a-z, A-Z, 0-9, `.`, `_`, `-` and `@`",
    )


def agreement_id(text: str) -> str:
    """The id of an agreement: 1 to 64 of a-z, 0-9 and `-`. Raises `BadInput` (`agreement-id-invalid`).

    It is also the alias of a TAXII collection, so `own` and whatever looks like a collection's own id are refused.
    """
    if text == OWN:
        raise BadInput("agreement-id-invalid", "`own` is no agreement's id: it names a contributor's own collection")
    if _UUID_ALONE.fullmatch(text):
        raise BadInput("agreement-id-invalid", f"{shown(text)} is no agreement's id: it looks like a collection's")
    if _AGREEMENT.fullmatch(text):
        return text
    raise BadInput(
        "agreement-id-invalid", f"{shown(text)} is no agreement's id: 1 to 64 of a-z, 0-9 and `-`, and not `own`"
    )


def topic_name(text: str) -> str:
    """The name of a topic: 1 to 64 of a-z, 0-9 and `-`. Raises `BadInput` (`topic-name-invalid`)."""
    if _TOPIC.fullmatch(text):
        return text
    raise BadInput("topic-name-invalid", f"{shown(text)} is no topic's name: 1 to 64 of a-z, 0-9 and `-`")


def stix_type(text: str) -> str:
    """A type of STIX 2.1 section 2.16, custom ones included. Raises `BadInput` (`stix-type-invalid`)."""
    if _STIX_TYPE.fullmatch(text):
        return text
    raise BadInput("stix-type-invalid", f"{shown(text)} is no type of object: 3 to 250 of a-z, 0-9 and `-`")


def stix_id(text: str) -> str:
    """An id of STIX 2.1 section 2.9, `type--uuid`. Raises `BadInput` (`stix-id-invalid`)."""
    if _STIX_ID.fullmatch(text):
        return text
    raise BadInput("stix-id-invalid", f"{shown(text)} is no STIX id", remedy="write type--uuid")


def parse_item(text: str) -> ItemName:
    """An item as typed: a STIX id (its last version), or `id@modified`.

    Raises `BadInput`: `stix-id-invalid`, or `when-invalid` for what stands after the `@`.
    """
    name, at, version = text.partition("@")
    stix_id(name)
    return ItemName(name, version, parse_timestamp(version)) if at else ItemName(name)
