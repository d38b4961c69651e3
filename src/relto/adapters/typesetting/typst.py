"""The typesetter over typst. The template is ours; all that is set reaches it as JSON and is text, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import typst

from relto.domain.errors import Unreachable
from relto.domain.written import disarmed

TEMPLATE: Final = "brief.typ"


class TypstTypesetter:
    """`ports/typesetter.py` over typst. Nothing is fetched: the template uses no packages, and the wheel has fonts."""

    def pdf(self, brief: Mapping[str, Any]) -> bytes:
        """Keep the promise of the port."""
        try:
            made = typst.compile(
                _template(),
                format="pdf",
                sys_inputs={"brief": json.dumps(_disarmed(brief))},
                ignore_system_fonts=True,
            )
        except (typst.TypstError, RuntimeError) as error:
            raise Unreachable("typesetter-failed", "the pages cannot be set", remedy="give it as html or md") from error
        assert isinstance(made, bytes), "one document was asked for"
        return made


def _disarmed(value: Any) -> Any:
    """The same with nothing in its texts that would turn the letters of a line about."""
    if isinstance(value, str):
        return disarmed(value)
    if isinstance(value, Mapping):
        return {_disarmed(name): _disarmed(part) for name, part in value.items()}
    return [_disarmed(part) for part in value] if isinstance(value, list | tuple) else value


@cache
def _template() -> bytes:
    return (resources.files(__package__) / TEMPLATE).read_bytes()
