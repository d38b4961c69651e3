"""Proofs as text: read in one form only, and what they prove is what a second verifier finds proven."""

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

from relto.domain.checkpoint import Checkpoint, Trust
from relto.domain.errors import BadInput
from relto.domain.merkle import EMPTY_ROOT, leaf_hash
from relto.domain.note import NOTE_MAX, Note, in_base64
from relto.domain.proof import EXTRA_MAX, HEAD_MAX, Proof, verified

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "proofs.json").read_text("utf-8"))
PROOFS = VECTORS["proofs"]
ORIGIN = "log.example"
NOW = 1_741_176_000
LOG, OTHER_LOG = SeedSigner(ORIGIN), SeedSigner("other.example")
WITNESSES = [cosigner("w1.example"), cosigner("w2.example")]
TRUST = Trust(ORIGIN, (LOG.key,), tuple(each.key for each in WITNESSES), 1)
REFUSALS = {"proof-invalid", "note-invalid", "checkpoint-invalid"}

some_entries = st.lists(st.binary(max_size=3), min_size=1, max_size=20)


def noted(size, root, *, origin=ORIGIN, by=LOG, cosigners=WITNESSES):
    text = Checkpoint(origin, size, root).text
    return Note(text, (by.under(text), *(each.under(text, NOW) for each in cosigners)))


def proven(entries, index, **other):
    return Proof(index, tuple(second.path(index, entries)), noted(len(entries), second.mth(entries), **other))


def is_logged(raw, entry):
    """What both verifiers say of the proof in these bytes; they agree."""
    try:
        found = verified(Proof.parse(raw), entry, TRUST, verify).checkpoint.origin == ORIGIN
    except BadInput:
        found = False
    witnesses = [each.key.text for each in WITNESSES]
    assert found == second.is_logged(
        raw, entry, origin=ORIGIN, log_vkeys=[LOG.key.text], witness_vkeys=witnesses, quorum=1
    )
    return found


def refused(codes, act):
    with pytest.raises(BadInput) as caught:
        act()
    assert caught.value.code in codes
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("case", PROOFS["valid"], ids=lambda case: case["name"])
def test_a_proof_is_an_index_hashes_a_checkpoint_and_perhaps_more(case):
    raw = case["text"].encode()
    proof = Proof.parse(raw)
    assert (proof.index, [in_base64(each) for each in proof.hashes]) == (case["index"], case["hashes"])
    assert in_base64(proof.extra) == case["extra"]
    assert proof.checkpoint.origin == "example.com/behind-the-sofa"
    assert proof.as_bytes() == raw
    assert second.tlog_proof(raw) == (proof.index, list(proof.hashes), proof.note.as_bytes(), proof.extra)


@pytest.mark.parametrize("case", PROOFS["refused"], ids=lambda case: case["name"])
def test_any_other_text_is_no_proof(case):
    refused(REFUSALS, lambda: Proof.parse(case["text"].encode()))


def test_texts_that_are_too_long_or_not_utf_8_are_refused():
    whole = proven([b"a"], 0).as_bytes()
    head, _, note = whole.partition(b"\n\n")
    line = f"\n{in_base64(EMPTY_ROOT)}".encode()
    for raw in (
        head + line * 2_000 + b"\n\n" + note,
        head + line * 100_000 + b"\n\n" + note,
        head + b"a" * HEAD_MAX + b"\n\n" + note,
        head.replace(b"0", b"9" * 5_000) + b"\n\n" + note,
        whole + b"x" * (NOTE_MAX + HEAD_MAX),
        b"\xff" + whole,
        "\N{EM DASH}".encode() + whole,
        b"\n" * 1_000_000,
    ):
        refused(REFUSALS, lambda raw=raw: Proof.parse(raw))


def test_the_longest_extra_data_comes_back():
    most = replace(proven([b"a"], 0), extra=b"x" * EXTRA_MAX)
    assert Proof.parse(most.as_bytes()) == most
    longer = most.as_bytes().replace(b"extra ", b"extra AAAA", 1)
    refused({"proof-invalid"}, lambda: Proof.parse(longer))


@pytest.mark.parametrize(
    "parts",
    [
        {"index": -1}, {"index": 2}, {"index": 10**40}, {"hashes": (b"",)}, {"hashes": (EMPTY_ROOT + b"\x00",)},
        {"hashes": (EMPTY_ROOT,) * 64}, {"extra": b"x" * (EXTRA_MAX + 1)},
        {"note": Note("a\n", (LOG.under("a\n"),))}, {"note": noted(0, EMPTY_ROOT)},
    ],
)  # fmt: skip
def test_a_proof_that_cannot_be_cannot_be_built(parts):
    refused(REFUSALS, lambda: replace(proven([b"a", b"b"], 0), **parts))


@given(some_entries, st.data(), st.binary(max_size=20))
def test_a_proof_of_any_entry_is_found_proven_by_both_verifiers(entries, data, extra):
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = replace(proven(entries, index), extra=extra)
    assert Proof.parse(proof.as_bytes()) == proof
    assert is_logged(proof.as_bytes(), entries[index])
    logged = verified(proof, entries[index], TRUST, verify)
    assert (logged.index, logged.checkpoint.root) == (index, second.mth(entries))
    assert {each.key for each in logged.signed_by} == {LOG.key, *TRUST.witness_keys}


@given(some_entries, st.data())
def test_a_proof_of_which_anything_was_changed_proves_nothing_to_either_verifier(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    whole = proven(entries, index).as_bytes()
    raw = bytearray(whole)
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place : place + data.draw(st.integers(0, 3))] = data.draw(
        st.sampled_from([b"", b"\n", b"\n\n", b"A", b"0", b"1", b"=", b" ", b"extra YQ==\n", b"\xff"])
    )
    if is_logged(bytes(raw), entries[index]):
        # Only what nobody signs may be another: extra data, and who signed beside the log and one witness.
        changed = Proof.parse(bytes(raw))
        assert (changed.index, changed.note.text) == (index, Proof.parse(whole).note.text)


@given(some_entries, st.binary(max_size=4), st.data())
def test_a_proof_proves_its_own_entry_alone(entries, entry, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    assert is_logged(proven(entries, index).as_bytes(), entry) == (entry == entries[index])


def test_each_way_in_which_a_proof_fails_has_its_name():
    entries = [b"a", b"b", b"c"]
    proof = proven(entries, 1)
    for code, failing, entry in (
        ("entry-not-proven", proof, b"a"),
        ("entry-not-proven", replace(proof, index=0), b"b"),
        ("entry-not-proven", replace(proof, hashes=proof.hashes[::-1]), b"b"),
        ("entry-not-proven", replace(proof, hashes=()), b"b"),
        ("origin-unknown", proven(entries, 1, origin="other.example"), b"b"),
        ("note-unsigned", proven(entries, 1, by=OTHER_LOG), b"b"),
        ("note-unsigned", proven(entries, 1, by=OTHER_LOG, cosigners=()), b"b"),
        ("witnesses-missing", proven(entries, 1, cosigners=()), b"b"),
        ("witnesses-missing", proven(entries, 1, cosigners=[cosigner("w3.example")]), b"b"),
        ("note-signature-wrong", replace(proof, note=replace(proof.note, text=noted(3, leaf_hash(b"")).text)), b"b"),
    ):
        refused({code}, lambda failing=failing, entry=entry: verified(failing, entry, TRUST, verify))
        assert not is_logged(failing.as_bytes(), entry)


@given(st.binary(max_size=120))
def test_whatever_the_bytes_are_the_answer_is_a_value_or_bad_input(raw):
    beginnings = [b"", b"c2sp.org/tlog-proof@v1\nindex 0\n\n"]
    for beginning in beginnings:
        with contextlib.suppress(BadInput):
            assert Proof.parse(beginning + raw).as_bytes() == beginning + raw
