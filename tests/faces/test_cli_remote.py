"""A node that is asked over the network: whoever deals out its answer without end holds nobody up."""

import contextlib
import socket
import threading
import time

import pytest

from relto.domain.errors import Unreachable
from relto.faces.cli import remote
from relto.faces.cli.reach import Reach
from relto.faces.cli.remote import Remote

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
ENDLESS = {
    "a body": (HEAD + b"content-length: 1000000\r\n\r\n", b"x"),
    "a body in chunks": (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a head": (HEAD + b"x: ", b"x"),
    "a first line": (b"HTTP/1.1 ", b"2"),
    "an answer before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@contextlib.contextmanager
def answering(first, drop=b"", *, seconds=0.05):
    """A server that says this, and then goes on dripping; its URL."""
    over = threading.Event()

    def serve():
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(first)
                    while drop and not over.is_set():
                        connection.sendall(drop)
                        time.sleep(seconds)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def asked(url):
    return Remote(Reach(url, "token", "", "")).fetch("GET", "/log/checkpoint")


@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_that_is_dealt_out_without_end_is_given_up(monkeypatch, what):
    monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    with answering(*ENDLESS[what]) as url, pytest.raises(Unreachable) as caught:
        asked(url)
    assert caught.value.code == "node-unreachable"
    # It was asked twice.
    assert 0.5 < time.monotonic() - began < 5


def test_one_that_says_nothing_is_given_up_sooner(monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT_SECONDS", 0.2)
    with answering(HEAD + b"content-length: 5\r\n\r\n", b"x", seconds=1) as url, pytest.raises(Unreachable):
        asked(url)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"content-length: 3\r\n\r\nall",
        HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nll\r\n0\r\n\r\n",
        HEAD + b"connection: close\r\n\r\nall",
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"content-length: 3\r\n\r\nall",
    ],
)
def test_an_answer_is_read_as_a_whole(answer):
    with answering(answer) as url:
        assert asked(url) == b"all"
