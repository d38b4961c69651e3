"""Policy: everything that a decision needs, as it stood at one policy version, kept in memory.

A `Policy` is a picture of one version. `PolicyDesk.current` gives the picture for the version that a head names and
loads no more than what changed; states of flows and streams are loaded when somebody asks for them, inside a read
block of the same version.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from relto.domain.act import Act
from relto.domain.agreement import Agreement
from relto.domain.decision import decide
from relto.domain.errors import Unknown
from relto.domain.flow import ClassState, Verdict
from relto.domain.marking import Recipient
from relto.domain.party import Membership, Parties, Party
from relto.domain.pause import Pause
from relto.domain.topic import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from relto.domain.classes import Class
    from relto.domain.condition import Condition
    from relto.domain.decision import Decision
    from relto.domain.stream import Stream
    from relto.ports.store import ActRow, AgreementRow, ClassRow, FlowRow, MemberRow, PauseRow, Snapshot, StreamRow


ActKind = Literal["pause", "resume", "amend"]
"""What an agreement may ask approvals for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreement as it stands: its newest version and whether it has ended."""

    row: AgreementRow
    terms: Agreement

    @property
    def ended(self) -> bool:
        """Whether nothing new flows under it any more."""
        return self.row.ended_at is not None


@dataclass(slots=True)
class Policy:
    """One version of everything. `states_seen` and `streams_seen` fill as they are asked for.

    `host`: the party whose node it is. `scheduled`: acts that have their approvals and wait for their moment.
    """

    version: int
    parties: Parties
    standings: dict[str, Standing]
    pauses: dict[str, Pause]
    classes: dict[int, ClassRow]
    flows: dict[int, FlowRow]
    streams: dict[int, StreamRow]
    readers: dict[tuple[int, str], int]
    host: str = ""
    scheduled: dict[int, Act] = field(default_factory=dict)
    states_seen: dict[int, tuple[int, dict[int, ClassState]]] = field(default_factory=dict)
    streams_seen: dict[int, tuple[int, Stream]] = field(default_factory=dict)
    hiding_seen: dict[int, int] = field(default_factory=dict)
    _by_party: dict[str, dict[str, int]] = field(default_factory=dict)
    _by_agreement: dict[str, list[int]] = field(default_factory=dict)
    _indexed: int = 0

    def flow(self, agreement: str, party: str) -> FlowRow | None:
        """The flow of an agreement to a party."""
        self._index()
        number = self._by_party.get(party, {}).get(agreement)
        return None if number is None else self.flows[number]

    def flows_to(self, party: str) -> list[FlowRow]:
        """The flows to a party: every request asks, so the others are not looked through."""
        self._index()
        return [self.flows[number] for number in self._by_party.get(party, {}).values()]

    def flows_of(self, agreement: str) -> list[FlowRow]:
        """The flows of an agreement, by party."""
        self._index()
        found = [self.flows[number] for number in self._by_agreement.get(agreement, ())]
        return sorted(found, key=lambda row: row.party)

    def _index(self) -> None:
        # A flow never changes its party or agreement, and none ever goes: their number says whether it is whole.
        if self._indexed == len(self.flows):
            return
        by_party: dict[str, dict[str, int]] = {}
        by_agreement: dict[str, list[int]] = {}
        for row in self.flows.values():
            by_party.setdefault(row.party, {})[row.agreement] = row.id
            by_agreement.setdefault(row.agreement, []).append(row.id)
        self._by_party, self._by_agreement, self._indexed = by_party, by_agreement, len(self.flows)

    def asks(self, agreements: Iterable[str], act: ActKind) -> int:
        """How many have to agree to an act of that kind on these agreements: the most that any of them asks for."""
        return max(
            (getattr(self.standings[name].terms.approvals, act) for name in agreements if name in self.standings),
            default=0,
        )

    def givers(self, agreements: Iterable[str]) -> frozenset[str]:
        """Whose decision these agreements are."""
        return frozenset(self.standings[name].terms.giver for name in agreements if name in self.standings)

    def parties_to(self, agreement: str) -> frozenset[str]:
        """Who is a party to the agreement: whose it is, who is named, and who receives."""
        standing = self.standings.get(agreement)
        if standing is None:
            return frozenset()
        receiving = (flow.party for flow in self.flows_of(agreement) if flow.member)
        return frozenset({standing.terms.giver, *standing.terms.to, *receiving})

    def agreements_with(self, party: str) -> frozenset[str]:
        """The agreements to which it is a party, or by which it ever received."""
        named = {name for name in self.standings if party in self.parties_to(name)}
        return frozenset({*named, *(flow.agreement for flow in self.flows_to(party))})

    def unmet(self, pause: Pause) -> tuple[tuple[int, Condition], ...]:
        """The binding conditions that stand in the way of lifting the pause, with their places from 1."""
        return pause.unmet({name: self.parties_to(name) for name in pause.agreements})

    def grounds(self, names: Iterable[str]) -> dict[str, str]:
        """How things are that acts stand on: `pause 7`, `end 7` (of that pause), `agreement usa-ukr`; what is gone is
        left out.
        """
        found = {}
        for name in names:
            kind, _, which = name.partition(" ")
            if kind == "pause" and which in self.pauses:
                found[name] = self.pauses[which].ground
            elif kind == "end" and which in self.pauses:
                found[name] = self.pauses[which].end
            elif kind == "agreement" and which in self.standings:
                standing = self.standings[which]
                found[name] = f"at version {standing.row.version}{', ended' if standing.ended else ''}"
            elif kind == "agreement":
                found[name] = "not made"
        return found

    def stream_of(self, flow: FlowRow, account: str) -> int:
        """The stream that this reader reads."""
        return self.readers.get((flow.id, account), flow.main)

    def states_of(self, snap: Snapshot, flow: int) -> dict[int, ClassState]:
        """The states of a flow's classes; `snap` must be of this version."""
        # Whatever changes a flow's states gives its main stream the version of the change.
        version = self.streams[self.flows[flow].main].version
        seen = self.states_seen.get(flow)
        if seen is None or seen[0] != version:
            seen = self.states_seen[flow] = (version, snap.flow_states(flow))
        return seen[1]

    def states_if_seen(self, flow: int) -> dict[int, ClassState] | None:
        """The states of a flow's classes where they are in memory."""
        seen = self.states_seen.get(flow)
        return seen[1] if seen is not None and seen[0] == self.streams[self.flows[flow].main].version else None

    def stream_if_seen(self, stream: int) -> Stream | None:
        """A stream where it is in memory."""
        seen = self.streams_seen.get(stream)
        return seen[1] if seen is not None and seen[0] == self.streams[stream].version else None

    def stream(self, snap: Snapshot, stream: int) -> Stream:
        """A stream; `snap` must be of this version."""
        return self.streams_whole(snap, [stream])[stream]

    def streams_whole(self, snap: Snapshot, streams: Collection[int]) -> dict[int, Stream]:
        """These streams; `snap` must be of this version. Those that are not in memory are asked for at once."""
        missing = [number for number in streams if self.stream_if_seen(number) is None]
        for number, stream in snap.streams_whole(missing).items() if missing else ():
            self.streams_seen[number] = (self.streams[number].version, stream)
        return {number: self.streams_seen[number][1] for number in streams}

    def hiding(self, flow: int) -> int | None:
        """`newest_hidden` of a flow, asked again and again; None where its states or its main stream are not in memory.

        Only for a picture that changes no more.
        """
        newest = self.hiding_seen.get(flow)
        if newest is None:
            states, stream = self.states_if_seen(flow), self.stream_if_seen(self.flows[flow].main)
            if states is None or stream is None:
                return None
            newest = self.hiding_seen[flow] = self.newest_hidden(states, stream)
        return newest

    def newest_hidden(self, states: Mapping[int, ClassState], stream: Stream) -> int:
        """The newest policy version that hid something which was released and may be shown again; 0: there is none.

        A class of which nothing was released hides nothing, and what was withdrawn stays away for good.
        """
        return max(
            (
                state.hidden_since
                for class_id, state in states.items()
                if state.hidden_since and stream.spans(class_id) and not self.classes[class_id].value.withdrawn
            ),
            default=0,
        )

    def recipient(self, party: str, at: int) -> Recipient:
        """The party as a decision sees it: with the groups whose member it is at that moment."""
        return Recipient(party, self.parties.groups_of(party, at))

    def decider(
        self, flow: FlowRow, at: int, *, also: Iterable[Pause] = (), without: Collection[str] = ()
    ) -> Callable[[Class], Decision]:
        """What decides, for this flow and moment, any class; a preview adds pauses (`also`) or leaves some out."""
        standing = self.standings[flow.agreement]
        recipient = self.recipient(flow.party, at)
        ceiling = self.parties.party(flow.party).ceiling
        pauses = [
            pause
            for pause in (*self.pauses.values(), *also)
            if flow.agreement in pause.agreements and pause.number not in without
        ]

        def decided(klass: Class) -> Decision:
            return decide(
                klass,
                agreement=standing.terms,
                recipient=recipient,
                ceiling=ceiling,
                pauses=pauses,
                ended=standing.ended,
                at=at,
                member=flow.member,
            )

        return decided

    def copy(self) -> Policy:
        """A picture of its own, for a write block that will change it: nobody else sees that before it is durable."""
        return Policy(
            self.version,
            self.parties,
            dict(self.standings),
            dict(self.pauses),
            dict(self.classes),
            dict(self.flows),
            dict(self.streams),
            dict(self.readers),
            self.host,
            dict(self.scheduled),
            dict(self.states_seen),
            dict(self.streams_seen),
        )


def verdict_of(decision: Decision) -> Verdict:
    """The decision as far as a flow must know it."""
    return Verdict(decision.kind, decision.covering, decision.hidden)


class PolicyDesk:
    """Keeps the newest picture. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with nothing; the first look loads."""
        self._lock = threading.Lock()
        self._policy: Policy | None = None
        self._terms: dict[str, tuple[str, Agreement]] = {}
        self._paused: dict[str, Pause] = {}

    def current(self, snap: Snapshot, version: int) -> Policy:
        """The picture of `version`, which is that of `snap`."""
        policy = self._policy
        if policy is not None and policy.version == version:
            return policy
        with self._lock:
            policy = self._policy
            if policy is None or policy.version != version:
                policy = self._policy = self._load(snap, version, policy)
            return policy

    def seen(self, version: int) -> Policy | None:
        """The picture of `version`, if it is the one that is kept."""
        policy = self._policy
        return policy if policy is not None and policy.version == version else None

    def publish(self, policy: Policy) -> None:
        """Take over the picture that a write block has made durable."""
        with self._lock:
            if self._policy is None or self._policy.version < policy.version:
                self._policy = policy

    def _load(self, snap: Snapshot, version: int, before: Policy | None) -> Policy:
        # A class never changes, so one that was read once is not read again; its head is kept elsewhere.
        classes = dict(before.classes) if before is not None else {}
        for row in snap.classes(beyond=max(classes, default=0)):
            classes[row.id] = row
        flows = {row.id: row for row in snap.flows()}
        streams = {row.id: row for row in snap.streams()}
        policy = Policy(
            version,
            parties_of(snap),
            self._standings(snap.agreements()),
            self._pauses(snap.pauses()),
            classes,
            flows,
            streams,
            snap.readers(),
            before.host if before is not None and before.host else snap.setting("party") or "",
            {row.number: act_of(row) for row in snap.acts_open() if row.state == "scheduled"},
        )
        if before is not None:
            policy.streams_seen = {
                number: seen
                for number, seen in before.streams_seen.items()
                if number in streams and streams[number].version == seen[0]
            }
            policy.states_seen = {
                number: seen
                for number, seen in before.states_seen.items()
                if number in flows and streams[flows[number].main].version == seen[0]
            }
        return policy

    def _standings(self, rows: Iterable[AgreementRow]) -> dict[str, Standing]:
        """By id. What was parsed before is not parsed again; what counts no more is not kept."""
        found: dict[str, Standing] = {}
        for row in rows:
            seen = self._terms.get(row.id)
            terms = (
                seen[1] if seen is not None and seen[0] == row.canonical else Agreement.parse_canonical(row.canonical)
            )
            found[row.id] = Standing(row, terms)
        self._terms = {name: (standing.row.canonical, standing.terms) for name, standing in found.items()}
        return found

    def _pauses(self, rows: Iterable[PauseRow]) -> dict[str, Pause]:
        """By number, as the agreements."""
        self._paused = {row.value: self._paused.get(row.value) or Pause.parse_value(row.value) for row in rows}
        return {pause.number: pause for pause in self._paused.values()}


def act_of(row: ActRow) -> Act:
    """The act that is stored so."""
    return Act.parse(row.number, row.kind, row.state, row.value)


def parties_of(snap: Snapshot, *, also: Iterable[MemberRow] = ()) -> Parties:
    """All parties and memberships, these (`also`) among them. Raises as `Parties` does where those cannot be."""
    return Parties(
        [Party.parse(row.code, row.name, row.kind, row.ceiling) for row in snap.parties()],
        [
            Membership(row.group, row.member, row.since, row.until)
            for row in (*snap.members(), *also)
            # One that was called off before it began never was one.
            if row.until is None or row.until > row.since
        ],
    )


def vocabulary_of(snap: Snapshot) -> Vocabulary:
    """The topics that count now."""
    return Vocabulary.parse(snap.setting("topics") or "topics: {}\n")


def standing_of(policy: Policy, agreement: str) -> Standing:
    """The agreement as it stands. Raises `Unknown` `agreement-unknown`."""
    standing = policy.standings.get(agreement)
    if standing is None:
        raise unknown_agreement(agreement)
    return standing


def unknown_agreement(agreement: str) -> Unknown:
    """There is no agreement of that name."""
    return Unknown(
        "agreement-unknown", f"there is no agreement `{agreement}`", remedy="relto agreement list", agreement=agreement
    )
