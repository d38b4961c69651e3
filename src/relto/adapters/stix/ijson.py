"""I-JSON: the JSON that STIX 2.1 section 1.3 and RFC 7493 allow, parsed once.

A parser that keeps the last of two members with one name, and a reader that keeps the first, see two objects in the
same bytes. Whoever marks an object for the one and reads it with the other has passed a gate, so an object with
duplicate names is refused, not repaired.

>>> parse(b'{"a": 1}')
{'a': 1}
>>> parse(b'{"a": 1, "a": 2}')
Traceback (most recent call last):
    ...
relto.adapters.stix.flaw.Flaw: the name `a` stands twice in one object
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import orjson

from relto.adapters.stix.flaw import Flaw, quoted

OBJECT_BYTES_MAX = 16 * 1024 * 1024
"""The longest object that is looked at."""

DEPTH_MAX = 64
"""The deepest nesting of objects and arrays. The deepest real marking that is known has 7."""

VALUES_MAX = 500_000
"""The most objects, arrays and members that one object may hold: parsed, each takes many times its bytes."""

_COUNT_FROM_BYTES = 1024 * 1024
"""Fewer bytes cannot hold so much that it matters, and need no counting."""

INTEGER_MAX = 2**53 - 1
"""STIX 2.1 section 2.9, RFC 7493 section 2.2: beyond it two readers may see two numbers."""

_CONTAINERS: frozenset[type] = frozenset({dict, list})
_OUTLINE = bytes(ord("0") if byte in b"0123456789" else byte if byte in b'":' else ord(" ") for byte in range(256))
_SPACE = b" \t\r\n"
_LONG_NUMBER = b"0" * 16
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def parse(raw: bytes) -> dict[str, Any]:
    """Return the object that `raw` holds. Raises `Flaw` with the codes of the reference's section on JSON."""
    if len(raw) > OBJECT_BYTES_MAX:
        raise Flaw("too-large", f"the object has {len(raw)} bytes: at most {OBJECT_BYTES_MAX} are taken")
    if len(raw) > _COUNT_FROM_BYTES and raw.count(b",") + raw.count(b"[") + raw.count(b"{") > VALUES_MAX:
        raise Flaw("too-many-values", f"the object holds more than {VALUES_MAX} values")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        _explain(raw, error)
    if value.__class__ is not dict:
        raise Flaw("not-object", "a STIX object is a JSON object, and this is none")
    members = _measure(value)
    if _needs_exact_check(raw, members):
        _check_exactly(raw)
    return value


def _measure(root: dict[str, Any]) -> int:
    """Return how many members `root` has in all, level by level, so that no depth exhausts the stack."""
    members = 0
    depth = 0
    level: list[Any] = [root]
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise Flaw("too-deep", f"the object nests deeper than {DEPTH_MAX} levels")
        below: list[Any] = []
        for node in level:
            children = node
            if node.__class__ is dict:
                members += len(node)
                children = node.values()
            below += [child for child in children if type(child) in _CONTAINERS]
        level = below
    return members


def _needs_exact_check(raw: bytes, members: int) -> bool:
    """Whether `raw` may hold a duplicate name or a number out of range; seldom true where it does not.

    With all space taken out, the bytes `":` stand once for each member as written, and once more for each string with
    `":` inside. So if they stand exactly once for each member as parsed, no name was written twice.
    """
    # Every digit becomes 0 and everything that is no part of the question a space: one pass, at memory speed.
    outline = raw.translate(_OUTLINE, _SPACE)
    return outline.count(b'":') != members or _LONG_NUMBER in outline


def _check_exactly(raw: bytes) -> None:
    json.loads(raw, object_pairs_hook=_pairs, parse_int=_integer, parse_constant=_constant)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Flaw("duplicate-name", f"the name `{quoted(name)}` stands twice in one object")
            seen.add(name)
    return found


def _integer(text: str) -> int:
    # The length is looked at first: turning a million digits into a number takes minutes.
    if len(text) > len(str(-INTEGER_MAX)) or abs(int(text)) > INTEGER_MAX:
        raise Flaw("number-out-of-range", f"the integer `{quoted(text)}` lies beyond 2^53 - 1")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise Flaw("number-not-finite", f"`{text}` is no number in JSON")


def _explain(raw: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    """Raise the flaw that says best why `raw` does not parse."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        raise Flaw("not-utf8", f"byte {fault.start} is not UTF-8") from None
    reason = str(error).split(":", 1)[0]
    if "infinity" in reason:
        raise Flaw("number-out-of-range", "a number is too large for a double") from None
    if "depth" in reason:
        raise Flaw("too-deep", f"the object nests deeper than {DEPTH_MAX} levels") from None
    try:
        value = json.loads(text, parse_constant=_constant, parse_int=_integer)
        lone = _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)) is not None
    except (ValueError, RecursionError):
        lone = False
    if lone:
        raise Flaw("lone-surrogate", "a string holds half of a surrogate pair") from None
    raise Flaw("not-json", f"{reason}, at character {error.pos}") from None
