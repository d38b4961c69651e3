"""A reason: why an item flows, is held or is withheld. A stable code and a sentence that names the clause."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """`code` is for programs and never changes its meaning; `text` is for people: lower case, no full stop."""

    code: str
    text: str
