"""A time stamp authority of a test: it makes tokens (RFC 3161), good ones and each way of bad ones, and answers over
HTTP on the loopback. Its numbers and its keys are its own; the time that it says is handed in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as values
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relto.adapters.authority.asking import Reply
from relto.domain.errors import Unreachable

AT = dt.datetime(2026, 3, 5, 12, 0, 0, 250_000, tzinfo=dt.UTC)
AT_US = 1_772_712_000_250_000
STAMPS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
TWO = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])
CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
DER = serialization.Encoding.DER
HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@lru_cache
def key_of(name: str, kind: str = "ec") -> Any:
    """One key a name: keys of RSA are slow to draw."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65_537, int(kind[3:] or 2_048))
    return ec.generate_private_key(ec.SECP256R1())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    name: str
    kind: str
    certificate: x509.Certificate

    @property
    def key(self) -> Any:
        return key_of(self.name, self.kind)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def hold(
    name: str,
    by: Holder | None = None,
    *,
    ca: bool = False,
    usage: x509.ExtendedKeyUsage | None = None,
    critical: bool = True,
    days: tuple[int, int] = (-10, 10),
    kind: str = "ec",
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Holder:
    """Somebody with a certificate of `by`, or a root; good from and until so many days from `AT`."""
    start = AT.replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by.name if by else name))
        .public_key(key_of(name, kind).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start + dt.timedelta(days=days[0]))
        .not_valid_after(start + dt.timedelta(days=days[1]))
    )
    extensions = [(x509.BasicConstraints(ca=True, path_length=None), True)] if ca else []
    extensions += [(usage, critical)] if usage else []
    for extension, is_critical in (*extensions, *more):
        builder = builder.add_extension(extension, critical=is_critical)
    return Holder(name, kind, builder.sign(by.key if by else key_of(name, kind), hashes.SHA256()))


@lru_cache
def root(name: str = "Root") -> Holder:
    return hold(name, ca=True)


@lru_cache
def between() -> Holder:
    return hold("Between", root(), ca=True, usage=STAMPS, critical=False)


@lru_cache
def stamper(kind: str = "ec") -> Holder:
    return hold(f"Stamper {kind}", between(), usage=STAMPS, kind=kind)


@dataclass(frozen=True)
class Stamper:
    """Makes tokens; what differs from a good one is a field, and `bend` may change what is signed."""

    by: Holder = field(default_factory=stamper)
    shown: tuple[Holder, ...] = field(default_factory=lambda: (stamper(), between()))
    meant: Holder | None = None
    ess: tuple[str, ...] = ("sha256",)
    hashed: str = "sha256"
    signature: str = "plain"
    accuracy: dict[str, int] | None = field(default_factory=lambda: {"seconds": 1, "millis": 500})
    info: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    bend: Callable[[cms.SignedData], None] = lambda signed: None

    def token(self, digest: bytes, *, nonce: int | None = None) -> bytes:
        """A token over that digest."""
        said = {
            "version": "v1",
            "policy": "1.2.3.4.5",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "serial_number": 7,
            "gen_time": AT,
            "ordering": False,
        }
        said |= {"accuracy": self.accuracy} if self.accuracy else {}
        said |= {"nonce": nonce} if nonce is not None else {}
        content = tsp.TSTInfo(said | self.info)
        attributes = [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.new(self.hashed, content.dump()).digest()]},
            *(self._meaning(kind) for kind in self.ess),
        ]
        signed = cms.CMSAttributes([each for each in attributes if each["type"] not in self.without])
        value = values.Certificate.load(self.by.der)
        algorithm, made = self._signed(signed.dump())
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.hashed}],
                "encap_content_info": {"content_type": "tst_info", "content": content},
                "certificates": [values.Certificate.load(each.der) for each in self.shown],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": {"issuer_and_serial_number": _numbered(value)},
                        "digest_algorithm": {"algorithm": self.hashed},
                        "signed_attrs": signed,
                        "signature_algorithm": algorithm,
                        "signature": made,
                    }
                ],
            }
        )
        self.bend(data)
        return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()

    def answer(self, query: bytes) -> bytes:
        """What it answers to a question: a token."""
        asked = tsp.TimeStampReq.load(query, strict=True)
        token = self.token(asked["message_imprint"]["hashed_message"].native, nonce=asked["nonce"].native)
        return granted(token)

    def _meaning(self, kind: str) -> dict[str, Any]:
        meant = (self.meant or self.by).der
        value = values.Certificate.load(meant)
        issuer = [values.GeneralName("directory_name", value.issuer)]
        named = {"cert_hash": hashlib.new(kind, meant).digest()}
        named["issuer_serial"] = {"issuer": issuer, "serial_number": value.serial_number}
        if kind == "sha1":
            return {"type": "signing_certificate", "values": [{"certs": [named]}]}
        return {"type": "signing_certificate_v2", "values": [{"certs": [named | {"hash_algorithm": _hash(kind)}]}]}

    def _signed(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        hashed, key = HASHES[self.hashed], self.by.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return {"algorithm": f"{self.hashed}_ecdsa"}, key.sign(message, ec.ECDSA(hashed))
        if self.signature == "pss":
            parameters = algos.RSASSAPSSParams(
                {
                    "hash_algorithm": _hash(self.hashed),
                    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": _hash(self.hashed)},
                    "salt_length": 32,
                }
            )
            made = key.sign(message, padding.PSS(padding.MGF1(hashed), 32), hashed)
            return {"algorithm": "rsassa_pss", "parameters": parameters}, made
        name = "rsassa_pkcs1v15" if self.signature == "plain" else f"{self.hashed}_rsa"
        return {"algorithm": name}, key.sign(message, padding.PKCS1v15(), hashed)


def _hash(kind: str) -> dict[str, Any]:
    return {"algorithm": kind, "parameters": core.Null()}


def _numbered(value: values.Certificate) -> dict[str, Any]:
    return {"issuer": value.issuer, "serial_number": value.serial_number}


def granted(token: bytes, status: str = "granted") -> bytes:
    """An answer that brings a token."""
    read = cms.ContentInfo.load(token)
    return tsp.TimeStampResp({"status": {"status": status}, "time_stamp_token": read}).dump()


def refused(*words: str) -> bytes:
    """An answer that brings none."""
    status = {"status": "rejection", "fail_info": {"time_not_available"}, "status_string": list(words)}
    return Reply({"status": status}).dump()


Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def replying(body: Callable[[bytes], bytes], *, status: int = 200, kind: str = "application/timestamp-reply") -> Answer:
    """An answer over HTTP with what `body` makes of the question."""

    def answer(handler: BaseHTTPRequestHandler, query: bytes) -> None:
        said = body(query)
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    return answer


@dataclass
class Listening:
    """Where it listens, and what it was asked: (path, headers, body)."""

    url: str
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


class Quiet(ThreadingHTTPServer):
    """A server that says nothing of clients that go away."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def listening(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Listening]:
    """A server on the loopback that answers so, encrypted where there is a context, until the block ends."""
    seen = Listening("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            seen.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, query))
            try:
                answer(self, query)
            except OSError:
                # Whoever asked has had enough.
                self.close_connection = True

        def log_message(self, *_):
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    seen.url = f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}/tsr"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class LocalAuthority:
    """An `Authority` in this process; it may be away, and tells which digests it was asked for."""

    def __init__(self, stamper: Stamper | None = None) -> None:
        self.stamper = stamper or Stamper()
        self.is_away = False
        self.asked: list[bytes] = []

    def stamped(self, digest: bytes) -> bytes:
        self.asked.append(digest)
        if self.is_away:
            raise Unreachable("authority-unreachable", "the time stamp authority cannot be asked: it is away")
        return self.stamper.token(digest)
