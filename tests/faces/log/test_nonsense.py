"""`relto audit` against a node that answers nonsense: it is never fine, and nobody is surprised."""

import contextlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from tests.faces.log.conftest import TAXII, Desk, made
from tests.fakes.processes import running

JSON = "application/json"


def document(told, **changes):
    return json.dumps({**told, **changes}).encode()


NONSENSE = [
    b"",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"5",
    b"1e400",
    b"9" * 5_000,
    b"[" * 100_000,
    b'{"a": "\\ud800"}',
    b"{}",
    b"<html></html>",
    b'{"code": "x", "kind": "y", "data": 5, "detail": [], "remedy": {}}',
]


class Hostile:
    """Stands before a node and answers in its place where it is told to: by route, (status, content type, body)."""

    def __init__(self, base):
        self.answers = {}
        self.base = base
        self.client = httpx.Client(timeout=30)

    @contextlib.contextmanager
    def serving(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                said = next((made for route, made in outer.answers.items() if self.path.startswith(route)), None)
                headers = {name: self.headers[name] for name in ("authorization", "accept") if name in self.headers}
                try:
                    response = outer.client.get(outer.base + self.path, headers=headers)
                    status, kind, body = response.status_code, response.headers["content-type"], response.content
                except httpx.HTTPError:
                    status, kind, body = 502, "text/plain", b"there is no such address"
                if said is not None:
                    status, kind, body = said(status, kind, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            self.client.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A node that one can have lie, with two pages in two portions for `kyiv`; what an audit of it remembers."""
    folder = tmp_path_factory.mktemp("hostile")
    path = made(folder / "node", 3)
    with running(folder / "node") as (_, base):
        desk = Desk(folder / "desk", None, base)
        desk.folder.mkdir()
        desk.read(path, "first")
        # The server signs at its next tick; one more leaf comes after what is remembered.
        early = signed_beyond(desk, 0)
        desk.read(path, "again")
        signed_beyond(desk, size_of(early))
        shutil.copy(folder / "node" / "keys" / "log.vkey", desk.folder / "log.vkey")
        vkey = (desk.folder / "log.vkey").read_text().strip()
        state = {
            "url": base, "keys": [vkey], "checkpoint": early, "earlier": [], "eras": [], "lost": [], "party": "",
            "seen": 0, "told": None, "named": [],
        }  # fmt: skip
        (desk.folder / "early.json").write_text(json.dumps(state))
        liar = Hostile(base)
        with liar.serving() as url:
            liar.url, liar.folder = url, desk.folder
            yield liar


def size_of(note):
    return int(note.split("\n")[1])


def signed_beyond(desk, size):
    for _ in range(300):
        response = desk.get("/log/checkpoint")
        deliveries = desk.get("/log/deliveries")
        if response.status_code == 200 and size_of(response.text) > size and deliveries.json()["deliveries"]:
            return response.text
        threading.Event().wait(0.05)
    raise AssertionError(response.text)


@pytest.fixture
def lied(hostile, desk, at_once):
    """Audits the node while it answers so at that route, by what is remembered from before."""
    desk.url = hostile.url
    shutil.copy(hostile.folder / "log.vkey", desk.folder / "log.vkey")
    shutil.copytree(hostile.folder / "envelopes", desk.envelopes)

    def ask(route, said, *words):
        shutil.copy(hostile.folder / "early.json", desk.state)
        hostile.answers = {route: said} if route else {}
        try:
            return desk.audit(*words)
        finally:
            hostile.answers = {}

    return ask


def odd(answer):
    """It is not ok, and nobody is surprised."""
    assert answer.status != 0, answer
    if "error" in answer.document:
        assert answer.document["error"]["code"] != "internal", answer
    else:
        assert answer.document["ok"] is False
        assert answer.codes
    assert "Traceback" not in answer.err
    return True


ROUTES = ["/log/checkpoint", "/log/consistency", "/log/deliveries", "/exchange/collections/"]


def test_a_node_that_does_not_lie_is_fine_behind_what_stands_before_it(lied):
    answer = lied("", None, "--again")
    assert (answer.status, answer.codes) == (0, [])


@pytest.mark.parametrize("route", ROUTES)
def test_nonsense_at_a_route_is_never_fine(lied, route):
    for raw in NONSENSE:
        for status, kind in ((200, JSON), (404, JSON), (500, "text/html")):
            answer = lied(route, lambda *_, told=(status, kind, raw): told, "--again")
            if route.startswith("/exchange/") and status == 200 and raw.startswith(b"{"):
                # A node that lists no collections has nothing to be read again.
                assert answer.status == 0
            else:
                assert odd(answer)


@pytest.mark.parametrize(
    "changes",
    [
        {"proof": []},
        {"proof": None},
        {"proof": {}},
        {"proof": [5, None]},
        {"proof": ["x"]},
        {"proof": ["A" * 43 + "="]},
        {"proof": ["A" * 43 + "="] * 1_000},
        {"proof": ["\ud800"]},
    ],
    ids=str,
)
def test_a_proof_of_growth_that_is_none_is_not_taken(lied, changes):
    answer = lied("/log/consistency", lambda status, kind, body: (status, kind, document(json.loads(body), **changes)))
    assert odd(answer)
    assert "error" in answer.document or answer.codes == ["log-rewritten"]


@pytest.mark.parametrize("name", ["size", "after", "more", "deliveries", "withdrawn", "keys", "eras"])
def test_no_member_of_the_list_of_deliveries_may_be_of_another_kind(lied, name):
    for value in (None, True, -1, 1.5, "5", 2**63, 10**400, [None], [[]], [5], {}, "\ud800", [{}], [{"number": 0}]):

        def change(status, kind, body, value=value):
            told = json.loads(body)
            return status, kind, document(told, **{name: value})

        assert odd(lied("/log/deliveries", change)), value


def test_a_list_of_deliveries_without_an_end_is_given_up(lied):
    def change(status, kind, body):
        return status, kind, document(json.loads(body), more=True)

    assert odd(lied("/log/deliveries", change))


@pytest.mark.parametrize("member", ["leaf", "proof", "items", "number", "names"])
def test_no_member_of_a_delivery_may_be_missing_or_of_another_kind(lied, member):
    def change(value):
        def changed(status, kind, body):
            told = json.loads(body)
            if value is ...:
                del told["deliveries"][0][member]
            else:
                told["deliveries"][0][member] = value
            return status, kind, document(told)

        return changed

    for value in (..., None, True, -1, 2**63, "", "\ud800", [], [None], [5], {}, ["A" * 43 + "="]):
        assert odd(lied("/log/deliveries", change(value))), value


@pytest.mark.parametrize(
    "told",
    [
        {"collections": [None]},
        {"collections": [{}]},
        {"collections": [{"id": "../../log/checkpoint"}]},
        {"collections": [{"id": 10**400}]},
        {"collections": [{"id": "\ud800"}]},
        {"collections": [{"id": "x" * 10_000}]},
    ],
    ids=lambda told: repr(told)[:40],
)
def test_a_list_of_collections_that_is_none_is_odd(lied, told):
    def change(status, kind, body):
        return (200, TAXII, document(told)) if b'"collections"' in body else (status, kind, body)

    assert odd(lied("/exchange/collections/", change, "--again"))


@pytest.mark.parametrize(
    "changes",
    [
        {"more": True, "next": "x"},
        {"more": True, "next": 5},
        {"more": True, "next": ["x"]},
        {"more": True, "next": "\ud800"},
        {"objects": [], "more": True, "next": "x"},
        {"objects": 5},
        {"objects": [5]},
        {"objects": [None, "x", []]},
        {"objects": [{"id": 5}]},
        {"objects": [{"id": "\ud800", "type": "x"}]},
    ],
    ids=str,
)
def test_a_collection_that_is_no_end_of_nonsense_is_never_fine(lied, changes):
    def change(status, kind, body):
        told = json.loads(body)
        if "collections" in told:
            return status, kind, body
        return 200, TAXII, document(told, **changes)

    assert odd(lied("/exchange/collections/", change, "--again"))
