"""Proxies: who is listed as one, and what is taken from it: the client's address, its certificate, and whether it
came by TLS.

A header of a proxy counts only where the other end of the connection is listed. From anybody else it counts for
nothing, whatever it says.
"""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from relto.domain.certificate import BYTES_MAX, der_of
from relto.domain.errors import BadInput
from relto.faces.http.exchange import CERTIFICATE

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from relto.config import Proxy
    from relto.faces.http.exchange import Request

HOPS_MAX: Final = 32
"""Addresses of a header that are looked at, from the right: no chain of proxies is longer."""

_Address = IPv4Address | IPv6Address
_PARAMETER: Final = re.compile(rb'[ \t]*(?:([\w!#$%&\'*+.^`|~-]+)=(?:"([^"]*)"|([^;,\s"]*)))?[ \t]*([;,]|$)')
_PORT: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")


class Proxies:
    """Reads what proxies say of a request. One for each process."""

    def __init__(self, settings: Proxy) -> None:
        """The addresses have been checked when the settings were read."""
        self._networks: list[IPv4Network | IPv6Network] = [
            ip_network(text, strict=False) for text in settings.addresses.replace(",", " ").split()
        ]
        self._forwarded = settings.address_header == "forwarded"
        self._certificate = settings.client_certificate_header.lower().encode()

    def address(self, request: Request) -> str:
        """Where the client is: the other end of the connection, or what the nearest listed proxies say that it was.

        The rightmost address that is not listed counts: what stands left of it, anybody may have written there.
        Networks of IPv6 count as one, by their first 64 bits.
        """
        peer = _parsed((request.scope.get("client") or ("",))[0])
        if peer is None:
            return ""
        found = peer
        if self._networks and self._is_listed(peer):
            for hop in self._hops(request):
                if hop is None:
                    # Whatever that was: nobody further left can be believed.
                    break
                found = hop
                if not self._is_listed(hop):
                    break
        if isinstance(found, IPv6Address):
            return str(IPv6Network((int(found) >> 64 << 64, 64)))
        return str(found)

    def is_secure(self, request: Request) -> bool:
        """Whether the client came by TLS, to us or to a listed proxy."""
        if request.scope.get("scheme") == "https":
            return True
        if not self.is_from_proxy(request):
            return False
        if self._forwarded:
            named = _forwarded(request.headers.get(b"forwarded", b""), b"proto")
            return bool(named) and named[-1].lower() == b"https"
        return request.headers.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower() == b"https"

    def certificate(self, request: Request) -> bytes | None:
        """The client's certificate as DER: that of the connection or, from a listed proxy, that of its header.

        None: none was shown. Empty: what the header holds cannot be read.
        """
        if self._certificate and self.is_from_proxy(request):
            # The connection's own would be the proxy's.
            value = request.headers.get(self._certificate, b"").strip()
            return certificate_of(value) if value else None
        shown: bytes | None = request.scope.get("extensions", {}).get(CERTIFICATE)
        return shown

    def is_from_proxy(self, request: Request) -> bool:
        """Whether the other end of the connection is listed as a proxy."""
        if not self._networks:
            return False
        peer = _parsed((request.scope.get("client") or ("",))[0])
        return peer is not None and self._is_listed(peer)

    def _is_listed(self, address: _Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)

    def _hops(self, request: Request) -> list[_Address | None]:
        """The addresses that the header names, the nearest first; None for what is no address."""
        if self._forwarded:
            named = _forwarded(request.headers.get(b"forwarded", b""), b"for")
        else:
            named = request.headers.get(b"x-forwarded-for", b"").split(b",")
        return [_parsed(each.strip().decode("latin-1")) for each in reversed(named[-HOPS_MAX:])]


def _forwarded(value: bytes, wanted: bytes) -> list[bytes]:
    """The values of one parameter of `Forwarded` (RFC 7239), from left to right.

    None at all where anything of it is otherwise than section 4 has it, or escaped: a client could hide in quotes of
    its own what the proxy wrote behind.
    """
    found: list[bytes] = []
    at = 0
    while at < len(value):
        part = _PARAMETER.match(value, at)
        if part is None or b"\\" in part[0]:
            return []
        if part[1] is not None and part[1].lower() == wanted:
            found.append(part[2] if part[2] is not None else part[3])
        at = part.end()
    return found


def certificate_of(value: bytes) -> bytes:
    """The DER in a header: Base64 between colons (RFC 9440), or PEM in percent signs, as nginx and others write it.

    Empty where it is neither.
    """
    if len(value) > 2 * BYTES_MAX:
        return b""
    try:
        if value.startswith(b":"):
            if len(value) < 3 or not value.endswith(b":"):
                return b""
            return base64.b64decode(value[1:-1], validate=True)
        plain = unquote_to_bytes(value)
        return der_of(plain) if plain.startswith(b"-----BEGIN ") else b""
    except (binascii.Error, BadInput):
        return b""


def _parsed(text: str) -> _Address | None:
    """The address, without its port; an IPv4 address that is written as one of IPv6 is the former."""
    found = _PORT.fullmatch(text)
    try:
        address = ip_address((found[1] or found[2]) if found else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
