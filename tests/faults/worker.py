"""A process that does everything a node does, until it is killed, and says what was acknowledged to it.

`python -m tests.faults.worker SEED`: a line of JSON on standard output for each answer, written after the answer came
and before anything else is done. Two threads take items in, one pauses and resumes, two read and go on reading, and one
signs the log.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import threading
from typing import Any

from tests import actors
from tests.actors import ADMIN
from tests.load.actors import drawn

from relto.config import load
from relto.domain.errors import Refused, ReltoError
from relto.ports.store import AccountRow
from relto.usecases.evidence.show.disclosing import latest
from relto.usecases.pausing import MakePause
from relto.usecases.publishing import Publisher
from relto.usecases.reading import Query
from relto.wiring import Opened, open_node

said = threading.Lock()


def say(kind: str, **parts: Any) -> None:
    with said:
        # One write, so that what was said is said whole.
        os.write(1, (json.dumps({"kind": kind, **parts}) + "\n").encode())


def take(opened: Opened, seed: int) -> None:
    chance = random.Random(seed)
    publisher = Publisher(opened.node, opened.desk, originator="USA", by=ADMIN)
    validator = opened.validator()
    while True:
        objects = [drawn(chance) for _ in range(chance.choice([1, 3, 40]))]
        headers = [validator.check(raw, where="", now_us=opened.node.clock.now()) for _, _, raw in objects]
        taken = publisher.take(headers)
        assert taken.added == len(objects)
        say(
            "wrote",
            ids=[each[0] for each in objects],
            digests=[hashlib.sha256(each[2]).hexdigest() for each in objects],
        )


def pause(opened: Opened, seed: int) -> None:
    chance = random.Random(seed)
    node, desk = opened.node, opened.desk
    while True:
        with node.store.read() as snap:
            running = [str(row.number) for row in snap.pauses()]
        if len(running) < 3 and chance.random() < 0.6:
            # Most pauses are of one topic or one recipient: were everything paused nearly always, the readers would
            # be killed before they were ever given anything.
            order = MakePause(
                chance.choice([["coalition"], ["bilateral"], ["coalition", "bilateral"]]),
                topics=("naval",) if chance.random() < 0.8 else (),
                recipient=chance.choice([None, "UKR", "UKR"]),
                mode=chance.choice(["freeze", "cut"]),
                reason="a test",
            )
            say("paused", number=actors.pause(node, desk, order, by=ADMIN).pause.number)
        elif running:
            number, backlog = chance.choice(running), chance.choice(["release", "release", "discard", "review"])
            try:
                done = actors.resume(node, desk, [number], backlog=backlog, by=ADMIN)[0]
            except Refused as error:
                if error.code != "pause-lifted":
                    raise
                # Another worker was first.
                continue
            say("resumed", number=number, backlog=backlog, released=done.released)


def read(opened: Opened, account: AccountRow, collection: str, seed: int) -> None:
    chance = random.Random(seed)
    after: int | None = None
    while True:
        page = opened.reading.page(account, collection, Query(chance.randint(1, 30), after), "objects")
        if page.entries:
            raws = [entry.raw for entry in page.entries]
            digest = hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in raws)).hexdigest()
            say("read", account=account.name, count=len(raws), digest=digest)
        after = page.last if page.entries and chance.random() < 0.99 else None


def sign(opened: Opened) -> None:
    while True:
        if opened.sign():
            with opened.node.store.read() as snap:
                say("signed", note=latest(snap).note.as_bytes().decode())


def main(seed: int) -> None:
    with open_node(load(None, environment=dict(os.environ))) as opened:
        with opened.node.store.read() as snap:
            accounts = {row.name: row for row in snap.accounts()}
            collections = {(row.agreement, row.party): row.collection for row in snap.flows()}
        work = [
            (take, seed),
            (take, seed + 1),
            (pause, seed + 2),
            (sign,),
            (read, accounts["kyiv"], collections["coalition", "UKR"], seed + 3),
            (read, accounts["london"], collections["coalition", "GBR"], seed + 4),
        ]

        def run(act: Any, *arguments: Any) -> None:
            try:
                act(opened, *arguments)
            except ReltoError as error:
                say("refused", code=error.code)
            finally:
                # Whoever stops by itself has met an error that this test must see.
                say("ended", act=act.__name__)

        threads = [threading.Thread(target=run, args=each) for each in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))
