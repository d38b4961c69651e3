"""Actors: processes that write, pause and read at once, and note all they do and see.

`python -m tests.load.actors KIND JOURNAL PLAN`: `KIND` is `post`, `publish`, `pauses` or `readers`, `PLAN` JSON.
"""

from __future__ import annotations

import calendar
import gc
import hashlib
import http.client
import json
import os
import random
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests import actors
from tests.actors import ADMIN
from tests.load.journal import Journal, now
from tests.load.node import TOPICS

from relto.usecases.pausing import MakePause

TAXII = "application/taxii+json;version=2.1"
STAMP = "2025-03-01T12:00:00.000Z"
TRIES_MAX = 400
TRY_SECONDS = 0.05
LAST_SECONDS = 0.5


def drawn(chance: random.Random) -> tuple[str, list[str], bytes]:
    """An object: its id, its topics and its bytes."""
    stix_id = f"indicator--{uuid.UUID(int=chance.getrandbits(128), version=4)}"
    topics = sorted(chance.sample(TOPICS, chance.choice([1, 1, 1, 2])))
    value = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id,
        "created": STAMP,
        "modified": STAMP,
        "labels": topics,
        "pattern": "[ipv4-addr:value = '198.51.100.7']",
        "pattern_type": "stix",
        "valid_from": STAMP,
    }
    return stix_id, topics, json.dumps(value, separators=(",", ":")).encode()


def digest_of(objects: list[Any]) -> str:
    """Of a page, as the log has it: SHA-256 over those of its objects, whose bytes are as `drawn` wrote them."""
    raws = [json.dumps(each, separators=(",", ":")).encode() for each in objects]
    return hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in raws)).hexdigest()


def noted(journal: Journal, objects: list[tuple[str, list[str], bytes]], begun: int, visible_at: int = 0) -> None:
    journal.note(
        "wrote",
        ids=[each[0] for each in objects],
        topics=[each[1] for each in objects],
        digests=[hashlib.sha256(each[2]).hexdigest() for each in objects],
        begun=begun,
        ended=now(),
        visible_at=visible_at,
    )


# Writers.


def goes_on(plan: dict[str, Any], until: int) -> bool:
    """Whether a writer goes on: until it is told to stop, or where nobody will, until its time is up."""
    return not Path(plan["stop"]).exists() if "stop" in plan else now() < until


def post(journal: Journal, plan: dict[str, Any]) -> None:
    """A contributor posts envelopes over TAXII, each to another server in turn."""
    chance = random.Random(plan["seed"])
    links = [Link(port, plan["tokens"]["agency"]) for port in plan["ports"]]
    path = f"/exchange/collections/{plan['collections']['own']}/objects/"
    until = now() + int(plan["seconds"] * 1e9)
    for turn in count():
        if not goes_on(plan, until):
            return
        objects = [drawn(chance) for _ in range(chance.randint(1, plan["most"]))]
        body = b'{"objects":[' + b",".join(each[2] for each in objects) + b"]}"
        begun = now()
        # The same bytes again change nothing, so a post that was answered with 503 may be repeated.
        for _ in range(TRIES_MAX):
            status, told, _ = links[turn % len(links)].ask("POST", path, body)
            if status == 202:
                break
            time.sleep(TRY_SECONDS)
        assert status == 202, told
        assert told["failure_count"] == 0, told
        noted(journal, objects, begun)
        time.sleep(plan["pace"])


def publish(journal: Journal, plan: dict[str, Any]) -> None:
    """What `relto ingest` does, again and again in one process."""
    from relto.config import load
    from relto.usecases.publishing import Publisher
    from relto.wiring import open_node

    chance = random.Random(plan["seed"])
    with open_node(load(None, environment=dict(os.environ))) as opened:
        validator = opened.validator()
        publisher = Publisher(opened.node, opened.desk, originator="USA", by=ADMIN)
        until = now() + int(plan["seconds"] * 1e9)
        while goes_on(plan, until):
            objects = [drawn(chance) for _ in range(chance.randint(1, plan["most"]))]
            clock = opened.node.clock.now()
            headers = [validator.check(raw, where="", now_us=clock) for _, _, raw in objects]
            begun = now()
            taken = publisher.take(headers)
            assert taken.added == len(objects), taken
            noted(journal, objects, begun, taken.visible_at)
            time.sleep(plan["pace"])


# Pauses.


def pauses(journal: Journal, plan: dict[str, Any]) -> None:
    """Pauses and resumes, one act after the other, until told; then lifts what is left, with release."""
    from relto.config import load
    from relto.wiring import open_node

    chance = random.Random(plan["seed"])
    running: list[str] = []
    with open_node(load(None, environment=dict(os.environ))) as opened:

        def lift(number: str, backlog: str) -> None:
            begun = now()
            done = actors.resume(opened.node, opened.desk, [number], backlog=backlog, by=ADMIN)[0]
            journal.note("resume", number=number, backlog=backlog, begun=begun, ended=now(), visible_at=done.visible_at)

        def stop() -> str:
            agreements = chance.choice([["coalition"], ["bilateral"], ["coalition", "bilateral"]])
            whole = chance.random() < 0.4
            topics = [] if whole else chance.sample(TOPICS, chance.randint(1, 2))
            recipients = [None, None, *(["UKR", "GBR"] if agreements == ["coalition"] else ["UKR"])]
            recipient, cut = chance.choice(recipients), chance.random() < 0.5
            order = MakePause(
                agreements,
                recipient=recipient,
                topics=tuple(topics),
                mode="cut" if cut else "freeze",
                reason="a test of the gate",
            )
            begun = now()
            number = actors.pause(opened.node, opened.desk, order, by=ADMIN).pause.number
            journal.note(
                "pause",
                number=number,
                agreements=agreements,
                recipient=recipient,
                topics=sorted(topics) or None,
                cut=cut,
                begun=begun,
                ended=now(),
            )
            return number

        while not Path(plan["enough"]).exists():
            if len(running) >= 3 or (running and chance.random() < 0.5):
                chosen = running.pop(chance.randrange(len(running)))
                lift(chosen, "discard" if chance.random() < plan["discards"] else "release")
            else:
                running.append(stop())
            time.sleep(chance.uniform(0.5, 1.5) * plan["pace"])
        for number in running:
            lift(number, "release")


# Readers.


class Link:
    """A connection that is kept open, and made anew where it broke."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Accept": TAXII, "Content-Type": TAXII, "Authorization": f"Bearer {token}"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any, Any]:
        """Status, JSON and headers; status 0 where the connection broke."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=40)
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            raw = response.read()
            if response.will_close:
                self._drop()
            return response.status, json.loads(raw), response.headers
        except (OSError, http.client.HTTPException):
            self._drop()
            return 0, None, None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Reader:
    """A client. `keeps`: `last` (the last date), `next` (inside a walk, then the last date), `clock` (its own, less
    `overlap` microseconds), `fresh` (nothing: each walk begins at the beginning).
    """

    name: str
    account: str
    collection: str
    keeps: str
    limit: int
    endpoint: str = "objects"
    overlap: int = 0
    asked: int | None = None
    token: str | None = None
    last: int | None = None
    walk: int = 0
    got: int = 0
    walk_began: int = 0

    def parameters(self) -> dict[str, str]:
        found = {"limit": str(self.limit), "match[version]": "all"}
        if self.asked is not None:
            found["added_after"] = written(self.asked)
        if self.token is not None:
            found["next"] = self.token
        return found

    def move(self, last: int | None, token: str | None) -> None:
        """Where to go on after a page."""
        self.last = last if last is not None else self.last
        self.token = token
        if self.keeps == "last":
            self.token, self.asked = None, self.last
        elif token is None and self.keeps == "next":
            self.asked = self.last
        elif token is None and self.keeps == "clock":
            self.asked = self.walk_began - self.overlap
        if token is None:
            self.walk += 1


def read(journal: Journal, plan: dict[str, Any], reader: Reader) -> None:
    """Reads on and on; ends when it found nothing new in a walk that began after everything could be read.

    `poll`: seconds from one walk to the next, where they do not follow on each other; how long each page took is noted
    at the end then.
    """
    links = [Link(port, plan["tokens"][reader.account]) for port in plan["ports"]]
    poll = plan.get("poll", 0.0)
    time.sleep(random.Random(reader.name).uniform(0, poll))
    polls: list[tuple[int, int, int]] = []
    path = f"/exchange/collections/{plan['collections'][reader.collection]}/{reader.endpoint}/"
    wait = Path(plan["enough"] + ".all")
    complete_at: int | None = None
    for turn in count():
        if now() > plan["limit"]:
            return
        if complete_at is None and wait.exists():
            complete_at = int(wait.read_text())
        if reader.token is None:
            reader.walk_began, reader.got = time.time_ns() // 1000, 0
        asked, walk = reader.asked, reader.walk
        begun = now()
        status, page, headers = links[turn % len(links)].ask("GET", f"{path}?{urlencode(reader.parameters())}")
        ended, clock = now(), time.time_ns() // 1000
        if poll:
            polls.append((begun, ended, status))
        if status != 200:
            journal.note("failed", reader=reader.name, status=status, begun=begun, ended=ended)
            time.sleep(TRY_SECONDS)
            continue
        objects = page.get("objects", [])
        first, last = ((moment(headers[f"X-TAXII-Date-Added-{end}"]) if objects else None) for end in ("First", "Last"))
        # An own clock may have asked again for what it had: the checker must know of that, whatever it got.
        if objects or reader.keeps == "clock":
            journal.note(
                "read",
                reader=reader.name,
                collection=reader.collection,
                walk=walk,
                asked=asked,
                ids=[each["id"] for each in objects],
                digest=digest_of(objects) if reader.endpoint == "objects" else None,
                first=first,
                last=last,
                dates=[moment(each["date_added"]) for each in objects] if reader.endpoint == "manifest" else None,
                clock=clock,
                begun=begun,
                ended=ended,
            )
        reader.got += len(objects)
        reader.move(last, page.get("next"))
        if reader.token is None and complete_at is not None and reader.walk_began > complete_at:
            # An own clock asks again from where its last walk began, so it may be given the same once more.
            settled = not reader.got or reader.keeps == "fresh" or (reader.keeps == "clock" and asked > complete_at)
            if settled:
                if poll:
                    journal.note("polls", reader=reader.name, polls=polls, ended=now())
                journal.note("done", reader=reader.name, ended=now())
                return
        if page.get("more") or not poll:
            time.sleep(plan["pace"])
        else:
            # Nobody waits for the last walks longer than need be.
            time.sleep(max(0.0, (min(poll, LAST_SECONDS) if complete_at else poll) - (ended - begun) / 1e9))


def readers(journal: Journal, plan: dict[str, Any]) -> None:
    """Several readers, a thread each."""
    failures: list[BaseException] = []

    def guarded(reader: Reader) -> None:
        try:
            read(journal, plan, reader)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(Reader(**each),)) for each in plan["readers"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def moment(text: str) -> int:
    """Microseconds since 1970 of a timestamp with six places."""
    date, fraction = text.removesuffix("Z").split(".")
    return calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(fraction.ljust(6, "0"))


def written(microseconds: int) -> str:
    """The timestamp with six places."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{fraction:06d}Z"


ACTORS = {"post": post, "publish": publish, "pauses": pauses, "readers": readers}


def main(arguments: list[str]) -> None:
    kind, journal, plan = arguments
    # Whoever acts stands for a command or a server, and neither looks through all that it has imported meanwhile.
    gc.freeze()
    ACTORS[kind](Journal(Path(journal)), json.loads(plan))


if __name__ == "__main__":
    main(sys.argv[1:])
