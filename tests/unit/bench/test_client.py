"""The load client's reading of answers, however the network cuts them into pieces."""

import itertools

import pytest
from bench.client import Failed, Reading, Target
from hypothesis import given
from hypothesis import strategies as st

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"


def read(pieces):
    reading = Reading()
    whole = [reading.add(piece) for piece in pieces]
    assert not any(whole[:-1]), "an answer is whole with its last piece only"
    return reading, whole[-1]


def cut(raw, places):
    ends = [0, *sorted({place for place in places if 0 < place < len(raw)}), len(raw)]
    return [raw[start:end] for start, end in itertools.pairwise(ends)]


@given(raw=st.sampled_from([KEPT, CHUNKED]), places=st.lists(st.integers(1, 90), max_size=8))
def test_an_answer_is_the_same_however_it_is_cut(raw, places):
    reading, whole = read(cut(raw, places))
    assert whole
    assert reading.body() == b"hello"
    assert not reading.closes


@pytest.mark.parametrize("length", range(1, len(KEPT)))
def test_a_part_of_an_answer_is_not_whole(length):
    assert not Reading().add(KEPT[:length])


@pytest.mark.parametrize("length", range(1, len(KEPT)))
def test_a_connection_that_ends_inside_an_answer_is_a_failure(length):
    reading = Reading()
    reading.add(KEPT[:length])
    with pytest.raises(Failed):
        reading.add(b"")


def test_an_answer_without_a_length_ends_with_its_connection():
    reading = Reading()
    assert not reading.add(b"HTTP/1.0 200 OK\r\n\r\nhel")
    assert not reading.add(b"lo")
    assert reading.add(b"")
    assert reading.body() == b"hello"
    assert reading.closes


def test_a_server_that_says_so_closes():
    reading, whole = read([b"HTTP/1.1 404 Not Found\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n"])
    assert whole
    assert (reading.status, reading.closes) == (404, True)


def test_a_request_names_the_length_of_what_it_posts():
    request = Target("127.0.0.1", 80, "/objects/", "Bearer x").post(b'{"objects":[]}')
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == b'{"objects":[]}'
    assert b"content-length: 14" in head.lower().split(b"\r\n")
