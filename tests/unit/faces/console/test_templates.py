"""Every template is one, and none takes what came from outside for markup."""

from __future__ import annotations

import re

import pytest

from relto.faces.console.drawing import FOLDER, environment

NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_can_be_read(name: str) -> None:
    environment().get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_it_runs_and_nothing_is_taken_for_markup(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", text)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_field_holds_is_sent_back_to_the_letter(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    fields = re.findall(r'<(?:input|option)[^>]*?\svalue="(\{\{.*?\}\})"', text)
    fields += re.findall(r"<textarea[^>]*>(\{\{.*?\}\})</textarea>", text)
    assert [each for each in fields if not each.rstrip(" }").endswith("|form")] == []
