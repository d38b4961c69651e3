"""By keyboard alone: a pause is made, and its resume is proposed by one and approved by two others."""

import re

import pytest
from tests.faces.console.browsing import picture, reach

pytestmark = pytest.mark.slow


def press(page, role, name, key="Enter"):
    reach(page, role, name, exact=False)
    page.keyboard.press(key)


def test_the_whole_way_from_a_pause_to_its_end(own_console, made_world, visiting):
    # The way past the navigation is the first that Tab reaches.
    _, page = visiting(own_console, "officer")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    # A pause: from an agreement on the map to the act.
    press(page, "link", re.compile("^usa-fvey"))
    page.wait_for_url("**/agreements/usa-fvey")
    press(page, "link", re.compile("^Pause$"))
    page.wait_for_url("**/pauses/new**")
    press(page, "checkbox", re.compile("^naval"), "Space")
    reach(page, "textbox", re.compile("^Reason"))
    page.keyboard.type("looked at anew")
    press(page, "button", re.compile("^See"))
    page.get_by_role("heading", name="Pause usa-fvey?").wait_for()
    press(page, "button", "Pause it")
    page.wait_for_url("**/pauses/*")
    assert "looked at anew" in page.inner_text("main")
    picture(page, "keyboard-pause")
    # Its neighbour is lifted by one and two others.
    number = made_world[1].pauses["intelligence"]
    page.goto(f"{own_console.base}/pauses/{number}")
    press(page, "link", "Resume")
    page.wait_for_url("**/pauses/resume**")
    press(page, "button", re.compile("^See"))
    press(page, "button", "Propose to lift it")
    page.wait_for_url("**/acts/*")
    act = page.url.rsplit("/", 1)[1]
    for who in ("adviser", "director"):
        _, desk = visiting(own_console, who)
        press(desk, "link", re.compile(f"act {act}"))
        desk.wait_for_url(f"**/acts/{act}")
        press(desk, "button", "Approve")
        press(desk, "button", "Approve it")
        desk.wait_for_url(f"**/acts/{act}")
    page.goto(f"{own_console.base}/pauses/{number}")
    assert "lifted" in page.inner_text("h1")
