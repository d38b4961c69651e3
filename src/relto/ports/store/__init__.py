"""The store: items, and everything that decides who receives them, in one database.

Promises, kept by every adapter and by the fake, and checked by one contract suite:

- **Durable.** When `Store.write`'s block has ended without an exception, its work survives a power cut. If it raises,
  nothing of the block is there; where the engine cannot tell (the connection broke during the commit), it raises
  `Unreachable` and the caller must look.
- **Serial.** At most one write block runs per database at any moment, in whichever process. Later blocks see all of
  earlier ones, so a `seq` becomes visible in order.
- **Whole.** A read block sees one moment of the database, from its first question to its last.
- **Small.** No call reads more rows than its arguments or its answer ask for; counting is ranks, never counting rows
  (but for irregular classes).

Moments are microseconds since 1970; ranges are half-open `after < seq <= upto`, with `OPEN` for no bound.
"""

from relto.ports.store.accounts import CredentialKind, CredentialRow, SessionRow
from relto.ports.store.blocks import Snapshot, Store, Transaction
from relto.ports.store.log import CheckpointRow, CosignatureRow, LeafRow, LogHead, TileRow, TimestampRow
from relto.ports.store.rows import (
    AccountRow,
    ActRow,
    AgreementRow,
    Body,
    ClassRow,
    EventRow,
    FlowRow,
    Head,
    IdempotencyRow,
    Known,
    MarkRow,
    MemberRow,
    MoveRow,
    NewItem,
    OverrideRow,
    PartyRow,
    PauseRow,
    PollRow,
    Range,
    Record,
    RepairRow,
    Stand,
    StreamRow,
    TrackRow,
)

__all__ = [
    "AccountRow",
    "ActRow",
    "AgreementRow",
    "Body",
    "CheckpointRow",
    "ClassRow",
    "CosignatureRow",
    "CredentialKind",
    "CredentialRow",
    "EventRow",
    "FlowRow",
    "Head",
    "IdempotencyRow",
    "Known",
    "LeafRow",
    "LogHead",
    "MarkRow",
    "MemberRow",
    "MoveRow",
    "NewItem",
    "OverrideRow",
    "PartyRow",
    "PauseRow",
    "PollRow",
    "Range",
    "Record",
    "RepairRow",
    "SessionRow",
    "Snapshot",
    "Stand",
    "Store",
    "StreamRow",
    "TileRow",
    "TimestampRow",
    "TrackRow",
    "Transaction",
]
