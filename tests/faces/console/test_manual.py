"""The manual in the console: every page of it, every link in it, and nothing but it."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from relto.faces.console import manual
from relto.faces.console.help import HELP
from relto.faces.console.routes import found

NAMES = sorted(manual.pages())

DOCS = Path(__file__).parents[3] / "docs"

BESIDE = {"../CHANGELOG", "../README"}
"""What stands beside the manual, and is not served."""

BYTES_MAX = 150_000 - 15_000
"""Of a page's own part; the frame around it takes the rest."""


def test_what_it_is_made_of_is_there():
    assert {"README", "start", "concepts/pauses", "guides/console", "reference/cli", "decisions/0023-console"} < set(
        NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_page_has_one_title_and_is_small_enough(name):
    page = manual.drawn(name)
    assert page.body.count("<h1") == 1
    assert page.title
    assert len(page.body.encode()) <= BYTES_MAX


def linked(name):
    """Pages to which a page leads."""
    paths = (urlsplit(target).path for target in re.findall(r'href="([^"]*)"', manual.drawn(name).body))
    return {path.removeprefix("/manual").strip("/") or "README" for path in paths if path.startswith("/manual")}


def test_every_page_is_reached_from_the_first():
    reached, more = set(), {"README"}
    while more:
        reached |= more
        more = set().union(*map(linked, more)) - reached
    assert reached == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_leads_to_and_is_not_served_is_known(name):
    text = (DOCS / f"{name}.md").read_text("utf-8")
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+\.md[^)\s]*)\)", text)}
    wanted = {
        os.path.normpath(Path(name).parent / target).removesuffix(".md") for target in targets if ":" not in target
    }
    assert wanted - linked(name) <= BESIDE


@pytest.mark.parametrize("name", NAMES)
def test_no_two_parts_of_a_page_have_one_name(name):
    found = re.findall(r' id="([^"]*)"', manual.drawn(name).body)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", NAMES)
def test_each_link_leads_somewhere(name):
    page = manual.drawn(name)
    for target in re.findall(r'href="([^"]*)"', page.body):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            continue
        assert not parts.path or found(parts.path), target
        other = parts.path.removeprefix("/manual").strip("/") or ("README" if parts.path else name)
        assert other in NAMES, target
        assert not parts.fragment or f'id="{parts.fragment}"' in manual.drawn(other).body, target


def test_help_leads_into_it():
    for text in HELP.values():
        assert manual.address(text.page).removeprefix("/manual/") in NAMES


@pytest.mark.parametrize("name", ["", "..", "../pyproject", "concepts/../start", "/etc/passwd", "start.md", "no-page"])
def test_what_is_no_page_of_it_is_not_there(name):
    assert name not in manual.pages()
    assert manual.drawn(name) is None


def test_it_is_shown_to_whoever_is_signed_in_and_a_page_that_is_not_there_is_unknown(console):
    accept = {"accept": "text/html"}
    with httpx.Client(base_url=console.base, auth=("kyiv", "kyiv-demo-password"), headers=accept) as partner:
        told = partner.get("/manual/concepts/pauses")
        assert told.status_code == 200
        assert "Freeze" in told.text
        for wrong in ("/manual/no-page", "/manual/..%2f..%2fpyproject", "/manual/concepts/..%2fstart", "/manual/%00"):
            told = partner.get(wrong)
            assert told.status_code == 404, wrong
            assert "no such page" in told.text
