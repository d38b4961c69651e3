"""The table of all settings, made from the sections: what reads, checks, shows and documents a setting goes by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import get_type_hints

from relto.config.rule import Rule, Value
from relto.config.sections import SECTIONS


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings. `key` is `section.name`; `default` is in words where it depends on the node.

    `field`: its name in the section's class, which ends with `_` where the language keeps the name for itself.
    """

    key: str
    section: str
    name: str
    field: str
    type: type
    default: Value
    rule: Rule

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "RELTO_" + self.key.replace(".", "_").upper()

    @property
    def type_text(self) -> str:
        """Its type and limits in words."""
        if self.rule.choices:
            return " or ".join(f"`{choice}`" for choice in self.rule.choices)
        words = {str: "file" if self.rule.path else "text", int: "number", bool: "`true` or `false`"}
        if self.type is int:
            return f"number from {self.rule.low} to {self.rule.high}"
        return words.get(self.type, "table of text to text (in the variable: a JSON object)")


def _settings() -> Iterator[Setting]:
    for section, kind in SECTIONS.items():
        hints = get_type_hints(kind)
        defaults = kind()
        for each in fields(kind):
            hint = hints[each.name]
            plain = hint if hint in (str, int, bool) else dict
            default = getattr(defaults, each.name)
            name = each.name.removesuffix("_")
            yield Setting(f"{section}.{name}", section, name, each.name, plain, default, each.metadata["rule"])


SETTINGS: tuple[Setting, ...] = tuple(_settings())
"""The table of all settings, in the order of the manual."""

BY_KEY: Mapping[str, Setting] = MappingProxyType({setting.key: setting for setting in SETTINGS})
BY_VARIABLE: Mapping[str, Setting] = MappingProxyType({setting.variable: setting for setting in SETTINGS})
