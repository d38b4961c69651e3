r"""Findable words: what of an object people look for it by, and how what they type is read.

Of its id the type and the first eight digits; its name and its aliases; its pattern; an observable's value; ids of
others (`CVE-2024-3094`, `T1566`); then its description, as far as there is room. Words are compared without regard to
case, accents of another coding, and width, and whole: `sand` finds no `sandworm`. A word with inner points, slashes,
hyphens or colons stands as it is and in its parts, so that an address is found by its domain as well; what was made
harmless (`evil[.]example`) is found as what it was.

>>> sorted(findable({"value": "hxxp://Evil.Example[.]org/a"}))[1:5]
['evil', 'evil.example.org', 'example', 'example.org']
>>> asked("  CVE-2024-3094  \"sandworm ")
('cve-2024-3094', 'sandworm')
>>> findable({"id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "name": 7}) == {"indicator", "8e2e2d2b"}
True
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

WORD_MAX: Final = 64
"""Characters of a word; the rest is cut off, here and in what is asked."""

WORDS_MAX: Final = 128
"""Words of one object: one with a thousand aliases is found by the first of them."""

TEXT_MAX: Final = 4_096
"""Characters of one text that are looked at."""

ASKED_MAX: Final = 8
"""Words of a question."""

_WORD: Final = re.compile(r"[^\W_](?:[\w.:/@-]*[^\W_])?")
_PIECE: Final = re.compile(r"[:/@]+")
_INNER: Final = re.compile(r"[.:/@_-]+")
_TEXTS: Final = (
    "name", "pattern", "value", "path", "user_id", "account_login", "display_name", "key", "serial_number",
)  # fmt: skip
_LISTS: Final = ("aliases", "x_mitre_aliases", "malware_types", "threat_actor_types")


def asked(text: str) -> tuple[str, ...]:
    """The words of a question, each once, whole: all of them are wanted."""
    found = (word[:WORD_MAX] for word in _WORD.findall(_even(text)))
    return tuple(dict.fromkeys(found))[:ASKED_MAX]


def findable(value: Mapping[str, Any]) -> frozenset[str]:
    """The words of an object, as parsed. Total: what is of another shape than STIX has it has no words."""
    found: dict[str, None] = {}
    for text in _texts(value):
        _add(found, text)
        if len(found) >= WORDS_MAX:
            return frozenset(islice(found, WORDS_MAX))
    return frozenset(found)


def may_have(raw: bytes, words: tuple[str, ...]) -> bool:
    """Whether an object may have all of these words (`asked`), by a look at its bytes: most have not, and few have
    another's. One that `findable` finds always may.

    >>> may_have(b'{"name": "Sandworm, 42"}', ("sandworm", "42")), may_have(b'{"name": "Sandworm"}', ("sand",))
    (True, False)
    """
    if len(raw) > TEXT_MAX or not raw.isascii() or b"\\" in raw or b"[.]" in raw:
        # What is not written plainly is looked at more closely.
        return True
    plain = raw.lower()
    return all(word in plain and pattern.search(plain) for word, pattern in _patterns(words))


@lru_cache(maxsize=64)
def _patterns(words: tuple[str, ...]) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    # A word, or a part of one, stands between others. One that was cut off may go on.
    ends = ((word.encode(), b"" if len(word) == WORD_MAX else rb"(?![0-9a-z])") for word in words)
    return tuple((word, re.compile(rb"(?<![0-9a-z])" + re.escape(word) + end)) for word, end in ends)


def _texts(value: Mapping[str, Any]) -> Iterator[str]:
    kind, _, number = str(value.get("id", "")).partition("--")
    yield f"{kind} {number[:8]}"
    for name in _TEXTS:
        if isinstance(value.get(name), str):
            yield value[name]
    for name in _LISTS:
        yield from _strings(value.get(name))
    hashes = value.get("hashes")
    if isinstance(hashes, dict):
        yield from _strings(list(hashes.values()))
    references = value.get("external_references")
    for each in references if isinstance(references, list) else ():
        if isinstance(each, dict) and isinstance(each.get("external_id"), str):
            yield each["external_id"]
    # Last: a word of it that is in half of all texts may be left out.
    if isinstance(value.get("description"), str):
        yield value["description"]


def _strings(value: Any) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _add(found: dict[str, None], text: str) -> None:
    """The words of a text, behind those that were found before. It is done for each item that ever comes: in one go."""
    for word in _WORD.findall(_even(text)):
        found[word[:WORD_MAX]] = None
        if word.isalnum():
            continue
        for part in _INNER.split(word):
            if part:
                found[part[:WORD_MAX]] = None
        if "." not in word:
            continue
        for piece in _PIECE.split(word):
            # What follows each point: an address is found by any domain that it lies in.
            rest = piece
            while "." in rest:
                found[rest[:WORD_MAX]] = None
                rest = rest.partition(".")[2] if not rest[-1].isdigit() else ""


def _even(text: str) -> str:
    text = text[:TEXT_MAX].replace("[.]", ".")
    # Most texts are plain, and then this is all.
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
