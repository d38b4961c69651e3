"""Matching: when a wanted entry and a proposed one are the same.

- A quotation: the words agree but for quotation marks, blanks, case and the stop or comma at their end, and so does the
  speaker: the surname, or for somebody without a name a noun by which the article calls them.
- A reported statement: the speaker agrees, and the wanted `near`, a few words of the sentence, stands in its text.
- Anything else: the kind, and each of the fields that the wanted entry gives, except dates and places of statements,
  which are counted apart.

An entry marked `optional` may be proposed and need not be: it counts neither as found nor as missed nor as false.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from relto.domain.article import Proposal, Who
from relto.domain.article.known import folded

_QUOTES = re.compile(r"[\"“”„«»‘’'`]")


def plain(text: str) -> str:
    """As texts are compared.

    >>> plain("“It’s  A pause,” "), plain("it's a pause.")
    ('its a pause', 'its a pause')
    """
    text = unicodedata.normalize("NFKC", text)
    return " ".join(_QUOTES.sub("", text).lower().split()).rstrip(".,…—–- ")


def is_same(wanted: dict[str, Any], found: Proposal) -> bool:
    """Whether the proposal is the wanted entry."""
    if wanted["kind"] != found.kind:
        return False
    if "near" in wanted and plain(wanted["near"]) not in plain(found.text):
        return False
    if found.kind == "statement":
        return _is_same_statement(wanted, found)
    return all(_agrees(name, wanted[name], found) for name in wanted if name not in {"kind", "near", "optional"})


def _is_same_statement(wanted: dict[str, Any], found: Proposal) -> bool:
    if found.speaker is None or not _is_speaker(wanted["speaker"], found.speaker):
        return False
    if "words" in wanted:
        return plain(wanted["words"]) == plain(found.words)
    return not found.words


def _is_speaker(wanted: Any, who: Who) -> bool:
    if isinstance(wanted, dict):
        return plain(wanted["unnamed"]) in plain(who.label) or (
            plain(wanted["unnamed"]).split()[-1] in plain(who.label).split() and not who.name
        )
    if not who.name and who.party:
        return plain(wanted) in {plain(who.party), plain(who.unnamed)}
    surname = folded(wanted.split()[-1])
    return surname in {folded(word) for word in who.name.split()}


def _agrees(name: str, wanted: Any, found: Proposal) -> bool:
    match name:
        case "by":
            if isinstance(wanted, dict):
                return any(_is_speaker(wanted, who) for who in found.by)
            return any(
                plain(wanted) in {plain(who.party), plain(who.key)} or _is_speaker(wanted, who) for who in found.by
            )
        case "asks":
            one, other = set(plain(wanted).split()), set(plain(found.asks).split())
            return len(one & other) >= len(one) / 2
        case "subject":
            return plain(wanted).split()[-1] in plain(found.subject).split() or plain(wanted) in plain(found.text)
        case "scope":
            return set(wanted) <= set(found.scope)
        case "place":
            return plain(wanted) in plain(found.place)
        case _:
            value = getattr(found, name)
            return value in wanted if isinstance(wanted, list) else value == wanted
