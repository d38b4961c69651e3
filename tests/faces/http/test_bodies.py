"""How bodies arrive: no sender may hold more than its share, nor come slower than a body has to."""

import asyncio
import contextlib
import gzip
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from relto.faces.http import body as bodies
from relto.faces.http.body import Bodies, room_for_bodies
from relto.faces.http.exchange import Request
from relto.faces.http.refusal import Refusal

MOST = 10_000


def made(requests_max=256, **changes):
    return Bodies(bytes_max=MOST, expansion_max=200, room=room_for_bodies(requests_max), **changes)


def sending(*parts, forever=False, coding=b"identity"):
    """A request whose body comes in these parts, each after so many seconds; `forever`: it has no end."""
    left = list(parts)

    async def receive():
        if not left:
            await asyncio.sleep(3_600)
        seconds, part = left.pop(0)
        await asyncio.sleep(seconds)
        return {"type": "http.request", "body": part, "more_body": forever or bool(left)}

    headers = [(b"content-encoding", coding)]
    scope = {"method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers}
    return Request(scope, receive)


def run(work):
    """What the work gives, which is given threads."""

    async def whole():
        with ThreadPoolExecutor(1) as threads:
            return await work(threads)

    return asyncio.run(whole())


async def taken(reader, request, threads, account="kyiv"):
    async with reader.read(request, threads, account) as body:
        return body


@contextlib.asynccontextmanager
async def under_way(reader, threads, *senders):
    """Bodies that were begun by these accounts, of which so many bytes are there and no more come."""
    requests = [(account, sending((0, b"x" * count), forever=True)) for account, count in senders]
    tasks = [asyncio.create_task(taken(reader, request, threads, account)) for account, request in requests]
    await asyncio.sleep(0.05)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def refused(reader, request, threads, account="kyiv"):
    with pytest.raises(Refusal) as found:
        await taken(reader, request, threads, account)
    return found.value.status, found.value.code


def test_one_account_cannot_keep_out_the_bodies_of_another():
    async def work(threads):
        reader = made()
        async with under_way(reader, threads, *[("kyiv", MOST - 1)] * 8) as tasks:
            # The first is awaited; those beside it would have been more than one of the greatest length.
            assert [task.done() for task in tasks] == [False] + [True] * 7
            assert {task.exception().code for task in tasks[1:]} == {"bodies-too-many"}
            assert await refused(reader, sending((0, b"xx")), threads) == (429, "bodies-too-many")
            assert len(await taken(reader, sending((0, b"x" * MOST)), threads, "lviv")) == MOST
        assert len(await taken(reader, sending((0, b"x" * MOST)), threads)) == MOST

    run(work)


def test_a_body_alone_is_taken_packed_and_unpacked_whatever_its_length():
    plain = random.Random(1).randbytes(MOST - 100)
    packed = gzip.compress(plain)

    async def work(threads):
        assert await taken(made(), sending((0, packed), coding=b"gzip"), threads) == plain

    run(work)


def test_what_all_hold_has_a_limit():
    async def work(threads):
        reader = made(held=2)
        async with under_way(reader, threads, ("a", MOST), ("b", MOST)):
            assert await refused(reader, sending((0, b"x")), threads, "c") == (503, "unavailable")
        assert await taken(reader, sending((0, b"x")), threads, "c") == b"x"

    run(work)


def test_an_account_has_few_bodies_on_their_way_at_once():
    async def work(threads):
        reader = made(requests_max=64)
        async with under_way(reader, threads, *[("kyiv", 1)] * 5) as tasks:
            assert [task.done() for task in tasks] == [False] * 4 + [True]
            assert await refused(reader, sending((0, b"x")), threads) == (429, "bodies-too-many")
            assert await taken(reader, sending((0, b"x")), threads, "lviv") == b"x"
        assert await taken(reader, sending((0, b"x")), threads) == b"x"

    run(work)


@pytest.fixture
def hasty(monkeypatch):
    """Seconds that are shorter: a body has 0.2 in hand, and 0.3 at most."""
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "SPARE_SECONDS", 0.3)


@pytest.mark.parametrize(
    "parts",
    [
        [(0.4, b"x")],
        [(0.02, b"x")] * 100,
        # However much came before, what it may pause has an end.
        [(0, b"x" * 5_000), (0.5, b"x")],
        [(0, b"x" * 5_000), *[(0.05, b"x")] * 100],
    ],
    ids=range(4),
)
def test_a_body_that_comes_too_slowly_is_refused_at_once(hasty, parts):
    async def work(threads):
        begun = time.monotonic()
        assert await refused(made(), sending(*parts), threads) == (408, "body-slow")
        assert time.monotonic() - begun < 1

    run(work)


def test_a_body_that_comes_steadily_is_taken_however_long_that_takes_up_to_its_end(hasty):
    steady = [(0.05, b"x" * 200)] * 12

    async def work(threads):
        assert len(await taken(made(), sending(*steady), threads)) == 2_400
        begun = time.monotonic()
        assert await refused(made(seconds=0.3), sending(*steady), threads) == (408, "body-slow")
        assert time.monotonic() - begun < 0.6

    run(work)
