r"""Fields of an entry as a form has them: text for each, what is in it read as the field takes it, and written again.

Lists have a line for each thing; what is said for each party has a line for each, with a colon behind the party and
semicolons between several. Somebody may be written `{unnamed: a US official, party: USA}` anywhere.

>>> entry_of("proposal", {"date": "2025-03-04", "by": "zelenskyy", "subject": "a truce", "scope": "air\nsea"})["scope"]
['air', 'sea']
>>> text_of({"UKR": [{"person": "yermak", "name": "Andriy Yermak"}], "USA": []}, "delegations")
'UKR: yermak\nUSA:'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.domain.errors import BadInput
from relto.domain.marking import LEVELS
from relto.domain.record.entry import CONFIDENCES
from relto.domain.record.form import FORMS, Field
from relto.domain.record.shape import ByParty, Choice, Line, Listed, Party, Shape, Somebody
from relto.domain.written import read
from relto.faces.console.form import words

SOURCE: Final = {"source": "name", "told": "date", "url": "url", "grade": "grade"}
"""Fields of the source, by how the form calls them."""

LISTS: Final = ("pauses", "agreements", "conditions", "about", "answers", "contradicts", "supports")
"""What an entry may be about and how it stands to others: lists of names, with commas between them."""

LONG: Final = 600
"""Longer lines of text are given room of several lines."""

HELP: Final[Mapping[str, str]] = {
    "date": "a day, two days with a slash between them, a month, or a moment: 2025-03-05, 2025-03-04/2025-03-05, "
    "2025-03, 2025-03-03T18:00Z",
    "key": "its name within the case; the next number without one",
    "source": "who told it; without a source nobody can weigh it",
    "told": "when the source told it, which may be later than what it tells",
    "url": "the address of its page; nothing is fetched from there",
    "grade": "the admiralty scale: a letter from A to F for the source, a digit from 1 to 6 for what it says",
    "confidence": "confirmed: said on the record by the party concerned; reported: by others",
    "marking": "stricter than the case; that of the case without one",
    "text": "what is to be told beside it",
    "pauses": "numbers of the pauses that it is about",
    "agreements": "ids of the agreements that it is about",
    "conditions": "conditions that it is about, as PAUSE/N",
    "about": "keys of entries that it speaks of",
    "answers": "keys of entries that it answers",
    "contradicts": "keys of entries that cannot be so as well",
    "supports": "keys of entries for which it is evidence",
}
"""What the fields are that every kind of entry has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the form. `kind`: `line`, `text`, `choice` or `party`; `hint`: how it is written."""

    name: str
    label: str
    says: str
    kind: str = "line"
    choices: Sequence[str] = ()
    is_required: bool = False
    hint: str = ""
    longest: int = 500


def asked(kind: str) -> tuple[list[Asked], list[Asked], list[Asked]]:
    """What the form of this kind asks for: the fields of the kind, where it is known from, and what it belongs to."""
    form = FORMS[kind]
    own = [_asked(field) for field in form.fields]
    first = [Asked("date", "Date", HELP["date"], is_required=kind != "person", longest=60)]
    known = [
        Asked("source", "Source", HELP["source"], longest=200),
        Asked("told", "Told on", HELP["told"], longest=60),
        Asked("url", "Address", HELP["url"], longest=2_000),
        Asked("grade", "Grade", HELP["grade"], longest=2),
        Asked("confidence", "Confidence", HELP["confidence"], "choice", CONFIDENCES),
    ]
    aside = [Asked("text", "Text", HELP["text"], "text", longest=4_000)]
    aside += [Asked(name, name.capitalize(), HELP[name], longest=2_000) for name in LISTS if kind != "link" or name in
              ("pauses", "agreements", "conditions")]  # fmt: skip
    aside += [
        Asked("marking", "Marking", HELP["marking"], "choice", LEVELS),
        Asked("key", "Key", HELP["key"], longest=64),
    ]
    return first + own, known, aside


def _asked(field: Field) -> Asked:
    label = field.name.replace("_", " ").capitalize()
    match field.shape:
        case Choice(words=words):
            return Asked(field.name, label, field.says, "choice", words, is_required=field.is_required)
        case Party():
            return Asked(field.name, label, field.says, "party", is_required=field.is_required, hint="a party, by code")
        case Line(longest=longest):
            kind = "text" if longest > LONG else "line"
            return Asked(field.name, label, field.says, kind, is_required=field.is_required, longest=longest)
        case Somebody():
            hint = "a name, a key or a party; or {unnamed: a US official, party: USA}"
            return Asked(field.name, label, field.says, is_required=field.is_required, hint=hint)
        case Listed(of=of):
            hint = "a line for each party" if isinstance(of, Party) else "a line for each"
            return Asked(field.name, label, field.says, "text", is_required=field.is_required, hint=hint, longest=8_000)
        case ByParty(of=of):
            hint = "a line for each party: UKR: yermak; sybiha" if isinstance(of, Listed) else "a line each: UKR: "
            if isinstance(of, Choice):
                hint = f"a line for each party, such as UKR: {of.words[0]}; it may be {', '.join(of.words)}"
            return Asked(field.name, label, field.says, "text", is_required=field.is_required, hint=hint, longest=8_000)
        case _:
            return Asked(field.name, label, field.says, is_required=field.is_required)


def entry_of(kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """The entry that these texts say; what is blank is left out. Raises `BadInput` (`field-invalid`)."""
    return {"kind": kind, **{name: part for name, part in _fields(kind, texts).items() if part is not None}}


def changes_of(kind: str, before: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, Any]:
    """What these texts say otherwise than `before`; None where something is taken away."""
    names = {name for name in {*before, *texts} if before.get(name, "").split() != texts.get(name, "").split()}
    changed = _fields(kind, {name: texts.get(name, "") for name in names - SOURCE.keys()})
    if names & SOURCE.keys():
        # The source is one thing, and said whole.
        source = _fields(kind, {name: texts.get(name, "") for name in SOURCE}).get("source")
        if source is not None and "name" not in source:
            raise BadInput("field-invalid", "the source has no name", remedy="name it, or leave all of it out")
        changed["source"] = source
    return changed


def _fields(kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    shapes = {field.name: field.shape for field in FORMS[kind].fields}
    found: dict[str, Any] = {}
    source: dict[str, str] = {}
    for name, text in texts.items():
        stripped = text.strip()
        if name in shapes:
            found[name] = _read(shapes[name], stripped) if stripped else None
        elif name in SOURCE:
            if stripped:
                source[SOURCE[name]] = stripped
        elif name in LISTS:
            found[name] = [*words(stripped)] or None
        else:
            found[name] = " ".join(stripped.split()) or None
    if source:
        found["source"] = source
    return found


def _read(shape: Shape, text: str) -> Any:
    match shape:
        case Listed(of=of):
            lines = _lines(text)
            if isinstance(of, Party):
                lines = [code for line in lines for code in words(line)]
            return [_read(of, line) for line in lines]
        case ByParty(of=of):
            return dict(_by_party(of, line) for line in _lines(text))
        case Somebody() if text.startswith("{"):
            return read(text, code="field-invalid")
        case _:
            return " ".join(text.split())


def _by_party(of: Shape, line: str) -> tuple[str, Any]:
    party, colon, said = line.partition(":")
    if not colon:
        raise BadInput("field-invalid", f"`{line[:80]}` names no party", remedy="write UKR: and what it is")
    if isinstance(of, Listed):
        return party.strip(), [_read(of.of, part.strip()) for part in said.split(";") if part.strip()]
    return party.strip(), _read(of, said.strip())


def _lines(text: str) -> list[str]:
    return [stripped for line in text.split("\n") if (stripped := line.strip())]


def texts_of(value: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a form that say this entry."""
    found: dict[str, str] = {}
    fields = {field.name for field in FORMS[value["kind"]].fields}
    for name, part in value.items():
        if name == "source":
            found |= {form: part[key] for form, key in SOURCE.items() if part and part.get(key)}
        elif name in fields:
            found[name] = text_of(part, name)
        elif name in LISTS:
            found[name] = ", ".join(map(str, part))
        elif name in HELP:
            found[name] = str(part)
    return {name: text for name, text in found.items() if text}


def text_of(value: Any, name: str) -> str:
    """What a form has in this field for this value."""
    if isinstance(value, Mapping):
        if _is_somebody(value):
            return _somebody(value)
        return "\n".join(f"{party}: {_several(part)}".strip() for party, part in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(text_of(part, name) for part in value)
    return str(value)


def _several(value: Any) -> str:
    return "; ".join(text_of(part, "") for part in value) if isinstance(value, list | tuple) else str(value)


def _is_somebody(value: Mapping[str, Any]) -> bool:
    return bool(value) and value.keys() <= {"person", "name", "role", "party", "unnamed"}


def _somebody(value: Mapping[str, Any]) -> str:
    if "person" in value:
        return str(value["person"])
    if value.keys() == {"party"}:
        return str(value["party"])
    if value.keys() == {"name"} and not str(value["name"]).startswith("{"):
        return str(value["name"])
    parts = [f"{key}: {_quoted(str(part))}" for key, part in value.items()]
    return "{" + ", ".join(parts) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
