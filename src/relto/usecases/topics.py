"""Topics: the vocabulary that puts topics on objects. A change is an act and holds for what comes after.

`reclass` decides the past anew: every item gets the class that it would have now, and keeps, in every stream, the
place that it has; what the new class changes for it follows as with any change of policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.classes import JOINING_TYPES
from relto.domain.classify import classify
from relto.domain.item import Header
from relto.domain.keys import object_key
from relto.domain.marking import STATEMENTS
from relto.domain.topic import Vocabulary
from relto.usecases.accounts import require_admin, require_admin_first
from relto.usecases.acting import require_there
from relto.usecases.policy import vocabulary_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.domain.item import Reject
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.change import Change
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy, PolicyDesk

PASSES_MAX = 8
"""How many levels of joining upon joining are followed."""

RECLASS: Final = "decide the topics of what is stored anew"
"""In words, for who may not."""


def adopt(node: Node, desk: PolicyDesk, text: str, *, by: Actor) -> bool:
    """Takes a vocabulary over where it differs from the one that counts; whether it did. Raises `BadInput`."""
    with node.store.read() as snap:
        if snap.setting("topics") == text:
            return False
    Vocabulary.parse(text)
    with changing(node, desk, by=by) as change:
        return take_vocabulary(change, text, by=by)


def take_vocabulary(change: Change, text: str, *, by: Actor) -> bool:
    """As `adopt`, in this block, of a vocabulary that is well-formed."""
    require_admin(change, by, "change the vocabulary")
    before = change.tx.setting("topics")
    if before == text:
        return False
    change.tx.put_setting("topics", text)
    change.act("topics", by, {}, before=before, after=text)
    return True


@dataclass(frozen=True, slots=True)
class Reclassed:
    """How many items were looked at, how many have another class now, and when what that releases can be read."""

    items: int
    moved: int
    visible_at: int


def reclass(
    node: Node, desk: PolicyDesk, read: Callable[[bytes, int], Header | Reject], *, by: Actor, portion: int = 5_000
) -> Reclassed:
    """Decides the past anew, in one transaction; `read(raw, now)` gives the header of a stored object.

    An item whose bytes can no longer be read keeps its class.
    """
    with changing(node, desk, by=by) as change:
        items, moves = _reclassed(change, read, portion, by)
        effect = _carry_out(change, moves)
    return Reclassed(items, sum(map(len, moves.values())), effect.visible_at)


def preview_reclass(
    node: Node, desk: PolicyDesk, read: Callable[[bytes, int], Header | Reject], *, by: Actor, portion: int = 5_000
) -> Reclassed:
    """How many items `reclass` would look at, and how many would have another class. It takes as long as that does, and
    keeps nobody waiting.
    """
    require_admin_first(node, by, RECLASS)
    with node.store.read() as snap:
        head = snap.head()
        policy = desk.current(snap, head.policy_version)
        require_there(snap, by, host=policy.host)
        work = _Reclassing(_View(node, snap, policy, head.last_seq, node.now(head)), read, portion)
        items, _ = work.decide()
    return Reclassed(items, len(work.topics), 0)


def _reclassed(
    change: Change, read: Callable[[bytes, int], Header | Reject], portion: int, by: Actor
) -> tuple[int, dict[tuple[int, Class], list[int]]]:
    """How many items were looked at, and which go from which class to which."""
    require_admin(change, by, RECLASS)
    view = _View(change.node, change.tx, change.policy, change.head.last_seq, change.now)
    work = _Reclassing(view, read, portion)
    items, settled = work.decide()
    return items, work.moves(change.act("topics-reclass", by, {"settled": settled}))


@dataclass(frozen=True, slots=True)
class _View:
    """What is looked at: a block of either kind, the policy that it shows, its last item, and its clock."""

    node: Node
    snap: Snapshot
    policy: Policy
    last_seq: int
    now: int


class _Reclassing:
    """Finds the topics that stored items would have now. `topics` and `sources`: for those that change, by `seq`."""

    def __init__(self, view: _View, read: Callable[[bytes, int], Header | Reject], portion: int) -> None:
        self._view = view
        self._read = read
        self._portion = portion
        self._vocabulary = vocabulary_of(view.snap)
        self._statements = {**STATEMENTS, **view.node.statements}
        self.topics: dict[int, frozenset[str]] = {}
        self.sources: dict[int, int] = {}

    def decide(self) -> tuple[int, bool]:
        """Looks at everything: how many items there were, and whether nothing changed any more in the end."""
        items = self._look(joining=False)
        # What joins others may join what joins others again: look until nothing changes any more.
        before: Mapping[int, frozenset[str]] = {}
        for turn in range(PASSES_MAX):
            before = dict(self.topics)
            looked = self._look(joining=True)
            items += looked if turn == 0 else 0
            if self.topics == before:
                break
        return items, self.topics == before

    def _look(self, *, joining: bool) -> int:
        """Looks at all items of joining types, or at all others; how many there were."""
        looked = 0
        rows = [row for row in self._view.policy.classes.values() if not row.value.withdrawn]
        for originator in sorted({row.value.originator for row in rows}):
            names = [
                row.id
                for row in rows
                if row.value.originator == originator and (row.value.type in JOINING_TYPES) == joining
            ]
            after, upto = 0, self._view.last_seq
            while found := self._view.snap.scan([(name, after, upto) for name in names], self._portion):
                after = found[-1][0]
                looked += len(found)
                self._decide(originator, [seq for seq, _ in found])
        return looked

    def _decide(self, originator: str, seqs: Sequence[int]) -> None:
        snap = self._view.snap
        headers, places = _headers(self._view, self._read, seqs)
        classes = classify(
            headers,
            originator=originator,
            vocabulary=self._vocabulary,
            carried=snap.definitions(originator),
            conflicting=snap.conflicting(originator),
            statements=self._statements,
            stored=self._stored(originator, headers),
        )
        for (seq, source), klass in zip(places, classes, strict=True):
            if klass.topics != self._view.policy.classes[source].value.topics:
                self.topics[seq], self.sources[seq] = klass.topics, source
            else:
                self.topics.pop(seq, None)

    def _stored(self, originator: str, headers: Sequence[Header]) -> dict[str, Class]:
        keys = {object_key(originator, name): name for header in headers for name in header.joins}
        found: dict[str, Class] = {}
        for key, versions in self._view.snap.known(keys).items():
            for version in versions:
                value = self._view.policy.classes[version.class_id].value
                topics = self.topics.get(version.seq, value.topics)
                before = found.get(keys[key])
                found[keys[key]] = replace(before or value, topics=topics if before is None else before.topics | topics)
        return found

    def moves(self, number: int) -> dict[tuple[int, Class], list[int]]:
        """Which items go from which class to which. Restrictions that something later put on an item stay."""
        moves: dict[tuple[int, Class], list[int]] = {}
        for seq, topics in sorted(self.topics.items()):
            source = self.sources[seq]
            old = self._view.policy.classes[source].value
            moves.setdefault((source, replace(old, topics=topics, lineage=f"{source}@{number}")), []).append(seq)
        return moves


def _headers(
    view: _View, read: Callable[[bytes, int], Header | Reject], seqs: Sequence[int]
) -> tuple[list[Header], list[tuple[int, int]]]:
    headers, places = [], []
    for body in view.snap.bodies(seqs):
        header = read(body.raw, view.now)
        if isinstance(header, Header):
            headers.append(header)
            places.append((body.seq, body.class_id))
    return headers, places


def _carry_out(change: Change, moves: dict[tuple[int, Class], list[int]]) -> Effect:
    effect = change.effect()
    if not moves:
        return effect
    ids = change.intern(klass for _, klass in moves)
    for (source, klass), seqs in moves.items():
        change.copy_class(source, ids[klass])
        change.tx.move(seqs, ids[klass], at=change.now)
    for flow in list(change.policy.flows.values()):
        effect.add(change.settle(flow))
    return effect
