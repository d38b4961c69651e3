"""Every page and fragment is behind the checks of the API: who asks, from where, with which token, how much."""

import contextlib
import re
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from tests.faces.console.addresses import EXAMPLES
from tests.faces.console.browsing import password

from relto.faces.console.face import FORM_BYTES_MAX
from relto.faces.console.routes import ROUTES

PAGES = [route.path for route in ROUTES if route.page is not None]
FORM = {"content-type": "application/x-www-form-urlencoded"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def browser(console):
    headers = {"accept": "text/html", "origin": console.base}
    return httpx.Client(base_url=console.base, headers=headers, timeout=60)


@contextlib.contextmanager
def signed_in(console, who):
    with browser(console) as client:
        answer = client.post("/sign-in", data={"name": who, "password": password(who)})
        assert answer.status_code == 303, answer.text
        yield client


@pytest.fixture(scope="module")
def officer(console):
    with signed_in(console, "officer") as client:
        yield client


def token(client):
    return TOKEN.search(client.get("/pauses/new").text)[1]


def pauses(client):
    return len(client.get("/api/v1/pauses").json())


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_before_signing_in(console, made_world, path):
    address = EXAMPLES[path](made_world[1])
    with browser(console) as client:
        answer = client.get(address)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=/")
        assert not answer.content
        fragment = client.get(address, headers={"hx-request": "true"})
        assert fragment.status_code == 401
        assert fragment.headers["hx-redirect"].startswith("/sign-in")
        assert not fragment.content


@pytest.mark.parametrize("path", PAGES)
def test_every_page_may_do_next_to_nothing(officer, made_world, path):
    answer = officer.get(EXAMPLES[path](made_world[1]))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=|\sstyle\s*=|javascript:", answer.text)


ACTS = [route.path for route in ROUTES if route.act is not None]


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("wrong", ["no token", "a wrong token", "another site", "no form"])
def test_no_form_is_taken_from_elsewhere(console, officer, path, wrong):
    address = re.sub(r"\{[^}]+\}", "1", path)
    headers = dict(FORM)
    data = {"csrf_token": token(officer), "once": "0" * 32}
    status = {403}
    if wrong == "no token":
        data.pop("csrf_token")
    elif wrong == "a wrong token":
        data["csrf_token"] = "0" * len(data["csrf_token"])
    elif wrong == "another site":
        headers |= {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    else:
        headers["content-type"] = "application/json"
        status = {403, 415}
    before = officer.get("/api/v1/acts").json()
    content = httpx.Request("POST", "http://x", data=data).content
    assert officer.post(address, content=content, headers=headers).status_code in status
    assert officer.get("/api/v1/acts").json() == before


def test_a_form_has_a_size(officer):
    answer = officer.post("/pauses/new", content=b"a=" + b"x" * FORM_BYTES_MAX, headers=FORM)
    assert answer.status_code == 413


def test_what_a_page_cannot_do_is_said(officer):
    answer = officer.put("/pauses")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "address",
    [
        "/nothing", "/agreements/nobody", "/pauses/99", "/acts/9999", "/%00", "//pauses/new",
        f"/evidence/leaves/{'9' * 5_000}",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_there(officer, address):
    answer = officer.get(address)
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("number", ["0", "99", "-1", "\u0661", "9" * 5_000])
@pytest.mark.parametrize("address", ["/pauses/2/conditions/{}", "/inbox/{}/acknowledge", "/readers/{}/set"])
def test_a_number_that_is_none_of_ours_is_unknown_however_long(officer, address, number):
    form = {"csrf_token": token(officer), "state": "met", "evidence": "x", "once": uuid4().hex}
    answer = officer.post(address.format(quote(number)), data=form)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("address", ["/agreements/usa-fvey", "/agreements/nobody"])
def test_who_may_not_see_it_is_told_just_that(console, address):
    with signed_in(console, "paris") as paris:
        answer = paris.get(address)
    assert answer.status_code == 404
    assert answer.text.count(address.rsplit("/", 1)[1]) <= 1


@pytest.mark.parametrize(
    "following", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"]
)
def test_signing_in_leads_nowhere_else(console, following):
    with browser(console) as client:
        answer = client.post("/sign-in", data={"name": "officer", "password": password("officer"), "next": following})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("back", "href"),
    [("javascript:alert(1)", "/"), ("//elsewhere.example/x", "/"), ("", "/"), ("/pauses/2?a=b", "/pauses/2?a=b")],
)
def test_a_question_leads_back_to_this_server_alone(officer, back, href):
    said = {"csrf_token": token(officer), "agreement": "usa-cyber", "reason": "talks", "back": back}
    question = officer.post("/pauses/new", data=said)
    assert f'href="{href}">Leave it</a>' in question.text


def test_a_wrong_password_says_nothing_of_the_name(console):
    with browser(console) as client:
        answers = [client.post("/sign-in", data={"name": name, "password": "wrong"}) for name in ("officer", "nobody")]
    assert [each.status_code for each in answers] == [401, 401]
    assert answers[0].text == answers[1].text


def test_a_question_does_nothing_and_its_answer_is_done_once(own_console):
    with signed_in(own_console, "officer") as client:
        said = {
            "csrf_token": token(client),
            "agreement": "usa-cyber",
            "reason": "once",
            "mode": "freeze",
            "then": "release",
        }
        before = pauses(client)
        question = client.post("/pauses/new", data=said)
        assert question.status_code == 200
        assert pauses(client) == before
        key = re.search(r'name="once" value="([^"]+)"', question.text)[1]
        answers = [client.post("/pauses/new", data=said | {"once": key}) for _ in range(3)]
        assert {each.status_code for each in answers} == {303}
        assert len({each.headers["location"] for each in answers}) == 1
        assert pauses(client) == before + 1
        other = client.post("/pauses/new", data=said | {"once": key, "reason": "another"})
        assert other.status_code >= 400
        assert pauses(client) == before + 1


def test_a_wrong_form_comes_back_with_what_was_said(officer):
    said = {"csrf_token": token(officer), "agreement": "usa-cyber", "reason": "because", "review": "yesterday or so"}
    answer = officer.post("/pauses/new", data=said)
    assert answer.status_code in {400, 422}
    assert "because" in answer.text
    assert "yesterday or so" in answer.text


def test_signing_out_ends_the_session(console):
    with signed_in(console, "officer") as client:
        assert client.post("/session/end", data={"csrf_token": token(client), "next": "/sign-in"}).status_code == 303
        assert client.get("/").status_code == 303
