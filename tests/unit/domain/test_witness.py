"""Witnesses: keys by which anything can be signed are none."""

import json

import pytest
from tests.fakes.signer import SeedSigner, cosigner

from relto.domain.errors import BadInput
from relto.domain.note import KeyKind, VerifierKey
from relto.domain.witness import Witness, parse_witnesses, written_witnesses

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def added(one, other):
    """The sum of two points of edwards25519, by its textbook formula."""
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P)
    return x % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def points_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return [(root, y), (-root % P, y)] if root * root % P == square else []


def torsion():
    """The points whose order divides 8: what is left of any point when it is taken as often as the group is large."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        for point in points_of(y):
            total, power, count = (0, 1), point, order
            while count:
                if count & 1:
                    total = added(total, power)
                power, count = added(power, power), count >> 1
            found, each = {(0, 1)}, total
            while each not in found:
                found.add(each)
                each = added(each, total)
            if len(found) == 8:
                return found
    raise AssertionError


def encodings():
    """Each of the eight in every way in which its 32 bytes can be written, the odd ones among them."""
    for x, y in sorted(torsion()):
        for coordinate in (y, y + P):
            if coordinate < 2**255:
                for sign in {x & 1, 0, 1} if x == 0 else {x & 1}:
                    yield (coordinate | sign << 255).to_bytes(32, "little")


def test_there_are_eight_points_of_small_order_and_fourteen_ways_to_write_them():
    assert len(torsion()) == 8
    assert len(list(encodings())) == 14


@pytest.mark.parametrize("public", list(encodings()), ids=bytes.hex)
def test_a_point_of_small_order_is_no_key(public):
    with pytest.raises(BadInput) as caught:
        Witness("UKR", VerifierKey("cert.example", KeyKind.COSIGNATURE, public))
    assert caught.value.code == "witness-invalid"
    assert "small order" in caught.value.message


def test_a_key_that_is_written_in_another_way_is_none():
    with pytest.raises(BadInput) as caught:
        Witness("UKR", VerifierKey("cert.example", KeyKind.COSIGNATURE, (P + 3).to_bytes(32, "little")))
    assert caught.value.code == "witness-invalid"


def test_a_key_for_plain_signatures_is_no_witness_key():
    with pytest.raises(BadInput) as caught:
        Witness("UKR", SeedSigner("cert.example").key)
    assert caught.value.code == "witness-invalid"


def test_witnesses_are_read_as_they_were_written():
    found = (Witness("UKR", cosigner("cert.example").key), Witness("GBR", cosigner("ncsc.example").key))
    assert parse_witnesses(written_witnesses(found)) == found
    assert parse_witnesses("") == parse_witnesses("[]") == ()


@pytest.mark.parametrize("text", ["{", "7", "[7]", '[{"party": "UKR"}]', "[" * 5_000, json.dumps([{"vkey": 1}])])
def test_what_is_no_list_of_witnesses_is_refused(text):
    with pytest.raises(BadInput) as caught:
        parse_witnesses(text)
    assert caught.value.code == "witness-invalid"
