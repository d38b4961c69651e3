"""Checking time stamp tokens (RFC 3161, RFC 5816): CMS (RFC 5652) read with asn1crypto, signatures and certificates
checked with cryptography.

In this order: the form of the token; what it is of; who signed it, and that these bytes are what was signed; that the
signer's certificate is the one that it meant, is for time stamps alone, and leads to a root that is trusted, all at the
moment that the token names. That a certificate was revoked is not asked: it takes a network and another day.

A token is taken as authorities send it, so in BER as well; whatever is not signed in it either has to be as it is, or
says nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms, tsp  # type: ignore[import-untyped]  # it has no hints
from asn1crypto.core import Void  # type: ignore[import-untyped]  # it has no hints
from asn1crypto.x509 import Certificate as CertificateValue  # type: ignore[import-untyped]  # it has no hints
from asn1crypto.x509 import Name
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from relto.domain.errors import BadInput
from relto.domain.stamp import Stamp

TOKEN_BYTES_MAX: Final = 65_536
"""Bytes of a token; those of public authorities, with their certificates, have 3,000 to 7,000."""

CERTIFICATES_MAX: Final = 16
"""Certificates that a token may bring along."""

ROOTS_BYTES_MAX: Final = 1_048_576
"""Bytes of a file of roots."""

RSA_BITS: Final = (2_048, 8_192)

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""What a token may be hashed with to be signed. SHA-1 proves nothing any more."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

# What asn1crypto and cryptography raise where bytes are not what they should be.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def checked(token: bytes, digest: bytes, roots: Sequence[bytes]) -> Stamp:
    """What a token says of a SHA-256 digest, where it leads to one of these root certificates (DER).

    Total. Raises `BadInput`: `timestamp-invalid`, `timestamp-other`, `timestamp-untrusted`
    (`relto.ports.authority.Check`).
    """
    stamp, parsed, signer = _read(token, digest)
    with _reading("timestamp-untrusted", "the time stamp's signature cannot be checked"):
        _require_trusted(signer, parsed.certificates, roots, parsed.made_at)
    return stamp


def claimed(token: bytes, digest: bytes) -> Stamp:
    """What a token says of a SHA-256 digest, signed with the certificate that it brings along: all of `checked` but
    whether anybody trusts whose that is. Anybody can make such a token.

    Total. Raises `BadInput`: `timestamp-invalid`, `timestamp-other`, `timestamp-untrusted`
    (`relto.ports.authority.Claim`).
    """
    return _read(token, digest)[0]


def authority_of(token: bytes) -> str:
    """Who signed a token, as it says by itself; empty where that cannot be told. Total."""
    try:
        with _reading("timestamp-invalid", "this is no time stamp: it does not say who signed it"):
            return _written(_Token.parse(token).signer().subject)
    except BadInput:
        return ""


def nonce_of(token: bytes) -> int | None:
    """What a token answers, where it was asked with a number; nothing else is checked. Raises `BadInput`
    (`timestamp-invalid`).
    """
    return _Token.parse(token).nonce


def read_roots(path: Path) -> tuple[bytes, ...]:
    """The certificates in a file of PEM, in DER. Raises `BadInput` (`ca-unusable`)."""
    remedy = "name a file of certificates in PEM"
    try:
        with path.open("rb") as file:
            raw = file.read(ROOTS_BYTES_MAX + 1)
        if len(raw) > ROOTS_BYTES_MAX:
            raise ValueError("it is too long")
        found = x509.load_pem_x509_certificates(raw)
    except OSError as error:
        raise BadInput("ca-unusable", f"`{path}` cannot be used: {error.strerror}", remedy=remedy) from error
    except _UNREADABLE as error:
        raise BadInput("ca-unusable", f"`{path}` cannot be used: it holds no certificates", remedy=remedy) from error
    return tuple(each.public_bytes(Encoding.DER) for each in found)


def _read(token: bytes, digest: bytes) -> tuple[Stamp, _Token, x509.Certificate]:
    """What a token says, where it is of this digest and is signed with the certificate that it brings along."""
    parsed = _Token.parse(token)
    if parsed.digest != digest:
        raise BadInput("timestamp-other", "the time stamp is of other bytes than these")
    with _reading("timestamp-untrusted", "the time stamp's signature cannot be checked"):
        signer = parsed.signer()
        parsed.require_signed_by(signer)
        at = (parsed.made_at - _EPOCH) // _MICROSECOND
        return Stamp(at, _written(signer.subject), parsed.accuracy_us, parsed.number), parsed, signer


@dataclass(frozen=True, slots=True)
class _Token:
    """A token of the right form, of which nothing is believed yet. `content`: what it says, as it was hashed."""

    content: bytes
    signed: Any
    by: Any
    digest: bytes
    made_at: datetime
    number: int
    accuracy_us: int | None
    nonce: int | None
    authority: Any
    certificates: tuple[bytes, ...]

    @classmethod
    def parse(cls, raw: bytes) -> _Token:
        """Raises `BadInput` (`timestamp-invalid`)."""
        if len(raw) > TOKEN_BYTES_MAX:
            raise _invalid(f"it has {len(raw)} bytes, and may have {TOKEN_BYTES_MAX}")
        with _reading("timestamp-invalid", "this is no time stamp: it cannot be read"):
            outer = cms.ContentInfo.load(raw, strict=True)
            if outer["content_type"].native != "signed_data":
                raise _invalid("it is not signed")
            signed = outer["content"]
            if signed["encap_content_info"]["content_type"].native != "tst_info":
                raise _invalid("what is signed says no time")
            # Exactly one signature: that of the authority (RFC 3161 section 2.4.2).
            if len(signed["signer_infos"]) != 1:
                raise _invalid("it has one signature, that of the authority")
            content = bytes(signed["encap_content_info"]["content"])
            info = tsp.TSTInfo.load(content, strict=True)
            if info["version"].native != "v1":
                raise _invalid("it is of a version that is not known here")
            imprint = info["message_imprint"]
            if imprint["hash_algorithm"]["algorithm"].native != "sha256":
                raise BadInput("timestamp-other", "the time stamp is of no SHA-256 digest")
            for extension in _listed(info["extensions"]):
                if extension["critical"].native:
                    raise _invalid("it holds an extension that has to be understood and is not")
            return cls(
                content,
                signed,
                signed["signer_infos"][0],
                imprint["hashed_message"].native,
                _moment(info["gen_time"]),
                info["serial_number"].native,
                _accuracy_us(info["accuracy"]),
                info["nonce"].native,
                info["tsa"],
                _certificates(signed["certificates"]),
            )

    def signer(self) -> x509.Certificate:
        """The certificate that is named beside the signature, and that the signature says it was made with."""
        with _reading("timestamp-invalid", "this is no time stamp: it does not say who signed it"):
            named = [each for each in self.certificates if _is_named(self.by["sid"], each)]
            if len(set(named)) != 1:
                raise _invalid("it does not bring along the certificate that it was signed with")
            self._require_meant(named[0])
            if not isinstance(self.authority, Void) and not _is_name_of(self.authority, named[0]):
                raise _invalid("it names an authority that its certificate does not")
        return x509.load_der_x509_certificate(named[0])

    def require_signed_by(self, signer: x509.Certificate) -> None:
        """Raises `BadInput` where the certificate's key did not sign what the token says (RFC 5652 section 5.4)."""
        kind = self.by["digest_algorithm"]["algorithm"].native
        if kind not in HASHES:
            raise _untrusted("it is hashed in a way that proves nothing here")
        if self._attribute("content_type").native != "tst_info":
            raise _invalid("what was signed is something else")
        if self._attribute("message_digest").native != hashlib.new(kind, self.content).digest():
            raise _untrusted("what it says is not what was signed")
        # They are signed as a SET, whatever they are written as (RFC 5652 section 5.4).
        message = self.by["signed_attrs"].untag().dump()
        try:
            _verify(signer, self.by["signature_algorithm"], kind, self.by["signature"].native, message)
        except InvalidSignature as error:
            raise _untrusted("its signature is not that of its certificate") from error

    def _attribute(self, kind: str) -> Any:
        """The one value of the one signed attribute of that kind."""
        found = self._attributes(kind)
        if len(found) != 1:
            raise _invalid(f"of `{kind}` there is one among what was signed")
        return found[0]

    def _attributes(self, kind: str) -> list[Any]:
        listed = _listed(self.by["signed_attrs"])
        return [value for each in listed if each["type"].native == kind for value in each["values"]]

    def _require_meant(self, certificate: bytes) -> None:
        """The signature names its certificate by hash: another one with the same key would say something else
        (RFC 5816 section 2.2.1; RFC 5035). Where it is named twice, both have to name it.
        """
        first, second = self._attributes("signing_certificate"), self._attributes("signing_certificate_v2")
        if not first + second or max(len(first), len(second)) > 1:
            raise _invalid("it does not say which certificate it was signed with")
        for each in first:
            _require_hash(each["certs"][0], "sha1", certificate)
        for each in second:
            named = each["certs"][0]
            kind = named["hash_algorithm"]["algorithm"].native
            if kind not in HASHES:
                raise _untrusted("its certificate is named by a hash that proves nothing here")
            _require_hash(named, kind, certificate)


def _require_hash(named: Any, kind: str, certificate: bytes) -> None:
    if named["cert_hash"].native != hashlib.new(kind, certificate, usedforsecurity=False).digest():
        raise _untrusted("it was signed with another certificate than the one that it brings along")
    said = named["issuer_serial"]
    if isinstance(said, Void):
        return
    value = CertificateValue.load(certificate)
    issuers = [each.chosen for each in said["issuer"] if each.name == "directory_name"]
    if value.issuer not in issuers or said["serial_number"].native != value.serial_number:
        raise _untrusted("it was signed with a certificate of another issuer or number")


def _verify(signer: x509.Certificate, algorithm: Any, kind: str, signature: bytes, message: bytes) -> None:
    """Raises `InvalidSignature`, or `BadInput` for what is not known here."""
    key = signer.public_key()
    asked, hashed = algorithm.signature_algo, HASHES[kind]
    # `rsaEncryption` leaves it to the digest's algorithm; the others say it once more, and have to say the same.
    plain = asked == "rsassa_pkcs1v15" and algorithm["algorithm"].native == "rsassa_pkcs1v15"
    if not plain and algorithm.hash_algo != kind:
        raise _invalid("it is hashed in one way and signed in another")
    if isinstance(key, rsa.RSAPublicKey) and RSA_BITS[0] <= key.key_size <= RSA_BITS[1]:
        if asked == "rsassa_pkcs1v15":
            return key.verify(signature, message, padding.PKCS1v15(), hashed)
        if asked == "rsassa_pss":
            mask = algorithm["parameters"]["mask_gen_algorithm"]["parameters"]["algorithm"].native
            if mask not in HASHES:
                raise _untrusted("it is signed in a way that proves nothing here")
            salt = algorithm["parameters"]["salt_length"].native
            return key.verify(signature, message, padding.PSS(padding.MGF1(HASHES[mask]), salt), hashed)
    if isinstance(key, ec.EllipticCurvePublicKey) and asked == "ecdsa":
        return key.verify(signature, message, ec.ECDSA(hashed))
    raise _untrusted("it is signed in a way that is not known here")


def _require_trusted(
    signer: x509.Certificate, certificates: Sequence[bytes], roots: Sequence[bytes], at: datetime
) -> None:
    """The signer's certificate is for time stamps alone, and leads to a root; both at that moment (RFC 3161 section
    2.3, RFC 5280 section 6).
    """
    if not roots:
        raise _untrusted("no root is trusted here")
    agnostic, critical = Criticality.AGNOSTIC, Criticality.CRITICAL
    authorities = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, agnostic, _require_authority)
        .may_be_present(x509.KeyUsage, agnostic, _require_certifying)
        .may_be_present(x509.ExtendedKeyUsage, agnostic, _require_permitting)
    )
    stampers = (
        ExtensionPolicy.permit_all()
        .require_present(x509.ExtendedKeyUsage, critical, _require_stamping)
        .may_be_present(x509.KeyUsage, agnostic, _require_signing)
    )
    builder = PolicyBuilder().store(Store([x509.load_der_x509_certificate(each) for each in roots])).time(at)
    verifier = builder.extension_policies(ca_policy=authorities, ee_policy=stampers).build_client_verifier()
    try:
        verifier.verify(signer, [x509.load_der_x509_certificate(each) for each in certificates])
    except VerificationError as error:
        # Their words hold names of certificates, which anybody may have written.
        why = str(error).partition(" (encountered")[0]
        raise _untrusted(f"its certificate leads to no root that is trusted here: {_clean(why)}") from error


def _require_authority(_policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints) -> None:
    if not found.ca:
        raise ValueError("an issuer is no authority")


def _require_certifying(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage | None) -> None:
    if found is not None and not found.key_cert_sign:
        raise ValueError("an issuer may not sign certificates")


def _require_permitting(_policy: Policy, _certificate: x509.Certificate, found: x509.ExtendedKeyUsage | None) -> None:
    allowed = {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if found is not None and allowed.isdisjoint(found):
        raise ValueError("an issuer is for other purposes than time stamps")


def _require_stamping(_policy: Policy, _certificate: x509.Certificate, found: x509.ExtendedKeyUsage) -> None:
    if list(found) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError("it is not for time stamps alone")


def _require_signing(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage | None) -> None:
    if found is not None and not (found.digital_signature or found.content_commitment):
        raise ValueError("it may not sign")


def _certificates(listed: Any) -> tuple[bytes, ...]:
    found = [each.chosen for each in _listed(listed) if each.name == "certificate"]
    if len(found) > CERTIFICATES_MAX:
        raise _invalid(f"it brings along {len(found)} certificates, and may bring {CERTIFICATES_MAX}")
    # cryptography takes a number that is not positive, with a warning, until it will not.
    return tuple(each.dump() for each in found if each.serial_number > 0)


def _listed(value: Any) -> list[Any]:
    """The parts of what may be left out."""
    return [] if isinstance(value, Void) else list(value)


def _is_named(sid: Any, certificate: bytes) -> bool:
    value = CertificateValue.load(certificate)
    if sid.name == "issuer_and_serial_number":
        said = sid.chosen
        return bool(said["issuer"] == value.issuer and said["serial_number"].native == value.serial_number)
    identifier = value.key_identifier
    return identifier is not None and bool(sid.chosen.native == identifier)


def _is_name_of(said: Any, certificate: bytes) -> bool:
    """Whether a general name is one of the subject's (RFC 3161 section 2.4.2)."""
    value = CertificateValue.load(certificate)
    others = _listed(value.subject_alt_name_value if value.subject_alt_name_value is not None else Void())
    if said.name == "directory_name" and isinstance(said.chosen, Name) and said.chosen == value.subject:
        return True
    return any(each.name == said.name and each.chosen == said.chosen for each in others)


def _moment(value: Any) -> datetime:
    """The moment, in the one form that it may have (RFC 3161 section 2.4.2): in UTC, with seconds."""
    text = value.contents.decode("ascii")
    if not text.endswith("Z") or len(text.partition(".")[0].removesuffix("Z")) != 14:
        raise _invalid("its time is not written in UTC with seconds")
    found: datetime = value.native
    if found.tzinfo is None or not isinstance(found, datetime):
        raise _invalid("its time is none that a calendar has")
    return found.astimezone(UTC)


def _accuracy_us(value: Any) -> int | None:
    if isinstance(value, Void):
        return None
    seconds, millis, micros = (value[name].native or 0 for name in ("seconds", "millis", "micros"))
    if seconds < 0 or not 0 <= millis <= 999 or not 0 <= micros <= 999:
        raise _invalid("its accuracy is none")
    return int(seconds * 1_000_000 + millis * 1_000 + micros)


def _written(name: x509.Name) -> str:
    return _clean(name.rfc4514_string())


def _clean(text: str) -> str:
    """Words of theirs, cut short and on one line."""
    return "".join(character if character.isprintable() else " " for character in text)[:500]


@contextmanager
def _reading(code: str, message: str) -> Iterator[None]:
    """What the libraries raise on bytes that are none of theirs, as an error of ours."""
    try:
        yield
    except _UNREADABLE as error:
        raise BadInput(code, message) from error


def _invalid(why: str) -> BadInput:
    return BadInput("timestamp-invalid", f"this is no time stamp: {why}")


def _untrusted(why: str) -> BadInput:
    return BadInput("timestamp-untrusted", f"the time stamp proves nothing: {why}")
