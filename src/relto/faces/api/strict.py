"""JSON as it is read from strangers: no member twice, no number that is none, nothing deep, nothing that is no text.

>>> read(b'{"reason": "talks"}')
{'reason': 'talks'}
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

from relto.faces.http.refusal import Refusal

DEPTH_MAX: Final = 64
DIGITS_MAX: Final = 64
"""Of a number. Python refuses to read thousands, and nothing here needs more than a moment has."""


def read(body: bytes) -> Any:
    """The value. Raises `Refusal` 400 `body-not-json`."""
    _require_shallow(body)
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda name: _refuse(f"`{name}` is no number"),
            parse_int=_int,
            parse_float=_float,
        )
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    except (ValueError, RecursionError):
        _refuse("it cannot be read")


def _require_shallow(body: bytes) -> None:
    depth = 0
    within, escaped = False, False
    for byte in body:
        if within:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                within = False
        elif byte == 0x22:
            within = True
        elif byte in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                _refuse(f"it is more than {DEPTH_MAX} levels deep")
        elif byte in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        _refuse("an object has a member twice")
    return value


def _int(text: str) -> int:
    return int(text) if len(text) <= DIGITS_MAX else _refuse("a number is too long")


def _float(text: str) -> float:
    value = float(text) if len(text) <= DIGITS_MAX else math.inf
    return value if math.isfinite(value) else _refuse("a number is too long or too large")


def _refuse(why: str) -> NoReturn:
    raise Refusal(400, "body-not-json", f"the body is no JSON that is taken: {why}")
