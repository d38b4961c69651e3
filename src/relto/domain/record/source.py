"""A source: who told it, when and where, and what it is worth by the admiralty scale (NATO STANAG 2511).

A grade is a letter for the source (A reliable … E unreliable, F cannot be judged) and a digit for what it says
(1 confirmed by other sources … 5 improbable, 6 cannot be judged).

>>> Source.parse({"name": "AP", "date": "2025-03-07", "grade": "b2"}).grade
'B2'
>>> Source.parse({"name": "AP", "grade": "B2"}).stix_confidence
70
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from relto.domain.errors import BadInput
from relto.domain.record.when import When
from relto.domain.written import mapping, one_line, shown

RELIABILITY: Final = {
    "A": "reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITY: Final = {
    "1": "confirmed by other sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}
STIX_CONFIDENCE: Final = {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10}
"""STIX 2.1 appendix A, the column for the admiralty scale; 6 has no number."""

NAME_MAX: Final = 200
URL_MAX: Final = 2_000

_GRADE: Final = re.compile(r"[A-Fa-f][1-6]")
_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?")
_CODE: Final = "source-invalid"


@dataclass(frozen=True, slots=True)
class Source:
    """`date`: when it told it, which may be later than what it tells; None where nobody knows. `grade` may be empty."""

    name: str
    date: When | None = None
    url: str = ""
    grade: str = ""

    @classmethod
    def parse(cls, value: object) -> Source:
        """Raises `BadInput` (`source-invalid`, `date-invalid`)."""
        given = mapping(value, what="the source", code=_CODE, keys=("name", "date", "url", "grade"))
        if "name" not in given:
            raise BadInput(_CODE, "the source has no `name`")
        url, grade = given.get("url", ""), given.get("grade", "")
        if "url" in given and (
            len(one_line(url, what="the source's `url`", code=_CODE, longest=URL_MAX)) < 1 or not _URL.fullmatch(url)
        ):
            raise BadInput(_CODE, f"{shown(url)} is no address of a page", remedy="write https://…")
        if "grade" in given and (not isinstance(grade, str) or not _GRADE.fullmatch(grade)):
            raise BadInput(
                _CODE,
                f"{shown(grade)} is no grade of the admiralty scale",
                remedy="write a letter A to F and a digit 1 to 6, such as B2",
            )
        return cls(
            one_line(given["name"], what="the source's `name`", code=_CODE, longest=NAME_MAX),
            When.parse(given["date"], what="the source's date") if "date" in given else None,
            url,
            grade.upper(),
        )

    def as_value(self) -> dict[str, Any]:
        """Plain values that `parse` reads back."""
        found = {"name": self.name, "date": self.date.text if self.date else "", "url": self.url, "grade": self.grade}
        return {key: part for key, part in found.items() if part}

    @property
    def stix_confidence(self) -> int | None:
        """The property `confidence` of STIX 2.1 section 3.2; None where the scale has none."""
        return STIX_CONFIDENCE.get(self.grade[1:])

    @property
    def grade_words(self) -> str:
        """What the grade means; empty without one."""
        return f"{RELIABILITY[self.grade[0]]}, {CREDIBILITY[self.grade[1]]}" if self.grade else ""
