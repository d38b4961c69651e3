"""Each page, as each role: drawn, watched, within its limits, and held against WCAG 2.2 AA."""

import re

import pytest
from tests.faces.console.addresses import ADMINISTRATORS, EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import BYTES_MAX, axe, overflow, picture

from relto.faces.console.routes import ROUTES

PAGES = [route.path for route in ROUTES if route.page is not None]
WHOLE = [path for path in PAGES if path not in FRAGMENTS]
ACCOUNTS = ("admin", "officer", "adviser", "agency", "kyiv", "paris")
"""One of each role, and of those that receive one that sees little."""

ABSENT = {403, 404, 422}
"""What a page may answer to whom it is not for; never an error of ours."""


def named(path):
    return re.sub(r"[^a-z]+", "-", path).strip("-") or "overview"


def test_every_page_has_an_example():
    assert set(PAGES) == set(EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("who", ACCOUNTS)
def test_each_page_is_drawn_for_each_role(console, made_world, visiting, who):
    visitor, page = visiting(console, who)
    visitor.expected |= ABSENT
    seen = {}
    for path in WHOLE:
        response = visitor.open(page, EXAMPLES[path](made_world[1]))
        seen[path] = response.status
        assert response.status == 200 or response.status in ABSENT, (path, response.status, page.inner_text("body"))
        assert len(response.body()) <= BYTES_MAX, path
        assert page.get_by_role("heading", level=1).count() == 1, path
        if who in {"admin", "officer", "kyiv"} and response.status == 200:
            picture(page, f"{who}-{named(path)}")
    assert seen["/"] == 200
    refused = {path for path, status in seen.items() if status != 200}
    assert who != "admin" or not refused
    assert who != "officer" or refused == ADMINISTRATORS


@pytest.fixture(scope="module")
def waiting(console, made_world):
    """An act waits for approvals, which the navigation then says on every page."""
    with console.client("officer") as officer:
        answer = officer.post("/pauses/resume", json={"pauses": [made_world[1].pauses["imagery"]]})
        assert answer.json()["state"] == "proposed", answer.text


@pytest.mark.slow
@pytest.mark.parametrize(("who", "width", "dark"), [("admin", 360, False), ("admin", 1920, True), ("kyiv", 360, True)])
def test_each_page_keeps_to_wcag_and_to_the_window(console, made_world, waiting, visiting, who, width, dark):
    visitor, page = visiting(console, who, width=width, dark=dark)
    visitor.expected |= ABSENT
    found = {}
    for path in WHOLE:
        response = visitor.open(page, EXAMPLES[path](made_world[1]))
        if path != "/" and response.status in ABSENT:
            continue
        wrong = axe(page) + overflow(page)
        picture(page, f"{who}-{width}-{named(path)}")
        if wrong:
            found[path] = wrong
    assert found == {}


@pytest.mark.slow
def test_the_page_to_sign_in_by_is_as_good(console, visiting):
    visitor, page = visiting(console, "officer", width=360, signed=False)
    assert visitor.open(page, "/").status == 200
    assert page.url.endswith("/sign-in?next=/")
    assert axe(page) + overflow(page) == []
    picture(page, "sign-in")
