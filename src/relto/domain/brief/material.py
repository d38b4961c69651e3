"""Material: all that a brief may be written from, gathered for its reader and its moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relto.domain.record.when import When, day_of
from relto.domain.record.who import Who

if TYPE_CHECKING:
    from relto.domain.brief.reader import Reader
    from relto.domain.impact import Impact
    from relto.domain.outlook.rules import Judged, Judgement
    from relto.domain.outlook.signs import Sign
    from relto.domain.pause import Pause
    from relto.domain.record.record import Contradiction, Recorded


_ARTICLE: Final = frozenset(
    {
        "alliance", "community", "emirates", "eyes", "federation", "kingdom", "nations", "netherlands", "organisation",
        "organization", "philippines", "republic", "states", "union",
    }
)  # fmt: skip
"""A name that ends in one of these has the article before it in prose."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that its reader may see. `case`: how its case is named. `level`: of its marking, 0 clear to 4 red.
    `is_correction`: whether it corrects an entry that its reader may see.
    """

    recorded: Recorded
    case: str
    level: int = 0
    is_correction: bool = False

    @property
    def trace(self) -> str:
        """How it is named."""
        return f"entry {self.case}/{self.recorded.key}"


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the outlook says of a pause, for whoever may know. `course`: (moment, judgement) for each day; `needs` and
    `has`: approvals of a resume; `has` is None where nobody proposed one.
    """

    judged: Judged
    signs: Mapping[str, Sign]
    course: Sequence[tuple[int, Judgement]]
    needs: int = 0
    has: int | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """A pause that its reader is told of. `lifted_at`: None while it lasts. `evidence`: by place of a condition, the
    traces of entries that its reader may see. `outlook` and `impacts`: None and empty where it may not know.
    """

    pause: Pause
    lifted_at: int | None = None
    evidence: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    outlook: Judgment | None = None
    impacts: Sequence[Impact] = ()

    @property
    def trace(self) -> str:
        """How it is named."""
        return f"pause {self.pause.number}"


@dataclass(frozen=True, slots=True)
class Material:
    """`subject`: the name of the party or the case that the brief is about, `about` the party's code or empty;
    `keeper`: who keeps the cases. `entries`: those that stand, by what they tell. `parties`: by code, the name.
    `givers`: the parties whose words on a pause have authority; `sides`: those that the cases are about.
    """

    subject: str
    about: str
    keeper: str
    reader: Reader
    at: int
    entries: Sequence[Told] = ()
    contradictions: Sequence[tuple[Told, Told, str]] = ()
    suspensions: Sequence[Suspension] = ()
    parties: Mapping[str, str] = field(default_factory=dict)
    givers: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()
    is_told_later: bool = False

    def of(self, *kinds: str) -> list[Told]:
        """The entries of these kinds."""
        return [each for each in self.entries if each.recorded.entry.kind in kinds]

    def party(self, code: str) -> str:
        """The name of a party; its code where it is none of the node."""
        return self.parties.get(code, code)

    def the(self, code: str) -> str:
        """The name of a party as a sentence has it: `the United States`."""
        name = self.party(code)
        first, _, last = name.casefold().rpartition(" ")
        return f"the {name}" if last in _ARTICLE and first.split(" ")[0] != "the" else name

    def who(self, who: Who) -> str:
        """Somebody as prose names them: `Donald Trump (president, United States)`."""
        if not who.name:
            return self.the(who.party)
        about = ", ".join(part for part in (who.role, self.party(who.party) if who.party else "") if part)
        return f"{who.name} ({about})" if about else who.name

    def date(self, date: When) -> str:
        """A date as prose has it, without the year where that is the year of the brief."""
        year = day_of(self.at).text[:4]
        is_of_it = year == date.text[:4] == day_of(date.until - 1).text[:4]
        return date.words.replace(f" {year}", "") if is_of_it else date.words


def pairs(found: Sequence[Contradiction], told: Mapping[str, Told]) -> list[tuple[Told, Told, str]]:
    """The contradictions both sides of which are told."""
    return [
        (told[each.one.key], told[each.other.key], each.why)
        for each in found
        if each.one.key in told and each.other.key in told
    ]
