"""A good entry of every kind, people, and strategies for what people may write in a record."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from relto.domain.moment import DAY_US
from relto.domain.record.casefile import Case
from relto.domain.record.entry import Entry
from relto.domain.record.record import Record, Recorded
from relto.domain.record.register import Office, Person, Register
from relto.domain.record.when import When
from relto.domain.record.who import Stored

USA = {"party": "USA"}
TRUMP = {"name": "Donald Trump", "role": "president", "party": "USA"}
ZELENSKYY = {"person": "zelenskyy", "name": "Volodymyr Zelenskyy", "role": "president", "party": "UKR"}
OFFICIAL = {"unnamed": "a White House official", "party": "USA"}

LEAST: dict[str, dict[str, Any]] = {
    "statement": {"speaker": TRUMP, "words": "We just about have"},
    "talks": {"place": "Jeddah", "state": "held"},
    "proposal": {"subject": "a truce", "by": [ZELENSKYY]},
    "deal": {"subject": "minerals", "parties": ["USA", "UKR"], "status": "stalled"},
    "condition": {"asks": "talks are settled", "asked_by": TRUMP},
    "reaction": {"by": ZELENSKYY, "stance": "welcomes", "towards": "the truce"},
    "impact": {"on": ["UKR"], "effect": "grave"},
    "shift": {"party": "USA", "from": "giving", "to": "pausing"},
    "measure": {"does": "paused", "by": OFFICIAL},
    "person": {"name": "Donald Trump"},
    "link": {"entry": "01", "relation": "contradicts", "other": "02"},
}
"""By kind, the least that has to be there beside kind and date."""

MORE: dict[str, dict[str, Any]] = {
    "statement": {
        "paraphrase": "it is nearly over", "subject": "the pause", "place": "Air Force One", "capacity": "official",
        "points": "nearer",
    },
    "talks": {
        "hosts": [{"name": "Faisal bin Farhan", "party": "SAU"}], "outcome": "a joint statement",
        "delegations": {"UKR": [ZELENSKYY], "USA": []},
    },
    "proposal": {
        "scope": ["air", "sea"], "to": ["RUS"], "terms": "thirty days", "reciprocity": "if Russia does the same",
        "status": {"UKR": "accepted", "RUS": "accepted-with-conditions"},
    },
    "deal": {"terms": "a fund"},
    "condition": {"capacity": "personal", "state": "claimed", "words": "a hard look"},
    "reaction": {"words": "Our intelligence is sovereign"},
    "impact": {"topics": ["targeting"], "told_by": OFFICIAL, "words": "hundreds of dead"},
    "shift": {"administration": "Trump"},
    "measure": {"subject": "imagery", "extent": "partial", "to": ["UKR"], "words": "suspended"},
    "person": {
        "person": "trump", "aliases": ["President Trump"], "party": "USA", "role": "president", "from": "2025-01-20",
    },
    "link": {"text": "they cannot both be so"},
}  # fmt: skip
"""By kind, all else that it may say."""

COMMON: dict[str, Any] = {
    "key": "28", "date": "2025-03-09", "confidence": "confirmed", "marking": "green", "text": "In plain words",
    "source": {"name": "AP", "date": "2025-03-09", "url": "https://example.org/a?b=c", "grade": "B2"},
    "pauses": ["2"], "agreements": ["usa-ukr"], "conditions": ["2/1"], "supports": ["08"], "contradicts": ["16"],
    "answers": ["36"], "about": ["35"], "corrects": "32", "because": "it was the press's date",
}  # fmt: skip
"""What every kind may say."""

KINDS = sorted(LEAST)
CASE = Case.parse({"case": "a", "title": "A pause", "marking": "clear"}, party="USA")
BEGUN = When.parse("2025-03-01").first


def least(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "date": "2025-03-09", **LEAST[kind], **more}


def whole(kind: str) -> dict[str, Any]:
    return {"kind": kind, **COMMON, **LEAST[kind], **MORE[kind]}


def entry(kind: str, **more: Any) -> Entry:
    return Entry.parse(least(kind, **more), names=Stored())


def recorded(*entries: Entry, at: int | None = None, step: int = DAY_US) -> list[Recorded]:
    """Recorded in this order, one a day from `at` on."""
    first = BEGUN if at is None else at
    return [
        Recorded(each, place + 1, f"note--{place}", first + place * step, "olga") for place, each in enumerate(entries)
    ]


def record(*entries: Entry, begun: int = BEGUN, step: int = DAY_US) -> Record:
    return Record(CASE, begun, recorded(*entries, at=begun, step=step))


PEOPLE = [
    Person("trump", "Donald Trump", ("President Trump",), (Office("USA", "president"),)),
    Person("zelenskyy", "Volodymyr Zelenskyy", ("Zelensky", "Volodymyr Zelensky"), (Office("UKR", "president"),)),
    Person("lecornu", "Sébastien Lecornu", (), (Office("FRA", "defence minister"),)),
    Person("tusk", "Donald Tusk", (), (Office("POL", "prime minister"),)),
]
PARTIES = {"USA": "United States", "UKR": "Ukraine", "RUS": "Russia", "FRA": "France", "POL": "Poland"}
REGISTER = Register(PEOPLE, PARTIES)

LINES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\u202a\u202b\u202c\u202d\u202e"
                  "\u2066\u2067\u2068\u2069\u200e\u200f\u061c"),
    min_size=1, max_size=40,
).filter(str.strip)  # fmt: skip
"""Lines of text that one may write."""

DAYS = st.dates().map(lambda day: f"{day:%Y-%m-%d}".rjust(10, "0"))
KEYS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
NAMED = st.fixed_dictionaries({"name": LINES}, optional={"role": LINES, "party": st.sampled_from(sorted(PARTIES))})
SOURCES = st.fixed_dictionaries(
    {"name": LINES},
    optional={
        "date": DAYS,
        "grade": st.from_regex(r"[A-F][1-6]", fullmatch=True),
        "url": st.just("https://a.example/"),
    },
)
SAID = st.fixed_dictionaries(
    {"kind": st.just("statement"), "date": DAYS, "speaker": NAMED, "words": LINES},
    optional={"text": LINES, "source": SOURCES, "supports": st.lists(KEYS, min_size=1, max_size=3, unique=True)},
) | st.fixed_dictionaries(
    {
        "kind": st.just("proposal"), "date": DAYS, "subject": LINES,
        "by": st.lists(NAMED, min_size=1, max_size=2, unique_by=str),
    },
    optional={
        "scope": st.lists(LINES, min_size=1, max_size=3, unique=True), "to": st.just(["UKR"]),
        "confidence": st.just("denied"),
    },
)  # fmt: skip
"""Entries as somebody may write them."""


def is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
