"""Asking an authority: a good answer gives a token that has been checked; every other raises in time, and is told."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest
from asn1crypto import tsp
from tests.fakes.authority import Authority as Issuer
from tests.fakes.stamper import (
    STAMPS,
    TWO,
    Stamper,
    between,
    granted,
    hold,
    listening,
    refused,
    replying,
    root,
    stamper,
)

from relto.adapters.authority.asking import BODY_BYTES_MAX, HttpAuthority, Reply
from relto.adapters.authority.token import checked
from relto.domain.errors import BadInput, Unreachable

DIGEST = hashlib.sha256(b"note\n").digest()
GOOD = Stamper()
SECONDS = 5.0


def asking(url, *, roots=None, seconds=SECONDS, failed_seconds=0.0, tls_ca=""):
    found = [root().der] if roots is None else roots
    return HttpAuthority(url, found, answer_seconds=seconds, failed_seconds=failed_seconds, tls_ca=tls_ca)


def error_of(answer, **how):
    with listening(answer) as server, pytest.raises(Unreachable) as caught:
        asking(server.url, **how).stamped(DIGEST)
    return caught.value


def test_a_good_answer_gives_a_token_that_checks():
    with listening(replying(GOOD.answer)) as server:
        token = asking(server.url).stamped(DIGEST)
    assert checked(token, DIGEST, [root().der]).serial == 7
    ((path, headers, body),) = server.asked
    assert (path, headers["content-type"]) == ("/tsr", "application/timestamp-query")
    asked = tsp.TimeStampReq.load(body, strict=True)
    assert asked["cert_req"].native is True
    assert asked["message_imprint"]["hashed_message"].native == DIGEST


def test_each_question_has_a_number_of_its_own():
    with listening(replying(GOOD.answer)) as server:
        authority = asking(server.url)
        assert authority.stamped(DIGEST) != authority.stamped(DIGEST)
    numbers = {tsp.TimeStampReq.load(body)["nonce"].native for _, _, body in server.asked}
    assert len(numbers) == 2
    assert all(0 < number < 2**63 for number in numbers)


def test_a_grant_with_changes_and_a_type_with_parameters_are_taken():
    def answer(query):
        return granted(tsp.TimeStampResp.load(GOOD.answer(query))["time_stamp_token"].dump(), "granted_with_mods")

    with listening(replying(answer, kind="Application/Timestamp-Reply; x=1")) as server:
        assert asking(server.url).stamped(DIGEST)


def test_a_body_that_ends_with_the_connection_or_comes_in_pieces_is_taken():
    def closing(handler, query):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        handler.wfile.write(b"Content-Type: application/timestamp-reply\r\n\r\n" + GOOD.answer(query))

    def pieces(handler, query):
        said = GOOD.answer(query)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n")
        handler.wfile.write(b"Transfer-Encoding: chunked\r\n\r\n")
        handler.wfile.write(b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, said[:9], len(said) - 9, said[9:]))

    for answer in (closing, pieces):
        with listening(answer) as server:
            assert asking(server.url).stamped(DIGEST)


def test_by_https_it_is_asked_only_where_its_certificate_is_trusted(tmp_path):
    issuer = Issuer(tmp_path)
    cert, key = issuer.issue("localhost", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with listening(replying(GOOD.answer), context) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert asking(url, tls_ca=str(issuer.file)).stamped(DIGEST)
        with pytest.raises(Unreachable) as caught:
            asking(url).stamped(DIGEST)
    assert caught.value.code == "authority-unreachable"


def test_a_refusal_is_told_in_its_words():
    error = error_of(replying(lambda _: refused("we are\nclosed")))
    assert error.code == "authority-refused"
    assert error.message.endswith("refuses: rejection, time_not_available, we are closed")


old = hold("Old", between(), usage=STAMPS, days=(-10, -1))
two = hold("Two", between(), usage=TWO)
OTHER = hashlib.sha256(b"other").digest()


def with_number(change):
    def answer(query):
        asked = tsp.TimeStampReq.load(query)
        return granted(GOOD.token(DIGEST, nonce=change(asked["nonce"].native)))

    return answer


def of_other_bytes(query):
    return granted(GOOD.token(OTHER, nonce=tsp.TimeStampReq.load(query)["nonce"].native))


WRONG = {
    "of another question": with_number(lambda number: number + 1),
    "of no question": with_number(lambda _: None),
    "of other bytes": of_other_bytes,
    "by a certificate that had expired": Stamper(by=old, shown=(old, between())).answer,
    "by a certificate for two purposes": Stamper(by=two, shown=(two, between())).answer,
    "with a chain that is not whole": replace(GOOD, shown=(stamper(),)).answer,
    "that is garbage": lambda _: b"\x30\x80garbage",
    "that is empty": lambda _: b"",
    "that is cut short": lambda query: GOOD.answer(query)[:-10],
    "that goes on": lambda query: GOOD.answer(query) + b"\x00",
    "that grants and brings nothing": lambda _: Reply({"status": {"status": "granted"}}).dump(),
    "that is too long": lambda _: bytes(BODY_BYTES_MAX * 2),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_an_answer_that_is_not_what_was_asked_for_is_not_taken(body):
    assert error_of(replying(body)).code == "authority-wrong"


def test_an_answer_that_leads_to_another_root_is_not_taken():
    assert error_of(replying(GOOD.answer), roots=[root("Elsewhere").der]).code == "authority-wrong"


def test_an_answer_of_another_type_is_not_taken():
    assert error_of(replying(GOOD.answer, kind="text/html")).code == "authority-wrong"


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_an_answer_that_is_none_is_no_answer(status):
    assert error_of(replying(lambda _: b"", status=status)).code == "authority-unreachable"


def test_what_is_no_http_is_no_answer():
    assert error_of(lambda handler, _: handler.wfile.write(b"SSH-2.0-x\r\n")).code == "authority-unreachable"
    assert error_of(lambda handler, _: None).code == "authority-unreachable"


def test_a_head_without_end_is_given_up():
    def answer(handler, _):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            handler.wfile.write(b"x-%d: y\r\n" % number)

    assert error_of(answer).code in {"authority-wrong", "authority-unreachable"}


@pytest.mark.parametrize("drips", [False, True], ids=["hangs", "drips"])
def test_who_hangs_or_drips_is_given_up_in_time(drips):
    gone = threading.Event()

    def answer(handler, _):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n")
        while not gone.wait(0.05):
            if drips:
                handler.wfile.write(b"\x30")

    begun = time.monotonic()
    try:
        assert error_of(answer, seconds=0.4).code == "authority-unreachable"
    finally:
        gone.set()
    assert time.monotonic() - begun < 4


def nobody_there():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}/"


def test_who_is_not_there_is_not_asked_again_for_a_while():
    authority = asking(nobody_there(), failed_seconds=600)
    told = []
    for _ in range(2):
        with pytest.raises(Unreachable) as caught:
            authority.stamped(DIGEST)
        told.append((caught.value.code, caught.value.message))
    assert told[0] == told[1]
    with listening(replying(lambda _: refused())) as server:
        authority = asking(server.url, failed_seconds=600)
        for _ in range(3):
            with pytest.raises(Unreachable):
                authority.stamped(DIGEST)
        assert len(server.asked) == 1


def test_who_failed_is_asked_again_when_the_while_is_over():
    asked = []

    def answer(query):
        asked.append(query)
        return GOOD.answer(query) if len(asked) > 1 else refused()

    with listening(replying(answer)) as server:
        authority = asking(server.url, failed_seconds=0)
        with pytest.raises(Unreachable):
            authority.stamped(DIGEST)
        assert authority.stamped(DIGEST)


@pytest.mark.parametrize("url", ["", "ftp://x/", "https://user@x/", "https://x/#y", "http://[::1/", "http://x:0/"])
def test_what_is_no_url_is_said_before_anybody_is_asked(url):
    with pytest.raises(BadInput) as caught:
        asking(url)
    assert caught.value.code == "authority-url-invalid"


def test_an_address_that_no_single_host_has_is_not_asked():
    with pytest.raises(Unreachable):
        asking("http://224.0.0.1/").stamped(DIGEST)
