"""Records of stored items: what was written reads back, and nothing else is read."""

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.stored import StoredRecord, parse_records, record_of

keys = st.binary(min_size=16, max_size=16)
records = st.builds(
    StoredRecord,
    st.integers(1, 2**63 - 1),
    st.integers(1, 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    keys,
    st.binary(min_size=32, max_size=32),
    st.text(max_size=40),
    st.booleans(),
    st.frozensets(keys, max_size=4).map(lambda found: tuple(sorted(found))),
)


def written(record):
    return record_of(
        record.seq, record.class_id, record.version_us, record.key, record.digest, record.version,
        rival=record.rival, joins=record.joins,
    )  # fmt: skip


@given(st.lists(records, max_size=5))
def test_records_read_back(listed):
    assert parse_records(b"".join(written(record) for record in listed)) == listed


@given(records, st.data())
def test_what_is_read_is_written_in_that_way_only(record, data):
    raw = bytearray(written(record))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BadInput):
        found = parse_records(bytes(raw))
        assert found != [record]
        assert b"".join(written(each) for each in found) == bytes(raw)


@given(st.lists(records, min_size=1, max_size=3), st.data())
def test_records_that_break_off_are_none(listed, data):
    raw = b"".join(written(record) for record in listed)
    ends = [sum(len(written(each)) for each in listed[:count]) for count in range(len(listed) + 1)]
    cut = data.draw(st.integers(0, len(raw) - 1).filter(lambda place: place not in ends))
    with pytest.raises(BadInput):
        parse_records(raw[:cut])


def test_a_record_stays_what_it_was_in_the_first_release():
    raw = record_of(7, 2, -5, b"k" * 16, b"d" * 32, "v1", rival=True, joins=[b"b" * 16, b"a" * 16, b"b" * 16])
    assert raw.hex() == (
        "0000000000000007" "0000000000000002" "fffffffffffffffb" + "6b" * 16 + "64" * 32 + "01" "02" "7631" "0002"
        + "61" * 16 + "62" * 16
    )  # fmt: skip
    assert len(hashlib.sha256(raw).digest()) == 32
