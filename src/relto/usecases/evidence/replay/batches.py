"""Batches: the items of a batch come in again. What their records say beside digests follows from what came before:
which versions there are of an object, in which order, and when each was added.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from relto.domain.batch import LEAD_US, MILLISECOND_US
from relto.domain.timestamp import micros
from relto.ports.node import CLOCK_STEP_US
from relto.ports.store import NewItem
from relto.usecases.evidence.expected import broken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.stored import StoredRecord
    from relto.ports.store import Known
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.replay.ledger import Ledger


def take_in(change: Change, leaf: Expected, batch: Batch, records: Sequence[StoredRecord], ledger: Ledger) -> None:
    """Stores a batch as its leaf tells, whose records these are. Raises `Broken` where it cannot have come in so."""
    head, fields = change.tx.head(), leaf.fields
    if batch.first != head.last_seq + 1:
        raise broken(leaf, "batch-other", f"its first item is {batch.first}, and {head.last_seq + 1} is the next")
    _require_planned(change, leaf, batch)
    for record in records:
        row = change.policy.classes.get(record.class_id)
        if row is None or row.irregular or row.value.originator != fields["originator"]:
            raise broken(leaf, "batch-other", f"item {record.seq} is of a class that it cannot have")
    # A batch is as long as one transaction, so what is looked up at once is bounded.
    known = change.tx.known({record.key for record in records})
    _require_versions(leaf, records, known)
    items = [
        NewItem(
            record.class_id, record.key, record.version_us, "", record.version, record.digest, b"",
            record.joins, record.rival,
        )
        for record in records
    ]  # fmt: skip
    change.tx.append(items, batch, originator=fields["originator"], by=fields["by"])
    ledger.add(batch, records)
    ledger.mark_rivals(each.seq for versions in known.values() for each in versions)


def _require_planned(change: Change, leaf: Expected, batch: Batch) -> None:
    """Its moments are those that a clock of then gives out, behind all that were given out before."""
    last_given = change.tx.head().last_given
    if batch.start < change.now or not batch.is_planned(last_given):
        raise broken(leaf, "batch-other", "its moments are not such as are given out, or not beyond those before it")
    latest = max(leaf.at + CLOCK_STEP_US + LEAD_US, last_given + 1)
    if batch.start >= latest + MILLISECOND_US:
        raise broken(leaf, "batch-other", "its moments are ahead of the clock by which it was written")


def _require_versions(leaf: Expected, records: Sequence[StoredRecord], known: Mapping[bytes, Sequence[Known]]) -> None:
    """Each version of an object comes in once, as the moment that it names, and knows of the others."""
    beside = Counter(record.key for record in records)
    seen = {(key, each.version_us) for key, versions in known.items() for each in versions}
    for record in records:
        try:
            moment = micros(record.version)
        except ValueError:
            moment = None
        if record.version_us != moment:
            raise broken(leaf, "batch-other", f"item {record.seq} is filed as another version than it says")
        if (record.key, moment) in seen:
            raise broken(leaf, "batch-other", f"item {record.seq} is a version that was here already")
        seen.add((record.key, moment))
        if record.rival != (len(known.get(record.key, ())) + beside[record.key] > 1):
            raise broken(leaf, "batch-other", f"item {record.seq} says otherwise whether its object had other versions")
