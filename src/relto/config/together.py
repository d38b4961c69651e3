"""What settings of signing in, and of time stamps, must say together, since none of them can say it alone."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.config.rule import Value

CHANGING = frozenset({"email", "email_verified", "name", "nickname", "preferred_username", "phone_number"})
"""Claims that may change hands (OpenID Connect Core section 5.7): whoever has one next would be somebody else here."""


def check_sign_in(values: Mapping[str, Value]) -> None:
    """Raises `BadInput` (`config-value`)."""
    if values["tls.client_certificates"] != "off":
        _require(values, "tls.cert", "tls.client_certificates")
        _require(values, "tls.client_ca", "tls.client_certificates")
    for text in str(values["proxy.addresses"]).replace(",", " ").split():
        _check_network(text)
    if values["proxy.client_certificate_header"]:
        _require(values, "proxy.addresses", "proxy.client_certificate_header")
    if values["openid.issuer"]:
        _require(values, "openid.client_id", "openid.issuer")
        _require(values, "http.public_url", "openid.issuer")
        if not is_safe(str(values["openid.issuer"])):
            _wrong("openid.issuer", "a provider is asked by https, or on this machine itself")
        if "openid" not in str(values["openid.scopes"]).split():
            _wrong("openid.scopes", "without `openid` a provider says nothing of who signed in")
        if values["openid.claim"] in CHANGING:
            _wrong("openid.claim", f"`{values['openid.claim']}` may be somebody else's tomorrow, so it names nobody")


def check_timestamps(values: Mapping[str, Value]) -> None:
    """A time stamp that leads to nobody who is trusted proves nothing. Raises `BadInput` (`config-value`)."""
    if values["timestamps.url"]:
        _require(values, "timestamps.ca", "timestamps.url")


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change what is asked of it: https, or this machine itself."""
    parts = urlsplit(url)
    try:
        return parts.scheme == "https" or parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _check_network(text: str) -> None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        _wrong("proxy.addresses", f"`{text[:80]}` is no address and no network")
    if not network.prefixlen:
        _wrong("proxy.addresses", f"`{text}` is everybody, and then anybody's word would count")


def _require(values: Mapping[str, Value], lacking: str, given: str) -> None:
    if not values[lacking]:
        _wrong(lacking, f"it is empty, and `{given}` needs it")


def _wrong(key: str, why: str) -> NoReturn:
    raise BadInput("config-value", f"`{key}`: {why}", key=key)
