"""Compressed input: told by content, whole or an error, never a bomb."""

import gzip
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.intake.compression import unpacked
from relto.adapters.intake.limits import Limits
from relto.domain.errors import BadInput

PLAIN = random.Random(7).randbytes(300_000) + b"a" * 300_000


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


def streamed_zstd(data):
    stream = zstandard.ZstdCompressor().compressobj()
    return stream.compress(data) + stream.flush()


PACKERS = [gzip.compress, zstd, streamed_zstd]


LIMITS = Limits()


def unpack(data, *, step=65_536, limits=LIMITS):
    return unpacked(iter([data[at : at + step] for at in range(0, len(data), step)]), name="f", limits=limits)


def fault_of(data, **more):
    with pytest.raises(BadInput) as caught:
        for _ in unpack(data, **more):
            pass
    return caught.value.code


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("step", [1, 3, 5000, 10**7])
def test_what_was_packed_comes_out_whole(pack, step):
    data = PLAIN[299_000:310_000]
    assert b"".join(unpack(pack(data), step=step)) == data


@pytest.mark.parametrize("pack", PACKERS)
def test_several_members_in_one_file_are_one_stream(pack):
    assert b"".join(unpack(pack(b"one ") + pack(b"") + pack(b"two"), step=7)) == b"one two"


@given(st.binary(max_size=50), st.integers(1, 9))
def test_what_is_not_packed_is_left_alone(data, step):
    if not data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        assert b"".join(unpack(data, step=step)) == data


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("left", [5, 100, 290_000, -1])
def test_a_stream_that_is_cut_off_is_truncated_wherever_it_is_cut(pack, left):
    assert fault_of(pack(PLAIN)[:left]) == "input-truncated"


@pytest.mark.parametrize("pack", PACKERS)
def test_what_came_before_the_cut_is_given_first(pack):
    found = []
    with pytest.raises(BadInput):
        found.extend(unpack(pack(PLAIN)[:290_000]))
    assert PLAIN.startswith(b"".join(found))
    assert len(b"".join(found)) > 100_000


def test_a_stream_that_is_damaged_is_corrupt():
    packed = bytearray(gzip.compress(PLAIN))
    packed[-6] ^= 1
    assert fault_of(bytes(packed)) == "input-corrupt"
    assert fault_of(b"\x1f\x8b" + b"\xff" * 100) == "input-corrupt"
    assert fault_of(b"\x28\xb5\x2f\xfd" + b"\xff" * 100) == "input-corrupt"
    assert fault_of(gzip.compress(b"one") + b"rubbish" * 10) == "input-corrupt"
    assert fault_of(zstd(b"one") + b"rubbish" * 10) == "input-corrupt"


@pytest.mark.parametrize("pack", PACKERS)
def test_a_bomb_is_stopped_by_its_ratio_and_by_its_size(pack):
    bomb = pack(b"\0" * 20_000_000)
    tight = Limits(ratio_from_bytes=1_000_000)
    assert fault_of(bomb, limits=tight) == "input-bomb"
    assert fault_of(pack(PLAIN), limits=Limits(inflated_bytes_max=400_000)) == "input-bomb"
    assert sum(map(len, unpack(bomb))) == 20_000_000


@pytest.mark.parametrize(("pack", "most"), [(gzip.compress, 2**18), (zstd, 2**25)])
def test_one_step_never_unpacks_more_than_its_share(pack, most):
    assert max(map(len, unpack(pack(b"\0" * 60_000_000)))) <= most


def test_a_window_of_gigabytes_is_not_opened():
    # Window descriptor 0xa0: 2^30 bytes, no single segment, no checksum, no size.
    assert fault_of(b"\x28\xb5\x2f\xfd\x00\xa0" + b"\x01\x00\x00") == "input-corrupt"
