"""The reference says what the source says."""

import re
from pathlib import Path

import pytest
from docs import generate

from relto.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def page(name):
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def test_the_page_of_settings_is_what_make_docs_would_write():
    assert page("settings.md") == generate.settings_page(), "run: make docs"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_each_setting_has_its_place(setting):
    assert f"| `{setting.name}` | `{setting.variable}` |" in page("settings.md")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_each_setting_is_read_by_something(setting):
    others = [path for path in generate.SOURCE.rglob("*.py") if path.parent.name != "config"]
    asked = re.compile(rf"\.{setting.name}\b|\"{setting.name}\"")
    assert any(asked.search(path.read_text(encoding="utf-8")) for path in others)


def test_each_error_code_has_its_place():
    codes = {raised.code for raised in generate.raised_anywhere()}
    assert {code for code in codes if f"| `{code}` |" not in page("errors.md")} == set()


def test_no_error_code_is_listed_that_nothing_raises():
    listed = set(re.findall(r"^\| `([a-z0-9.-]+)` \|", page("errors.md"), flags=re.MULTILINE))
    assert listed - {raised.code for raised in generate.raised_anywhere()} == set()


def test_each_error_code_is_kebab_case():
    raised = generate.raised_anywhere()
    assert [each for each in raised if generate.CODE.fullmatch(each.code) is None] == []


def test_messages_are_lower_case_without_a_full_stop():
    wrong = [
        (each.where, each.message)
        for each in generate.raised_anywhere()
        if each.message.endswith(".") or re.match(r"[A-Z][a-z]", each.message)
    ]
    assert wrong == []


def test_an_error_is_found_wherever_its_code_is_written_out():
    found = list(
        generate.raised_in(
            "def f(x):\n"
            "    message = f'there is no `{x}`'\n"
            "    raise errors.Unknown('thing-unknown', message, remedy='look ' + 'again')\n"
            "    raise ValueError('not-ours', x)\n"
            "    raise Refused(x, 'computed')\n"
        )
    )
    assert found == [generate.Raised("thing-unknown", "Unknown", "there is no `…`", "look again", "")]


def test_each_text_that_may_reach_an_error_is_its_own():
    found = generate.raised_in(
        "def f(x):\n"
        "    text = 'of the other'\n"
        "    if x > 1:\n"
        "        raise Refused('other', text)\n"
        "    text = 'usually'\n"
        "    if x:\n"
        "        text = 'seldom'\n"
        "    raise Refused('this', text)\n"
    )
    assert [(each.code, each.message) for each in found] == [
        ("this", "usually"),
        ("this", "seldom"),
        ("other", "of the other"),
    ]


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_what_a_page_points_to_is_there(path):
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
