"""What a signer promises, on the fake and on the one that reads a file; and that each checks what the other signed."""

import pytest
from tests.fakes import signer as fakes

from relto.adapters import signing
from relto.domain.note import KeyKind, Note, signature_of, signed

NAME = "relto.example/usa"
TEXT = "relto.example/usa\n7\nroot\n"


@pytest.fixture(params=["fake", "file"])
def make(request, tmp_path):
    """Makes a signer of a kind; the same each time it is asked."""
    if request.param == "fake":
        return lambda kind: fakes.SeedSigner(NAME, kind)
    return lambda kind: signing.draw_key(tmp_path / f"{kind.name}.key", NAME, kind)


@pytest.fixture(params=[fakes.verify, signing.verify], ids=["fake", "cryptography"])
def verify(request):
    return request.param


@pytest.mark.parametrize("kind", KeyKind)
def test_whoever_comes_later_has_the_same_key_and_signs_the_same(make, kind):
    first, later = make(kind), make(kind)
    assert first.key == later.key
    assert (first.key.name, first.key.kind) == (NAME, kind)
    assert first.sign(b"message") == later.sign(b"message") == first.sign(b"message")
    assert len(first.sign(b"")) == 64


def test_what_is_signed_is_verified_by_its_key_alone(make, verify):
    signer, other = make(KeyKind.ED25519), make(KeyKind.COSIGNATURE)
    for message in (b"", b"message", b"\x00" * 100_000):
        signature = signer.sign(message)
        assert verify(signer.key.public, message, signature)
        assert not verify(signer.key.public, message + b"\x00", signature)
        assert not verify(other.key.public, message, signature)


@pytest.mark.parametrize("kind", KeyKind)
def test_what_a_signer_signs_opens_as_a_note(make, verify, kind):
    signer = make(kind)
    at = 1_741_176_000 if kind is KeyKind.COSIGNATURE else None
    raw = signed(TEXT, [signature_of(TEXT, signer.key, sign=signer.sign, time_seconds=at)])
    assert Note.parse(raw).opened([signer.key], verify).is_signed_by([signer.key])


def test_no_private_key_is_shown(make):
    signer = make(KeyKind.ED25519)
    assert signer._private.private_bytes_raw().hex() not in repr(signer) + repr(vars(signer)) + str(signer.key)


@pytest.mark.parametrize(
    ("public", "signature"),
    [(b"", b""), (b"p" * 31, b"s" * 64), (b"p" * 33, b"s" * 64), (b"\xff" * 32, b"s" * 64), (b"p" * 32, b"s" * 65)],
)
def test_a_key_or_a_signature_that_is_none_verifies_nothing(verify, public, signature):
    assert verify(public, b"message", signature) is False


@pytest.fixture(params=["fake", "folder"])
def signers(request, tmp_path):
    return fakes.SeedSigners() if request.param == "fake" else signing.FolderSigners(tmp_path / "keys")


def test_a_new_key_is_drawn_only_where_there_is_none(signers):
    first = signers.draw_new("log.key", NAME)
    assert first.key == signers.read("log.key", NAME).key == signers.draw("log.key", NAME).key
    assert signers.draw_new("log.key", NAME) is None
    second = signers.draw_new("log-2.key", NAME)
    assert second.key != first.key
    assert signers.read("log.key", NAME).key == first.key
