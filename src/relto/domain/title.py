"""A title: what an object is called where people read of it, whatever its type calls that.

>>> title({"type": "indicator", "name": "A sender", "pattern": "[email-addr:value = 'x']"})
'A sender'
>>> title({"type": "ipv4-addr", "value": "198.51.100.1"})
'198.51.100.1'
>>> title({"type": "relationship", "relationship_type": "indicates", "source_ref": "indicator--1", "target_ref": 5})
'indicates'
>>> title({"type": "report"})
''
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LENGTH_MAX: Final = 200
"""Characters of it; what is longer is cut."""

_NAMES: Final = (
    "name", "value", "pattern", "path", "display_name", "user_id", "account_login", "key", "subject", "serial_number",
    "abstract", "content", "opinion", "relationship_type", "definition", "description", "body", "command_line",
)  # fmt: skip
"""Members that name an object, the best first."""


def title(value: Mapping[str, Any]) -> str:
    """Of an object, as parsed: the first text that names it, in one line; empty where there is none."""
    for name in _NAMES:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            # Cut first: what is cut off costs nothing.
            line = " ".join(found[: 2 * LENGTH_MAX].split())
            return line if len(line) <= LENGTH_MAX else line[: LENGTH_MAX - 1] + "…"
    return ""
