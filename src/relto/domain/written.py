r"""What people write: files in YAML (JSON is YAML), lines of text, and how both are named again in an answer.

A file is read with less than YAML offers, because each thing left out has hurt somebody: no anchors, aliases,
merges or tags; one document; no key twice; no dates, octal, sexagesimal or `yes` and `no` as booleans (so the
code `NO` and the day 2025-06-01 stay what was typed); limits on size and depth.

>>> read("agreement: usa-ukr\nto: [UKR, NO]\nreview: 2025-06-01")
{'agreement': 'usa-ukr', 'to': ['UKR', 'NO'], 'review': '2025-06-01'}
>>> shown("no\x1b[31msuch")
'`no�[31msuch`'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, Final, NoReturn

import yaml

from relto.domain.errors import BadInput

FILE_MAX: Final = 65_536
"""Characters of a file that a person writes; the reader is slow, and an agreement has a thousand."""

DEPTH_MAX: Final = 16
"""How deep lists and mappings may nest; an agreement has four levels."""

_SHOWN_MAX: Final = 80
_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,8}")
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_PLAIN: Final[dict[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}


def shown(text: object) -> str:
    """What was typed, in backticks, cut short and with nothing that a terminal would obey."""
    whole = text if isinstance(text, str) else _plainly(text)
    cut = whole if len(whole) <= _SHOWN_MAX else whole[:_SHOWN_MAX] + "…"
    return "`" + "".join(c if c.isprintable() else "\ufffd" for c in cut) + "`"


def harmless(text: str, *, longest: int) -> str:
    r"""The text in one line, cut short, with nothing in it that a terminal would obey.

    >>> harmless("502\r\n\x1b[31mBad  Gateway", longest=500)
    '502 �[31mBad Gateway'
    """
    # Cut first: what is cut off costs nothing. Blanks that are joined make it shorter yet.
    line = " ".join(text[: 4 * longest].split())
    cut = line if len(line) <= longest else line[: longest - 1] + "…"
    return "".join(character if character.isprintable() else "\ufffd" for character in cut)


def disarmed(text: str) -> str:
    r"""The text in one line, whole, with nothing in it that `one_line` refuses.

    >>> disarmed("a\x1b[31m b\n\u202ec")
    'a�[31m b �c'
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join("\ufffd" if _is_refused(character) else character for character in line)


def nearest(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is not known: the nearest that is, or all of them where none is near."""
    names = sorted(known)
    close = get_close_matches(word[:_SHOWN_MAX], names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    listed = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
    return f"known are: {listed}" if names else ""


def one_line(value: object, *, what: str, code: str, longest: int = 500) -> str:
    """A line of text: not blank, at most `longest` characters, without control or bidirectional characters.

    Raises `BadInput` (`code`). Such text ends in terminals, log lines and collection descriptions.
    """
    if not isinstance(value, str):
        raise BadInput(code, f"{what} must be text, not {_kind(value)}", remedy=_quote(value))
    if not value.strip():
        raise BadInput(code, f"{what} is empty")
    if len(value) > longest:
        raise BadInput(code, f"{what} has {len(value)} characters, and may have {longest}")
    # What can all be printed holds nothing that is refused, and a long record is read line by line.
    for character in () if value.isprintable() else value:
        if _is_refused(character):
            raise BadInput(code, f"{what} holds the control character U+{ord(character):04X}")
    return value


def _is_refused(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def word(value: object, *, what: str, code: str) -> str:
    """Text whose grammar the caller goes on to check. Raises `BadInput` (`code`) where it is no text."""
    if not isinstance(value, str):
        raise BadInput(code, f"{what} must be text, not {_kind(value)}", remedy=_quote(value))
    return value


def words(value: object, *, what: str, code: str, most: int = 1_000) -> list[str]:
    """A list of texts, at least one and at most `most`. Raises `BadInput` (`code`)."""
    if not isinstance(value, list):
        remedy = f"write [{value}]" if isinstance(value, str) and value.isprintable() and len(value) < 40 else ""
        raise BadInput(code, f"{what} must be a list, not {_kind(value)}", remedy=remedy)
    if not value:
        raise BadInput(code, f"{what} is an empty list", remedy="leave it out, or name something")
    if len(value) > most:
        raise BadInput(code, f"{what} lists {len(value)}, and may list {most}")
    return [word(entry, what=f"an entry of {what}", code=code) for entry in value]


def mapping(value: object, *, what: str, code: str, keys: Collection[str]) -> dict[str, Any]:
    """A mapping with no keys but these. Raises `BadInput` (`code`), naming the nearest known key."""
    if not isinstance(value, dict):
        raise BadInput(code, f"{what} must be a mapping, not {_kind(value)}")
    for key, entry in value.items():
        if key not in keys:
            remedy = nearest(str(key), keys)
            raise BadInput(code, f"{what} has no key {shown(key)}", remedy=remedy, key=str(key)[:_SHOWN_MAX])
        if entry is None:
            raise BadInput(code, f"`{key}` of {what} has no value", remedy="leave it out, or give it one")
    return value


def read(text: str, *, code: str = "file-invalid", longest: int = FILE_MAX) -> Any:
    """The one document in a file, as plain values: None, bool, int, str, list, dict with keys of text.

    Raises `BadInput` (`code`) with the line where one is known.
    """
    if len(text) > longest:
        raise BadInput(code, f"the file has {len(text)} characters, and may have {longest}")
    try:
        return _Reader(code).document(text.removeprefix("\ufeff"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" in line {mark.line + 1}" if mark else ""
        raise BadInput(code, f"this is no YAML{place}: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The scanner turns `\\U00110000` into a character without asking whether there is one.
        raise BadInput(code, "this is no YAML: it holds a character that no file may hold") from error


class _Reader:
    """One walk over the events of a file. The stack of open collections is its own, so depth costs no recursion."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._open: list[list[Any] | dict[str, Any]] = []
        self._keys: list[str | None] = []
        self._root: list[Any] = []
        self._documents = 0

    def document(self, text: str) -> Any:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            match event:
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        self._refuse("a second document begins here", line)
                case yaml.ScalarEvent():
                    self._bare(event.anchor, event.tag, line)
                    self._put(self._scalar(event, line), line, plain=event.style is None)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._bare(event.anchor, event.tag, line)
                    self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, line)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._open.pop()
                    self._keys.pop()
                case yaml.AliasEvent():
                    self._refuse("aliases are not read", line)
                case _:
                    pass
        if not self._root:
            raise BadInput(self._code, "the file is empty")
        return self._root[0]

    def _begin(self, value: list[Any] | dict[str, Any], line: int) -> None:
        if len(self._open) >= DEPTH_MAX:
            self._refuse(f"nested deeper than {DEPTH_MAX}", line)
        self._put(value, line, plain=False)
        self._open.append(value)
        self._keys.append(None)

    def _put(self, value: Any, line: int, *, plain: bool) -> None:
        if not self._open:
            self._root.append(value)
            return
        top = self._open[-1]
        if isinstance(top, list):
            top.append(value)
            return
        key = self._keys[-1]
        if key is not None:
            top[key] = value
            self._keys[-1] = None
            return
        if not isinstance(value, str):
            self._refuse("a key must be text" + (", in quotes" if plain else ""), line)
        if value in top:
            self._refuse(f"the key {shown(value)} stands twice", line)
        self._keys[-1] = value

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._refuse("half of a surrogate pair", line)
        if event.style is not None:
            return text
        if text in _PLAIN:
            return _PLAIN[text]
        return int(text) if _WHOLE_NUMBER.fullmatch(text) else text

    def _bare(self, anchor: str | None, tag: str | None, line: int) -> None:
        if anchor is not None:
            self._refuse("anchors are not read", line)
        if tag is not None:
            self._refuse("tags are not read", line)

    def _refuse(self, message: str, line: int) -> NoReturn:
        raise BadInput(self._code, f"{message} (line {line})", line=line)


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case int():
            return f"the number `{str(value)[:20]}`"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return "that"


def _plainly(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quote(value: object) -> str:
    return f'put it in quotes: "{_plainly(value)}"' if isinstance(value, (bool, int)) else ""
