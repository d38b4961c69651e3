"""The run: readers of all kinds, writers, a pause or a resume every second; then quiet, and the last polls of each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bench.client import Answer, Failed
from bench.whole.clients import KINDS, Client, Key, LastDate, Page
from bench.whole.journal import Act, Asked, Journal
from bench.whole.link import NO_ANSWER, Collection, Link, Site, found
from bench.whole.objects import Source
from bench.whole.pausing import Pauses
from bench.whole.verdict import moment
from bench.whole.writing import Command, Post, Way, write

FROM_SECONDS = 2
"""Readers begin with what was added so long before the run."""

DRAIN_POLL_SECONDS = 0.5
WALKS_TO_END = 2
"""So many walks in a row that bring nothing new end a reader, once all is over."""

UNREADABLE = -1
"""The status of an answer that says 200 and holds no envelope."""

AUDIT_TRIES = 5
AUDIT_PAGE = 1_000
AUDIT_PAGES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is done. `sites`: addresses of one and the same server, asked in turn; `readers`: a kind and credentials
    each; `writing`: the credentials of whoever posts, or None where `write_command` gives objects in.

    Seconds: `quiet` before anything is written, `seconds` of writing and pausing, `settle` after it, `drain` at most
    for the last polls, `poll` from one tick of a reader to the next, `pace` from one envelope of a writer to the next,
    `pausing` from one act to the next, `answer` at most for an answer. `most`: objects of an envelope. `skew`: of the
    clock of readers that keep their own.
    """

    sites: Sequence[Site]
    url: str
    collection: str
    readers: Sequence[tuple[str, str]]
    writing: str | None = None
    write_collection: str | None = None
    write_command: str | None = None
    writers: int = 4
    seconds: float = 30.0
    quiet: float = 0.0
    settle: float = 3.0
    drain: float = 60.0
    poll: float = 1.0
    pace: float = 0.25
    most: int = 4
    pauses: Pauses | None = None
    pausing: float = 1.0
    answer: float = 30.0
    limit: int = 100
    labels: Sequence[str] = ()
    skew: timedelta = timedelta()


@dataclass(slots=True)
class Reader:
    """A client, its connections, and where it stands."""

    name: str
    client: Client
    links: list[Link]
    turn: int = 0
    walk: int = 0
    after: str = ""
    stale: bool = False
    forgot: bool = False
    walk_begun: float = 0.0
    walk_pages: list[Asked] = field(default_factory=list)
    walk_fresh: set[Key] = field(default_factory=set)
    kept: set[Key] = field(default_factory=set)
    idle_walks: int = 0

    def close(self) -> None:
        for link in self.links:
            link.close()


async def loaded(load: Load, say: Callable[[str], None]) -> Journal:
    """Carries it out. Raises `Failed` where the server cannot be asked at all."""
    return await _Run(load, say).run()


class _Run:
    def __init__(self, load: Load, say: Callable[[str], None]) -> None:
        self._load, self._say = load, say
        kinds = [kind for kind, _ in load.readers]
        self._names = [f"{kind}-{kinds[: place + 1].count(kind)}" for place, kind in enumerate(kinds)]
        self._journal = Journal(dict(zip(self._names, kinds, strict=True)))
        self._settled_at: float | None = None
        self._woken = asyncio.Event()

    async def run(self) -> Journal:
        load, journal = self._load, self._journal
        link = Link(load.sites[0], load.readers[0][1], seconds_max=load.answer)
        collection, ahead = await found(link, load.url, load.collection)
        link.close()
        ways = await self._ways()
        if abs(ahead) > timedelta(seconds=FROM_SECONDS):
            self._say(f"the server's clock is {ahead.total_seconds():+.0f} seconds ahead of the one here")
        start = (datetime.now(UTC) + ahead - timedelta(seconds=FROM_SECONDS)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        readers = [
            Reader(
                name,
                KINDS[kind](start, limit=load.limit),
                [Link(site, credentials, seconds_max=load.answer) for site in load.sites],
            )
            for name, (kind, credentials) in zip(self._names, load.readers, strict=True)
        ]
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(self._read(each, collection)) for each in readers]
            # Connections are opened before anything counts.
            await asyncio.sleep(load.poll if load.quiet else 0)
            if load.quiet:
                self._say(f"{len(readers)} readers, nothing written: {load.quiet:.0f} seconds")
            journal.quiet_from = time.perf_counter()
            await asyncio.sleep(load.quiet)
            await self._write_and_pause(ways, ahead)
            self._say(f"settling for {load.settle:.0f} seconds, then the last polls")
            await asyncio.sleep(load.settle)
            self._settled_at = time.perf_counter()
            self._woken.set()
            await asyncio.wait(reading)
        journal.audit = await self._audited(collection, start)
        return journal

    # Writing and pausing.

    async def _ways(self) -> list[Way]:
        load = self._load
        if load.write_command is not None:
            return [Command(load.write_command) for _ in range(load.writers)]
        assert load.writing is not None
        link = Link(load.sites[0], load.writing, seconds_max=load.answer)
        into, _ = await found(link, load.url, load.write_collection or load.collection)
        link.close()
        if not into.can_write:
            raise Failed(f"collection `{load.write_collection or load.collection}` is not writable for this account")
        sites = [load.sites[number % len(load.sites)] for number in range(load.writers)]
        return [Post(Link(site, load.writing, seconds_max=load.answer), into) for site in sites]

    async def _write_and_pause(self, ways: Sequence[Way], ahead: timedelta) -> None:
        load, journal = self._load, self._journal
        acts = "" if load.pauses is None else f", a pause or a resume every {load.pausing:g} s"
        self._say(f"{len(journal.readers)} readers, {len(ways)} writers{acts}: {load.seconds:.0f} seconds")
        journal.loaded_from = time.perf_counter()
        until = journal.loaded_from + load.seconds
        seeds = [random.SystemRandom().getrandbits(64) for _ in ways]
        async with asyncio.TaskGroup() as group:
            for way, seed in zip(ways, seeds, strict=True):
                source = Source(seed, load.labels, ahead=ahead)
                group.create_task(
                    write(journal, way, source, until=until, pace=load.pace, most=load.most, seed=seed + 1)
                )
            if load.pauses is not None:
                group.create_task(self._pause(load.pauses, until))
        journal.loaded_to = time.perf_counter()

    async def _pause(self, pauses: Pauses, until: float) -> None:
        """Pause, resume, pause … at every tick; the last act is a resume."""
        paused = False
        tick = time.perf_counter()
        while (tick := tick + self._load.pausing) < until or paused:
            await asyncio.sleep(max(0.0, tick - time.perf_counter()))
            begun = time.perf_counter()
            what = "resume" if paused else "pause"
            succeeded, said = await (pauses.resume() if paused else pauses.pause())
            self._journal.acts.append(Act(what, begun, time.perf_counter(), succeeded, said))
            if not succeeded and begun > until:
                break
            paused = paused != succeeded

    # Reading.

    async def _read(self, reader: Reader, collection: Collection) -> None:
        load = self._load
        await asyncio.sleep(random.Random(reader.name).uniform(0, load.poll))
        while True:
            tick = time.perf_counter()
            await self._tick(reader, collection)
            if self._settled_at is not None:
                if reader.idle_walks >= WALKS_TO_END:
                    break
                if tick > self._settled_at + load.drain:
                    self._journal.unfinished.append(reader.name)
                    break
                await asyncio.sleep(min(DRAIN_POLL_SECONDS, load.poll))
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, tick + load.poll - time.perf_counter())):
                        await self._woken.wait()
        if reader.client.stuck:
            self._journal.stuck[reader.name] = reader.client.stuck
        reader.close()

    async def _tick(self, reader: Reader, collection: Collection) -> None:
        """A walk; of a client that asks for one page a tick, that page."""
        await self._page(reader, collection)
        while reader.client.walking and reader.client.at_once:
            await self._page(reader, collection)

    async def _page(self, reader: Reader, collection: Collection) -> None:
        client = reader.client
        begun = time.perf_counter()
        began_walk = not client.walking
        if began_walk:
            reader.stale, reader.forgot = client.sends_stale_token, client.forgot
            reader.walk, reader.walk_begun = reader.walk + 1, begun
            reader.walk_pages, reader.walk_fresh = [], set()
        query = client.ask(datetime.now(UTC) + self._load.skew)
        if began_walk:
            reader.after = client.after
        link = reader.links[reader.turn % len(reader.links)]
        reader.turn += 1
        answer = await link.ask("GET", collection.objects, query)
        asked = Asked(reader.name, reader.walk, reader.after, begun, begun + answer.seconds, answer.status)
        asked.stale, asked.forgot = reader.stale, reader.forgot
        self._journal.asked.append(asked)
        reader.walk_pages.append(asked)
        page = page_of(answer)
        if page is None:
            self._failed(reader, asked)
        else:
            self._came(reader, asked, page)

    @staticmethod
    def _failed(reader: Reader, asked: Asked) -> None:
        if asked.status == 200:
            asked.status = UNREADABLE
        before = reader.client.after
        thrown = reader.client.fail(answered=asked.status != NO_ANSWER)
        asked.moved_on = reader.client.after != before
        if thrown:
            for each in reader.walk_pages:
                each.thrown = True
            reader.kept -= reader.walk_fresh
        reader.idle_walks = 0

    def _came(self, reader: Reader, asked: Asked, page: Page) -> None:
        client = reader.client
        asked.keys, asked.first, asked.last = page.keys, page.first, page.last
        fresh = set(page.keys) - reader.kept
        reader.walk_fresh |= fresh
        reader.kept |= fresh
        stuck = client.stuck
        client.take(page, datetime.now(UTC) + self._load.skew)
        if not client.walking and client.stuck == stuck:
            asked.ends = True
            settled = self._settled_at is not None and reader.walk_begun > self._settled_at
            reader.idle_walks = reader.idle_walks + 1 if settled and not reader.walk_fresh else 0

    async def _audited(self, collection: Collection, start: str) -> dict[Key, str | None] | None:
        """What is there for whoever reads everything from the start; None where that cannot be read."""
        self._say("reading everything from the start")
        link = Link(self._load.sites[0], self._load.readers[0][1], seconds_max=self._load.answer)
        try:
            keys = await _tried(lambda: _everything(link, collection, start))
            dates = await _tried(lambda: _dates(link, collection, start)) or {}
        finally:
            link.close()
        return None if keys is None else {key: dates.get(key) for key in keys}


Found = TypeVar("Found")


async def _tried(read: Callable[[], Awaitable[Found | None]]) -> Found | None:
    """What it comes to, at the first try that succeeds."""
    for _ in range(AUDIT_TRIES):
        found = await read()
        if found is not None:
            return found
        await asyncio.sleep(DRAIN_POLL_SECONDS)
    return None


async def _everything(link: Link, collection: Collection, start: str) -> list[Key] | None:
    client = LastDate(start, limit=AUDIT_PAGE)
    keys: list[Key] = []
    while True:
        page = page_of(await link.ask("GET", collection.objects, client.ask(datetime.now(UTC))))
        if page is None:
            return None
        keys += page.keys
        client.take(page, datetime.now(UTC))
        if not client.walking:
            return None if client.stuck else keys


async def _dates(link: Link, collection: Collection, start: str) -> dict[Key, str] | None:
    """By the manifest (TAXII 2.1 section 5.3), which has no `next` of necessity: its dates lead through it."""
    found: dict[Key, str] = {}
    query = {"added_after": start, "limit": str(AUDIT_PAGE)}
    for _ in range(AUDIT_PAGES_MAX):
        answer = await link.ask("GET", collection.manifest, query)
        try:
            told: Any = json.loads(answer.body) if answer.status == 200 else None
            records = [((each["id"], each["version"]), each["date_added"]) for each in told.get("objects") or []]
        except (ValueError, AttributeError, KeyError, TypeError):
            return None
        known = len(found)
        found |= {(stix_id, _as_written(version)): date for (stix_id, version), date in records if _date(date)}
        if told.get("more") is not True or len(found) == known:
            return found
        query["added_after"] = records[-1][1]
    return found


def _as_written(version: str) -> str:
    """A version as `objects.Source` writes it, in milliseconds: servers write it as they like."""
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(version).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return version


def page_of(answer: Answer) -> Page | None:
    """The envelope of an answer (TAXII 2.1 section 3.7); None where it is none."""
    if answer.status != 200:
        return None
    try:
        told: Any = json.loads(answer.body)
        objects = told.get("objects") or []
        keys = [(sys.intern(each["id"]), str(each.get("modified") or each.get("created") or "")) for each in objects]
        following = told.get("next")
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    return Page(
        keys,
        lists="objects" in told,
        more=told.get("more") is True,
        next=following if isinstance(following, str) and following else None,
        first=_date(answer.headers.get("x-taxii-date-added-first")),
        last=_date(answer.headers.get("x-taxii-date-added-last")),
    )


def _date(text: str | None) -> str | None:
    """A date header that can be understood; any other is as good as none."""
    with contextlib.suppress(ValueError, TypeError):
        if text:
            moment(text)
            return text
    return None
