"""Publishing: items come in, are classified, and flow to whoever may have them.

Objects are taken a window at a time: a window is classified as one, so that within it the order never matters, and
stored in slices, each one transaction. Before a slice commits, what anyone else stored since the window was classified
is looked at again, so nothing that is joined is missed between two writers.

What arrives later and is stricter withholds what joins it from then on, item by item, as a recorded act.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from relto.domain.batch import Batch
from relto.domain.classes import Class
from relto.domain.classify import carried_in, classify, stricter
from relto.domain.errors import Refused, Unknown
from relto.domain.item import Reject
from relto.domain.keys import object_key
from relto.domain.marking import STATEMENTS
from relto.domain.party import unknown_party
from relto.ports.store import NewItem
from relto.usecases.acting import REVOKED
from relto.usecases.joining import union, withhold_joining
from relto.usecases.policy import vocabulary_of
from relto.usecases.retracting import record_words, words_for
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from relto.domain.actor import Actor, Role
    from relto.domain.item import Header
    from relto.domain.override import Override
    from relto.domain.topic import Vocabulary
    from relto.ports.node import Node
    from relto.ports.store import Known, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.policy import Policy, PolicyDesk

SLICE_ITEMS = 2_500
"""Items of one transaction: enough that its cost is spread, few enough that a pause waits a fraction of a second."""

WINDOW_ITEMS = 20_000
"""Objects that are classified together."""


CLASSIFIED_MAX = 10
"""So often a window is classified anew for being outpaced; then it goes in as it is."""

GIVERS: Final[tuple[Role, ...]] = ("contributor", "officer", "admin")
"""Roles that may give items; one of them is enough."""


@dataclass(slots=True)
class Taken:
    """What became of objects: `added` and `known` count, `rejects` say which were not taken in and why.

    `visible_at`: when the last of what was added can be read, in microseconds by the node's clock; 0: nothing was
    added.
    `stored`: one outcome for each object, in order: `added`, `known`, or the reject.
    """

    added: int = 0
    known: int = 0
    rejects: list[Reject] = field(default_factory=list)
    visible_at: int = 0
    stored: list[str | Reject] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """Takes in the counts of another part of the same work."""
        self.added += other.added
        self.known += other.known
        self.rejects += other.rejects
        self.visible_at = max(self.visible_at, other.visible_at)
        self.stored += other.stored


class _Undone(Exception):
    """All or nothing came to nothing; `taken` says why."""

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


class _Outpaced(Exception):
    """What a window was classified by is not as it was: another vocabulary, another definition of a marking, an object
    that others of it join and that somebody else stored.
    """


@dataclass(frozen=True, slots=True)
class _Window:
    """Objects that were classified together. `base`: the `seq` up to which what is stored was looked at; `topics`: the
    vocabulary; `conflicting`: the marking definitions that were known to conflict, and all that it carries itself;
    `joined`: ids that others join, and no version of which in it was stored.
    """

    headers: Sequence[Header]
    classes: Sequence[Class]
    base: int
    topics: str
    conflicting: frozenset[str]
    joined: frozenset[str]


class Publisher:
    """Takes objects of one originator in, for one account. Not for use from two threads at once."""

    def __init__(self, node: Node, desk: PolicyDesk, *, originator: str, by: Actor) -> None:
        """Raises `Unknown` `party-unknown` where the originator is no party of this node, `Refused` (`role-missing`,
        `party-not-yours`) where this actor may not give in its name.
        """
        self._node = node
        self._desk = desk
        self._originator = originator
        self._by = by
        self._statements = {**STATEMENTS, **node.statements}
        self._vocabulary: tuple[str, Vocabulary] | None = None
        with node.store.read() as snap:
            host, codes = snap.setting("party") or "", {row.code for row in snap.parties()}
        require_giver(by, originator, host=host)
        # Only whoever gives in the name of others is told which there are.
        if originator not in codes:
            raise unknown_party(originator)

    def take(self, headers: Sequence[Header]) -> Taken:
        """Takes a window in, slice by slice; what it answers is durable. Where the account is revoked behind one of the
        slices, what is left is rejected.

        Raises `Refused` (`account-revoked`) where it was before the first one, and nothing is in.
        """
        order = list(range(len(headers)))
        held = sum(1 for header in headers if header.definition)
        if len(headers) > SLICE_ITEMS and held:
            # All items are decided by these: they are in the first slice, each with the object that it is from.
            order.sort(key=lambda place: not headers[place].definition)
        window, taken = self._classified([headers[place] for place in order]), Taken()
        start = 0
        while start < len(headers):
            end = max(start + SLICE_ITEMS, held)
            try:
                part, window = self._take_part(window, slice(start, end))
            except Refused as error:
                if not start or error.code != REVOKED:
                    # What passes is no reject of these objects: sent once more, they come in, and what is in is known.
                    raise
                refuse_rest(taken, window.headers[start:], error)
                break
            taken.add(part)
            start = end
        stored = dict(zip(order, taken.stored, strict=True))
        taken.stored = [stored[place] for place in range(len(headers))]
        return taken

    def take_whole(self, headers: Sequence[Header], *, guard: Callable[[Change], None] | None = None) -> Taken:
        """Takes all of a window in, in one transaction, or nothing of it where one is refused: `added` is 0 then.

        `guard` looks, in that transaction, whether what these objects rest on still is so; what it raises undoes all.
        Raises as `take`, and what `guard` raises.
        """
        try:
            return self._take_part(self._classified(headers), slice(0, len(headers)), whole=True, guard=guard)[0]
        except _Undone as undone:
            return replace(undone.taken, added=0)

    def known(self, headers: Sequence[Header]) -> int:
        """How many of these are here already, under the same id and version. Changes nothing."""
        keys = {header.id: object_key(self._originator, header.id) for header in headers}
        with self._node.store.read() as snap:
            found = snap.known(keys.values())
        return sum(_same(found.get(keys[each.id], ()), each.version_us) is not None for each in headers)

    def classes(self, headers: Sequence[Header]) -> Sequence[Class]:
        """The classes that these objects would have if they were taken in now. Takes nothing in."""
        return self._classified(headers).classes

    # Classifying.

    def _classified(self, headers: Sequence[Header]) -> _Window:
        names = {name for header in headers for name in header.joins}
        with self._node.store.read() as snap:
            head = snap.head()
            policy = self._desk.current(snap, head.policy_version)
            topics = snap.setting("topics") or ""
            if self._vocabulary is None or self._vocabulary[0] != topics:
                self._vocabulary = (topics, vocabulary_of(snap))
            carried, conflicting = snap.definitions(self._originator), snap.conflicting(self._originator)
            stored = self._stored(snap, policy, names)
            joined = {header.id: object_key(self._originator, header.id) for header in headers if header.id in names}
            known = snap.known(joined.values())
        # What is here already is joined as it is here, however it would be classified now, and whether it comes again
        # or is refused.
        here = [
            header.id in joined
            and not header.definition
            and _same(known.get(joined[header.id], ()), header.version_us) is not None
            for header in headers
        ]
        found = iter(
            classify(
                [header for header, is_here in zip(headers, here, strict=True) if not is_here],
                originator=self._originator,
                vocabulary=self._vocabulary[1],
                carried=carried,
                conflicting=conflicting,
                statements=self._statements,
                stored=stored,
            )
        )
        return _Window(
            headers,
            [
                Class(self._originator, header.type) if is_here else next(found)
                for header, is_here in zip(headers, here, strict=True)
            ],
            head.last_seq,
            topics,
            frozenset(conflicting) | {header.id for header in headers if header.definition},
            frozenset(joined) - {header.id for header, is_here in zip(headers, here, strict=True) if is_here},
        )

    def _stored(self, snap: Snapshot, policy: Policy, names: Iterable[str]) -> dict[str, Class]:
        """For each id the union of the classes of its stored versions."""
        keys = {object_key(self._originator, name): name for name in names}
        found = {}
        for key, versions in snap.known(keys).items():
            rows = [policy.classes[number].value for number in {version.class_id for version in versions}]
            found[keys[key]] = union(rows)
        return found

    # Storing.

    def _take_part(
        self, window: _Window, part: slice, *, whole: bool = False, guard: Callable[[Change], None] | None = None
    ) -> tuple[Taken, _Window]:
        """Takes a part of a window in, which is classified anew where it was outpaced."""
        for _ in range(CLASSIFIED_MAX):
            try:
                return self._take_slice(window, part, whole=whole, is_strict=True, guard=guard), window
            except _Outpaced:
                window = self._classified(window.headers)
        return self._take_slice(window, part, whole=whole, is_strict=False, guard=guard), window

    def _take_slice(
        self, window: _Window, part: slice, *, whole: bool, is_strict: bool, guard: Callable[[Change], None] | None
    ) -> Taken:
        taken, headers, classes = Taken(), window.headers[part], window.classes[part]
        with changing(self._node, self._desk, by=self._by) as change:
            if guard is not None:
                guard(change)
            if is_strict and (
                (change.tx.setting("topics") or "") != window.topics
                or not set(change.tx.conflicting(self._originator)) <= window.conflicting
            ):
                raise _Outpaced
            keys = [object_key(self._originator, header.id) for header in headers]
            known = change.tx.known(dict.fromkeys(keys))
            fresh: list[tuple[Header, Class, bytes]] = []
            first: dict[tuple[bytes, int], bytes] = {}
            versions: dict[bytes, int] = {}
            for header, klass, key in zip(headers, classes, keys, strict=True):
                found = _same(known[key], header.version_us) if key in known else None
                digest = found.digest if found is not None else first.get((key, header.version_us))
                if found is not None and is_strict and header.id in window.joined:
                    raise _Outpaced
                if found is not None and change.policy.classes[found.class_id].value.withdrawn:
                    _refuse(taken, _withdrawn(header))
                elif digest is None:
                    first[key, header.version_us] = header.digest
                    versions[key] = versions.get(key, len(known.get(key, ()))) + 1
                    fresh.append((header, klass, key))
                    taken.added += 1
                    taken.stored.append("added")
                elif digest == header.digest:
                    taken.known += 1
                    taken.stored.append("known")
                else:
                    _refuse(taken, _other_bytes(header))
            if whole and taken.rejects:
                # Leaving the block by an exception undoes it.
                raise _Undone(taken)
            if part.start == 0:
                # All that the window was classified by is here with its first item, and what it was read from as well.
                self._keep_definitions(change, window.headers)
            if fresh:
                self._store(change, taken, fresh, known, versions, window.base)
        return taken

    def _keep_definitions(self, change: Change, headers: Sequence[Header]) -> None:
        held = [header for header in headers if header.definition]
        if not held:
            return
        before = change.tx.definitions(self._originator)
        new = carried_in(held, originator=self._originator, carried=before, statements=self._statements)
        for name, content in new.first.items():
            change.tx.put_definition(self._originator, name, content)
        for header in held:
            if header.id in new.conflicting:
                change.tx.put_definition(self._originator, header.id, header.definition)

    def _store(
        self,
        change: Change,
        taken: Taken,
        fresh: list[tuple[Header, Class, bytes]],
        known: Mapping[bytes, Sequence[Known]],
        versions: Mapping[bytes, int],
        base: int,
    ) -> None:
        late: set[bytes] = set()
        if change.head.last_seq > base:
            fresh, late = self._joined_since(change, fresh)
        fresh, words = self._retracting(change, fresh, known)
        # The same object stands for many items: it is looked up by what it is once, and then by being the same.
        distinct = {id(klass): klass for _, klass, _ in fresh}
        interned = change.intern(distinct.values())
        ids = {identity: interned[klass] for identity, klass in distinct.items()}
        items = [
            NewItem(
                ids[id(klass)],
                key,
                header.version_us,
                header.id,
                header.version,
                header.digest,
                header.raw,
                tuple(object_key(self._originator, name) for name in header.joins),
                rival=versions[key] > 1,
            )
            for header, klass, key in fresh
        ]
        batch = self._planned(change, len(items))
        change.tx.append(items, batch, originator=self._originator, by=self._by.account)
        if words:
            first = change.head.last_seq + 1
            named = [
                (first + place, f"{fresh[place][0].id}@{fresh[place][0].version}", found)
                for place, found in words.items()
            ]
            record_words(change, named, by=self._by)
        withhold_joining(change, [(key, klass) for _, klass, key in fresh], known, late, by=self._by)

        def give_out_moments() -> None:
            # Rows take time to write: the moments that count are given out when everything else is done.
            final = self._planned(change, len(items))
            change.tx.shift_batch(final)
            taken.visible_at = self._visible_at(change, final, set(ids.values()))

        change.at_last(give_out_moments)

    def _retracting(
        self, change: Change, fresh: list[tuple[Header, Class, bytes]], known: Mapping[bytes, Sequence[Known]]
    ) -> tuple[list[tuple[Header, Class, bytes]], dict[int, list[Override]]]:
        """The same, where what retracts what a recipient has is released item by item; by place in the list, for whom.

        See `retracting.py`.
        """
        words: dict[int, list[Override]] = {}
        beside: dict[bytes, list[Class]] = {}
        for header, klass, key in fresh:
            if not header.revoked:
                beside.setdefault(key, []).append(klass)
        for place, (header, klass, key) in enumerate(fresh):
            if not header.revoked or not (key in known or key in beside):
                continue
            found = words_for(change, klass, known.get(key, ()), beside.get(key, ()))
            if found:
                words[place] = found
                fresh[place] = (header, replace(klass, overrides=frozenset(found)), key)
        return fresh, words

    def _planned(self, change: Change, count: int) -> Batch:
        head = change.head
        return Batch.plan(first=head.last_seq + 1, count=count, clock=change.clock(), last_given=head.last_given)

    def _joined_since(
        self, change: Change, fresh: list[tuple[Header, Class, bytes]]
    ) -> tuple[list[tuple[Header, Class, bytes]], set[bytes]]:
        """The same, with the restrictions that what is joined has by now; and the keys of those that this changed."""
        names = {name for header, _, _ in fresh for name in header.joins}
        if not names:
            return fresh, set()
        # All versions count, not only new ones: an arrival since the window was classified may have moved an old one.
        stored = self._stored(change.tx, change.policy, names)
        found, late = [], set()
        for header, klass, key in fresh:
            together = klass
            for name in header.joins:
                if name in stored:
                    together = stricter(together, stored[name])
            if together is not klass:
                late.add(key)
            found.append((header, together, key))
        return found, late

    @staticmethod
    def _visible_at(change: Change, batch: Batch, classes: set[int]) -> int:
        """When the last of the batch can be read: a stream that is still giving out a backlog comes to it after
        that.
        """
        latest = batch.end
        for row in change.policy.streams.values():
            stream = change.policy.stream_if_seen(row.id)
            if stream is None or not stream.epochs:
                continue
            epoch = stream.epochs[-1]
            if any(batch.last in stream.live[name] for name in classes if name in stream.live):
                latest = max(latest, epoch.backlog_end + (batch.last - epoch.start_seq))
        return latest


def require_giver(by: Actor, originator: str, *, host: str, what: str = "give items") -> None:
    """Returns where this actor may give in the originator's name. Raises `Refused` (`role-missing`,
    `party-not-yours`).
    """
    role: Role = next((each for each in GIVERS if each in by.roles), "contributor")
    by.require(role, for_=[originator], host=host, what=what)


def withdraw(
    node: Node, desk: PolicyDesk, *, originator: str, by: Actor, stix_id: str, versions: Iterable[int] | None
) -> int:
    """Withdraws versions of an object (None: all): nobody reads them any more. How many there were.

    Raises `Unknown` `object-unknown` where the originator has no such object, or has withdrawn it already.
    """
    wanted = None if versions is None else frozenset(versions)
    with changing(node, desk, by=by) as change:
        key = object_key(originator, stix_id)
        stored = [
            each
            for each in change.tx.known([key]).get(key, [])
            if not change.policy.classes[each.class_id].value.withdrawn
        ]
        if not stored:
            raise Unknown("object-unknown", "there is no such object in this collection")
        mine = [each for each in stored if wanted is None or each.version_us in wanted]
        if mine:
            withdraw_versions(change, mine, originator=originator, stix_id=stix_id, by=by)
        return len(mine)


def withdraw_versions(change: Change, mine: Sequence[Known], *, originator: str, stix_id: str, by: Actor) -> None:
    """Withdraws these versions of an object, none of which is withdrawn, in this block.

    Raises `Refused` (`role-missing`, `party-not-yours`).
    """
    require_giver(by, originator, host=change.policy.host, what="withdraw items")
    classes = change.policy.classes
    targets = {
        each.class_id: replace(classes[each.class_id].value, withdrawn=True, lineage=str(each.class_id))
        for each in mine
    }
    ids = change.intern(targets.values())
    change.move([(each.seq, each.class_id, ids[targets[each.class_id]]) for each in mine])
    change.act("withdraw", by, {"originator": originator, "object": stix_id, "items": [each.seq for each in mine]})


def _same(versions: Iterable[Known], version_us: int) -> Known | None:
    return next((each for each in versions if each.version_us == version_us), None)


def refuse_rest(taken: Taken, headers: Iterable[Header], error: Refused) -> None:
    """None of these was taken in, for what ended it."""
    for header in headers:
        _refuse(taken, Reject(header.id, "", error.code, error.message))


def _refuse(taken: Taken, reject: Reject) -> None:
    taken.rejects.append(reject)
    taken.stored.append(reject)


def _other_bytes(header: Header) -> Reject:
    return Reject(
        header.id,
        "",
        "version-conflict",
        f"version `{header.version}` is here with other bytes: give what has changed a new `modified`",
    )


def _withdrawn(header: Header) -> Reject:
    return Reject(header.id, "", "version-withdrawn", f"version `{header.version}` was withdrawn by its originator")
