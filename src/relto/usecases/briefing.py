"""Briefing: gathers what a brief is written from, for one reader, as of one moment, and has it written.

Who asks keeps the cases: those in office at the party, or its contributors. What the reader may see is another
question, and answered by what that reader would be told if it asked: pauses and counts by its own sight, entries by
their markings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.actor import Actor
from relto.domain.brief.material import Judgment, Material, Suspension, Told, pairs
from relto.domain.brief.reader import PUBLIC, UNMARKED, Reader
from relto.domain.brief.writing import write
from relto.domain.errors import ReltoError, Unknown
from relto.domain.ids import party_code
from relto.domain.party import unknown_party
from relto.domain.record.when import DAY_US
from relto.domain.written import nearest, shown
from relto.usecases.cases.loading import Library
from relto.usecases.cases.timeline import about, ahead, spans
from relto.usecases.impact import impact
from relto.usecases.outlook import outlook
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relto.domain.brief.document import Brief
    from relto.domain.outlook.rules import Rules
    from relto.domain.record.record import Record, Recorded
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.cases.timeline import PauseSpan
    from relto.usecases.policy import Policy, PolicyDesk

UNTITLED: Final = "A case"

LIFTED_DAYS: Final = 30
"""So long a brief tells of a pause that was lifted."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What was found. `reader`: who reads; `eyes`: the actor whose sight is that reader's, None for the public."""

    subject: str
    about: str
    keeper: str
    at: int
    asked: bool
    records: Sequence[Record]
    spans: Sequence[PauseSpan]
    parties: Mapping[str, str]
    reader: Reader
    eyes: Actor | None
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
        if moment > now:
            raise ahead()
        policy = desk.current(snap, head.policy_version)
        scene = _scene(snap, policy, subject, by=by, reader=reader, at=moment, now=now, asked=at is not None)
    entries, found = _entries(scene)
    material = Material(
        scene.subject,
        scene.about,
        scene.keeper,
        scene.reader,
        moment,
        entries,
        found,
        [_suspension(node, desk, scene, span, entries, by=by, rules=rules) for span in scene.spans],
        scene.parties,
        scene.is_told_later,
    )
    return write(material)


def _scene(
    snap: Snapshot, policy: Policy, subject: str, *, by: Actor, reader: str, at: int, now: int, asked: bool
) -> _Scene:
    library = Library(snap, policy, by, now=now)
    party = _party(subject, policy)
    records = [library.record(each) for each in library.cases()]
    if party:
        name = policy.parties.party(party).name
        records = [record for record in records if _concerns(record, party, policy)]
    else:
        found = library.case(subject)
        records = [record for record in records if (record.case.party, record.case.id) == (
            found.originator, found.opening.case.id)]  # fmt: skip
        name = found.opening.case.title
    givers = {record.case.party for record in records}
    keeper = next(iter(sorted(givers)), policy.host)
    sight = Sight(by, policy)
    agreements = {
        agreement
        for agreement in policy.standings
        if sight.gives(agreement) and party and party in policy.parties_to(agreement)
    }
    if not records and not agreements:
        raise Unknown(
            "brief-subject-unknown",
            f"nothing is on record about {shown(subject)}",
            remedy="relto case list",
            subject=subject[:80],
        )
    chosen = _reader(reader, policy, at)
    eyes = _eyes(chosen, by, keeper, policy)
    wanted_pauses: set[str] = set()
    wanted = set(agreements)
    for record in records:
        numbers, names = about(record, policy)
        wanted_pauses |= numbers
        wanted |= names
    shown_spans = list(spans(snap, policy, eyes, (wanted_pauses, wanted), at=at)) if eyes is not None else []
    oldest = at - LIFTED_DAYS * DAY_US
    # Who may not know of a case is not told what it is called; nothing in it is marked less strictly.
    known = [record for record in records if chosen.may_read(record.restrictions, keeper=record.case.party)]
    if not party and not known:
        name = UNTITLED
    return _Scene(
        name,
        party,
        keeper,
        at,
        asked,
        [record.at(at) if asked else record for record in known],
        [span for span in shown_spans if span.lifted_at is None or span.lifted_at > oldest],
        library.parties(),
        chosen,
        eyes,
        asked and bool(records) and all(at < record.begun for record in records),
    )


def _party(subject: str, policy: Policy) -> str:
    """The party that a brief is about; empty where it is about a case."""
    try:
        code = party_code(subject)
    except ReltoError:
        return ""
    if code not in policy.parties:
        raise unknown_party(code, remedy=nearest(code, policy.parties.codes()) or "relto party list")
    return code


def _reader(reader: str, policy: Policy, at: int) -> Reader:
    code = reader or policy.host
    if code == PUBLIC:
        return Reader()
    party_code(code)
    if code not in policy.parties:
        raise unknown_party(code, remedy=nearest(code, [*policy.parties.codes(), PUBLIC]))
    return Reader(code, policy.parties.groups_of(code, at), policy.parties.party(code).ceiling)


def _eyes(reader: Reader, by: Actor, keeper: str, policy: Policy) -> Actor | None:
    """Who sees what the reader sees: whoever asks, for its own party; else an account of that party that only reads."""
    if not reader.party:
        return None
    if reader.party == keeper and (by.party == keeper or by.is_host(policy.host)):
        return by
    return Actor("", reader.party, frozenset({"reader"}))


def _concerns(record: Record, party: str, policy: Policy) -> bool:
    """Whether a case is about a party: it names it, or an agreement by which it receives or gives."""
    _, agreements = about(record, policy)
    if party in record.case.parties or party == record.case.party:
        return True
    return any(party in policy.parties_to(name) for name in agreements if name in policy.standings)


def _entries(scene: _Scene) -> tuple[list[Told], list[tuple[Told, Told, str]]]:
    """What of the records its reader may see, by what it tells, and the contradictions within that."""
    told: list[Told] = []
    found: list[tuple[Told, Told, str]] = []
    for record in scene.records:
        by_key = {
            each.key: Told(each, record.case.id, _level(each))
            for each in record.standing
            if scene.reader.may_read(each.restrictions, keeper=record.case.party)
        }
        told += by_key.values()
        found += pairs(record.contradictions, by_key)
    return sorted(told, key=lambda each: each.recorded.order), found


def _level(each: Recorded) -> int:
    return each.restrictions.tlp if each.restrictions.tlp is not None else UNMARKED


def _suspension(
    node: Node,
    desk: PolicyDesk,
    scene: _Scene,
    span: PauseSpan,
    entries: Iterable[Told],
    *,
    by: Actor,
    rules: Rules,
) -> Suspension:
    at = scene.at if scene.asked else None
    eyes = scene.eyes
    assert eyes is not None, "the public is told of no pause"
    keys: dict[int, tuple[str, ...]] = {}
    of_case = {record.case.id: record for record in scene.records}
    for place in range(1, len(span.pause.conditions) + 1):
        name = f"{span.pause.number}/{place}"
        keys[place] = tuple(
            each.trace
            for each in entries
            if name in (of_case[each.case].about(each.recorded.key) or each.recorded.entry).conditions
        )
    judged = None
    if eyes is by:
        (told,) = outlook(node, desk, span.pause.number, by=by, rules=rules, at=at)
        open_acts = [act.has for act in told.acts]
        judged = Judgment(told.judged, told.signs, told.course, told.needs, max(open_acts, default=None))
    try:
        impacts = impact(node, desk, span.pause.number, by=eyes, at=at)
    except Unknown:
        # What a recipient is no longer told of has no impact for it.
        impacts = []
    return Suspension(span.pause, span.lifted_at, keys, judged, impacts)
