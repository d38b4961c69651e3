"""The manual in the console: every page of it, every link in it, and nothing but it."""

import re
from urllib.parse import urlsplit

import httpx
import pytest

from relto.faces.console import manual
from relto.faces.console.help import HELP
from relto.faces.console.routes import found

NAMES = sorted(manual.pages())

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
