"""What is read of a request: total on any bytes, and exact on good ones."""

import contextlib
import gzip

import hypothesis.strategies as st
import pytest
import zstandard
from hypothesis import example, given

from relto.domain.errors import BadInput
from relto.domain.moment import write
from relto.faces.http.body import Bodies, room_for_bodies
from relto.faces.http.compression import coding_for, compress
from relto.faces.http.exchange import Response
from relto.faces.http.negotiation import is_taxii, takes
from relto.faces.http.refusal import Refusal
from relto.faces.taxii.parameters import OBJECTS, read
from relto.faces.taxii.routes import route_of
from relto.usecases.reading import Query

BODIES = Bodies(bytes_max=20_000, expansion_max=200, room=room_for_bodies(256))
PACKERS = {b"gzip": gzip.compress, b"zstd": zstandard.compress}


@given(st.binary(max_size=300))
@example(b"limit=" + b"9" * 5_000)
@example(b"match[version]=0000-00-00T00:00:00Z")
def test_any_query_is_a_query_or_refused(query):
    with contextlib.suppress(BadInput):
        assert 1 <= read(query, OBJECTS, default=10, most=100).limit <= 100


@given(st.integers(1, 10**9), st.integers(-(10**15), 10**16), st.sets(st.sampled_from(["a", "b", "c"]), min_size=1))
def test_a_good_query_is_read_as_it_was_written(limit, moment, types):
    query = f"limit={limit}&added_after={write(moment)}&match%5Btype%5D={','.join(types)}"
    expected = Query(min(limit, 100), moment, types=tuple(sorted(types)))
    assert read(query.encode(), OBJECTS, default=10, most=100) == expected


@given(st.binary(max_size=200))
def test_any_header_is_read_without_a_fault(header):
    assert takes(header) in {True, False}
    assert is_taxii(header) in {True, False}
    assert coding_for(header) in {b"zstd", b"gzip", None}


@given(st.binary(max_size=200))
def test_any_path_is_a_route_or_none(path):
    found = route_of(b"/" + path)
    assert found is None or found.name


@given(st.lists(st.binary(max_size=5_000), min_size=1, max_size=4), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_is_unpacked_in_however_many_parts_it_was(parts, coding):
    packed = b"".join(map(PACKERS[coding], parts))
    assert BODIES.unpacked(packed, coding) == b"".join(parts)


@given(st.binary(min_size=1, max_size=9_000), st.sampled_from(sorted(PACKERS)), st.data())
def test_what_is_cut_short_is_never_taken_for_whole(plain, coding, data):
    packed = PACKERS[coding](plain)
    short = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(Refusal) as refused:
        BODIES.unpacked(short, coding)
    assert refused.value.status == 400


@given(st.binary(max_size=300), st.sampled_from(sorted(PACKERS)))
def test_any_bytes_are_unpacked_or_refused(packed, coding):
    with contextlib.suppress(Refusal):
        assert len(BODIES.unpacked(packed, coding)) <= 20_000


@pytest.mark.parametrize("coding", sorted(PACKERS))
@pytest.mark.parametrize(("count", "fits"), [(20_000, True), (20_001, False), (50_000_000, False)])
def test_the_limit_is_exact(coding, count, fits):
    packed = PACKERS[coding](b" " * count)
    if fits:
        assert len(BODIES.unpacked(packed, coding)) == count
    else:
        with pytest.raises(Refusal) as refused:
            BODIES.unpacked(packed, coding)
        assert refused.value.status == 413


@given(st.binary(max_size=4_000), st.sampled_from([b"gzip", b"zstd", b"identity", b""]))
def test_a_response_that_was_packed_is_what_it_was(body, accept):
    response = Response(200, body)
    compress(response, accept)
    coding = dict(response.headers).get(b"content-encoding")
    unpack = {b"gzip": gzip.decompress, b"zstd": zstandard.decompress, None: bytes}[coding]
    assert unpack(response.body) == body
