"""Signing with Ed25519 (RFC 8032), by a private key in a file of its own, which only its owner may read.

The file is PKCS#8 as PEM, without a password: whoever can read it can sign. Its public half stands beside it as text,
to be handed out; it follows from the private one, and is written anew where it is missing or another.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from relto.adapters.files import put_file, put_first, settle
from relto.domain.errors import BadInput, Refused, Unreachable
from relto.domain.note import KeyKind, VerifierKey

FILE_MAX: Final = 4_096
"""Bytes of a file with a key; one of ours has about 120."""

PUBLIC_SUFFIX: Final = ".vkey"
"""In place of the private file's own: that of the public half (`log.key`, `log.vkey`)."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether that key made that signature of the message. Total: a key or a signature that is none gives False."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class FileSigner:
    """Signs with the key in a file, which is read once."""

    def __init__(self, private: Ed25519PrivateKey, name: str, kind: KeyKind) -> None:
        self._private = private
        self._key = VerifierKey(name, kind, private.public_key().public_bytes_raw())

    @classmethod
    def read(cls, path: Path, name: str, kind: KeyKind = KeyKind.ED25519) -> FileSigner:
        """The signer with the key in that file, under this name.

        Raises `Unreachable` (`key-unreadable`) where it cannot be read, others may read it, or it holds no such key,
        and `BadInput` (`verifier-key-invalid`) for a name that no key may have.
        """
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                raw = file.read(FILE_MAX + 1)
        except OSError as error:
            raise _unreadable(path, error) from error
        if mode & _OTHERS:
            message = f"`{path}` is open to others than its owner: its mode is {stat.S_IMODE(mode):04o}"
            raise Unreachable("key-unreadable", message, remedy=f"chmod 600 {path}")
        return cls(_private_key(raw, path), name, kind)

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """The signature of just these bytes."""
        return self._private.sign(message)


class FolderSigners:
    """The keys in one folder. Keeps the promises of `ports.signer.Signers`."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not be there yet."""
        self._folder = folder

    def read(self, file: str, name: str) -> FileSigner:
        """As `FileSigner.read`."""
        return FileSigner.read(self._folder / file, name)

    def draw(self, file: str, name: str) -> FileSigner:
        """As `draw_key`."""
        return draw_key(self._folder / file, name)

    def draw_new(self, file: str, name: str) -> FileSigner | None:
        """As `draw_new_key`."""
        return draw_new_key(self._folder / file, name)


def draw_key(path: Path, name: str, kind: KeyKind = KeyKind.ED25519) -> FileSigner:
    """The signer with the key in that file, drawn by whoever wants it first.

    Whoever else draws one at the same moment takes the one that was first: what one process signs, every other has to
    stand by. When it returns, the key survives a power cut, and its public half stands beside it. Raises as
    `FileSigner.read`.
    """
    _draw(path, name, kind)
    return _read_drawn(path, name, kind)


def draw_new_key(path: Path, name: str, kind: KeyKind = KeyKind.ED25519) -> FileSigner | None:
    """The signer with a key that was drawn just now into that file; None where the file is there already.

    When it returns, the key survives a power cut, and its public half stands beside it. Raises as `FileSigner.read`.
    """
    if path.exists() or not _draw(path, name, kind):
        return None
    return _read_drawn(path, name, kind)


def _draw(path: Path, name: str, kind: KeyKind) -> bool:
    """Has a key in that file, durably; whether it was drawn here."""
    assert path.suffix != PUBLIC_SUFFIX, "the public half would be written over the private one"
    # A name that cannot be is said before anything is made.
    VerifierKey(name, kind, bytes(32))
    folder = path.parent
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            settle(folder.parent)
        is_drawn = not path.exists() and put_first(path, _drawn())
        # Also for a key that another drew just now: it must not be gone after a power cut, once it has signed.
        settle(folder)
    except OSError as error:
        raise _unreadable(path, error) from error
    return is_drawn


def _read_drawn(path: Path, name: str, kind: KeyKind) -> FileSigner:
    """The signer with the key in that file, with its public half beside it."""
    signer = FileSigner.read(path, name, kind)
    public, text = path.with_suffix(PUBLIC_SUFFIX), f"{signer.key.text}\n".encode()
    try:
        # A crash before this leaves a key without its public half, or with an older one: the next to come mends that.
        if not public.exists() or public.read_bytes() != text:
            put_file(public, text)
    except OSError as error:
        raise _unreadable(path, error) from error
    return signer


def make_key(path: Path, name: str, kind: KeyKind) -> FileSigner:
    """The signer with a key that is drawn into that file, in place of nothing: neither it nor its public half is there.

    Raises `Refused` (`key-exists`), `BadInput` (`key-file-invalid`, `verifier-key-invalid`), and as `FileSigner.read`.
    """
    public = path.with_suffix(PUBLIC_SUFFIX) if path.name else path
    if path == public:
        raise BadInput(
            "key-file-invalid",
            f"`{path}` cannot hold a private key: its public half lies beside it as `{PUBLIC_SUFFIX}`",
            remedy="name a file such as witness.key",
        )
    found = next((each for each in (path, public) if os.path.lexists(each)), None)
    if found is not None:
        raise Refused("key-exists", f"`{found}` is there already", remedy="name another file")
    # Whoever makes the same one at the same moment is told the one that was first.
    return draw_key(path, name, kind)


def _drawn() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private_key(raw: bytes, path: Path) -> Ed25519PrivateKey:
    # Nothing of what is read, and none of the library's words: it may be a key.
    unfit = Unreachable(
        "key-unreadable", f"`{path}` is no Ed25519 key in PEM without a password", remedy="restore a backup"
    )
    if len(raw) > FILE_MAX:
        raise unfit
    try:
        found = load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise unfit from None
    if not isinstance(found, Ed25519PrivateKey):
        raise unfit
    return found


def _unreadable(path: Path, error: OSError) -> Unreachable:
    return Unreachable(
        "key-unreadable", f"`{path}` cannot be used: {(error.strerror or '').lower()}", remedy="check who owns it"
    )
