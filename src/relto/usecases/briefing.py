"""Briefing: gathers what a brief is written from, for one reader, as of one moment, and has it written.

Who asks keeps the cases: those in office at the party, or its contributors. What the reader may see is another
question, and answered by what that reader would be told if it asked: pauses and counts by its own sight, entries by
their markings. Nobody is given by way of another reader what it may not see itself.

What somebody corrected no longer stands, whether or not the reader may see the correction. What the reader may not see
says nothing of the rest: neither that it contradicts, nor what it is evidence for, nor which pauses a case is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.actor import OFFICE, Actor
from relto.domain.brief.material import Judgment, Material, Suspension, Told, pairs
from relto.domain.brief.reader import PUBLIC, Reader, level_of
from relto.domain.brief.writing import write
from relto.domain.errors import ReltoError, Unknown
from relto.domain.ids import party_code
from relto.domain.party import unknown_party
from relto.domain.written import shown
from relto.usecases.cases.loading import Library
from relto.usecases.cases.timeline import About, about, spans
from relto.usecases.impact import impact
from relto.usecases.outlook import LIFTED_US, outlooks_of
from relto.usecases.past import require_passed
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from relto.domain.brief.document import Brief
    from relto.domain.impact import Impact
    from relto.domain.outlook.rules import Rules
    from relto.domain.pause import Pause
    from relto.domain.record.record import Record
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.cases.timeline import PauseSpan
    from relto.usecases.policy import Policy, PolicyDesk

UNTITLED: Final = "A case"


@dataclass(frozen=True, slots=True)
class _Case:
    """A case, for one reader: `seen` has what the reader may see of what was known. `standing`: the keys of all that
    stood; `name`: how it is named in the brief; `keeper`: the party that keeps it.
    """

    keeper: str
    name: str
    seen: Record
    standing: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What was found. `reader`: who reads; `eyes`: the actor whose sight is that reader's, None for the public.
    `givers`: whose words have authority; `sides`: the parties that the cases are about.
    """

    subject: str
    about: str
    keeper: str
    at: int
    asked: bool
    cases: Sequence[_Case]
    spans: Sequence[PauseSpan]
    parties: Mapping[str, str]
    reader: Reader
    eyes: Actor | None
    givers: frozenset[str]
    sides: frozenset[str]
    is_told_later: bool


def brief(
    node: Node,
    desk: PolicyDesk,
    subject: str,
    *,
    by: Actor,
    rules: Rules,
    reader: str = "",
    at: int | None = None,
) -> Brief:
    """The brief about a party (by code) or a case (by id). `reader`: a party's code or `public`; the party of the node
    unless said.

    Raises `Unknown` (`brief-subject-unknown`, `case-unknown`, `party-unknown`), `BadInput` (`when-ahead`).
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        moment = now if at is None else at
        require_passed(moment, now)
        policy = desk.current(snap, head.policy_version)
        scene = _scene(snap, policy, subject, by=by, reader=reader, at=moment, now=now, asked=at is not None)
    entries, found = _entries(scene)
    judged = _judged(node, desk, scene, rules)
    material = Material(
        scene.subject,
        scene.about,
        scene.keeper,
        scene.reader,
        moment,
        entries,
        found,
        [_suspension(node, desk, scene, span, entries, by=by, judged=judged) for span in scene.spans],
        scene.parties,
        scene.givers,
        scene.sides,
        scene.is_told_later,
    )
    return write(material)


def _scene(
    snap: Snapshot, policy: Policy, subject: str, *, by: Actor, reader: str, at: int, now: int, asked: bool
) -> _Scene:
    library = Library(snap, policy, by, now=now)
    sight = Sight(by, policy)
    known = library.parties()
    party = _party(subject, known)
    chosen = _reader(reader, known, policy, now)
    # Whose items they are keeps them, whatever they say of themselves.
    kept = [(each.originator, library.record(each).at(at)) for each in library.cases()]
    if party:
        name = policy.parties.party(party).name
        # What others keep is told where it is asked for by its own name: it does not speak for whoever asks.
        kept = [
            (keeper, record)
            for keeper, record in kept
            if keeper == by.party and _concerns(keeper, record, party, policy)
        ]
    else:
        found = library.case(subject)
        name = found.opening.case.title
        one = (found.originator, found.opening.case.id)
        kept = [(keeper, record) for keeper, record in kept if (keeper, record.case.id) == one]
    agreements = {
        agreement
        for agreement in policy.standings
        if sight.gives(agreement) and party and party in policy.parties_to(agreement)
    }
    if not kept and not agreements:
        raise Unknown(
            "brief-subject-unknown",
            f"nothing is on record about {shown(subject)}",
            remedy="relto case list",
            subject=subject[:80],
        )
    # Who may not know of a case is not told what it is called; nothing in it is marked less strictly.
    cases = _cases(kept, chosen, by)
    if party:
        cases = [each for each in cases if _concerns(each.keeper, each.seen, party, policy)]
    elif not cases:
        name = UNTITLED
    keepers = {each.keeper for each in cases}
    first = (chosen.party, by.party, policy.host, *sorted(keepers))
    keeper = next((each for each in first if each in keepers), by.party)
    eyes = _eyes(chosen, by, keeper)
    named = [about(each.seen, policy) for each in cases]
    wanted = About(
        frozenset().union(*(each.pauses for each in named)),
        frozenset(agreements).union(*(each.agreements for each in named)),
    )
    told = _told(snap, policy, by, eyes, wanted, at=at) if eyes is not None else []
    return _Scene(
        name,
        party,
        keeper,
        at,
        asked,
        cases,
        told,
        library.parties(),
        chosen,
        eyes,
        _givers(policy, told, wanted.agreements) or frozenset({keeper}),
        frozenset(code for each in cases for code in each.seen.case.parties),
        bool(cases) and all(at < each.seen.begun for each in cases),
    )


def _givers(policy: Policy, told: Sequence[PauseSpan], agreements: Collection[str]) -> frozenset[str]:
    """Those whose pauses or agreements they are: their words have authority."""
    names = {name for span in told for name in span.pause.agreements} | set(agreements)
    return policy.givers([name for name in names if name in policy.standings])


def _party(subject: str, known: Collection[str]) -> str:
    """The party that a brief is about; empty where it is about a case."""
    try:
        code = party_code(subject)
    except ReltoError:
        return ""
    if code not in known:
        raise unknown_party(code)
    return code


def _reader(reader: str, known: Collection[str], policy: Policy, now: int) -> Reader:
    code = reader or policy.host
    if code == PUBLIC:
        return Reader()
    party_code(code)
    if code not in {policy.host, *known}:
        raise unknown_party(code)
    # Whoever reads reads now: who has left a group since the moment that is asked about reads what it may read today.
    return Reader(code, policy.parties.groups_of(code, now), policy.parties.party(code).ceiling)


def _eyes(reader: Reader, by: Actor, keeper: str) -> Actor | None:
    """Who sees what the reader sees: whoever asks, for its own party; for another one an account of that party, which
    is in office where it keeps the cases, and else only reads.
    """
    if not reader.party:
        return None
    if reader.party == by.party:
        return by
    return Actor("", reader.party, frozenset({"officer" if reader.party == keeper else "reader"}))


def _concerns(keeper: str, record: Record, party: str, policy: Policy) -> bool:
    """Whether a case is about a party: it names it, or an agreement by which it receives or gives."""
    if party in record.case.parties or party == keeper:
        return True
    agreements = about(record, policy).agreements
    return any(party in policy.parties_to(name) for name in agreements if name in policy.standings)


def _cases(kept: Sequence[tuple[str, Record]], reader: Reader, by: Actor) -> list[_Case]:
    """The cases of which the reader may know."""
    known = [(keeper, record) for keeper, record in kept if reader.may_read(record.restrictions, keeper=keeper)]
    ids = [record.case.id for _, record in known]
    found = []
    for keeper, record in known:
        case = record.case.id
        seen = record.only(each for each in record.recorded if reader.may_read(each.restrictions, keeper=keeper))
        name = case if ids.count(case) == 1 and keeper == by.party else f"{keeper}:{case}"
        found.append(_Case(keeper, name, seen, frozenset(each.key for each in record.standing)))
    return found


def _entries(scene: _Scene) -> tuple[list[Told], list[tuple[Told, Told, str]]]:
    """What of the records its reader may see, by what it tells, and the contradictions within that."""
    told: list[Told] = []
    found: list[tuple[Told, Told, str]] = []
    for case in scene.cases:
        seen = case.seen
        by_key = {
            each.key: Told(each, case.name, level_of(each.restrictions), each.entry.corrects in seen.by_key)
            for each in seen.standing
            if each.key in case.standing
        }
        told += by_key.values()
        found += pairs(seen.contradictions, by_key)
    return sorted(told, key=lambda each: each.recorded.order), found


def _told(snap: Snapshot, policy: Policy, by: Actor, eyes: Actor, wanted: About, *, at: int) -> list[PauseSpan]:
    """The pauses that the reader is told of, each as it may see it, and whoever asks as well."""
    mine = {span.pause.number for span in spans(snap, policy, by, wanted, at=at)}
    sight = Sight(eyes, policy)
    return [
        replace(span, pause=_as_seen(span.pause, sight))
        for span in spans(snap, policy, eyes, wanted, at=at)
        if span.pause.number in mine and (span.lifted_at is None or span.lifted_at > at - LIFTED_US)
    ]


def _as_seen(pause: Pause, sight: Sight) -> Pause:
    """A pause as somebody may see it: whoever receives is not told of other agreements, nor who did what, on what
    evidence, or how often it was amended.
    """
    seen = replace(pause, agreements=frozenset(filter(sight.agreement, pause.agreements)))
    if any(sight.gives(name) for name in pause.agreements):
        return seen
    conditions = tuple(replace(each, evidence="", changed_by="", changed_at=0) for each in pause.conditions)
    return replace(seen, conditions=conditions, made_by="", version=0)


def _suspension(
    node: Node,
    desk: PolicyDesk,
    scene: _Scene,
    span: PauseSpan,
    entries: Iterable[Told],
    *,
    by: Actor,
    judged: Mapping[str, Judgment],
) -> Suspension:
    at = scene.at if scene.asked else None
    eyes, number = scene.eyes, span.pause.number
    assert eyes is not None, "the public is told of no pause"
    of_case = {case.name: case.seen for case in scene.cases}
    evidence = {
        place: tuple(each.trace for each in entries if f"{number}/{place}" in _conditions_of(of_case[each.case], each))
        for place in range(1, len(span.pause.conditions) + 1)
    }
    impacts = _impacts(node, desk, number, by=eyes, at=at)
    if eyes is not by:
        mine = {(each.agreement, each.to) for each in _impacts(node, desk, number, by=by, at=at)}
        impacts = [each for each in impacts if (each.agreement, each.to) in mine]
    return Suspension(span.pause, span.lifted_at, evidence, judged.get(number), impacts)


def _conditions_of(record: Record, told: Told) -> Sequence[str]:
    return (record.about(told.recorded.key) or told.recorded.entry).conditions


def _judged(node: Node, desk: PolicyDesk, scene: _Scene, rules: Rules) -> Mapping[str, Judgment]:
    """How near the end of each pause is, by number, for a reader in office at the party whose pause it is."""
    if not scene.spans or scene.eyes is None or not OFFICE & scene.eyes.roles:
        return {}
    numbers = [span.pause.number for span in scene.spans]
    at = scene.at if scene.asked else None
    return {
        number: Judgment(
            told.judged, told.signs, told.course, told.needs, max((act.has for act in told.acts), default=None)
        )
        for number, told in outlooks_of(node, desk, numbers, by=scene.eyes, rules=rules, at=at).items()
        if told is not None
    }


def _impacts(node: Node, desk: PolicyDesk, number: str, *, by: Actor, at: int | None) -> list[Impact]:
    try:
        return impact(node, desk, number, by=by, at=at)
    except Unknown:
        # What a recipient is no longer told of has no impact for it.
        return []
