"""What a request may say: models made from the signatures of verbs, strict, closed, and of bounded size."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, create_model

from relto.faces.verbs import registry

TEXT_MAX: Final = 4_096
FILE_CHARS_MAX: Final = 1_048_576
LIST_MAX: Final = 1_000
FILES_MAX: Final = 100
NUMBER_MAX: Final = 1_000_000_000

PAGE_ENTRIES: Final = 100
PAGE_ENTRIES_MAX: Final = 1_000


def _sayable(text: str) -> str:
    """No database takes these two."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("holds a NUL or half of a character")
    return text


Text = Annotated[str, StringConstraints(max_length=TEXT_MAX), AfterValidator(_sayable)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX), AfterValidator(_sayable)]
FileText = Annotated[str, StringConstraints(max_length=FILE_CHARS_MAX), AfterValidator(_sayable)]
Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]


class Condition(BaseModel):
    """A condition of a pause: what has to come about, who asked for it, and whether a resume needs it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text
    asked_by: Text = ""
    binding: bool = False


_OTHERWISE: Final[dict[str, Any]] = {
    "conditions": Annotated[list[Text | Condition], Field(max_length=LIST_MAX)],
    "scope": dict[str, Any] | Literal["all"] | None,
    "files": Annotated[list[FileText], Field(max_length=FILES_MAX)],
}


def type_of(field: registry.Field) -> Any:
    """The type that a field is checked against."""
    return _OTHERWISE.get(field.parameter) or _narrowed(field.type)


def path_type(hint: Any) -> Any:
    """The type of a part of the address."""
    if hint is int:
        return Number
    return hint if get_origin(hint) is Literal else Name


def _narrowed(hint: Any) -> Any:
    if hint is str:
        return Text
    if hint is int:
        return Number
    if get_origin(hint) in {Union, types.UnionType}:
        return Union[tuple(_narrowed(each) for each in get_args(hint))]  # noqa: UP007 - of parts known only now
    if get_origin(hint) in {Sequence, list}:
        return Annotated[list[_narrowed(get_args(hint)[0])], Field(max_length=LIST_MAX)]  # type: ignore[misc]  # as above
    return hint


def body_model(verb: registry.Verb) -> type[BaseModel] | None:
    """The members of the body; None where it has none."""
    return _model(verb, "body", f"{_title(verb)}Body", strict=True)


def query_model(verb: registry.Verb) -> type[BaseModel] | None:
    """The query; lists that come page by page take `limit` and `after`."""
    more: dict[str, Any] = {}
    if verb.key:
        more["limit"] = (Annotated[int, Field(ge=1, le=PAGE_ENTRIES_MAX)], PAGE_ENTRIES)
        more["after"] = (Text | None, None)
    return _model(verb, "query", f"{_title(verb)}Query", strict=False, more=more)


def _model(
    verb: registry.Verb, where: str, title: str, *, strict: bool, more: dict[str, Any] | None = None
) -> type[BaseModel] | None:
    fields: dict[str, Any] = {}
    for each in verb.fields:
        if each.where != where:
            continue
        default: Any = ... if each.is_required else list(each.default) if each.default == () else each.default
        fields[each.parameter] = (type_of(each), Field(default, alias=each.name))
    fields |= more or {}
    if not fields:
        return None
    settings = ConfigDict(extra="forbid", strict=strict, title=title)
    made: type[BaseModel] = create_model(title, __config__=settings, **fields)
    return made


def _title(verb: registry.Verb) -> str:
    return "".join(word.capitalize() for word in verb.words.split())
