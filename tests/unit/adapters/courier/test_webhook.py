"""A webhook is called once, at an address that was checked, and whatever it does costs a bounded time and memory."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from email.utils import formatdate

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.fakes.receiver import verified
from tests.fakes.stranger import certified, listening

from relto.adapters.courier.line import Deadline, Lookup
from relto.adapters.courier.webhook import BODY_BYTES_MAX, HEAD_BYTES_MAX, WebhookCourier, _received
from relto.domain.dispatch import ANSWER_MAX, ASKED_QUIET_MAX_US, Outcome
from relto.domain.endpoint import Reach
from relto.domain.errors import BadInput
from relto.domain.webhook import secret_from, signed
from relto.ports.courier import Post

HERE = Reach(plain=True, private=True)
PATIENT, IMPATIENT = 30.0, 0.4
"""Seconds for a call that is to end well, and for one that is to run out of time."""

SECOND = 1_000_000


class Requests:
    """What a server was asked, and an answer to it."""

    def __init__(self, *answer: bytes, forever: bytes = b"", hangs: bool = False) -> None:
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.sent = 0
        self._answer = answer
        self._forever = forever
        self._hangs = hangs

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length"))
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(length))
        for part in self._answer:
            writer.write(part)
            await writer.drain()
        while self._forever:
            writer.write(self._forever)
            await writer.drain()
            self.sent += len(self._forever)
            await asyncio.sleep(0.02 if len(self._forever) < 100 else 0)
        if self._hangs:
            await asyncio.Event().wait()

    @property
    def headers(self) -> dict[str, str]:
        return dict(line.split(": ", 1) for line in self.heads[-1].splitlines()[1:] if line)


def status(line: str, body: str = "", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {line}", f"content-length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


def call(port: int, *, seconds: float = PATIENT, reach: Reach = HERE, url: str = "", **other) -> Outcome:
    post = Post(url or f"http://127.0.0.1:{port}/hook?x=1", (("webhook-id", "msg_1"),), b'{"a":1}')
    return WebhookCourier(reach, timeout_seconds=seconds, **other).carry(post)


def asked(*found: str, log: list[str] | None = None):
    """A resolver that gives these addresses, whatever it is asked."""

    def ask(host, port, **_):
        if log is not None:
            log.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return Lookup(ask)


def test_a_receiver_can_check_what_it_gets() -> None:
    server, secret, body = Requests(status("204 No Content")), secret_from(b"a"), b'{"type":"notice.pause"}'
    headers = signed([secret_from(b"new"), secret], id="msg_7", at=time.time_ns() // 1000, body=body)
    with listening(server) as port:
        courier = WebhookCourier(HERE, timeout_seconds=PATIENT)
        said = courier.carry(Post(f"http://127.0.0.1:{port}/hooks/ukr?from=relto", headers, body))
    assert said == Outcome("delivered", 204)
    assert server.heads[0].splitlines()[0] == "POST /hooks/ukr?from=relto HTTP/1.1"
    assert verified(server.headers, server.bodies[0], secret, now=time.time())
    assert server.headers["host"] == f"127.0.0.1:{port}"
    assert server.headers["content-type"] == "application/json"
    assert server.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("answer", "result", "number", "said"),
    [
        (status("200 OK", "thanks"), "delivered", 200, "thanks"),
        (status("299 Odd"), "delivered", 299, ""),
        (status("400 Bad Request", "no such\x1b[31m field\r\n"), "refused", 400, "no such�[31m field"),
        (status("404 Not Found"), "refused", 404, ""),
        (status("410 Gone", "we moved"), "gone", 410, "we moved"),
        (status("429 Too Many Requests"), "throttled", 429, ""),
        (status("500 Oops"), "refused", 500, ""),
        (status("502 Bad Gateway"), "throttled", 502, ""),
        (status("503 Unavailable"), "throttled", 503, ""),
        (status("504 Gateway Timeout"), "throttled", 504, ""),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\x00\x01", "refused", 101, ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + status("200 OK", "ok"), "delivered", 200, "ok"),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + status("500 No", "no"), "refused", 500, "no"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "delivered", 200, "until the end"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "delivered", 200, "abc"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense", "delivered", 200, ""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut", "delivered", 200, "cut"),
        (b"HTTP/1.1 500 No\r\n\r\n" + b"\xff\xfe", "refused", 500, "��"),
    ],
    ids=lambda value: value[:30].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_what_is_answered_is_what_comes_of_it(answer, result, number, said) -> None:
    with listening(Requests(answer)) as port:
        outcome = call(port)
    assert (outcome.result, outcome.status, outcome.answer) == (result, number, said)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(code) -> None:
    elsewhere = Requests(status("200 OK"))
    with listening(elsewhere) as other:
        server = Requests(status(f"{code} Moved", "", f"location: http://127.0.0.1:{other}/"))
        with listening(server) as port:
            assert call(port) == Outcome("refused", code)
    assert len(server.heads) == 1
    assert elsewhere.heads == []


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("120", 120 * SECOND),
        ("0", 0),
        ("999999999999999999999999", ASKED_QUIET_MAX_US),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", ASKED_QUIET_MAX_US),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
        ("\xff\xfe", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_a_wish_for_quiet_is_heard_within_a_bound(text, quiet) -> None:
    answer = b"HTTP/1.1 429 Slow\r\ncontent-length: 0\r\nretry-after: " + text.encode("latin-1") + b"\r\n\r\n"
    with listening(Requests(answer)) as port:
        assert call(port).retry_after_us == quiet


def test_a_wish_for_quiet_until_a_moment_is_heard() -> None:
    with listening(
        Requests(status("503 No", "", f"retry-after: {formatdate(time.time() + 3600, usegmt=True)}"))
    ) as port:
        quiet = call(port).retry_after_us
    assert quiet is not None
    assert 3000 * SECOND < quiet <= 3600 * SECOND


@pytest.mark.parametrize(
    "server",
    [
        Requests(hangs=True),
        Requests(b"HTTP/1.1 ", hangs=True),
        Requests(b"HTTP/1.1 200 OK\r\nx: y\r\n", hangs=True),
        Requests(b"HTTP/1.1 200 OK\r\n", forever=b"x"),
        Requests(forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "half a line", "half a head", "drips a head", "announces for ever"],
)
def test_who_does_not_answer_in_time_was_not_reached(server) -> None:
    with listening(server) as port:
        assert call(port, seconds=IMPATIENT) == Outcome("unreachable", answer="it took too long")


@pytest.mark.parametrize("more", [{"hangs": True}, {"forever": b"x"}], ids=["hangs", "drips"])
def test_who_says_that_it_took_it_and_then_drips_has_taken_it(more) -> None:
    with listening(Requests(b"HTTP/1.1 200 OK\r\n\r\n", b"than", **more)) as port:
        outcome = call(port, seconds=IMPATIENT)
    assert (outcome.result, outcome.status) == ("delivered", 200)
    assert outcome.answer.startswith("than")


GIGABYTES = b"x" * 65_536


@pytest.mark.parametrize(
    ("begun", "result", "number"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n", "delivered", 200),
        (b"HTTP/1.1 500 No\r\n\r\n", "refused", 500),
        (b"HTTP/1.1 200 OK\r\nx: ", "unreachable", 0),
        (b"", "unreachable", 0),
    ],
    ids=["a body", "a body of an error", "a head", "no HTTP"],
)
def test_gigabytes_are_not_taken_in(begun, result, number) -> None:
    server = Requests(begun, forever=GIGABYTES)
    with listening(server) as port:
        outcome = call(port)
        assert (outcome.result, outcome.status) == (result, number)
        assert len(outcome.answer) <= ANSWER_MAX
    # What the machine's own buffers hold may have left; the rest never did.
    assert server.sent < 64 * 2**20


def test_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = b"\x1f\x8b\x08" + b"\x00" * 1000
    head = b"HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\n\r\n"
    with listening(Requests(head + bomb)) as port:
        outcome = call(port)
    assert (outcome.result, len(outcome.answer) <= ANSWER_MAX) == ("refused", True)


async def _closes(reader, writer):
    await reader.readuntil(b"\r\n\r\n")


async def _talks_another_language(reader, writer):
    writer.write(b"220 mail.example ESMTP\r\n")
    await writer.drain()
    await reader.read(100)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (_closes, "it closed the connection without an answer"),
        (_talks_another_language, "its answer is no HTTP"),
    ],
)
def test_who_answers_nothing_that_is_http_was_not_reached(behaviour, said) -> None:
    with listening(behaviour) as port:
        outcome = call(port)
    assert outcome.result == "unreachable"
    assert outcome.answer in {said, "no connection: connection reset by peer"}


def test_where_nobody_listens_nobody_was_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert call(port) == Outcome("unreachable", answer="no connection: connection refused")


# Names and addresses.


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
def test_a_name_that_stands_for_an_address_inside_is_not_called(address) -> None:
    server = Requests(status("200 OK"))
    with listening(server) as port:
        outcome = call(port, url=f"https://partner.example:{port}/", reach=Reach(plain=True), lookup=asked(address))
    assert outcome.result == "unreachable"
    assert address not in outcome.answer
    assert server.heads == []


def test_a_name_that_stands_for_one_address_inside_is_not_called_at_the_others() -> None:
    log: list[str] = []
    outcome = call(0, url="https://partner.example/", reach=Reach(), lookup=asked("1.1.1.1", "127.0.0.1", log=log))
    assert "not public" in outcome.answer
    assert log == ["partner.example"]


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    """A name is looked up once; that it stands for another address a moment later leads nowhere."""
    log: list[str] = []
    first = Requests(status("200 OK"))
    with listening(first) as port:

        def ask(host, number, **_):
            log.append(host)
            address = "127.0.0.1" if len(log) == 1 else "192.0.2.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, number))]

        outcome = call(port, url=f"http://partner.example:{port}/", lookup=Lookup(ask))
    assert outcome == Outcome("delivered", 200)
    assert log == ["partner.example"]
    assert first.headers["host"] == f"partner.example:{port}"


def test_the_next_address_is_tried_where_one_takes_no_connection() -> None:
    server = Requests(status("200 OK"))
    with listening(server) as port:
        lookup = asked("127.0.0.2", "127.0.0.1")
        assert call(port, url=f"http://partner.example:{port}/", lookup=lookup).result == "delivered"
    assert len(server.heads) == 1


def test_http_goes_to_this_machine_only_unless_a_setting_says_otherwise() -> None:
    log: list[str] = []
    lookup = asked("1.1.1.1", log=log)
    outcome = call(0, url="http://partner.example/", reach=Reach(private=True), lookup=lookup)
    assert outcome == Outcome("unreachable", answer="`http` is not encrypted (`webhooks.http`)")
    with listening(Requests(status("200 OK"))) as port:
        assert call(port, reach=Reach(private=True)).result == "delivered"
        assert call(port, reach=Reach(plain=True)).result == "unreachable"


def test_a_resolver_that_hangs_is_left_behind_and_one_that_knows_nothing_is_believed() -> None:
    gone = threading.Event()

    def hangs(*_, **__):
        gone.wait()
        return []

    def knows_nothing(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def cannot_encode(*_, **__):
        raise UnicodeError("label too long")

    url = "https://partner.example/"
    slow = Lookup(hangs)
    for _ in range(10):
        # More than are looked up at once: those beyond wait for their turn, and in vain.
        assert call(0, url=url, seconds=0.05, lookup=slow) == Outcome("unreachable", answer="it took too long")
    gone.set()
    assert call(0, url=url, lookup=Lookup(knows_nothing)).answer == "its name is not known"
    assert call(0, url=url, lookup=Lookup(cannot_encode)).answer == "the name cannot be looked up"
    assert call(0, url=url, lookup=Lookup(lambda *_, **__: [])).answer == "the name stands for no address"


def test_no_proxy_of_the_environment_is_asked(monkeypatch) -> None:
    with listening(Requests(status("500 No"))) as proxy, listening(Requests(status("200 OK"))) as port:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert call(port).result == "delivered"


def test_what_is_no_url_is_an_answer_too() -> None:
    assert call(0, url="gopher://x").result == "unreachable"


# Encryption.


def test_a_server_proves_who_it_is(tmp_path) -> None:
    ours = certified(tmp_path / "ours", "localhost")
    theirs = certified(tmp_path / "theirs", "localhost")
    lookup = asked("127.0.0.1")
    server = Requests(status("200 OK"))
    with listening(server, tls=ours.server) as port:
        good = call(port, url=f"https://localhost:{port}/", ca=ours.ca, lookup=lookup)
        assert good == Outcome("delivered", 200)
        for url, ca in (
            (f"https://localhost:{port}/", theirs.ca),
            (f"https://localhost:{port}/", ""),
            (f"https://partner.example:{port}/", ours.ca),
            (f"https://127.0.0.1:{port}/", ours.ca),
        ):
            outcome = call(port, url=url, ca=ca, lookup=lookup)
            assert outcome.result == "unreachable"
            assert outcome.answer.startswith("its certificate is not trusted: ")
    assert len(server.heads) == 1


def test_an_address_can_have_a_certificate(tmp_path) -> None:
    ours = certified(tmp_path, "127.0.0.1")
    with listening(Requests(status("200 OK")), tls=ours.server) as port:
        assert call(port, url=f"https://127.0.0.1:{port}/", ca=ours.ca).result == "delivered"


async def _hangs(reader, writer):
    await asyncio.Event().wait()


async def _talks_plainly(reader, writer):
    writer.write(status("200 OK"))
    await writer.drain()
    await reader.read(100)


def test_a_server_that_does_not_encrypt_is_not_spoken_to(tmp_path) -> None:
    with listening(_talks_plainly) as port:
        outcome = call(port, url=f"https://127.0.0.1:{port}/")
        assert outcome.result == "unreachable"
    with listening(_hangs) as port:
        outcome = call(port, url=f"https://127.0.0.1:{port}/", seconds=IMPATIENT)
        assert outcome == Outcome("unreachable", answer="it took too long")


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_a_file_that_holds_no_certificates_is_bad_input(content, tmp_path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        WebhookCourier(HERE, timeout_seconds=1, ca=str(path))
    assert caught.value.code == "ca-unusable"


# Whatever is answered.

pieces = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 x\r\n", b"HTTP/1.1 500 x\r\n", b"HTTP/1.1 410 x\r\n", b"\r\n",
            b"\r\n\r\n", b"content-length: 5\r\n", b"content-length: 5, 6\r\n", b"transfer-encoding: chunked\r\n",
            b"retry-after: 7\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"hello", b"upgrade: x\r\nconnection: upgrade\r\n",
        ]
    )
    | st.binary(max_size=30)
    | st.integers(1, 3).map(lambda times: b"x" * (times * 10_000)),
    max_size=12,
)  # fmt: skip


@given(pieces)
def test_whatever_is_answered_is_an_outcome(parts) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(parts)[: HEAD_BYTES_MAX + 4 * BODY_BYTES_MAX])
        theirs.shutdown(socket.SHUT_WR)
        outcome = _received(ours, Deadline(PATIENT))
    assert outcome.result in {"delivered", "refused", "unreachable", "throttled", "gone"}
    assert (outcome.status == 0) == (outcome.result == "unreachable")
    assert outcome.answer.isprintable()
