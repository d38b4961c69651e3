"""What a certificate is found by, and what is none."""

import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.authority import Authority, der

from relto.domain.certificate import BYTES_MAX, Certificate, der_of
from relto.domain.errors import BadInput

DAY_US = 86_400_000_000


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_a_certificate_is_found_by_its_bytes_and_by_its_names(authority):
    first, second, other = (authority.issue(name, file=str(n))[0] for n, name in enumerate(["kyiv", "kyiv", "lviv"]))
    read = [Certificate.read(der_of(file.read_bytes())) for file in (first, second, other)]
    assert read[0].fingerprint == "sha256:" + hashlib.sha256(der(first)).hexdigest()
    assert read[0].fingerprint != read[1].fingerprint
    assert read[0].name == read[1].name != read[2].name
    assert (read[0].subject, read[0].issuer) == ("CN=kyiv", "CN=Authority of the tests")


def test_the_same_subject_from_another_issuer_is_another_name(authority, tmp_path):
    other = Authority(tmp_path, "Another")
    names = {Certificate.read(der(each.issue("kyiv")[0])).name for each in (authority, other)}
    assert len(names) == 2


def test_it_is_good_from_its_first_moment_to_the_end_of_its_last_second(authority):
    first, last = dt.datetime(2025, 3, 1, tzinfo=dt.UTC), dt.datetime(2025, 3, 2, tzinfo=dt.UTC)
    read = Certificate.read(der(authority.issue("kyiv", moments=(first, last))[0]))
    begins, ends = (int(each.timestamp()) * 1_000_000 for each in (first, last))
    assert [read.is_good(at) for at in (begins - 1, begins, ends, ends + 999_999, ends + 1_000_000)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_a_file_may_be_pem_or_der(authority):
    file = authority.issue("kyiv")[0]
    assert der_of(file.read_bytes()) == der_of(der(file)) == der(file)


def read_file(content):
    return Certificate.read(der_of(content))


def code_of(action, *given):
    with pytest.raises(BadInput) as caught:
        action(*given)
    return caught.value.code


def test_what_is_no_certificate_or_more_than_one_is_refused(authority):
    cert, key = authority.issue("kyiv")
    two = cert.read_bytes() + authority.file.read_bytes()
    for content in (two, key.read_bytes(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        assert code_of(read_file, content) == "certificate-invalid"
    for content in (b"", b"\x30\x82", der(cert)[:-1], der(cert) + b"\x00", b"x" * (BYTES_MAX + 1)):
        assert code_of(Certificate.read, content) == "certificate-invalid"
    assert code_of(der_of, b"x" * (BYTES_MAX + 1)) == "certificate-invalid"


# The library reads a serial number that is not positive, and says that it will not for ever.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(st.data())
def test_bytes_that_were_changed_are_read_or_refused_and_nothing_else(tmp_path_factory, data):
    whole = CACHED.setdefault("der", der(Authority(tmp_path_factory.mktemp("authority")).issue("kyiv")[0]))
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    try:
        read = Certificate.read(changed)
    except BadInput:
        assert changed != whole
    else:
        assert (read.fingerprint == Certificate.read(whole).fingerprint) == (changed == whole)


CACHED: dict[str, bytes] = {}
