"""Settings: every one with its value as it is, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.config import SETTINGS
from relto.faces.console.pages.admin.menu import shown
from relto.faces.verbs import node

if TYPE_CHECKING:
    from relto.faces.console.visit import Shown, Visit


def page(visit: Visit) -> Shown:
    """All settings, by section; `find` narrows them by key, and `changed` to those that are not the default."""
    wanted = visit.query.text("find").casefold()
    changed = visit.query.has("changed")
    texts = {each.key: each.rule.text for each in SETTINGS}
    found = [
        {**each, "does": texts.get(each["key"], ""), "section": _section(each)}
        for each in node.config_show(visit.caller)
        if wanted in each["key"].casefold() and not (changed and each["source"] == "default")
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        groups.setdefault(str(each["section"]), []).append(each)
    values = {"groups": [*groups.items()], "found": len(found), "find": visit.query.text("find"), "changed": changed}
    return shown(visit, "settings", {**values, "secret": node.SECRET})


def _section(each: dict[str, Any]) -> str:
    section, dot, _ = each["key"].partition(".")
    return section if dot else "node"
