"""Reading: what an article says, as entries that a person then looks at; nothing of it counts before that.

What the article says is matched with whom the case knows and with the parties of the node. Each proposal is tried as an
entry would be: what stands in its way is named, and so is what it contradicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from relto.domain.article import Article, Known, KnownParty, KnownPerson, Proposal, propose
from relto.domain.errors import BadInput, ReltoError
from relto.domain.record.clash import clashes
from relto.domain.record.entry import Entry
from relto.domain.record.register import Register
from relto.domain.record.shape import LINE_MAX, TEXT_MAX
from relto.domain.record.source import NAME_MAX
from relto.domain.record.when import When
from relto.domain.written import harmless, shown
from relto.usecases.cases.loading import Library

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.domain.record.record import Record
    from relto.ports.node import Node
    from relto.usecases.policy import PolicyDesk

UNTITLED: Final = "an article"


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposal, and the entry that it would be. `problem`: why it cannot be added as it is, or None; `there`: the
    key of an entry that says the same already, or empty; `clashes`: (key of an entry that stands, why).
    """

    proposal: Proposal
    entry: Mapping[str, Any]
    problem: ReltoError | None = None
    there: str = ""
    clashes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """An article, and what it proposes, in the order of the article."""

    article: Article
    proposals: Sequence[Proposed]


def dated(article: Article, day: str) -> Article:
    """The article as of the day on which it appeared, where somebody knows better. Raises `BadInput` `date-invalid`."""
    when = When.parse(day, what="the article's date")
    if when.precision != "day":
        raise BadInput("date-invalid", f"an article appears on a day, not {shown(day)}", remedy="write 2025-03-09")
    return replace(article, date=date.fromisoformat(when.text))


def require_case(node: Node, desk: PolicyDesk, case: str, *, by: Actor) -> None:
    """Returns where there is this case, for this actor. Raises `Unknown` `case-unknown`."""
    with node.store.read() as snap:
        Library(snap, desk.current(snap, snap.head().policy_version), by).case(case)


def read_article(node: Node, desk: PolicyDesk, article: Article, *, by: Actor, case: str = "") -> Read:
    """What an article proposes for a case (empty: for none in particular). Changes nothing.

    Raises `Unknown` `case-unknown`.
    """
    with node.store.read() as snap:
        library = Library(snap, desk.current(snap, snap.head().policy_version), by)
        parties = library.parties()
        if case:
            record = library.record(library.case(case))
            return proposed(article, library.register(record), parties, record)
        people = [person for found in library.cases() for person in library.record(found).people.values()]
        return proposed(article, Register({each.key: each for each in people}.values(), parties), parties)


def proposed(article: Article, register: Register, parties: Mapping[str, str], record: Record | None = None) -> Read:
    """What an article proposes, for whoever is known. `parties`: by code, the name. Total."""
    known = Known(
        tuple(
            KnownPerson(
                person.key,
                person.name,
                person.aliases,
                next((office.party for office in reversed(person.offices) if office.party), ""),
                tuple(office.role for office in reversed(person.offices) if office.role),
            )
            for person in register.people
        ),
        tuple(KnownParty(code, name) for code, name in parties.items()),
    )
    source = _source(article)
    stands = [each.entry for each in record.standing] if record is not None else []
    return Read(article, [_tried(each, source, register, parties, stands) for each in propose(article, known)])


def _source(article: Article) -> dict[str, str]:
    name = article.site or article.title or UNTITLED
    found = {"name": harmless(name, longest=NAME_MAX), "url": article.url}
    if article.date is not None:
        found["date"] = article.date.isoformat()
    if not article.url.startswith(("http://", "https://")):
        del found["url"]
    return found


def _tried(
    proposal: Proposal,
    source: Mapping[str, str],
    register: Register,
    parties: Mapping[str, str],
    stands: Sequence[Entry],
) -> Proposed:
    value = _fitting({**proposal.as_entry(), "source": dict(source), "confidence": "reported"}, parties)
    try:
        entry = Entry.parse(value, names=register)
    except ReltoError as error:
        return Proposed(proposal, value, error)
    there = next((other.key for other in stands if other.with_key("") == entry), "")
    against = [(other.key, why) for other in stands if (why := clashes(other, entry))]
    return Proposed(proposal, value, None, there, against)


def _fitting(value: dict[str, Any], parties: Mapping[str, str]) -> dict[str, Any]:
    """The same in lines that an entry takes, without parties that nobody here knows: the proposal names them."""
    known = {*parties, *parties.values()}
    found: dict[str, Any] = {}
    for name, part in value.items():
        longest = TEXT_MAX if name in {"words", "paraphrase", "text", "terms", "outcome", "asks"} else LINE_MAX
        fits = _fitted(
            part, known, longest, is_party=name in {"to", "parties", "on", "party"} and value["kind"] != "shift"
        )
        if fits not in (None, "", [], {}):
            found[name] = fits
    return found


def _fitted(part: Any, known: set[str], longest: int, *, is_party: bool) -> Any:
    if isinstance(part, str):
        line = harmless(part, longest=longest)
        return None if is_party and line not in known else line
    if isinstance(part, list):
        fits = [_fitted(each, known, longest, is_party=is_party) for each in part]
        return [each for each in fits if each not in (None, "", [], {})]
    if isinstance(part, dict):
        if part.keys() & {"name", "unnamed"}:
            kept = {key: harmless(text, longest=120) for key, text in part.items()}
            return {key: text for key, text in kept.items() if key != "party" or text in known}
        return {
            key: each if each == [] else _fitted(each, known, longest, is_party=False)
            for key, each in part.items()
            if key in known or part.keys() <= {"name", "date", "url"}
        }
    return part
