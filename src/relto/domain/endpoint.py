"""An endpoint: where a webhook is called, and which addresses of the network may be reached for it.

A party names its endpoint, and this node calls it from inside its own network: so what the name resolves to is checked,
and by default must be a public unicast address (Standard Webhooks 1.0.0, server side request forgery). An address that
carries another one (IPv4-mapped, NAT64) is judged by the one that it carries; tunnels (6to4, Teredo) are refused.

>>> Endpoint.parse("https://partner.example:8443/hooks?from=relto").port
8443
>>> is_public("198.41.0.4"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1"), is_public("fe80::1%eth0")
(True, False, False, False)
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from relto.domain.errors import BadInput
from relto.domain.written import shown

URL_MAX: Final = 1_000
"""Characters of a URL."""

_PORTS: Final = {"https": 443, "http": 80}
_URL: Final = re.compile(
    r"(?P<scheme>https|http)://(?:\[(?P<six>[0-9A-Fa-f:.]{0,45}:[0-9A-Fa-f:.]{0,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")

# What the IANA registries of special-purpose addresses keep from the public, written out: what a release of Python
# makes of them differs.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_MAPPED: Final = ipaddress.ip_network("::ffff:0:0/96")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFFFFFF

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL in parts. `host`: a name of ASCII, or an address without brackets; `target`: path and query."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What a request names as its host (RFC 9110, section 7.2): the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def known_addresses(self) -> tuple[str, ...]:
        """The address that it names, where it names one; none for a name that has to be looked up."""
        return (self.host,) if _is_address(self.host) else ("127.0.0.1",) if self.host == "localhost" else ()

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """A URL as typed: `https://` or `http://`, a host in ASCII, perhaps a port, path and query; nothing else.

        Raises `BadInput` (`webhook-url-invalid`).
        """
        if len(text) > URL_MAX:
            raise BadInput("webhook-url-invalid", f"the URL has {len(text)} characters, and may have {URL_MAX}")
        if "#" in text or "@" in text.partition("//")[2].partition("/")[0]:
            _refuse(text, "it may have neither a fragment nor a user")
        found = _URL.fullmatch(text)
        if found is None:
            _refuse(
                text, "write https://host/path, a host that is not ASCII as its xn-- form, the rest percent-encoded"
            )
        scheme: Literal["https", "http"] = "https" if found["scheme"] == "https" else "http"
        port = int(found["port"]) if found["port"] else _PORTS[scheme]
        if not 1 <= port <= 65_535:
            _refuse(text, "a port is a number from 1 to 65535")
        host = found["six"] or found["name"]
        if not (_is_address(host) if found["six"] else _is_name(host)):
            _refuse(text, "its host is neither a name nor an address")
        return cls(scheme, host, port, (found["path"] or "/") + (found["query"] or ""))


@dataclass(frozen=True, slots=True)
class Reach:
    """What this node may call. `plain`: hosts other than this machine by `http`; `private`: addresses that are not
    public.
    """

    plain: bool = False
    private: bool = False

    def objection(self, endpoint: Endpoint, addresses: Collection[str]) -> str:
        """Why an endpoint whose host stands for these addresses is not called, in words; empty where it may be.

        It does not name them: what a name stands for inside this network is not for whoever made the webhook.
        """
        if not all(is_unicast(address) for address in addresses):
            return "its host stands for an address that no single host has"
        if not self.private and not all(is_public(address) for address in addresses):
            return "its host stands for an address that is not public (`webhooks.private`)"
        if endpoint.scheme == "http" and not self.plain and not (addresses and all(map(is_loopback, addresses))):
            return "`http` is not encrypted (`webhooks.http`)"
        return ""


def is_public(address: str) -> bool:
    """Whether an address, as text, is a public unicast one. What is no address is not."""
    try:
        parsed: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return False
        if parsed in _MAPPED or parsed in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(parsed) & _IPV4_BITS)))
        if parsed not in _GLOBAL_UNICAST:
            return False
    return not any(parsed in network for network in _NOT_PUBLIC)


def is_unicast(address: str) -> bool:
    """Whether an address, as text, is one that a single host may have, private ones included."""
    try:
        parsed: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed in _MAPPED:
        parsed = ipaddress.IPv4Address(int(parsed) & _IPV4_BITS)
    if isinstance(parsed, ipaddress.IPv4Address):
        return not (parsed.is_multicast or parsed in _NOT_PUBLIC[0] or int(parsed) >= 0xF0000000)
    return not (parsed.is_multicast or parsed.is_unspecified)


def is_loopback(address: str) -> bool:
    """Whether an address, as text, is of this machine alone."""
    try:
        parsed: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed in _MAPPED:
        parsed = ipaddress.IPv4Address(int(parsed) & _IPV4_BITS)
    return parsed.is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    """Whether it is a host name, or an IPv4 address in the one usual form: resolvers take `127.1` and `0x7f.1` too."""
    labels = text.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if _NUMBER.fullmatch(labels[-1]) is None:
        return True
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _refuse(text: str, remedy: str) -> NoReturn:
    raise BadInput("webhook-url-invalid", f"{shown(text)} is no URL of a webhook", remedy=remedy)
