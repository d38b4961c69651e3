"""A certificate authority of a test: certificates for servers and clients, good, expired, or not good yet."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM


class Authority:
    """Writes what it issues into `folder`."""

    def __init__(self, folder: Path, name: str = "Authority of the tests") -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        builder = self._builder(self._name, self._key.public_key(), days=(-10, 10))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(PEM))

    def issue(
        self,
        name: str,
        *,
        days: tuple[float, float] = (-1, 1),
        server: bool = False,
        file: str = "",
        moments: tuple[dt.datetime, dt.datetime] | None = None,
    ) -> tuple[Path, Path]:
        """The files of a certificate and of its key; good from and until so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = self._builder(subject, key.public_key(), days=days, moments=moments)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name or "x")]), critical=False)
        stem = file or f"{name or 'nameless'}-{next(self._numbers)}"
        cert, key_file = self._folder / f"{stem}.cert.pem", self._folder / f"{stem}.key.pem"
        cert.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(PEM))
        plain = serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain))
        return cert, key_file

    def _builder(self, subject, public_key, *, days, moments=None) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        first, last = moments or (now + dt.timedelta(days=days[0]), now + dt.timedelta(days=days[1]))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
        )


def der(file: Path) -> bytes:
    """The certificate in a file of PEM, as TLS hands it on."""
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(serialization.Encoding.DER)
