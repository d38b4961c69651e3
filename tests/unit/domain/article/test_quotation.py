"""Quotations: where they begin and end, whichever marks they have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.article.quotation import quotations_of


def quoted(*paragraphs):
    return [
        [text[each.start : each.end] for each in row]
        for text, row in zip(paragraphs, quotations_of(paragraphs), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“We wait,” he said.", ["We wait,"]),
        ('"We wait," he said. "We do."', ["We wait,", "We do."]),
        ("‘We wait,’ he said. ‘We do.’", ["We wait,", "We do."]),
        ("'We wait,' he said.", ["We wait,"]),
        ("«We wait», he said.", ["We wait"]),
        ("„We wait“, he said.", ["We wait"]),
        ("‘It’s our allies’ turn,’ he said.", ["It’s our allies’ turn,"]),
        ("'It's Monday's turn,' he said.", ["It's Monday's turn,"]),
        ("He called it “a pause” and ‘no end’.", ["a pause", "no end"]),
        ("“He told me: ‘Go on,’ and I went,” he said.", ["He told me: ‘Go on,’ and I went,"]),
        ('He said ("quietly") no.', ["quietly"]),
        ("(“We wait.”)", ["We wait."]),
        ('The town—"a ruin"—fell.', ["a ruin"]),
    ],
)
def test_what_stands_between_quotation_marks_is_a_quotation(text, found):
    assert quoted(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "It's Trump's plan, and the allies' assets aren't theirs.",
        "It’s Trump’s plan, and the allies’ assets aren’t theirs.",
        "The '90s, and rock 'n' roll",
        'A 6" pipe',
        "He is 6'2\" tall.",
        "“”",
        '""',
        "“   ”",
        'An opening " that is none',
        "A mark that “nobody closes",
        "closed” but never opened",
        "",
    ],
)
def test_apostrophes_inches_and_lonely_marks_quote_nothing(text):
    assert quoted(text) == [[]]


def test_a_quotation_goes_on_where_the_next_paragraph_opens_again():
    rows = quotations_of(["“One.", "“Two.", "“Three,” he said."])
    assert [[(each.goes_on, each.continues) for each in row] for row in rows] == [
        [(True, False)],
        [(True, True)],
        [(False, True)],
    ]


def test_a_quotation_that_nobody_goes_on_with_was_a_slip():
    assert quoted("“One.", "Two.") == [[], []]


@pytest.mark.parametrize("mark", ["“", '"', "‘", "’ ", "‘a ", '"a" '])
def test_a_million_marks_are_read(mark):
    text = (mark * 1_000_000)[:1_000_000]
    for row in quotations_of([text]):
        assert all(0 <= each.outer_start < each.start <= each.end <= each.outer_end <= len(text) for each in row)


@given(st.lists(st.text(alphabet="ab.,! \"'“”‘’«»„", max_size=40), max_size=4))
def test_quotations_are_in_order_and_never_within_one_another(paragraphs):
    for text, row in zip(paragraphs, quotations_of(paragraphs), strict=True):
        ends = [0]
        for each in row:
            assert ends[-1] <= each.outer_start < each.start <= each.end <= each.outer_end <= len(text)
            assert text[each.start : each.end].strip()
            ends.append(each.outer_end)
