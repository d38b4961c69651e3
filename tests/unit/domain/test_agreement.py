"""Agreements: what a file means, what is refused and by which name, who receives, and what differs."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.worlds import AGREEMENTS

from relto.domain.agreement import Agreement, differences, parse, recipients
from relto.domain.errors import NotBuilt, ReltoError, Unknown
from relto.domain.party import Membership, Parties, Party

VECTORS = Path(__file__).parents[2] / "vectors" / "agreements"
ACCEPTED = json.loads((VECTORS / "accepted.json").read_text("utf-8"))
REFUSED = json.loads((VECTORS / "refused.json").read_text("utf-8"))
TOPICS = {"early-warning", "targeting", "naval", "threat-to-life"}
FILE = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"


@pytest.mark.parametrize("case", ACCEPTED, ids=[case["name"] for case in ACCEPTED])
def test_a_file_means_just_this(case):
    assert json.loads(parse(case["file"], topics=TOPICS).canonical()) == case["means"]


@pytest.mark.parametrize("case", ACCEPTED, ids=[case["name"] for case in ACCEPTED])
def test_what_an_agreement_says_of_itself_is_a_file_that_means_the_same(case):
    agreement = parse(case["file"])
    assert parse(agreement.canonical()) == agreement
    assert Agreement.parse_canonical(agreement.canonical()) == agreement


@pytest.mark.parametrize("case", REFUSED, ids=[case["name"] for case in REFUSED])
def test_a_file_that_cannot_be_carried_out_is_refused_by_name(case):
    with pytest.raises(ReltoError) as caught:
        parse(case["file"], topics=TOPICS)
    assert caught.value.code == case["code"]
    assert caught.value.remedy == case.get("remedy", caught.value.remedy)
    assert case.get("says", "") in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 250
    assert isinstance(caught.value, NotBuilt) == (case["code"] == "not-built")


def test_spacing_order_quotes_and_remarks_mean_nothing():
    other = '# ours\nto:\n  - "UKR"\nscope:\n  topics:\n    any: [naval]\nfrom: "USA"\nagreement:   usa-ukr\n'
    assert parse(other).canonical() == parse(FILE).canonical()
    assert differences(parse(FILE), parse(other)) == ()


def test_an_agreement_that_was_stored_is_read_though_its_topic_has_gone():
    stored = parse(FILE).canonical()
    assert Agreement.parse_canonical(stored).scope.topics_any == {"naval"}
    with pytest.raises(Unknown):
        parse(FILE, topics={"cyber"})


@pytest.mark.parametrize("title", ["Génie civil", "Військова розвідка", 'it\'s "quoted": yes', "a\u00a0b", "🛰", "\\n"])
def test_a_title_in_any_script_comes_back_as_it_was(title):
    agreement = replace(parse(FILE), title=title)
    assert parse(agreement.canonical()).title == title


def test_differences_are_lines_that_a_person_can_read():
    after = parse(
        "agreement: usa-ukr\ntitle: Sea\nfrom: USA\nto: [GBR]\n"
        "scope: {topics: {any: [naval, targeting], none: [early-warning]}, marking_at_most: red}\n"
        "exceptions: [{name: duty-to-warn, scope: {topics: [threat-to-life]}}]\n"
        "review: 2025-06-01\nunmarked: withhold\nsupport: []\n"
    )
    assert differences(parse(FILE), after) == (
        "title: `` becomes `Sea`",
        "to: adds GBR; drops UKR",
        "scope.topics.any: adds targeting",
        "scope.marking_at_most: `amber` becomes `red`",
        "unmarked: `amber` becomes `withhold`",
        "support: drops extension-definition, identity, marking-definition",
        "scope.topics.none: adds early-warning",
        "exception duty-to-warn: adds `topics any of threat-to-life`",
        "review: adds `2025-06-01T00:00:00.000000Z`",
    )
    assert "exception duty-to-warn: drops `topics any of threat-to-life`" in differences(after, parse(FILE))


@given(AGREEMENTS, AGREEMENTS)
def test_agreements_are_equal_just_where_their_texts_are_and_nothing_differs(one, other):
    assert (one == other) == (one.canonical() == other.canonical()) == (not differences(one, other))


@given(st.text(max_size=120))
def test_any_file_is_an_agreement_or_is_refused(text):
    agreement = None
    with suppress(ReltoError):
        agreement = parse(text)
    assert agreement is None or agreement.to


@given(
    st.sampled_from(["scope", "to", "exceptions", "controls", "approvals", "authority", "support", "unmarked", "from"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "all", "none", "UKR", "amber", "topics"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["topics", "any", "name", "scope", "pause", "office"]), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
def test_any_value_of_any_key_is_understood_whole_or_refused(key, value):
    file = {"agreement": "usa-ukr", "from": "USA", "to": ["UKR"], "scope": "all"} | {key: value}
    agreement = None
    with suppress(ReltoError):
        agreement = parse(json.dumps(file))
    assert agreement is None or parse(agreement.canonical()) == agreement


def world():
    codes = ["USA", "UKR", "GBR", "AUS"]
    groups = [Party("FVEY", "Five Eyes", "group"), Party("NATO", "Alliance", "alliance")]
    members = [Membership("FVEY", "USA", 0), Membership("FVEY", "GBR", 0), Membership("FVEY", "AUS", 0, 100)]
    return Parties([*(Party(code, code, "state") for code in codes), *groups], members)


@pytest.mark.parametrize(
    ("to", "at", "expected"),
    [
        ({"UKR"}, 0, ("UKR",)),
        ({"FVEY"}, 0, ("AUS", "GBR")),
        ({"FVEY"}, 100, ("GBR",)),
        ({"FVEY", "GBR", "UKR"}, 0, ("AUS", "GBR", "UKR")),
        ({"NATO"}, 0, ("NATO",)),
        ({"USA", "UKR"}, 0, ("UKR",)),
    ],
)
def test_a_group_gives_each_member_a_place_and_whose_agreement_it_is_has_none(to, at, expected):
    assert recipients(replace(parse(FILE), to=frozenset(to)), world(), at) == expected


@pytest.mark.parametrize("change", [{"to": frozenset({"FRA"})}, {"giver": "FRA"}])
def test_an_agreement_with_nobody_is_unknown(change):
    with pytest.raises(Unknown) as caught:
        recipients(replace(parse(FILE), **change), world(), 0)
    assert caught.value.code == "party-unknown"
