"""Briefs as Markdown: whatever a stranger wrote is text to whoever reads it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.unit.faces.briefs.hostile import PLAIN, TEXTS, brief

from relto.faces.briefs.markdown import markdown, text

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""As lenient as readers are: it would pass HTML on."""

OURS = {
    "paragraph_open", "paragraph_close", "heading_open", "heading_close", "bullet_list_open", "bullet_list_close",
    "list_item_open", "list_item_close", "blockquote_open", "blockquote_close", "table_open", "table_close",
    "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close",
    "td_open", "td_close", "hr", "inline", "text", "text_special", "strong_open", "strong_close", "em_open",
    "em_close", "softbreak",
}  # fmt: skip
"""What a brief is made of: nothing that loads, leads away or runs."""


def tokens(of):
    for token in READER.parse(of):
        yield token
        yield from token.children or ()


def shape(of):
    """What the reader makes of it, without the words."""
    return [token.type for token in tokens(of) if token.type not in {"text", "text_special"}]


def words(token):
    return "".join(each.content for each in token.children or ())


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_stranger_wrote_makes_nothing_but_text(name):
    written = markdown(brief(TEXTS[name]), trace=True)
    assert {token.type for token in tokens(written)} <= OURS
    if TEXTS[name].strip():
        assert shape(written) == shape(markdown(brief("plain"), trace=True))


@pytest.mark.parametrize("name", [name for name, said in TEXTS.items() if said.strip()])
@pytest.mark.parametrize("frame", ["{}", "- {}", "> {}", "# {}", "| {} |\n| --- |", "[^1]: Record {}"])
def test_the_words_are_read_as_they_were_written(name, frame):
    said = TEXTS[name]
    (inline,) = [token for token in tokens(frame.format(text(said))) if token.type == "inline"]
    kept = "".join("\ufffd" if character in "\x1b\x9b\x07\x08\x00\ud800\u202e\u202c\u2066\u2069\u200f" else character
                   for character in " ".join(said.split()))  # fmt: skip
    assert words(inline).removeprefix("[^1]: Record ") == kept


@pytest.mark.parametrize("name", TEXTS)
def test_no_line_of_it_holds_a_control_character_or_ends_where_a_stranger_wants(name):
    written = markdown(brief(TEXTS[name]))
    assert not [character for character in written if not character.isprintable() and character != "\n"]
    if TEXTS[name].strip():
        assert written.count("\n") == markdown(brief("plain")).count("\n")


@pytest.mark.parametrize("link", ["https://evil.example", "HTTP://evil.example", "www.evil.example", "a@evil.example"])
def test_what_many_readers_would_make_a_link_of_is_none(link):
    written = text(f"see {link} now")
    # The extension of GitHub looks for these in what is written: with a backslash in it, it finds none.
    assert not re.search(r"(?i)https?://|www\.|[a-z0-9]@", written)


@given(st.text())
def test_whatever_is_written_is_one_paragraph_of_text(said):
    written = text(said)
    assert "\n" not in written
    if written.strip():
        assert [token.type for token in READER.parse(written)] == ["paragraph_open", "inline", "paragraph_close"]
        assert {token.type for token in tokens(written)} <= OURS - {"strong_open", "em_open", "softbreak"}


@pytest.mark.parametrize("character", ["*", "[", "\\", "1.", "www.", "://", "\u202e", "`", "&"])
def test_a_million_of_the_worst_characters_takes_no_longer_than_others(character):
    began = time.process_time()
    text(character * (1_000_000 // len(character)))
    assert time.process_time() - began < 10


def test_notes_are_footnotes_and_a_trace_is_named_where_it_is_asked_for():
    assert markdown(PLAIN).splitlines() == [
        "**TLP:AMBER**", "", "# Headline", "", "*Dateline*", "", "## Quick takes", "", "- A take.[^1]", "",
        "## Part", "", "One.[^2] Two.", "", "---", "", "[^1]: Pause 1, in full", "[^2]: entry one/01",
    ]  # fmt: skip
    assert "- A take. \\[pause 1\\][^1]" in markdown(PLAIN, trace=True)
    assert "Two.\n" in markdown(PLAIN, trace=True)
