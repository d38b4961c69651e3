"""Auditing: a partner believes what is proven, finds what is not so, and takes nonsense for what it is."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, replace

import pytest
from tests.actors import ADMIN
from tests.fakes.asked import ORIGIN, AskedNode
from tests.fakes.signer import SeedSigner, SeedSigners, verify
from tests.simulation.sharing import Sharing

from relto.domain.errors import BadInput, Refused, Unreachable
from relto.usecases.evidence import auditing
from relto.usecases.evidence.auditing import audit, compare_checkpoint
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


# Keys.

HOUR = 3_600_000_000


def turned(ukr: Partner) -> None:
    rotate_key(ukr.sharing.node, ukr.sharing.world.desk, ukr.asked.signers, Origin(ORIGIN), by=ADMIN, overlap_us=HOUR)
    ukr.asked.sign()


def test_a_key_that_the_log_names_is_believed_from_then_on(ukr):
    memory = audit(ukr.asked, ukr.memory, verify).memory
    turned(ukr)
    within = audit(ukr.asked, memory, verify)
    assert codes(within) == []
    assert len(within.memory.keys) == 2
    ukr.sharing.world.settle_clock(2 * HOUR)
    ukr.sharing.give("four")
    ukr.read(Query(9))
    ukr.asked.sign()
    after = audit(ukr.asked, within.memory, verify)
    assert codes(after) == []
    assert after.memory.keys == within.memory.keys
    # Who slept through the overlap has to have the key another way.
    assert codes(audit(ukr.asked, memory, verify)) == ["checkpoint-unsigned"]


@pytest.mark.tampers
@pytest.mark.parametrize("fields", [{"vkey": "x"}, {"vkey": SeedSigner("other.relto").key.text}, {"vkey": 5}, {}])
def test_a_key_that_is_none_of_the_log_s_is_passed_over(ukr, fields):
    with ukr.sharing.node.store.write() as tx:
        tx.note("key", fields)
    ukr.asked.sign()
    found = audit(ukr.asked, ukr.memory, verify)
    assert codes(found) == []
    assert found.memory.keys == ukr.memory.keys


def test_a_key_is_named_by_a_leaf_of_that_kind_alone(ukr):
    def lie(route, answer):
        return {**answer, "keys": answer["deliveries"][:1]} if route == "deliveries" else answer

    ukr.asked.lie = lie
    assert codes(audit(ukr.asked, ukr.memory, verify)) == ["node-odd"]


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
        replace(memory, checkpoint=other.asked.checkpoint().decode().replace("A", "B")),
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
    for code, told in (("checkpoint-unknown", ["log-split"]), ("unavailable", None)):
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


# Restored, or rewritten.


def unread(*given: str) -> Partner:
    """A partner of whom nothing is drawn, so that the same gifts make the same log, each signed; `era`: a restore."""
    sharing = Sharing()
    made = Partner(sharing, AskedNode(sharing.node, SeedSigners()), [], {})
    for name in given:
        if name == "era":
            with sharing.node.store.write() as tx:
                tx.note("era", {"note": "a test"})
        else:
            sharing.give(name)
        made.asked.sign()
    return made


def remembered(*given: str) -> Memory:
    """What is remembered by who audited after each."""
    memory = unread(*given[:1]).memory
    for count in range(1, len(given) + 1):
        found = audit(unread(*given[:count]).asked, memory, verify)
        assert codes(found) == []
        memory = found.memory
    return memory


@pytest.mark.tampers
def test_what_a_restore_lost_is_told_as_that():
    found = audit(unread("one", "era", "three").asked, remembered("one", "two"), verify)
    assert codes(found) == ["log-restored"]


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("now", "before"),
    [
        # The era was known already; nothing remembered stands before it; none is told.
        (("one", "era", "three"), ("one", "era", "two")),
        (("eins", "era", "three"), ("one", "two")),
        (("one", "three"), ("one", "two")),
    ],
)
def test_what_no_restore_explains_was_rewritten(now, before):
    memory = remembered(*before)
    found = audit(unread(*now).asked, memory, verify)
    assert codes(found) == ["log-rewritten"]
    assert found.memory == memory


def test_a_log_that_was_rewritten_is_not_forgotten_for_the_nonsense_that_comes_after(ukr):
    before = audit(ukr.asked, ukr.memory, verify)
    other = other_of(ukr, "eins")
    other.asked.lie = lambda route, answer: {} if route == "deliveries" else answer
    found = audit(other.asked, before.memory, verify)
    assert codes(found) == ["node-odd", "log-rewritten"]
    assert found.memory == before.memory
