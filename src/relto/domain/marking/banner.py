"""Banner lines: `CLASSIFICATION//SCI//SAP//AEA//FGI//DISSEMINATION//NON-IC`, with `/` inside a field.

What is not the US's own begins with `//`: `//GBR S`, `//NATO SECRET`, `//JOINT S GBR USA`. The whole text must have the
grammar, in capitals; nothing is guessed. Three answers are possible, and they differ:

- `Restrictions`: it is a banner line, and this is what it says;
- `Doubt`: it looks like one and is not, so whatever it marks is withheld;
- None: it is no banner line, but a text to carry.

>>> read_banner("S//OC/REL TO USA, GBR, UKR", originator="USA").rel
frozenset({('GBR', 'UKR', 'USA')})
>>> read_banner("Copyright 2021", originator="USA") is None
True
>>> read_banner("SECRET//BURN AFTER READING", originator="USA").why
'banner line `SECRET//BURN AFTER READING`: unknown field `BURN AFTER READING`'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from relto.domain.classes import Restrictions
from relto.domain.marking.doubt import Doubt, quoted
from relto.domain.marking.register import FOREIGN, WORDS, Word, folded_word_of, foreign_word_of, word_of

LINE_MAX: Final = 1_000
"""Characters of a banner line. A longer text that looks like one is a doubt."""

_CODE: Final = r"[A-Z0-9-]{2,20}"
_CODE_ALONE: Final = re.compile(_CODE)
_OWNER: Final = re.compile(r"(?!FGI )([A-Z]{3}|[A-Z0-9]{4}|EU) (.+)")
_JOINT: Final = re.compile(rf"JOINT (TOP SECRET|[A-Z]+)((?: {_CODE}){{2,}})")
_EYES: Final = re.compile(rf"{_CODE}(?:/{_CODE})* EYES(?: ONLY)?")
_SCI: Final = re.compile(r"(?:SI|TK|HCS|RSV|KDK|KLONDIKE|EL)(?:-[A-Z0-9]+)*(?: [A-Z0-9]+)*")
_SAP: Final = re.compile(r"(?:SAR|SPECIAL ACCESS REQUIRED)-[A-Z0-9]+(?:[ -][A-Z0-9]+)*")
_FGI: Final = re.compile(rf"FGI(?: {_CODE})*")

_ORCON: Final = {
    "OC": 2, "ORCON": 2, "ORIGINATOR CONTROLLED": 2, "OC-USGOV": 1, "ORCON-USGOV": 1,
}  # fmt: skip
_NOFORN: Final = frozenset({"NF", "NOFORN", "NOT RELEASABLE TO FOREIGN NATIONALS"})
_NOTICES: Final = {
    "RELIDO": "RELIDO", "PR": "PR", "PROPIN": "PR", "IMC": "IMC", "IMCON": "IMC", "RS": "RS", "RSEN": "RS",
    "FOUO": "FOUO", "FOR OFFICIAL USE ONLY": "FOUO", "DSEN": "DSEN", "DEA SENSITIVE": "DSEN", "FISA": "FISA",
}  # fmt: skip
_AEA: Final = {
    "RD": "RD", "RESTRICTED DATA": "RD", "FRD": "FRD", "FORMERLY RESTRICTED DATA": "FRD", "TFNI": "TFNI",
    "RD-CNWDI": "RD-CNWDI", "FRD-CNWDI": "FRD-CNWDI",
    "DCNI": "DCNI", "DOD UCNI": "DCNI", "UCNI": "UCNI", "DOE UCNI": "UCNI",
}  # fmt: skip
_NON_IC: Final = {
    "DS": "LIMDIS", "LIMDIS": "LIMDIS", "XD": "EXDIS", "EXDIS": "EXDIS", "ND": "NODIS", "NODIS": "NODIS", "SBU": "SBU",
    "SBU-NF": "SBU", "SBU NOFORN": "SBU", "LES": "LES", "LES-NF": "LES", "LES NOFORN": "LES", "SSI": "SSI",
}  # fmt: skip
_FIELD_NAMES: Final = ("SCI", "SAP", "AEA", "FGI", "dissemination", "non-IC")
_UNDISCLOSED: Final = frozenset({"SBU", "LES"})

_IGNORED_BEFORE: Final = " \t\r\n([{<\"'*#-\u2013\u2014\u2022:;.,"
_IGNORED_AFTER: Final = " \t\r\n)]}>\"'*#-\u2013\u2014\u2022:;.,!"
_HEADS: Final = tuple(sorted({w.casefold() for w in (*WORDS, *FOREIGN, "CUI", "CONTROLLED")}, key=len, reverse=True))
_HEAD: Final = re.compile("|".join(re.escape(head) for head in _HEADS))
_CONTROL_WORDS: Final = re.compile(r"\b(?:nf\b|noforn|orcon|relido|rel to [a-z]|releasable to [a-z]|not releasable to)")


@dataclass(slots=True)
class _Line:
    """What the fields read so far say."""

    rel: set[tuple[str, ...]] = field(default_factory=set)
    releasable: set[str] = field(default_factory=set)
    noforn: bool = False
    undisclosed: bool = False
    orcon: int = 0
    caveats: set[str] = field(default_factory=set)
    controls: set[str] = field(default_factory=set)


class _Malformed(Exception):
    """The line fails the grammar: why. It never leaves this file."""


def read_banner(text: str, *, originator: str) -> Restrictions | Doubt | None:
    """What a text says as a banner line (`Restrictions`, always `marked`), why it fails as one, or None. Total.

    `originator` is whose material it marks: a REL TO list must name it, or the owner of the line's classification.
    """
    line = unicodedata.normalize("NFC", text).strip()
    if not _looks_like_one(line):
        return None
    try:
        if len(line) > LINE_MAX:
            raise _Malformed(f"longer than {LINE_MAX} characters")
        return _read(line, originator)
    except _Malformed as error:
        return Doubt(f"banner line {quoted(line)}: {error}")


def _looks_like_one(line: str) -> bool:
    """Whether a text must be a banner line or a doubt. Wide and invisible characters do not hide one."""
    if len(line) <= LINE_MAX and _holds_a_field(line):
        return True
    start = unicodedata.normalize("NFKC", line[: LINE_MAX * 4])
    plain = "".join(c for c in start if unicodedata.category(c) != "Cf").casefold().lstrip()
    plain = plain.lstrip(_IGNORED_BEFORE)
    if plain.startswith("/"):
        return plain.startswith("//")
    head = _HEAD.match(plain)
    if head is None:
        return False
    rest = plain[head.end() :]
    if rest[:1].isalnum() or rest[:1] in {"_", "-"}:
        return False  # Another word begins so: `OFFICIALLY`, `C-level`.
    if len(head.group()) == 1 and rest and not rest[0].isspace() and rest[0] != "/":
        return False  # An abbreviation begins so: `U.S.`.
    if not rest.strip(_IGNORED_AFTER) or rest[0] == "/":
        return True
    return "//" in line or "//" in rest or _CONTROL_WORDS.search(rest) is not None


def _holds_a_field(line: str) -> bool:
    """Whether there are controls with no classification before them (`NOFORN`), or after one that no register has.

    That is no banner line, and yet no mere text: `PROTECTED//REL TO AUS, USA` means to restrict.
    """
    first, *others = [part.strip() for part in line.split("//")]
    return any(map(_is_field, others)) or (not others and _is_field(first))


def _is_field(text: str) -> bool:
    try:
        _read_field(text, _Line(), frozenset(), each=False)
    except _Malformed:
        return False
    return True


def _read(line: str, originator: str) -> Restrictions:
    parts = [part.strip() for part in line.split("//")]
    read = _Line()
    if parts[0]:
        head, fields = parts[0], parts[1:]
        word = word_of(head) or (None if fields else folded_word_of(head))
        if word is None:
            raise _Malformed(_unknown_head(head))
        # Where several registers have the word, the originator's own counts before all others.
        owners, each = frozenset({originator}) if originator in word.owners else word.owners | {originator}, False
    else:
        head, fields = parts[1], parts[2:]
        word, each = _foreign_head(head)
        owners = word.owners
    if word.releasable:
        read.releasable.add(word.releasable)
    read.controls |= word.controls
    _read_fields(fields, read, owners, each=each)
    return _whole(word, read)


def _unknown_head(head: str) -> str:
    if head.startswith(("CUI", "CONTROLLED")):
        return "the form CUI is not carried out yet"
    return f"{quoted(head)} is no classification of a known register"


def _foreign_head(head: str) -> tuple[Word, bool]:
    """The classification after `//`, and whether each of its owners must stand in a REL TO list (joint material)."""
    joint = _JOINT.fullmatch(head)
    if joint:
        owners = frozenset(joint[2].split())
        if joint[1] in FOREIGN and len(owners) > 1:
            return Word(FOREIGN[joint[1]], owners), True
        raise _Malformed(f"{quoted(head)} is no joint classification")
    known = word_of(head)
    if known and known.releasable:
        return known, False
    owned = _OWNER.fullmatch(head)
    word = foreign_word_of(owned[1], owned[2]) if owned else None
    if word is None:
        raise _Malformed(f"{quoted(head)} is no owner and classification")
    return word, False


def _read_fields(fields: list[str], read: _Line, owners: frozenset[str], *, each: bool = False) -> None:
    """Reads the fields after the classification; categories come in their order, and may not go back."""
    last = 0
    for text in fields:
        category = _read_field(text, read, owners, each=each)
        if category < last:
            raise _Malformed(f"{_FIELD_NAMES[category]} {quoted(text)} after {_FIELD_NAMES[last]}")
        last = category


def _read_field(text: str, read: _Line, owners: frozenset[str], *, each: bool) -> int:
    """Reads one field into `read`; its category, an index of `_FIELD_NAMES`."""
    if not text:
        raise _Malformed("an empty field")
    tokens = [token.strip() for token in text.split("/")]
    if all(map(_SCI.fullmatch, tokens)):
        read.controls.update(tokens)
        return 0
    if all(map(_SAP.fullmatch, tokens)):
        read.controls.update(token.replace("SPECIAL ACCESS REQUIRED-", "SAR-") for token in tokens)
        return 1
    if all(token in _AEA for token in tokens):
        read.controls.update(_AEA[token] for token in tokens)
        return 2
    if _FGI.fullmatch(text):
        read.caveats.update(f"FGI {code}" for code in text.split()[1:])
        if text == "FGI":
            read.caveats.add("FGI")
        read.undisclosed = True
        return 3
    if _EYES.fullmatch(text):
        _permit(re.sub(r" EYES(?: ONLY)?$", "", text).split("/"), read, owners, each=each)
        return 4
    if all(token in _NON_IC for token in tokens):
        read.caveats.update(_NON_IC[token] for token in tokens)
        read.noforn |= any(token.endswith(("-NF", " NOFORN")) for token in tokens)
        read.undisclosed |= any(_NON_IC[token] in _UNDISCLOSED for token in tokens)
        return 5
    for token in tokens:
        if not _read_control(token, read, owners, each=each):
            raise _Malformed(f"unknown field {quoted(text)}" if token == text else f"unknown control {quoted(token)}")
    return 4


def _read_control(token: str, read: _Line, owners: frozenset[str], *, each: bool) -> bool:
    """Reads one dissemination control; False where it is unknown."""
    if token in _ORCON:
        read.orcon = max(read.orcon, _ORCON[token])
    elif token in _NOFORN:
        read.noforn = True
    elif token in _NOTICES:
        read.caveats.add(_NOTICES[token])
    elif token in {"SPÉCIAL FRANCE", "SPECIAL FRANCE"}:
        read.rel.add(("FRA",))
    elif token.startswith(("REL TO ", "RELEASABLE TO ")):
        _permit(_codes(token.partition(" TO ")[2]), read, owners, each=each)
    elif token.startswith(("DISPLAY ONLY ", "DISPLAYONLY ")):
        # Those may be shown it, and are handed nothing: the codes let nobody in.
        _codes(token.partition("ONLY ")[2])
        read.undisclosed = True
    else:
        return False
    return True


def _codes(text: str) -> list[str]:
    codes = [code.strip() for code in text.split(",")]
    for code in codes:
        if not _CODE_ALONE.fullmatch(code):
            raise _Malformed(f"{quoted(code)} in a list is no code of a party")
    return codes


def _permit(codes: list[str], read: _Line, owners: frozenset[str], *, each: bool) -> None:
    """Takes a list of those who may receive. It must name an owner of the line (`each`: every one)."""
    listed = frozenset(codes)
    named = owners & listed
    if owners and not read.releasable and (named != owners if each else not named):
        missing = " or ".join(sorted(owners - listed))
        raise _Malformed(f"a REL TO list names its owner, and this one lacks {missing}")
    read.rel.add(tuple(sorted(listed | read.releasable)))


def _whole(word: Word, read: _Line) -> Restrictions:
    if "RELIDO" in read.caveats and read.orcon:
        raise _Malformed("ORCON and RELIDO contradict each other")
    rel = frozenset(read.rel)
    if read.releasable and not rel:
        rel = frozenset({tuple(sorted(read.releasable))})
    # Said of each line by itself: a list on another marking must not open what this one keeps closed.
    silent = not rel and (word.rank > 0 or read.orcon > 0 or read.undisclosed)
    return Restrictions(
        marked=True,
        level=word.rank,
        rel=rel,
        noforn=read.noforn or silent,
        orcon=read.orcon,
        caveats=frozenset(read.caveats),
        controls=frozenset(read.controls),
    )
