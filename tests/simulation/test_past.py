"""Of any moment it is told later what was told then: many small histories of two givers and of groups whose members
change, asked once as they go and again at their end.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.sharing import RED, SECOND
from tests.simulation.world import VOCABULARY, World

from relto.domain.actor import Actor
from relto.domain.errors import ReltoError
from relto.domain.item import Header
from relto.ports.store import Store
from relto.usecases import office, standing, topics
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import DiscardBacklog, ReleaseBacklog
from relto.usecases.holding import HeldInAll, held_in_all
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.parties import add_party
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.publishing import withdraw

GIVERS = {"USA": actor("olga", "officer"), "UKR": actor("oleh", "officer", party="UKR")}
TO = {"usa-ukr": ("USA", "UKR"), "usa-cc": ("USA", "CC"), "ukr-gbr": ("UKR", "GBR"), "ukr-cc": ("UKR", "[CC, FRA]")}
PARTIES = ("UKR", "GBR", "GBR", "FRA", "CC")
LATER = VOCABULARY.replace("life: {labels: [life]}", "life: {labels: [life, ships]}")
MARKED = "marking-definition--00000000-0000-4000-8000-00000000000a"


class Story:
    """One history, told by chance; `log` says what came of it, and `seen` what was told at which moment."""

    def __init__(self, seed: int, store: Store | None = None) -> None:
        self.chance = random.Random(seed)
        self.world = World(FakeStore() if store is None else store)
        self.at = self.world.node, self.world.desk
        self.headers: dict[bytes, Header] = {}
        self.versions: dict[str, int] = {}
        self.items: list[str] = []
        self.log: list[str] = []
        self.seen: list[tuple[int, list[tuple[str, str]], Any, int]] = []
        self.verbs: list[Callable[[], object]] = [
            self.give, self.give, self.give, self.give, self.pause, self.pause, self.pause, self.pause, self.lift,
            self.lift, self.lift, self.amend, self.word, self.word, self.word, self.word, self.member, self.member,
            self.turn, self.turn, self.turn, self.keep, self.keep, self.terms, self.end, self.reclass, self.withdraw,
            self.several, self.several,
        ]  # fmt: skip
        add_party(*self.at, "FRA", name="France", kind="state", by=ADMIN)
        for group, members in (("CC", ()), ("EU", ("FRA",))):
            add_party(*self.at, group, name=group, kind="group", by=ADMIN, members=members)
        definition = {"type": "marking-definition", "spec_version": "2.1", "id": MARKED}
        definition |= {"created": "2025-02-10T00:00:00.000Z", "definition_type": "statement"}
        text = json.dumps({**definition, "definition": {"statement": "S//REL TO USA, UKR, CC"}}).encode()
        header = self.world.header("definition", ())
        self.take(msgspec.structs.replace(header, type="marking-definition", id=MARKED, definition=text), "USA")
        for name in TO:
            self.terms(name)

    # What may happen.

    def take(self, header: Header, originator: str) -> None:
        self.headers[header.raw] = header
        taken = self.world.take([header], originator)
        if taken.added:
            self.items += [f"{header.id}@{header.version}", header.id]

    def give(self) -> None:
        one = self.chance.choice
        name = one("abcdefg")
        version = self.versions[name] = self.versions.get(name, 0) + 1
        more = (
            {}
            if self.chance.random() < 0.7
            else one([{"revoked": True}, {"markings": (RED,)}, {"markings": (MARKED,)}])
        )
        if name in "fg":
            more |= {"joins": (self.world.header(one("abc"), ()).id,)}
        self.take(
            self.world.header(name, (one(["naval", "life", "ships"]),), version=version, **more), one(["USA", "UKR"])
        )

    def pause(self) -> None:
        self.ask(self.paused())

    def paused(self) -> Intent:
        one, now = self.chance.choice, self.world.now
        return MakePause(
            self.chance.sample(sorted(TO), one([1, 2, 2, 4])),
            mode=one(["freeze", "freeze", "cut"]),
            topics=one([(), (), ("naval",)]),
            recipient=one([None, None, None, None, None, "GBR"]),
            from_us=one([None, None, now + 20 * SECOND]),
            until_us=one([None, now + 40 * SECOND]),
            then=one(["release", "discard", "review"]),
            reason="talks",
        )

    def lift(self) -> None:
        self.ask(self.lifted())

    def lifted(self) -> Intent | None:
        one = self.chance.choice
        later = one([None, None, self.world.now + 15 * SECOND])
        pauses = self.pauses()
        return LiftPause(one(pauses), one(["release", "discard", "review", "review"]), "", later) if pauses else None

    def keep(self) -> None:
        """A review is left with something of both givers."""
        self.ask(MakePause(sorted(TO), reason="talks"), by=ADMIN)
        number = max(self.pauses(), key=int)
        for _ in range(3):
            self.give()
        self.ask(LiftPause(number, "review"), by=ADMIN)

    def amend(self) -> None:
        one, now = self.chance.choice, self.world.now
        changes: list[dict[str, Any]] = [
            {"mode": "cut"}, {"mode": "freeze"}, {"topics": ("life",)}, {"everything": True},
            {"until_us": now + 30 * SECOND, "then": "review"},
        ]  # fmt: skip
        if pauses := self.pauses():
            self.ask(AmendPause(one(pauses), **one(changes)))

    def word(self) -> None:
        self.ask(self.spoken())

    def spoken(self) -> Intent | None:
        one = self.chance.choice
        verb = one([WithholdItem, ReleaseItem, RecallItem])
        return verb((one(self.items),), one([None, *TO]), "a reason")

    def member(self) -> None:
        self.ask(self.joined(), by=ADMIN)

    def joined(self) -> Intent:
        one = self.chance.choice
        later = one([None, None, self.world.now + 10 * SECOND, self.world.now + 25 * SECOND])
        group, member = one(["CC", "CC", "EU"]), one(["GBR", "GBR", "FRA", "EU", "UKR"])
        with self.world.node.store.read() as snap:
            is_one = any((row.group, row.member, row.until) == (group, member, None) for row in snap.members())
        return (LeaveGroup if is_one else JoinGroup)(group, member, later)

    def turn(self) -> None:
        self.ask(self.turned(), by=self.chance.choice([ADMIN, *GIVERS.values()]))

    def turned(self) -> Intent:
        one = self.chance.choice
        items = one([(), (), (one(self.items),)])
        return one([ReleaseBacklog, DiscardBacklog])(None, one([(), (), ("naval",)]), items)

    def terms(self, name: str | None = None) -> None:
        one = self.chance.choice
        agreement = name or one(sorted(TO))
        giver, to = TO[agreement]
        text = f"agreement: {agreement}\nfrom: {giver}\nto: {to if '[' in to else f'[{to}]'}\n"
        text += one(["", "history: none\n"]) + one(["", "revocations: hold\n"])
        self.ask(
            ApplyAgreement(text + f"scope: {{topics: [{one(['naval', 'naval, life', 'naval, life'])}]}}\n"), by=ADMIN
        )

    def end(self) -> None:
        if self.chance.random() < 0.4:
            self.ask(EndAgreement(self.chance.choice(sorted(TO)), self.chance.random() < 0.5))

    def reclass(self) -> None:
        topics.adopt(*self.at, self.chance.choice([VOCABULARY, LATER]), by=ADMIN)
        done = topics.reclass(*self.at, lambda raw, _: self.headers[raw], by=ADMIN)
        self.log.append(f"reclass {done.moved}")

    def withdraw(self) -> None:
        if self.chance.random() < 0.4:
            name = self.chance.choice(self.items).partition("@")[0]
            withdraw(*self.at, originator=self.chance.choice(["USA", "UKR"]), by=ADMIN, stix_id=name, versions=None)
            self.log.append(f"withdraw {name}")

    def several(self) -> None:
        ways = [self.paused, self.lifted, self.spoken, self.spoken, self.joined, self.turned]
        self.ask(*(way() for way in self.chance.sample(ways, 2)))

    def ask(self, *intents: Intent | None, by: Actor | None = None) -> None:
        by = by or self.chance.choice([ADMIN, ADMIN, ADMIN, *GIVERS.values()])
        asked = [each for each in intents if each is not None]
        office.submit_all(*self.at, asked, by=by)
        self.log.append(f"{self.world.now} {by.account}: {asked}")

    def pauses(self) -> list[str]:
        with self.world.node.store.read() as snap:
            return sorted(str(row.number) for row in snap.pauses())

    # What is told.

    def step(self) -> None:
        # Seldom anybody looks in between: what falls due is mostly found by the next act, in its block.
        self.world.settle_clock(self.chance.choice([1, 5, 30, 60]) * SECOND)
        try:
            self.chance.choice(self.verbs)()
        except ReltoError as error:
            self.log.append(f"refused: {error.code}")
        if self.chance.random() < 0.4:
            self.world.settle_clock(3 * SECOND)
            now, asked = (
                self.world.now,
                [(self.chance.choice(self.items), self.chance.choice(PARTIES)) for _ in range(6)],
            )
            self.seen.append((now, asked, self.told(asked), len(self.log)))
            self.check(len(self.seen) - 1)
            self.world.settle_clock(SECOND)

    def told(self, asked: list[tuple[str, str]], at: int | None = None) -> Any:
        names = [None, asked[0][1], sorted(TO)[len(asked[0][0]) % len(TO)]]
        listed = [
            (name, flow.agreement, flow.to, flow.state, flow.released, flow.overdue, flow.pauses)
            for name in names
            for flow in standing.status(*self.at, name, by=ADMIN, at=at)
        ]
        why = [(name, party, self.why(name, party, at)) for name, party in asked]
        return listed, [*why, (asked[0][0], None, self.why(asked[0][0], None, at))], self.held(at)

    def held(self, at: int | None) -> list[tuple[str, HeldInAll]]:
        """By pause; of one that is asked of alone, which looks at no other agreements, it is the same."""
        found = sorted(held_in_all(*self.at, None, by=ADMIN, at=at).items())
        for number, each in found[-2:]:
            assert held_in_all(*self.at, [number], by=ADMIN, at=at) == {number: each}
        return found

    def why(self, name: str, party: str | None, at: int | None) -> Any:
        try:
            if party is None:
                told, _ = standing.explain_to_all(*self.at, name, by=ADMIN, at=at, limit=100)
            else:
                told = [(party, each) for each in standing.explain(*self.at, name, party, by=ADMIN, at=at)]
        except ReltoError as error:
            return error.code
        return [
            (to, each.agreement, each.item, each.decision, [one for one in each.reasons if one.code != "versions"])
            for to, each in told
        ]

    def check(self, number: int) -> None:
        moment, asked, then, done = self.seen[number]
        again = self.told(asked, moment)
        if again != then:
            differ = [
                (a, b) for one, two in zip(then, again, strict=True) for a, b in zip(one, two, strict=False) if a != b
            ]
            lines = "\n".join([*self.log[:done], "-- told here", *self.log[done:]])
            raise AssertionError(f"{moment}: {differ[:3]}, {[len(x) for x in (*then, *again)]} after\n{lines}")


def tell(seed: int, steps: int, *, mostly_pauses: bool = False) -> None:
    story = Story(seed)
    if mostly_pauses:
        story.verbs += [story.pause, story.lift, story.lift, story.amend] * 20
    for _ in range(steps):
        story.step()
    for number in range(len(story.seen)):
        story.check(number)


@pytest.mark.parametrize("seed", range(12))
def test_what_was_told_then_is_told_of_then_for_good(seed: int) -> None:
    tell(seed, 20)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_told_among_many_pauses_is_told_of_then_for_good(seed: int) -> None:
    tell(seed, 60, mostly_pauses=True)
