"""An OpenID Connect provider, asked with Authlib over httpx.

What it says is believed only where it must be: its metadata has to name the issuer of our settings, its keys sign with
algorithms of the list below, and its token is checked claim by claim. Whatever it sends is read up to a limit, within a
time, and never unpacked or followed elsewhere. Metadata and keys are kept for an hour; a key that is not known is asked
for again, once a minute at most.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import httpx2
import msgspec
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # it has no hints
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]  # it has no hints
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # it has no hints
from authlib.oidc.discovery import get_well_known_url  # type: ignore[import-untyped]  # it has no hints
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from relto.domain.errors import Refused, Unreachable

if TYPE_CHECKING:
    from relto.ports.identity import Attempt

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures by a key that the provider alone has: not `none`, and none by a secret that we have as well."""

ANSWER_BYTES_MAX: Final = 262_144
"""Bytes of one answer; the largest providers' keys have 10,000."""

ANSWER_SECONDS: Final = 10.0
"""How long one answer may take, from the first name looked up to the last byte."""

KEPT_SECONDS: Final = 3_600.0
ANEW_SECONDS: Final = 60.0
"""How often keys are asked for again because a token names one that is not there."""

FAILED_SECONDS: Final = 5.0
"""Who could not be reached is not asked again for so long: others who wait are told at once."""

ATTEMPTS_MAX: Final = 16
"""Attempts of this process that may wait for the provider at once."""

KEYS_MAX: Final = 100
TOKEN_CHARACTERS_MAX: Final = 16_384
LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may be off."""

AGE_SECONDS_MAX: Final = 600
"""How long ago the token may have been made: it is made for us, now."""

RSA_BITS: Final = (2_048, 8_192)


class _Limit(Exception):
    """An answer that is more than is read, or other than is taken."""


@dataclass(slots=True)
class _Kept:
    """Something that was fetched, and until when it is good."""

    value: Any
    until: float


class OpenidProvider:
    """An `IdentityProvider` over HTTP."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        scopes: str,
        claim: str,
        redirect_url: str,
        now: Callable[[], int],
    ) -> None:
        """`now` is the machine's clock, in microseconds: a token is good by the world's time."""
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._claim = claim
        self._redirect_url = redirect_url
        self._now = now
        self._transport = _Bounded()
        self._kept: dict[str, _Kept] = {}
        self._failed_until = 0.0
        self._keys_asked = 0.0
        self._lock = asyncio.Lock()
        self._attempts = 0

    @property
    def issuer(self) -> str:
        """As the settings have it."""
        return self._issuer

    async def address(self, attempt: Attempt) -> str:
        """With the challenge of PKCE, by S256 alone."""
        with self._attempt():
            metadata = await self._metadata()
            client = self._client(metadata)
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
            return cast("str", url)

    async def subject(self, code: str, attempt: Attempt) -> str:
        """By the ID token alone: what else a provider may know of somebody is not asked for."""
        with self._attempt():
            metadata = await self._metadata()
            answer = await self._exchange(metadata, code, attempt)
            token = answer.get("id_token")
            if not isinstance(token, str) or len(token) > TOKEN_CHARACTERS_MAX:
                raise _wrong("there is none, or it is too long")
            key = await self._key_of(metadata, _header_of(token))
            return self._checked(token, key, attempt, answer.get("access_token"))

    async def close(self) -> None:
        """All connections are the transport's."""
        await self._transport.aclose()

    # Asking.

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        if self._attempts >= ATTEMPTS_MAX:
            raise Unreachable("openid-busy", "too many sign-ins wait for the OpenID provider", remedy="try again")
        self._attempts += 1
        try:
            yield
        finally:
            self._attempts -= 1

    def _client(self, metadata: dict[str, Any]) -> Any:
        method = "none"
        if self._client_secret:
            known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
            method = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._client_secret or None,
            token_endpoint_auth_method=method,
            scope=self._scopes,
            redirect_uri=self._redirect_url,
            code_challenge_method="S256",
            transport=_Shared(self._transport),
            trust_env=False,
            follow_redirects=False,
        )

    async def _exchange(self, metadata: dict[str, Any], code: str, attempt: Attempt) -> dict[str, Any]:
        async def exchange() -> Any:
            client = self._client(metadata)
            client.register_compliance_hook("access_token_response", _require_answer)
            return await client.fetch_token(
                metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )

        try:
            answer = await _within_limits(exchange, "its token endpoint")
        except AuthlibBaseError as error:
            raise Refused(
                "openid-code-refused", f"the provider does not take the code: {_said(error.error)}"
            ) from error
        if not isinstance(answer, dict):
            raise _provider_wrong("its token endpoint answers with something else than an object")
        return answer

    async def _document(self, name: str, url: str, *, anew: bool = False) -> dict[str, Any]:
        """A document of the provider: the one that is kept, or fetched."""
        async with self._lock:
            now = time.monotonic()
            kept = self._kept.get(name)
            if kept is not None and now < kept.until and not anew:
                return cast("dict[str, Any]", kept.value)
            if now < self._failed_until:
                raise _unreachable(f"{name} could not be had a moment ago")

            async def fetch() -> Any:
                async with httpx2.AsyncClient(
                    transport=_Shared(self._transport), trust_env=False, follow_redirects=False
                ) as client:
                    response = await client.get(url, headers={"accept": "application/json"})
                    if response.status_code != 200:
                        raise _unreachable(f"{name} is answered with {response.status_code}")
                    return msgspec.json.decode(response.content)

            try:
                value = await _within_limits(fetch, name)
            except Unreachable:
                self._failed_until = time.monotonic() + FAILED_SECONDS
                raise
            if not isinstance(value, dict):
                raise _provider_wrong(f"{name} are no object")
            self._kept[name] = _Kept(value, time.monotonic() + KEPT_SECONDS)
            return value

    async def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), as far as it may be believed."""
        found = await self._document("its metadata", get_well_known_url(self._issuer, external=True))
        try:
            if found.get("issuer") != self._issuer:
                raise _provider_wrong(f"its metadata are those of {_said(found.get('issuer'))}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._require_safe(name, found.get(name))
            methods = found.get("token_endpoint_auth_methods_supported")
            if methods is not None and not isinstance(methods, list):
                raise _provider_wrong("its metadata have no list of ways to prove who asks")
        except Refused:
            # Not kept: the provider may be put right at any time.
            self._kept.pop("its metadata", None)
            raise
        return found

    def _require_safe(self, name: str, url: object) -> None:
        """An endpoint is https, as the issuer is; only a provider on this machine itself may do without."""
        try:
            parts = urlsplit(url) if isinstance(url, str) and len(url) <= 2_000 else None
            host = parts.hostname if parts is not None else None
        except ValueError:
            parts = host = None
        if parts is None or not host or any(character <= " " for character in str(url)):
            raise _provider_wrong(f"its metadata have no `{name}`")
        local = not self._issuer.startswith("https:") and host == urlsplit(self._issuer).hostname
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise _provider_wrong(f"its `{name}` is not https")

    async def _key_of(self, metadata: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
        """The key by which the token says that it was signed."""
        url = metadata["jwks_uri"]
        found = _keys_for(await self._document("its keys", url), header)
        if not found and time.monotonic() - self._keys_asked > ANEW_SECONDS:
            # It may have changed them. An attempt with a made-up name must not have us ask without end.
            self._keys_asked = time.monotonic()
            found = _keys_for(await self._document("its keys", url, anew=True), header)
        if len(found) != 1:
            raise _wrong("no key of the provider is the one that it names")
        return found[0]

    # Believing.

    def _checked(self, token: str, key: dict[str, Any], attempt: Attempt, access_token: object) -> str:
        """The subject of a token that keeps to OpenID Connect Core section 3.1.3.7."""
        now = self._now() // 1_000_000
        try:
            read = jwt.decode(token, import_key(key), algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                params={
                    "nonce": attempt.nonce,
                    "client_id": self._client_id,
                    "access_token": access_token if isinstance(access_token, str) else None,
                },
            )
            claims.validate(now=now, leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _wrong(_said(str(error) or type(error).__name__)) from error
        made_at = claims["iat"]
        if not now - AGE_SECONDS_MAX - LEEWAY_SECONDS <= made_at <= now + LEEWAY_SECONDS:
            raise _wrong("it was not made just now")
        subject = claims.get(self._claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise _wrong(f"its claim `{self._claim}` names nobody")
        return subject


class _Bounded(httpx2.AsyncBaseTransport):
    """Connections whose answers are read as they are sent, up to a limit."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(
            trust_env=False, limits=httpx2.Limits(max_connections=ATTEMPTS_MAX, max_keepalive_connections=2)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise _Limit("an answer is packed, though it was asked for as it is")
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_BoundedStream(cast("httpx2.AsyncByteStream", response.stream)),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Shared(httpx2.AsyncBaseTransport):
    """A transport that outlives the client which uses it."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._inner.handle_async_request(request)


class _BoundedStream(httpx2.AsyncByteStream):
    """A stream that ends with an exception where it goes on beyond the limit."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                raise _Limit(f"an answer has more than {ANSWER_BYTES_MAX} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def _require_answer(response: httpx2.Response) -> httpx2.Response:
    """A token or an error, and nothing that leads elsewhere (RFC 6749 sections 5.1 and 5.2)."""
    if response.status_code not in {200, 400, 401}:
        raise _Limit(f"it is answered with {response.status_code}")
    return response


async def _within_limits(ask: Callable[[], Any], what: str) -> Any:
    """What it answers. Raises `Unreachable` where it cannot be had whole, in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await ask()
    except TimeoutError as error:
        raise _unreachable(f"{what} did not come within {ANSWER_SECONDS:g} s") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, _Limit, OSError) as error:
        raise _unreachable(f"{what} cannot be had: {_said(str(error) or type(error).__name__)}") from error
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise _provider_wrong(f"{what} cannot be read") from error


def _header_of(token: str) -> dict[str, Any]:
    """What the token says of its signature; nothing of it is believed before that has been checked."""
    try:
        part = token.split(".", 1)[0]
        header = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise _wrong("it cannot be read") from error
    if not isinstance(header, dict) or header.get("alg") not in ALGORITHMS or "crit" in header:
        raise _wrong("it is signed in a way that proves nothing here")
    return header


def _keys_for(document: dict[str, Any], header: dict[str, Any]) -> list[dict[str, Any]]:
    """The keys of the document by which a token with this header may be signed."""
    keys = document.get("keys")
    if not isinstance(keys, list) or len(keys) > KEYS_MAX:
        raise _provider_wrong("its keys are no list, or too many")
    kind = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[header["alg"][:2]]
    found = [
        each
        for each in keys
        if isinstance(each, dict)
        and each.get("kty") == kind
        and each.get("use", "sig") == "sig"
        and each.get("alg", header["alg"]) == header["alg"]
        and (kind != "RSA" or _is_sound_modulus(each.get("n")))
    ]
    name = header.get("kid")
    return found if name is None else [each for each in found if each.get("kid") == name]


def _is_sound_modulus(text: object) -> bool:
    """Whether a key of RSA is long enough to prove anything, and short enough to be tried."""
    low, high = RSA_BITS
    return isinstance(text, str) and low <= len(text) * 6 and len(text) * 6 <= high + 16


def _said(text: object) -> str:
    """Words of theirs, cut short and on one line."""
    return "".join(character if character.isprintable() else " " for character in str(text))[:200]


def _unreachable(why: str) -> Unreachable:
    return Unreachable("openid-unreachable", f"the OpenID provider cannot be asked: {why}", remedy="try again")


def _provider_wrong(why: str) -> Refused:
    return Refused("openid-provider-wrong", f"the OpenID provider is not what it must be: {why}")


def _wrong(why: str) -> Refused:
    return Refused("openid-token-wrong", f"the OpenID provider's token proves nothing: {why}")
