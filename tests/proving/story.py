"""A story that leaves something in every table, on a store; and its log, signed."""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace
from tests.actors import ADMIN, actor
from tests.fakes.signer import cosigner
from tests.fakes.stamper import Stamper
from tests.simulation.sharing import Sharing
from tests.simulation.world import Client

from relto.adapters.signing import FileSigner, draw_key
from relto.domain.checkpoint import Checkpoint
from relto.domain.endpoint import Reach
from relto.domain.merkle import Frontier
from relto.domain.note import Note, VerifierKey, signature_of
from relto.ports.store import CheckpointRow, CosignatureRow, Store, TimestampRow
from relto.usecases import (
    accounts,
    mailboxes,
    notifying,
    office,
    parties,
    publishing,
    purging,
    repairing,
    topics,
    webhooks,
)
from relto.usecases.backlog import ReleaseBacklog
from relto.usecases.evidence.signed.witnessing import add_witness, witnesses
from relto.usecases.intent import Intent
from relto.usecases.memberships import JoinGroup
from relto.usecases.pausing import LiftPause
from relto.usecases.reading import Query

ORIGIN = "usa.relto"
CERT = cosigner("cert.example")
COSIGNED = 1_741_543_200
"""The witness, and the second at which it signs."""
HOUR = 3_600_000_000
TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR, COAL]\nscope: {topics: [naval, life]}\napprovals: {resume: 1}\n"


def definition(sharing: Sharing, statement: str):
    own = f"marking-definition--{uuid.uuid5(uuid.NAMESPACE_URL, 'mine')}"
    value = {
        "type": "marking-definition",
        "id": own,
        "definition_type": "statement",
        "definition": {"statement": statement},
    }
    made = sharing.world.header(statement, ())
    return replace(made, type="marking-definition", id=own, definition=json.dumps(value).encode())


def tell(store: Store) -> Sharing:
    """Everything that a node does, once."""
    sharing = Sharing(TERMS.replace(", COAL", "").replace("approvals: {resume: 1}\n", ""), store=store)
    world, node = sharing.world, sharing.node
    lviv = world.account("lviv", "UKR")
    world.account("ann", "USA", "approver")
    world.account("olga", "USA", "officer", "contributor")
    accounts.add_token(node, world.desk, "kyiv", by=ADMIN)
    parties.add_party(node, world.desk, "COAL", name="Coalition", kind="group", members=["GBR"], by=ADMIN)
    world.account("london", "GBR")
    world.apply(TERMS)
    office.submit(node, world.desk, JoinGroup("COAL", "UKR"), by=ADMIN)
    webhooks.add_webhook(node, world.desk, "UKR", "https://hook.example/x", by=ADMIN, reach=Reach())
    mailboxes.add_mailbox(node, world.desk, "UKR", "desk@ukr.example", by=ADMIN)
    add_witness(node, world.desk, "UKR", CERT.key.text, by=ADMIN)
    one, two = sharing.item("one"), sharing.item("two", "life")
    sharing.give(one, two, "three")
    world.take([definition(sharing, "first")])
    world.take([replace(definition(sharing, "second"), version="1970-01-01T00:00:00.002Z", version_us=2_000)])
    sharing.give(sharing.item("note", joins=(one.id,)))
    world.settle_clock()
    early = world.now
    other = sharing.client(lviv)
    _read(sharing, sharing.kyiv)
    # What a cut hides is read past by one reader, who has a stream of its own from then on.
    cut = sharing.pause(mode="cut", topics=["life"])
    sharing.give("four", sharing.item("hidden", "life"))
    _read(sharing, sharing.kyiv)
    _agreed(sharing, LiftPause(cut))
    _read(sharing, sharing.kyiv)
    _read(sharing, other)
    freeze = sharing.pause()
    sharing.give("five", sharing.item("one", version=2), "six")
    _read(sharing, sharing.kyiv)
    _agreed(sharing, LiftPause(freeze, "review"))
    _agreed(sharing, ReleaseBacklog(topics=["naval"]))
    _read(sharing, sharing.kyiv)
    sharing.by_hand("recall", sharing.item("five"))
    publishing.withdraw(node, world.desk, originator="USA", by=ADMIN, stix_id=two.id, versions=None)
    repairing.redeliver(node, world.desk, "usa-ukr", recipient="UKR", account="kyiv", since=0, by=ADMIN)
    _read(sharing, sharing.kyiv)
    # A reader that asks beyond what it was served is given it again.
    sharing.give("seven")
    world.settle_clock()
    world.reading.page(other.account, sharing.collection, Query(100, added_after=world.now - 1_000), "objects")
    world.settle_clock()
    _read(sharing, other)
    topics.adopt(node, world.desk, "topics:\n  naval: {labels: [naval]}\n  life: {labels: [life]}\n", by=ADMIN)
    # So many leaves that a tile is full.
    for number in range(20):
        sharing.give(f"more {number}")
        _read(sharing, sharing.kyiv)
    sharing.pause(topics=["life"])
    kept = sharing.item("kept", "life")
    sharing.give(kept)
    sharing.by_hand("withhold", kept)
    purging.purge(node, world.desk, before=early, originator=None, by=ADMIN)
    with node.store.read() as snap:
        number = snap.notices("UKR", limit=1)[0].number
    notifying.acknowledge(node, number, by=actor("kyiv", "reader", party="UKR", how="password"))
    world.settle_clock()
    return sharing


def _read(sharing: Sharing, client: Client) -> None:
    sharing.world.settle_clock()
    sharing.world.walk(client)


def _agreed(sharing: Sharing, intent: Intent) -> None:
    """Asked for by one, approved by another."""
    olga, ann = actor("olga", "officer", how="password"), actor("ann", "approver", how="password")
    asked = office.submit(sharing.node, sharing.world.desk, intent, by=olga)
    assert asked.act is not None
    office.approve(sharing.node, sharing.world.desk, str(asked.act.number), by=ann)


def signed(store: Store, folder: Path, signer: FileSigner | None = None) -> list[VerifierKey]:
    """Signs the log as it stands, has it stamped, and cosigned where it has the witness; with which key."""
    signer = signer or draw_key(folder / "keys" / "log.key", ORIGIN)
    with store.read() as snap:
        is_witnessed = bool(witnesses(snap))
    with store.write() as tx:
        head = tx.log()
        text = Checkpoint(ORIGIN, head.size, Frontier.parse(head.size, head.frontier).root).text
        note = Note(text, (signature_of(text, signer.key, sign=signer.sign),))
        tx.put_checkpoint(CheckpointRow(head.size, 5, note.as_bytes()))
        tx.put_timestamp(TimestampRow(head.size, 6, Stamper().token(sha256(note.as_bytes()).digest())))
        if is_witnessed:
            line = CERT.under(text, COSIGNED).line
            tx.put_cosignature(CosignatureRow(head.size, CERT.key.name, COSIGNED * 1_000_000, line))
    return [signer.key]
