"""The corpus by which reading is measured: marked as made up, matched by its own rules, and read well enough."""

import pytest
from bench.reading import measure
from bench.reading.matching import is_same, plain

from relto.domain.article import Proposal, Who

ARTICLES = sorted(
    each for half in measure.HALVES for each in (measure.FOLDER / half).iterdir() if each.suffix != ".yaml"
)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_every_article_says_that_it_is_made_up(path):
    assert "This article is made up for testing; nobody said these words." in path.read_text(encoding="utf-8")
    assert path.with_suffix(".yaml").is_file()


@pytest.mark.parametrize("half", measure.HALVES)
def test_each_half_is_read_within_the_limits(half):
    outcome = measure.judged(half)
    assert outcome.articles >= 8
    for name, (precision, recall) in measure.LIMITS.items():
        score = outcome.scores[name]
        assert score.precision >= precision, outcome.faults
        assert score.recall >= recall, outcome.faults


SAID = Proposal("statement", "“It’s a pause,” Ada Vell said.", speaker=Who(name="Ada Vell"), pieces=("It’s a pause",))
UNNAMED = Proposal("statement", "“Yes,” a US official said.", speaker=Who(unnamed="a US official"), pieces=("Yes",))
TALKS = Proposal("talks", "They met in Jeddah.", date="2025-03-11", place="Jeddah, Saudi Arabia", state="held")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": "statement", "speaker": "Ada Vell", "words": "it's a pause."}, SAID),
        ({"kind": "statement", "speaker": "Vell", "words": "It’s a pause"}, SAID),
        ({"kind": "statement", "speaker": {"unnamed": "official"}, "words": "Yes"}, UNNAMED),
        ({"kind": "talks", "place": "Jeddah", "date": "2025-03-11", "state": ["held", "announced"]}, TALKS),
        ({"kind": "talks", "near": "they met"}, TALKS),
    ],
)
def test_what_agrees_but_for_marks_and_case_is_the_same(wanted, found):
    assert is_same(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"kind": "statement", "speaker": "Ida Moe", "words": "It's a pause"}, SAID),
        ({"kind": "statement", "speaker": "Ada Vell", "words": "It's an end"}, SAID),
        ({"kind": "statement", "speaker": "Ada Vell", "near": "a pause"}, SAID),
        ({"kind": "statement", "speaker": {"unnamed": "diplomat"}, "words": "Yes"}, UNNAMED),
        ({"kind": "reaction", "speaker": "Ada Vell", "words": "It's a pause"}, SAID),
        ({"kind": "talks", "place": "Riyadh"}, TALKS),
        ({"kind": "talks", "place": "Jeddah", "date": "2025-03-12"}, TALKS),
        ({"kind": "talks", "near": "they left"}, TALKS),
    ],
)
def test_what_differs_in_what_counts_is_not_the_same(wanted, found):
    assert not is_same(wanted, found)


def test_marks_blanks_and_case_do_not_count():
    assert plain("“It’s  A pause,” ") == plain("it's a pause.")
