"""Readers from outside: what their clients did, where they stand, and what they are given again; over a served node."""

import os
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from tests.conformance.served import TAXII, ids_of, serving
from tests.faces.test_cli_manners import at_terminal, run

from relto.config import load
from relto.domain.facts import Facts
from relto.ports.store import PollRow
from relto.wiring import open_node

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
LAST = "x-taxii-date-added-last"


@dataclass
class Partner:
    """A client of the served node."""

    client: httpx.Client
    path: str

    def ask(self, after=None, **more):
        asked = {} if after is None else {"added_after": after}
        response = self.client.get(self.path, params={**asked, **more})
        assert response.status_code == 200, response.text
        return response

    def ids(self, after=None, **more):
        return ids_of(self.ask(after, **more))


@contextmanager
def served(relto):
    """The node, served; what it gives is a function that makes the client of an account."""
    folder = relto.folder / "node"
    url = os.environ.get("RELTO_DATABASE_URL", f"sqlite:///{folder / 'relto.db'}")
    [made] = relto.ok("agreement", "list")
    collection = made["collections"]["UKR"]
    with serving(folder, url, {("usa-ukr", "UKR"): collection}) as node, ExitStack() as stack:

        def partner(name="kyiv", password="a good password"):
            client = httpx.Client(base_url=node.base, auth=(name, password), headers={"accept": TAXII}, timeout=30)
            return Partner(stack.enter_context(client), f"/exchange/collections/{collection}/objects/")

        yield partner


def given(relto, count):
    """So many items more, readable; their ids."""
    items = [relto.indicator("naval") for _ in range(count)]
    relto.ingest(*items)
    return [item["id"] for item in items]


def reader(relto, account="kyiv"):
    [entry] = relto.ok("reader", "show", account)
    return entry


def clock():
    """The moment, as a client would send it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Giving again.


def test_what_was_shown_since_then_comes_to_the_cursor_that_a_client_has_on_both_engines(node_of_each):
    relto = node_of_each
    with served(relto) as partner:
        kyiv = partner()
        early = given(relto, 2)
        since = kyiv.ask().headers[LAST]
        late = given(relto, 3)
        response = kyiv.ask(since)
        assert ids_of(response) == late
        cursor = response.headers[LAST]
        done = relto.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", cursor)
        assert done["items"] == 1
        done = relto.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--account", "kyiv", "--since", "1h")
        assert (done["agreement"], done["recipient"], done["accounts"]) == ("usa-ukr", "UKR", ["kyiv"])
        assert done["items"] == 5
        # When it has answered, the last of it can be read.
        response = kyiv.ask(cursor)
        assert ids_of(response) == early + late
        assert cursor < response.headers[LAST] <= done["visible_at"]
        assert kyiv.ids(response.headers[LAST]) == []
    [entry] = relto.ok("status")
    assert entry["released"] == 5
    assert [(each["account"], each["items"], each["by"]) for each in entry["repaired"]] == [
        ("kyiv", 1, "admin"),
        ("kyiv", 5, "admin"),
    ]
    assert all(MOMENT.fullmatch(each[key]) for each in entry["repaired"] for key in ("at", "since"))


def test_nothing_that_is_held_comes_with_it(node):
    with served(node) as partner:
        kyiv = partner()
        [shown] = given(node, 1)
        cursor = kyiv.ask().headers[LAST]
        node.ok("pause", "usa-ukr", "--reason", "talks")
        [held] = given(node, 1)
        assert node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1d")["items"] == 1
        response = kyiv.ask(cursor)
        assert ids_of(response) == [shown]
        node.ok("resume", "1")
        assert kyiv.ids(response.headers[LAST]) == [held]


def test_only_the_account_that_is_named_gets_it(node):
    node.ok("account", "add", "lviv", "--party", "UKR", "--password-stdin", stdin="a good password\n")
    with served(node) as partner:
        kyiv, lviv = partner(), partner("lviv")
        ids = given(node, 2)
        cursors = [each.ask().headers[LAST] for each in (kyiv, lviv)]
        node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--account", "lviv", "--since", "1h")
        assert kyiv.ids(cursors[0]) == []
        assert lviv.ids(cursors[1]) == ids


def test_an_item_that_was_given_again_says_so(node):
    item = node.indicator("naval")
    node.ingest(item)
    node.ok("account", "add", "officer", "--party", "USA", "--role", "officer", "--token")
    node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h", "--as", "officer")
    [answer] = node.ok("explain", item["id"], "UKR")["answers"]
    assert answer["decision"] == "release"
    [text] = [reason["text"] for reason in answer["reasons"] if reason["code"] == "given-again"]
    assert "`kyiv`" in text
    assert "`officer`" in text
    assert MOMENT.search(text)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nil", "--recipient", "UKR", "--since", "1h"], "agreement-unknown"),
        (["usa-ukr", "--recipient", "NIL", "--since", "1h"], "party-unknown"),
        (["usa-ukr", "--recipient", "USA", "--since", "1h"], "recipient-unknown"),
        (["usa-ukr", "--recipient", "UKR", "--account", "nobody", "--since", "1h"], "account-unknown"),
        (["usa-ukr", "--recipient", "UKR", "--account", "admin", "--since", "1h"], "account-unknown"),
        (["usa-ukr", "--recipient", "UKR", "--since", "2099-01-01"], "since-ahead"),
        (["usa-ukr", "--recipient", "UKR", "--since", "yesterday"], "when-invalid"),
        (["usa-ukr", "--recipient", "UKR", "--since", ""], "when-invalid"),
        (["usa-ukr", "--recipient", "UKR", "--since", "-1h"], "when-invalid"),
        (["usa-ukr", "--recipient", "UKR"], "usage"),
        (["usa-ukr", "--since", "1h"], "usage"),
        (["--recipient", "UKR", "--since", "1h"], "usage"),
        (["usa-ukr", "--recipient", "UKR", "--since", "1h", "--dry-run"], "usage"),
    ],
)
def test_what_cannot_be_given_again_is_bad_input_with_a_remedy(node, words, code):
    given(node, 1)
    answer = node("redeliver", *words)
    assert (answer.status, answer.code) == (2, code)
    assert answer.document["error"]["remedy"]
    assert node.ok("status")[0]["repaired"] == []


def test_people_are_told_how_much_and_when(node):
    given(node, 2)
    done = node("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h", json=False)
    assert done.status == 0
    assert re.fullmatch(
        r"2 items of usa-ukr will be given again to kyiv\n  the last of them can be read from \S+ \S+Z\n", done.out
    )
    nothing = node("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "0s", json=False)
    assert nothing.out == "0 items of usa-ukr will be given again to kyiv\n"
    assert "nothing was shown" in nothing.err
    status = node("status", json=False).out
    assert re.search(
        r"^usa-ukr to UKR: given again once, last 2 items to kyiv at \S+ \d\d:\d\dZ$", status, re.MULTILINE
    )


# Where readers stand.


def test_a_reader_that_never_asked_is_listed_and_nothing_is_known_of_it(node):
    [entry] = node.ok("reader", "list")
    assert entry == reader(node)
    assert (entry["account"], entry["party"], entry["agreement"]) == ("kyiv", "UKR", "usa-ukr")
    assert {entry[key] for key in ("polled_at", "asked", "got", "place", "last_error", "client", "clock_seconds")} == {
        None
    }
    assert entry["lag"] == {"items": None, "seconds": None}
    assert entry["repairs"] == {"count": 0, "items": 0, "ranges": []}
    assert (entry["repair"], entry["empty_list"], entry["ways"]) == (True, False, [])
    assert "never asked" in node("reader", "list", json=False).out
    assert "last poll: never" in node("reader", "show", "kyiv", json=False).out


def test_a_reader_stands_where_it_was_served_and_lags_by_what_came_since_on_both_engines(node_of_each):
    relto = node_of_each
    with served(relto) as partner:
        kyiv = partner()
        given(relto, 2)
        cursor = kyiv.ask().headers[LAST]
        entry = reader(relto)
        assert (entry["place"], entry["lag"]) == (cursor, {"items": 0, "seconds": 0})
        given(relto, 3)
        entry = reader(relto)
        assert (entry["place"], entry["lag"]["items"]) == (cursor, 3)
        assert entry["lag"]["seconds"] > 0
        # A look at the manifest by hand leaves a place behind that nobody moves on: it is not where the reader stands.
        kyiv.ask(cursor)
        kyiv.client.get(kyiv.path.replace("/objects/", "/manifest/"), params={"added_after": cursor, "limit": 1})
        entry = reader(relto)
        assert (entry["lag"]["items"], {way["way"] for way in entry["ways"]}) == (0, {"objects", "manifest"})


def moved_on(relto, partner):
    """A client that asked for the first page of three items, and moved on by its own clock; what it lost, its clock."""
    kyiv = partner()
    given(relto, 1)
    cursor = kyiv.ask().headers[LAST]
    ids = given(relto, 3)
    assert kyiv.ids(cursor, limit=1) == ids[:1]
    return kyiv, ids, clock()


def test_what_a_client_moved_on_past_is_given_again_and_shows_everywhere_on_both_engines(node_of_each):
    relto = node_of_each
    with served(relto) as partner:
        kyiv, ids, moment = moved_on(relto, partner)
        assert kyiv.ids(moment) == ids
    entry = reader(relto)
    assert (entry["repairs"]["count"], entry["repairs"]["items"], entry["broken"]) == (1, 3, 1)
    [row] = entry["repairs"]["ranges"]
    assert (row["account"], row["items"], row["by"]) == ("kyiv", 3, None)
    assert row["since"] < moment < row["at"]
    assert relto.ok("status")[0]["repaired"] == [row]
    [answer] = relto.ok("explain", ids[2], "UKR")["answers"]
    assert answer["reasons"][-1]["code"] == "given-again"
    assert "1 repair" in relto("reader", "list", json=False).out
    assert "the server" in relto("reader", "show", "kyiv", json=False).out


def test_a_reader_whose_repairs_are_off_is_given_nothing_by_itself_and_all_of_it_when_they_are_on(node):
    assert node.ok("reader", "set", "kyiv", "--repair", "off")["repair"] is False
    with served(node) as partner:
        kyiv, ids, moment = moved_on(node, partner)
        assert kyiv.ids(moment) == []
        assert reader(node)["repair"] is False
        assert "repair off" in node("reader", "list", json=False).out
        done = node.ok("reader", "set", "kyiv", "--repair", "on", "--empty-list", "on")
        assert (done["repair"], done["empty_list"]) == (True, True)
        assert kyiv.ids(moment) == ids
        assert kyiv.ask(kyiv.ask(moment).headers[LAST]).json() == {"objects": []}


def test_a_reader_that_is_moved_on_is_given_nothing_of_what_it_missed(node):
    with served(node) as partner:
        kyiv, ids, moment = moved_on(node, partner)
        assert reader(node)["lag"]["items"] == len(ids)
        assert node.ok("reader", "skip", "kyiv", "usa-ukr")["items"] == len(ids)
        assert reader(node)["lag"] == {"items": 0, "seconds": 0}
        assert kyiv.ids(moment) == []
        assert node.ok("reader", "skip", "kyiv", "usa-ukr")["items"] == 0


def test_a_person_is_asked_before_a_reader_is_moved_on(node):
    with served(node) as partner:
        moved_on(node, partner)
    seen, status = at_terminal("reader", "skip", "kyiv", "usa-ukr", typed="n\n")
    assert status == 1
    assert "Move kyiv past 3 items of usa-ukr, for good?" in seen
    assert reader(node)["lag"]["items"] == 3
    seen, status = at_terminal("reader", "skip", "kyiv", "usa-ukr", "--yes")
    assert (status, reader(node)["lag"]["items"]) == (0, 0)
    assert "kyiv is moved past 3 items of usa-ukr" in seen


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["show", "nobody"], 2, "account-unknown"),
        (["show"], 2, "usage"),
        (["set", "kyiv", "--repair", "perhaps"], 2, "usage"),
        (["set", "nobody", "--repair", "on"], 2, "account-unknown"),
        (["skip", "nobody", "usa-ukr"], 2, "account-unknown"),
        (["skip", "kyiv", "nil"], 2, "agreement-unknown"),
        (["skip", "kyiv"], 2, "usage"),
        (["skip", "admin", "usa-ukr"], 1, "account-reads-nothing"),
        (["show", "admin"], 1, "account-reads-nothing"),
    ],
)
def test_a_reader_that_is_none_is_refused(node, words, status, code):
    answer = node("reader", *words)
    assert (answer.status, answer.code) == (status, code)


# What is known of its client.

FACTS = Facts(
    polled_at=1_741_176_000_000_000,
    endpoint="objects",
    asked="added_after=2025-03-05T11:00:00.000000Z&limit=100",
    status=200,
    items=7,
    more=True,
    first=1_741_172_400_000_001,
    last=1_741_172_400_000_007,
    failed_at=1_741_176_060_000_000,
    failed_status=503,
    failed_code="unavailable",
    client="taxii2-client/2.3.0 \x1b[31mred",
    clock=300_400_000,
)


@pytest.fixture
def known(node):
    """The node, with these facts of the one reader on record."""
    with open_node(load(node.folder / "node", environment={})) as opened, opened.node.store.write() as tx:
        [flow] = tx.flows()
        tx.put_polls([PollRow(flow.id, "kyiv", FACTS)])
    return node


def test_what_a_client_asked_and_got_is_told_as_it_is_on_record(known):
    entry = reader(known)
    assert entry["polled_at"] == "2025-03-05T12:00:00.000000Z"
    assert (entry["endpoint"], entry["asked"], entry["client"]) == ("objects", FACTS.asked, FACTS.client)
    assert entry["got"] == {
        "status": 200,
        "items": 7,
        "more": True,
        "first": "2025-03-05T11:00:00.000001Z",
        "last": "2025-03-05T11:00:00.000007Z",
    }
    assert entry["last_error"] == {"at": "2025-03-05T12:01:00.000000Z", "status": 503, "code": "unavailable"}
    assert entry["clock_seconds"] == 300.4
    assert [entry] == known.ok("reader", "list")


def test_people_see_it_on_one_page_and_a_client_cannot_move_their_cursor(known):
    page = known("reader", "show", "kyiv", json=False).out
    assert "kyiv of UKR reads usa-ukr" in page
    assert "200, 7 items, 2025-03-05T11:00:00.000001Z to 2025-03-05T11:00:00.000007Z, more to come" in page
    assert "503 unavailable, 2025-03-05 12:01:00Z" in page
    assert "5m ahead" in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    ("clock", "listed", "shown"),
    [
        (None, False, ""),
        (900_000, False, "its clock: right"),
        (5_000_000, True, "its clock: 5s ahead"),
        # It may as well ask for an overlap on purpose.
        (-300_000_000, False, "its clock: as if it were 5m behind"),
    ],
)
def test_a_clock_is_told_as_far_as_it_is_known(node, clock, listed, shown):
    with open_node(load(node.folder / "node", environment={})) as opened, opened.node.store.write() as tx:
        tx.put_polls([PollRow(tx.flows()[0].id, "kyiv", Facts(polled_at=1, clock=clock))])
    assert ("clock" in node("reader", "list", json=False).out) is listed
    page = " ".join(node("reader", "show", "kyiv", json=False).out.split())
    assert shown in page
    assert ("its clock" in page) is (clock is not None)


def test_a_served_poll_is_on_record_with_what_was_asked_what_was_got_and_the_last_error_on_both_engines(node_of_each):
    with served(node_of_each) as partner:
        kyiv = partner()
        ids = given(node_of_each, 2)
        response = kyiv.ask(limit=10)
        assert ids_of(response) == ids
        refused = kyiv.client.get(kyiv.path, params={"next": "nonsense"})
        assert refused.status_code == 400
        response = kyiv.ask(response.headers[LAST])
    # A server writes what waits before it ends.
    entry = reader(node_of_each)
    assert (entry["endpoint"], entry["got"]["status"], entry["got"]["items"]) == ("objects", 200, 0)
    assert entry["asked"].startswith("added_after=")
    assert entry["client"].startswith("python-httpx/")
    assert (entry["last_error"]["status"], entry["last_error"]["code"]) == (400, "cursor-forged")
    assert entry["last_error"]["at"] < entry["polled_at"]


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_readers_fit_the_terminal(known, columns):
    given(known, 2)
    known.ok("reader", "set", "kyiv", "--repair", "off")
    known.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")
    known.ok("account", "add", "an.account-whose-name-is-long@example", "--party", "UKR", "--token")
    for words in (["reader", "list"], ["reader", "show", "kyiv"], ["status"]):
        shown = run(*words, environment={"COLUMNS": str(columns)})
        assert shown.returncode == 0
        assert max(map(len, shown.stdout.splitlines())) <= columns, words


def test_eighty_columns_are_enough_for_a_table(known):
    lines = run("reader", "list", environment={"COLUMNS": "80"}).stdout.splitlines()
    assert lines[0].split() == ["account", "agreement", "last", "poll", "behind", "notes"]
    assert "error 503; clock 5m ahead" in lines[1]


def test_without_readers_there_is_nothing_to_list(node):
    node.ok("account", "revoke", "kyiv")
    assert node.ok("reader", "list") == []
    assert "there are no readers" in node("reader", "list", json=False).err
    assert reader(node)["revoked"] is True
    node.ok("party", "add", "GBR", "--name", "Britain", "--kind", "state")
    node.ok("account", "add", "london", "--party", "GBR", "--token")
    assert node.ok("reader", "show", "london") == []
    assert "reads nothing" in node("reader", "show", "london", json=False).err
