"""What a pause costs is what one finds who writes down, item by item, what became of each: many small histories of
pauses over one another, amended, lifted in every way, of groups and of single items; asked as they go and of the past.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND
from tests.simulation.test_past import TO, Story

from relto.adapters.database import create_database
from relto.domain.actor import Actor
from relto.domain.agreement import Agreement
from relto.domain.classes import Class
from relto.domain.errors import ReltoError
from relto.domain.impact import DAY_US, Impact, Received
from relto.domain.moment import write
from relto.domain.pause import Pause
from relto.domain.ranges import Ranges
from relto.ports.store import Snapshot, Store
from relto.usecases.agreements import ApplyAgreement
from relto.usecases.impact import impact
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem, WithholdItem
from relto.usecases.past import KINDS
from relto.usecases.pausing import LiftPause, MakePause
from relto.usecases.policy import PolicyDesk

HOUR = 3_600 * SECOND
WARNING = "exceptions: [{name: warn, scope: {topics: [life]}}]\n"
WAITS = (SECOND, 5 * SECOND, 40 * SECOND, HOUR, HOUR, 9 * HOUR, 9 * HOUR, DAY_US)


@dataclass
class FlowShot:
    """Numbers of items of one flow. `late`: when what was not released as it came was."""

    given: set[int]
    hidden: set[int]
    held: Mapping[str, set[int]]
    review: set[int]
    discarded: set[int]
    covering: Mapping[int, frozenset[str]]
    late: Mapping[int, int]
    member: bool


@dataclass
class Shot:
    """Everything, item by item, at one moment."""

    now: int
    stored: Mapping[int, int]
    classes: Mapping[int, Class]
    flows: dict[tuple[str, str], FlowShot] = field(default_factory=dict)
    pauses: dict[str, Pause] = field(default_factory=dict)
    terms: dict[str, Agreement] = field(default_factory=dict)


class Witness(Story):
    """Writes down what became of each item, and when."""

    def __init__(self, seed: int, store: Store | None = None) -> None:
        super().__init__(seed, store)
        # In every other history nothing is released but as it comes, so that what is stored now says all.
        self.verbs = [self.give] * 12 + [self.pause, self.pause_wholly, self.pause_wholly, self.word, self.withdraw]
        if seed % 2:
            # What is paused is lifted again, so that pauses follow one another.
            self.verbs += [self.give] * 8 + [self.pause_wholly] * 2 + [self.lift] * 4 + [self.turn] * 2
            self.verbs += [self.several, self.amend, self.keep, self.member, self.reclass, self.terms]
        else:
            self.world.settle_clock(8 * DAY_US)
        self.late: dict[tuple[str, str], dict[int, int]] = {}
        self.known: dict[tuple[str, str], set[int]] = {}
        self.last = 0
        self.shots: list[Shot] = []
        self.ended: dict[str, Shot] = {}
        self.now = self.look()

    def look(self) -> Shot:
        """How things stand, and what is new since the last look."""
        with self.world.node.store.read() as snap:
            head = snap.head()
            now = self.world.node.now(head)
            policy = PolicyDesk().current(snap, head.policy_version)
            ids = _classes(snap)
            stored = {seq: snap.batch_of(seq).added_at(seq) for seq in ids}
            shot = Shot(now, stored, {seq: policy.classes[class_id].value for seq, class_id in ids.items()})
            shot.pauses = dict(policy.pauses)
            shot.terms = {name: standing.terms for name, standing in policy.standings.items()}
            for flow in policy.flows.values():
                stream, states = policy.stream(snap, flow.main), policy.states_of(snap, flow.id)

                def among(found: Mapping[int, Ranges]) -> set[int]:
                    return {seq for seq, class_id in ids.items() if class_id in found and seq in found[class_id]}

                key = flow.agreement, flow.party
                given = {seq for seq, class_id in ids.items() if stream.place_of(class_id, seq) is not None}
                late = self.late.setdefault(key, {})
                for seq in given - self.known.setdefault(key, set()):
                    if seq <= self.last:
                        late[seq] = now
                self.known[key] |= given
                numbers = {number for state in states.values() for number in state.held}
                reviews = {number for state in states.values() for number in state.review}
                shot.flows[key] = FlowShot(
                    given,
                    {seq for seq, class_id in ids.items() if states[class_id].hidden_since},
                    {
                        number: among({name: state.held.get(number, Ranges()) for name, state in states.items()})
                        for number in numbers
                    },
                    {
                        seq
                        for number in reviews
                        for seq in among({name: state.review.get(number, Ranges()) for name, state in states.items()})
                    },
                    among({name: state.discarded for name, state in states.items()}),
                    {seq: states[class_id].verdict.covering for seq, class_id in ids.items()},
                    dict(late),
                    flow.member,
                )
            self.last = head.last_seq
        return shot

    def ask(self, *intents: Intent | None, by: Actor | None = None) -> None:
        # Half of all agreements have a duty to warn.
        told = [
            replace(each, text=f"{each.text}{WARNING}")
            if isinstance(each, ApplyAgreement) and self.chance.random() < 0.5
            else each
            for each in intents
        ]
        super().ask(*told, by=by or ADMIN)

    def pause_wholly(self) -> None:
        one = self.chance.choice
        mode, topics = one(["freeze", "freeze", "cut"]), one([(), (), ("naval",), ("life",)])
        self.ask(MakePause([one(sorted(TO))], mode=mode, topics=topics, reason="talks"))

    def lifted(self) -> Intent | None:
        pauses = self.pauses()
        ways = ["release", "release", "release", "discard", "review"]
        return LiftPause(self.chance.choice(pauses), self.chance.choice(ways)) if pauses else None

    def word(self) -> None:
        # A release by hand is of its day.
        verb = self.chance.choice([WithholdItem, RecallItem])
        self.ask(verb((self.chance.choice(self.items),), None, "a reason"), by=ADMIN)

    def step(self) -> None:
        self.world.settle_clock(self.chance.choice(WAITS))
        self.carry_out(self.world.scheduled)
        shot = self.now
        self.shots.append(shot)
        self.check(shot, None)
        # What is done from here on is later than what was seen.
        self.world.settle_clock(SECOND)
        self.carry_out(self.chance.choice(self.verbs))

    def carry_out(self, verb: Callable[[], object]) -> None:
        """Of a pause that one act lifted, and nothing beside it, it is known how it stood just before."""
        before, acts = self.now, self.acts()
        try:
            verb()
        except ReltoError as error:
            self.log.append(f"refused: {error.code}")
        self.now = self.look()
        for number in before.pauses.keys() - self.now.pauses.keys():
            if self.acts() == acts + 1:
                self.ended[number] = replace(before, now=self.now.now)

    def acts(self) -> int:
        with self.world.node.store.read() as snap:
            return len(snap.acts_done(KINDS))

    def check(self, shot: Shot, at: int | None) -> None:
        """What is measured of every pause is what was seen then; of those that had ended, what was seen at their end,
        and of what they held, what had become by then.
        """
        for number, pause in shot.pauses.items():
            found = impact(*self.at, number, by=ADMIN, at=at)
            compare(found, shot, pause, "\n".join([*self.log, f"pause {number} at {at or shot.now}"]))
        for number, end in self.ended.items():
            if end.now < shot.now:
                found = impact(*self.at, number, by=ADMIN, at=at)
                compare(found, end, end.pauses[number], f"ended {number}", later=shot)


def _classes(snap: Snapshot) -> dict[int, int]:
    """The class of each item."""
    return {body.seq: body.class_id for body in snap.bodies_between(0, snap.head().last_seq)}


def compare(found: list[Impact], shot: Shot, pause: Pause, told: str, *, later: Shot | None = None) -> None:
    touched = [
        key
        for key, flow in sorted(shot.flows.items())
        if flow.member and key[0] in pause.agreements and pause.recipient in {None, key[1]}
    ]
    assert [(each.agreement, each.to) for each in found] == touched, told
    for each, key in zip(found, touched, strict=True):
        naive = Naive(shot, pause, *key)
        assert each.at == shot.now, told
        assert summed(each) == naive.summed(), told
        if later is not None:
            assert each.became is not None, told
            assert became(shot.flows[key].held.get(pause.number, set()), later.flows[key]) == {
                "released": each.became.released, "discarded": each.became.discarded, "review": each.became.review,
                "held": each.became.held, "withheld": each.became.withheld,
            }, told  # fmt: skip


def summed(each: Impact) -> Any:
    """The same as `Naive.summed`, of what was measured."""
    held = each.held
    assert held is not None
    assert {sum(days) for days in [held.per_day.items]} == {held.items}
    assert {topic: sum(days) for topic, days in held.per_topic_day.items()} == held.by_topic

    def received(one: Received) -> Any:
        return one.items, one.by_topic, filled(one.per_day.dated())

    return {
        "held": (held.items, held.by_topic, held.by_type, filled(held.per_day.dated()), held.oldest, held.hidden),
        "per_topic_day": {
            topic: filled(zip([day for day, _ in held.per_day.dated()], days, strict=True))
            for topic, days in held.per_topic_day.items()
        },
        "staleness": [(one.topic, one.newest, one.newest_plain, one.newer, one.newer_plain) for one in each.staleness],
        "before": received(each.before),
        "since": received(each.since),
        "warnings": each.warnings,
    }


def filled(days: Any) -> dict[str, int]:
    return {day: items for day, items in days if items}


def became(held: set[int], now: FlowShot) -> dict[str, int]:
    """What became of these, one by one."""
    words = Counter(
        "released" if seq in now.given
        else "discarded" if seq in now.discarded
        else "review" if seq in now.review
        else "held" if any(seq in each for each in now.held.values())
        else "withheld"
        for seq in held
    )  # fmt: skip
    return {word: words[word] for word in ("released", "discarded", "review", "held", "withheld")}


class Naive:
    """Counts one by one."""

    def __init__(self, shot: Shot, pause: Pause, agreement: str, to: str) -> None:
        self.shot, self.pause, self.terms = shot, pause, shot.terms[agreement]
        self.flow = shot.flows[agreement, to]
        self.held = self.flow.held.get(pause.number, set())
        cut = pause.mode == "cut"
        self.closed = {
            seq for seq in self.flow.given & self.flow.hidden if cut and pause.number in self.flow.covering[seq]
        }

    def is_warning(self, seq: int, name: str | None = None) -> bool:
        return any(
            each.scope.holds(self.shot.classes[seq], unmarked=self.terms.unmarked, in_doubt=False)
            for each in self.terms.exceptions
            if name in {None, each.name}
        )

    def summed(self) -> Any:
        shot, pause = self.shot, self.pause
        runs = pause.is_running(shot.now)
        began = min(pause.since, shot.now)
        lasted = shot.now - began
        days = min(max(-(-lasted // DAY_US), 7), 90)
        moments = {seq: self.flow.late.get(seq, shot.stored[seq]) for seq in self.flow.given}
        since = {seq: moment for seq, moment in moments.items() if runs and moment >= began}
        before = {
            seq: moment for seq, moment in moments.items() if seq not in since and moment >= began - days * DAY_US
        }
        topics = {topic for seq in self.held for topic in shot.classes[seq].topics}
        return {
            "held": (
                len(self.held),
                self.by_topic(self.held),
                dict(Counter(shot.classes[seq].type for seq in self.held)),
                self.per_day({seq: shot.stored[seq] for seq in self.held}),
                min((shot.stored[seq] for seq in self.held), default=None),
                len(self.closed),
            ),
            "per_topic_day": {
                topic: self.per_day({seq: shot.stored[seq] for seq in self.held if topic in shot.classes[seq].topics})
                for topic in topics
            },
            "staleness": self.staleness(),
            "before": (len(before), self.by_topic(before), self.per_day(before)),
            "since": (len(since), self.by_topic(since), self.per_day(since)),
            "warnings": {
                each.name: sum(self.is_warning(seq, each.name) for seq in since) for each in self.terms.exceptions
            },
        }

    def by_topic(self, seqs: Any) -> dict[str, int]:
        return dict(Counter(topic for seq in seqs for topic in self.shot.classes[seq].topics))

    def per_day(self, moments: Mapping[int, int]) -> dict[str, int]:
        return dict(Counter(write(moment)[:10] for moment in moments.values()))

    def staleness(self) -> list[Any]:
        shot = self.shot
        readable, kept = self.flow.given - self.flow.hidden, self.held | self.closed
        named = self.terms.scope.topics_any | self.terms.scope.topics_all
        rows = []
        for topic in sorted({topic for seq in readable | kept for topic in shot.classes[seq].topics}):
            row: list[Any] = []
            newer = []
            for seqs in (readable, {seq for seq in readable if not self.is_warning(seq)}):
                mine = [seq for seq in seqs if topic in shot.classes[seq].topics]
                last = max(mine, default=0)
                row.append(shot.stored.get(last))
                newer.append(sum(seq > last and topic in shot.classes[seq].topics for seq in kept))
            if not named or topic in named:
                rows.append((topic, *row, *newer))
        return rows


def tell(seed: int, steps: int, store: Store | None = None) -> None:
    witness = Witness(seed, store)
    for _ in range(steps):
        witness.step()
    for shot in witness.shots:
        witness.check(shot, shot.now)


@pytest.mark.parametrize("seed", range(6))
def test_an_impact_is_what_counting_item_by_item_finds(seed: int) -> None:
    tell(seed, 50)


@pytest.fixture
def real_store(database_url: str) -> Iterator[Store]:
    store = create_database(database_url)
    yield store
    store.close()


@pytest.mark.parametrize("seed", [100, 101])
def test_it_is_so_on_a_real_engine(seed: int, real_store: Store) -> None:
    tell(seed, 25, real_store)
