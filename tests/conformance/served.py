"""A node that is served for a test: made by the use cases, asked over HTTP only."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.actors import ADMIN, apply, pause, resume

from relto.config import load
from relto.faces.serving import server
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party, found
from relto.usecases.pausing import MakePause
from relto.usecases.publishing import Publisher
from relto.wiring import Opened, create, open_node

TAXII = "application/taxii+json;version=2.1"
PASSWORD = "a password of the tests"

TOPICS = """
topics:
  naval: {labels: [naval]}
  early-warning: {labels: [early-warning]}
"""

AGREEMENTS = (
    """
agreement: usa-ukr
title: Battlefield intelligence
from: USA
to: [UKR]
scope: {topics: [naval, early-warning]}
""",
    """
agreement: usa-gbr
title: Naval intelligence
from: USA
to: [GBR]
scope: {topics: [naval]}
""",
)

ACCOUNTS = {
    "kyiv": ("UKR", ["reader"]),
    "lviv": ("UKR", ["reader"]),
    "london": ("GBR", ["reader"]),
    "agency": ("USA", ["contributor", "reader"]),
    "bureau": ("USA", ["contributor"]),
    "watch": ("USA", ["auditor"]),
}


def indicator(*, labels=("naval",), id=None, created="2025-03-01T12:00:00.000Z", modified=None, **more):
    """A valid object of STIX 2.1; `more` may break it."""
    value = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": id or f"indicator--{uuid.uuid4()}",
        "created": created,
        "modified": modified or created,
        "name": "a made-up indicator",
        "labels": list(labels),
        "pattern": "[ipv4-addr:value = '198.51.100.7']",
        "pattern_type": "stix",
        "valid_from": created,
        **more,
    }
    return {name: each for name, each in value.items() if each is not None}


@dataclass
class Served:
    """`base` is the URL without a slash at the end; `collections` maps (agreement, party) to the id of a collection."""

    opened: Opened
    base: str
    collections: dict[tuple[str, str], str]

    def client(self, name: str | None = "kyiv", **headers: str) -> httpx.Client:
        auth = (name, PASSWORD) if name else None
        # With fewer than there are threads, httpcore closes connections that another thread has just taken (its #1110).
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        headers = {"accept": TAXII, **headers}
        return httpx.Client(base_url=self.base, auth=auth, headers=headers, timeout=30, limits=limits)

    def path(self, agreement: str = "usa-ukr", party: str = "UKR") -> str:
        return f"/exchange/collections/{self.collections[agreement, party]}/"

    def publish(self, *objects: dict, by: str = "USA") -> None:
        """Stored, and readable when it returns."""
        opened = self.opened
        validator = opened.validator()
        now = opened.node.clock.now()
        headers = [validator.check(json.dumps(each).encode(), where="", now_us=now) for each in objects]
        taken = Publisher(opened.node, opened.desk, originator=by, by=ADMIN).take(headers)
        assert taken.rejects == []
        self.wait(taken.visible_at)

    def pause(self, *agreements: str, reason: str = "talks", **order) -> str:
        made = pause(
            self.opened.node, self.opened.desk, MakePause(agreements=agreements, reason=reason, **order), by=ADMIN
        )
        return made.pause.number

    def resume(self, number: str) -> None:
        done = resume(self.opened.node, self.opened.desk, [number], backlog="release", by=ADMIN)
        self.wait(done[0].visible_at)

    def wait(self, moment: int) -> None:
        node = self.opened.node
        while moment and (left := moment - node.now(node.store.head())) >= 0:
            node.clock.sleep(left + 1_000)


def made(config) -> dict[tuple[str, str], str]:
    """Makes the node that the settings name; its collections."""
    config.data.mkdir(parents=True, exist_ok=True)
    create(config)
    with open_node(config) as opened:
        node, desk = opened.node, opened.desk
        found(node, desk, code="USA", name="United States", topics=TOPICS)
        for code in ("UKR", "GBR", "FRA"):
            add_party(node, desk, code, name=code, kind="state", by=ADMIN)
        collections = {}
        for applied in apply(node, desk, AGREEMENTS, by=ADMIN):
            collections |= {(applied.agreement, party): id_ for party, id_ in applied.collections.items()}
        for name, (party, roles) in ACCOUNTS.items():
            add_account(node, desk, name, party=party, roles=roles, by=ADMIN, password=PASSWORD)
    return collections


@contextlib.contextmanager
def serving(folder: Path, url: str, collections=None, **settings) -> Iterator[Served]:
    """The node at `url`, served by this process on a port of its own; made first where no collections are given."""
    arguments = {name.replace("__", "."): value for name, value in settings.items()}
    config = load(folder, environment={}, arguments={"database.url": url, **arguments})
    collections = collections or made(config)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    running = server(config, None)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, name="relto-served")
    with open_node(config) as opened:
        thread.start()
        try:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=base, timeout=30) as client:
                # The socket listens already: the first answer comes when the server has begun.
                assert client.get("/healthz").status_code == 200
            yield Served(opened, base, collections)
        finally:
            running.should_exit = True
            thread.join(30)
            listener.close()
            assert not thread.is_alive(), "the server ends when it is told to"


def ids_of(response: httpx.Response) -> list[str]:
    """The ids on a page of objects or of a manifest."""
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json().get("objects", [])]


def assert_refused(response: httpx.Response, status: int, code: str | None = None) -> dict:
    """The response is an error resource (TAXII 2.1 section 3.6.1) with this status, and gives nothing away."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == TAXII
    error = response.json()
    assert error["title"]
    assert error["http_status"] == str(status)
    assert len(error["error_id"]) == 16
    assert code is None or error["error_code"] == code
    for hint in ("Traceback", ".py", "relto.db", "sqlite", "psycopg", "uvicorn"):
        assert hint not in response.text
    return error
