"""What a served node knows of its readers' clients afterwards: each poll and each error that a client was told."""

from __future__ import annotations

import time

import httpx
import pytest
from tests.conformance.served import PASSWORD, TAXII, assert_refused, ids_of, indicator

from relto.domain.facts import Facts
from relto.domain.moment import parse_timestamp, write
from relto.usecases.readers import show_reader
from relto.usecases.reading import Reading

SECOND = 1_000_000
WAIT_SECONDS = 20


def known(node, is_so, account="kyiv") -> Facts:
    """What is known of the client of an account, as soon as it is so: it is written a second later at the latest."""
    facts = None
    for _ in range(WAIT_SECONDS * 50):
        (status,) = show_reader(node.opened.node, node.opened.desk, account)
        facts = status.facts
        if facts is not None and is_so(facts):
            return facts
        time.sleep(0.02)
    raise AssertionError(facts)


def numbers(node) -> dict[str, float]:
    """The numbers about readers."""
    lines = httpx.get(f"{node.base}/metrics").text.splitlines()
    return {
        name: float(value) for name, _, value in (line.partition(" ") for line in lines) if name[:12] == "relto_reader"
    }


@pytest.fixture
def client(fresh):
    with fresh.client("kyiv", **{"user-agent": "a made-up client/1"}) as made:
        made.base_url = fresh.base + fresh.path()
        yield made


def test_a_page_and_a_quiet_poll_are_known(fresh, client):
    objects = [indicator() for _ in range(3)]
    fresh.publish(*objects)
    before = fresh.opened.node.clock.now()
    page = client.get("objects/", params={"limit": 2})
    found = known(fresh, lambda facts: facts.items == 2)
    assert (found.endpoint, found.asked, found.status, found.more) == ("objects", "limit=2", 200, True)
    assert found.client == "a made-up client/1"
    assert before <= found.polled_at <= fresh.opened.node.clock.now()
    dates = [page.headers[f"x-taxii-date-added-{name}"] for name in ("first", "last")]
    assert [found.first, found.last] == [parse_timestamp(date) for date in dates]
    client.get("objects/", params={"next": page.json()["next"]})
    last = known(fresh, lambda facts: facts.items == 1).last
    for _ in range(3):
        # The first of them is looked up, the others are answered from memory.
        assert client.get("objects/", params={"added_after": write(last)}).json() in ({}, {"more": False})
    quiet = known(fresh, lambda facts: facts.items == 0)
    assert (quiet.asked, quiet.more, quiet.first, quiet.last) == (
        f"added_after={write(last).replace(':', '%3A')}",
        False,
        last,
        last,
    )
    assert (quiet.clock, quiet.broken, quiet.failed_at) == (None, (), 0)


def test_the_manifest_is_a_poll_and_an_object_by_its_id_is_none(fresh, client):
    item = indicator()
    fresh.publish(item)
    assert len(client.get("manifest/").json()["objects"]) == 1
    known(fresh, lambda facts: (facts.endpoint, facts.items) == ("manifest", 1))
    assert ids_of(client.get(f"objects/{item['id']}/")) == [item["id"]]
    missing = client.get(f"objects/{indicator()['id']}/")
    assert_refused(missing, 404, "object-unknown")
    found = known(fresh, lambda facts: facts.failed_status == 404)
    assert (found.failed_code, found.endpoint, found.status) == ("object-unknown", "manifest", 200)


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("objects/?limit=0", {}, 400, "parameter-malformed"),
        ("objects/?added_after=yesterday", {}, 400, "parameter-malformed"),
        ("manifest/?next=forged", {}, 400, "cursor-forged"),
        ("objects/?match[version]=all,all", {}, 400, "parameter-malformed"),
        ("objects/", {"accept": "application/xml"}, 406, "type-not-acceptable"),
        ("objects/", {"accept": "application/taxii+json;version=2.0"}, 406, "type-not-acceptable"),
    ],
)
def test_what_a_client_was_refused_is_known(fresh, client, path, headers, status, code):
    assert_refused(client.get(path, headers=headers), status, code)
    found = known(fresh, lambda facts: facts.failed_status == status)
    assert (found.failed_code, found.status, found.polled_at) == (code, status, found.failed_at)
    assert client.get("objects/").status_code == 200
    after = known(fresh, lambda facts: facts.status == 200)
    assert (after.failed_status, after.failed_code) == (status, code)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("objects/?added_after={}", {"accept": "application/xml"}),
        ("objects/?added_after={}&limit=0", {}),
        ("objects/?added_after={}&next=forged", {}),
    ],
)
def test_what_came_after_a_first_request_that_was_refused_is_given_to_a_client_that_moves_on(
    fresh, client, path, headers
):
    fresh.publish(indicator())
    began = write(fresh.opened.node.now(fresh.opened.node.store.head()))
    assert client.get(path.format(began), headers=headers).is_client_error
    item = indicator()
    fresh.publish(item)
    later = write(fresh.opened.node.now(fresh.opened.node.store.head()))
    assert ids_of(client.get(f"objects/?added_after={later}")) == [item["id"]]


def test_a_first_request_that_breaks_down_is_one_and_one_that_names_no_moment_begins_at_the_beginning(
    fresh, client, monkeypatch
):
    items = [indicator(), indicator()]
    fresh.publish(items[0])
    monkeypatch.setattr(Reading, "page", lambda *_, **__: 1 // 0)
    assert client.get("objects/").status_code == 500
    monkeypatch.undo()
    fresh.publish(items[1])
    later = write(fresh.opened.node.now(fresh.opened.node.store.head()))
    assert ids_of(client.get(f"objects/?added_after={later}")) == [item["id"] for item in items]


def test_a_first_request_whose_moment_cannot_be_read_is_none(fresh, client):
    fresh.publish(indicator())
    assert client.get("objects/?added_after=yesterday").status_code == 400
    later = write(fresh.opened.node.now(fresh.opened.node.store.head()))
    assert ids_of(client.get(f"objects/?added_after={later}")) == []


def test_a_collection_that_is_refused_while_it_is_paused_is_known(fresh_with):
    with fresh_with(taxii__paused="refuse") as node, node.client() as client:
        node.pause("usa-ukr")
        assert_refused(client.get(f"{node.path()}objects/"), 403, "collection-paused")
        assert known(node, lambda facts: facts.status == 403).failed_code == "collection-paused"


def test_who_was_not_let_in_is_not_known(fresh):
    with httpx.Client(base_url=fresh.base + fresh.path(), headers={"accept": TAXII}) as stranger:
        assert stranger.get("objects/", auth=("kyiv", "a wrong password")).status_code == 401
        assert stranger.get("objects/", auth=("kyiv", PASSWORD)).status_code == 200
    assert known(fresh, lambda facts: facts.status == 200).failed_at == 0


def test_what_is_posted_and_what_is_no_list_is_no_poll(fresh):
    with fresh.client("agency") as agency:
        assert agency.get("/exchange/collections/").status_code == 200
        assert agency.post("/exchange/collections/own/objects/", content=b"{").status_code in {400, 415}
        assert ids_of(agency.get("/exchange/collections/own/objects/")) == []
        assert agency.get("/exchange/collections/nothing/objects/").status_code == 404
    with fresh.client("kyiv") as client:
        assert ids_of(client.get(f"{fresh.path()}objects/")) == []
    known(fresh, lambda facts: facts.status == 200)
    with fresh.opened.node.store.read() as snap:
        assert {row.reader for row in snap.polls()} == {"kyiv"}


def test_a_client_whose_clock_is_ahead_is_known_and_counted(fresh, client):
    fresh.publish(indicator())
    now = fresh.opened.node.clock.now()
    client.get("objects/")
    client.get("objects/", params={"added_after": write(now + 300 * SECOND)})
    found = known(fresh, lambda facts: facts.clock is not None)
    assert 290 * SECOND <= found.clock <= 300 * SECOND
    told = numbers(fresh)
    assert told['relto_reader_clock_ahead_seconds{account="kyiv"}'] == found.clock / SECOND


def test_broken_walks_and_what_they_cost_are_known_and_counted(fresh, client):
    fresh.publish(*[indicator() for _ in range(4)])
    first = fresh.opened.node.clock.now()
    for _ in range(2):
        # It reads one page of a walk, and comes back by its own clock.
        assert (
            len(ids_of(client.get("objects/", params={"limit": 2, "added_after": write(first - 3_600 * SECOND)}))) == 2
        )
    given = client.get("objects/", params={"added_after": write(fresh.opened.node.clock.now())})
    assert given.status_code == 200
    found = known(fresh, lambda facts: len(facts.broken) == 2)
    assert found.broken == tuple(sorted(found.broken))
    told = numbers(fresh)
    assert told['relto_reader_walks_broken_total{account="kyiv"}'] == 2
    assert told['relto_reader_items_repaired_total{account="kyiv"}'] == len(ids_of(given))


def test_a_hostile_name_and_query_are_kept_short_and_printable(fresh, client):
    agent = b"\x9b31m" + b"x" * 5_000
    client.get(f"objects/?nonsense={'y' * 5_000}", headers={"user-agent": agent})
    found = known(fresh, lambda facts: facts.status == 200)
    assert len(found.client) == 200
    assert len(found.asked) == 500
    assert found.client.isprintable()
