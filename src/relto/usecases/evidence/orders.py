"""Orders: the leaves of one change are done again as they say, each unless it came out of what was done before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from relto.domain.act import Act
from relto.domain.actor import Actor, operator
from relto.domain.classes import Class
from relto.domain.marking import combine
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.stream import Place
from relto.ports.store import AccountRow, CredentialRow, MarkRow, MemberRow, OverrideRow, PartyRow
from relto.usecases import office
from relto.usecases.demonstration import SETTING as DEMONSTRATION
from relto.usecases.evidence import again, arriving
from relto.usecases.evidence.expected import PLAIN_ACTS, broken, identity
from relto.usecases.evidence.signing import KEYS, ORIGIN, key_fields, keyring
from relto.usecases.evidence.witnessing import WITNESSES
from relto.usecases.policy import act_of, parties_of
from relto.usecases.purging import kept_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.stored import StoredRecord
    from relto.ports.store import Transaction
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.leaves import BlockLeaves
    from relto.usecases.evidence.ledger import Ledger
    from relto.usecases.evidence.scratch import Book

OUTCOMES: Final = frozenset({"change", "epoch", "flow", "notice"})
"""Kinds of leaves that come out of others."""

MADE: Final = frozenset({"agreements", "pauses"})
"""Tables whose rows come out of acts alone."""

SETTING_ACTS: Final = {"topics": "topics", KEYS: "log-key", WITNESSES: "log-witness"}
"""The act that puts a setting, where that is not the making of the node."""

ONCE: Final = frozenset({ORIGIN, KEYS, DEMONSTRATION})
"""Settings that are put without an act, where they were not there."""


class Course(Protocol):
    """What came before the change, as far as it is carried out (`replaying.Replay`)."""

    book: Book
    ledger: Ledger

    def account(self, name: str) -> AccountRow | None:
        """An account as the log has it."""
        ...

    def take_account(self, row: AccountRow) -> None:
        """An account is this from now on."""
        ...

    def take_track(self, fields: Mapping[str, Any]) -> None:
        """What a reader was served is this from now on."""
        ...

    def tracks_of(self, flow: int, reader: str) -> Mapping[str, str]:
        """By way of asking, the digest of the track of a reader."""
        ...

    def find(self, leaf: Expected, code: str, text: str) -> None:
        """Something is wrong with a leaf, and what follows can be judged all the same."""
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
        self._reclass = 0
        self._moved_ground = False

    def carry_out(self) -> None:
        """Does what the orders say, in their order; what came out of itself is not done twice."""
        again.give_again(self._replay, self._change, self._leaves)
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
        if self._reclass:
            for flow in list(self._change.policy.flows.values()):
                self._change.settle(flow)
        if self._moved_ground:
            office.outdate(self._change)

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
        match leaf.kind:
            case "act":
                self._act(leaf)
            case "class":
                self._classes(index)
            case "batch":
                self._batch(leaf)
            case "moves":
                self._moves(leaf)
            case "again":
                raise broken(leaf, "again-unfounded", "nobody was owed just this, or had it delivered again")
            case "fold":
                raise broken(leaf, "fold-unfounded", "no repair folds just this")
            case "track":
                self._replay.take_track(fields)
                tx.note("track", fields)
            case "definition":
                # The content is not in the log: its digest stands for it.
                digest = bytes.fromhex(fields["digest"])
                self._replay.book.unrecorded.put_definition(fields["originator"], fields["definition"], digest)
                tx.note("definition", fields)
            case "key":
                self._key(leaf)
            case "purged":
                self._purge(leaf)
            case "gone":
                tx.drop_credentials(fields["ids"])
            case "row":
                self._row(leaf)
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
            self._beside(leaf)
            return
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
            office.refuse(self._change, before, by=self._who(after.ended_by), why=after.ended_why)
        elif after.state == "withdrawn":
            office.take_back(self._change, before, by=self._who(after.ended_by), why=after.ended_why)
        elif after.state == "outdated":
            office.outdate(self._change)
        self._require_came(leaf)

    def _beside(self, leaf: Expected) -> None:
        """An act whose doing has leaves of its own."""
        kind = leaf.fields["act"]
        if kind not in PLAIN_ACTS:
            raise broken(leaf, "act-unfounded", f"nothing led to an act of kind `{kind}` then")
        change = self._change
        if kind == "init":
            change.policy.host = change.tx.setting("party") or ""
            change.changed = True
        elif kind == "party-add":
            change.policy.parties = parties_of(change.tx)
            change.changed = True
            change.follow_all()
        elif kind == "topics-reclass":
            self._reclass = leaf.fields["number"]
        number = change.record(Act.parse(0, kind, leaf.fields["state"], leaf.fields["value"]))
        if number != leaf.fields["number"]:
            raise broken(leaf, "act-other", f"it has number {leaf.fields['number']}, and is act {number}")

    def _require_came(self, leaf: Expected) -> None:
        self._look()
        if not self._emitted[leaf.identity]:
            code = "act-other" if leaf.kind == "act" else "outcome-other"
            raise broken(leaf, code, "what it asks for leads to something else than it says")

    def _require_actor(self, leaf: Expected, actor: Actor) -> None:
        """Whoever acted over the network had the roles then."""
        if actor.how == "local":
            return
        row = self._replay.account(actor.account)
        if row is None or row.revoked or row.party != actor.party or not actor.roles <= set(row.roles):
            self._replay.find(leaf, "actor-unfounded", f"account `{actor.account}` was not in these roles then")

    def _who(self, name: str) -> Actor:
        """Whoever ended an act."""
        row = self._replay.account(name)
        if row is None or name == "admin":
            return replace(operator(self._change.policy.host), account=name)
        return Actor(row.name, row.party, frozenset(row.roles), "password")

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
        verbs = {override.verb for override in value.overrides}
        if not value.lineage and verbs - {"retract"}:
            raise broken(leaf, "class-unfounded", "no item comes in with a word on single items")
        if "retract" in verbs and not value.lineage and "retraction" not in self._acts:
            raise broken(leaf, "class-unfounded", "nothing was retracted then")

    def _batch(self, leaf: Expected) -> None:
        batch, records = self._replay.records(leaf)
        arriving.take_in(self._change, leaf, batch, records, self._replay.ledger)

    def _moves(self, leaf: Expected) -> None:
        change, target = self._change, leaf.fields["target"]
        seqs = self._replay.moved(leaf)
        sources = {seq: self._replay.ledger.class_of(seq) for seq in seqs}
        rows = change.policy.classes
        for source in sorted(set(sources.values())):
            if source not in rows or target not in rows or not self._may_move(rows[source].value, rows[target].value):
                raise broken(leaf, "move-unfounded", f"nothing that was asked for moves items from class {source}")
        if self._reclass:
            for source in dict.fromkeys(sources.values()):
                change.copy_class(source, target)
            change.tx.move(sorted(seqs), target, at=leaf.fields["moved_at"])
        else:
            change.move([(seq, source, target) for seq, source in sorted(sources.items())])
        self._replay.ledger.move(seqs, target)

    def _purge(self, leaf: Expected) -> None:
        """Only by an act, of what was added before the moment that it says, and nothing that is still to be given."""
        change, fields = self._change, leaf.fields
        row = change.tx.act(fields["act"])
        ranges = [(name, after, upto) for name, after, upto in fields["ranges"]]
        order = act_of(row).order if row is not None and row.kind == "purge" else {}
        kept = kept_of(change.policy, change.tx)
        for name, after, upto in ranges:
            each = change.policy.classes.get(name)
            originator = order.get("originator")
            if each is None or upto > order.get("upto", 0) or originator not in {None, each.value.originator}:
                raise broken(leaf, "purge-unfounded", f"no act takes away what class {name} has up to {upto}")
            if kept.get(name, EMPTY) & Ranges.of((after, upto)):
                raise broken(leaf, "purge-unfounded", f"a pause or a review keeps some of class {name}")
        change.tx.purge(ranges, act=fields["act"])
        self._replay.ledger.purge(ranges)

    def _may_move(self, source: Class, target: Class) -> bool:
        """Whether an act of this block, or what came in with it, can have moved items so: never to more than before,
        but by the vocabulary.
        """
        if self._reclass:
            return replace(target, topics=source.topics, lineage=source.lineage) == source
        if "withdraw" in self._acts and replace(target, withdrawn=False, lineage=source.lineage) == source:
            return target.withdrawn
        stricter = combine(source.restrictions, target.restrictions)
        same = replace(target, restrictions=source.restrictions, lineage=source.lineage) == source
        return "joined-stricter" in self._acts and same and stricter == target.restrictions

    # Rows.

    def _row(self, leaf: Expected) -> None:
        tx, row = self._change.tx, leaf.fields["row"]
        table = leaf.fields["table"]
        if not self._may_put(table, row):
            raise broken(leaf, "row-unfounded", f"no act of then makes a row of `{table}`")
        match table:
            case "settings":
                tx.put_setting(row["name"], row["value"])
            case "parties":
                tx.put_party(msgspec.convert(row, PartyRow))
            case "members":
                tx.put_member(msgspec.convert(row, MemberRow, strict=False))
            case "accounts":
                account = AccountRow(**{**row, "roles": tuple(row["roles"])})
                tx.put_account(account)
                self._replay.take_account(account)
            case "credentials":
                self._credential(msgspec.convert(row, CredentialRow, strict=False))
            case "collections":
                tx.put_collection(row["party"], row["id"])
            case "overrides":
                tx.add_overrides([msgspec.convert(row, OverrideRow, strict=False)])
            case _:
                raise broken(leaf, "row-unfounded", f"no act of then makes a row of `{table}`")

    def _key(self, leaf: Expected) -> None:
        """The log signs by another key from now on: the one that its settings name last."""
        keys = keyring(self._change.tx)
        if keys is None or len(keys.keys) == 1 or "log-key" not in self._acts or leaf.fields != key_fields(keys):
            raise broken(leaf, "key-unfounded", "no act of then gives the log this key")
        self._change.tx.note("key", leaf.fields)

    def _credential(self, row: CredentialRow) -> None:
        known = {each.id for each in self._change.tx.credentials()}
        if row.id in known:
            self._change.tx.put_credential(row)
        else:
            self._change.tx.add_credential(replace(row, id=0))

    def _may_put(self, table: str, row: Mapping[str, Any]) -> bool:
        acts = self._acts
        match table:
            case "settings":
                return SETTING_ACTS.get(row["name"], "init") in acts or "init" in acts
            case "parties":
                return bool(acts & {"init", "party-add"})
            case "members":
                return "party-add" in acts
            case "accounts" | "credentials" | "collections":
                return any(act.startswith(("account-", "reader-set", "init")) for act in acts)
            case "overrides":
                return "retraction" in acts and row["verb"] == "retract"
            case _:
                return False


def put_first(tx: Transaction, leaf: Expected) -> None:
    """A setting that is put once, beside policy. Raises `Broken` for any other."""
    row = leaf.fields["row"]
    if row["name"] not in ONCE or tx.setting(row["name"]) is not None:
        raise broken(leaf, "row-unfounded", f"setting `{row['name']}` is not put so")
    tx.put_setting(row["name"], row["value"])


def put_mark(tx: Transaction, leaf: Expected) -> None:
    """The mark that a leaf tells of."""
    fields = leaf.fields
    tx.put_mark(MarkRow(fields["flow"], fields["reader"], fields["version"], Place(*fields["place"])))
