"""The text in which a class and the state of a class are stored: JSON with sorted parts, what is usual left out.

Equal values have equal text, so that a class is found again by its SHA-256; and a field that a later release adds
changes no text while it has its usual value, so that stored classes stay the same classes.

>>> text = class_text(Class("USA", "report", frozenset({"naval", "air"})))
>>> text
'{"originator":"USA","topics":["air","naval"],"type":"report"}'
>>> read_class(text) == Class("USA", "report", frozenset({"naval", "air"}))
True
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, Final

import msgspec

from relto.domain.classes import Class
from relto.domain.facts import Facts
from relto.domain.flow import ClassState, Verdict
from relto.domain.plain import plain
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.reader import Track

SHORT_TEXT: Final = 500
"""Characters of a state's text up to which it is kept beside the state."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder()
_class_decoder = msgspec.json.Decoder(Class)
_facts_decoder = msgspec.json.Decoder(Facts)
_track_decoder = msgspec.json.Decoder(Track)


def json_text(value: Any) -> str:
    """Compact JSON whose keys, and the members of sets, are sorted."""
    return _encoder.encode(value).decode()


def class_text(value: Class) -> str:
    """The class as text."""
    return json_text(plain(value))


def class_key(text: str) -> bytes:
    """SHA-256 of a class's text: what it is found by."""
    return hashlib.sha256(text.encode()).digest()


def read_class(text: str) -> Class:
    """The class whose text this is."""
    return _class_decoder.decode(text)


def state_text(state: ClassState) -> str:
    """The state of a class in a flow as text."""
    parts: dict[str, Any] = {"kind": state.verdict.kind}
    if state.verdict.covering:
        parts["covering"] = state.verdict.covering
    if state.verdict.hidden:
        parts["hidden"] = True
    if state.hidden_since:
        parts["hidden_since"] = state.hidden_since
    for name, kept in (("held", state.held), ("review", state.review)):
        if kept:
            parts[name] = {pause: ranges.pairs for pause, ranges in kept.items()}
    if state.discarded:
        parts["discarded"] = state.discarded.pairs
    return json_text(parts)


def read_state(text: str) -> ClassState:
    """The state whose text this is. Most flows stand alike: a short text that was read lately is not read again, for a
    state is a value.
    """
    return _read_again(text) if len(text) <= SHORT_TEXT else _read(text)


@lru_cache(maxsize=8_192)
def _read_again(text: str) -> ClassState:
    return _read(text)


def _read(text: str) -> ClassState:
    parts = _decoder.decode(text)
    return ClassState(
        Verdict(parts["kind"], frozenset(parts.get("covering", ())), parts.get("hidden", False)),
        parts.get("hidden_since", 0),
        {pause: _ranges(pairs) for pause, pairs in parts.get("held", {}).items()},
        {pause: _ranges(pairs) for pause, pairs in parts.get("review", {}).items()},
        _ranges(parts["discarded"]) if "discarded" in parts else EMPTY,
    )


def facts_text(facts: Facts) -> str:
    """Facts about a reader as text."""
    return json_text(facts)


def read_facts(text: str) -> Facts:
    """The facts whose text this is."""
    return _facts_decoder.decode(text)


def track_text(track: Track) -> str:
    """A reader's track as text."""
    return json_text(track)


def read_track(text: str) -> Track:
    """The track whose text this is."""
    return _track_decoder.decode(text)


def _ranges(pairs: list[list[int]]) -> Ranges:
    return Ranges(tuple((after, upto) for after, upto in pairs))
