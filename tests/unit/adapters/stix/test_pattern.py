"""STIX patterns, against the published parser."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.v21.pattern import ParseException, Pattern
from tests.unit.adapters.stix.objects import DATA

from relto.adapters.stix.flaw import Flaw
from relto.adapters.stix.pattern import check_pattern

GOOD = [
    "[ipv4-addr:value = '198.51.100.1']",
    "[ipv4-addr:value='198.51.100.1' OR ipv4-addr:value='198.51.100.2']",
    "[file:hashes.'SHA-256' = 'aa' AND (file:size > 10 OR file:size <= -1.5)]",
    "[a:b = 'x'] FOLLOWEDBY ([c:d != true] AND [e:f <> 1]) WITHIN 5 SECONDS",
    "[a:b = 'x'] REPEATS 3 TIMES WITHIN 0.5 SECONDS",
    "[a:b = 'x'] START t'2025-01-01T00:00:00Z' STOP t'2025-01-02T00:00:00.5Z'",
    "[a:b IN ('x', 'y', 3, h'00ff', b'YWI=', t'2025-01-01T00:00:00Z')]",
    "[a:b NOT IN ()]",
    "[a:b NOT LIKE 'x%' AND a:c MATCHES '^x' AND a:d ISSUBSET '10.0.0.0/8' AND a:e ISSUPERSET '10.0.0.0/8']",
    "[EXISTS a:b.c AND NOT EXISTS a:d]",
    "[x-a-b:c[*].d[0].'e f'[-1] = 'it\\'s \\\\ so']",
    "[a:b /* why */ = 'x'] // the end",
    "[a:b=+1]",
    "[a:b=.5]",
    "[a:_b_1='']",
]
BAD = [
    "",
    " ",
    "[]",
    "a:b = 'x'",
    "[a:b = 'x'",
    "[a:b = 'x']]",
    "[a:b = 'x'] [c:d = 'y']",
    "[a:b = ]",
    "[a:b = x]",
    '[a:b = "x"]',
    "[a = 'x']",
    "[a: = 'x']",
    "[a:b 'x']",
    "[a:b === 'x']",
    "[a:b = 'x\\n']",
    "[a:b = 'x]",
    "[a:b < true]",
    "[a:b LIKE 1]",
    "[NOT a:b = 'x']",
    "[a:b = 'x' and a:c = 'y']",
    "[a:b = 'x'] AND",
    "([a:b = 'x']",
    "[(a:b = 'x']",
    "[a:b = 'x'] WITHIN 'x' SECONDS",
    "[a:b = 'x'] WITHIN -1 SECONDS",
    "[a:b = 'x'] REPEATS 1.5 TIMES",
    "[a:b = 'x'] START '2025-01-01T00:00:00Z' STOP '2025-01-02T00:00:00Z'",
    "[a:b[x] = 1]",
    "[a:b[1.5] = 1]",
    "[a:b IN (1,)]",
    "[a:b IN 1]",
    "[a:b = 01]",
    "[a:b = h'0']",
    "[a:b = b'YWI']",
    "[a:b = t'2025-13-01T00:00:00Z']",
    "['a':b = 1]",
    "[a:AND = 1]",
    "[a:b = 1; c:d = 2]",
    "[a:b = 1] \u0000",
]


def reads(pattern):
    try:
        check_pattern(pattern)
    except Flaw:
        return False
    return True


def published_parser_reads(pattern):
    try:
        Pattern(pattern)
    except ParseException:
        return False
    return True


@pytest.mark.parametrize("pattern", GOOD)
def test_good_patterns_are_read_here_and_by_the_published_parser(pattern):
    assert (reads(pattern), published_parser_reads(pattern)) == (True, True)


@pytest.mark.parametrize("pattern", BAD)
def test_bad_patterns_are_refused_here_and_by_the_published_parser(pattern):
    assert (reads(pattern), published_parser_reads(pattern)) == (False, False)


MARKS = ["[", "]", "(", ")", ",", ":", ".", "*", "=", "!=", "<", "'"]
WORDS = [
    "AND",
    "OR",
    "NOT",
    "FOLLOWEDBY",
    "IN",
    "LIKE",
    "EXISTS",
    "WITHIN",
    "SECONDS",
    "REPEATS",
    "TIMES",
    "START",
    "STOP",
]
VALUES = ["'x'", "1", "-1", ".5", "true", "h'00'", "t'2025-01-01T00:00:00Z'", "(1,2)"]
WHOLE = ["a:b", "a:b.c", "a:b=1", "[a:b=1]", "[a:b='x']"]
PARTS = st.sampled_from(MARKS + WORDS + VALUES + WHOLE)


@given(st.lists(PARTS, max_size=9).map(" ".join))
def test_any_row_of_parts_is_judged_as_the_published_parser_does(pattern):
    assert reads(pattern) == published_parser_reads(pattern)


def test_names_with_hyphens_are_read_though_the_grammar_wants_quotes():
    pattern = "[file:hashes.SHA-256 = 'aa']"
    assert (reads(pattern), published_parser_reads(pattern)) == (True, False)


def test_nesting_has_a_limit_and_exhausts_nothing():
    assert reads("(" * 50 + "[a:b=1]" + ")" * 50)
    assert not reads("(" * 51 + "[a:b=1]" + ")" * 51)
    assert not reads("[" + "(" * 100_000)


def test_a_long_pattern_is_read_in_one_go():
    assert reads("[" + " OR ".join(["a:b = 'x'"] * 20_000) + "]")
    assert not reads("[a:b = '" + "\\" * 999_001 + "']")
    assert reads("[a:b = '" + "x" * (1_000_000 - 10) + "']")
    assert not reads("[a:b = '" + "x" * (1_000_000 - 9) + "']")


def test_every_pattern_of_the_real_data_is_read():
    patterns = [
        value["pattern"]
        for path in sorted((DATA / "stix" / "oasis-documentation").glob("*.json"))
        for value in json.loads(path.read_bytes())["objects"]
        if value["type"] == "indicator"
    ]
    assert len(patterns) > 30
    assert [pattern for pattern in patterns if not reads(pattern)] == []
