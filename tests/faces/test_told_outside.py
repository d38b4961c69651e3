"""A server tells the outside: a webhook gets the notice of a pause, signed, and nothing of a discreet one."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.actors import ADMIN
from tests.conformance.served import serving
from tests.fakes.receiver import verified

from relto.usecases.webhooks import add_webhook

SECONDS = 15


@pytest.fixture
def receiver():
    """A real HTTP server on loopback; `got` is what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_a_partner_s_webhook_is_told_of_a_pause_signed_and_of_no_discreet_one(tmp_path, receiver):
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", webhooks__private=True) as node:
        url = f"http://127.0.0.1:{receiver.server_port}/told"
        opened = node.opened
        _, secret = add_webhook(
            opened.node, opened.desk, "UKR", url, reach=opened.reach, by=ADMIN, kinds=("pause", "resume")
        )
        quiet = node.pause("usa-ukr", reason="nobody hears of this", discreet=True)
        number = node.pause("usa-ukr", reason="talks")
        assert until(lambda: len(receiver.got) == 1)
        node.resume(number)
        assert until(lambda: len(receiver.got) == 2)
        node.resume(quiet)
        time.sleep(1.5)
    assert len(receiver.got) == 2
    assert all(verified(headers, body, secret, now=time.time()) for headers, body in receiver.got)
    messages = [json.loads(body) for _, body in receiver.got]
    assert b"nobody hears" not in b"".join(body for _, body in receiver.got)
    assert "talks" in json.dumps(messages[0])
