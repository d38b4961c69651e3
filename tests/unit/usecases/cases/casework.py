"""A world in which the record of a case is kept: USA keeps it, and gives its items to UKR under `usa-ukr`."""

from __future__ import annotations

import json
from typing import Any

from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.world import VOCABULARY, Client, World

from relto.adapters.stix.check import StixValidator
from relto.domain.record.file import parse
from relto.ports.store import Store
from relto.usecases import topics
from relto.usecases.cases import filing, loading
from relto.usecases.cases.keeping import Keeper

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [diplomacy], marking_at_most: green}\n"
DIPLOMACY = VOCABULARY + "  diplomacy: {labels: [diplomacy]}\n"
OLGA = actor("olga", "officer", how="password")
PEOPLE = [
    {"kind": "person", "key": "trump", "name": "Donald Trump", "party": "USA", "role": "president"},
    {"kind": "person", "key": "zelenskyy", "name": "Volodymyr Zelenskyy", "party": "UKR", "role": "president"},
]


def said(words: str = "We just about have", **more: Any) -> dict[str, Any]:
    return {"kind": "statement", "date": "2025-02-10", "speaker": "trump", "words": words, **more}


def measure(extent: str, **more: Any) -> dict[str, Any]:
    return {"kind": "measure", "date": "2025-02-10", "does": "paused", "by": "USA", "extent": extent, **more}


class Casework:
    """`opened` opens the case `a`, for everybody who may know of it, with two people."""

    def __init__(self, store: Store | None = None, *, terms: str = TERMS) -> None:
        self.world = World(FakeStore() if store is None else store)
        self.node = self.world.node
        assert topics.adopt(self.node, self.desk, DIPLOMACY, by=ADMIN)
        self.account = self.world.account("kyiv", "UKR")
        self.collection = self.world.apply(terms).collections["UKR"]
        self.kyiv = Client(self.account, self.collection, "last", 100, versions=("all",))

    @property
    def desk(self) -> Any:
        return self.world.desk

    def keeper(self, by: Any = OLGA) -> Keeper:
        return Keeper(self.node, self.desk, StixValidator(), by)

    def opened(self, *entries: dict[str, Any], by: Any = OLGA, **more: Any) -> Casework:
        case = {"case": "a", "title": "The pause", "marking": "clear", **more}
        self.keeper(by).open(case, [*PEOPLE, *entries])
        self.world.settle_clock()
        return self

    def add(self, *entries: dict[str, Any], by: Any = OLGA) -> list[str]:
        """The keys of what was added."""
        added = self.keeper(by).add("a", entries)
        self.world.settle_clock()
        return [each.key for each in added.entries]

    def correct(
        self, key: str, /, by: Any = OLGA, because: str = "it was wrong", *, retract: bool = False, **changes: Any
    ) -> str:
        added = self.keeper(by).correct("a", key, changes, because=because, retract=retract)
        self.world.settle_clock()
        return added.entries[0].key

    def record(self, by: Any = OLGA, case: str = "a") -> Any:
        return loading.loaded(self.node, self.desk, case, by=by)[0]

    def keys(self, by: Any = OLGA) -> list[str]:
        """What stands."""
        return [each.key for each in self.record(by).standing]

    def take_in(self, text: str, by: Any = OLGA) -> Any:
        filed = filing.take_in(self.keeper(by), parse(text))
        self.world.settle_clock()
        return filed

    def given_out(self, form: str, by: Any = OLGA) -> str:
        return filing.given_out(self.node, self.desk, "a", by=by, form=form)

    def read(self, client: Client | None = None) -> list[dict[str, Any]]:
        """What the partner gets from where it stands, as objects."""
        client = client or self.kyiv
        self.world.settle_clock()
        before = len(client.got)
        self.world.walk(client)
        return [json.loads(raw) for raw in client.got[before:]]

    def items(self) -> int:
        return self.node.store.head().last_seq


def keys_of(objects: list[dict[str, Any]]) -> set[str]:
    """The keys of the entries that these objects are."""
    found = set()
    for each in objects:
        for said_by in each.get("extensions", {}).values():
            if "entry" in said_by:
                found.add(said_by["entry"]["key"])
    return found
