"""Replaying: a log is carried out again, on a database of its own, by the use cases that carried it out then.

Leaves that are *orders* (acts, batches, what was given again, folds, marks, rows that no rule makes) are done as they
say; *outcomes* (epochs, flows, versions of agreements and pauses, notices) must then have come out of themselves. What
comes out is compared with the log leaf by leaf: nothing may be missing, nothing more may be there. Deliveries change
nothing; each is held against what stood in its stream at its place of the log (`pages.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from relto.domain.act import Act
from relto.domain.batch import Batch
from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, ReltoError
from relto.domain.leaf import canonical
from relto.domain.merkle import leaf_hash, root_of
from relto.domain.note import Note
from relto.domain.notice import Acknowledgement, Notice
from relto.domain.stored import StoredRecord, parse_records, record_of
from relto.ports.node import CLOCK_STEP_US, Node
from relto.usecases.evidence.delivered import Page
from relto.usecases.evidence.expected import UNREADABLE, broken, differing, identity
from relto.usecases.evidence.faults import FAULTS_MAX, Broken, Fault
from relto.usecases.evidence.first import put_first
from relto.usecases.evidence.leaves import GIVEN, SHOWN
from relto.usecases.evidence.ledger import Ledger
from relto.usecases.evidence.orders import Orders, put_mark
from relto.usecases.evidence.pages import Pages
from relto.usecases.evidence.reclassing import Vocabularies
from relto.usecases.evidence.scratch import Book, NoHasher, PastChance, PastClock
from relto.usecases.policy import PolicyDesk
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.ports.store import AccountRow, ClassRow, Snapshot, Store, TrackRow
    from relto.usecases.evidence.classified import Content
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.leaves import BlockLeaves
    from relto.usecases.evidence.served import Served
    from relto.usecases.policy import Policy


class Replay:
    """Carries a log out, block by block. `faults`: what was found so far; `eras`: when the node went on from a backup.

    `records`: the records of the items of a batch, one behind another.
    """

    def __init__(self, store: Store, records: Callable[[int, int], bytes], content: Content | None = None) -> None:
        """On an empty store. `content`: the bytes of the items, where they are there."""
        self._content = content
        self.book = Book(store)
        self._clock, self._chance = PastClock(), PastChance()
        self._node = Node(self.book, self._clock, self._chance, NoHasher())
        self._desk = PolicyDesk()
        self._records = records
        self._accounts: dict[str, AccountRow] = {}
        self.ledger = Ledger()
        self.vocabularies = Vocabularies()
        self._pages = Pages(store, self.ledger)
        self._shown: dict[str, int] = {}
        self.eras: list[int] = []
        self.faults: list[Fault] = []
        self.deliveries = 0
        self._head = store.head()
        self._latest = 0

    @property
    def tracks(self) -> Mapping[tuple[int, str, str], str]:
        """By flow, reader and way of asking: the digest of what the reader was served."""
        return self.served.digests

    @property
    def served(self) -> Served:
        """What each reader was served."""
        return self._pages.served

    @property
    def store(self) -> Store:
        """What came of it."""
        return self.book

    def block(self, leaves: Sequence[Expected]) -> None:
        """The next block. Raises `Broken` where what follows can no longer be judged."""
        self._clocked(leaves)
        try:
            if leaves[0].kind == "change":
                self._change(leaves)
            elif [leaf.kind for leaf in leaves] == ["era", "beyond"]:
                self._era(*leaves)
            elif all(leaf.kind in GIVEN for leaf in leaves):
                self._given(leaves)
            elif leaves[0].kind == "row" and leaves[0].fields["table"] == "settings":
                with self.book.write() as tx:
                    put_first(tx, leaves)
                self._compare(leaves, self.book.leaves)
                self._head = self.book.head()
            else:
                self._plain(leaves)
        except UNREADABLE as error:
            text = f"a leaf does not say what leaves of its kind say: {error!r}"
            raise broken(leaves[0], "leaf-unreadable", text) from error
        except ReltoError as error:
            if error.code in {"role-missing", "party-not-yours"}:
                raise broken(leaves[0], "act-forbidden", str(error)) from error
            raise broken(leaves[0], "order-impossible", f"what it says could not be done then: {error}") from error
        if len(self.faults) >= FAULTS_MAX:
            raise Broken(self.faults.pop())

    # Blocks.

    def _clocked(self, leaves: Sequence[Expected]) -> None:
        """Leaves are written by one clock, which goes back by no more than a step."""
        moments = {leaf.at for leaf in leaves}
        if min(moments) != max(moments) or min(moments) < self._latest - CLOCK_STEP_US:
            self.find(leaves[0], "clock-back", "it was written by a clock that is behind that of a leaf before it")
        self._latest = max(self._latest, *moments)

    def _change(self, leaves: Sequence[Expected]) -> None:
        header = leaves[0].fields
        self._clock.moments = [header["now"], header["stamped"]] if "stamped" in header else [header["now"]]
        self._chance.drawn = [drawn for leaf in leaves if (drawn := _drawn(leaf)) is not None]
        if header["now"] < self._head.clock_seen - CLOCK_STEP_US:
            self.find(leaves[0], "clock-back", "its clock is before that of an earlier change")
        if header["now"] > leaves[0].at + CLOCK_STEP_US:
            self.find(leaves[0], "clock-back", "it was written by a clock that is behind the one that it decided by")
        self._before_reclass(leaves)
        with changing(self._node, self._desk) as change:
            work = Orders(self, change, leaves)
            work.carry_out()
            if "version" in header:
                change.changed = True
        self._compare(leaves, self.book.leaves)
        for leaf in leaves:
            if leaf.kind == "moves":
                self.ledger.move(self.moved(leaf), leaf.fields["target"])
        self._head = self.book.head()
        self._classify(leaves)

    def _era(self, era: Expected, beyond: Expected) -> None:
        """The node goes on from a backup: numbers and moments go on beyond, and never back."""
        fields = beyond.fields
        with self.book.write() as tx:
            head = tx.head()
            if era.fields["size"] != era.number or fields["version"] != head.policy_version + 1:
                raise broken(era, "era-other", "it does not begin where it stands")
            if fields["last_seq"] < head.last_seq or fields["last_given"] < head.last_given:
                raise broken(beyond, "era-other", "numbers or moments would go back")
            if era.fields["after"] is not None:
                Checkpoint.parse(Note.parse(era.fields["after"].encode()).text)
            tx.put_head(
                replace(
                    head,
                    policy_version=fields["version"],
                    accounts_version=head.accounts_version + 1,
                    withdrawn=head.withdrawn + 1,
                    last_seq=fields["last_seq"],
                    last_given=fields["last_given"],
                )
            )
            tx.skip_notice_numbers(fields["inboxes"])
            tx.note("era", era.fields)
            tx.note("beyond", fields)
        self.eras.append(era.at)
        self._head = self.book.head()
        self._pages.begin_era(self._policy(), fields["last_seq"])

    def moved(self, leaf: Expected) -> list[int]:
        """The items that a leaf says were moved."""
        last = self.ledger.last
        stretches = [range(max(after, 0) + 1, min(upto, last) + 1) for after, upto in leaf.fields["items"]]
        return [seq for stretch in stretches for seq in stretch]

    def _plain(self, leaves: Sequence[Expected]) -> None:
        """A block beside policy: marks, deliveries, rows."""
        with self.book.write() as tx:
            for leaf in leaves:
                if leaf.kind in GIVEN:
                    tx.note(leaf.kind, leaf.fields)
                elif leaf.kind == "mark":
                    put_mark(tx, leaf)
                elif leaf.kind == "notice":
                    tx.add_notices([Notice.parse(leaf.fields["notice"])])
                elif leaf.kind == "row" and leaf.fields["table"] == "acknowledgements":
                    tx.put_acknowledgement(msgspec.convert(leaf.fields["row"], Acknowledgement, strict=False))
                else:
                    raise broken(leaf, "leaf-misplaced", f"a leaf of kind `{leaf.kind}` stands outside a change")
        self._compare(leaves, self.book.leaves)
        self._given([leaf for leaf in leaves if leaf.kind in GIVEN])
        self._head = self.book.head()

    def _given(self, leaves: Sequence[Expected]) -> None:
        delivery: Expected | None = None
        back: dict[str, Any] | None = None
        for leaf in leaves:
            if leaf.kind in SHOWN:
                self._follows(leaf)
            if back is not None and leaf.kind != "withdrawn":
                self.find(leaf, "withdrawn-unfounded", "a page was taken back before, and its party is not shown that")
                back = None
            if leaf.kind == "track":
                back = self._tracked(leaf)
            elif leaf.kind == "delivery" and delivery is None:
                delivery = leaf
            elif leaf.kind == "place" and delivery is not None:
                self._delivered(delivery, leaf)
                delivery = None
            elif leaf.kind == "withdrawn":
                if {name: leaf.fields[name] for name in ("agreement", "party", "reader", "page")} != back:
                    self.find(leaf, "withdrawn-unfounded", "no track says that this page was taken back")
                back = None
            else:
                self.find(leaf, "delivery-halved", "a delivery and its place do not stand side by side")
                delivery = None
        if delivery is not None:
            self.find(delivery, "delivery-halved", "a delivery has no place")
        if back is not None:
            self.find(leaves[-1], "withdrawn-unfounded", "a page was taken back, and its party is not shown that")

    def _follows(self, leaf: Expected) -> None:
        """What a party is shown names what it was shown before, so that nothing between can be kept back."""
        party = leaf.fields["party"]
        if leaf.fields["previous"] != self._shown.get(party):
            self.find(leaf, "leaf-unlinked", f"it does not name the leaf before it of what `{party}` is shown")
        self._shown[party] = leaf.number

    def _delivered(self, told: Expected, place: Expected) -> None:
        self.deliveries += 1
        page = Page(told.number, told.at, told.fields, place.fields)
        self.faults += self._pages.faults(page, self._policy(), self._head, self._accounts)

    def _tracked(self, leaf: Expected) -> dict[str, Any] | None:
        """A track that no page moved; of a page with items that was taken back, what its party is shown of that."""
        policy = self._policy()
        if "around" not in leaf.fields:
            self.faults += self._pages.emptied(leaf, policy, self._head, self._accounts)
            return None
        found, page = self._pages.taken_back(leaf, self._head)
        self.faults += found
        flow = policy.flows.get(leaf.fields["flow"])
        if page is None or flow is None:
            return None
        return {"agreement": flow.agreement, "party": flow.party, "reader": leaf.fields["reader"], "page": page}

    def _policy(self) -> Policy:
        policy = self._desk.seen(self._head.policy_version)
        if policy is None:
            with self.book.read() as snap:
                policy = self._desk.current(snap, self._head.policy_version)
        return policy

    def keep_track(self, row: TrackRow, at: int) -> None:
        """A change that was written at this moment leads to this track."""
        self.served.keep(row, at, self._pages.stand(self._head))

    def take_account(self, row: AccountRow) -> None:
        """An account is this from now on."""
        self._accounts[row.name] = row

    def account(self, name: str) -> AccountRow | None:
        """An account as the log has it."""
        return self._accounts.get(name)

    def find(self, leaf: Expected, code: str, text: str) -> None:
        """Something is wrong with a leaf, and what follows can be judged all the same."""
        self.faults.append(Fault(code, text, leaf=leaf.number))

    # Classes.

    def _before_reclass(self, leaves: Sequence[Expected]) -> None:
        if self._content is not None and _reclasses(leaves) is not None:
            with self.book.read() as snap:
                self.faults += self._content.reclassing(snap, self._classes(snap))

    def _classify(self, leaves: Sequence[Expected]) -> None:
        """Whether what came in has the classes that its bytes lead to, where they are there."""
        if self._content is None:
            return
        reclass = _reclasses(leaves)
        for leaf in leaves:
            if leaf.kind == "batch":
                fields = leaf.fields
                seqs = range(fields["first"], fields["last"] + 1)
                with self.book.read() as snap:
                    found = self._content.arrived(leaf.number, fields["originator"], seqs, snap, self._classes(snap))
                    self.faults += islice(found, FAULTS_MAX)
        if reclass is not None:
            act = Act.parse(0, reclass.fields["act"], reclass.fields["state"], reclass.fields["value"])
            with self.book.read() as snap:
                self._content.reclassed(reclass.number, snap, is_settled=act.order["settled"])

    def finish(self) -> None:
        """There is no more of it."""
        if self._content is not None:
            with self.book.read() as snap:
                self.faults += islice(self._content.finish(snap, self._classes(snap)), FAULTS_MAX)

    def _classes(self, snap: Snapshot) -> Mapping[int, ClassRow]:
        return self._desk.current(snap, snap.head().policy_version).classes

    # What came out.

    def _compare(self, leaves: Sequence[Expected], found: BlockLeaves) -> None:
        emitted = Counter((entry.kind, canonical(entry.fields)) for entry in found.entries())
        missing = []
        for leaf in leaves:
            key = (leaf.kind, canonical(leaf.fields))
            if emitted[key]:
                emitted[key] -= 1
            else:
                missing.append(leaf)
        left = [key for key, count in emitted.items() if count]
        if not missing and not left:
            return
        if not missing:
            raise broken(leaves[0], "leaf-missing", f"a leaf of kind `{left[0][0]}` is missing: {left[0][1].decode()}")
        leaf = missing[0]
        same = [msgspec.json.decode(text) for kind, text in left if kind == leaf.kind]
        mine = next((each for each in same if identity(leaf.kind, each) == leaf.identity), None)
        if mine is None:
            raise broken(leaf, "outcome-other", f"nothing that was asked for leads to what it says ({leaf.kind})")
        raise broken(leaf, "outcome-other", f"{leaf.kind}: {', '.join(differing(leaf.fields, mine))}")

    # Items.

    def records(self, leaf: Expected) -> tuple[Batch, list[StoredRecord]]:
        """The batch that a leaf tells of, and the records of its items. Raises `Broken` where they are others."""
        fields = leaf.fields
        batch = Batch(*(fields[name] for name in ("first", "last", "start", "head", "tail")))
        if not 0 < batch.first <= batch.last:
            raise broken(leaf, "batch-other", "its numbers are none")
        raw = self._records(batch.first, batch.last)
        try:
            records = parse_records(raw)
        except BadInput as error:
            raise broken(leaf, "batch-other", f"items {batch.first} to {batch.last}: {error}") from error
        numbers = range(batch.first, batch.last + 1)
        if len(records) != len(numbers) or any(record.seq != seq for record, seq in zip(records, numbers, strict=True)):
            raise broken(leaf, "batch-other", f"there are other items than {batch.first} to {batch.last}")
        hashes = [leaf_hash(_written(record)) for record in records]
        if root_of(hashes).hex() != fields["root"]:
            raise broken(leaf, "batch-other", f"items {batch.first} to {batch.last} are not those that came in")
        return batch, records


def _reclasses(leaves: Sequence[Expected]) -> Expected | None:
    return next((leaf for leaf in leaves if leaf.kind == "act" and leaf.fields["act"] == "topics-reclass"), None)


def _drawn(leaf: Expected) -> str | None:
    """What the node drew for what a leaf tells of; None where it drew nothing."""
    drawn: str | None = None
    match leaf.kind:
        case "flow":
            drawn = leaf.fields["collection"]
        case "notice":
            drawn = Notice.parse(leaf.fields["notice"]).id
        case "row" if leaf.fields["table"] == "collections":
            drawn = leaf.fields["row"]["id"]
    return drawn


def _written(record: StoredRecord) -> bytes:
    return record_of(
        record.seq, record.class_id, record.version_us, record.key, record.digest, record.version,
        rival=record.rival, joins=record.joins,
    )  # fmt: skip
