"""STIX patterns: whether one can be read (STIX 2.1 section 9), without looking at what it means.

A recursive descent over the published grammar, wider in one place: names in a path may hold a hyphen without quotes
(`file:hashes.SHA-256`), since much of what is shared is written so and its meaning is in no doubt. Patterns that are
one plain comparison, which nearly all are, are recognised at once.

>>> check_pattern("[ipv4-addr:value = '198.51.100.1' OR domain-name:value LIKE '%.example']")
>>> check_pattern("[ipv4-addr:value = ]")
Traceback (most recent call last):
    ...
relto.adapters.stix.flaw.Flaw: the pattern cannot be read at character 19, `]`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from relto.adapters.stix.flaw import Flaw, quoted

DEPTH_MAX = 50
"""The deepest nesting of parentheses in a pattern."""

PATTERN_CHARS_MAX = 1_000_000
"""The longest pattern that is read."""

_STRING = r"'(?:[^'\\]|\\['\\])*+'"
_STEP = rf"(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*+|{_STRING})|\[(?:-?(?:0|[1-9][0-9]*+)|\*)\])"
_PATH = rf"(?:[A-Za-z_][A-Za-z0-9_-]*+):(?:[A-Za-z_][A-Za-z0-9_-]*+|{_STRING}){_STEP}*+"
_PLAIN = re.compile(rf"\[\s*{_PATH}\s*=\s*{_STRING}\s*\]")
_SPACE = r"(?:\s++|/\*(?:[^*]|\*(?!/))*+\*/|//[^\r\n]*+)"
_TOKEN = re.compile(
    rf"""(?P<space>{_SPACE})
    |(?P<moment>t'[0-9]{{4}}-(?:0[1-9]|1[012])-(?:0[1-9]|[12][0-9]|3[01])
        T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z')
    |(?P<bytes>h'(?:[0-9A-Fa-f]{{2}})*+'
        |b'(?:[A-Za-z0-9+/]{{4}})*+(?:[A-Za-z0-9+/]{{3}}=|[A-Za-z0-9+/]{{2}}==)?')
    |(?P<string>{_STRING})
    |(?P<negative>-(?:[0-9]*\.[0-9]+|(?:0|[1-9][0-9]*+)(?![0-9.])))
    |(?P<fraction>\+?[0-9]*\.[0-9]+)
    |(?P<integer>\+?(?:0|[1-9][0-9]*+)(?![0-9.]))
    |(?P<word>[A-Za-z_][A-Za-z0-9_-]*+)
    |(?P<mark><=|>=|==|!=|<>|[\[\]():.,=<>*])""",
    re.VERBOSE,
)
_EQUALITIES = frozenset({"=", "==", "!=", "<>"})
_ORDERS = frozenset({"<", ">", "<=", ">="})
_MATCHES = frozenset({"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})
_ORDERABLE = frozenset({"string", "moment", "bytes", "negative", "fraction", "integer"})
_KEYWORDS = frozenset({
    "AND", "OR", "NOT", "FOLLOWEDBY", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET", "EXISTS", "LAST", "IN",
    "START", "STOP", "SECONDS", "WITHIN", "REPEATS", "TIMES", "true", "false",
})  # fmt: skip


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def check_pattern(pattern: str) -> None:
    """Raise `Flaw` (`pattern-invalid`) where `pattern` does not follow the grammar."""
    if len(pattern) > PATTERN_CHARS_MAX:
        raise Flaw("pattern-invalid", f"the pattern is longer than {PATTERN_CHARS_MAX} characters")
    if _PLAIN.fullmatch(pattern) is None:
        _Reader(pattern).read()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._tokens = _tokens(pattern)
        self._token = next(self._tokens)
        self._depth = 0

    def read(self) -> None:
        self._observations()
        if self._token.kind != "end":
            self._fail()

    def _advance(self) -> None:
        self._token = next(self._tokens)

    def _take(self, *texts: str) -> bool:
        if self._token.kind in ("word", "mark") and self._token.text in texts:
            self._advance()
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            self._fail()

    def _fail(self) -> NoReturn:
        token = self._token
        found = f"`{quoted(token.text)}`" if token.text else "its end"
        raise Flaw("pattern-invalid", f"the pattern cannot be read at character {token.at}, {found}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Flaw("pattern-invalid", f"the pattern nests deeper than {DEPTH_MAX} levels")

    def _observations(self) -> None:
        self._observation()
        while self._take("AND", "OR", "FOLLOWEDBY"):
            self._observation()

    def _observation(self) -> None:
        if self._take("["):
            self._comparisons()
            self._need("]")
        elif self._take("("):
            self._enter()
            self._observations()
            self._need(")")
            self._depth -= 1
        else:
            self._fail()
        while self._qualifier():
            pass

    def _qualifier(self) -> bool:
        if self._take("WITHIN"):
            self._kind("integer", "fraction")
            self._need("SECONDS")
        elif self._take("REPEATS"):
            self._kind("integer")
            self._need("TIMES")
        elif self._take("START"):
            self._kind("moment")
            self._need("STOP")
            self._kind("moment")
        else:
            return False
        return True

    def _comparisons(self) -> None:
        self._comparison()
        while self._take("AND", "OR"):
            self._comparison()

    def _comparison(self) -> None:
        if self._take("("):
            self._enter()
            self._comparisons()
            self._need(")")
            self._depth -= 1
            return
        before = self._take("NOT")
        if self._take("EXISTS"):
            self._path()
            return
        if before:
            # The published grammar puts NOT after the path, except before EXISTS.
            self._fail()
        self._path()
        self._take("NOT")
        if self._take(*_EQUALITIES):
            self._value()
        elif self._take(*_ORDERS):
            self._kind(*_ORDERABLE)
        elif self._take(*_MATCHES):
            self._kind("string")
        elif self._take("IN"):
            self._set()
        else:
            self._fail()

    def _set(self) -> None:
        self._need("(")
        if self._take(")"):
            return
        self._value()
        while self._take(","):
            self._value()
        self._need(")")

    def _path(self) -> None:
        self._name("word")
        self._need(":")
        self._name("word", "string")
        while True:
            if self._take("."):
                self._name("word", "string")
            elif self._take("["):
                if not self._take("*"):
                    self._index()
                self._need("]")
            else:
                return

    def _index(self) -> None:
        if "." in self._token.text:
            self._fail()
        self._kind("integer", "negative")

    def _name(self, *kinds: str) -> None:
        if self._token.kind not in kinds or (self._token.kind == "word" and self._token.text in _KEYWORDS):
            self._fail()
        self._advance()

    def _value(self) -> None:
        if not self._take("true", "false"):
            self._kind(*_ORDERABLE)

    def _kind(self, *kinds: str) -> None:
        if self._token.kind not in kinds:
            self._fail()
        self._advance()


def _tokens(pattern: str) -> Iterator[_Token]:
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise Flaw("pattern-invalid", f"the pattern cannot be read at character {at}, `{quoted(pattern[at])}`")
        kind = match.lastgroup or ""
        if kind != "space":
            yield _Token(kind, match[0], at)
        at = match.end()
    yield _Token("end", "", at)
