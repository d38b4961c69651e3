"""Signers: who holds a private key and signs with it, and who checks what others signed (Ed25519, RFC 8032).

Promises, kept by every adapter:

- **One key.** `key` never changes while the signer lives, and it is the public half of what `sign` uses. Whoever draws
  a key, and whoever comes at the same moment or later, has the same one; it is durable before it signs first.
- **Kept.** No private key is in an error, a log line or a `repr`.
- **Nothing is judged.** What a signature means is for whoever asks for it: the domain says which bytes to sign.
"""

from __future__ import annotations

from typing import Protocol

from relto.domain.note import VerifierKey


class Signer(Protocol):
    """Signs with one key. Safe to use from several threads."""

    @property
    def key(self) -> VerifierKey:
        """The public half, with the name and the kind of signature that it is for."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of just these bytes, 64 bytes long; the same each time."""
        ...


class Signers(Protocol):
    """Where the keys of the log lie, each under the name of a file."""

    def read(self, file: str, name: str) -> Signer:
        """The signer with the key that is there, under this name. Raises `Unreachable` (`key-unreadable`)."""
        ...

    def draw(self, file: str, name: str) -> Signer:
        """The same; where there is none, one is drawn, and is durable when this returns. Raises as `read`."""
        ...

    def draw_new(self, file: str, name: str) -> Signer | None:
        """A key that nobody had before, drawn there and durable; None where there is one. Raises as `read`."""
        ...


class Verify(Protocol):
    """Checks signatures. The domain takes it as an argument (`relto.domain.note.Verify`)."""

    def __call__(self, public: bytes, message: bytes, signature: bytes, /) -> bool:
        """Whether that key made that signature of the message. Total: a key or a signature that is none gives False."""
        ...
