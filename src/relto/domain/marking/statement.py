"""Statement markings: text to carry, a banner line to enforce, or what the node's own mapping makes of it.

>>> read_statement("Copyright 2021, The MITRE Corporation", id="marking-definition--1", originator="USA").statements
frozenset({'marking-definition--1'})
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from relto.domain.classes import Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking.banner import read_banner
from relto.domain.marking.combination import MARKED, combine
from relto.domain.marking.doubt import Doubt
from relto.domain.marking.tlp import LEVELS, level_of
from relto.domain.written import nearest, shown

OPENCTI_AMBER_STRICT: Final = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"
"""OpenCTI's own AMBER+STRICT: a `statement` whose level stands in `x_opencti_definition`."""

STATEMENTS: Final[Mapping[str, Restrictions]] = {OPENCTI_AMBER_STRICT: Restrictions(marked=True, tlp=3)}
"""The mapping of a node that configured none: an id, or an exact text, to what it restricts."""

_PROTOCOL: Final = re.compile(r"(?:tlp|pap)\s*:", re.IGNORECASE)


def parse_statements(values: Mapping[str, str], *, owner: str) -> dict[str, Restrictions]:
    """The mapping that a node configures, with `STATEMENTS` beneath it.

    Keys are ids of marking definitions, or the exact texts of statements; values are `none`, a level of TLP, or a
    banner line of `owner` (the node's own party). Raises `BadInput` (`marking-mapping-invalid`).
    """
    mapping = dict(STATEMENTS)
    for key, value in values.items():
        mapping[key] = _mapped(value, owner)
    return mapping


def _mapped(value: str, owner: str) -> Restrictions:
    if value == "none":
        return MARKED
    if value == "white" or value in LEVELS:
        return Restrictions(marked=True, tlp=level_of(value))
    line = read_banner(value, originator=owner)
    if isinstance(line, Restrictions):
        return line
    why = line.why if isinstance(line, Doubt) else f"{shown(value)} is neither `none`, a level of TLP nor a banner line"
    raise BadInput("marking-mapping-invalid", why, remedy=nearest(value, ("none", *LEVELS)))


def read_statement(
    text: str,
    *,
    id: str,
    originator: str,
    custom: object = None,
    statements: Mapping[str, Restrictions] = STATEMENTS,
) -> Restrictions | Doubt:
    """What the statement `text` of the marking definition `id` restricts.

    A text that the node maps is what the node says. An id that it maps is what the node says, and what the text
    says as a banner line on top: whoever chose the id may write another text under it. `custom` is the object's
    `x_opencti_definition`, where OpenCTI puts the marking itself; unmapped, it is a doubt, as is a level of TLP or
    PAP in words, since neither is a text merely to carry.
    """
    known = statements.get(text)
    if known is not None:
        return known
    line = read_banner(text, originator=originator)
    if isinstance(line, Doubt):
        return line
    known = statements.get(id)
    if known is not None:
        if id == OPENCTI_AMBER_STRICT and custom not in (None, "TLP:AMBER+STRICT"):
            return Doubt("OpenCTI's id for AMBER+STRICT, with other content")
        return known if line is None else combine(known, line)
    if line is not None:
        return line
    if custom is not None:
        return Doubt("the form OpenCTI is not carried out yet, and the node maps neither its id nor its text")
    if _PROTOCOL.match(unicodedata.normalize("NFKC", text).lstrip()):
        return Doubt("a level of TLP or PAP written as a statement, under an id that no standard fixes")
    return Restrictions(marked=True, statements=frozenset({id}))
