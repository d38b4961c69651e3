"""Strategies for the domain: small worlds in which everything meets everything."""

from hypothesis import strategies as st

from relto.domain.agreement import Agreement, Exemption
from relto.domain.classes import SUPPORT_TYPES, Class, Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking import Recipient
from relto.domain.pause import Pause
from relto.domain.selector import Selector

TOPICS = ("cyber", "naval", "targeting")
PARTIES = ("FRA", "GBR", "USA")
TYPES = ("indicator", "report", "identity", "marking-definition")


def some(*names):
    return st.frozensets(st.sampled_from(names), max_size=2)


RANKS = st.none() | st.integers(0, 4)

RESTRICTIONS = st.builds(
    Restrictions,
    marked=st.just(True),
    tlp=RANKS,
    level=RANKS,
    rel=some(("FVEY",), ("GBR", "USA"), ("FRA", "USA")),
    noforn=st.booleans(),
    orcon=st.integers(0, 2),
    caveats=some("FISA", "IMC"),
    controls=some("SI"),
    statements=some("a licence"),
    doubts=some("a marking that nobody understands"),
) | st.just(Restrictions())

MARKINGS_OF_TLP = st.sampled_from([Restrictions(), *(Restrictions(marked=True, tlp=rank) for rank in range(5))])

CLASSES = st.builds(
    Class,
    originator=st.sampled_from(PARTIES),
    type=st.sampled_from(TYPES),
    topics=some(*TOPICS),
    restrictions=RESTRICTIONS | MARKINGS_OF_TLP,
    withdrawn=st.sampled_from([False, False, False, True]),
)


def _selector(**parts):
    try:
        return Selector(**parts)
    except BadInput:
        return Selector()


SELECTORS = st.builds(
    _selector,
    originators=some(*PARTIES),
    types=some(*TYPES),
    topics_any=some(*TOPICS),
    topics_all=some(*TOPICS),
    topics_none=some(*TOPICS),
    marking_at_most=RANKS,
    marking_at_least=RANKS,
)

AGREEMENTS = st.builds(
    Agreement,
    id=st.just("usa-gbr"),
    giver=st.just("USA"),
    to=st.just(frozenset({"GBR", "FRA"})),
    scope=SELECTORS,
    exceptions=st.lists(st.builds(Exemption, name=st.just("one"), scope=SELECTORS), max_size=1).map(tuple),
    unmarked=RANKS,
    controls=some("FISA", "SI"),
    support=st.just(SUPPORT_TYPES) | st.just(frozenset()),
)

RECIPIENTS = st.sampled_from([Recipient("GBR", frozenset({"FVEY"})), Recipient("FRA")])

PAUSES = st.builds(
    Pause,
    number=st.sampled_from(["1", "2", "3"]),
    agreements=st.sampled_from([frozenset({"usa-gbr"}), frozenset({"usa-gbr", "other"}), frozenset({"other"})]),
    reason=st.just("talks"),
    made_by=st.just("admin"),
    made_at=st.just(0),
    recipient=st.sampled_from([None, "GBR", "FRA"]),
    scope=st.none() | SELECTORS,
    mode=st.sampled_from(["freeze", "cut"]),
    from_us=st.sampled_from([None, 5, 15]),
    state=st.sampled_from(["scheduled", "running", "running", "lifted"]),
)
