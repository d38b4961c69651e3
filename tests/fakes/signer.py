"""A signer whose key comes from a seed, so that a test signs the same each time. Keeps the promises of `Signer`."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from relto.domain.errors import Unreachable
from relto.domain.note import KeyKind, Signature, VerifierKey, signature_of


class SeedSigner:
    def __init__(self, name: str, kind: KeyKind = KeyKind.ED25519, *, seed: str = "") -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{seed} {name} {kind}".encode()).digest())
        self.key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def under(self, text: str, time_seconds: int | None = None) -> Signature:
        return signature_of(text, self.key, sign=self.sign, time_seconds=time_seconds)


def cosigner(name: str, *, seed: str = "") -> SeedSigner:
    return SeedSigner(name, KeyKind.COSIGNATURE, seed=seed)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class SeedSigners:
    """Keeps the promises of `Signers`. `files`: what lies there, which a test may take away or change."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def read(self, file: str, name: str) -> SeedSigner:
        if file not in self.files:
            raise Unreachable("key-unreadable", f"`{file}` cannot be used: no such file")
        return SeedSigner(name, seed=self.files[file])

    def draw(self, file: str, name: str) -> SeedSigner:
        self.files.setdefault(file, file)
        return self.read(file, name)

    def draw_new(self, file: str, name: str) -> SeedSigner | None:
        return None if file in self.files else self.draw(file, name)
