"""A page: bytes told apart as HTML or plain text, and made an article; or refused, by name.

The rules, in order: what is too large, packed or no text is not looked into; HTML is what has its tags, whatever it is
called; scripts and styles are dropped and never run; characters that a terminal would obey are dropped; a text without
sentences is a menu; and only English is read.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from relto.adapters.press.language import require_english
from relto.domain.article import PARAGRAPHS_MAX, TEXT_MAX, Article, dateline
from relto.domain.errors import BadInput

BYTES_MAX: Final = 10 * 1024 * 1024
"""Bytes of a page or a text: the heaviest front pages have a third of it."""

TAGS_MAX: Final = 30_000
"""Tags of a page; a long one has 5,000. What finds the article takes longer than linear time over them."""

WORDS_MIN: Final = 20
"""Words in sentences: with fewer it is a menu, or a headline."""

_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}
_BINARY: Final = {
    b"%PDF": "PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
}
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHARSET: Final = re.compile(rb"charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_KIND_CHARSET: Final = re.compile(r"charset\s{0,5}=\s{0,5}\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_HTML: Final = re.compile(
    r"<(?:!doctype html|html|head|body|article|main|div|p|section|h1|meta|span|script|nav|ul)\b", re.IGNORECASE
)
_TAG: Final = re.compile(r"<[A-Za-z]")
_DECLARATION: Final = re.compile(r"^\s{0,100}<\?xml[^>]{0,200}\?>")
_HEAD_CHARACTERS: Final = 2_000
_BIDI: Final = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad"
)
_SENTENCE_WORDS: Final = 7
_BYLINE: Final = re.compile(r"(?:By|BY)[: ] ?([^\d:;]{2,100})")
_LINE_ENDS: Final = (".", "!", "?", "”", '"', "’", "'", ":")
_SHORT: Final = 48
_LONG: Final = 110
_EXCEPT_BLANKS: Final = str.maketrans(
    {"\u00a0": " ", "\u2028": "\n", "\u2029": "\n", "\r": "\n", "\t": " ", "\v": "\n", "\f": "\n"}
)


def read_article(content: bytes, *, name: str, kind: str = "", url: str = "") -> Article:
    """The article in these bytes. Raises `BadInput`, as `Press.read` says."""
    _require_text(content, name)
    text = _decoded(content, kind)
    article = _from_html(text, name, url) if _is_html(text, kind) else _from_text(text, name, url)
    prose = [each for each in article.paragraphs if _is_prose(each)]
    if sum(len(each.split()) for each in prose) < WORDS_MIN:
        raise BadInput(
            "article-empty",
            f"`{name}` has no article in it: no sentences, only menus or headings",
            remedy="give the page of one article, or its text",
        )
    require_english(" ".join(prose), name=name)
    return article


def _require_text(content: bytes, name: str) -> None:
    if len(content) > BYTES_MAX:
        raise BadInput(
            "article-large",
            f"`{name}` has {len(content)} bytes, and an article may have {BYTES_MAX}",
            remedy="cut out the part that counts",
        )
    for magic, packed in _PACKED.items():
        if content.startswith(magic):
            raise BadInput("article-packed", f"`{name}` is packed ({packed})", remedy="unpack it first")
    for magic, binary in _BINARY.items():
        if content.startswith(magic):
            raise BadInput("article-binary", f"`{name}` is {binary}, and no text", remedy="give HTML or plain text")
    if b"\0" in content[:BYTES_MAX] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("article-binary", f"`{name}` is no text", remedy="give HTML or plain text")


_KNOWN_CHARSET: Final = re.compile(
    r"utf-?8|utf-?16(?:[lb]e)?|us-ascii|ascii|iso[-_]?8859-?[0-9]{1,2}|latin-?[0-9]{1,2}|windows-?(?:125[0-8]|874)|"
    r"cp(?:125[0-8]|866)|koi8-[ru]|gb(?:k|2312|18030)|big5(?:-hkscs)?|shift[-_]jis|euc-(?:jp|kr)|iso-2022-jp|macintosh",
    re.IGNORECASE,
)
"""What pages are written in. Python has other codecs, some of which take an hour for what a page may have."""


def _decoded(content: bytes, kind: str) -> str:
    """By the mark at its head, by what came with it, by what it says of itself, as UTF-8, or as what Windows writes."""
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content.decode(codec, errors="replace")
    said = _KIND_CHARSET.search(kind)
    within = _CHARSET.search(content[:_HEAD_CHARACTERS]) if content.lstrip()[:1] == b"<" else None
    for codec in (said[1] if said else "", "utf-8", within[1].decode() if within else "", "cp1252"):
        try:
            if _KNOWN_CHARSET.fullmatch(codec):
                return content.decode(codec)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", errors="replace")


def _is_html(text: str, kind: str) -> bool:
    head = text.lstrip()[:_HEAD_CHARACTERS]
    if head.startswith("<") and _HTML.search(head):
        return True
    if kind.split(";", maxsplit=1)[0].strip().lower() in {"text/html", "application/xhtml+xml"}:
        return True
    return len(_HTML.findall(text[:200_000])) >= 5


def _from_html(text: str, name: str, url: str) -> Article:
    tags = sum(1 for _ in _TAG.finditer(text))
    if tags > TAGS_MAX:
        raise BadInput(
            "article-large",
            f"`{name}` has {tags} tags, and a page may have {TAGS_MAX}",
            remedy="save the article's text, and give that",
        )
    found = _extracted(_DECLARATION.sub("", text, count=1).replace("\0", ""))
    if found is None:
        return Article("", (), url=url)
    title = _line(found.title)
    paragraphs = _paragraphs((found.text or "").split("\n"), name)
    if paragraphs and title and paragraphs[0] == title:
        paragraphs = paragraphs[1:]
    return Article(title, paragraphs, _line(found.author), _line(found.sitename), _day(found.date, paragraphs), url)


def _extracted(text: str) -> Any:
    """What trafilatura finds; None where it finds nothing, or cannot go on."""
    # It is slow to import, and brings along what only it needs.
    from trafilatura import bare_extraction  # noqa: PLC0415 - it takes half a second to import

    for logger in ("trafilatura", "htmldate"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        return bare_extraction(
            text,
            include_comments=False,
            include_tables=False,
            include_images=False,
            include_links=False,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True, "max_date": "2100-01-01"},
        )
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, AssertionError):
        # It is written for pages as they are; for what no browser would show it makes no promise.
        return None


def _from_text(text: str, name: str, url: str) -> Article:
    lines = [line.rstrip() for line in text.translate(_EXCEPT_BLANKS).split("\n")]
    paragraphs = list(_paragraphs(_unwrapped(lines), name))
    title = ""
    if len(paragraphs) > 1 and len(paragraphs[0]) <= 200 and not paragraphs[0].endswith((".", ",", ";", ":", "”", '"')):
        title = paragraphs.pop(0)
    head = [title, *paragraphs[:6]]
    author = next((match[1].strip() for each in head if (match := _BYLINE.fullmatch(each)) is not None), "")
    return Article(title, tuple(paragraphs), author, "", dateline(head), url)


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Lines that were broken to fit are joined; headings, and lines that are paragraphs of their own, are not."""
    found: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.strip())
        else:
            found += _block(block)
            block = []
    return found


def _block(block: Sequence[str]) -> list[str]:
    """The paragraphs of lines between which nothing is blank."""
    if len(block) < 2 or (len(block) == 2 and not block[1][:1].islower()):
        return list(block)
    if sum(line.endswith(_LINE_ENDS) for line in block) >= 0.7 * len(block):
        # Lines that nearly all end as sentences do are paragraphs.
        return list(block)
    found: list[str] = []
    held: list[str] = []
    for line in block:
        held.append(line)
        # A line that is short begins nothing that is wrapped, and one that is long was not.
        if len(line) < _SHORT or len(line) > _LONG:
            found.append(" ".join(held))
            held = []
    return [*found, " ".join(held)] if held else found


def _paragraphs(lines: Sequence[str], name: str) -> tuple[str, ...]:
    found = tuple(cleaned for line in lines if (cleaned := _clean(line)))
    size = sum(map(len, found))
    if size > TEXT_MAX or len(found) > PARAGRAPHS_MAX:
        raise BadInput(
            "article-long",
            f"`{name}` has {size} characters of text in {len(found)} paragraphs, and an article may have {TEXT_MAX} in "
            f"{PARAGRAPHS_MAX}",
            remedy="cut out the part that counts",
        )
    return found


def _clean(line: str) -> str:
    """Without what a terminal obeys or nobody sees."""
    if not line.isprintable():
        line = "".join(
            character
            for character in line.translate(_EXCEPT_BLANKS).replace("\n", " ")
            if character not in _BIDI and unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}
        )
    return " ".join(line.split(" ")).strip() if "  " not in line else " ".join(line.split())


def _is_prose(paragraph: str) -> bool:
    words = paragraph.split()
    return len(words) >= _SENTENCE_WORDS and any(each in paragraph for each in '.!?,;:”"')


def _line(value: object) -> str:
    return _clean(value)[:500] if isinstance(value, str) else ""


def _day(value: object, paragraphs: Sequence[str]) -> date | None:
    try:
        if isinstance(value, str) and value:
            return date.fromisoformat(value[:10])
    except ValueError:
        pass
    return dateline(paragraphs[:6])
