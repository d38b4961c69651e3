"""An endpoint is a plain URL, and an address that is not public is found whatever it is dressed as."""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import urlsplit

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relto.domain.endpoint import URL_MAX, Endpoint, Reach, is_loopback, is_public, is_unicast
from relto.domain.errors import BadInput


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://partner.example", ("https", "partner.example", 443, "/")),
        ("https://partner.example/", ("https", "partner.example", 443, "/")),
        ("https://partner.example?x=1", ("https", "partner.example", 443, "/?x=1")),
        ("http://partner.example:8080/a/b%20c?d=/e?f", ("http", "partner.example", 8080, "/a/b%20c?d=/e?f")),
        ("https://xn--e1afmkfd.example/", ("https", "xn--e1afmkfd.example", 443, "/")),
        ("https://192.0.2.7:1/", ("https", "192.0.2.7", 1, "/")),
        ("https://[2001:db8::7]:444/x", ("https", "2001:db8::7", 444, "/x")),
        ("https://7-eleven.example.7x/", ("https", "7-eleven.example.7x", 443, "/")),
    ],
)
def test_a_url_is_read_in_parts(text, parts) -> None:
    found = Endpoint.parse(text)
    assert (found.scheme, found.host, found.port, found.target) == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "partner.example",
        "//partner.example",
        "ftp://partner.example/",
        "HTTPS://partner.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://user@partner.example/",
        "https://user:pass@partner.example/",
        "https://partner.example@evil.example/",
        "https://partner.example/#x",
        "https://partner.example\\@evil.example/",
        "https://partner.example:0/",
        "https://partner.example:65536/",
        "https://partner.example:٤٤٣/",
        "https://partner.example:/",
        "https://partner.example/a b",
        "https://partner.example/\r\nHost: evil.example",
        "https://partner.example/\x00",
        "https://pärtner.example/",
        "https://partner.example/ü",
        "https://partner..example/",
        "https://.partner.example/",
        "https://partner.example./",
        "https://-partner.example/",
        f"https://{'a' * 64}.example/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://[::1/",
        "https://::1/",
        "https://[]/",
        "https://[127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[1:2:3]/",
        "https://partner.example/" + "x" * URL_MAX,
    ],
)
def test_what_is_no_url_of_a_webhook_is_refused(text) -> None:
    with pytest.raises(BadInput) as caught:
        Endpoint.parse(text)
    assert caught.value.code == "webhook-url-invalid"


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z0-9.:@\[\]/?#%-]{1,40}", fullmatch=True))
def test_whatever_is_typed_is_an_endpoint_or_bad_input_and_the_standard_library_reads_the_same_host(text) -> None:
    with contextlib.suppress(BadInput):
        found = Endpoint.parse(text)
        parts = urlsplit(text)
        assert parts.hostname == found.host.lower()
        assert (parts.port or {"https": 443, "http": 80}[parts.scheme]) == found.port
        assert parts.username is None


def test_the_host_of_a_request_names_the_port_only_where_it_is_unusual() -> None:
    assert Endpoint.parse("https://partner.example:443/").authority == "partner.example"
    assert Endpoint.parse("http://partner.example:443/").authority == "partner.example:443"
    assert Endpoint.parse("https://[2001:db8::7]:444/").authority == "[2001:db8::7]:444"


PUBLIC = ["198.41.0.4", "1.1.1.1", "2001:500:200::b", "2606:4700::1", "::ffff:198.41.0.4", "64:ff9b::c629:4"]
PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1", "4000::1",
    "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1",
    "", "localhost", "1.2.3", "010.0.0.1", "x", "1.1.1.1 ", "::ffff:1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address) -> None:
    assert is_public(address)
    assert is_unicast(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_found(address) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_no_address_that_python_keeps_from_the_public_is_public(address) -> None:
    carried = getattr(address, "ipv4_mapped", None)
    judged = carried or address
    in_nat64 = address in ipaddress.ip_network("64:ff9b::/96")
    if not in_nat64 and (judged.is_private or judged.is_loopback or judged.is_link_local or judged.is_multicast):
        assert not is_public(str(address))


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1", "::ffff:224.0.0.1", "x"]
)
def test_what_no_single_host_has_is_never_called(address) -> None:
    assert not is_unicast(address)
    assert Reach(plain=True, private=True).objection(Endpoint.parse("https://partner.example/"), [address])


def test_this_machine_is_known_in_every_form() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]))
    assert not any(map(is_loopback, ["10.0.0.1", "::2", "x", ""]))


@pytest.mark.parametrize(
    ("url", "addresses", "plain", "private", "called"),
    [
        ("https://x.example/", ["1.1.1.1", "2606:4700::1"], False, False, True),
        ("https://x.example/", ["1.1.1.1", "10.0.0.1"], False, False, False),
        ("https://x.example/", ["10.0.0.1"], False, True, True),
        ("https://x.example/", [], False, False, True),
        ("http://x.example/", ["1.1.1.1"], False, False, False),
        ("http://x.example/", ["1.1.1.1"], True, False, True),
        ("http://x.example/", ["127.0.0.1", "::1"], False, True, True),
        ("http://x.example/", ["127.0.0.1"], False, False, False),
        ("http://x.example/", ["127.0.0.1", "10.0.0.1"], False, True, False),
        ("http://x.example/", [], False, True, False),
    ],
)
def test_what_may_be_called_depends_on_the_settings(url, addresses, plain, private, called) -> None:
    objection = Reach(plain=plain, private=private).objection(Endpoint.parse(url), addresses)
    assert (objection == "") is called
    assert not any(address in objection for address in addresses)
