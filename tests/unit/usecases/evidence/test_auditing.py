"""Auditing: a partner believes what is proven, finds what is not so, and takes nonsense for what it is."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, replace

import pytest
from tests.actors import ADMIN
from tests.fakes.asked import ORIGIN, AskedNode
from tests.fakes.signer import SeedSigner, SeedSigners, cosigner, verify
from tests.simulation.sharing import Sharing

from relto.domain.errors import BadInput, Refused, Unreachable
from relto.domain.note import Note
from relto.usecases.evidence import auditing
from relto.usecases.evidence.auditing import Auditor, audit, compare_checkpoint, require_witnesses
from relto.usecases.evidence.matching import Received, compare_received
from relto.usecases.evidence.remembering import Memory
from relto.usecases.evidence.signing import Origin, keyring, rotate_key
from relto.usecases.reading import Page, Query
from relto.usecases.reading.values import Endpoint


@dataclass
class Partner:
    """UKR, which reads as `kyiv`, and what it has: the SHA-256 of each object, page by page, and the objects."""

    sharing: Sharing
    asked: AskedNode
    pages: list[tuple[str, ...]]
    had: dict[str, Received]

    def asked_for(self, query: Query, endpoint: Endpoint = "objects") -> Page:
        world = self.sharing.world
        world.settle_clock()
        return world.reading.page(self.sharing.kyiv.account, self.sharing.collection, query, endpoint)

    def lose(self, query: Query) -> None:
        """Asks for a page that never leaves."""
        self.sharing.world.reading.unsent(self.asked_for(query))

    def read(self, query: Query) -> None:
        """Asks for a page, and receives it."""
        page = self.asked_for(query)
        names = [(hashlib.sha256(each.raw).hexdigest(), each.raw.decode()) for each in page.entries]
        self.pages.append(tuple(digest for digest, _ in names))
        self.had |= {digest: Received((digest,), name) for digest, name in names}

    @property
    def memory(self) -> Memory:
        with self.sharing.node.store.read() as snap:
            return Memory((keyring(snap).keys[0].key.text,))

    @property
    def received(self) -> list[Received]:
        return list(self.had.values())


def partner(*names: str) -> Partner:
    """One that has read each of these, two at a time; the log is signed."""
    sharing = Sharing()
    made = Partner(sharing, AskedNode(sharing.node, SeedSigners()), [], {})
    sharing.give(*(names or ("one", "two", "three")))
    made.read(Query(2))
    sharing.world.settle_clock()
    made.read(Query(2, added_after=sharing.world.now - 10**12))
    made.asked.sign()
    return made


def codes(found: auditing.Audit) -> list[str]:
    return [fault.code for fault in found.faults]


@pytest.fixture
def ukr() -> Partner:
    return partner()


# What is as it was received.


def test_a_partner_finds_every_page_that_it_was_given_as_it_was(ukr):
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages
    assert {page.reader for page in found.given} == {"kyiv"}
    assert compare_received(found, ukr.received, whole=True) == len(ukr.had)
    assert codes(found) == []
    assert found.rewritten == 0


def test_a_page_that_never_left_is_not_taken_for_one_that_was_received(ukr):
    ukr.sharing.give("lost")
    ukr.lose(Query(9))
    ukr.asked.sign()
    found = audit(ukr.asked, ukr.memory, verify)
    assert found.withdrawn == 1
    assert [each.items for each in found.given] == ukr.pages
    compare_received(found, ukr.received, whole=True)
    assert codes(found) == []


def test_answers_may_come_in_portions(ukr):
    whole = audit(ukr.asked, ukr.memory, verify)
    ukr.asked.portion = 1
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert found.given == whole.given
    assert len(found.given) > 1


def test_a_delivery_that_is_told_in_parts_is_put_together(ukr):
    ids = tuple(f"indicator--{number:08d}-0000-4000-8000-000000000000" for number in range(2_000))
    ukr.read(Query(9, ids=(*ids, ukr.sharing.item("one").id)))
    ukr.asked.sign()
    told = ukr.asked.deliveries(None)["deliveries"]
    assert any("parts" in each for each in told)
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages


def test_what_is_remembered_is_what_the_log_grew_from(ukr):
    first = audit(ukr.asked, ukr.memory, verify)
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    second = audit(ukr.asked, first.memory, verify)
    assert codes(second) == []
    assert second.size > first.size
    assert second.memory.last.size == second.size
    assert [page.items for page in second.given] == ukr.pages


def test_a_log_that_grows_meanwhile_is_asked_anew(ukr):
    grown = []

    def lie(route, answer):
        if route == "checkpoint" and not grown:
            grown.append(True)
            ukr.sharing.give("four")
            ukr.asked.sign()
        return answer

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert [page.items for page in found.given] == ukr.pages


def test_a_log_that_is_another_at_each_answer_is_given_up(ukr):
    ukr.asked.lie = lambda route, answer: {**answer, "size": answer["size"] + 1} if route == "deliveries" else answer
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["log-unsteady"]


def found_of(ukr: Partner) -> auditing.Audit:
    return audit(ukr.asked, ukr.memory, verify)


# Another log.


def other_of(ukr: Partner, *names: str) -> Partner:
    """Another log with the same key."""
    made = partner(*names)
    made.asked.signers = ukr.asked.signers
    assert made.memory == ukr.memory
    return made


HOUR = 3_600_000_000


def turned(ukr: Partner) -> None:
    rotate_key(ukr.sharing.node, ukr.sharing.world.desk, ukr.asked.signers, Origin(ORIGIN), by=ADMIN, overlap_us=HOUR)
    ukr.asked.sign()


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


# What is remembered.


def test_a_memory_that_was_damaged_accuses_nobody(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    memory.require_whole(verify)
    Memory(memory.keys).require_whole(verify)
    lines = memory.checkpoint.split("\n")
    other = other_of(ukr, "eins")
    for broken in (
        replace(memory, checkpoint="\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])),
        replace(memory, checkpoint=memory.checkpoint[:-5]),
        replace(memory, keys=(*memory.keys, "x")),
        replace(memory, keys=(SeedSigner("other.relto").key.text,)),
        # The text of one under the signature of another.
        replace(memory, checkpoint="\n".join([*lines[:3], *other.asked.checkpoint().decode().split("\n")[3:]])),
    ):
        with pytest.raises(BadInput):
            broken.require_whole(verify)


def test_what_strangers_wrote_below_a_checkpoint_is_not_remembered(ukr):
    def lie(route, answer):
        text = answer.decode().partition("\n\n")[0] + "\n" if route == "checkpoint" else ""
        return answer + f"{SeedSigner('stranger').under(text).line}\n".encode() * 90 if text else answer

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert "stranger" in found.note
    assert "stranger" not in found.memory.checkpoint
    found.memory.require_whole(verify)


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


# Lies about deliveries.


def lied(ukr: Partner, change) -> list[str]:
    """What is found where the list of deliveries is changed so."""

    def lie(route, answer):
        if route != "deliveries":
            return answer
        changed = copy.deepcopy(answer)
        change(changed)
        return changed

    ukr.asked.lie = lie
    return codes(audit(ukr.asked, ukr.memory, verify))


def test_a_delivery_cannot_be_told_as_a_page_that_never_left(ukr):
    assert lied(ukr, lambda told: told["withdrawn"].append(told["deliveries"][0])) == ["node-odd"]


def test_a_leaf_that_is_proven_carries_no_other_with_it(ukr):
    def change(told):
        each = told["deliveries"][0]
        forged = json.loads(each["leaf"])
        forged |= {"reader": "nobody", "items": 0, "digest": hashlib.sha256().hexdigest()}
        each["parts"] = [json.dumps(forged, sort_keys=True, separators=(",", ":"))]
        each["items"] = each["names"] = []

    assert lied(ukr, change) == ["node-odd"]


def test_digests_have_one_form(ukr):
    def upper(told):
        told["deliveries"][0]["items"] = [each.upper() for each in told["deliveries"][0]["items"]]

    def spaced(told):
        told["deliveries"][0]["items"][0] = " ".join(told["deliveries"][0]["items"][0])

    def parted(told):
        one, two = told["deliveries"][0]["items"][:2]
        told["deliveries"][0]["items"][:2] = [one[:-2], one[-2:] + two]

    for change in (upper, spaced, parted):
        assert lied(ukr, change) == ["node-odd"]


def test_items_in_another_order_are_others(ukr):
    assert lied(ukr, lambda told: told["deliveries"][0]["items"].reverse()) == ["items-other"]
    assert lied(ukr, lambda told: told["deliveries"][0]["names"].pop()) == ["items-other"]


def test_a_list_that_has_no_end_is_given_up(ukr, monkeypatch):
    def endless(told):
        told.update(deliveries=[], more=True, after=told["after"] - 1)

    assert lied(ukr, endless) == ["node-odd"]
    # Each answer tells the same again.
    ukr.asked.portion = 1
    assert lied(ukr, lambda told: told.update(more=True)) == ["node-odd"]
    monkeypatch.setattr(auditing, "ROUNDS_MAX", 1)
    assert lied(ukr, lambda told: None) == ["node-odd"]


def test_a_list_that_ends_too_early_is_found(ukr):
    ukr.asked.portion = 1
    assert lied(ukr, lambda told: told.update(more=False)) == ["node-odd"]


def test_a_delivery_that_is_left_out_is_missed_by_who_received_it(ukr):
    assert lied(ukr, lambda told: told["deliveries"].clear()) == []
    found = audit(ukr.asked, ukr.memory, verify)
    compare_received(found, ukr.received, whole=True)
    assert set(codes(found)) == {"received-unrecorded"}


def test_a_delivery_that_is_kept_back_is_missed_by_the_next_that_is_shown(ukr):
    first = audit(ukr.asked, ukr.memory, verify).given[0].leaf
    assert lied(ukr, lambda told: told["deliveries"].pop(0)) == ["leaf-withheld"]
    found = audit(ukr.asked, ukr.memory, verify)
    assert f"leaf {first}" in found.faults[0].text
    assert found.faults[0].leaf == found.given[0].leaf


def test_what_is_kept_back_at_the_end_is_named_by_the_next_reading(ukr):
    last = audit(ukr.asked, ukr.memory, verify).given[-1].leaf

    def lie(route, answer):
        if route != "deliveries":
            return answer
        return {**answer, "deliveries": [each for each in answer["deliveries"] if each["number"] != last]}

    ukr.asked.lie = lie
    found = audit(ukr.asked, ukr.memory, verify)
    # Whoever lacks what was in it has nothing to hold against the log yet.
    compare_received(found, [each for each in ukr.received if each.digests[0] in found.recorded], whole=True)
    assert codes(found) == []
    # As `--again` does: what is received next is on record, or it is missed; and its leaf names the one before.
    ukr.read(Query(9))
    ukr.asked.sign()
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["leaf-withheld"]


def test_a_page_that_never_left_cannot_be_kept_back(ukr):
    ukr.sharing.give("lost")
    ukr.lose(Query(9))
    ukr.read(Query(9))
    ukr.asked.sign()
    assert lied(ukr, lambda told: told["withdrawn"].clear()) == ["leaf-withheld"]


# Going on.


def test_an_audit_goes_on_where_the_log_has_grown_and_asks_for_nothing_twice(ukr):
    asked = []

    def seen(route, answer):
        asked.append(route)
        return answer

    ukr.asked.lie = seen
    auditor = Auditor(ukr.asked, ukr.memory, verify)
    found = auditor.look()
    given = list(found.given)
    asked.clear()
    assert not auditor.look_on()
    assert asked == ["checkpoint"]
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    asked.clear()
    assert auditor.look_on()
    assert asked == ["checkpoint", "consistency", "deliveries"]
    assert codes(found) == []
    assert found.given[: len(given)] == given
    assert [page.items for page in found.given] == ukr.pages
    assert found.memory.checkpoint == audit(ukr.asked, ukr.memory, verify).memory.checkpoint
    ukr.asked.lie = lambda route, answer: b"" if route == "checkpoint" else answer
    assert auditor.look_on()
    assert (codes(found), found.is_whole) == (["checkpoint-unsigned"], False)


@pytest.mark.tampers
@pytest.mark.parametrize(
    "fields",
    [
        {"page": "x"}, {"page": None}, {"page": [1]}, {"given_at": "x"}, {"reader": 5}, {"endpoint": {}},
        {"agreement": None}, {"items": "0"}, {"digest": 5},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["delivery", "withdrawn"])
def test_what_a_log_signs_may_be_nonsense_all_the_same(ukr, kind, fields):
    told = {
        "party": "UKR", "reader": "kyiv", "page": 5, "given_at": 1, "endpoint": "objects", "agreement": "usa-ukr",
        "items": 0, "digest": hashlib.sha256().hexdigest(), **fields,
    }  # fmt: skip
    with ukr.sharing.node.store.write() as tx:
        tx.note(kind, told, party="UKR")
        tx.note("place", {"items": []})
    ukr.asked.sign()
    found = codes(audit(ukr.asked, ukr.memory, verify))
    if kind == "delivery" or fields.keys() & {"page", "reader"}:
        assert found in (["leaf-unreadable"], ["items-other"])
    else:
        assert found == []
