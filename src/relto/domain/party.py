"""A party: a state, alliance, organisation or group with a code; and who belongs to whom, with dates.

A group stands for its members at the moment that is asked about: leaving counts at once. A group inside a group
stands for its own members. A group without a list of members reaches only itself, as a party.

>>> fvey = Party("FVEY", "Five Eyes", "group")
>>> parties = Parties([fvey, Party("USA", "United States", "state")], [Membership("FVEY", "USA", from_us=0)])
>>> sorted(parties.groups_of("USA", at=1)), sorted(parties.members_of("FVEY", at=1))
(['FVEY'], ['USA'])
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from relto.domain import ids, written
from relto.domain.errors import BadInput, Conflict, Unknown
from relto.domain.marking.register import ceiling_of

PartyKind = Literal["state", "alliance", "organisation", "group"]

CEILING_MAX: Final = 4
"""Top secret and its equivalents; 0 is unclassified."""


@dataclass(frozen=True, slots=True)
class Party:
    """Someone who gives or receives. `ceiling` is the highest classification that it may receive, 0 to 4; None: any.

    Raises `BadInput` (`party-code-invalid`, `party-name-invalid`, `party-kind-unknown`, `party-ceiling-invalid`).
    """

    code: str
    name: str
    kind: PartyKind
    ceiling: int | None = None

    @classmethod
    def parse(cls, code: str, name: str, kind: str, ceiling: str = "") -> Party:
        """The party that texts describe; `ceiling` is a level's name (U, R, C, S, TS) or empty. Raises as above."""
        return cls(code, name, cast("PartyKind", kind), ceiling_of(ceiling) if ceiling else None)

    def __post_init__(self) -> None:
        ids.party_code(self.code)
        written.one_line(self.name, what=f"the name of party `{self.code}`", code="party-name-invalid", longest=200)
        kinds = get_args(PartyKind)
        if self.kind not in kinds:
            remedy = written.nearest(str(self.kind), kinds)
            raise BadInput("party-kind-unknown", f"{written.shown(self.kind)} is no kind of party", remedy=remedy)
        if self.ceiling is not None and not 0 <= self.ceiling <= CEILING_MAX:
            raise BadInput("party-ceiling-invalid", f"`{self.ceiling}` is no ceiling", remedy="0 (U) to 4 (TS)")


@dataclass(frozen=True, slots=True)
class Membership:
    """`member` belongs to `group` from `from_us` up to, and not at, `until_us`; None: without an end."""

    group: str
    member: str
    from_us: int
    until_us: int | None = None

    def __post_init__(self) -> None:
        if self.until_us is not None and self.until_us <= self.from_us:
            raise BadInput("membership-invalid", f"`{self.member}` would leave `{self.group}` before it joins")

    def counts(self, at: int) -> bool:
        """Whether it is in force at the moment."""
        return self.from_us <= at and (self.until_us is None or at < self.until_us)


class Parties:
    """All parties of a node and who belongs to whom. Unchanging; every question names its moment.

    Raises when built: `Conflict` (`party-exists`) for a code twice, `Unknown` (`party-unknown`) for a membership of
    nobody, `BadInput` (`party-kind-has-no-members`) for members of a state, and `BadInput` (`group-contains-itself`)
    where that is so, whatever the dates say: a register that might turn in a circle some day is refused now.
    """

    __slots__ = ("_boundaries", "_groups", "_members", "_parties")

    def __init__(self, parties: Iterable[Party], memberships: Iterable[Membership] = ()) -> None:
        self._parties: dict[str, Party] = {}
        for party in parties:
            if party.code in self._parties:
                raise Conflict("party-exists", f"there is a party `{party.code}` already")
            self._parties[party.code] = party
        self._members: defaultdict[str, list[Membership]] = defaultdict(list)
        self._groups: defaultdict[str, list[Membership]] = defaultdict(list)
        for membership in memberships:
            group = self.party(membership.group)
            self.party(membership.member)
            if group.kind == "state":
                raise BadInput("party-kind-has-no-members", f"`{group.code}` is a state, and states have no members")
            self._members[membership.group].append(membership)
            self._groups[membership.member].append(membership)
        listed = [each for found in self._members.values() for each in found]
        ends = {each.until_us for each in listed if each.until_us is not None}
        self._boundaries = sorted({*(each.from_us for each in listed), *ends})
        for code in self._members:
            if self._reaches(code, code):
                raise BadInput("group-contains-itself", f"group `{code}` would contain itself")

    def __contains__(self, code: object) -> bool:
        return code in self._parties

    @property
    def boundaries(self) -> Collection[int]:
        """Every moment at which some membership begins or ends, each once, in order."""
        return self._boundaries

    def codes(self) -> Collection[str]:
        """Every code, in the order in which parties were given."""
        return self._parties.keys()

    def party(self, code: str) -> Party:
        """The party of this code. Raises `Unknown` (`party-unknown`)."""
        try:
            return self._parties[code]
        except KeyError:
            raise unknown_party(code, remedy=written.nearest(code, self._parties) or "") from None

    def membership(self, group: str, member: str, at: int) -> Membership | None:
        """The membership that counts at the moment, or the next one that will."""
        found = [each for each in self._members.get(group, ()) if each.member == member]
        return min(
            (each for each in found if each.until_us is None or at < each.until_us),
            key=lambda each: each.from_us,
            default=None,
        )

    def was_member(self, group: str, code: str) -> bool:
        """Whether the party belongs to the group itself, at any moment."""
        return any(each.member == code for each in self._members.get(group, ()))

    def has_members(self, code: str) -> bool:
        """Whether it has a list of members, at any moment. Without one it reaches only itself."""
        return bool(self._members.get(code))

    def groups_of(self, code: str, at: int) -> frozenset[str]:
        """Every group that the party belongs to at the moment, through other groups too. Not itself.

        Raises `Unknown` (`party-unknown`).
        """
        self.party(code)
        found: set[str] = set()
        ahead = [code]
        while ahead:
            for membership in self._groups.get(ahead.pop(), ()):
                if membership.counts(at) and membership.group not in found:
                    found.add(membership.group)
                    ahead.append(membership.group)
        return frozenset(found)

    def groups_ahead(self, code: str, at: int) -> frozenset[str]:
        """Every group that the party belongs to at the moment or is to belong to, through other groups too."""
        found: set[str] = set()
        ahead = [code]
        while ahead:
            for membership in self._groups.get(ahead.pop(), ()):
                is_over = membership.until_us is not None and membership.until_us <= at
                if not is_over and membership.group not in found:
                    found.add(membership.group)
                    ahead.append(membership.group)
        return frozenset(found)

    def members_of(self, group: str, at: int) -> frozenset[str]:
        """Every party that the group stands for at the moment: a group inside it stands for its own members.

        Empty for a party without members, and for a group that all have left. Raises `Unknown` (`party-unknown`).
        """
        self.party(group)
        found: set[str] = set()
        seen: set[str] = set()
        ahead = [group]
        while ahead:
            for membership in self._members.get(ahead.pop(), ()):
                member = membership.member
                if not membership.counts(at) or member in seen:
                    continue
                seen.add(member)
                if self.has_members(member):
                    ahead.append(member)
                else:
                    found.add(member)
        return frozenset(found)

    def reached_by(self, code: str, at: int) -> frozenset[str]:
        """Whom a code in `to` reaches at the moment: its members where it has a list of them, else itself."""
        return self.members_of(code, at) if self.has_members(code) else frozenset({self.party(code).code})

    def _reaches(self, start: str, goal: str) -> bool:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            for membership in self._members.get(ahead.pop(), ()):
                if membership.member == goal:
                    return True
                if membership.member not in seen:
                    seen.add(membership.member)
                    ahead.append(membership.member)
        return False


def unknown_party(code: str, *, remedy: str = "") -> Unknown:
    """There is no such party, for whoever asks."""
    return Unknown(
        "party-unknown", f"there is no party {written.shown(code)}", remedy=remedy or "relto party list", party=code
    )
