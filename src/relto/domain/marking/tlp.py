"""The Traffic Light Protocol, 1.0 and 2.0: levels, and the marking definitions whose ids the standards fix.

TLP 1.0 is STIX 2.1 section 7.2.1.4; TLP 2.0 is an extension of the OASIS common objects. A level is known by the
fixed id alone, never by a name, a colour or the beginning of an id: public feeds hold mistyped and swapped ones.

>>> level_of("amber+strict"), level_of("white"), name_of(4)
(3, 0, 'red')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relto.domain.errors import BadInput
from relto.domain.written import nearest, shown

LEVELS: Final = ("clear", "green", "amber", "amber+strict", "red")
"""The levels of TLP 2.0 by rank."""

TLP_2_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

_CREATED: Final = {
    1: re.compile(r"2017-01-20T00:00:00(\.0+)?Z"),
    2: re.compile(r"2022-10-01T00:00:00(\.0+)?Z"),
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A marking definition that a standard fixes: the version of TLP (1 or 2) and the rank of its level."""

    version: int
    level: int


FIXED: Final[Mapping[str, Fixed]] = {
    f"marking-definition--{uuid}": Fixed(version, level)
    for version, level, uuid in (
        (1, 0, "613f2e26-407d-48c7-9eca-b8e91df99dc9"),
        (1, 1, "34098fce-860f-48ae-8e50-ebd3cc5e41da"),
        (1, 2, "f88d31f6-486f-44da-b317-01333bde0b82"),
        (1, 4, "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
        (2, 0, "94868c89-83c2-464b-929b-a1a8aa3c8487"),
        (2, 1, "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
        (2, 2, "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
        (2, 3, "939a9414-2ddd-4d32-a0cd-375ea402b003"),
        (2, 4, "e828b379-4e03-4974-9ac4-e53a884c97c1"),
    )
}
"""The fixed marking definitions by id. They count whether or not they were carried."""


def level_of(name: str) -> int:
    """The rank of a level's name (`clear` or `white`, `green`, `amber`, `amber+strict`, `red`).

    Raises `BadInput` (`marking-level-unknown`).
    """
    if name == "white":
        return 0
    if name in LEVELS:
        return LEVELS.index(name)
    raise BadInput("marking-level-unknown", f"{shown(name)} is no level of TLP", remedy=nearest(name, LEVELS))


def name_of(level: int) -> str:
    """The name of a rank, in the words of TLP 2.0."""
    return LEVELS[level]


def is_exact(definition: Mapping[str, Any], fixed: Fixed) -> bool:
    """Whether a carried copy of a fixed marking definition says what the standard says, and nothing else.

    Compared is what says what it means: type, `created` as an instant, `definition_type`, `definition`, `extensions`
    and a `name`, where there is one. What a tool adds beside that (`x_…`, `created_by_ref`) does not matter, and
    markings of the copy itself are for the caller to take on. `clear` under the id of WHITE is what OpenCTI writes.
    """
    created = definition.get("created")
    if definition.get("type") != "marking-definition" or definition.get("spec_version", "2.1") != "2.1":
        return False
    if not isinstance(created, str) or not _CREATED[fixed.version].fullmatch(created):
        return False
    names = ("clear", "white") if fixed.level == 0 else (LEVELS[fixed.level],)
    if "name" in definition and definition["name"] not in [f"TLP:{name.upper()}" for name in names]:
        return False
    form = {key: definition[key] for key in ("definition_type", "definition", "extensions") if key in definition}
    if fixed.version == 1:
        return form in [{"definition_type": "tlp", "definition": {"tlp": name}} for name in names]
    content = {"extension_type": "property-extension", "tlp_2_0": LEVELS[fixed.level]}
    return form == {"extensions": {TLP_2_EXTENSION: content}}
