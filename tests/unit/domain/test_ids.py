"""Names: each grammar from both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain import ids
from relto.domain.errors import BadInput

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"


@pytest.mark.parametrize("text", ["UKR", "UK", "A1", "EU-INTCEN", "X" * 20, "007", "--"])
def test_a_party_code_is_2_to_20_capitals_digits_and_hyphens(text):
    assert ids.party_code(text) == text


@pytest.mark.parametrize("text", ["", "U", "X" * 21, "ukr", "UKR ", "UKR\n", "U_R", "УКР", "U.S", "ＵＫＲ", "U\x00R"])
def test_any_other_party_code_is_refused(text):
    with pytest.raises(BadInput) as caught:
        ids.party_code(text)
    assert caught.value.code == "party-code-invalid"


def test_the_remedy_for_small_letters_is_the_code_in_capitals():
    with pytest.raises(BadInput) as caught:
        ids.party_code("ukr")
    assert caught.value.remedy == "write UKR"


@pytest.mark.parametrize("text", ["kyiv", "a", "Ann.B_c-d@example.org", "x" * 64])
def test_an_account_has_a_name_of_the_contract(text):
    assert ids.account_name(text) == text


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a:b", "a/b", "é", "a\n", "a\x00"])
def test_any_other_account_name_is_refused(text):
    with pytest.raises(BadInput) as caught:
        ids.account_name(text)
    assert caught.value.code == "account-name-invalid"


@pytest.mark.parametrize("text", ["usa-ukr", "a", "1", "owner", "x" * 64])
def test_an_agreement_has_an_id_of_the_contract(text):
    assert ids.agreement_id(text) == text


@pytest.mark.parametrize("text", ["", "own", UUID, "x" * 65, "USA-UKR", "a_b", "a/b", "..", "a ", "a\n", "ü"])
def test_any_other_agreement_id_is_refused(text):
    with pytest.raises(BadInput) as caught:
        ids.agreement_id(text)
    assert caught.value.code == "agreement-id-invalid"


@pytest.mark.parametrize("text", ["", "Naval", "early warning", "x" * 65, "a_b", "a\n", "ü", "topic:naval"])
def test_any_other_topic_name_is_refused(text):
    with pytest.raises(BadInput) as caught:
        ids.topic_name(text)
    assert caught.value.code == "topic-name-invalid"


@pytest.mark.parametrize("text", ["", "ab", "-abc", "abc-", "x" * 251, "Indicator", "indi_cator", "a b c"])
def test_any_other_type_is_refused(text):
    with pytest.raises(BadInput) as caught:
        ids.stix_type(text)
    assert caught.value.code == "stix-type-invalid"


@pytest.mark.parametrize("text", [f"indicator--{UUID}", f"x-made-up--{UUID}", f"ipv4-addr--{UUID.upper()}"])
def test_a_stix_id_is_a_type_and_a_uuid(text):
    assert ids.stix_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        UUID,
        "indicator--1",
        f"--{UUID}",
        f"indicator-{UUID}",
        f"indicator--{UUID}0",
        f"indicator--{UUID[:-1]}",
        f"Indicator--{UUID}",
        f"indicator--{UUID}\n",
        f"indicator--{{{UUID}}}",
        f"indicator--{UUID.replace('-', '')}",
    ],
)
def test_anything_else_is_no_stix_id(text):
    with pytest.raises(BadInput) as caught:
        ids.stix_id(text)
    assert caught.value.code == "stix-id-invalid"


def test_an_item_is_an_id_or_an_id_and_a_version():
    name = f"indicator--{UUID}"
    assert ids.parse_item(name) == ids.ItemName(name)
    assert ids.parse_item(f"{name}@2025-03-05T12:00:00.5Z") == ids.ItemName(
        name, "2025-03-05T12:00:00.5Z", 1_741_176_000_500_000
    )


@pytest.mark.parametrize(
    ("tail", "code"), [("@", "when-invalid"), ("@2025-03-05", "when-invalid"), ("@@", "when-invalid")]
)
def test_a_version_that_is_no_timestamp_is_refused(tail, code):
    with pytest.raises(BadInput) as caught:
        ids.parse_item(f"indicator--{UUID}{tail}")
    assert caught.value.code == code


PARSERS = [ids.party_code, ids.account_name, ids.agreement_id, ids.topic_name, ids.stix_type, ids.parse_item]


@given(st.sampled_from(PARSERS), st.text(max_size=60).map(lambda text: text + " \x1b[2J"))
def test_no_message_repeats_a_character_that_a_terminal_would_obey(parse, text):
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert caught.value.message.isprintable()
    assert caught.value.remedy.isprintable()
