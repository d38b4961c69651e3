"""Briefs as a page of HTML: nothing runs, nothing is fetched, and all that was written is text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.faces.briefs.hostile import PLAIN, TEXTS, brief

from relto.faces.briefs.page import page

ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "p", "main", "h1", "h2", "section", "ul", "ol", "li",
    "blockquote", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "svg", "line", "rect", "text",
    "div", "b", "sup", "a",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "class", "id", "href", "scope", "viewbox", "role", "aria-label", "x", "y",
    "x1", "x2", "y1", "y2", "width", "height", "fill", "stroke", "text-anchor",
}  # fmt: skip
VOID = {"meta", "line", "rect"}


class Reader(HTMLParser):
    def __init__(self, written):
        super().__init__(convert_charrefs=True)
        self.shape, self.attributes, self.words, self.open = [], [], [], []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.shape.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.shape.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.shape.append(f"/{tag}")

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    unknown_decl = handle_pi = handle_comment


def assert_harmless(written):
    read = Reader(written)
    assert read.open == []
    assert {tag for tag in read.shape if not tag.startswith("/")} <= ELEMENTS
    for name, value in read.attributes:
        assert name in ATTRIBUTES, name
        if name == "href":
            assert value.startswith("#note-")
    style = written[written.index("<style>") : written.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    return read


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_stranger_wrote_makes_no_element_no_attribute_and_no_address(name):
    plain = Reader(page(brief("plain"), trace=True))
    read = assert_harmless(page(brief(TEXTS[name]), trace=True))
    assert read.shape == plain.shape
    assert [key for key, _ in read.attributes] == [key for key, _ in plain.attributes]


@pytest.mark.parametrize("name", [name for name, said in TEXTS.items() if said.strip()])
def test_the_words_are_read_as_they_were_written(name):
    said = " ".join(TEXTS[name].split())
    kept = "".join("\ufffd" if character in "\x1b\x9b\x07\x08\x00\ud800\u202e\u202c\u2066\u2069\u200f" else character
                   for character in said)  # fmt: skip
    assert kept in "".join(Reader(page(brief(TEXTS[name]))).words)


@pytest.mark.parametrize("name", TEXTS)
def test_it_holds_no_control_character_and_can_be_written_to_a_file(name):
    written = page(brief(TEXTS[name]))
    assert not [character for character in written if not character.isprintable() and character != "\n"]
    written.encode()


@given(st.text(max_size=200))
def test_whatever_is_written_the_page_keeps_its_shape(said):
    assert assert_harmless(page(brief(said))).shape == Reader(page(brief("plain"))).shape


def test_every_mark_leads_to_its_note():
    read = Reader(page(PLAIN))
    notes = [value for name, value in read.attributes if name == "id"]
    assert notes == ["note-1", "note-2"]
    assert [value for name, value in read.attributes if name == "href"] == ["#note-1", "#note-2"]
    assert "Pause 1, in full" in read.words


def test_the_marking_stands_at_the_top_and_at_the_bottom():
    words = [each for each in Reader(page(PLAIN)).words if each.strip()]
    assert [words[2], words[-1]] == ["TLP:AMBER"] * 2


def test_what_a_sentence_rests_on_is_named_where_it_is_asked_for():
    assert "A take. [pause 1]" in page(PLAIN, trace=True)
    assert "[pause 1]" not in page(PLAIN)


def test_a_chart_says_all_its_numbers_to_whoever_does_not_see_it():
    labels = [value for name, value in Reader(page(brief("plain"))).attributes if name == "aria-label"]
    assert "plain. plain: 1, 0; held: 0, 3" in labels
