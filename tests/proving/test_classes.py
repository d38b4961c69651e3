"""Classes: a node has the bytes of its items, and whoever checks it sees that each has the class that they lead to."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed
from tests.actors import ADMIN
from tests.proving.story import ORIGIN, definition, signed
from tests.simulation.sharing import Sharing
from tests.simulation.world import VOCABULARY, World

from relto.adapters.signing import FileSigner, draw_key
from relto.adapters.sqlite import SqliteStore
from relto.domain.classes import Class
from relto.domain.classify import classify
from relto.domain.item import Header, Reject
from relto.usecases import publishing, purging, topics
from relto.usecases.evidence.faults import Fault
from relto.usecases.sequencing import changing
from relto.wiring.proving import verify_store

pytestmark = pytest.mark.tampers

RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
WORDS = VOCABULARY.replace("imagery: {labels: [imagery]}", "imagery: {labels: [imagery, photo]}")


class Node:
    """A node whose objects are read again as they were read then."""

    def __init__(self, store: SqliteStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.sharing = Sharing(store=store)
        self.headers: dict[bytes, Header] = {}
        self.signer: FileSigner | None = None

    @property
    def world(self) -> World:
        return self.sharing.world

    def item(self, name: str, label: str = "naval", **more: Any) -> Header:
        return self.keep(changed(self.sharing.item(name, label), **more))

    def keep(self, header: Header) -> Header:
        self.headers[header.raw] = header
        return header

    def again(self, item: Header, raw: bytes, **more: Any) -> Header:
        """Its next version, in these bytes."""
        digest = hashlib.sha256(raw).digest()
        said = {"version": "1970-01-01T00:00:00.009Z", "version_us": 9_000, "raw": raw, "digest": digest}
        return self.keep(changed(item, **{**said, **more}))

    def joining(self, name: str, *joined: Header, **more: Any) -> Header:
        made = self.sharing.item(name, joins=tuple(each.id for each in joined))
        return self.keep(changed(made, **more))

    def read(self, raw: bytes, *_: object) -> Header | Reject:
        return self.headers.get(raw) or Reject("", "", "unread", "nobody reads this")

    def faults(self) -> list[Fault]:
        self.signer = self.signer or draw_key(self.folder / "keys" / "log.key", ORIGIN)
        with self.store.read() as snap:
            last, size = snap.last_checkpoint(), snap.log().size
        if last is None or last.size < size:
            signed(self.store, self.folder, self.signer)
        return verify_store(self.store, [self.signer.key], lambda *_: None, read=self.read).faults


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}")
    yield Node(store, tmp_path)
    store.close()


def test_what_is_classified_rightly_has_nothing_wrong(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SLICE_ITEMS", 2)
    world, one, two = node.world, node.item("one"), node.item("two", "life", markings=(RED,))
    own = node.keep(definition(node.sharing, "first"))
    marked = node.item("marked", markings=(own.id,))
    report = node.joining("report", one, two)
    # What joins comes first, and what its marking is said to be comes last.
    world.take([node.joining("on report", report), report, marked, one, node.item("other"), two, own])
    other = changed(definition(node.sharing, "second"), version="1970-01-01T00:00:00.002Z", version_us=2_000)
    world.take([node.keep(other), node.item("late", markings=(own.id,))])
    # The same version in other bytes is refused, and what joins it is about the one that is here.
    refused = changed(one, raw=b"other", digest=bytes(32), labels=("life",))
    world.take([refused, node.joining("on one", one)])
    world.take([node.again(one, b"v2", labels=("life",))])
    topics.adopt(node.sharing.node, world.desk, WORDS, by=ADMIN)
    world.take([node.item("photo", "photo"), one, node.joining("on photo", node.item("photo", "photo"))])
    assert topics.reclass(node.sharing.node, world.desk, node.read, by=ADMIN).moved
    publishing.withdraw(node.sharing.node, world.desk, originator="USA", by=ADMIN, stix_id=one.id, versions=None)
    world.settle_clock()
    world.take([node.item("more"), node.joining("on more", two)])
    purging.purge(node.sharing.node, world.desk, before=world.now - 1, originator=None, by=ADMIN)
    assert node.faults() == []


def wrongly(change: Callable[[Class], Class]) -> Callable[..., list[Class]]:
    def classified(*words: Any, **named: Any) -> list[Class]:
        return [change(each) for each in classify(*words, **named)]

    return classified


@pytest.mark.parametrize(
    "change",
    [
        lambda each: replace(each, topics=each.topics | {"imagery"}),
        lambda each: replace(each, topics=frozenset()),
        lambda each: replace(each, restrictions=replace(each.restrictions, tlp=0)),
        lambda each: replace(each, restrictions=replace(each.restrictions, noforn=True)),
        lambda each: replace(each, type="malware"),
    ],
)
def test_an_item_that_is_classified_wrongly_is_found(node: Node, monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    items = [node.item("one", markings=(RED,))]
    with monkeypatch.context() as planted:
        planted.setattr(publishing, "classify", wrongly(change))
        node.world.take(items)
    assert [(fault.code, fault.promise, fault.item) for fault in node.faults()] == [("class-other", "gate", 1)]


@pytest.mark.parametrize(
    "change",
    [
        lambda each: replace(each, topics=each.topics | {"imagery"}),
        lambda each: replace(each, restrictions=replace(each.restrictions, tlp=0)),
    ],
)
def test_so_is_one_that_joins_others(node: Node, monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    one = node.item("one", markings=(RED,))
    node.world.take([one])
    with monkeypatch.context() as planted:
        planted.setattr(publishing, "classify", wrongly(change))
        node.world.take([node.joining("on one", one)])
    assert "class-other" in {fault.code for fault in node.faults()}


def test_a_vocabulary_moves_nothing_by_words_that_an_item_has_not(node: Node) -> None:
    node.world.take([node.item("one")])
    topics.adopt(node.sharing.node, node.world.desk, WORDS, by=ADMIN)
    with changing(node.sharing.node, node.world.desk) as change:
        row = next(row for row in change.policy.classes.values() if row.value.type == "indicator")
        number = change.act("topics-reclass", ADMIN, {"settled": True})
        made = replace(row.value, topics=row.value.topics | {"imagery"}, lineage=f"{row.id}@{number}")
        target = change.intern([made])[made]
        change.copy_class(row.id, target)
        change.tx.move([1], target, at=change.now)
        for flow in list(change.policy.flows.values()):
            change.settle(flow)
    assert [fault.code for fault in node.faults()] == ["class-other"]


def test_nothing_passes_a_pause_as_revoked_that_is_not(node: Node) -> None:
    one = node.item("one")
    node.world.take([one])
    node.sharing.pause()
    again = node.again(one, b"again")
    node.world.take([changed(again, revoked=True)])
    assert [fault.code for fault in node.faults()] == ["class-other"]
    node.keep(changed(again, revoked=True))
    assert node.faults() == []


def falsely(node: Node, item: int, topic: str) -> None:
    """The past is decided anew, and an item goes where no word leads it."""
    with changing(node.sharing.node, node.world.desk) as change:
        (source,) = (each.class_id for each in change.tx.records([item]))
        number = change.act("topics-reclass", ADMIN, {"settled": False})
        value = change.policy.classes[source].value
        made = replace(value, topics=frozenset({topic}), lineage=f"{source}@{number}")
        target = change.intern([made])[made]
        change.copy_class(source, target)
        change.tx.move([item], target, at=change.now)
        for flow in list(change.policy.flows.values()):
            change.settle(flow)


MORE_WORDS = VOCABULARY.replace("{labels: [naval]}", "{labels: [naval, sea]}").replace(
    "{labels: [life]}", "{labels: [life, lives]}"
)


@pytest.mark.parametrize("is_held", [True, False])
def test_each_time_that_the_past_is_decided_anew_counts(node: Node, is_held: bool) -> None:
    sharing = node.sharing
    sharing.amend(scope="[naval, life]")
    if is_held:
        sharing.pause(topics=["life"])
    node.world.take([node.item("one", "life" if is_held else "naval")])
    topics.adopt(sharing.node, node.world.desk, MORE_WORDS, by=ADMIN)
    falsely(node, 1, "naval" if is_held else "life")
    assert bool(sharing.read()) is True
    assert topics.reclass(sharing.node, node.world.desk, node.read, by=ADMIN).moved == 1
    assert [(fault.code, fault.item) for fault in node.faults()] == [("class-other", 1)]


def test_what_a_statement_means_is_no_excuse_for_another_level(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    own = node.keep(definition(node.sharing, "first"))
    node.world.take([own])
    with monkeypatch.context() as planted:
        planted.setattr(
            publishing, "classify", wrongly(lambda each: replace(each, restrictions=replace(each.restrictions, tlp=0)))
        )
        node.world.take([node.item("one", markings=(RED, own.id))])
    assert [(fault.code, fault.item) for fault in node.faults()] == [("class-other", 2)]


def test_nothing_is_in_doubt_that_cannot_be(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    doubtful = wrongly(
        lambda each: replace(each, restrictions=replace(each.restrictions, doubts=frozenset({"unreadable"})))
    )
    with monkeypatch.context() as planted:
        planted.setattr(publishing, "classify", doubtful)
        node.world.take([node.item("one", markings=(RED,))])
    assert [(fault.code, fault.item) for fault in node.faults()] == [("class-other", 1)]


UNKNOWN = f"marking-definition--{uuid.uuid5(uuid.NAMESPACE_URL, 'unknown')}"


def test_a_marking_is_explained_by_an_object_alone(node: Node) -> None:
    content = b'{"type":"marking-definition","definition_type":"statement","definition":{"statement":"UNCLASSIFIED"}}'
    with changing(node.sharing.node, node.world.desk) as change:
        change.tx.put_definition("USA", UNKNOWN, content)
    node.world.take([node.item("one", markings=(UNKNOWN,))])
    assert node.sharing.read() == ["one"]
    assert [fault.code for fault in node.faults()] == ["definition-unfounded"]


def test_a_marking_is_what_its_object_says(node: Node) -> None:
    own = definition(node.sharing, "first")
    lax = definition(node.sharing, "UNCLASSIFIED")
    node.headers[own.raw] = own
    node.world.take([changed(own, definition=lax.definition)])
    texts = [fault.text for fault in node.faults()]
    assert f"`{own.id}` is kept as something that no item says" in texts


def test_what_explains_a_marking_is_here_before_what_is_marked_so(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SLICE_ITEMS", 2)
    own = node.keep(definition(node.sharing, "first"))
    items = [node.item(f"item {number}", markings=(own.id,)) for number in range(5)]
    refused = changed(items[0], raw=b"other", digest=bytes(32))
    take = publishing.Publisher._take_slice

    def break_off(self: Any, window: Any, part: slice, **named: Any) -> Any:
        if part.start:
            raise KeyboardInterrupt
        return take(self, window, part, **named)

    with monkeypatch.context() as planted:
        planted.setattr(publishing.Publisher, "_take_slice", break_off)
        with pytest.raises(KeyboardInterrupt):
            node.world.take([*items, own])
    assert node.faults() == []
    taken = node.world.take([*items, refused, own])
    # In the order in which they were given.
    assert [each if isinstance(each, str) else "refused" for each in taken.stored] == [
        "known", "added", "added", "added", "added", "refused", "known",
    ]  # fmt: skip
    assert node.faults() == []
