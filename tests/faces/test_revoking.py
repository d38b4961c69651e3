"""Revoking binds on the next request in every process, whatever somebody came in by and whatever was remembered."""

import contextlib
import ssl

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, made
from tests.fakes.authority import Authority
from tests.fakes.processes import running

from relto.config import load
from relto.usecases.accounts import add_certificate, add_token, end_sessions, revoke, rotate, set_password
from relto.wiring import open_node


@pytest.fixture
def node(tmp_path, database_url):
    """A node that two servers serve, each a process of its own; their addresses, and a client for each way in."""
    settings = {"database.url": database_url}
    made(load(tmp_path, environment={}, arguments=settings))
    authority = Authority(tmp_path)
    cert, key = authority.issue("localhost", server=True)
    pair = authority.issue("kyiv")
    tls = {
        "tls__cert": str(cert), "tls__key": str(key), "tls__client_ca": str(authority.file),
        "tls__client_certificates": "optional", "database__url": database_url,
    }  # fmt: skip
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(open_node(load(tmp_path, environment={}, arguments=settings)))
        bases = [stack.enter_context(running(tmp_path, **tls))[1].replace("127.0.0.1", "localhost") for _ in range(2)]

        def client(**more):
            certificate = more.pop("certificate", None)
            verify = ssl.create_default_context(cafile=str(authority.file))
            if certificate is not None:
                verify.load_cert_chain(*map(str, certificate))
            return stack.enter_context(httpx.Client(verify=verify, **more))

        add_certificate(opened.node, opened.desk, "kyiv", pair[0].read_bytes(), by=ADMIN)
        _, token = add_token(opened.node, opened.desk, "kyiv", by=ADMIN)
        signed_in = client().post(f"{bases[0]}/session", json={"name": "kyiv", "password": PASSWORD})
        assert signed_in.status_code == 200, signed_in.text
        cookie = f"__Host-relto-session={signed_in.cookies['__Host-relto-session']}"
        clients = {
            "password": client(auth=("kyiv", PASSWORD)),
            "token": client(headers={"authorization": f"Bearer {token}"}),
            "certificate": client(certificate=pair),
            "session": client(headers={"cookie": cookie}),
        }
        yield opened, bases, clients


def let_in(bases, clients):
    """The ways by which each process lets the account in."""
    return [
        {way for way, client in clients.items() if client.get(f"{base}/taxii2/").status_code == 200} for base in bases
    ]


def test_an_account_that_is_revoked_comes_in_by_nothing_anywhere(node):
    opened, bases, clients = node
    for _ in range(2):
        assert let_in(bases, clients) == [{"password", "token", "certificate", "session"}] * 2
    revoke(opened.node, opened.desk, "kyiv", by=ADMIN)
    assert let_in(bases, clients) == [set(), set()]


def test_what_replaces_one_way_in_ends_that_one_everywhere_and_no_other(node):
    opened, bases, clients = node
    assert let_in(bases, clients) == [set(clients)] * 2
    rotate(opened.node, opened.desk, "kyiv", by=ADMIN, token="2")
    assert let_in(bases, clients) == [{"password", "certificate", "session"}] * 2
    end_sessions(opened.node, opened.desk, "kyiv", by=ADMIN)
    assert let_in(bases, clients) == [{"password", "certificate"}] * 2
    set_password(opened.node, opened.desk, "kyiv", by=ADMIN, password="another password")
    assert let_in(bases, clients) == [{"certificate"}] * 2
