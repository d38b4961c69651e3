"""What properties of markings draw: restrictions, recipients, and texts that are or nearly are banner lines."""

from hypothesis import strategies as st

from relto.domain.classes import Restrictions
from relto.domain.marking import Recipient

CODES = ("AUS", "CAN", "FVEY", "GBR", "NATO", "POL", "UKR", "USA")
WORDS = ("FISA", "IMC", "RELIDO", "SI", "TK")

codes = st.sampled_from(CODES)
lists = st.frozensets(codes, min_size=1).map(lambda listed: tuple(sorted(listed)))
words = st.frozensets(st.sampled_from(WORDS), max_size=3)
ranks = st.none() | st.integers(0, 4)
restrictions = st.builds(
    Restrictions,
    marked=st.booleans(),
    tlp=ranks,
    level=ranks,
    rel=st.frozensets(lists, max_size=3),
    noforn=st.booleans(),
    orcon=st.integers(0, 2),
    caveats=words,
    controls=words,
    pap=st.none() | st.integers(0, 3),
    statements=st.frozensets(st.sampled_from(("a", "b")), max_size=2),
    doubts=st.frozensets(st.sampled_from(("this", "that")), max_size=1),
)
recipients = st.builds(Recipient, codes, st.frozensets(codes, max_size=3))
circumstances = st.fixed_dictionaries(
    {
        "originator": codes,
        "recipient": recipients,
        "admitted": words,
        "unmarked": st.integers(0, 4),
        "ceiling": ranks,
    }
)

_heads = st.sampled_from(
    ("S", "TS", "U", "C", "SECRET", "//GBR S", "//NATO SECRET", "//JOINT S GBR USA", "GEHEIM", "R")
)
_tokens = st.sampled_from(
    (
        "NF",
        "OC",
        "OC-USGOV",
        "RELIDO",
        "REL TO USA, GBR",
        "REL TO USA, FVEY",
        "REL TO USA, GBR, POL",
        "FISA",
        "PR",
        "BURN",
    )
)
_fields = st.lists(_tokens, min_size=1, max_size=3).map("/".join) | st.sampled_from(
    ("SI/TK", "FGI DEU", "LES", "SBU-NF")
)
lines = st.builds(lambda head, fields: "//".join([head, *fields]), _heads, st.lists(_fields, max_size=3))
"""Banner lines, some of them malformed."""
