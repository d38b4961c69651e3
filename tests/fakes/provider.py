"""An OpenID Connect provider of a test: Authlib's server side behind a real HTTP server, with real signatures.

Whoever comes to sign in is signed in at once as `subject`. It asks for PKCE (S256), for the secret of its client, and
takes a code once. `lies` says what it does otherwise than it should.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "relto", "a secret of the tests"


@dataclass
class Lies:
    """What the provider does wrong; nothing unless said. `claims` with None: left out."""

    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    keys: Any = None
    key: Any = None
    token: Any = None
    answers: dict[str, str] = field(default_factory=dict)


@dataclass
class Code:
    """A code that was given out."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    user: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


class Client:
    """The one client."""

    client_id = CLIENT

    def __init__(self, redirect_uri):
        self._redirect_uri = redirect_uri

    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return self._redirect_uri

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self._redirect_uri

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


class Challenge(CodeChallenge):
    """By S256 alone."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class Asked(OAuth2Request):
    """A request as Authlib wants it; its fields are those of its address or of its form."""

    def __init__(self, request):
        super().__init__(request.command, f"https://provider{request.path}", headers=request.headers)
        self.payload = BasicOAuth2Payload(request.fields)
        self.args = self.form = request.fields

    args = form = None


class Provider(AuthorizationServer):
    """Made by `provider`."""

    def __init__(self):
        super().__init__(scopes_supported=["openid", "email"])
        self.issuer = ""
        self.redirect_uri = ""
        self.subject = "248289761001"
        self.lies = Lies()
        self.keys = {"rsa": RSAKey.generate_key(2048, {"kid": "rsa"}), "ec": ECKey.generate_key("P-256", {"kid": "ec"})}
        self.alg = "RS256"
        self.codes: dict[str, Code] = {}
        self.asked: list[str] = []
        self.ended = threading.Event()
        server = self

        class Grant(AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

            def save_authorization_code(self, code, request):
                data = request.payload.data
                server.codes[code] = Code(
                    code, data["redirect_uri"], data["scope"], data.get("nonce", ""), request.user,
                    data["code_challenge"], data["code_challenge_method"],
                )  # fmt: skip

            def query_authorization_code(self, code, client):
                return server.codes.get(code)

            def delete_authorization_code(self, authorization_code):
                del server.codes[authorization_code.code]

            def authenticate_user(self, authorization_code):
                return authorization_code.user

        self.register_grant(Grant, [Challenge(required=True), self._add_id_token])
        made = {"token_type": "Bearer", "access_token": "access", "scope": "openid"}
        self.register_token_generator("default", lambda **_: dict(made))

    def _add_id_token(self, grant):
        def add(grant, response):
            code = grant.request.authorization_code
            token = self.lies.token or self.id_token(code.user, code.nonce)
            response[1]["id_token"] = token
            return response

        grant.register_hook("after_create_token_response", add)

    def id_token(self, subject, nonce):
        """A token as it should be, but for the lies."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": subject, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce,
            "email": "officer@example.org", "email_verified": True, **self.lies.claims,
        }  # fmt: skip
        key = self.keys["rsa" if self.alg.startswith(("RS", "PS")) else "ec"]
        header = {"alg": self.alg, "kid": key.kid, **self.lies.header}
        header = {name: value for name, value in header.items() if value is not None}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, claims, self.lies.key or key, algorithms=[header["alg"]])

    # What Authlib asks of whoever serves it.

    def query_client(self, client_id):
        return Client(self.redirect_uri) if client_id == CLIENT else None

    def save_token(self, token, request):
        pass

    def send_signal(self, name, *args, **kwargs):
        pass

    def create_oauth2_request(self, request):
        return Asked(request)

    def handle_response(self, status, body, headers):
        return status, body, headers

    # What is asked for over HTTP.

    def answer(self, request):
        """(status, headers, body) of a request."""
        path = urlsplit(request.path).path
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            document = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                **self.lies.metadata,
            }
            return 200, [("content-type", "application/json")], json.dumps(document).encode()
        if path == "/keys":
            keys = self.lies.keys
            if keys is None:
                keys = {"keys": [key.as_dict(private=False) for key in self.keys.values()]}
            return 200, [("content-type", "application/json")], json.dumps(keys).encode()
        if path == "/authorize":
            grant = self.get_consent_grant(request, self.subject)
            status, body, headers = self.create_authorization_response(request, grant_user=self.subject, grant=grant)
        else:
            status, body, headers = self.create_token_response(request)
        return status, headers, body if isinstance(body, bytes) else (json.dumps(body) if body else "").encode()


class _Handler(BaseHTTPRequestHandler):
    """One request. An answer may be late, endless, packed, cut off, elsewhere, or nonsense, by the path's last part."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        provider = self.server.provider
        length = int(self.headers.get("content-length", 0))
        text = self.rfile.read(length).decode() if length else urlsplit(self.path).query
        self.fields = dict(parse_qsl(text))
        kind = provider.lies.answers.get(urlsplit(self.path).path.rpartition("/")[2], "")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer(provider, kind)

    do_POST = do_GET  # noqa: N815 - the base class asks for the name

    def _answer(self, provider, kind):
        status, headers, body = provider.answer(self)
        if kind == "late":
            provider.ended.wait(30)
        elif kind == "nonsense":
            body = b"\xff{nonsense"
        elif kind == "deep":
            body = b"[" * 200_000
        elif kind == "list":
            body = b"[1, 2]"
        elif kind.isdigit():
            status = int(kind)
        elif kind == "elsewhere":
            status, headers = 302, [("location", f"{provider.issuer}/other{self.path}")]
        elif kind == "packed":
            headers, body = [*headers, ("content-encoding", "gzip")], gzip.compress(b" " * 50_000_000)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if kind in {"endless", "trickling"}:
            self.send_header("connection", "close")
            self.end_headers()
            piece, pause = (b" " * 65_536, 0) if kind == "endless" else (b" ", 0.05)
            while not provider.ended.wait(pause):
                self.wfile.write(piece)
                self.wfile.flush()
            return
        self.send_header("content-length", str(len(body) + (100 if kind == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        if kind == "cut":
            self.close_connection = True

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider that listens on loopback; `redirect_uri` is to be set by whoever is its client."""
    made = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.provider = made
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def shared_secret() -> OctKey:
    """A key of HMAC over the secret that the client has as well."""
    return OctKey.import_key(SECRET)
