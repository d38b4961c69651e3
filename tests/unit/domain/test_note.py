"""Notes: read in one form only; known keys have to be right, unknown ones say nothing; a cosignature says when."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.signer import SeedSigner, cosigner, verify
from tests.second import log_verifier as second

from relto.domain.errors import BadInput
from relto.domain.note import (
    KEY_TEXT_MAX,
    NAME_MAX,
    NOTE_MAX,
    SIGNATURES_MAX,
    TIME_MAX,
    KeyKind,
    Note,
    Signature,
    SignedBy,
    VerifierKey,
    cosigned_message,
    from_base64,
    in_base64,
    is_key_name,
    parse_signatures,
    signature_of,
    signed,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "notes.json").read_text("utf-8"))
COSIGNED = VECTORS["cosigned"]
FOO = VECTORS["keys"][0]
TEXT = "log.example\n7\nroot\n"
NOW = 1_741_176_000

LOG, OTHER = SeedSigner("log.example"), SeedSigner("other.example")
WITNESS = cosigner("witness.example")
SIGNERS = [LOG, OTHER, WITNESS, SeedSigner("log.example", seed="another"), cosigner("log.example")]

# White_Space of Unicode, and what Python and other languages take for more of it.
SPACES = [*map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)])]
SPACES += ["\u2028", "\u2029", "\u202f", "\u205f", "\u3000"]

names = st.text(min_size=1, max_size=20).filter(is_key_name)
texts = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32) | st.just("\n"), max_size=40).map(
    lambda text: text + "\n"
)
blobs = st.binary(min_size=1, max_size=100)
signatures = st.builds(Signature, names, st.binary(min_size=4, max_size=4), blobs)
notes = st.builds(Note, texts, st.lists(signatures, min_size=1, max_size=5).map(tuple))


def refused(code, act):
    with pytest.raises(BadInput) as caught:
        act()
    assert caught.value.code == code
    assert caught.value.message.isprintable()


def opened(raw, keys, verify):
    return Note.parse(raw).opened(keys, verify)


def never(public, message, signature):
    return False


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_a_note_is_its_text_and_its_signatures_and_no_byte_more(case):
    raw = case["note"].encode()
    note = Note.parse(raw)
    assert note.text == case["text"]
    assert [each.name for each in note.signatures] == case["names"]
    assert note.as_bytes() == raw == signed(note.text, note.signatures)
    assert second.note(raw) == (note.text, [(each.name, each.key_id, each.signature) for each in note.signatures])


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_what_is_no_note_is_refused(case):
    refused("note-invalid", lambda: Note.parse(case["note"].encode()))
    with pytest.raises(second.Wrong):
        second.note(case["note"].encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\n\n", b"a\xe2\x80\n\n", b"a\xc0\x80\n\n", b"\xed\xa0\x80\n\n", b"\xf4\x90\x80\x80\n\n", b"\xe2\x80\x94",
        b"a\n\n\xe2\x80\x94 \xff AAAAAAA=\n", "a\n\n\u2014 n AAAAAAA=\n".encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_not_utf_8_is_no_note(raw):
    refused("note-invalid", lambda: Note.parse(raw))


def test_a_note_has_limits():
    line = LOG.under(TEXT)
    assert len(Note.parse(signed(TEXT, [line] * SIGNATURES_MAX)).signatures) == SIGNATURES_MAX == 100
    most = "x" * (NOTE_MAX - len(signed("\n", [line]))) + "\n"
    assert len(Note.parse(signed(most, [line])).as_bytes()) == NOTE_MAX
    refused("note-invalid", lambda: signed("x" + most, [line]))
    refused("note-invalid", lambda: signed(TEXT, [line] * 101))
    refused("note-invalid", lambda: signed(TEXT, []))
    for many in (101, 102, 1_000, 10_000):
        refused("note-invalid", lambda many=many: Note.parse(signed(TEXT, [line]) + f"{line.line}\n".encode() * many))
    for raw in (b"\n" * NOTE_MAX, b"\n" * (NOTE_MAX + 1), b"\x00" * 10_000_000):
        refused("note-invalid", lambda raw=raw: Note.parse(raw))


@pytest.mark.parametrize("text", ["", "a", "a\nb", "\r\n", "a\x00\n", "\x1b[2J\n", "\ud800\n", "\t\n"])
def test_a_text_that_no_note_may_have_is_not_signed(text):
    refused("note-invalid", lambda: signed(text, [LOG.under(TEXT)]))


@given(notes)
def test_a_note_comes_back_from_its_bytes(note):
    assert Note.parse(note.as_bytes()) == note


@given(notes, st.data())
def test_whatever_is_read_is_just_that_note_or_refused_and_the_second_parser_agrees(note, data):
    raw = bytearray(note.as_bytes())
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b"\n", b"\n\n", b" ", b"=", b"A", b"+", b"\r", "\u2014 ".encode(), b"\xff"])
        )
    raw = bytes(raw)
    try:
        found = Note.parse(raw)
    except BadInput:
        with pytest.raises(second.Wrong):
            second.note(raw)
    else:
        assert found.as_bytes() == raw
        assert second.note(raw)[0] == found.text


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode(errors="surrogatepass")))
def test_whatever_the_bytes_are_the_answer_is_a_note_or_bad_input(raw):
    with contextlib.suppress(BadInput):
        assert Note.parse(raw).as_bytes() == raw


def test_the_example_of_the_specification_was_signed_by_its_key():
    key = VerifierKey.parse(FOO["vkey"])
    assert (key.name, key.kind, key.id.hex(), key.text) == (
        "example.com/foo", KeyKind.ED25519, "530d903a", FOO["vkey"],
    )  # fmt: skip
    found = opened(FOO["note"].encode(), [key], verify)
    assert found.text == "This is an example message.\n"
    assert found.signed == (SignedBy(key),)
    assert found.is_signed_by([key])
    refused("note-signature-wrong", lambda: opened(FOO["note"].replace("an", "AN").encode(), [key], verify))
    refused("note-signature-wrong", lambda: opened(FOO["note"].encode(), [key], never))


def test_the_example_of_a_cosignature_says_when_and_over_which_message():
    line = Signature.parse(COSIGNED["line"])
    asked = []

    def seen(public, message, signature):
        asked.append((public, message, signature))
        return True

    key = VerifierKey("witness.example.com/w1", KeyKind.COSIGNATURE, bytes(32))
    # The example tells no public key, so its id is taken over.
    note = Note(COSIGNED["text"], (replace(line, key_id=key.id),))
    assert note.opened([key], seen).signed == (SignedBy(key, COSIGNED["time"]),)
    assert asked == [(bytes(32), COSIGNED["message"].encode(), line.signature[8:])]
    assert cosigned_message(COSIGNED["text"], COSIGNED["time"]) == COSIGNED["message"].encode()


def test_a_witness_answers_with_lines_of_signatures():
    answer = VECTORS["answer"]
    assert [each.name for each in parse_signatures(answer["lines"])] == answer["names"]
    assert "".join(f"{each.line}\n" for each in parse_signatures(answer["lines"])) == answer["lines"]


@pytest.mark.parametrize(
    "text", ["", "\n", "\u2014 n AAAAAAA=", "\n\u2014 n AAAAAAA=\n", "\u2014 n AAAAAAA=\n\n", "a\n"]
)
def test_an_answer_that_is_no_lines_of_signatures_is_refused(text):
    refused("note-invalid", lambda: parse_signatures(text))


@given(texts, st.lists(st.sampled_from(SIGNERS), min_size=1, max_size=5), st.integers(0, TIME_MAX))
def test_whoever_is_known_and_signed_is_found_by_both_verifiers_and_nobody_else(text, signers, time):
    lines = [each.under(text, time if each.key.kind is KeyKind.COSIGNATURE else None) for each in signers]
    raw = signed(text, lines)
    keys = [each.key for each in SIGNERS]
    found = opened(raw, keys, verify)
    assert found.text == text
    assert {each.key for each in found.signed} == {each.key for each in signers}
    assert second.signers(raw, [key.text for key in keys]) == (
        text,
        {(each.key.text, each.time_seconds) for each in found.signed},
    )


@given(texts, st.sampled_from(SIGNERS), st.data())
def test_whatever_is_changed_under_a_known_key_is_refused_by_both_verifiers(text, signer, data):
    time = NOW if signer.key.kind is KeyKind.COSIGNATURE else None
    line = signer.under(text, time)
    place = data.draw(st.integers(0, len(line.signature) - 1))
    other = bytearray(line.signature)
    other[place] ^= data.draw(st.integers(1, 255))
    for changed in (
        bytes(other),
        line.signature[:-1],
        line.signature + b"\x00",
        b"\x00",
        line.signature[8:] or b"\x00",
    ):
        raw = signed(text, [OTHER.under(text), replace(line, signature=changed)])
        refused("note-signature-wrong", lambda raw=raw: opened(raw, [signer.key], verify))
        with pytest.raises(second.Wrong):
            second.signers(raw, [signer.key.text])
    refused("note-signature-wrong", lambda: opened(signed(text + "\n", [line]), [signer.key], verify))


def test_an_unknown_key_says_nothing_be_it_by_name_or_by_id():
    right = LOG.under(TEXT)
    for stranger in (
        replace(right, name="log.exampl"),
        replace(right, key_id=b"\x00\x00\x00\x00"),
        replace(OTHER.under(TEXT), name="log.example"),
        Signature("log.example", OTHER.key.id, b"\x00"),
        Signature("other.example", LOG.key.id, b"post-quantum" * 400),
    ):
        assert opened(signed(TEXT, [stranger, right]), [LOG.key], verify).signed == (SignedBy(LOG.key),)
        refused("note-unsigned", lambda stranger=stranger: opened(signed(TEXT, [stranger]), [LOG.key], verify))


def test_a_note_of_which_no_signer_is_known_is_refused():
    raw = signed(TEXT, [OTHER.under(TEXT)])
    refused("note-unsigned", lambda: opened(raw, [], verify))
    refused("note-unsigned", lambda: opened(raw, [LOG.key, WITNESS.key], verify))


def test_a_right_signature_does_not_make_up_for_a_wrong_one_of_a_known_key():
    wrong = replace(OTHER.under(TEXT), signature=LOG.under(TEXT).signature)
    for lines in ([LOG.under(TEXT), wrong], [wrong, LOG.under(TEXT)], [OTHER.under(TEXT), wrong]):
        refused("note-signature-wrong", lambda lines=lines: opened(signed(TEXT, lines), [LOG.key, OTHER.key], verify))


def test_who_signs_twice_is_named_once_and_who_cosigns_twice_for_each_time():
    raw = signed(TEXT, [LOG.under(TEXT)] * 3 + [WITNESS.under(TEXT, 5), WITNESS.under(TEXT, 5), WITNESS.under(TEXT, 9)])
    found = opened(raw, [LOG.key, WITNESS.key], verify)
    assert found.signed == (SignedBy(LOG.key), SignedBy(WITNESS.key, 5), SignedBy(WITNESS.key, 9))
    assert found.names([WITNESS.key]) == {"witness.example"}
    assert found.names([]) == frozenset()
    assert not found.is_signed_by([])
    assert not found.is_signed_by([OTHER.key])


def test_two_known_keys_of_one_name_and_one_id_are_ambiguous(monkeypatch):
    twin = SeedSigner("log.example", seed="twin").key
    assert opened(signed(TEXT, [LOG.under(TEXT)]), [LOG.key, LOG.key, twin], verify).signed == (SignedBy(LOG.key),)
    monkeypatch.setattr(VerifierKey, "id", b"same")
    refused("verifier-keys-ambiguous", lambda: opened(signed(TEXT, [LOG.under(TEXT)]), [LOG.key, twin], verify))


def test_a_cosignature_whose_time_has_more_than_63_bits_is_wrong():
    for time in (0, 1, NOW, TIME_MAX):
        found = opened(signed(TEXT, [WITNESS.under(TEXT, time)]), [WITNESS.key], verify)
        assert found.signed == (SignedBy(WITNESS.key, time),)
    late = (TIME_MAX + 1).to_bytes(8, "big")
    message = f"cosignature/v1\ntime {TIME_MAX + 1}\n{TEXT}".encode()
    line = Signature(WITNESS.key.name, WITNESS.key.id, late + WITNESS.sign(message))
    refused("note-signature-wrong", lambda: opened(signed(TEXT, [line]), [WITNESS.key], verify))


def test_a_signature_of_one_kind_is_none_of_the_other():
    plain, cosigning = SeedSigner("w.example"), cosigner("w.example")
    as_cosigned = Signature("w.example", plain.key.id, cosigning.under(TEXT, NOW).signature)
    refused("note-signature-wrong", lambda: opened(signed(TEXT, [as_cosigned]), [plain.key], verify))
    as_plain = Signature("w.example", cosigning.key.id, plain.under(TEXT).signature)
    refused("note-signature-wrong", lambda: opened(signed(TEXT, [as_plain]), [cosigning.key], verify))


@pytest.mark.parametrize(
    ("key", "time"), [(LOG.key, NOW), (WITNESS.key, None), (WITNESS.key, -1), (WITNESS.key, 2**63)]
)
def test_a_cosignature_without_a_time_and_a_plain_one_with_it_are_bugs(key, time):
    with pytest.raises(AssertionError):
        signature_of(TEXT, key, sign=LOG.sign, time_seconds=time)


@pytest.mark.parametrize(
    ("name", "key_id", "signature"),
    [("", b"abcd", b"s"), ("a b", b"abcd", b"s"), ("n", b"abc", b"s"), ("n", b"abcde", b"s"), ("n", b"abcd", b"")],
)
def test_a_signature_that_no_line_can_hold_cannot_be_built(name, key_id, signature):
    refused("note-invalid", lambda: Signature(name, key_id, signature))


@given(names, st.sampled_from(KeyKind), st.binary(min_size=32, max_size=32))
def test_a_verifier_key_comes_back_from_its_text(name, kind, public):
    key = VerifierKey(name, kind, public)
    assert VerifierKey.parse(key.text) == key
    assert second.vkey(key.text) == (name, key.id, kind, public)


@pytest.mark.parametrize("space", [*SPACES, "+", "\x00", "\x1f", "\n", "\ud800"])
def test_a_name_with_a_space_a_plus_or_what_no_note_may_hold_names_no_key(space):
    for name in (space, f"a{space}", f"{space}a", f"a{space}b"):
        assert not is_key_name(name)
        refused("verifier-key-invalid", lambda name=name: VerifierKey(name, KeyKind.ED25519, bytes(32)))


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("", bytes(32)), ("a" * 256, bytes(32)), ("\N{EM DASH}" * 86, bytes(32)),
        ("a", b""), ("a", bytes(31)), ("a", bytes(33)), ("a", bytes(64)),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused(name, public):
    refused("verifier-key-invalid", lambda: VerifierKey(name, KeyKind.ED25519, public))


def test_a_key_may_have_any_name_of_255_bytes():
    for name in ("a" * NAME_MAX, "\N{EM DASH}" * (NAME_MAX // 3), "-", "\N{EM DASH}", "\ufeff", "a=b"):
        assert VerifierKey.parse(VerifierKey(name, KeyKind.ED25519, bytes(32)).text).name == name


def vkeys_refused():
    name, identifier, public = FOO["vkey"].split("+", 2)
    raw = from_base64(public)
    other_kind = in_base64(b"\x04" + raw[1:])
    yield from ["", "+", "++", "+++", name, f"{name}+{identifier}", f"{identifier}+{public}", f"+{identifier}+{public}"]
    yield from [f"{FOO['vkey']}\n", f" {FOO['vkey']}", f"{FOO['vkey']} ", f"{FOO['vkey']}+", f"{FOO['vkey']}+x"]
    yield from [
        f"{name}+{identifier.upper()}+{public}",
        f"{name}+{identifier[:7]}+{public}",
        f"{name}+0{identifier}+{public}",
    ]
    yield from [
        f"{name}+530d903b+{public}",
        f"{name}+00000000+{public}",
        f"{name}+0x530d90+{public}",
        f"{name}++{public}",
    ]
    yield from [
        f"example.com/bar+{identifier}+{public}",
        f"{name} +{identifier}+{public}",
        f"{name}+{identifier}+{other_kind}",
    ]
    yield from [
        f"{name}+{identifier}+{public[:-1]}",
        f"{name}+{identifier}+{public}=",
        f"{name}+{identifier}+{public[:-4]}",
    ]
    yield from [f"{name}+{identifier}+{public.replace('A', '-')}", f"{name}+{identifier}+{in_base64(raw[1:])}"]
    yield f"{name}+{identifier}+{in_base64(raw + bytes(1))}"
    for kind in (0x00, 0x02, 0x03, 0x05, 0x06, 0xFF):
        body = bytes([kind]) + raw[1:]
        identifier_of = second.sha256(name.encode() + b"\n" + body)[:4].hex()
        yield f"{name}+{identifier_of}+{in_base64(body)}"
    yield from ["\ud800+530d903a+AAAA", f"n\u00a0n+{identifier}+{public}"]


@pytest.mark.parametrize("text", list(vkeys_refused()))
def test_whatever_else_is_no_verifier_key(text):
    refused("verifier-key-invalid", lambda: VerifierKey.parse(text))
    with contextlib.suppress(ValueError, UnicodeError, second.Wrong):
        assert second.vkey(text) is None, "the second parser takes it"


def test_a_text_that_is_too_long_is_no_verifier_key():
    for text in ("a" * (KEY_TEXT_MAX + 1), "+" * 1_000_000, f"{FOO['vkey']}{'=' * KEY_TEXT_MAX}"):
        refused("verifier-key-invalid", lambda text=text: VerifierKey.parse(text))


@given(st.text(max_size=80) | st.from_regex(r"[a-z]{0,3}\+[0-9a-f]{7,9}\+[A-Za-z0-9+/=]{40,48}", fullmatch=True))
def test_whatever_the_text_is_it_is_a_key_or_bad_input(text):
    with contextlib.suppress(BadInput):
        assert VerifierKey.parse(text).text == text


@given(st.binary(max_size=50))
def test_bytes_have_one_form_in_base64(raw):
    assert from_base64(in_base64(raw)) == raw
    assert raw == b"" or second.base64(in_base64(raw)) == raw


@given(st.text("AQgwZaz09+/=-_ \n\u00e9", max_size=12))
def test_text_is_read_as_base64_in_that_form_alone(text):
    found = from_base64(text)
    assert found is None or in_base64(found) == text
    if found is None:
        with pytest.raises(second.Wrong):
            second.base64(text)
