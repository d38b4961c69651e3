"""The API from outside: what it asks for, what it answers, and what it refuses, in one shape."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time

import httpx
import pytest
from tests.conformance.served import PASSWORD, indicator
from tests.faces.api.conftest import ROLES, assert_problem, client

from relto.faces.verbs.registry import PREFIX, VERBS


def test_anybody_may_read_what_it_offers_and_that_asks_nobody_else_for_anything(api):
    with client(api, None) as asked:
        document = asked.get(f"{PREFIX}/openapi.json").json()
        page = asked.get("/api/docs")
    assert document["openapi"].startswith("3.1")
    for verb in VERBS:
        assert verb.method.lower() in document["paths"][PREFIX + verb.path], verb.words
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "http://" not in page.text
    assert "https://" not in page.text.replace("https://example.org", "").replace("https://cert.example.org", "")
    assert "<script" not in page.text


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.words)
def test_nobody_gets_in_without_a_login(api, verb):
    path = PREFIX + verb.path.replace("{", "").replace("}", "")
    with client(api, None) as asked:
        assert_problem(asked.request(verb.method, path, json={}), 401, "unauthorised")
        assert "www-authenticate" in asked.request(verb.method, path).headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "address-unknown"),
        ("DELETE", "/pauses", 405, "method-unknown"),
        ("GET", "/pauses/7", 404, "pause-unknown"),
        ("GET", "/agreements/usa-xyz", 404, "agreement-unknown"),
        ("GET", "/acts/99", 404, "act-unknown"),
        ("GET", "/status?name=a&name=b", 400, "query-invalid"),
        ("GET", "/status?nonsense=1", 422, "request-invalid"),
        ("GET", "/acts?limit=0", 422, "request-invalid"),
        ("POST", "/pauses", 422, "request-invalid"),
    ],
)
def test_what_cannot_be_is_refused_in_one_shape(api, method, path, status, code):
    with client(api) as asked:
        assert_problem(asked.request(method, PREFIX + path), status, code)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"reason": "a", "reason": "b"}', "application/json", 400),
        (b'{"reason": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"limit": 1' + b"0" * 10_000 + b"}", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'"' + b"x" * 5_000_000 + b'"', "application/json", 413),
        (b'{"reason": "' + b"x" * 262_144 + b'"}', "application/json", 413),
        (b'{"reason": "talks", "agreements": ["usa-ukr"], "secret": 1}', "application/json", 422),
        (b'{"reason": 7, "agreements": ["usa-ukr"]}', "application/json", 422),
        (b'{"reason": "a\\u0000b", "agreements": ["usa-ukr"]}', "application/json", 422),
        (b'{"reason": "talks", "agreements": "usa-ukr"}', "application/json", 422),
    ],
    ids=range(13),
)
def test_a_hostile_body_is_refused_and_nothing_is_done(api, content, kind, status):
    with client(api) as asked:
        before = asked.get(f"{PREFIX}/acts").json()
        assert_problem(asked.post(f"{PREFIX}/pauses", content=content, headers={"content-type": kind}), status)
        assert asked.get(f"{PREFIX}/acts").json() == before


@contextlib.contextmanager
def begun(api, method, path, length, sent=b"", name="foreign"):
    """A request whose body is announced, of which only a part is sent; what was answered to its head."""
    host, _, port = api.base.removeprefix("http://").partition(":")
    auth = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
    head = (
        f"{method} {PREFIX}{path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {auth}\r\n"
        f"content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65_536)
        connection.sendall(sent)
        yield answer


@pytest.mark.parametrize(
    ("method", "path", "length", "status"),
    [
        ("POST", "/nothing", 10, b"404"),
        ("PUT", "/nothing", 4_000_000, b"404"),
        ("DELETE", "/pauses", 10, b"405"),
        ("POST", "/status", 10, b"405"),
        ("POST", "/previews/pause", 262_145, b"413"),
        ("POST", "/previews/pause", 262_144, b"100"),
        ("POST", "/agreements", 4_194_304, b"100"),
        ("POST", "/agreements", 4_194_305, b"413"),
        ("POST", "/ingest?originator=USA", 50_000_000, b"100"),
    ],
)
def test_a_body_is_awaited_only_where_something_is_done_with_it_and_as_long_as_that_takes(
    api, method, path, length, status
):
    with begun(api, method, path, length) as answer:
        assert answer.split()[1] == status


def test_one_account_that_never_ends_its_bodies_stops_no_pause(api):
    with contextlib.ExitStack() as stack:
        for path, length in (
            ("/previews/pause", 262_144),
            ("/agreements", 4_194_304),
            ("/ingest?originator=USA", 10**8),
        ):
            for _ in range(6):
                part = b"x" * min(length - 1, 1_000_000)
                stack.enter_context(begun(api, "POST", path, length, part))
        with client(api, "officer") as asked:
            order = {"agreements": ["usa-gbr"], "reason": "talks"}
            made = asked.post(f"{PREFIX}/pauses", json=order)
            assert made.status_code == 200, made.text
            assert asked.post(f"{PREFIX}/pauses/resume", json={"pauses": [made.json()["pause"]]}).status_code == 200
            text = "{agreement: usa-fra, title: t, from: USA, to: [FRA], scope: {topics: [naval]}}"
            assert asked.post(f"{PREFIX}/agreements", json={"files": [text]}).status_code == 200
            answer = asked.post(f"{PREFIX}/ingest?originator=USA", content=json.dumps([indicator()]))
            assert (answer.status_code, answer.json()["added"]) == (200, 1)


def test_a_pause_is_made_seen_amended_and_lifted_on_each_engine(api_of_each):
    with client(api_of_each, "officer") as asked:
        made = asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "talks"})
        assert (made.status_code, made.json()["state"], made.json()["pause"]) == (200, "applied", "1")
        api_of_each.publish(indicator(), indicator())
        [entry] = [each for each in asked.get(f"{PREFIX}/status").json() if each["to"] == "UKR" and each["pauses"]]
        assert entry["pauses"][0]["held"]["items"] == 2
        shown = asked.get(f"{PREFIX}/pauses/1")
        tag = shown.headers["etag"]
        assert asked.get(f"{PREFIX}/pauses/1", headers={"if-none-match": tag}).status_code == 304
        amended = asked.post(f"{PREFIX}/pauses/1/amend", json={"reason": "more talks"}, headers={"if-match": tag})
        assert amended.json()["version"] == 2
        stale = asked.post(f"{PREFIX}/pauses/1/amend", json={"reason": "x"}, headers={"if-match": tag})
        assert_problem(stale, 412, "precondition-failed")
        lifted = asked.post(f"{PREFIX}/pauses/resume", json={"pauses": ["1"]})
        assert (lifted.json()["released"], lifted.json()["state"]) == (2, "applied")
        assert_problem(asked.post(f"{PREFIX}/pauses/resume", json={"pauses": ["1"]}), 409, "pause-lifted")
    with client(api_of_each, "auditor") as asked:
        kinds = [each["kind"] for each in asked.get(f"{PREFIX}/acts").json()["acts"]]
        assert kinds[:3] == ["resume", "pause-amend", "pause"]
        assert asked.get(f"{PREFIX}/acts").json()["acts"][2]["how"] == "password"


def test_an_act_that_comes_twice_under_one_key_is_done_once_on_each_engine(api_of_each):
    body = {"agreements": ["usa-ukr"], "reason": "talks"}
    with client(api_of_each, "officer", **{"idempotency-key": "one"}) as asked:
        first = asked.post(f"{PREFIX}/pauses", json=body)
        again = asked.post(f"{PREFIX}/pauses", json=body)
        other = asked.post(f"{PREFIX}/pauses", json={**body, "reason": "other"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert_problem(other, 422, "idempotency-key-reused")
    with client(api_of_each, "chief", **{"idempotency-key": "one"}) as asked:
        assert asked.post(f"{PREFIX}/pauses", json=body).json()["pause"] == "2"


def test_a_key_stands_for_the_rights_and_the_version_that_it_was_used_with(api):
    with client(api) as asked:
        tokens = [
            asked.post(f"{PREFIX}/accounts/chief/tokens", json={"scopes": scopes, "label": "key"}).json()["token"]
            for scopes in (["read", "act"], ["read"])
        ]
        pause = asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-gbr"], "reason": "one"}).json()["pause"]
        address = f"{PREFIX}/pauses/{pause}"
        tag = asked.get(address).headers["etag"]
    wide, narrow = ({"authorization": f"Bearer {token}", "idempotency-key": "rights"} for token in tokens)
    body = {"reason": "two"}
    with httpx.Client(base_url=api.base, timeout=60) as asked:
        done = asked.post(f"{address}/amend", json=body, headers={**wide, "if-match": tag})
        assert (done.status_code, done.json()["version"]) == (200, 2)
        again = asked.post(f"{address}/amend", json=body, headers={**wide, "if-match": tag})
        assert again.headers["idempotency-replayed"] == "true"
        for headers in (wide, {**wide, "if-match": "*"}, {**wide, "if-match": ""}, {**narrow, "if-match": tag}):
            answer = asked.post(f"{address}/amend", json=body, headers=headers)
            assert_problem(answer, 422, "idempotency-key-reused")
    with client(api) as asked:
        asked.post(f"{PREFIX}/pauses/resume", json={"pauses": [pause]})


def test_nobody_without_the_key_can_try_passwords_on_what_is_kept_of_a_request(api):
    content = json.dumps({"password": "correct horse"}).encode()
    path = f"{PREFIX}/accounts/reader/password"
    with client(api, "officer", **{"idempotency-key": "typed", "content-type": "application/json"}) as asked:
        assert_problem(asked.post(path, content=content), 403, "role-missing")
    with client(api, **{"idempotency-key": "typed", "content-type": "application/json"}) as asked:
        assert asked.post(path, content=json.dumps({"password": PASSWORD}).encode()).status_code == 200
    with api.opened.node.store.read() as snap:
        kept = snap.idempotency("chief", "typed").digest
    roles, scopes = b"admin,approver,auditor,officer", b"act,admin,read,write"
    content = json.dumps({"password": PASSWORD}).encode()
    seen = b"\0".join((b"POST", path.encode(), b"", b"", roles, scopes, content))
    assert kept == hmac.digest(hmac.digest(api.opened.key, b"relto idempotency", "sha256"), seen, "sha256").hex()
    assert kept != hashlib.sha256(seen).hexdigest()


def test_many_requests_at_once_under_one_key_are_one_act(api):
    answers = []

    def ask():
        with client(api, "officer", **{"idempotency-key": "crowd"}) as asked:
            answers.append(asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "crowd"}))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    done = {each.json()["pause"] for each in answers if each.status_code == 200}
    assert len(done) == 1
    assert {each.status_code for each in answers} <= {200, 409}
    with client(api) as asked:
        found = [each for each in asked.get(f"{PREFIX}/pauses").json() if each["reason"] == "crowd"]
        assert len(found) == 1
        asked.post(f"{PREFIX}/pauses/resume", json={"pauses": list(done)})


def test_a_refusal_leaves_its_key_free(api):
    with client(api, "reader", **{"idempotency-key": "free"}) as asked:
        for _ in range(2):
            answer = asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "x"})
            assert_problem(answer, 403, "role-missing")
            assert "idempotency-replayed" not in answer.headers


def test_pauses_that_were_lifted_are_listed_page_by_page_for_whoever_gives(api):
    numbers = [api.pause("usa-ukr", reason="talks", discreet=number == 1) for number in range(3)]
    api.resume(numbers[0])
    api.resume(numbers[1])

    def listed(http, query):
        states, address = {}, f"{PREFIX}/pauses?limit=1{query}"
        while address:
            page = http.get(address)
            assert page.status_code == 200, page.text
            assert len(page.json()) <= 1
            states |= {each["pause"]: each["state"] for each in page.json()}
            address = page.links.get("next", {}).get("url")
        return {number: states[number] for number in states if number in numbers}

    with client(api) as chief:
        assert listed(chief, "") == {numbers[2]: "running"}
        told = listed(chief, "&lifted=true")
        assert list(told.items()) == list(zip(numbers, ("lifted", "lifted", "running"), strict=True))
    # Whoever receives is told of what runs, as by `pause show`.
    with client(api, "reader") as reader:
        assert listed(reader, "&lifted=true") == {numbers[2]: "running"}
        assert [reader.get(f"{PREFIX}/pauses/{each}").status_code for each in numbers] == [404, 404, 200]
    api.resume(numbers[2])


def test_a_list_goes_on_at_the_address_of_its_link(api):
    with client(api) as asked:
        for number in range(5):
            asked.post(f"{PREFIX}/parties", json={"party": f"P{number}X", "name": "p", "kind": "state"})
        whole = [each["party"] for each in asked.get(f"{PREFIX}/parties").json()]
        found, address = [], f"{PREFIX}/parties?limit=2"
        while address:
            page = asked.get(address)
            assert len(page.json()) <= 2
            found += [each["party"] for each in page.json()]
            address = page.links.get("next", {}).get("url")
        assert found == whole == sorted(whole)
        assert_problem(asked.get(f"{PREFIX}/parties?after=a~b"), 400, "cursor-invalid")


def test_items_come_in_over_it_and_what_is_wrong_is_told_by_item(api):
    good, bad = indicator(), {"type": "indicator"}
    with client(api) as asked:
        answer = asked.post(f"{PREFIX}/ingest?originator=USA", content=json.dumps([good, bad]))
        assert answer.status_code == 200, answer.text
        assert (answer.json()["added"], answer.json()["rejected"]) == (1, 1)
    with client(api, "reader") as asked:
        assert_problem(asked.post(f"{PREFIX}/ingest?originator=USA", content=json.dumps([good])), 403)


@pytest.mark.parametrize("path", ["/ingest?originator=USA", "/agreements"])
def test_who_may_not_send_what_is_large_is_told_so_before_it_is_read(api, path):
    secret = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
    head = f"POST {PREFIX}{path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {secret}\r\ncontent-length: 900000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", httpx.URL(api.base).port), timeout=10) as line:
        line.sendall(head.encode() + b"[")
        # The rest never comes.
        answer = line.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 403")
    assert "role-missing" in answer


def test_a_token_can_make_no_token_that_may_more_than_it(api):
    with client(api) as asked:
        made = asked.post(f"{PREFIX}/accounts/chief/tokens", json={"scopes": ["admin"], "label": "narrow"})
        token = made.json()["token"]
    with httpx.Client(base_url=api.base, headers={"authorization": f"Bearer {token}"}, timeout=60) as asked:
        wider = asked.post(f"{PREFIX}/accounts/chief/tokens", json={"scopes": ["act"], "label": "wide"})
        assert_problem(wider, 403, "scope-wider")
        assert_problem(asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "x"}), 403)


def until(condition):
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def views(api, name):
    """What every address that changes nothing answers to this account."""
    found = {}
    with client(api, name) as asked:
        for verb in VERBS:
            if verb.method != "GET":
                continue
            names = {"agreement": "usa-ukr", "party": "UKR", "pause": "1", "act": "1", "account": name, "kind": "token"}
            item = "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000009"
            path = verb.path.format_map({**names, "case": "a", "entry": "01", "subject": "UKR", "item": item})
            query = {"item": item, "party": "UKR", "old": 1, "new": 1}
            needed = {
                field.name: query[field.name] for field in verb.fields if field.where == "query" and field.name in query
            }
            answer = asked.get(PREFIX + path, params=needed)
            body = answer.json()
            if isinstance(body, dict):
                body.pop("error_id", None)
                # The moment of the answer, where none was asked for.
                body.pop("at", None)
            found[verb.words] = (answer.status_code, body)
    return found


@pytest.mark.parametrize("name", ["reader", "contributor", "foreign"])
def test_a_discreet_pause_changes_no_answer_that_a_recipient_can_get(tmp_path, name):
    from tests.conformance.served import serving
    from tests.faces.api.conftest import open_accounts

    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        open_accounts(served)
        served.publish(indicator())
        with client(served, "foreign") as asked:
            case = {"case": "a", "title": "What we know of it", "agreements": ["usa-ukr"], "parties": ["USA"]}
            assert asked.post(f"{PREFIX}/cases", json=case).status_code == 200
        before = views(served, name)
        with client(served, "officer") as asked:
            body = {"agreements": ["usa-ukr"], "reason": "talks", "discreet": True, "conditions": ["talks are fixed"]}
            assert asked.post(f"{PREFIX}/pauses", json=body).json()["pause"] == "1"
        after = views(served, name)
        changed = {words for words in before if before[words] != after[words]}
        # What a reader's client did last is told with how long ago that was.
        assert changed <= {"reader list", "reader show", "doctor"}, changed


def test_each_role_gets_an_answer_of_the_one_shape_from_every_address(api):
    for name in [*ROLES, "kyiv"]:
        for words, (status, body) in views(api, name).items():
            assert status in {200, 304, 400, 403, 404, 409, 422}, (name, words, status, body)
            if status >= 400:
                assert body["type"] == f"urn:relto:error:{body['code']}"


def test_events_tell_of_acts_as_they_happen_and_end_with_the_account(tmp_path):
    from tests.actors import ADMIN
    from tests.conformance.served import serving
    from tests.faces.api.conftest import open_accounts

    from relto.usecases.accounts import revoke

    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        open_accounts(served)
        got, ended = [], threading.Event()

        def listen():
            with client(served, "auditor") as asked, asked.stream("GET", f"{PREFIX}/events") as stream:
                assert stream.headers["content-type"] == "text/event-stream"
                for line in stream.iter_lines():
                    got.append(line)  # noqa: PERF402 - as they come: another thread looks at them meanwhile
            ended.set()

        thread = threading.Thread(target=listen)
        thread.start()
        with client(served, "officer") as asked:
            until(lambda: got)
            asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "talks"})
        until(lambda: any(line.startswith("data: ") for line in got))
        data = [json.loads(line[6:]) for line in got if line.startswith("data: ")]
        assert [(each["kind"], each["reason"]) for each in data] == [("pause", "talks")]
        first = next(line[4:] for line in got if line.startswith("id: "))
        with client(served, "officer") as asked:
            asked.post(f"{PREFIX}/pauses", json={"agreements": ["usa-ukr"], "reason": "and again"})
        until(lambda: sum(line.startswith("data: ") for line in got) > 1)
        revoke(served.opened.node, served.opened.desk, "auditor", by=ADMIN)
        assert ended.wait(15), "a stream ends with its account"
        thread.join()
        with client(served, "chief") as asked:
            # An id is good for whom it was sent to.
            for wrong in (first, "x", "17", "", "A" * 60):
                answer = asked.get(f"{PREFIX}/events", headers={"last-event-id": wrong})
                assert_problem(answer, 400, "event-id-invalid")


def test_a_stream_of_events_is_no_use_of_a_session_and_ends_with_it(tmp_path, monkeypatch):
    from dataclasses import replace

    from tests.conformance.served import serving

    from relto.faces.api import events
    from relto.usecases.accounts import sessions

    # Each use is written down, and each stream asks all the time.
    monkeypatch.setattr(sessions, "SEEN_US", 0)
    monkeypatch.setattr(events, "ADMITTED_SECONDS", 0.05)
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        store = served.opened.node.store

        def row():
            with store.read() as snap:
                return snap.sessions()[0]

        signed_in = httpx.post(f"{served.base}/session", json={"name": "kyiv", "password": PASSWORD})
        cookie = {"cookie": f"relto-session={signed_in.cookies['relto-session']}"}
        with client(served, None, **cookie) as asked, asked.stream("GET", f"{PREFIX}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(":")
            begun = row()
            time.sleep(0.5)
            assert row() == begun
            with store.write() as tx:
                tx.put_session(replace(begun, seen_at=0))
            assert not any(lines), "it says nothing more, and ends"


def test_events_tell_a_party_of_its_notices_and_are_taken_up_where_they_ended(tmp_path):
    from tests.conformance.served import serving
    from tests.faces.api.conftest import open_accounts

    def listened(served, account, count, last=None):
        """So many events from here on, or from `last` on; what happens meanwhile is done once it listens."""
        headers = {} if last is None else {"last-event-id": last}
        found = []
        with client(served, account) as asked, asked.stream("GET", f"{PREFIX}/events", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(":")
            if last is None:
                with client(served, "officer") as officer:
                    for reason, discreet in (("one", False), ("kept quiet", True), ("two", False)):
                        order = {"agreements": ["usa-ukr"], "reason": reason, "discreet": discreet}
                        assert officer.post(f"{PREFIX}/pauses", json=order).status_code == 200
            while len(found) < count:
                fields = {}
                while line := next(lines):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                if "event" in fields:
                    found.append((fields["id"], fields["event"], json.loads(fields["data"])))
        return found

    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        open_accounts(served)
        both = listened(served, "kyiv", 2)
        assert [(kind, each["data"]["reason"]) for _, kind, each in both] == [("notice", "one"), ("notice", "two")]
        assert both[0][2]["notice"] + 1 == both[1][2]["notice"]
        again = listened(served, "kyiv", 1, both[0][0])
        assert [(kind, each) for _, kind, each in again] == [(kind, each) for _, kind, each in both[1:]]
        # Nobody can tell from ids how many acts lay between.
        assert len({len(id_) for id_, _, _ in both}) == 1
        kinds = {kind for _, kind, _ in listened(served, "chief", 3)}
        assert kinds == {"act"}


def test_a_wrong_password_is_refused_as_everywhere(api):
    with httpx.Client(base_url=api.base, auth=("chief", PASSWORD + "x")) as asked:
        assert_problem(asked.get(f"{PREFIX}/status"), 401, "unauthorised")
