"""Who is known in these tests, and how a sentence is read in them."""

from datetime import date

from relto.domain.article import Article, Known, KnownParty, KnownPerson, Proposal, propose

ON = date(2025, 3, 12)
"""A Wednesday."""

KNOWN = Known(
    (
        KnownPerson("trump", "Donald Trump", party="USA", roles=("president",)),
        KnownPerson("rubio", "Marco Rubio", party="USA", roles=("secretary of state",)),
        KnownPerson("waltz", "Mike Waltz", party="USA", roles=("national security adviser",)),
        KnownPerson("zelenskyy", "Volodymyr Zelenskyy", party="UKR", roles=("president",)),
        KnownPerson("peskov", "Dmitry Peskov", party="RUS", roles=("spokesman",)),
        KnownPerson("macron", "Emmanuel Macron", party="FRA", roles=("president",)),
    ),
    (
        KnownParty("USA", "United States"),
        KnownParty("UKR", "Ukraine"),
        KnownParty("RUS", "Russia"),
        KnownParty("FRA", "France"),
        KnownParty("SAU", "Saudi Arabia"),
        KnownParty("VEL", "Veldania"),
    ),
)


def read(*paragraphs: str, on: date | None = ON, known: Known = KNOWN) -> tuple[Proposal, ...]:
    return propose(Article("Title", paragraphs, date=on), known)


def of_kind(kind: str, *paragraphs: str, on: date | None = ON) -> list[Proposal]:
    return [each for each in read(*paragraphs, on=on) if each.kind == kind]


def said(*paragraphs: str) -> list[tuple[str, str]]:
    """(who, words) of each quotation."""
    return [(each.speaker.label, each.words) for each in read(*paragraphs) if each.speaker and each.words]
