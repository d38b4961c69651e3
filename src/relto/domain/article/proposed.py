"""What the reader proposes: one entry of a case, with where it stands in the article and how sure its rule is.

A proposal is checked by a person before it counts. It has the fields of an entry of its kind, and `unknown`: those
whom it names and whom nobody knew.

>>> who = Who(unnamed="a White House official", party="USA")
>>> proposal = Proposal("statement", text="“We wait,” a White House official said.", speaker=who, pieces=("We wait",))
>>> proposal.as_entry()["speaker"]
{'unnamed': 'a White House official', 'party': 'USA'}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from relto.domain.article.known import Who

Kind = Literal["statement", "talks", "proposal", "deal", "condition", "reaction", "impact", "shift", "measure"]
Sureness = Literal["firm", "likely", "weak"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposed entry.

    `text`: the sentence, or sentences, of the article; `paragraph`: the number of the one it stands in, from 0.
    `date`: a day, an interval `A/B` of days, a month, or empty; `is_dated`: the article says it, it is not its own day.
    `pieces`: what was said, verbatim, as often as a quotation was broken off. `by`: whose proposal, reaction or measure
    it is; a condition's `by` are those who ask for it. `rule`: which one found it, and `sure`: how sure that one is.
    """

    kind: Kind
    text: str
    paragraph: int = 0
    date: str = ""
    is_dated: bool = False
    place: str = ""
    parties: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    speaker: Who | None = None
    pieces: tuple[str, ...] = ()
    paraphrase: str = ""
    subject: str = ""
    by: tuple[Who, ...] = ()
    to: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    terms: str = ""
    status: str = ""
    stance: str = ""
    towards: str = ""
    delegations: tuple[tuple[str, tuple[str, ...]], ...] = ()
    hosts: tuple[Who, ...] = ()
    state: str = ""
    outcome: str = ""
    asks: str = ""
    does: str = ""
    extent: str = ""
    effect: str = ""
    was: str = ""
    becomes: str = ""
    rule: str = ""
    sure: Sureness = "likely"

    @property
    def words(self) -> str:
        """What was said, in one line."""
        return " ".join(" ".join(self.pieces).split())

    @property
    def who(self) -> Who | None:
        """Whose it is: the speaker, or the first of those by whom it is."""
        return self.speaker or (self.by[0] if self.by else None)

    def as_entry(self) -> dict[str, Any]:
        """The entry, as people write it; whoever records it says what its source is."""
        entry = {"kind": self.kind, "date": self.date, "text": self.text, **self._of_kind()}
        return {name: value for name, value in entry.items() if value not in ("", [], {}, None)}

    def _of_kind(self) -> dict[str, Any]:
        by = [who.as_entry() for who in self.by]
        match self.kind:
            case "statement":
                return {
                    "speaker": self.speaker.as_entry() if self.speaker else None,
                    "words": self.words,
                    "paraphrase": self.paraphrase,
                    "subject": self.subject,
                    "place": self.place,
                }
            case "talks":
                return {
                    "place": self.place,
                    "hosts": [who.as_entry() for who in self.hosts],
                    "delegations": {party: list(names) for party, names in self.delegations},
                    "state": self.state,
                    "outcome": self.outcome,
                }
            case "proposal":
                status = dict.fromkeys(self.to, self.status) if self.status != "proposed" else {}
                return {
                    "subject": self.subject,
                    "scope": list(self.scope),
                    "by": by,
                    "to": list(self.to),
                    "terms": self.terms,
                    "status": status,
                }
            case "deal":
                return {"subject": self.subject, "parties": list(self.parties), "status": self.status}
            case "condition":
                return {"asks": self.asks, "asked_by": by[0] if by else None, "state": self.state}
            case "reaction":
                return {
                    "by": by[0] if by else None,
                    "stance": self.stance,
                    "towards": self.towards,
                    "words": self.words,
                }
            case "impact":
                told_by = self.speaker.as_entry() if self.speaker else None
                return {"on": list(self.parties), "effect": self.effect, "told_by": told_by}
            case "shift":
                return {"party": next(iter(self.parties), ""), "from": self.was, "to": self.becomes}
            case "measure":
                return {"does": self.does, "by": by[0] if by else None, "extent": self.extent, "subject": self.subject}
