"""A crowd: a client of each kind, each with an account of its own, all of one agreement; and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random

from tests.actors import ADMIN
from tests.simulation.clients import KINDS, Polling
from tests.simulation.stage import AGREEMENT, PARTNER, Stage
from tests.simulation.wire import FATES, MINUTE, SECOND, Wire

from relto.usecases.repairing import redeliver

POLLS_MAX = 200
"""A client that has not caught up after so many polls of a quiet server never will."""

CALM = 2
"""A client has caught up that comes to the end of what there is, and brings nothing new, so many times."""


class Crowd:
    """`kinds`: the names of those who take part; `versions` as they ask. So many of their first requests
    fail as `faults` says, drawn for each client from the seed.
    """

    def __init__(
        self,
        stage: Stage,
        kinds: Iterable[str] = tuple(KINDS),
        *,
        versions: tuple[str, ...] | None = None,
        faults: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.stage, self.versions = stage, versions
        self.clients: dict[str, Polling] = {}
        self.polls: dict[str, Iterator[None]] = {}
        self.due: dict[str, int] = {}
        self.redelivered = False
        flow = stage.flow
        for number, name in enumerate(kinds):
            account = stage.world.account(f"client{number}", PARTNER)
            flow.order[account.name], flow.passed[account.name] = [], set()
            wire = Wire(stage, account, versions)
            chance = Random(f"{seed} {name}")
            if faults:
                wire.fates.extend(drawn(chance, faults) for _ in range(200))
            self.clients[name] = KINDS[name](wire)

    # What the clients do.

    def step(self, name: str) -> bool:
        """The client goes on to its next request, or begins a poll; whether it is inside a poll then."""
        poll = self.polls.get(name)
        if poll is None:
            poll = self.polls[name] = self.clients[name].poll()
            next(poll, None)
        if next(poll, self) is self:
            del self.polls[name]
            return False
        return True

    def finish(self, name: str) -> None:
        """The client comes to the end of its poll, where it is inside one."""
        while name in self.polls and self.step(name):
            pass

    def poll(self, name: str) -> None:
        """A poll from its beginning to its end; the rest of one first."""
        self.finish(name)
        while self.step(name):
            pass

    def run(self, microseconds: int, between: Callable[[], None] | None = None) -> None:
        """Time passes, and each client polls when its period is over. `between` comes before every second request of a
        poll, the first time that there is one.
        """
        end = self.stage.world.clock.moment + microseconds
        while True:
            name = min(self.clients, key=lambda each: self.due.get(each, 0))
            if self.due.get(name, 0) > end:
                break
            clock = self.stage.world.clock
            clock.moment = max(clock.moment, self.due.get(name, 0))
            self.due[name] = clock.moment + self.clients[name].every
            if self.step(name):
                if between is not None:
                    between()
                self.finish(name)
        self.stage.world.clock.moment = max(self.stage.world.clock.moment, end)

    # What must come of it.

    def catch_up(self) -> None:
        """All clients poll a server where nothing happens and nothing fails, until they bring nothing new."""
        for client in self.clients.values():
            client.wire.fates.clear()
        for name in list(self.polls):
            self.finish(name)
        self.stage.world.scheduled()
        self.stage._settle_due()
        calm = dict.fromkeys(self.clients, 0)
        for _ in range(POLLS_MAX):
            self.stage.world.settle_clock(6 * MINUTE + SECOND)
            for name, count in calm.items():
                if count < CALM:
                    client = self.clients[name]
                    before = len(client.wire.got)
                    self.poll(name)
                    ended = not client.pending and client.wire.walk is not None and client.wire.walk.ended
                    calm[name] = 0 if len(client.wire.got) > before else count + ended
            if min(calm.values()) == CALM:
                return
        raise AssertionError(f"never left in peace: {calm}")

    def check(self) -> None:
        """Each has what it may read, but for what it threw away itself; a redelivery brings that too."""
        self.catch_up()
        for name, client in self.clients.items():
            missing = self.missing(client)
            gone = missing - client.wire.lost if client.loses else missing
            assert not gone, f"{name} lost {sorted(gone)}"
            self.check_repeats(name, client)
        if any(map(self.missing, self.clients.values())):
            self.redeliver(since=0)
            self.catch_up()
        for name, client in self.clients.items():
            missing = self.missing(client)
            assert not missing, f"{name} was not even redelivered {sorted(missing)}"

    def redeliver(self, *, since: int) -> None:
        """The operator gives the window again to all who read."""
        world = self.stage.world
        for client in self.clients.values():
            client.wire.redelivered(since)
        redeliver(world.node, world.desk, AGREEMENT, recipient=PARTNER, account=None, since=since, by=ADMIN)

    def missing(self, client: Polling) -> set[str]:
        return self.stage.readable(every=self.versions == ("all",)) - client.wire.got.keys()

    def check_repeats(self, name: str, client: Polling) -> None:
        """While nothing failed, all that came again is what the client brings on itself (`Polling.excuse`)."""
        if client.wire.faults:
            return
        for repeat in client.wire.repeats:
            assert repeat.why == "redelivered" or client.excuse(repeat), f"{name}: {repeat}"


def drawn(chance: Random, share: float) -> str:
    """A fate: that of a failure so often as `share` says."""
    return chance.choice(list(FATES)[1:]) if chance.random() < share else "answered"
