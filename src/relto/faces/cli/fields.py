"""Fields of an entry as they are typed: `FIELD=VALUE`, one after the other.

>>> entry_of("proposal", ["date=2025-03-04", "by=zelenskyy", "subject=a truce", "scope=[air, sea]"])["scope"]
['air', 'sea']
>>> entry_of("statement", ["date=2025-03-09", "source=AP", "grade=B2"])["source"]
{'name': 'AP', 'grade': 'B2'}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.domain.record.entry import COMMON
from relto.domain.record.form import FORMS, RELATIONS
from relto.domain.record.shape import ByParty, Listed
from relto.domain.written import nearest, read, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE: Final = {"source": "name", "url": "url", "grade": "grade", "told": "date"}
"""Fields of the source, by how they are typed."""

_LISTS: Final = frozenset({"pauses", "agreements", "conditions", *RELATIONS})


def entry_of(kind: str, fields: Sequence[str]) -> dict[str, Any]:
    """The entry of this kind that these fields say. Raises `BadInput` (`field-invalid`)."""
    return {"kind": kind, **_of(fields, kind)}


def changes_of(fields: Sequence[str]) -> dict[str, Any]:
    """What these fields change; None for one that is taken away. Raises `BadInput` (`field-invalid`)."""
    return _of(fields, "")


def _of(fields: Sequence[str], kind: str) -> dict[str, Any]:
    form = FORMS.get(kind)
    own = {each.name: each.shape for each in form.fields} if form else {}
    every = {each.name: each.shape for known in FORMS.values() for each in known.fields}
    found: dict[str, Any] = {}
    source: dict[str, Any] = {}
    for field in fields:
        name, equals, text = field.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise BadInput("field-invalid", f"{shown(field)} is not FIELD=VALUE", remedy="write date=2025-03-09")
        known = {*(own or every), *COMMON, *SOURCE}
        if name not in known:
            raise BadInput("field-invalid", f"there is no field {shown(name)}", remedy=nearest(name, known))
        if name in found or (name in SOURCE and SOURCE[name] in source):
            raise BadInput("field-invalid", f"the field `{name}` stands twice", remedy="write a list: [one, another]")
        value = _value(text)
        if name in SOURCE and not isinstance(value, dict):
            source[SOURCE[name]] = value
            continue
        shape = own.get(name) or every.get(name)
        is_list = name in _LISTS or (isinstance(shape, Listed) and name not in COMMON)
        if is_list and not isinstance(shape, ByParty) and isinstance(value, str | dict):
            value = [value]
        found[name] = value
    if source:
        found["source"] = source
    return found


def _value(text: str) -> Any:
    """A list or a mapping where it begins like one, `true`, else the text as it stands; None where there is none."""
    if not text.strip():
        return None
    if text.lstrip()[0] in "[{":
        return read(text, code="field-invalid")
    return True if text == "true" else text
