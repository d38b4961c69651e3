"""What the README and the manual show is what Relto prints, and what they point to is there."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROSE = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
SHOWN = "```console\n$ {}\n{}```\n"


def load_examples():
    spec = importlib.util.spec_from_file_location("examples", ROOT / "docs" / "examples.py")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while they are made.
    sys.modules["examples"] = module
    spec.loader.exec_module(module)
    return module


examples = load_examples()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return examples.make_template(tmp_path_factory.mktemp("template") / "world")


@pytest.mark.slow
@pytest.mark.parametrize("page", examples.PAGES)
def test_a_page_shows_what_its_commands_print(page, template):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert examples.EXAMPLE.search(text)
    now, wrong = examples.looked_through(text, template)
    assert not wrong, "`make docs` renews what the pages show"
    assert now == text


@pytest.mark.slow
def test_a_page_that_shows_something_else_is_found_out_and_renewed(template):
    page = SHOWN.format("relto version", "relto 9.9\n") + SHOWN.format(
        "echo one; echo two; echo three", "zero\n…\nlast\n"
    )
    now, wrong = examples.looked_through(page, template)
    assert len(wrong) == 2
    assert "one\n…\nthree\n" in now
    assert "9.9" not in now


def test_every_page_of_the_manual_whose_examples_look_runnable_is_run():
    pages = {page.relative_to(ROOT).as_posix() for page in PROSE if examples.EXAMPLE.search(page.read_text("utf-8"))}
    assert pages == set(examples.PAGES)


@pytest.mark.parametrize("shown", ["a\nb\nc\n", "…\n", "a\n…\n", "a\n…\nc\n", "…\nb\n…\n", "a\n…\nb\nc\n"])
def test_an_ellipsis_stands_for_any_lines(shown):
    assert examples.alike(shown, "a\nb\nc\n")


@pytest.mark.parametrize("shown", ["", "a\n", "a\nb\n", "a\nb\nc\nd\n", "a.\nb\nc\n", "…\nd\n", "b\n…\n", ".*\n"])
def test_other_lines_are_other_lines(shown):
    assert not examples.alike(shown, "a\nb\nc\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2025-03-09 18:00:01Z", "2025-03-09T18:07:59.123456Z"),
        ("password: abcdefghjkmnpqrstuvw", "password: ABCDEFGHJKMNPQRSTUVW"),
        ('"next":"abc"', '"next":"def"'),
    ],
)
def test_what_differs_from_run_to_run_counts_as_equal(one, other):
    assert examples.alike(one + "\n", other + "\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2025-03-08 18:00:01Z", "2025-03-07 18:00:01Z"),
        ("38 items released", "37 items released"),
        ("password: short", "password: other"),
    ],
)
def test_what_must_not_differ_counts(one, other):
    assert not examples.alike(one + "\n", other + "\n")


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target, _ in LINK.findall(text):
        if target and "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_every_page_of_the_manual_can_be_reached_from_its_first():
    seen, waiting = set(), [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or not page.is_file():
            continue
        seen.add(page)
        for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
            if target.endswith(".md") and "://" not in target:
                waiting.append((page.parent / target).resolve())
    pages = {page for page in PROSE if ROOT / "docs" in page.parents}
    assert sorted(page.name for page in pages - seen) == []


def test_each_named_test_is_there():
    for page in PROSE:
        for name in re.findall(r"`(tests/[\w/.]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), (page.name, name)
