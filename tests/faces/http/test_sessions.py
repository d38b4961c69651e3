"""People sign in, go on by a cookie, and change nothing that a page of somebody else made their browser send."""

import contextlib
import json
import socket
import time

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, TAXII, assert_refused, indicator, serving

from relto.usecases.accounts import add_account, end_sessions, revoke, set_password


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}", proxy__addresses="127.0.0.1") as served:
        yield served


@pytest.fixture
def ours(node):
    """The headers that a browser sends of itself with a request of a page of ours."""
    return {"origin": node.base, "sec-fetch-site": "same-origin"}


def sign_in(node, name="kyiv", password=PASSWORD, **headers):
    body = {"name": name, "password": password}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.post(f"{node.base}/session", json=body, headers=named)


def cookies_of(response):
    """name → (value, attributes) of the cookies that a response sets."""
    found = {}
    for line in response.headers.get_list("set-cookie"):
        first, *attributes = line.split("; ")
        name, _, value = first.partition("=")
        found[name] = (value, set(attributes))
    return found


@pytest.fixture
def person(node):
    """A client of somebody who signed in, with the session's token."""
    response = sign_in(node)
    assert response.status_code == 200
    client = httpx.Client(base_url=node.base, cookies={"relto-session": response.cookies["relto-session"]})
    client.token = response.json()["csrf_token"]
    with client:
        yield client


# Signing in.


def test_signing_in_gives_a_session_and_says_what_it_is_good_for(node):
    response = sign_in(node)
    document = response.json()
    assert (document["account"], document["party"], document["roles"]) == ("kyiv", "UKR", ["reader"])
    assert (document["how"], document["scopes"]) == ("password", ["act", "admin", "read", "write"])
    cookies = cookies_of(response)
    value, attributes = cookies["relto-session"]
    assert len(value) >= 43
    assert attributes == {"Path=/", "SameSite=Lax", "HttpOnly"}
    assert cookies["relto-csrf"] == (document["csrf_token"], {"Path=/", "SameSite=Lax"})
    assert response.headers["cache-control"] == "private, no-store"


def test_over_tls_cookies_are_for_this_host_and_for_tls_alone(node):
    cookies = cookies_of(sign_in(node, x_forwarded_proto="https"))
    assert set(cookies) == {"__Host-relto-session", "__Host-relto-csrf"}
    assert cookies["__Host-relto-session"][1] == {"Path=/", "SameSite=Lax", "HttpOnly", "Secure"}
    value = cookies["__Host-relto-session"][0]
    secure = {"x-forwarded-proto": "https"}
    for name, headers, status in (
        ("__Host-relto-session", secure, 200),
        # A cookie that another host of the domain could have planted is not looked at.
        ("relto-session", secure, 401),
        ("__Host-relto-session", {}, 401),
    ):
        response = httpx.get(f"{node.base}/session", headers={**headers, "cookie": f"{name}={value}"})
        assert response.status_code == status


def test_a_session_is_good_at_every_address(node, person):
    assert person.get("/session").json()["account"] == "kyiv"
    assert len(person.get("/exchange/collections/", headers={"accept": TAXII}).json()["collections"]) == 1
    assert person.get("/session").json()["csrf_token"] == person.token


def test_a_form_signs_in_and_goes_on_to_an_address_of_this_server_alone(node):
    for place, location in (
        ("/api/docs", "/api/docs"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
    ):
        fields = {"name": "kyiv", "password": PASSWORD, "next": place}
        response = httpx.post(f"{node.base}/session", data=fields)
        assert (response.status_code, response.headers["location"]) == (303, location)
        assert "relto-session" in response.cookies


def test_whatever_is_wrong_with_name_or_password_the_answer_is_the_same(node):
    with_token = add_account(node.opened.node, node.opened.desk, "feed", party="UKR", roles=[], by=ADMIN, token=True)[1]
    answers = [
        sign_in(node, *given)
        for given in (("kyiv", "wrong"), ("nobody", "wrong"), ("feed", with_token), ("", ""), ("x" * 500, "y" * 2_000))
    ]
    for answer in answers:
        assert_refused(answer, 401, "unauthorised")
        assert "set-cookie" not in answer.headers
    assert len({len(answer.content) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 16_000, "application/json", 400),
        (b'{"name": "kyiv"}', "application/json", 400),
        (b'{"name": 1, "password": 2}', "application/json", 400),
        (b'{"name": ["kyiv"], "password": "x"}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"name=kyiv&password=%ff", "application/x-www-form-urlencoded", 400),
        (b"name=kyiv&name=lviv&password=x", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded", 400),
        (b"name=kyiv", "text/plain", 415),
        (b"x" * 20_000, "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused(node, content, kind, status):
    response = httpx.post(f"{node.base}/session", content=content, headers={"content-type": kind})
    assert_refused(response, status)


def test_each_sign_in_has_a_new_cookie_and_ends_the_session_of_before(node):
    first = sign_in(node).cookies["relto-session"]
    second = sign_in(node, cookie=f"relto-session={first}").cookies["relto-session"]
    planted = sign_in(node, cookie="relto-session=chosen-by-an-attacker").cookies["relto-session"]
    assert len({first, second, planted, "chosen-by-an-attacker"}) == 4
    for value, status in ((first, 401), (second, 200), (planted, 200), ("chosen-by-an-attacker", 401)):
        response = httpx.get(f"{node.base}/session", headers={"cookie": f"relto-session={value}"})
        assert response.status_code == status


def test_a_page_of_another_site_signs_nobody_in(node):
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}):
        assert_refused(sign_in(node, **headers), 403, "cross-site")
    assert sign_in(node, origin=node.base, sec_fetch_site="same-origin").status_code == 200


@pytest.mark.parametrize(
    "cookie",
    [
        "relto-session=",
        "relto-session=x; relto-session=y",
        "relto-session",
        "=;=;;",
        "a" * 20_000,
        "relto-session=\xff",
    ],
)
def test_a_cookie_that_is_none_is_refused(node, cookie):
    assert_refused(httpx.get(f"{node.base}/session", headers={"cookie": cookie.encode("latin-1")}), 401)


# Changing something.


def test_a_session_changes_something_with_its_token_from_a_page_of_ours_alone(node, ours):
    other = sign_in(node, "lviv").json()["csrf_token"]
    response = sign_in(node)
    token, cookie = response.json()["csrf_token"], f"relto-session={response.cookies['relto-session']}"
    good = {**ours, "x-csrf-token": token}
    wrong = [
        ours,
        {**ours, "x-csrf-token": other},
        {**ours, "x-csrf-token": ""},
        {**good, "origin": "https://evil.example"},
        {**good, "origin": node.base.replace("127.0.0.1", "localhost")},
        {**good, "origin": "null"},
        {**good, "sec-fetch-site": "cross-site"},
        {**good, "sec-fetch-site": "same-site"},
        {"x-csrf-token": token},
    ]
    for headers in wrong:
        response = httpx.delete(f"{node.base}/session", headers={**headers, "cookie": cookie})
        assert response.json()["error_code"] in {"csrf-missing", "cross-site"}
        assert response.status_code == 403
    # Nothing of that ended it.
    assert httpx.delete(f"{node.base}/session", headers={**good, "cookie": cookie}).status_code == 204
    assert_refused(httpx.get(f"{node.base}/session", headers={"cookie": cookie}), 401)


def test_every_method_that_changes_something_needs_it_at_every_address(node, ours):
    response = sign_in(node, "agency")
    cookie, token = f"relto-session={response.cookies['relto-session']}", response.json()["csrf_token"]
    body = json.dumps({"objects": [indicator()]}).encode()
    url = f"{node.base}/exchange/collections/own/objects/"
    headers = {"content-type": TAXII, "cookie": cookie}
    assert_refused(httpx.post(url, content=body, headers=headers), 403, "csrf-missing")
    assert_refused(httpx.post(url, content=body, headers={**headers, **ours}), 403, "csrf-missing")
    assert httpx.post(url, content=body, headers={**headers, **ours, "x-csrf-token": token}).status_code == 202
    assert_refused(httpx.delete(f"{url}indicator--x/", headers={"cookie": cookie, **ours}), 403, "csrf-missing")


def test_a_password_that_a_browser_remembers_changes_nothing_for_another_site(node):
    body = json.dumps({"objects": [indicator()]}).encode()
    url = f"{node.base}/exchange/collections/own/objects/"
    auth = ("agency", PASSWORD)
    assert httpx.get(url, auth=auth).status_code == 200
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        response = httpx.post(url, content=body, auth=auth, headers={"content-type": TAXII, **headers})
        assert_refused(response, 403, "cross-site")
    assert httpx.post(url, content=body, auth=auth, headers={"content-type": TAXII}).status_code == 202


# Ending.


def test_signing_out_ends_this_session_alone_and_forgets_the_cookies(node, person, ours):
    other = sign_in(node).cookies["relto-session"]
    response = person.delete("/session", headers={**ours, "x-csrf-token": person.token})
    assert response.status_code == 204
    assert all("Max-Age=0" in attributes for _, attributes in cookies_of(response).values())
    assert_refused(httpx.get(f"{node.base}/session", headers={"cookie": f"relto-session={other}x"}), 401)
    assert httpx.get(f"{node.base}/session", headers={"cookie": f"relto-session={other}"}).status_code == 200


def test_a_form_signs_out_with_the_token_in_a_field(node, person, ours):
    value = person.cookies["relto-session"]
    headers = {**ours, "cookie": f"relto-session={value}"}
    assert_refused(httpx.post(f"{node.base}/session/end", data={"csrf_token": "x"}, headers=headers), 403)
    response = httpx.post(f"{node.base}/session/end", data={"csrf_token": person.token}, headers=headers)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert_refused(httpx.get(f"{node.base}/session", headers=headers), 401)


def test_who_came_in_without_a_session_has_none_to_end(node):
    auth = ("kyiv", PASSWORD)
    document = httpx.get(f"{node.base}/session", auth=auth).json()
    assert (document["how"], document["expires_at"]) == ("password", None)
    assert "csrf_token" not in document
    assert_refused(httpx.delete(f"{node.base}/session", auth=auth), 400, "session-none")


def test_a_session_ends_on_the_next_request_with_the_account_the_password_or_an_operators_word(node):
    opened = node.opened
    for number, act in enumerate((
        lambda name: end_sessions(opened.node, opened.desk, name, by=ADMIN),
        lambda name: set_password(opened.node, opened.desk, name, by=ADMIN, password="another password"),
        lambda name: revoke(opened.node, opened.desk, name, by=ADMIN),
    )):  # fmt: skip
        name = f"person-{number}"
        add_account(opened.node, opened.desk, name, party="UKR", roles=[], by=ADMIN, password=PASSWORD)
        cookie = f"relto-session={sign_in(node, name).cookies['relto-session']}"
        assert httpx.get(f"{node.base}/session", headers={"cookie": cookie}).status_code == 200
        act(name)
        assert_refused(httpx.get(f"{node.base}/session", headers={"cookie": cookie}), 401)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/session", 405),
        ("GET", "/session/end", 405),
        ("GET", "/session/openid", 404),
        ("GET", "/session/openid/callback", 404),
        ("GET", "/session/x", 404),
    ],
)
def test_what_is_not_there_is_refused(node, method, path, status):
    assert_refused(httpx.request(method, node.base + path), status)


# Bodies that do not come.


@contextlib.contextmanager
def begun(node, count, address="203.0.113.1", path="/session"):
    """So many sign-ins whose body is awaited, each on a connection of its own; the answers that came meanwhile."""
    host, _, port = node.base.removeprefix("http://").partition(":")
    head = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {address}\r\n"
        "content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n\r\n"
    )
    with contextlib.ExitStack() as stack:
        answers = []
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
            connection.sendall(head.encode())
            # The 100 says that the server has begun to wait for the body.
            answers.append(connection.recv(4_096))
        yield answers


@pytest.mark.parametrize("path", ["/session", "/session/end"])
def test_sign_ins_that_never_end_leave_room_for_everybody_else(tmp_path, path):
    url = f"sqlite:///{tmp_path / 'relto.db'}"
    with serving(tmp_path, url, proxy__addresses="127.0.0.1", http__requests_max=32) as served:
        with begun(served, 34, path=path) as answers:
            assert [each.partition(b"\r\n")[0] for each in answers].count(b"HTTP/1.1 100 Continue") == 2
            told = answers[-1]
            assert told.startswith(b"HTTP/1.1 429 ")
            assert b"sign-ins-too-many" in told
            assert b"retry-after: 2" in told
            assert httpx.get(f"{served.base}/healthz").status_code == 200
            assert sign_in(served, x_forwarded_for="203.0.113.2").status_code == 200
            assert_refused(sign_in(served, x_forwarded_for="203.0.113.1"), 429, "sign-ins-too-many")
        with contextlib.ExitStack() as stack:
            for number in range(4, 10):
                stack.enter_context(begun(served, 2, f"203.0.113.{number}", path))
            # Whoever has come in already is served, from however many addresses that is tried.
            assert_refused(sign_in(served, x_forwarded_for="203.0.113.2"), 429, "sign-ins-too-many")
            for _ in range(3):
                assert httpx.get(f"{served.base}/session", auth=("kyiv", PASSWORD)).status_code == 200
        end = time.monotonic() + 15
        while sign_in(served, x_forwarded_for="203.0.113.1").status_code == 429:
            assert time.monotonic() < end, "who has gone has given its place back"


def test_how_the_process_is_is_told_however_busy_it_is(tmp_path):
    url = f"sqlite:///{tmp_path / 'relto.db'}"
    with (
        serving(tmp_path, url, proxy__addresses="127.0.0.1", http__requests_max=1) as served,
        begun(served, 1),
    ):
        for path in ("/healthz", "/readyz"):
            assert httpx.get(served.base + path).status_code == 200
        assert_refused(httpx.get(f"{served.base}/session"), 503, "unavailable")


# Lock-out.


def test_refused_log_ins_are_counted_by_why_and_without_names(node):
    def counted():
        found = {}
        for line in httpx.get(f"{node.base}/metrics", auth=("watch", PASSWORD)).text.splitlines():
            if line.startswith("relto_logins_refused_total{"):
                name, _, value = line.rpartition(" ")
                found[name.partition('reason="')[2].rstrip('"}')] = float(value)
        return found

    before = counted()
    url = f"{node.base}/taxii2/"
    httpx.get(url)
    httpx.get(url, auth=("no-such-name", "wrong"))
    httpx.get(url, headers={"authorization": "Bearer x"})
    httpx.get(url, headers={"authorization": "Nonsense"})
    httpx.get(url, headers={"cookie": "relto-session=x"})
    httpx.post(f"{node.base}/session", headers={"origin": "https://evil.example"})
    after = counted()
    reasons = ("nothing", "password", "token", "form", "session", "cross-site")
    assert {reason: after[reason] - before.get(reason, 0) for reason in reasons} == dict.fromkeys(reasons, 1)
    assert "no-such-name" not in httpx.get(f"{node.base}/metrics", auth=("watch", PASSWORD)).text


def from_(address):
    return {"x-forwarded-for": address}


@pytest.fixture
def strict(tmp_path):
    limits = {
        "auth__failures_max": 3,
        "auth__name_failures_max": 8,
        "auth__wait_seconds": 60,
        "auth__cache_seconds": 60,
    }
    url = f"sqlite:///{tmp_path / 'relto.db'}"
    with serving(tmp_path, url, proxy__addresses="127.0.0.1", **limits) as served:
        yield served


def test_wrong_passwords_lock_an_address_out_with_a_wait_and_nobody_else(strict):
    url = f"{strict.base}/taxii2/"
    token = add_account(strict.opened.node, strict.opened.desk, "feed", party="UKR", roles=[], by=ADMIN, token=True)[1]
    assert httpx.get(url, auth=("kyiv", PASSWORD), headers=from_("203.0.113.1")).status_code == 200
    for name in ("kyiv", "nobody"):
        told = [httpx.get(url, auth=(name, "wrong"), headers=from_("198.51.100.1")) for _ in range(4)]
        assert [each.status_code for each in told] == [401, 401, 401, 429]
        assert_refused(told[-1], 429, "logins-too-many")
        assert 1 <= int(told[-1].headers["retry-after"]) <= 61
    # Not even the right one is checked there, but elsewhere it is; what is remembered and tokens go on everywhere.
    assert httpx.get(url, auth=("lviv", PASSWORD), headers=from_("198.51.100.1")).status_code == 200
    assert (
        httpx.post(
            f"{strict.base}/session", json={"name": "nobody", "password": "x"}, headers=from_("198.51.100.1")
        ).status_code
        == 429
    )
    assert httpx.get(url, auth=("kyiv", PASSWORD), headers=from_("198.51.100.1")).status_code == 200
    assert httpx.get(url, headers={"authorization": f"Bearer {token}", **from_("198.51.100.1")}).status_code == 200


def test_an_attack_from_many_addresses_keeps_new_ones_waiting_and_the_owner_at_home_not(strict):
    url = f"{strict.base}/taxii2/"
    opened = strict.opened
    assert httpx.get(url, auth=("kyiv", PASSWORD), headers=from_("203.0.113.1")).status_code == 200
    told = [httpx.get(url, auth=("kyiv", "wrong"), headers=from_(f"198.51.100.{n}")).status_code for n in range(10)]
    assert told == [401] * 8 + [429] * 2
    # Another password, so that none is remembered.
    set_password(opened.node, opened.desk, "kyiv", by=ADMIN, password="another password")
    assert httpx.get(url, auth=("kyiv", "another password"), headers=from_("203.0.113.1")).status_code == 200


def test_an_address_that_anybody_may_write_does_not_help(tmp_path):
    url = f"sqlite:///{tmp_path / 'relto.db'}"
    with serving(tmp_path, url, auth__failures_max=3, auth__wait_seconds=60) as served:
        told = [
            httpx.get(f"{served.base}/taxii2/", auth=("kyiv", "wrong"), headers=from_(f"198.51.100.{n}")).status_code
            for n in range(5)
        ]
    assert told == [401, 401, 401, 429, 429]
