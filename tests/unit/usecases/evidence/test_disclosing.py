"""Disclosing: whoever may see a thing can prove it, and nobody is told where in the stream it stood."""

import hashlib
import json

import pytest
from tests.fakes.signer import SeedSigners
from tests.logged import EVERY, deliveries, leaves
from tests.second import log_verifier as second
from tests.simulation.sharing import Sharing

from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.tile import Bundle, Tile
from relto.ports.store import CosignatureRow
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.signing import Origin, keyring, sign_checkpoint
from relto.usecases.reading import Query


class Shown:
    """A world in which `kyiv` and `lviv` of UKR have read, and `london` of GBR has, signed after each."""

    def __init__(self):
        self.sharing = Sharing()
        self.world, self.node = self.sharing.world, self.sharing.node
        self.signers = SeedSigners()
        other = "agreement: usa-gbr\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n"
        self.readers = {
            "kyiv": (self.sharing.kyiv.account, self.sharing.collection),
            "lviv": (self.world.account("lviv", "UKR"), self.sharing.collection),
            "london": (self.world.account("london", "GBR"), self.world.apply(other).collections["GBR"]),
        }

    def sign(self):
        sign_checkpoint(self.node, self.signers, Origin("usa.relto"))

    def read(self, name, limit=100, cursor=None):
        self.world.settle_clock()
        account, collection = self.readers[name]
        page = self.world.reading.page(account, collection, Query(limit, cursor=cursor), "objects")
        return [hashlib.sha256(each.raw).digest() for each in page.entries]

    @property
    def snap(self):
        return self.node.store.read()

    @property
    def data(self):
        with self.snap as snap:
            return [row.data for _, row in snap.leaves(limit=EVERY)]

    @property
    def checkpoint(self):
        with self.snap as snap:
            return second.checkpoint(second.note(disclosing.latest(snap).note.as_bytes())[0])


@pytest.fixture
def shown():
    return Shown()


def given(shown, party, first=0, limit=200):
    with shown.snap as snap:
        return disclosing.deliveries(snap, party, first=first, limit=limit)


def test_a_party_proves_what_it_was_given_and_sees_nothing_of_others(shown):
    shown.sharing.give("one", "two", "three")
    got = {name: [shown.read(name, limit=2)] for name in ("kyiv", "london", "lviv")}
    shown.sign()
    _, size, root = shown.checkpoint
    found = {party: given(shown, party) for party in ("UKR", "GBR", "USA")}
    assert [len(each.given) for each in found.values()] == [2, 1, 0]
    assert not any(each.more for each in found.values())
    for party, each in found.items():
        for one in each.given:
            told = json.loads(one.leaf)
            assert (told["kind"], told["party"]) == ("delivery", party)
            assert list(one.items) == got[told["reader"]].pop(0)
            assert told["digest"] == hashlib.sha256(b"".join(one.items)).hexdigest()
            assert second.includes(second.sha256(b"\x00" + one.leaf), one.number, size, one.proof, root)
    assert not any(got.values())


def test_nothing_of_where_it_stood_leaves(shown):
    shown.sharing.give("one", "two")
    shown.read("kyiv", limit=1)
    shown.sign()
    (one,) = given(shown, "UKR").given
    told = json.loads(one.leaf)
    with shown.snap as snap:
        (delivered,) = deliveries(snap)
    # What both leaves say are the digests' number and the digests themselves.
    assert not delivered.place.keys() & told.keys() - {"kind", "at", "block", "salt", "items"}
    assert told["salt"] != delivered.place["salt"]


@pytest.mark.tampers
def test_deliveries_of_one_commit_each_have_their_own_items(shown):
    shown.sharing.give("one", "two", "three")
    with shown.snap as snap:
        assert deliveries(snap) == []
    # Two places of one block, the second in parts: what is said in a block in which more stands.
    with shown.node.store.write() as tx:
        for reader, items in (("kyiv", [[2, 2]]), ("lviv", [[3, 3], [1, 1]])):
            tx.note("track", {"flow": 1, "reader": reader, "way": "", "digest": "00" * 32})
            told = {"party": "UKR", "reader": reader, "asked": {"ids": ["x" * 60_000] if reader == "lviv" else []}}
            tx.note("delivery", told, party="UKR")
            tx.note("place", {"flow": 1, "items": items, "padding": "y" * 60_000})
    shown.sign()
    with shown.snap as snap:
        digests = {each.seq: each.digest for each in snap.records([1, 2, 3])}
    first, other = given(shown, "UKR").given
    assert [*first.items] == [digests[2]]
    assert [*other.items] == [digests[3], digests[1]]
    assert first.parts == ()
    whole = "".join(json.loads(part)["text"] for part in other.parts)
    assert json.loads(whole)["reader"] == "lviv"
    assert json.loads(other.leaf)["digest_of_parts"] == hashlib.sha256(whole.encode()).hexdigest()


def test_what_is_not_signed_yet_is_not_shown(shown):
    shown.sharing.give("one", "two")
    shown.sign()
    shown.read("kyiv")
    assert given(shown, "UKR").given == ()
    with shown.snap as snap, pytest.raises(Unknown):
        disclosing.receipt(snap, len(shown.data) - 2, party=None)
    shown.sign()
    assert len(given(shown, "UKR").given) == 1


def test_before_the_first_checkpoint_there_is_nothing(shown):
    with shown.snap as snap:
        for ask in (
            disclosing.latest,
            disclosing.log_keys,
            lambda snap: disclosing.tile(snap, Tile(0, 0, 1)),
            lambda snap: disclosing.bundle(snap, Bundle(0, 1)),
            lambda snap: disclosing.consistency(snap, 0, None),
            lambda snap: disclosing.deliveries(snap, "UKR", first=0, limit=1),
            lambda snap: disclosing.receipt(snap, 0, party=None),
        ):
            with pytest.raises(Unknown):
                ask(snap)


def test_deliveries_come_in_portions_each_once(shown):
    shown.sharing.give(*(f"item {number}" for number in range(7)))
    for _ in range(7):
        shown.read("kyiv", limit=1)
    shown.sign()
    found, first, sizes = [], 0, []
    while True:
        portion = given(shown, "UKR", first=first, limit=3)
        found += [each.number for each in portion.given]
        sizes.append(len(portion.given))
        first = portion.upto + 1
        if not portion.more:
            break
    assert sizes == [3, 3, 1]
    assert found == sorted(set(found))
    assert first == shown.checkpoint[1]
    for beyond in (first, first + 5, 2**63):
        assert given(shown, "UKR", first=beyond).given == ()


def test_one_answer_has_a_bounded_number_of_items_but_one_delivery_at_least(shown, monkeypatch):
    monkeypatch.setattr(disclosing, "ITEMS_MAX", 3)
    shown.sharing.give(*(f"item {number}" for number in range(6)))
    shown.read("kyiv", limit=4)
    shown.read("lviv", limit=2)
    shown.read("lviv", limit=1)
    shown.sign()
    portion = given(shown, "UKR")
    assert [len(each.items) for each in portion.given] == [4]
    portion = given(shown, "UKR", first=portion.upto + 1)
    assert sum(len(each.items) for each in portion.given) == 3
    assert not portion.more


def test_a_receipt_is_for_its_party_and_for_who_sees_everything(shown):
    shown.sharing.give("one")
    shown.read("kyiv")
    shown.sign()
    data = shown.data
    with shown.snap as snap:
        vkeys = [each.key.text for each in keyring(snap).keys]
        (mine,) = [each.number for each in disclosing.deliveries(snap, "UKR", first=0, limit=9).given]
        for number, party in [(mine, "UKR"), *((number, None) for number in range(shown.checkpoint[1]))]:
            raw = disclosing.receipt(snap, number, party=party).as_bytes()
            assert second.is_logged(raw, data[number], origin="usa.relto", log_vkeys=vkeys, witness_vkeys=[], quorum=0)
        for number in range(len(data) + 2):
            for party in ("UKR", "GBR", "USA"):
                if (number, party) != (mine, "UKR"):
                    with pytest.raises(Unknown) as caught:
                        disclosing.receipt(snap, number, party=party)
                    assert (caught.value.code, caught.value.message) == ("leaf-unknown", "there is no such leaf")


def test_tiles_and_bundles_are_those_of_the_specification_as_far_as_is_signed(shown):
    shown.sharing.give("one")
    for _ in range(90):
        shown.read("kyiv")
        shown.sharing.give(f"item {len(shown.data)}")
    shown.sign()
    shown.sharing.give("not signed")
    size, data = shown.checkpoint[1], shown.data
    assert 256 < size < min(512, len(data))
    with shown.snap as snap:
        for level, index, width in ((0, 0, 256), (0, 0, 17), (0, 1, size - 256), (0, 1, 1), (1, 0, 1)):
            whole = second.tile(level, index, data[:size])
            assert disclosing.tile(snap, Tile(level, index, width)) == b"".join(whole)[: width * 32]
        assert disclosing.bundle(snap, Bundle(1, 3)) == b"".join(
            len(leaf).to_bytes(2, "big") + leaf for leaf in data[256:259]
        )
        for level, index, width in ((0, 1, size - 255), (0, 1, 256), (0, 2, 1), (1, 0, 2), (2, 0, 1), (63, 0, 1)):
            with pytest.raises(Unknown):
                disclosing.tile(snap, Tile(level, index, width))
        for index, width in ((1, size - 255), (2, 1), (1, 256)):
            with pytest.raises(Unknown):
                disclosing.bundle(snap, Bundle(index, width))


def test_a_checkpoint_is_consistent_with_each_before_it(shown):
    sizes = [0]
    for number in range(6):
        shown.sharing.give(f"item {number}")
        shown.sign()
        sizes.append(shown.checkpoint[1])
    data = shown.data
    with shown.snap as snap:
        for place, new in enumerate(sizes[1:], 1):
            for old in sizes[: place + 1]:
                found, proof = disclosing.consistency(snap, old, new)
                assert found == new
                assert second.consistent(old, second.mth(data[:old]), new, second.mth(data[:new]), proof)
        assert disclosing.consistency(snap, sizes[1], None)[0] == sizes[-1]
        # Of old checkpoints few are kept: whoever has one of any size is answered.
        for old, new in ((1, sizes[1] + 1), (sizes[2] + 1, sizes[-1] - 1)):
            found, proof = disclosing.consistency(snap, old, new)
            assert found == new
            assert second.consistent(old, second.mth(data[:old]), new, second.mth(data[:new]), proof)
        for new in (sizes[-1] + 1, 2**63 - 1):
            with pytest.raises(Unknown):
                disclosing.consistency(snap, 0, new)
        with pytest.raises(BadInput):
            disclosing.consistency(snap, sizes[2], sizes[1])


def test_who_only_contributes_is_not_told_what_its_party_was_given():
    for roles in ((), ("contributor",)):
        with pytest.raises(Refused):
            disclosing.require_role(roles)
    for role in ("reader", "officer", "approver", "auditor", "admin"):
        disclosing.require_role(("contributor", role))


@pytest.mark.tampers
def test_a_page_that_never_left_is_shown_as_that(shown):
    with shown.node.store.write() as tx:
        tx.note("withdrawn", {"reader": "kyiv", "page": 1}, party="UKR")
    shown.sign()
    with shown.snap as snap:
        assert leaves(snap)
    (one,) = given(shown, "UKR").given
    assert (one.kind, one.items) == ("withdrawn", ())
    assert given(shown, "GBR").given == ()


@pytest.mark.tampers
def test_a_line_that_somebody_put_among_cosignatures_keeps_the_checkpoint_from_nobody():
    shown = Shown()
    shown.sign()
    with shown.snap as snap:
        before = disclosing.latest(snap)
    with shown.node.store.write() as tx:
        tx.put_cosignature(CosignatureRow(before.checkpoint.size, "cert.example", 5, "no signature"))
    with shown.snap as snap:
        assert disclosing.latest(snap) == before
