"""A case: what a record is about, who keeps it, and how widely it may be known that there is one.

Every entry joins its case, and so is never less strict than it: a case is marked for the widest circle that may know of
it, its entries more strictly where need be. Without a marking a case stays with the party that keeps it.

>>> Case.parse({"case": "usa-ukr-2025", "title": "The pause of March 2025"}, party="USA").marking
'amber+strict'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from relto.domain import ids
from relto.domain.errors import BadInput
from relto.domain.marking.tlp import LEVELS
from relto.domain.record.entry import marking
from relto.domain.record.shape import CODE, TEXT_MAX, lines, pause_numbers
from relto.domain.record.when import When
from relto.domain.written import mapping, one_line, shown, words

KEYS: Final = ("case", "title", "party", "begins", "marking", "topics", "parties", "agreements", "pauses", "text")

TOPIC: Final = "diplomacy"
"""The label that a case and its entries bear: the topic of the record where the vocabulary has it."""

PRIVATE: Final = "amber+strict"
"""The marking of a case that says none: no agreement grants it unless it says so."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `party`: who keeps it. `begins`: no entry is dated before that. `topics`: beside that of the record.
    `parties`, `agreements`, `pauses`: what it is about.
    """

    id: str
    title: str
    party: str
    begins: When | None = None
    marking: str = PRIVATE
    topics: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    text: str = ""

    @classmethod
    def parse(cls, value: object, *, party: str) -> Case:
        """The case in a mapping; `party` keeps it unless it names another.

        Raises `BadInput` (`entry-invalid`, `case-id-invalid`, `date-invalid`, `marking-level-unknown` and so on).
        """
        given = mapping(value, what="a case", code=CODE, keys=KEYS)
        for name in ("case", "title"):
            if name not in given:
                raise BadInput(CODE, f"a case has no `{name}`")
        return cls(
            case_id(given["case"]),
            one_line(given["title"], what="the title", code=CODE),
            ids.party_code(one_line(given.get("party", party), what="`party`", code=CODE)),
            When.parse(given["begins"], what="`begins`") if "begins" in given else None,
            marking(given.get("marking", PRIVATE)),
            tuple(map(ids.topic_name, words(given["topics"], what="`topics`", code=CODE))) if "topics" in given else (),
            tuple(map(ids.party_code, lines(given, "parties"))),
            tuple(map(ids.agreement_id, lines(given, "agreements"))),
            pause_numbers(given),
            one_line(given["text"], what="`text`", code=CODE, longest=TEXT_MAX) if "text" in given else "",
        )

    def as_value(self) -> dict[str, Any]:
        """Plain values that `parse` reads back; what is empty is left out."""
        found: dict[str, Any] = {
            "case": self.id,
            "title": self.title,
            "party": self.party,
            "begins": self.begins.text if self.begins else "",
            "marking": self.marking,
            "topics": list(self.topics),
            "parties": list(self.parties),
            "agreements": list(self.agreements),
            "pauses": list(self.pauses),
            "text": self.text,
        }
        return {name: part for name, part in found.items() if part}


def stricter_level(one: str, other: str) -> str:
    """The stricter of two levels of TLP; a marking by its id is left alone.

    >>> stricter_level("green", "amber+strict"), stricter_level("red", "amber+strict")
    ('amber+strict', 'red')
    """
    return max(one, other, key=LEVELS.index) if one in LEVELS and other in LEVELS else other


def case_id(value: object) -> str:
    """The id of a case: 1 to 64 of a-z, 0-9 and `-`. Raises `BadInput` (`case-id-invalid`)."""
    # A number that was typed without quotes is meant as it stands.
    text = str(value) if type(value) is int and 0 <= value < 10**18 else value
    if isinstance(text, str) and _ID.fullmatch(text):
        return text
    raise BadInput("case-id-invalid", f"{shown(value)} is no case's id: 1 to 64 of a-z, 0-9 and `-`")
