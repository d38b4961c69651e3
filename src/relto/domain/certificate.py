"""A certificate that a client shows: what it is found by, and from when to when it is good.

Nothing here says that it may be trusted: whoever ended the TLS connection (Relto itself, or a proxy that is listed) has
seen that the client has its key, and has checked it against the authorities of the operator.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from datetime import datetime

BYTES_MAX: Final = 65_536
"""No certificate of a client is longer."""

_PEM: Final = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate (RFC 5280). `fingerprint` and `name` are what credentials may be found by: that very certificate,
    or whatever bears this subject from this issuer. It is good from `not_before` up to, and not at, `not_after`.
    """

    fingerprint: str
    name: str
    subject: str
    issuer: str
    not_before: int
    not_after: int

    @classmethod
    def read(cls, der: bytes) -> Certificate:
        """The certificate of these bytes (DER). Raises `BadInput` (`certificate-invalid`)."""
        if len(der) > BYTES_MAX:
            raise _invalid(f"it has more than {BYTES_MAX} bytes")
        try:
            found = x509.load_der_x509_certificate(der)
            # Two names may be the same and be written differently; only what is written the same counts as the same.
            issuer, subject = found.issuer.public_bytes(), found.subject.public_bytes()
            names = hashlib.sha256(issuer + subject).hexdigest()
            return cls(
                f"sha256:{hashlib.sha256(der).hexdigest()}",
                f"name:{names}",
                found.subject.rfc4514_string(),
                found.issuer.rfc4514_string(),
                _moment(found.not_valid_before_utc),
                # The last second counts whole (RFC 5280 section 4.1.2.5).
                _moment(found.not_valid_after_utc) + 1_000_000,
            )
        except (ValueError, TypeError, OverflowError, x509.InvalidVersion) as error:
            raise _invalid("its bytes cannot be read") from error

    def is_good(self, at: int) -> bool:
        """Whether it is good at this moment."""
        return self.not_before <= at < self.not_after


def der_of(content: bytes) -> bytes:
    """The one certificate in a file, PEM or DER, as DER. Raises `BadInput` (`certificate-invalid`)."""
    if len(content) > BYTES_MAX:
        raise _invalid(f"it has more than {BYTES_MAX} bytes")
    if _PEM not in content:
        return content
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise _invalid("what it holds as PEM is no certificate") from error
    if len(found) != 1:
        raise _invalid(f"it holds {len(found)} certificates, and must hold the client's alone")
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - needed here alone

    return found[0].public_bytes(Encoding.DER)


def _moment(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def _invalid(why: str) -> BadInput:
    return BadInput("certificate-invalid", f"this is no certificate: {why}", remedy="one certificate, as PEM or DER")
