"""Rewritten: a log that is another than was remembered, or than another partner was shown, is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.asked import ORIGIN, AskedNode
from tests.fakes.signer import SeedSigner, SeedSigners, cosigner, verify
from tests.partner import Partner, codes, found_of, other_of, partner
from tests.simulation.sharing import Sharing

from relto.domain.errors import BadInput, Refused, Unreachable
from relto.domain.note import Note
from relto.usecases.evidence.audit.auditing import Audit, audit, compare_checkpoint, require_witnesses
from relto.usecases.evidence.audit.remembering import Memory


@pytest.fixture
def ukr() -> Partner:
    return partner()


@pytest.mark.parametrize("names", [("eins",), ("eins", "zwei", "drei"), tuple("abcdefgh")])
def test_a_log_that_was_rewritten_is_found_by_what_is_remembered(ukr, names):
    before = audit(ukr.asked, ukr.memory, verify)
    other = other_of(ukr, *names)
    found = audit(other.asked, before.memory, verify)
    assert codes(found) == ["log-rewritten"]
    # What was remembered is remembered on.
    assert found.memory == before.memory
    assert found.given == []


def test_who_remembers_nothing_is_not_told_of_another_log(ukr):
    other = other_of(ukr, "eins")
    assert codes(audit(other.asked, ukr.memory, verify)) == []


def test_a_checkpoint_by_another_key_is_not_believed(ukr):
    stranger = SeedSigner(ORIGIN, seed="another")
    found = audit(ukr.asked, Memory((stranger.key.text,)), verify)
    assert codes(found) == ["checkpoint-unsigned"]
    assert (found.note, found.given, found.memory.checkpoint) == ("", [], "")


def test_a_checkpoint_of_another_name_is_not_believed(ukr):
    other = SeedSigner("other.relto", seed="log.key")
    assert codes(audit(ukr.asked, Memory((other.key.text,)), verify)) == ["checkpoint-unsigned"]


@pytest.mark.parametrize("raw", [b"", b"\xff", b"x", b"\n\n", b"a\n1\nAA==\n\n\xe2\x80\x94 x AAAAAAA=\n", b"x" * 10**6])
def test_what_is_no_checkpoint_is_not_believed(ukr, raw):
    ukr.asked.lie = lambda route, answer: raw if route == "checkpoint" else answer
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["checkpoint-unsigned"]


def test_a_partner_who_was_shown_the_same_log_agrees(ukr):
    early = ukr.asked.checkpoint()
    first = audit(ukr.asked, ukr.memory, verify)
    ukr.sharing.give("four")
    ukr.asked.sign()
    late = ukr.asked.checkpoint()
    second = audit(ukr.asked, ukr.memory, verify)
    for mine, theirs in ((first, early), (first, late), (second, early), (second, late)):
        assert compare_checkpoint(ukr.asked, mine, theirs, verify) is not None
        assert codes(mine) == []


@pytest.mark.parametrize("names", [("eins",), ("eins", "zwei", "drei"), tuple("abcdefgh")])
def test_a_partner_who_was_shown_another_log_is_found(ukr, names):
    theirs = other_of(ukr, *names).asked.checkpoint()
    found = found_of(ukr)
    compare_checkpoint(ukr.asked, found, theirs, verify)
    assert codes(found) == ["log-split"]


@pytest.mark.parametrize("code", ["log-rewritten", "log-split", "key-outdated", "party-other"])
def test_what_the_node_has_to_answer_for_is_not_overwritten(ukr, code):
    found = found_of(ukr)
    assert found.to_remember(at=7) == replace(found.memory, seen=7)
    found.find("received-unrecorded", "past the log")
    assert found.to_remember(at=7) == replace(found.memory, seen=7)
    found.find(code, "it was shown another")
    assert found.to_remember(at=7) is None
    assert Audit(ukr.memory).to_remember(at=7) is None


def test_a_checkpoint_to_compare_with_must_be_of_this_log(ukr):
    stranger = partner()
    stranger.asked.signers.files["log.key"] = "another"
    ukr_found = found_of(ukr)
    sharing = Sharing()
    other = AskedNode(sharing.node, SeedSigners())
    other.signers.files["log.key"] = "another"
    sharing.give("one")
    other.sign()
    assert compare_checkpoint(ukr.asked, ukr_found, other.checkpoint(), verify) is None
    assert codes(ukr_found) == ["compared-unsigned"]
    for raw in (b"", b"\xff", b"x\n\n"):
        with pytest.raises(BadInput):
            compare_checkpoint(ukr.asked, ukr_found, raw, verify)


def test_a_node_that_does_not_answer_is_not_accused_of_two_logs(ukr):
    early = ukr.asked.checkpoint()
    ukr.sharing.give("four")
    ukr.asked.sign()
    found = found_of(ukr)

    def gone(route, _):
        raise Unreachable("node-unreachable", f"nobody answers at {route}")

    ukr.asked.lie = gone
    with pytest.raises(Unreachable):
        compare_checkpoint(ukr.asked, found, early, verify)
    assert codes(found) == []
    ukr.asked.lie = lambda _, __: [b"\0" * 32]
    compare_checkpoint(ukr.asked, found, early, verify)
    assert codes(found) == ["log-split"]


def test_a_node_that_refuses_to_prove_that_two_checkpoints_are_of_one_log_has_two(ukr):
    early = ukr.asked.checkpoint()
    ukr.sharing.give("four")
    ukr.asked.sign()
    for code, told in (("checkpoint-unknown", ["log-split"]), ("unavailable", None), ("node-odd", None)):
        found = found_of(ukr)

        def refuse(route, answer, code=code):
            if route == "consistency":
                raise Refused(code, "no")
            return answer

        asked = replace(ukr.asked, lie=refuse)
        if told is None:
            with pytest.raises(Refused):
                compare_checkpoint(asked, found, early, verify)
        else:
            compare_checkpoint(asked, found, early, verify)
            assert codes(found) == told


# Restored, or rewritten.


def test_a_witness_has_to_have_seen_this_log(ukr):
    witness, stranger = cosigner("cert.ukr"), cosigner("cert.ukr", seed="stranger")
    notes = {}
    for name, each in (("this", ukr), ("other", other_of(ukr, "eins"))):
        note = Note.parse(each.asked.checkpoint())
        notes[name] = Note(note.text, (*note.signatures, witness.under(note.text, 77))).as_bytes()
    ukr.sharing.give("four")
    ukr.asked.sign()
    for told, key, expected in (
        ([notes["this"]], witness.key, []),
        ([ukr.asked.checkpoint(), notes["this"]], witness.key, []),
        ([notes["this"]], stranger.key, ["cosignature-missing"]),
        ([ukr.asked.checkpoint()], witness.key, ["cosignature-missing"]),
        ([], witness.key, ["cosignature-missing"]),
        ([b"junk"], witness.key, ["cosignature-missing"]),
        ([notes["other"]], witness.key, ["log-split"]),
    ):
        ukr.asked.lie = lambda route, answer, told=told: told if route == "cosigned" else answer
        found = found_of(ukr)
        seen = require_witnesses(ukr.asked, found, [key], verify)
        assert codes(found) == expected
        assert [each.at for each in seen] == ([77_000_000] if expected != ["cosignature-missing"] else [])
