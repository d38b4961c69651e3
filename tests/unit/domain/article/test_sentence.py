"""Sentences: where one ends, and where a stop ends nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.article.quotation import quotations_of
from relto.domain.article.sentence import sentences_of
from relto.domain.article.token import tokens_of


def cut(text):
    return [each.text for each in sentences_of(text, 0, quotations_of([text])[0])]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Trump met Gen. Clark. They left.", ["Mr. Trump met Gen. Clark.", "They left."]),
        ("J. D. Vance left. He ran.", ["J. D. Vance left.", "He ran."]),
        ("He left the U.S. The pause goes on.", ["He left the U.S.", "The pause goes on."]),
        ("The U.S. Senate met.", ["The U.S. Senate met."]),
        ("On Feb. 28 they met.", ["On Feb. 28 they met."]),
        ("“Is it over?” he asked. “No.”", ["“Is it over?” he asked.", "“No.”"]),
        ("“It is over.” He left.", ["“It is over.”", "He left."]),
        ("“No more!” Trump raged. ‘Gone.’", ["“No more!” Trump raged.", "‘Gone.’"]),
        ("“One.” “Two.”", ["“One.”", "“Two.”"]),
        ("It cost 3.5 million. Then 4.", ["It cost 3.5 million.", "Then 4."]),
        ("Is that No. 5? No. Yes.", ["Is that No. 5?", "No.", "Yes."]),
    ],
)
def test_a_stop_ends_a_sentence_unless_it_is_an_abbreviations(text, sentences):
    assert cut(text) == sentences


@pytest.mark.parametrize("text", ["", " ", "...", ". . .", "!?!?", "“", "”.", ")))"])
def test_what_is_no_sentence_is_cut_without_harm(text):
    assert "".join(cut(text)).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="aB.,!?“”\"' ()-1\n", max_size=80))
def test_no_word_is_lost_between_sentences(text):
    quotes = quotations_of([text])[0]
    tokens = tokens_of(text, [(each.outer_start, each.outer_end) for each in quotes])
    assert [token for each in sentences_of(text, 0, quotes) for token in each.tokens] == tokens


@pytest.mark.parametrize("unit", ["A.", ". ", "a-", "a'", "1.1", "Mr. ", "(", "A", "Ab ", "the "])
def test_hundreds_of_thousands_of_characters_are_cut(unit):
    text = (unit * 100_000)[:100_000]
    assert sentences_of(text, 0, ())[-1].tokens[-1].end <= 100_000
