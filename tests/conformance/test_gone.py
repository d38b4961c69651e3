"""A client that hangs up before it is answered was served nothing, whatever was on record by then."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import httpx
import pytest
from tests.conformance.served import indicator
from tests.logged import deliveries


def waits_until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def hang_up(served, client, path, **asked):
    """Asks while nothing can be put on record, and is gone before it can."""
    with served.opened.node.store.write():
        with pytest.raises(httpx.ReadTimeout):
            client.get(path, params=asked, timeout=0.5)
        # The server sees that it is gone while it waits for its turn to write.
        time.sleep(0.3)


def place(served, reader="kyiv"):
    with served.opened.node.store.read() as snap:
        return [row.track.place for row in snap.tracks(reader=reader)]


def delivered(served):
    with served.opened.node.store.read() as snap:
        return sum(row.count for row in deliveries(snap))


def test_what_it_asked_for_is_given_again_to_a_client_that_moves_on_by_its_clock(fresh):
    path = f"{fresh.path()}objects/"
    fresh.publish(*[indicator() for _ in range(5)])
    with fresh.client("kyiv") as kyiv:
        kyiv.get("/exchange/collections/").raise_for_status()
        hang_up(fresh, kyiv, path, added_after="2025-01-01T00:00:00Z")
        waits_until(lambda: place(fresh) == [(0, 1, 0)])
        assert delivered(fresh) == 0
        began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        page = kyiv.get(path, params={"added_after": began})
        assert len(page.json()["objects"]) == 5
        assert page.headers["x-taxii-date-added-first"] > began


def test_a_client_that_stays_is_served_once(fresh):
    path = f"{fresh.path()}objects/"
    fresh.publish(*[indicator() for _ in range(5)])
    with fresh.client("kyiv") as kyiv:
        first = kyiv.get(path, params={"added_after": "2025-01-01T00:00:00Z"})
        assert len(first.json()["objects"]) == 5
        later = kyiv.get(path, params={"added_after": first.headers["x-taxii-date-added-last"]})
        assert later.json().get("objects", []) == []
        assert place(fresh) > [(0, 1, 4)]
