"""What is taken from a listed proxy, and that from anybody else nothing is."""

import base64
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.authority import Authority, der

from relto.config import Proxy
from relto.faces.http.exchange import CERTIFICATE, Request
from relto.faces.http.proxies import Proxies, certificate_of

LISTED = Proxy(addresses="10.0.0.0/8, 192.0.2.7,2001:db8::/32", client_certificate_header="Client-Cert")


def request(peer="10.0.0.1", scheme="http", certificate=None, **headers):
    listed = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": listed, "scheme": scheme,
        "client": (peer, 1), "extensions": {} if certificate is None else {CERTIFICATE: certificate},
    }  # fmt: skip
    return Request(scope, None)


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.1, 10.9.9.9, 192.0.2.7", "203.0.113.1"),
        ("10.0.0.1", "10.1.1.1, 10.9.9.9", "10.1.1.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1, unknown, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "203.0.113.1:4711", "203.0.113.1"),
        ("10.0.0.1", "[2001:db9:1:2:3::4]:4711", "2001:db9:1:2::/64"),
        ("10.0.0.1", "2001:db9:1:2:ffff::4", "2001:db9:1:2::/64"),
        ("2001:db8::1", "203.0.113.1", "203.0.113.1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"),
        ("not an address", "203.0.113.1", ""),
    ],
)
def test_the_rightmost_address_that_is_not_listed_counts_where_the_peer_is_listed(peer, header, address):
    assert Proxies(LISTED).address(request(peer, x_forwarded_for=header)) == address


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("for=203.0.113.1", "203.0.113.1"),
        ("for=1.1.1.1, For=203.0.113.1;proto=https;by=10.0.0.1", "203.0.113.1"),
        ('for="[2001:db9:1:2::4]:4711"', "2001:db9:1:2::/64"),
        ('for="203.0.113.1:80"', "203.0.113.1"),
        ("for=_hidden", "10.0.0.1"),
        ("for=unknown, for=10.3.3.3", "10.3.3.3"),
        ('for=203.0.113.1;host="x;for=1.1.1.1"', "203.0.113.1"),
        ('for=1.1.1.1;host=", for="203.0.113.1"', "10.0.0.1"),
        ('for=1.1.1.1;a="\\", for=203.0.113.1;b="', "10.0.0.1"),
        ("", "10.0.0.1"),
        ("forx=1.1.1.1", "10.0.0.1"),
        ("x-for=1.1.1.1", "10.0.0.1"),
        ("for=203.0.113.1;x-for=1.1.1.1", "203.0.113.1"),
        ('for=1.1.1.1, a" b=", for="[2001:db9:1:2::4]";host="relto.example.org"', "10.0.0.1"),
        ('for=1.1.1.1, a" b=", for=203.0.113.1;host="relto.example.org"', "10.0.0.1"),
        ("for = 203.0.113.1", "10.0.0.1"),
        ("for=203.0.113.1 for=1.1.1.1", "10.0.0.1"),
        (" ,, for=203.0.113.1 ; proto=https ,", "203.0.113.1"),
    ],
)
def test_forwarded_is_read_where_that_is_the_header_of_the_proxies(header, address):
    proxies = Proxies(replace(LISTED, address_header="forwarded"))
    assert proxies.address(request(forwarded=header, x_forwarded_for="9.9.9.9")) == address


def test_the_header_that_the_proxies_do_not_set_counts_for_nothing():
    assert Proxies(LISTED).address(request(forwarded="for=9.9.9.9", x_forwarded_for="203.0.113.1")) == "203.0.113.1"


def test_without_listed_proxies_no_header_counts():
    headers = {"x_forwarded_for": "203.0.113.1", "forwarded": "for=203.0.113.1", "x_forwarded_proto": "https"}
    proxies = Proxies(Proxy())
    assert proxies.address(request("127.0.0.1", **headers)) == "127.0.0.1"
    assert not proxies.is_secure(request("127.0.0.1", **headers))


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_whatever_a_header_holds_the_address_is_one_that_was_named_or_the_peer(text):
    for name in ("x_forwarded_for", "forwarded"):
        proxies = Proxies(replace(LISTED, address_header=name.replace("_", "-")))
        address = proxies.address(request(**{name: text}))
        assert address == "10.0.0.1" or any(char in address for char in ".:")


@pytest.mark.parametrize(
    ("peer", "scheme", "headers", "secure"),
    [
        ("198.51.100.9", "https", {}, True),
        ("198.51.100.9", "http", {"x_forwarded_proto": "https"}, False),
        ("10.0.0.1", "http", {"x_forwarded_proto": "https"}, True),
        ("10.0.0.1", "http", {"x_forwarded_proto": "https, http"}, False),
        ("10.0.0.1", "http", {}, False),
    ],
)
def test_that_a_client_came_by_tls_is_believed_of_listed_proxies_alone(peer, scheme, headers, secure):
    assert Proxies(LISTED).is_secure(request(peer, scheme, **headers)) is secure


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority")).issue("kyiv")[0]


def forms(file):
    return [
        f":{base64.b64encode(der(file)).decode()}:",
        quote(file.read_text(), safe=""),
        quote(file.read_text()),
    ]


@pytest.mark.parametrize("form", range(3))
def test_a_listed_proxy_hands_a_certificate_on_in_either_form(certificate, form):
    value = forms(certificate)[form]
    proxies = Proxies(LISTED)
    assert proxies.certificate(request(client_cert=value)) == der(certificate)
    assert proxies.certificate(request("198.51.100.9", client_cert=value)) is None
    assert Proxies(Proxy(addresses="10.0.0.0/8")).certificate(request(client_cert=value)) is None


def test_the_certificate_of_the_connection_counts_unless_it_is_the_proxys(certificate):
    own = der(certificate)
    assert Proxies(LISTED).certificate(request("198.51.100.9", certificate=own, client_cert=":AAAA:")) == own
    assert Proxies(LISTED).certificate(request(certificate=own)) is None
    assert Proxies(Proxy()).certificate(request(certificate=own, client_cert=":AAAA:")) == own


@pytest.mark.parametrize(
    "value",
    [
        ":",
        "::",
        ":AAA:",
        ":A A=:",
        "AAAA",
        ":AAAA",
        "-----BEGIN%20",
        "-----BEGIN CERTIFICATE-----",
        "%00",
        "x" * 200_000,
    ],
)
def test_what_is_no_certificate_in_a_header_is_none(value):
    assert certificate_of(value.encode()) == b""


def test_two_certificates_in_two_headers_are_none(certificate):
    value = forms(certificate)[0]
    assert Proxies(LISTED).certificate(request(client_cert=f"{value}, {value}")) == b""
