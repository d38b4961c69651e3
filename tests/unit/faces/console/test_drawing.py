"""How templates write what they are given: nothing that came from outside breaks a page, or is lost."""

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st

from relto.faces.console.drawing import moment, prose


def plain(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def test_moments_names_and_pauses_of_a_sentence_are_told_apart():
    told = prose("pause `2` of `usa-ukr` since 2025-03-05T12:00:00.000000Z: <b>")
    assert '<a href="/pauses/2">2</a> of <code>usa-ukr</code> since <time' in told
    assert plain(told) == "pause 2 of usa-ukr since 5 Mar 2025 12:00 UTC: <b>"
    assert moment("2025-03-05T12:00:00.000000Z") in told


@given(st.text("ab `'\"<>&/0123456789-:TZ.\u202e\n", max_size=80))
@example("2025-99-05T12:00:00Z")
@example("0000-00-00T00:00:00Z `")
@example("pause `2")
@example("``")
def test_any_text_is_a_sentence_and_nothing_of_it_is_markup(text):
    told = prose(text)
    inside = re.sub(r'</?(?:bdi|code)>|<a href="/pauses/[0-9]+">|</a>|<time datetime="[0-9TZ:-]+">|</time>', "", told)
    assert "<" not in inside
    assert ">" not in inside
    assert "\u202e" not in told
