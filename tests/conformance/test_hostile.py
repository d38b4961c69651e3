"""Bad input over HTTP, and what it gets: the right status, the one shape, nothing lost and nothing told."""

import base64
import gzip
import json
import os
import socket
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard
from tests.conformance.served import PASSWORD, TAXII, assert_refused, ids_of, indicator

OWN = "/exchange/collections/own/objects/"
MEBIBYTE = 1024 * 1024
PLAIN = b'{"objects": [{}]}'


@pytest.fixture
def agency(node):
    with node.client("agency", **{"content-type": TAXII}) as client:
        yield client


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def bomb_of(coding: str) -> bytes:
    packer = zlib.compressobj(9, wbits=31) if coding == "gzip" else zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join([packer.compress(b" " * MEBIBYTE) for _ in range(256)]) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_compressed_bomb_is_413_and_is_never_unpacked(agency, coding):
    bomb = bomb_of(coding)
    assert len(bomb) < MEBIBYTE
    before = resident_bytes()
    assert_refused(agency.post(OWN, content=bomb, headers={"content-encoding": coding}), 413)
    assert resident_bytes() - before < 200 * MEBIBYTE


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PLAIN, mtime=0)[:-4]),
        ("gzip", gzip.compress(PLAIN, mtime=0) + b"more"),
        ("gzip", PLAIN),
        ("gzip", b""),
        ("gzip", b"\x1f\x8b"),
        ("zstd", zstandard.compress(PLAIN)[:-2]),
        ("zstd", zstandard.compress(PLAIN) + b"more"),
        ("zstd", PLAIN),
        ("zstd", b""),
    ],
    ids=range(9),
)
def test_a_body_that_is_not_packed_as_it_says_is_400(agency, coding, body):
    assert_refused(agency.post(OWN, content=body, headers={"content-encoding": coding}), 400, "body-corrupt")


def test_a_body_is_413_where_it_is_longer_than_the_api_root_says_and_not_where_it_is_as_long(fresh_with):
    with fresh_with(taxii__max_content_length=2_000) as served, served.client("agency") as client:
        assert client.get("/exchange/").json()["max_content_length"] == 2_000
        client.headers["content-type"] = TAXII
        body = json.dumps({"objects": [indicator()]}).encode()
        fits, long = body + b" " * (2_000 - len(body)), body + b" " * (2_001 - len(body))
        assert client.post(OWN, content=fits).status_code == 202
        for content in (long, iter([long[:1_000], long[1_000:]])):
            assert_refused(client.post(OWN, content=content), 413, "body-too-large")
        for coding, packed in (("gzip", gzip.compress(long)), ("zstd", zstandard.compress(long))):
            assert_refused(client.post(OWN, content=packed, headers={"content-encoding": coding}), 413)
        assert client.post(OWN, content=gzip.compress(fits), headers={"content-encoding": "gzip"}).status_code == 202


def test_a_length_that_is_announced_too_great_is_refused_before_the_body_comes(node):
    auth = base64.b64encode(f"agency:{PASSWORD}".encode()).decode()
    head = (
        f"POST {OWN} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {auth}\r\ncontent-type: {TAXII}\r\n"
        "expect: 100-continue\r\ncontent-length: 99999999999\r\n\r\n"
    )
    with connected(node) as plain:
        plain.sendall(head.encode())
        answer = b""
        while chunk := plain.recv(65_536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_a_deep_object_fails_and_brings_nothing_down(agency, depth):
    deep = '{"type": "x", "a": ' + "[" * depth + "]" * depth + "}"
    response = agency.post(OWN, content=f'{{"objects": [{deep}, {json.dumps(indicator())}]}}'.encode())
    if response.status_code == 202:
        assert (response.json()["success_count"], response.json()["failure_count"]) == (1, 1)
    else:
        assert_refused(response, 400, "envelope-not-json")
    assert agency.get("/taxii2/").status_code == 200


def test_an_object_longer_than_the_limit_fails_alone(fresh_with):
    with fresh_with(limits__object_bytes=2_000) as served, served.client("agency") as client:
        body = json.dumps({"objects": [indicator(description="x" * 3_000), indicator()]}).encode()
        status = client.post(OWN, content=body, headers={"content-type": TAXII}).json()
    assert status["success_count"] == 1
    assert status["failures"][0]["message"].startswith("too-large: ")


@pytest.mark.parametrize("name", ["\x00", "\x7f", "x" * 100_000])
def test_an_unusual_text_never_spoils_what_comes_with_it(agency, name):
    raw = json.dumps({**indicator(), "name": name}).encode()
    good = json.dumps(indicator()).encode()
    status = agency.post(OWN, content=b'{"objects": [' + raw + b"," + good + b"]}").json()
    assert status["total_count"] == status["success_count"] + status["failure_count"] == 2
    assert status["successes"][-1]["id"] == json.loads(good)["id"]


@pytest.mark.parametrize("value", ["%00", "%2525", "a%26b", "%F0%9F%92%A3", "x" * 3_000])
@pytest.mark.parametrize("name", ["match[type]", "match[id]"])
@pytest.mark.usefixtures("stocked")
def test_types_and_ids_that_there_cannot_be_find_nothing(node, name, value):
    with node.client("kyiv") as kyiv:
        for page in ("objects/", "manifest/"):
            found = kyiv.get(f"{node.path()}{page}?{name}={value}")
            assert found.status_code == 200
            assert found.json().get("objects", []) == []


def forgeries(genuine):
    flipped = bytearray(base64.urlsafe_b64decode(genuine + "=="))
    flipped[3] ^= 1
    return [
        "AAAA",
        "%00",
        genuine[:-2],
        genuine + "A",
        genuine[::-1],
        base64.urlsafe_b64encode(flipped).decode().rstrip("="),
        "x" * 20_000,
        "é",
        "' OR 1=1 --",
    ]


@pytest.mark.parametrize("kind", ["objects/", "manifest/"])
def test_a_forged_cursor_is_400(node, stocked, kind):
    with node.client() as client:
        genuine = client.get(node.path() + kind, params={"limit": 1}).json()["next"]
        rest = ids_of(client.get(node.path() + kind))[1:]
        for forged in forgeries(genuine):
            assert_refused(client.get(node.path() + kind, params={"next": forged}), 400, "cursor-forged")
        assert ids_of(client.get(node.path() + kind, params={"next": genuine})) == rest


def test_a_genuine_cursor_of_another_collection_gives_nothing_that_is_not_granted(node, stocked):
    with node.client("kyiv") as kyiv, node.client("london") as london:
        token = kyiv.get(node.path() + "objects/", params={"limit": 1}).json()["next"]
        path = node.path("usa-gbr", "GBR") + "objects/"
        assert london.get(path, params={"next": token}).json() == london.get(path).json()


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"kyiv").decode(),
        "Basic " + base64.b64encode(b":secret").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"kyiv:" + b"x" * 5_000).decode(),
        "Basic " + base64.b64encode(b"k" * 5_000 + b":x").decode(),
        "Basic " + base64.b64encode(b"kyiv\x00:x").decode(),
        "Bearer",
        "Bearer x",
        "Negotiate abc",
        "kyiv",
        "",
    ],
)
def test_a_broken_login_is_401(node, header):
    with node.client(None) as client:
        assert_refused(client.get("/taxii2/", headers={"authorization": header}), 401, "unauthorised")


def test_two_logins_in_one_request_are_none(node):
    auth = base64.b64encode(f"kyiv:{PASSWORD}".encode()).decode()
    with node.client(None) as client:
        headers = [("authorization", f"Basic {auth}"), ("authorization", f"Basic {auth}"), ("accept", TAXII)]
        assert_refused(client.get("/taxii2/", headers=headers), 401)


def test_a_thousand_wrong_passwords_get_in_nowhere_and_keep_nobody_else_out(fresh):
    def attempt(number):
        name = f"reader{number}" if number < 100 else "kyiv"
        return wrong.get("/taxii2/", auth=(name, f"wrong {number}"))

    with fresh.client() as good, fresh.client(None) as wrong, ThreadPoolExecutor(48) as threads:
        assert good.get("/taxii2/").status_code == 200
        attempts = [threads.submit(attempt, number) for number in range(1_000)]
        served = 0
        while not all(each.done() for each in attempts):
            assert good.get(fresh.path() + "objects/").status_code == 200
            served += 1
        answers = [each.result() for each in attempts]
        assert served > 0
        assert {answer.status_code for answer in answers} == {401, 429}
        for answer in answers:
            assert_refused(answer, answer.status_code)
            assert answer.status_code == 401 or int(answer.headers["retry-after"]) >= 1


def test_after_too_many_wrong_passwords_an_account_has_to_wait_and_a_session_under_way_goes_on(fresh_with):
    with fresh_with(auth__failures_max=3) as served, served.client("kyiv") as good, served.client(None) as wrong:
        assert good.get("/taxii2/").status_code == 200
        for name in ("kyiv", "nobody"):
            told = [wrong.get("/taxii2/", auth=(name, f"wrong {number}")).status_code for number in range(5)]
            assert told == [401, 401, 401, 429, 429]
        assert good.get("/taxii2/").status_code == 200


def connected(node):
    host, _, port = node.base.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /taxii2/ HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"GET /taxii2/ HTTP/1.1\r\n" + b"a" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"POST /exchange/ HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_refusal_or_a_closed_connection_and_the_server_goes_on(node, sent):
    with connected(node) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := plain.recv(65_536):
            answer += chunk
    if answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 40")
        assert json.loads(body)["http_status"] == head.split()[1].decode()
    assert b"Traceback" not in answer
    with node.client() as client:
        assert client.get("/taxii2/").status_code == 200


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing_behind(node, agency):
    item = indicator()
    auth = base64.b64encode(f"agency:{PASSWORD}".encode()).decode()
    body = json.dumps({"objects": [item]}).encode()
    head = f"POST {OWN} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {auth}\r\ncontent-type: {TAXII}\r\n"
    with connected(node) as plain:
        plain.sendall(f"{head}content-length: {len(body) + 10}\r\n\r\n".encode() + body)
    assert_refused(agency.get(f"{OWN}{item['id']}/"), 404, "object-unknown")


def test_a_query_without_end_is_400(node):
    with node.client() as client:
        response = client.get(node.path() + "objects/?match[id]=" + ",".join(["x"] * 1_001))
        assert_refused(response, 400)


def test_a_locked_database_is_503_and_says_when_to_come_back(fresh_with):
    with fresh_with(database__wait_seconds=1) as served, served.client("agency") as client:
        client.headers["content-type"] = TAXII
        body = json.dumps({"objects": [indicator()]}).encode()
        with served.opened.node.store.write():
            response = client.post(OWN, content=body)
        assert_refused(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
        assert client.post(OWN, content=body).json()["success_count"] == 1


def test_requests_beyond_the_limit_are_told_to_come_back(fresh_with):
    with fresh_with(http__requests_max=1) as served, served.client("agency") as client:
        auth = base64.b64encode(f"agency:{PASSWORD}".encode()).decode()
        assert client.get("/taxii2/").status_code == 200
        with connected(served) as waiting:
            head = f"POST {OWN} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {auth}\r\ncontent-type: {TAXII}\r\n"
            # The 100 says that the server has begun to wait for the body.
            waiting.sendall(f"{head}expect: 100-continue\r\ncontent-length: 5\r\n\r\n".encode())
            assert waiting.recv(100).startswith(b"HTTP/1.1 100")
            assert_refused(client.get("/taxii2/"), 503, "unavailable")
        for _ in range(1_000):
            if client.get("/taxii2/").status_code == 200:
                break
        assert client.get("/taxii2/").status_code == 200


# PostgreSQL's own absence is a matter of the store's tests: here a file is taken away.
@pytest.mark.parametrize("model", ["sqlite"], indirect=True)
def test_a_database_that_is_gone_is_503_and_not_ready_and_tells_no_path(fresh):
    path = Path(fresh.opened.config.database.url.removeprefix("sqlite:///"))
    with fresh.client("kyiv") as client:
        gone = path.rename(path.with_name("gone"))
        response = client.get("/readyz")
        assert (response.status_code, response.text) == (503, "not ready\n")
        assert client.get("/healthz").status_code == 200
        gone.rename(path)


def test_an_id_that_is_no_id_is_an_unknown_object(node):
    with node.client() as client:
        for id_ in ("%00", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1", "%F0%9F%92%A3", uuid.uuid4().hex * 20):
            assert_refused(client.get(f"{node.path()}objects/{id_}/"), 404)
