"""Arrivals: what follows from items that come in: who may give them, what of them passes pauses for retracting what
somebody has, and what joins them and is withheld from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relto.domain.actor import Actor, operator
from relto.domain.keys import object_key
from relto.usecases.accounts import actor_of
from relto.usecases.evidence.expected import broken
from relto.usecases.joining import withhold_joining
from relto.usecases.publishing import require_giver
from relto.usecases.retracting import record_words, words_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.act import Act
    from relto.domain.override import Override
    from relto.domain.stored import StoredRecord
    from relto.ports.store import AccountRow, Known
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch that has just been stored. `acts`: those of its block, by kind, with their leaves."""

    change: Change
    leaf: Expected
    records: Sequence[StoredRecord]
    acts: Mapping[str, tuple[Expected, Act]]

    @property
    def originator(self) -> str:
        """Whose the items are."""
        found: str = self.leaf.fields["originator"]
        return found

    def require_giver(self, row: AccountRow | None) -> None:
        """Raises `Refused` where the account that brought the items may not give in the name of the originator."""
        host = self.change.policy.host
        name = self.leaf.fields["by"]
        actor = operator(host) if row is None or name == operator(host).account else actor_of(row)
        require_giver(actor, self.originator, host=host)

    def follow(self) -> None:
        """Does what follows from the items. Raises `Broken` where what came with them cannot be."""
        classes = self.change.policy.classes
        fresh = [(record.key, classes[record.class_id].value) for record in self.records]
        with_words = [record for record in self.records if classes[record.class_id].value.overrides]
        known: dict[bytes, list[Known]] = {}
        if with_words or self.change.tx.has_joins():
            found = self.change.tx.known({key for key, _ in fresh})
            first = self.records[0].seq
            before = {key: [each for each in versions if each.seq < first] for key, versions in found.items()}
            known = {key: versions for key, versions in before.items() if versions}
        if with_words:
            self._retract(with_words, known)
        # What is new was classified together; whatever of it is not as strict as what it joins is moved.
        withhold_joining(self.change, fresh, known, {key for key, _ in fresh}, by=self._by("joined-stricter"))

    def _by(self, kind: str) -> Actor:
        if kind not in self.acts:
            return replace(operator(self.change.policy.host), account=self.leaf.fields["by"])
        leaf, act = self.acts[kind]
        if act.by != self.leaf.fields["by"]:
            raise broken(leaf, "act-other", "the items came in by another account")
        return Actor(act.by, act.party, frozenset(act.roles), act.how)

    def _retract(self, with_words: Sequence[StoredRecord], known: Mapping[bytes, Sequence[Known]]) -> None:
        if "retraction" not in self.acts:
            raise broken(self.leaf, "class-unfounded", "nothing was retracted then")
        leaf, act = self.acts["retraction"]
        named = [each["item"] for each in act.order["items"]]
        if len(named) != len(with_words):
            raise broken(leaf, "act-other", "the items that it names are not those that pass for it")
        words = [
            (record.seq, item, self._words(record, item, leaf, known))
            for record, item in zip(with_words, named, strict=True)
        ]
        record_words(self.change, words, by=self._by("retraction"))

    def _words(
        self, record: StoredRecord, item: str, leaf: Expected, known: Mapping[bytes, Sequence[Known]]
    ) -> list[Override]:
        name, _, version = item.partition("@")
        if (object_key(self.originator, name), version) != (record.key, record.version):
            raise broken(leaf, "act-other", "the items that it names are not those that pass for it")
        classes = self.change.policy.classes
        value = classes[record.class_id].value
        plain = replace(value, overrides=frozenset())
        versions = known.get(record.key, ())
        # Which of the versions that came with it revoke the object as well is not in the log.
        beside = [
            other
            for each in self.records
            if each.key == record.key and not (other := classes[each.class_id].value).overrides
        ]
        least = words_for(self.change, plain, versions, ())
        most = words_for(self.change, plain, versions, beside)
        if not set(least) <= value.overrides or not value.overrides <= set(most):
            raise broken(leaf, "class-unfounded", f"item {record.seq} passes for others than have what it retracts")
        return [each for each in most if each in value.overrides]
