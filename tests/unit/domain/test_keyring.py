"""The keys of a log: one takes the other's place, and what is no list of keys is none."""

import json

import pytest

from relto.domain.errors import BadInput
from relto.domain.keyring import Keyring, LogKey
from relto.domain.note import KeyKind, VerifierKey


def key(place, *, name="log.example", since=0, until=None, file=None):
    public = VerifierKey(name, KeyKind.ED25519, bytes(31) + bytes([place]))
    return LogKey(file or ("log.key" if place == 1 else f"log-{place}.key"), public, since, until)


def test_a_key_signs_alone_then_with_the_next_then_not_at_all():
    keys = Keyring((key(1),)).turned(key(2, since=100), until=130).turned(key(3, since=120), until=150)
    files = {at: [each.file for each in keys.signing(at)] for at in (120, 129, 130, 149, 150, 10**9)}
    assert files[120] == files[129] == ["log.key", "log-2.key", "log-3.key"]
    assert files[130] == files[149] == ["log-2.key", "log-3.key"]
    assert files[150] == files[10**9] == ["log-3.key"]
    assert next(keys.next_files) == "log-4.key"
    assert Keyring.parse(keys.text) == keys


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (key(1, until=5),),
        (key(1), key(2)),
        (key(1, until=5), key(2, file="log.key")),
        (key(1, until=5), key(2, name="other.example")),
    ],
)
def test_keys_that_do_not_go_together_are_none(keys):
    with pytest.raises(BadInput) as caught:
        Keyring(keys)
    assert caught.value.code == "log-keys-invalid"


GOOD = {"file": "log.key", "vkey": key(1).key.text, "from": 0, "until": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "7",
        "[7]",
        "[]",
        "[" * 5_000,
        json.dumps([{**GOOD, "file": "../log.key"}]),
        json.dumps([{**GOOD, "file": "cursor.key"}]),
        json.dumps([{**GOOD, "from": "0"}]),
        json.dumps([{**GOOD, "until": True}]),
        json.dumps([{name: value for name, value in GOOD.items() if name != "until"}]),
        json.dumps([{**GOOD, "vkey": VerifierKey("log.example", KeyKind.COSIGNATURE, bytes(32)).text}]),
    ],
)
def test_what_is_no_list_of_keys_is_refused(text):
    with pytest.raises(BadInput) as caught:
        Keyring.parse(text)
    assert caught.value.code == "log-keys-invalid"


def test_a_key_that_is_none_is_refused():
    with pytest.raises(BadInput) as caught:
        Keyring.parse(json.dumps([{**GOOD, "vkey": "log.example+00000000+AQ=="}]))
    assert caught.value.code == "verifier-key-invalid"
