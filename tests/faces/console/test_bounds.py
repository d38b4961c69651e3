"""No account, and nobody who has not signed in, keeps the others from their pages."""

import contextlib
import re
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import httpx
import pytest
from tests.faces.console.browsing import password

from relto.faces.console import face, static, turns
from relto.faces.console.pages import evidence as pages
from relto.faces.verbs import agreements, pausing
from relto.usecases import office

OF_ONE = turns.THREADS_OF_ONE + turns.WAITING_OF_ONE
SECONDS = 30
ACCOUNTS = ("officer", "adviser", "kyiv")


@pytest.fixture
def asking(console):
    """Asks for pages by account; None: as nobody. Each has been let in once, so that no password waits its turn."""
    with contextlib.ExitStack() as stack:

        def client(who):
            auth = (who, password(who)) if who else None
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            headers = {"accept": "text/html"}
            made = httpx.Client(base_url=console.base, auth=auth, headers=headers, timeout=SECONDS, limits=limits)
            return stack.enter_context(made)

        clients = {who: client(who) for who in (*ACCOUNTS, None)}
        assert {clients[who].get("/pauses").status_code for who in ACCOUNTS} == {200}
        yield clients


class Gate:
    """What is slow until it may go on."""

    def __init__(self):
        self.under_way, self.may_go = threading.Semaphore(0), threading.Event()

    def wait(self):
        self.under_way.release()
        assert self.may_go.wait(SECONDS)

    def reached(self):
        assert self.under_way.acquire(timeout=SECONDS)


@pytest.fixture
def gate():
    made = Gate()
    yield made
    made.may_go.set()


@contextlib.contextmanager
def sent(gate, ask, count):
    """So many requests at once; at the end they may go on."""
    with ThreadPoolExecutor(count) as pool:
        try:
            yield [pool.submit(ask) for _ in range(count)]
        finally:
            gate.may_go.set()


def assert_later(response):
    """Told to come back, by a page."""
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>That did not work</h1>" in response.text
    assert "content-security-policy" in response.headers


def test_who_asks_for_much_waits_for_itself(asking, gate, monkeypatch):
    told = pausing.list_

    def slow(caller, **said):
        if caller.by.account == "officer":
            gate.wait()
        return told(caller, **said)

    monkeypatch.setattr(pausing, "list_", slow)
    with sent(gate, lambda: asking["officer"].get("/pauses"), OF_ONE + 1) as asked:
        done, left = wait(asked, timeout=SECONDS, return_when=FIRST_COMPLETED)
        assert len(left) == OF_ONE
        assert_later(done.pop().result())
        for _ in range(turns.THREADS_OF_ONE):
            gate.reached()
        assert not gate.under_way.acquire(timeout=0.2), "more of one account are drawn at once"
        assert asking["adviser"].get("/pauses").status_code == 200
        assert asking["kyiv"].get("/").status_code == 200
        assert asking[None].get(static.address("htmx.min.js")).status_code == 200
        assert asking[None].get("/sign-in").status_code == 200
        assert asking[None].get("/nothing").status_code == 404
        assert_later(asking["officer"].get("/agreements"))
    assert {each.result().status_code for each in left} == {200}
    assert asking["officer"].get("/agreements").status_code == 200


def test_who_has_not_signed_in_keeps_nobody_waiting(asking, gate, monkeypatch):
    draw = face.draw

    def slow(template, values):
        if template == "sign-in.html":
            gate.wait()
        return draw(template, values)

    monkeypatch.setattr(face, "draw", slow)
    with sent(gate, lambda: asking[None].get("/sign-in"), face.OPEN_OF_ONE + 1) as asked:
        done, left = wait(asked, timeout=SECONDS, return_when=FIRST_COMPLETED)
        assert len(left) == face.OPEN_OF_ONE
        assert_later(done.pop().result())
        assert asking["officer"].get("/pauses").status_code == 200
        assert asking[None].get(static.address("console.css")).status_code == 200
    assert {each.result().status_code for each in left} == {200}


def test_who_takes_files_slowly_leaves_some_to_others(asking, monkeypatch):
    ended = threading.Event()
    # A file without an end: of such a one nothing is sent that nobody takes.
    monkeypatch.setattr(pages.log, "received", lambda *_, **__: {"items": [], "next": None if ended.is_set() else "1"})
    monkeypatch.setattr(pages, "_lines", lambda _: b"x" * 262_144)
    address = "/evidence/received?party=UKR"
    with contextlib.ExitStack() as taken:
        taken.callback(ended.set)
        for _ in range(face.SENDING_OF_ONE):
            assert taken.enter_context(asking["officer"].stream("GET", address)).status_code == 200
        assert_later(asking["officer"].get(address))
        assert taken.enter_context(asking["kyiv"].stream("GET", address)).status_code == 200
        assert asking["officer"].get("/pauses").status_code == 200


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_a_file_is_packed_once(asking, monkeypatch, coding):
    monkeypatch.setattr(static, "compress", None)
    address = static.address("console.css")
    answers = [asking[None].get(address, headers={"accept-encoding": coding}) for _ in range(2)]
    for answer in answers:
        assert answer.text == (static.FOLDER / "console.css").read_text()
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["vary"] == "accept-encoding"
        assert "immutable" in answer.headers["cache-control"]
    assert answers[0].headers.multi_items()[1:] == answers[1].headers.multi_items()[1:]


# Forms.

SAID = {"agreement": "usa-cyber", "reason": "twice", "mode": "freeze", "then": "release"}


def question(client):
    """The form that does it."""
    asked = client.post("/pauses/new", data=SAID)
    assert asked.status_code == 200, asked.text
    return SAID | {"once": re.search(r'name="once" value="([^"]+)"', asked.text)[1]}


@pytest.fixture
def slow_act(gate, monkeypatch):
    """Acts are slow, and whoever finds one under way is counted."""
    submit, is_busy, busy = office.submit, face.is_busy, threading.Semaphore(0)

    def slow(*args, **more):
        gate.wait()
        return submit(*args, **more)

    def counted(error):
        busy.release()
        return is_busy(error)

    monkeypatch.setattr(office, "submit", slow)
    monkeypatch.setattr(face, "is_busy", counted)
    return busy


def test_a_form_that_is_sent_twice_at_once_is_done_once(asking, gate, slow_act, monkeypatch):
    # Long enough that what comes of the first is known when they ask again.
    monkeypatch.setattr(face, "BUSY_SECONDS", (3.0, 3.0, 3.0))
    officer = asking["officer"]
    form = question(officer)
    before = officer.get("/pauses").text.count("twice")
    with sent(gate, lambda: officer.post("/pauses/new", data=form), 3) as asked:
        gate.reached()
        for _ in range(2):
            assert slow_act.acquire(timeout=SECONDS)
        # Who waits for the first has no thread: two would be all that the account may have.
        assert officer.get("/pauses").status_code == 200
    answers = [each.result() for each in asked]
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    assert answers[0].headers["location"].startswith("/pauses/")
    assert officer.get("/pauses").text.count("twice") > before
    assert not gate.under_way.acquire(timeout=0.2), "it was done twice"


def test_who_waits_too_long_for_the_first_is_told_so(asking, gate, slow_act, monkeypatch):
    monkeypatch.setattr(face, "BUSY_SECONDS", (0.01,))
    officer = asking["officer"]
    form = question(officer)
    with sent(gate, lambda: officer.post("/pauses/new", data=form), 1) as asked:
        gate.reached()
        second = officer.post("/pauses/new", data=form)
        assert second.status_code == 409
        assert "being worked on" in second.text
        assert slow_act.acquire(timeout=SECONDS)
    assert asked[0].result().status_code == 303


def test_an_agreement_that_is_chosen_often_is_looked_at_once(asking, monkeypatch):
    shown, show = [], agreements.show

    def counted(caller, *, agreement, **more):
        shown.append(agreement)
        return show(caller, agreement=agreement, **more)

    monkeypatch.setattr(agreements, "show", counted)
    answer = asking["officer"].post("/pauses/topics", data={"agreement": ["usa-cyber"] * 1_990})
    assert answer.status_code == 200
    assert shown == ["usa-cyber"]


@pytest.mark.parametrize(
    ("who", "case", "status"), [("kyiv", "usa-ukr-2025", 403), ("kyiv", "nobody", 403), ("officer", "nobody", 404)]
)
def test_no_article_is_read_for_whom_there_is_no_case(asking, monkeypatch, who, case, status):
    read = []
    monkeypatch.setattr("relto.wiring.press", lambda: read.append(who))
    answer = asking[who].post(f"/cases/{case}/read", data={"article": "JEDDAH, March 11 - Talks were held."})
    assert answer.status_code == status
    assert read == []
