"""Orders: the leaves of one change are done again as they say, each unless it came out of what was done before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from relto.domain.act import Act
from relto.domain.actor import Actor, operator
from relto.domain.classes import Class
from relto.domain.keys import object_key
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.stream import Place
from relto.ports.store import AccountRow, MarkRow
from relto.usecases import office
from relto.usecases.evidence.expected import broken, identity
from relto.usecases.evidence.replay import again, batches
from relto.usecases.evidence.replay.arrivals import Arrival
from relto.usecases.evidence.replay.beside import AGAIN, ARRIVING, UNFOUNDED, ToldAct, admitted
from relto.usecases.evidence.replay.destinations import KINDS as DESTINATIONS
from relto.usecases.evidence.replay.reclassing import Gain, require_gains
from relto.usecases.evidence.signed.signing import key_fields, keyring
from relto.usecases.policy import act_of
from relto.usecases.purging import kept_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.actor import How
    from relto.domain.batch import Batch
    from relto.domain.stored import StoredRecord
    from relto.ports.store import Transaction
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.making.leaves import BlockLeaves
    from relto.usecases.evidence.replay.destinations import Destinations
    from relto.usecases.evidence.replay.ledger import Ledger
    from relto.usecases.evidence.replay.reclassing import Vocabularies

OUTCOMES: Final = frozenset({"change", "epoch", "flow", "notice"})
"""Kinds of leaves that come out of others."""

MADE: Final = frozenset({"agreements", "pauses"})
"""Tables whose rows come out of acts alone."""


class Course(again.Course, Protocol):
    """What came before the change, as far as it is carried out (`replaying.Replay`)."""

    destinations: Destinations
    ledger: Ledger
    spared: dict[int, Mapping[int, Ranges]]
    vocabularies: Vocabularies

    def account(self, name: str) -> AccountRow | None:
        """An account as the log has it."""
        ...

    def take_account(self, row: AccountRow) -> None:
        """An account is this from now on."""
        ...

    def moved(self, leaf: Expected) -> list[int]:
        """The items that a leaf says were moved."""
        ...

    def records(self, leaf: Expected) -> tuple[Batch, list[StoredRecord]]:
        """The batch that a leaf tells of, and the records of its items. Raises `Broken` where they are others."""
        ...


class Orders:
    """One change, carried out again."""

    def __init__(self, replay: Course, change: Change, leaves: Sequence[Expected]) -> None:
        self._replay = replay
        self._change = change
        self._leaves = leaves
        self._seen = 0
        self._emitted: Counter[object] = Counter()
        self._acts = {leaf.fields["act"] for leaf in leaves if leaf.kind == "act"}
        self._admitted: frozenset[str] = frozenset()
        self._told: dict[str, tuple[Expected, Act]] = {}
        self._reclass = 0
        self._gains: list[Gain] = []
        self._moved_ground = False
        self._defined: dict[bytes, Expected] = {}

    def carry_out(self) -> None:
        """Does what the orders say, in their order; what came out of itself is not done twice."""
        again.give_again(self._replay, self._change, self._leaves)
        self._begin()
        for leaf in self._leaves:
            # What the last approval of an act carries out is told before the act is told to be done.
            if leaf.kind == "act" and self._change.tx.act(leaf.fields["number"]) is not None:
                self._look()
                if not self._emitted[leaf.identity] and leaf.fields["state"] != "outdated":
                    self._act(leaf)
        for index, leaf in enumerate(self._leaves):
            self._look()
            name = leaf.identity
            if not self._emitted[name]:
                if leaf.kind in OUTCOMES or (leaf.kind == "row" and leaf.fields["table"] in MADE):
                    # It may still come out at the end of the block, where all is compared.
                    continue
                self._order(index, leaf)
                self._require_came(leaf)
            self._emitted[name] -= 1
        for leaf in self._leaves:
            if leaf.kind == "row" and leaf.fields["table"] == "accounts":
                self._replay.take_account(
                    AccountRow(**{**leaf.fields["row"], "roles": tuple(leaf.fields["row"]["roles"])})
                )
        for leaf in self._defined.values():
            text = "no object came in then that explains this marking"
            self._replay.find(leaf, "definition-unfounded", text)
        if self._reclass:
            self._require_gains()
            for flow in list(self._change.policy.flows.values()):
                self._change.settle(flow)
        if self._moved_ground:
            office.outdate(self._change)

    def _begin(self) -> None:
        """Which acts the block tells of that did not fall due by themselves, and what may stand with them."""
        self._look()
        acts = [leaf for leaf in self._leaves if leaf.kind == "act" and not self._emitted[leaf.identity]]
        self._admitted = admitted(self._leaves, acts)
        if self._change.tx.setting("party") is None and [leaf.fields["act"] for leaf in acts] != ["init"]:
            raise broken(self._leaves[0], "act-unfounded", "no node was made before")
        for leaf in acts:
            fields = leaf.fields
            if fields["act"] in ARRIVING:
                self._told[fields["act"]] = leaf, self._parsed(leaf)
            elif fields["act"] in AGAIN:
                self._beside(leaf)

    def _parsed(self, leaf: Expected) -> Act:
        fields = leaf.fields
        act = Act.parse(fields["number"], fields["act"], fields["state"], fields["value"])
        if act.kind != "init":
            self._require_actor(leaf, Actor(act.by, act.party, frozenset(act.roles), act.how))
        return act

    def _look(self) -> None:
        for entry in self._book.since(self._seen):
            self._emitted[identity(entry.kind, entry.fields)] += 1
            self._seen += 1

    @property
    def _book(self) -> BlockLeaves:
        return self._replay.book.leaves

    def _order(self, index: int, leaf: Expected) -> None:
        """Does what the leaf says."""
        tx, fields = self._change.tx, leaf.fields
        if leaf.kind == "again":
            raise broken(leaf, "again-unfounded", "nobody was owed just this, or had it delivered again")
        if leaf.kind == "fold":
            raise broken(leaf, "fold-unfounded", "no repair folds just this")
        name = f"row {fields['table']}" if leaf.kind == "row" else leaf.kind
        if leaf.kind != "act" and name not in self._admitted:
            code = UNFOUNDED.get(leaf.kind, "leaf-misplaced")
            raise broken(leaf, code, f"nothing that was done then leads to it ({name})")
        match leaf.kind:
            case "act":
                self._act(leaf)
            case "class":
                self._classes(index)
            case "batch":
                self._arrived(leaf, self._batch(leaf))
            case "moves":
                self._moves(leaf)
            case "definition":
                # The content is not in the log: its digest stands for it.
                digest = bytes.fromhex(fields["digest"])
                if fields["definition"] not in tx.definitions(fields["originator"]):
                    self._defined[object_key(fields["originator"], fields["definition"])] = leaf
                self._replay.book.unrecorded.put_definition(fields["originator"], fields["definition"], digest)
                tx.note("definition", fields)
            case "key":
                self._key(leaf)
            case "purged":
                self._purge(leaf)
            case _:
                raise broken(leaf, "leaf-misplaced", f"a leaf of kind `{leaf.kind}` stands in a change")

    # Acts.

    def _act(self, leaf: Expected) -> None:
        fields = leaf.fields
        stored = self._change.tx.act(fields["number"])
        if stored is not None:
            self._further(leaf, act_of(stored))
            return
        if fields["act"] not in office.INTENTS:
            raise broken(leaf, "act-unfounded", f"nothing led to an act of kind `{fields['act']}` then")
        act = Act.parse(fields["number"], fields["act"], fields["state"], fields["value"])
        asker = Actor(act.by, act.party, frozenset(act.roles), act.how)
        self._require_actor(leaf, asker)
        office.ask(self._change, office.intent_of(act), asker)
        self._moved_ground = True
        self._require_came(leaf)

    def _further(self, leaf: Expected, before: Act) -> None:
        """An act that was there already comes to stand otherwise."""
        fields = leaf.fields
        after = Act.parse(fields["number"], fields["act"], fields["state"], fields["value"])
        if len(after.approvals) > len(before.approvals):
            last = after.approvals[-1]
            by = Actor(last.by, last.party, frozenset(last.roles), last.how)
            self._require_actor(leaf, by)
            office.agree(self._change, before, by=by, note=last.note)
            self._moved_ground = True
        elif after.state == "rejected":
            office.refuse(self._change, before, by=self._ender(leaf, after), why=after.ended_why)
        elif after.state == "withdrawn":
            office.take_back(self._change, before, by=self._ender(leaf, after), why=after.ended_why)
        elif after.state == "outdated":
            office.outdate(self._change)
        self._require_came(leaf)

    def _beside(self, leaf: Expected) -> None:
        """An act that is recorded beside what it did."""
        change, act = self._change, self._parsed(leaf)
        by = Actor(act.by, act.party, frozenset(act.roles), act.how)
        before = change.tx.setting("topics")
        told = ToldAct(change, leaf, act, by, self._leaves)
        if act.kind == "reader-skip":
            again.skip_again(self._replay, told)
        else:
            AGAIN[act.kind](told)
        self._told[act.kind] = leaf, act
        if act.kind == "topics":
            self._replay.vocabularies.adopted(before or "", act.after)
        elif act.kind == "topics-reclass":
            self._reclass = act.number
        elif act.kind == "purge":
            self._replay.spared[change.recorded[-1]] = kept_of(change.policy, change.tx)
        elif act.kind.partition("-")[0] in DESTINATIONS:
            self._replay.destinations.take(leaf, act)
        self._require_came(leaf)

    def _require_came(self, leaf: Expected) -> None:
        self._look()
        if not self._emitted[leaf.identity]:
            code = "act-other" if leaf.kind == "act" else "outcome-other"
            raise broken(leaf, code, "what it asks for leads to something else than it says")

    def _require_actor(self, leaf: Expected, actor: Actor) -> None:
        """Whoever acted was there: an account in these roles, or at the machine its operator. Nobody asks in the name
        of the clock.
        """
        row = self._replay.account(actor.account)
        if actor == operator(self._change.policy.host):
            is_there = True
        else:
            is_there = (
                row is not None and not row.revoked and row.party == actor.party and actor.roles <= set(row.roles)
            )
        if not is_there:
            self._replay.find(leaf, "actor-unfounded", f"account `{actor.account}` was not in these roles then")

    def _ender(self, leaf: Expected, act: Act) -> Actor:
        """Whoever ended an act."""
        by = Actor(act.ended_by, act.ended_party, frozenset(act.ended_roles), cast("How", act.ended_how))
        self._require_actor(leaf, by)
        return by

    # Items.

    def _classes(self, index: int) -> None:
        """Classes that stand side by side were made at once."""
        run = []
        for leaf in self._leaves[index:]:
            if leaf.kind != "class":
                break
            run.append(leaf)
        values = [msgspec.convert(leaf.fields["class"], Class, strict=False) for leaf in run]
        for leaf, value in zip(run, values, strict=True):
            self._require_class(leaf, value)
        self._change.intern(values)

    def _require_class(self, leaf: Expected, value: Class) -> None:
        """Items come in with a class of no others, and move to a class of their own."""
        if self._reclass:
            if not value.lineage.endswith(f"@{self._reclass}"):
                raise broken(leaf, "class-unfounded", "nothing moves items to such a class")
            return
        verbs = {override.verb for override in value.overrides}
        if value.lineage or value.withdrawn or verbs - {"retract"} or (verbs and "retraction" not in self._acts):
            raise broken(leaf, "class-unfounded", "no item comes in with such a class")
        used = (other.fields["originator"] for other in self._leaves if other.kind == "batch")
        if value.originator not in used:
            raise broken(leaf, "class-unfounded", "no item of this originator came in then")

    def _arrived(self, leaf: Expected, records: Sequence[StoredRecord]) -> None:
        """What follows from items that came in."""
        came = {record.class_id for record in records}
        for record in records:
            self._defined.pop(record.key, None)
        if any(
            each.kind == "class" and not each.fields["irregular"] and each.fields["id"] not in came
            for each in self._leaves
        ):
            raise broken(leaf, "class-unfounded", "a class was made that no item has")
        arrival = Arrival(self._change, leaf, records, self._told)
        name = leaf.fields["by"]
        row = self._replay.account(name)
        if name != operator(self._change.policy.host).account and (row is None or row.revoked):
            self._replay.find(leaf, "actor-unfounded", f"there was no account `{name}` then that could give items")
        arrival.require_giver(row)
        arrival.follow()

    def _batch(self, leaf: Expected) -> list[StoredRecord]:
        batch, records = self._replay.records(leaf)
        batches.take_in(self._change, leaf, batch, records, self._replay.ledger)
        return records

    def _moves(self, leaf: Expected) -> None:
        """Items that the vocabulary moves: what else moves items comes out of acts."""
        change, target = self._change, leaf.fields["target"]
        seqs = self._replay.moved(leaf)
        by_source: dict[int, list[int]] = {}
        for seq in seqs:
            by_source.setdefault(self._replay.ledger.class_of(seq), []).append(seq)
        rows = change.policy.classes
        for source, mine in by_source.items():
            if source not in rows or target not in rows:
                raise broken(leaf, "move-unfounded", f"there is no class {source} or {target} of items")
            old, new = rows[source].value, rows[target].value
            if new != replace(old, topics=new.topics, lineage=f"{source}@{self._reclass}") or old.withdrawn:
                raise broken(leaf, "move-unfounded", f"nothing that was asked for moves items from class {source}")
            self._gains += self._replay.vocabularies.unexplained(leaf, old, new, mine)
            change.copy_class(source, target)
        change.tx.move(sorted(seqs), target, at=leaf.fields["moved_at"])
        self._replay.ledger.move(seqs, target)

    def _require_gains(self) -> None:
        """Topics that no new word explains an item took on from what it joins."""
        require_gains(self._change, self._gains)
        _, act = self._told["topics-reclass"]
        self._replay.vocabularies.decided(is_settled=act.order.get("settled", False))

    def _purge(self, leaf: Expected) -> None:
        """Only by an act, of what was added before the moment that it says, and nothing that is still to be given, or
        was when the act was done.
        """
        change, fields = self._change, leaf.fields
        row = change.tx.act(fields["act"])
        ranges = [(name, after, upto) for name, after, upto in fields["ranges"]]
        order = act_of(row).order if row is not None and row.kind == "purge" else {}
        kept, spared = kept_of(change.policy, change.tx), self._replay.spared.get(fields["act"], {})
        moved = {each.seq for each in change.tx.moves(since=row.done_at)} if row is not None else set()
        for name, after, upto in ranges:
            each = change.policy.classes.get(name)
            originator = order.get("originator")
            if each is None or upto > order.get("upto", 0) or originator not in {None, each.value.originator}:
                raise broken(leaf, "purge-unfounded", f"no act takes away what class {name} has up to {upto}")
            if (kept.get(name, EMPTY) | spared.get(name, EMPTY)) & Ranges.of((after, upto)):
                raise broken(leaf, "purge-unfounded", f"a pause or a review keeps some of class {name}, or did")
            if any(after < seq <= upto and self._replay.ledger.class_of(seq) == name for seq in moved):
                raise broken(leaf, "purge-unfounded", f"some of class {name} was elsewhere when the act was done")
        change.tx.purge(ranges, act=fields["act"])
        self._replay.ledger.purge(ranges)

    # The log itself.

    def _key(self, leaf: Expected) -> None:
        """The log signs by another key from now on: the one that its settings name last."""
        keys = keyring(self._change.tx)
        if keys is None or len(keys.keys) == 1 or "log-key" not in self._acts or leaf.fields != key_fields(keys):
            raise broken(leaf, "key-unfounded", "no act of then gives the log this key")
        self._change.tx.note("key", leaf.fields)


def put_mark(tx: Transaction, leaf: Expected) -> None:
    """The mark that a leaf tells of."""
    fields = leaf.fields
    tx.put_mark(MarkRow(fields["flow"], fields["reader"], fields["version"], Place(*fields["place"])))
