"""The console's help is the manual's, word for word, and each of its pages has some."""

import re
from pathlib import Path

import pytest

from relto.faces.console.drawing import FOLDER
from relto.faces.console.help import HELP

DOCS = Path(__file__).parents[2] / "docs"

WITHOUT = {
    "base.html", "bare.html", "macros.html", "record.html", "fields.html", "sign-in.html", "wrong.html", "lost.html",
    "failed.html", "again.html", "manual.html", "admin/frame.html", "admin/secret.html",
}  # fmt: skip
"""What other templates stand on, and pages that say all there is to say."""


def plain(text):
    """Without marks of emphasis and breaks of lines."""
    return " ".join(re.sub(r"\*\*|\*|`", "", text).split())


def test_each_page_has_help():
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html")}
    assert {name for name in found if not name.startswith("parts/")} - WITHOUT == set(HELP)


@pytest.mark.parametrize("template", sorted(HELP))
def test_help_stands_in_the_manual_word_for_word(template):
    text, page = HELP[template]
    assert text in plain((DOCS / page).read_text("utf-8"))
