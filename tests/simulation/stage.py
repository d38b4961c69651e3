"""A stage for clients: one agreement at work, items modified now or long ago, a server that restarts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from tests.simulation.history import History

from relto.usecases.delivering import DeliveryDesk
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Reading

if TYPE_CHECKING:
    from relto.ports.store import Store

PARTNER = "UKR"
AGREEMENT = "usa-both"
AHEAD_US = 3_600_000_000


class Stage(History):
    """What happens to the items of `AGREEMENT`, in the world and in the ledger; `PARTNER` has whatever clients come."""

    def __init__(self, store: Store, *, processes: int = 2, history: bool = True) -> None:
        super().__init__(store, processes=processes, history=history, readers=False)
        self.flow = self.ledger.flows[0]
        with store.read() as snap:
            found = [row for row in snap.flows() if (row.agreement, row.party) == (AGREEMENT, PARTNER)]
        self.collection = found[0].collection
        self.modified: dict[str, int] = {}
        self.ahead = 0
        self.objects_of: dict[str, tuple[str, int]] = {}
        self.seqs: dict[str, int] = {}

    def take_old(self, topics: list[frozenset[str]]) -> None:
        """Items come whose `modified` is of last month."""
        headers = []
        for each in topics:
            self.objects += 1
            headers.append(super()._header(f"o{self.objects}", each))
        self._store(headers)

    def take_ahead(self, topics: list[frozenset[str]]) -> None:
        """Items come whose producer's clock is an hour fast: a client that keeps the largest `modified` asks for what
        comes after a moment that has not come.
        """
        self.ahead = AHEAD_US
        self.take(topics)
        self.ahead = 0

    def _header(self, name: str, topics: frozenset[str], **more: Any) -> Any:
        header = super()._header(name, topics, **more)
        self.world.clock.moment += 1_000
        moment = self.world.clock.moment + self.ahead
        text = datetime.fromtimestamp(moment / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        raw = f"{header.id}@{header.version_us // 1_000}@{moment}".encode()
        digest = hashlib.sha256(raw).digest()
        return msgspec.structs.replace(header, raw=raw, digest=digest, version=text, version_us=moment)

    def _store(self, headers: list[Any], *, secret: bool = False, name: str = "") -> None:
        super()._store(headers, secret=secret, name=name)
        for header in headers:
            self.modified[header.raw.decode()] = header.version_us
        self.seqs = {raw: seq for seq, raw in self.raw.items()}

    def restart(self) -> None:
        """The server's processes begin anew: what they had in memory is gone."""
        world = self.world
        world.desks[:] = [PolicyDesk() for _ in world.desks]
        world.readings[:] = [Reading(world.node, desk, DeliveryDesk(world.node), b"key") for desk in world.desks]

    def hidden(self, raw: str) -> bool:
        return self.ledger.hidden(self.flow, self.ledger.items[self.seqs[raw]])

    def visible(self, raw: str) -> bool:
        return self.ledger.visible(self.flow, self.ledger.items[self.seqs[raw]])

    def readable(self, *, every: bool) -> set[str]:
        """What may be read now and must have come: `every` version, or the newest of each object that was released.

        Where that one is hidden, an older one can be read; but who passed it when it was not the newest is not owed it
        (what a filter leaves out is neither owed nor given).
        """
        newest: dict[str, tuple[int, str]] = {}
        for raw, seq in self.seqs.items():
            item = self.ledger.items[seq]
            if every:
                newest[raw] = (0, raw)
            elif self.flow.rows[seq].given:
                newest[item.object] = max(newest.get(item.object, (0, "")), (item.version, raw))
        return {raw for _, raw in newest.values() if self.visible(raw)}


__all__ = ["AGREEMENT", "PARTNER", "Stage"]
