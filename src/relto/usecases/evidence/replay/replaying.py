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
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.act import Act
from relto.domain.actor import operator
from relto.domain.batch import Batch
from relto.domain.errors import BadInput, ReltoError
from relto.domain.leaf import canonical
from relto.domain.notice import Acknowledgement, Notice
from relto.domain.ranges import Ranges
from relto.domain.stored import StoredRecord, parse_records
from relto.ports.node import CLOCK_STEP_US, Node
from relto.usecases.dispatching import disabled
from relto.usecases.evidence.expected import UNREADABLE, broken, differing, identity
from relto.usecases.evidence.faults import FAULTS_MAX, Broken, Fault
from relto.usecases.evidence.making.leaves import GIVEN, SHOWN
from relto.usecases.evidence.replay.delivered import Page
from relto.usecases.evidence.replay.destinations import Destinations
from relto.usecases.evidence.replay.first import put_first
from relto.usecases.evidence.replay.ledger import Ledger
from relto.usecases.evidence.replay.orders import Orders, put_mark
from relto.usecases.evidence.replay.pages import Pages
from relto.usecases.evidence.replay.reclassing import Vocabularies
from relto.usecases.evidence.replay.scratch import Book, NoHasher, PastChance, PastClock
from relto.usecases.evidence.signed.restoring import gap_beyond, read_checkpoint
from relto.usecases.evidence.signed.signing import ORIGIN
from relto.usecases.notifying import may_get, notify
from relto.usecases.policy import PolicyDesk
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from relto.ports.store import AccountRow, ClassRow, Snapshot, Store, TrackRow, Transaction
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.making.leaves import BlockLeaves
    from relto.usecases.evidence.replay.classified import Content
    from relto.usecases.evidence.replay.served import Served
    from relto.usecases.policy import Policy


NOT_THE_LOG: Final = frozenset(
    {
        "archive-damaged", "commit-unknown", "database-damaged", "database-locked", "database-missing",
        "database-read-only", "database-slow", "database-unreachable", "disk-full",
    }
)  # fmt: skip
"""What keeps whoever checks from going on, whatever the log says. Anything else that a store cannot do is what a leaf
asks of it, so that nobody escapes a verdict by what he writes.
"""


def every(reader: str) -> bool:
    """Those of every reader."""
    del reader
    return True


class Replay:
    """Carries a log out, block by block. `faults`: what was found so far; `eras`: when the node went on from a backup.

    `records`: the records of the items of a batch, one behind another.
    """

    def __init__(
        self,
        store: Store,
        records: Callable[[int, int], bytes],
        content: Content | None = None,
        *,
        judges: Callable[[str], bool] = every,
    ) -> None:
        """On an empty store. `content`: the bytes of the items, where they are there. `judges`: of which readers it is
        judged here what they were served; of any other it is taken as the log tells it.
        """
        self._content = content
        self.judges = judges
        self.book = Book(store)
        self._clock, self._chance = PastClock(), PastChance()
        self._node = Node(self.book, self._clock, self._chance, NoHasher())
        self._desk = PolicyDesk()
        self._records = records
        self._accounts: dict[str, AccountRow] = {}
        self.ledger = Ledger()
        # By the number of each purge, what pauses and reviews kept when it was asked for.
        self.spared: dict[int, Mapping[int, Ranges]] = {}
        self.vocabularies = Vocabularies()
        self.destinations = Destinations()
        self._pages = Pages(self.book.look, self.ledger)
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
        try:
            self._clocked(leaves)
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
            if error.code in NOT_THE_LOG:
                raise
            if error.code in {"role-missing", "party-not-yours"}:
                raise broken(leaves[0], "act-forbidden", str(error)) from error
            raise broken(leaves[0], "order-impossible", f"what it says could not be done then: {error}") from error
        if len(self.faults) >= FAULTS_MAX:
            raise Broken(self.faults.pop())

    # Blocks.

    def _clocked(self, leaves: Sequence[Expected]) -> None:
        """No moment is further than a step behind one that was recorded before: when a change began, by which clock
        its epochs have their start, what a row or a notice of no change says, and when the leaves were written, all of
        a block at one moment.
        """
        at = leaves[0].at
        for moment in (*_moments(leaves), at):
            if moment < self._latest - CLOCK_STEP_US:
                self.find(leaves[0], "clock-back", "one of its clocks is behind one that was recorded before it")
            self._latest = max(self._latest, moment)
        if any(leaf.at != at for leaf in leaves):
            self.find(leaves[0], "clock-back", "its leaves were written by several clocks")

    def _change(self, leaves: Sequence[Expected]) -> None:
        header = leaves[0].fields
        self._clock.moments = [header["now"], header["stamped"]] if "stamped" in header else [header["now"]]
        self._chance.drawn = [drawn for leaf in leaves if (drawn := _drawn(leaf)) is not None]
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
        """The node goes on from a backup: numbers and moments go on beyond, by no more than it says why."""
        fields, after = beyond.fields, era.fields["after"]
        with self.book.write() as tx:
            head = tx.head()
            if era.fields["size"] != era.number or fields["version"] != head.policy_version + 1:
                raise broken(era, "era-other", "it does not begin where it stands")
            checkpoint = None if after is None else read_checkpoint(after.encode())[1]
            if checkpoint is not None and tx.setting(ORIGIN) not in {None, checkpoint.origin}:
                raise broken(era, "era-other", "the checkpoint from after the backup is of another log")
            if not head.last_given <= fields["last_given"] <= max(head.last_given, era.at):
                raise broken(beyond, "era-other", "moments would go back, or further on than the clock has come")
            gap = gap_beyond(checkpoint)(era.number)
            parties = [row.code for row in tx.parties()]
            last = {**dict.fromkeys(parties, 0), **tx.notice_numbers(parties)}
            inboxes = {party: number + gap for party, number in last.items()}
            if (fields["last_seq"], fields["inboxes"]) != (head.last_seq + gap, inboxes):
                raise broken(beyond, "era-other", "as many numbers are not left free as the checkpoint asks for")
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
        pairs = tuple((after, upto) for after, upto in leaf.fields["items"])
        if Ranges.of(*pairs).pairs != pairs:
            raise broken(leaf, "move-unfounded", "its items do not stand in order, each once")
        return [seq for after, upto in pairs for seq in self.ledger.numbers(after, upto)]

    def _plain(self, leaves: Sequence[Expected]) -> None:
        """A block beside policy: marks, deliveries, rows."""
        with self.book.write() as tx:
            for leaf in leaves:
                if leaf.kind in GIVEN:
                    tx.note(leaf.kind, leaf.fields)
                elif leaf.kind == "mark":
                    put_mark(tx, leaf)
                elif leaf.kind == "notice":
                    self._undelivered(tx, leaf)
                elif leaf.kind == "row" and leaf.fields["table"] == "acknowledgements":
                    self._acknowledged(tx, leaf)
                else:
                    raise broken(leaf, "leaf-misplaced", f"a leaf of kind `{leaf.kind}` stands outside a change")
        self._compare(leaves, self.book.leaves)
        self._given([leaf for leaf in leaves if leaf.kind in GIVEN])
        self._head = self.book.head()

    def _undelivered(self, tx: Transaction, leaf: Expected) -> None:
        """A notice that comes of no change: a webhook or a mailbox fares badly, and its party is told so again. How
        it fared is nowhere on record, and taken as the node wrote it.
        """
        notice = Notice.parse(leaf.fields["notice"])
        made = self.destinations.made.get(notice.subject)
        if made is None or notice.kind != "undelivered":
            raise broken(leaf, "leaf-misplaced", f"a notice of kind `{notice.kind}` stands outside a change")
        self._chance.drawn = [notice.id]
        notify(self._node, tx, [disabled(made[0], notice.data["why"])], at=notice.at)

    def _acknowledged(self, tx: Transaction, leaf: Expected) -> None:
        """An account of the party, which the notice is for, has taken note of it."""
        row = msgspec.convert(leaf.fields["row"], Acknowledgement, strict=False)
        notice, account = tx.notice(row.party, row.notice), self.account(row.account)
        if notice is None:
            raise broken(leaf, "row-unfounded", f"`{row.party}` has no notice {row.notice}")
        own = operator(tx.setting("party") or "")
        is_there = account is not None and account.party == row.party and may_get(account, notice)
        if not is_there and (row.account, row.party) != (own.account, own.party):
            self.find(leaf, "actor-unfounded", f"account `{row.account}` of `{row.party}` could take note of nothing")
        tx.put_acknowledgement(row)

    def _given(self, leaves: Sequence[Expected]) -> None:
        delivery: Expected | None = None
        back: dict[str, Any] | None = None
        for leaf in leaves:
            if leaf.kind in SHOWN:
                self._follows(leaf)
            if back is not None and leaf.kind != "withdrawn":
                self.find(leaf, "withdrawn-unfounded", "a page was taken back before, and its party is not shown that")
                back = None
            if not self._is_judged(leaf, delivery):
                # One that is taken back for somebody else than `back` says is no answer to that.
                back, delivery = None, self._taken(leaf, delivery)
                continue
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

    def _is_judged(self, leaf: Expected, delivery: Expected | None) -> bool:
        """Whether what this leaf tells is judged here. A place is that of the `delivery` before it."""
        told = delivery if leaf.kind == "place" else leaf
        return told is None or self.judges(str(told.fields.get("reader")))

    def _taken(self, leaf: Expected, delivery: Expected | None) -> Expected | None:
        """Takes a leaf as it is told, since it is judged elsewhere. The delivery that is still without its place."""
        if leaf.kind == "track":
            self._pages.tell_emptied(leaf, self._head)
        elif leaf.kind == "place" and delivery is not None:
            self.deliveries += 1
            self._pages.tell(self._page(delivery, leaf), self._head)
            return None
        return leaf if leaf.kind == "delivery" else delivery

    def _follows(self, leaf: Expected) -> None:
        """What a party is shown names what it was shown before, so that nothing between can be kept back."""
        party = leaf.fields["party"]
        if leaf.fields["previous"] != self._shown.get(party):
            self.find(leaf, "leaf-unlinked", f"it does not name the leaf before it of what `{party}` is shown")
        self._shown[party] = leaf.number

    def _delivered(self, told: Expected, place: Expected) -> None:
        self.deliveries += 1
        page = self._page(told, place)
        self.faults += self._pages.faults(page, self._policy(), self._head, self._accounts)

    @staticmethod
    def _page(told: Expected, place: Expected) -> Page:
        return Page(told.number, told.at, told.fields, place.fields)

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
            policy = self._desk.current(self.book.look.snap, self._head.policy_version)
        return policy

    def keep_track(self, row: TrackRow, at: int) -> None:
        """A change that was written at this moment leads to this track."""
        self.served.keep(row, at, self._pages.stand(self._head))

    def take_track(self, leaf: Expected) -> None:
        """A leaf of a change says this of a track, and nobody can tell what it follows from."""
        key = (leaf.fields["flow"], leaf.fields["reader"], leaf.fields["way"])
        self.served.told(key, leaf.fields["digest"], leaf.at, self._pages.stand(self._head))

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
                found = self._content.reclassed(
                    reclass.number,
                    self.ledger.stretches(),
                    snap,
                    self._classes(snap),
                    is_settled=act.order["settled"],
                )
                self.faults += islice(found, FAULTS_MAX)

    def rest(self) -> None:
        """Nothing of the store is held up any more, until the next block."""
        self.book.look.end()

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
        other = f"{leaf.kind}: {', '.join(differing(leaf.fields, mine))}"
        if leaf.kind == "batch":
            raise broken(leaf, "batch-other", f"its items are not those that came in: {other}")
        raise broken(leaf, "outcome-other", other)

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
        # Whether they are those of its root is seen when they have come in, as for all that comes out of a block.
        return batch, records


def _reclasses(leaves: Sequence[Expected]) -> Expected | None:
    return next((leaf for leaf in leaves if leaf.kind == "act" and leaf.fields["act"] == "topics-reclass"), None)


def _moments(leaves: Sequence[Expected]) -> Iterator[int]:
    """What a block says of its clock, in order. In a change, all else follows from the first."""
    if leaves[0].kind == "change":
        header = leaves[0].fields
        yield from (header[name] for name in ("now", "stamped") if name in header)
        return
    for leaf in leaves:
        if leaf.kind == "notice":
            yield Notice.parse(leaf.fields["notice"]).at
        elif leaf.kind == "row" and leaf.fields["table"] == "acknowledgements":
            yield leaf.fields["row"]["at"]


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
