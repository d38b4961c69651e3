"""A rule: what a setting says, and what its value must keep to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | int | bool | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must keep to besides its type. `low` and `high` are inclusive; `path` may be relative."""

    text: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    path: bool = False
    secret: bool = False
    default_text: str = ""


def setting(default: Value, text: str, **rule: Any) -> Any:
    """A field of a section: its default, what it does, and its rule.

    Typed `Any`, as `dataclasses.field` is: the annotation of the field says what it holds.
    """
    metadata = {"rule": Rule(text, **rule)}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata, repr=not rule.get("secret", False))
