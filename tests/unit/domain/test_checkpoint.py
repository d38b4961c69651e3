"""Checkpoints: one form for each, and who has to have signed one before it is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.signer import SeedSigner, cosigner, verify
from tests.second import log_verifier as second

from relto.domain.checkpoint import Checkpoint, Trust, parse_hash, parse_size
from relto.domain.errors import BadInput
from relto.domain.merkle import EMPTY_ROOT, SIZE_MAX, leaf_hash
from relto.domain.note import NOTE_MAX, Note, SignedBy, in_base64, signed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "checkpoints.json").read_text("utf-8"))
ROOT = leaf_hash(b"")
ORIGIN = "log.example"
NOW = 1_741_176_000

LOG, ROTATED = SeedSigner(ORIGIN), SeedSigner(ORIGIN, seed="rotated")
WITNESSES = [cosigner("w1.example"), cosigner("w2.example"), cosigner("w3.example")]
CHECKPOINT = Checkpoint(ORIGIN, 7, ROOT)
TRUST = Trust(ORIGIN, (LOG.key, ROTATED.key), tuple(each.key for each in WITNESSES), 2)

lines = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), min_size=1, max_size=20)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(1, SIZE_MAX),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
) | st.builds(Checkpoint, lines, st.just(0), st.just(EMPTY_ROOT))


def noted(*cosigners, checkpoint=CHECKPOINT, by=LOG):
    text = checkpoint.text
    return Note(text, (by.under(text), *(each.under(text, NOW) for each in cosigners)))


def refused(code, act):
    with pytest.raises(BadInput) as caught:
        act()
    assert caught.value.code == code
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["origin"])
def test_a_checkpoint_is_an_origin_a_size_a_root_and_what_is_opaque(case):
    checkpoint = Checkpoint.parse(case["text"])
    assert (checkpoint.origin, checkpoint.size, list(checkpoint.extensions)) == (
        case["origin"], case["size"], case["extensions"],
    )  # fmt: skip
    assert checkpoint.text == case["text"]
    assert second.checkpoint(case["text"]) == (checkpoint.origin, checkpoint.size, checkpoint.root)


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_any_other_text_is_no_checkpoint(text):
    refused("checkpoint-invalid", lambda: Checkpoint.parse(text))


def test_a_text_that_is_too_long_is_no_checkpoint():
    for text in ("a\n" * NOTE_MAX, f"{ORIGIN}\n{'9' * 5_000}\n{in_base64(ROOT)}\n", "\n" * 10_000_000):
        refused("checkpoint-invalid", lambda text=text: Checkpoint.parse(text))


@given(checkpoints)
def test_a_checkpoint_comes_back_from_its_text_and_can_be_signed(checkpoint):
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    assert second.checkpoint(checkpoint.text) == (checkpoint.origin, checkpoint.size, checkpoint.root)
    assert Note.parse(signed(checkpoint.text, [LOG.under(checkpoint.text)])).text == checkpoint.text


@given(checkpoints, st.data())
def test_whatever_is_read_is_just_that_checkpoint_or_refused_and_the_second_parser_agrees(checkpoint, data):
    text = checkpoint.text
    place = data.draw(st.integers(0, len(text)))
    added = data.draw(st.sampled_from(["", "\n", "\n\n", "0", "-", " ", "=", "A", "\u0667", "\x85", "\u2028"]))
    text = text[:place] + added + text[place + data.draw(st.integers(0, 2)) :]
    try:
        found = Checkpoint.parse(text)
    except BadInput:
        with pytest.raises(second.Wrong):
            second.checkpoint(text)
    else:
        assert found.text == text
        assert second.checkpoint(text) == (found.origin, found.size, found.root)


@pytest.mark.parametrize(
    "parts",
    [
        {"origin": ""}, {"origin": "a\nb"}, {"origin": "\n"}, {"origin": "a\x00"}, {"origin": "\ud800"},
        {"size": -1}, {"size": SIZE_MAX + 1}, {"size": 10**40}, {"size": 0},
        {"root": b""}, {"root": ROOT[:31]}, {"root": ROOT + b"\x00"},
        {"extensions": ("",)}, {"extensions": ("a", "")}, {"extensions": ("a\nb",)}, {"extensions": ("\x1b",)},
    ],
)  # fmt: skip
def test_a_checkpoint_that_no_text_can_hold_cannot_be_built(parts):
    refused("checkpoint-invalid", lambda: replace(CHECKPOINT, **parts))


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("1", 1), ("10", 10), (str(SIZE_MAX), SIZE_MAX)])
def test_a_size_has_one_decimal_form(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "+1", " 1", "1 ", "1\n", "1_0", "1.0", "\u0661", "\u00b2", "a"])
def test_any_other_form_of_a_size_is_none(text):
    assert parse_size(text) is None
    assert parse_size(str(SIZE_MAX + 1)) is parse_size("9" * 5_000) is None


@given(st.binary(max_size=64))
def test_a_hash_has_32_bytes(raw):
    assert parse_hash(in_base64(raw)) == (raw if len(raw) == 32 else None)


def test_a_checkpoint_is_believed_where_the_log_and_enough_witnesses_signed_it():
    found = TRUST.checked(noted(*WITNESSES[:2]), verify)
    assert found.checkpoint == CHECKPOINT
    assert found.signed_by == (SignedBy(LOG.key), *(SignedBy(each.key, NOW) for each in WITNESSES[:2]))
    assert TRUST.checked(noted(*WITNESSES, by=ROTATED), verify).checkpoint == CHECKPOINT
    alone = Trust(ORIGIN, (LOG.key,))
    assert alone.checked(noted(), verify).signed_by == (SignedBy(LOG.key),)
    assert alone.checked(noted(*WITNESSES), verify).signed_by == (SignedBy(LOG.key),)


def test_too_few_witnesses_are_said_by_number():
    for cosigners in ([], WITNESSES[:1], [WITNESSES[0]] * 5, [cosigner("w9.example"), WITNESSES[2]]):
        refused("witnesses-missing", lambda cosigners=cosigners: TRUST.checked(noted(*cosigners), verify))


def test_a_witness_with_two_keys_counts_once():
    second_key = cosigner("w1.example", seed="second")
    trust = replace(TRUST, witness_keys=(*TRUST.witness_keys, second_key.key))
    refused("witnesses-missing", lambda: trust.checked(noted(WITNESSES[0], second_key), verify))
    assert trust.checked(noted(WITNESSES[0], second_key, WITNESSES[1]), verify).checkpoint == CHECKPOINT


def test_witnesses_do_not_make_up_for_the_log():
    text = CHECKPOINT.text
    cosigned = tuple(each.under(text, NOW) for each in WITNESSES)
    refused("note-unsigned", lambda: TRUST.checked(Note(text, cosigned), verify))
    refused("note-unsigned", lambda: TRUST.checked(noted(*WITNESSES, by=SeedSigner(ORIGIN, seed="thief")), verify))


def test_a_checkpoint_of_another_log_is_not_believed_whoever_signed_it():
    for origin in ("log.example/2", "LOG.example", "log.example ", "log\u2024example", "other"):
        other = Checkpoint(origin, 7, ROOT)
        refused("origin-unknown", lambda other=other: TRUST.checked(noted(*WITNESSES, checkpoint=other), verify))


def test_a_wrong_signature_of_a_known_witness_is_not_passed_over():
    note = noted(*WITNESSES)
    broken = replace(note.signatures[-1], signature=note.signatures[-2].signature)
    refused("note-signature-wrong", lambda: TRUST.checked(Note(note.text, (*note.signatures[:3], broken)), verify))


def test_what_is_signed_and_no_checkpoint_is_not_believed():
    text = "log.example\nseven\n"
    refused("checkpoint-invalid", lambda: TRUST.checked(Note(text, (LOG.under(text),)), verify))


@pytest.mark.parametrize(
    "parts",
    [
        {"log_keys": ()},
        {"witnesses_min": -1},
        {"witnesses_min": 4},
        {"witness_keys": (), "witnesses_min": 1},
        {"witness_keys": (WITNESSES[0].key, cosigner("w1.example", seed="second").key), "witnesses_min": 2},
        {"witness_keys": (SeedSigner("w1.example").key,), "witnesses_min": 1},
        {"witness_keys": (replace(WITNESSES[0].key, public=LOG.key.public),), "witnesses_min": 1},
    ],
)
def test_nobody_can_be_trusted_without_keys_or_by_the_logs_own_cosignature(parts):
    refused("trust-invalid", lambda: replace(TRUST, **parts))
