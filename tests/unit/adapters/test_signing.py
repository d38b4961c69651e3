"""Keys in files: drawn once, whoever comes first, and read by their owner alone."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from relto.adapters.signing import FileSigner, draw_key, verify
from relto.domain.errors import BadInput, Unreachable
from relto.domain.note import VerifierKey

NAME = "relto.example/usa"
CASES = json.loads((Path(__file__).parents[2] / "vectors/log/ed25519.json").read_text())


def written(path, raw, mode=0o600):
    path.write_bytes(raw)
    path.chmod(mode)
    return path


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["public"][:8])
def test_a_signature_of_the_standard_is_made_and_verified(case, tmp_path):
    secret, public, message, signature = (
        bytes.fromhex(case[name]) for name in ("private", "public", "message", "signature")
    )
    signer = FileSigner.read(written(tmp_path / "key", pem(Ed25519PrivateKey.from_private_bytes(secret))), NAME)
    assert (signer.key.public, signer.sign(message)) == (public, signature)
    assert verify(public, message, signature)
    assert not verify(public, message + b"x", signature)
    assert not verify(public, message, signature[:-1] + bytes([signature[-1] ^ 1]))


@pytest.mark.parametrize(
    ("public", "signature"), [(b"", b"s" * 64), (b"p" * 31, b"s" * 64), (b"\xff" * 32, b"s" * 64), (b"p" * 32, b"")]
)
def test_what_is_no_key_or_no_signature_verifies_nothing(public, signature):
    assert not verify(public, b"message", signature)


def test_a_key_is_drawn_once_with_its_public_half_beside_it(tmp_path):
    path = tmp_path / "keys" / "log.key"
    signer = draw_key(path, NAME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert VerifierKey.parse((tmp_path / "keys" / "log.vkey").read_text().strip()) == signer.key
    assert verify(signer.key.public, b"message", signer.sign(b"message"))
    assert draw_key(path, NAME).key == signer.key
    assert sorted(each.name for each in path.parent.iterdir()) == ["log.key", "log.vkey"]


def test_whoever_draws_at_the_same_moment_has_the_same_key(tmp_path):
    path = tmp_path / "keys" / "log.key"
    with ThreadPoolExecutor(8) as pool:
        found = {signer.key for signer in pool.map(lambda _: draw_key(path, NAME), range(16))}
    assert len(found) == 1


@pytest.mark.parametrize("before", [None, b"another\n"])
def test_a_public_half_that_is_missing_or_another_is_written_anew(before, tmp_path):
    signer = draw_key(tmp_path / "log.key", NAME)
    (tmp_path / "log.vkey").unlink()
    if before is not None:
        written(tmp_path / "log.vkey", before)
    assert draw_key(tmp_path / "log.key", NAME).key == signer.key
    assert (tmp_path / "log.vkey").read_text() == f"{signer.key.text}\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no key",
        b"\xff" * 5_000,
        pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"password")),
        pem(generate_private_key(SECP256R1())),
        pem(Ed25519PrivateKey.generate())[:-40],
    ],
    ids=["empty", "text", "bytes", "locked", "another-kind", "cut-off"],
)
def test_a_file_without_such_a_key_is_named_and_nothing_of_it_told(raw, tmp_path):
    with pytest.raises(Unreachable) as caught:
        draw_key(written(tmp_path / "log.key", raw), NAME)
    assert caught.value.code == "key-unreadable"
    assert str(caught.value) == f"`{tmp_path / 'log.key'}` is no Ed25519 key in PEM without a password"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601], ids=oct)
def test_a_key_that_others_may_use_is_none(mode, tmp_path):
    with pytest.raises(Unreachable) as caught:
        FileSigner.read(written(tmp_path / "log.key", pem(Ed25519PrivateKey.generate()), mode), NAME)
    assert f"{mode:04o}" in str(caught.value)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_name_that_no_key_may_have_draws_none(name, tmp_path):
    with pytest.raises(BadInput) as caught:
        draw_key(tmp_path / "log.key", name)
    assert caught.value.code == "verifier-key-invalid"
    assert list(tmp_path.iterdir()) == []


def test_a_private_key_is_never_named_as_a_public_one(tmp_path):
    with pytest.raises(AssertionError):
        draw_key(tmp_path / "log.vkey", NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_named(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Unreachable) as caught:
        draw_key(tmp_path / "keys" / "log.key", NAME)
    assert caught.value.code == "key-unreadable"
