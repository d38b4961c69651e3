"""Pages by typst: looked at as pictures and as text; nothing runs, nothing is lost, and nothing leaves the page."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from importlib import resources

import pytest
import typst
from tests.pages import ink_of, text_of
from tests.unit.domain.brief.test_writing import whole
from tests.unit.faces.briefs.hostile import PLAIN, TEXTS, brief

from relto.adapters.typesetting.typst import TEMPLATE, TypstTypesetter, _disarmed
from relto.domain.brief.document import Chart, Section
from relto.domain.errors import Unreachable
from relto.domain.written import disarmed
from relto.ports.typesetter import Typesetter

PAPER = (298, 421)
"""A4, at 36 points an inch: fine enough to see whether something leaves the page."""

MARGIN = 24 * 36 // 25
"""Of 24 millimetres; hanging punctuation may lie a little beyond the text."""

EDGE = 32
"""So many rows hold the marking above, and the dateline, the marking and the number of the page below."""

TYPESETTER: Typesetter = TypstTypesetter()


def pages(value):
    """Each page as a picture."""
    template = (resources.files("relto.adapters.typesetting") / TEMPLATE).read_bytes()
    made = typst.compile(
        template, format="png", ppi=36, sys_inputs={"brief": json.dumps(_disarmed(value))}, ignore_system_fonts=True
    )
    return made if isinstance(made, list) else [made]


def assert_within_the_margins(value):
    """How many pages there are; each has something on it between head and foot, and nothing beside."""
    made = pages(value)
    for page in made:
        ink = ink_of(page)
        assert (ink.width, ink.height) == PAPER
        assert ink.left >= MARGIN - 4
        assert ink.right <= ink.width - MARGIN + 4
        assert ink.top >= 18
        assert ink.bottom <= ink.height - 18
        # Between them there is something on every page.
        assert ink_of(page, edge=EDGE).places
    return len(made)


def plain(text):
    """As text of a page can be compared: without blanks, and without where words were broken."""
    return re.sub(r"[\s\u200b\ufffd\u00ad\u2010-]", "", text)


def test_a_brief_is_a_pdf_of_so_many_pages_as_its_pictures():
    value = whole().as_value()
    raw = TYPESETTER.pdf(value)
    assert raw.startswith(b"%PDF-")
    count = assert_within_the_margins(value)
    assert raw.count(b"/Type/Page/") == count == 3


def test_all_that_stands_in_it_stands_on_the_pages():
    found = whole()
    text = plain(text_of(TYPESETTER.pdf(found.as_value())))
    for take in found.takes:
        assert plain(take.text) in text
    for note in found.notes.values():
        assert plain(note) in text
    for section in found.sections:
        assert plain(section.title) in text
    assert plain(found.headline) in text
    assert text.count("TLP:AMBER+STRICT") >= 4


def test_the_same_values_give_the_same_bytes():
    value = whole().as_value()
    assert TYPESETTER.pdf(value) == TYPESETTER.pdf(json.loads(json.dumps(value)))


def test_no_date_of_now_and_no_name_of_the_machine_is_in_it():
    raw = TYPESETTER.pdf(PLAIN.as_value())
    assert b"/CreationDate" not in raw
    assert str(time.gmtime().tm_year).encode() not in raw.split(b"stream")[0]


def test_the_smallest_brief_is_a_page_that_bears_its_marking():
    least = replace(PLAIN, takes=(), sections=(), notes={}, headline="", dateline="")
    (page,) = pages(least.as_value())
    assert ink_of(page, edge=EDGE).bottom < 100
    assert plain(text_of(TYPESETTER.pdf(least.as_value()))).startswith("TLP:AMBER")


@pytest.mark.parametrize(
    "name", [name for name, text in TEXTS.items() if text.strip() and name not in {"hebrew", "broad"}]
)
def test_what_a_stranger_wrote_is_set_as_it_was_written(name):
    found = plain(text_of(TYPESETTER.pdf(brief(TEXTS[name], ours="ours").as_value())))
    assert plain(disarmed(TEXTS[name])).replace("א", "") in found.replace("א", "")


@pytest.mark.parametrize("name", TEXTS)
def test_however_it_is_written_nothing_leaves_the_page(name):
    assert_within_the_margins(brief(TEXTS[name] or "nothing", ours="ours").as_value())


@pytest.mark.parametrize("days", [1, 2, 31, 456])
def test_a_chart_of_few_and_of_many_days_stays_on_its_page(days):
    names = tuple(f"20{25 + place // 336}-{place // 28 % 12 + 1:02d}-{place % 28 + 1:02d}" for place in range(days))
    charts = (
        Chart("Items", names, {"received": tuple(range(days)), "held": (10**9,) * days}, ((names[0], "2030", "p"),)),
        Chart("None", names, {"received": (0,) * days}, (("2020-01-01", "2020-01-02", "before"),)),
        Chart("Outlook", names, {"outlook": (5,) * days}, scale=("a", "b", "c", "d", "e", "f")),
    )  # fmt: skip
    value = replace(PLAIN, sections=(Section("Part", charts),)).as_value()
    assert assert_within_the_margins(value) <= 2


@pytest.mark.parametrize("value", [{}, {"headline": "x"}, {**PLAIN.as_value(), "takes": [{"text": 5}]}])
def test_what_is_no_brief_is_said_to_be_impossible(value):
    with pytest.raises(Unreachable) as caught:
        TYPESETTER.pdf(value)
    assert (caught.value.code, bool(caught.value.remedy)) == ("typesetter-failed", True)
    # What typst says names files and lines of ours.
    assert TEMPLATE not in caught.value.message
