"""A writer: posts envelopes to a collection, or gives them to a command, and notes what became of each object."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from typing import Any, Protocol

from bench.client import Answer
from bench.whole.clients import Key
from bench.whole.journal import ACKNOWLEDGED, IN_DOUBT, REFUSED, Journal, Wrote
from bench.whole.link import NO_ANSWER, Collection, Link
from bench.whole.objects import Source
from bench.whole.pausing import run

TRIES_MAX = 20
TRY_SECONDS = 0.1
STATUS_SECONDS_MAX = 30.0
BUSY = {429, 503}

Outcomes = dict[str, list[Key]]


class Way(Protocol):
    """How objects get in."""

    async def give(self, keys: Sequence[Key], envelope: bytes) -> tuple[Outcomes, int]:
        """What became of each, and the HTTP status."""
        ...


class Post:
    """TAXII 2.1 section 5.5. A `pending` status is asked for again until it is complete (section 4.3)."""

    def __init__(self, link: Link, collection: Collection) -> None:
        self._link, self._collection = link, collection

    async def give(self, keys: Sequence[Key], envelope: bytes) -> tuple[Outcomes, int]:
        answer = await self._posted(envelope)
        if answer.status != 202:
            surely = 400 <= answer.status < 500 and answer.status not in BUSY
            return {REFUSED if surely else IN_DOUBT: list(keys)}, answer.status
        status = _read(answer)
        ends = time.perf_counter() + STATUS_SECONDS_MAX
        while status.get("status") == "pending" and time.perf_counter() < ends:
            await asyncio.sleep(TRY_SECONDS)
            status = _read(await self._link.ask("GET", f"{self._collection.root}status/{status.get('id')}/"))
        return outcomes(keys, status), answer.status

    async def _posted(self, envelope: bytes) -> Answer:
        """The same bytes again change nothing, so a server that is busy may be asked again."""
        answer = Answer(NO_ANSWER, {}, b"", 0.0)
        for _ in range(TRIES_MAX):
            answer = await self._link.ask("POST", self._collection.objects, body=envelope)
            if answer.status not in BUSY:
                break
            await asyncio.sleep(TRY_SECONDS)
        return answer


class Command:
    """A shell command that takes an envelope on its standard input; exit status 0 acknowledges all of it."""

    def __init__(self, command: str) -> None:
        self._command = command

    async def give(self, keys: Sequence[Key], envelope: bytes) -> tuple[Outcomes, int]:
        succeeded, _ = await run(self._command, envelope)
        return {ACKNOWLEDGED if succeeded else IN_DOUBT: list(keys)}, 0


def _read(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def outcomes(keys: Sequence[Key], status: dict[str, Any]) -> Outcomes:
    """By the status resource (TAXII 2.1 section 4.3.1): what is not surely in, nor surely refused, is in doubt.

    >>> outcomes([("a", "1"), ("b", "1")], {"status": "complete", "failure_count": 1, "failures": [{"id": "b"}]})
    {'acknowledged': [('a', '1')], 'refused': [('b', '1')]}
    >>> outcomes([("a", "1")], {"status": "pending", "pending_count": 1})
    {'in doubt': [('a', '1')]}
    """
    failures = {each.get("id") for each in status.get("failures") or []}
    if status.get("status") != "complete" or len(failures) != status.get("failure_count", 0):
        return {IN_DOUBT: list(keys)}
    found: Outcomes = {}
    for key in keys:
        found.setdefault(REFUSED if key[0] in failures else ACKNOWLEDGED, []).append(key)
    return found


async def write(journal: Journal, way: Way, source: Source, *, until: float, pace: float, most: int, seed: int) -> None:
    """Gives one to `most` objects at a time, every `pace` seconds on average, until that moment."""
    chance = random.Random(seed)
    await asyncio.sleep(chance.uniform(0, pace))
    while time.perf_counter() < until:
        keys, envelope = source.drawn(chance.randint(1, most))
        begun = time.perf_counter()
        found, status = await way.give(keys, envelope)
        ended = time.perf_counter()
        for outcome, those in found.items():
            journal.wrote.append(Wrote(those, begun, ended, outcome, status))
            if outcome != ACKNOWLEDGED:
                source.forget(those)
        await asyncio.sleep(max(0.0, chance.uniform(0.5, 1.5) * pace - (ended - begun)))
