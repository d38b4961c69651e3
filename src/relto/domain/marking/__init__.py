"""Markings: what an object's markings say about who may receive it (TLP 1.0 and 2.0, statements, banner lines).

The rules, in order: a marking is understood exactly or it is a doubt; markings combine so that adding one never
adds a reader; a doubt withholds and names its marking. Bytes never change: an object goes whole or not at all.

>>> red = resolve(["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"], [], {}, originator="USA")
>>> name_of(red.tlp)
'red'
>>> line = read_banner("S//REL TO USA, UKR, FVEY", originator="USA")
>>> giving = {"originator": "USA", "admitted": frozenset(), "unmarked": 2, "ceiling": None}
>>> bars(line, recipient=Recipient("UKR"), **giving)
()
>>> [reason.code for reason in bars(line, recipient=Recipient("FRA"), **giving)]
['rel-to']
"""

from relto.domain.marking.banner import read_banner
from relto.domain.marking.combination import MARKED, NEUTRAL, combine, combine_all
from relto.domain.marking.definition import (
    Content,
    Resolver,
    is_same_definition,
    own_markings,
    read_definition,
    resolve,
)
from relto.domain.marking.doubt import Doubt, doubtful
from relto.domain.marking.register import CEILINGS, ceiling_of
from relto.domain.marking.release import Recipient, bars, codes_of
from relto.domain.marking.statement import STATEMENTS, parse_statements
from relto.domain.marking.tlp import FIXED, LEVELS, level_of, name_of
from relto.domain.marking.wording import worded

__all__ = [
    "CEILINGS",
    "FIXED",
    "LEVELS",
    "MARKED",
    "NEUTRAL",
    "STATEMENTS",
    "Content",
    "Doubt",
    "Recipient",
    "Resolver",
    "bars",
    "ceiling_of",
    "codes_of",
    "combine",
    "combine_all",
    "doubtful",
    "is_same_definition",
    "level_of",
    "name_of",
    "own_markings",
    "parse_statements",
    "read_banner",
    "read_definition",
    "resolve",
    "worded",
]
