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
from relto.domain.record.shape import Choice, Day, Line, Listed, Party, Shape
from relto.domain.written import nearest, read, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE: Final = {"source": "name", "url": "url", "grade": "grade", "told": "date"}
"""Fields of the source, by how they are typed."""

_LISTS: Final = frozenset({"pauses", "agreements", "conditions", *RELATIONS})
_PLAIN: Final = frozenset({*COMMON, *SOURCE} - _LISTS - {"source", "retracts"})


def entry_of(kind: str, fields: Sequence[str]) -> dict[str, Any]:
    """The entry of this kind that these fields say. Raises `BadInput` (`field-invalid`)."""
    return {"kind": kind, **_of(fields, kind)}


def changes_of(fields: Sequence[str]) -> dict[str, Any]:
    """What these fields change; None for one that is taken away. Raises `BadInput` (`field-invalid`)."""
    return _of(fields, "")


def _of(fields: Sequence[str], kind: str) -> dict[str, Any]:
    forms = [FORMS[kind]] if kind in FORMS else list(FORMS.values())
    shapes: dict[str, list[Shape]] = {}
    for form in forms:
        for each in form.fields:
            shapes.setdefault(each.name, []).append(each.shape)
    known = {*shapes, *COMMON, *SOURCE}
    found: dict[str, Any] = {}
    source: dict[str, Any] = {}
    for field in fields:
        name, equals, text = field.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise BadInput("field-invalid", f"{shown(field)} is not FIELD=VALUE", remedy="write date=2025-03-09")
        if name not in known:
            raise BadInput("field-invalid", f"there is no field {shown(name)}", remedy=nearest(name, known))
        if name in found or (name in SOURCE and SOURCE[name] in source):
            raise BadInput("field-invalid", f"the field `{name}` stands twice", remedy="write a list: [one, another]")
        value = _value(text, name, shapes.get(name, ()))
        if name in SOURCE and not isinstance(value, dict) and (value is not None or name != "source"):
            source[SOURCE[name]] = value
        else:
            found[name] = value
    if source:
        found["source"] = {**(found.get("source") or {}), **source}
    return found


def _value(text: str, name: str, shapes: Sequence[Shape]) -> Any:
    """A list or a mapping where the field takes one and it begins like one, else the text as it stands; None where
    there is none. What may be a list alone is one, though a single thing was typed.
    """
    if not text.strip():
        return None
    if name == "retracts" and text == "true":
        return True
    is_plain = name in _PLAIN or (bool(shapes) and all(isinstance(shape, _LINES) for shape in shapes))
    value = read(text, code="field-invalid") if text.lstrip()[0] in "[{" and not is_plain else text
    is_listed = name in _LISTS or (bool(shapes) and all(isinstance(shape, Listed) for shape in shapes))
    return [value] if is_listed and isinstance(value, str | dict) else value


_LINES: Final = (Line, Choice, Day, Party)
