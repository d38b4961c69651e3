"""The story of the demonstration, told by the console: seen, read, proposed, approved twice, and flowing again."""

import re

import pytest
from tests.faces.console.browsing import axe, picture

pytestmark = pytest.mark.slow


def released(page):
    row = page.get_by_role("row", name=re.compile("^usa-ukr "))
    return int(row.get_by_role("cell").nth(3).inner_text().replace(",", ""))


def read_why(page, number, held):
    """From the page of a pause to what it holds, to one item, to why that is held, and back."""
    page.get_by_role("link", name=f"{held} items").click()
    page.wait_for_url(f"**/pauses/{number}/held")
    rows = page.get_by_role("table").get_by_role("row")
    assert rows.count() == 1 + min(held, 50)
    rows.nth(1).get_by_role("link").click()
    page.wait_for_url("**/items/*")
    because = page.get_by_role("row", name=re.compile("held")).filter(has_text="usa-ukr").first
    assert f"pause {number}" in because.inner_text()
    because.get_by_role("link", name=f"{number}", exact=True).first.click()
    page.wait_for_url(f"**/pauses/{number}")


def test_a_pause_is_seen_and_lifted_by_one_and_two_others_and_the_flow_comes_back_live(
    own_console, made_world, visiting
):
    number = made_world[1].pauses["intelligence"]
    # The officer sees on the first page that it is paused, and clicks through.
    _, page = visiting(own_console, "officer")
    line = page.get_by_role("link", name=re.compile("usa-ukr.*partly paused|partly paused.*usa-ukr")).first
    line.click()
    page.wait_for_url("**/agreements/usa-ukr*")
    page.get_by_role("row", name=re.compile("UKR")).get_by_role("link", name=f"Pause {number}").click()
    page.wait_for_url(f"**/pauses/{number}")
    # What it holds, and why.
    assert page.get_by_text("We have taken a step back").first.is_visible()
    held = int(re.search(r"([\d,]+) items?, the oldest stored", page.inner_text("main"))[1].replace(",", ""))
    assert held > 0
    picture(page, "story-1-pause")
    read_why(page, number, held)
    # The condition that has to be met before it can be lifted is said to be, on somebody's evidence.
    page.get_by_role("link", name="Resume").click()
    freed = int(re.search(r"(\d+) held items are released", page.inner_text("main"))[1])
    left = int(re.search(r"(\d+) items? stays? held", page.inner_text("main"))[1])
    assert freed + left == held
    page.get_by_label(re.compile("Note")).fill("talks have been agreed")
    page.get_by_role("button", name=re.compile("See")).click()
    assert "It waits until 2 others have approved it." in page.inner_text("main")
    assert axe(page) == []
    picture(page, "story-2-question")
    # Whoever clicks twice proposes once.
    page.get_by_role("button", name="Propose to lift it").dblclick()
    page.wait_for_url("**/acts/*")
    act = page.url.rsplit("/", 1)[1]
    assert page.get_by_role("button", name="Approve").count() == 0, "never by who asked"
    with own_console.client("officer") as client:
        waiting = [each for each in client.get("/acts").json()["acts"] if each["state"] == "proposed"]
    assert [each["act"] for each in waiting] == [act]

    # Somebody else watches the flow meanwhile.
    _, watching = visiting(own_console, "officer")
    before = released(watching)
    assert watching.get_by_role("complementary").get_by_role("link", name=f"Pause {number}").count() == 1
    for who in ("adviser", "director"):
        _, desk = visiting(own_console, who)
        desk.get_by_role("link", name=re.compile(f"[Aa]ct {act}|resume", re.IGNORECASE)).first.click()
        desk.wait_for_url(f"**/acts/{act}")
        assert f"{freed}" in desk.inner_text("main")
        desk.get_by_role("button", name="Approve").click()
        picture(desk, f"story-3-{who}")
        desk.get_by_role("button", name="Approve it").click()
        desk.wait_for_url(f"**/acts/{act}")
    # Without anybody's doing the map says that it flows on.
    watching.get_by_role("complementary").get_by_role("link", name=f"Pause {number}").wait_for(state="detached")
    watching.wait_for_function(
        "text => document.querySelector('main').innerText.includes(text)", arg=f"{before + freed}"
    )
    assert released(watching) == before + freed
    picture(watching, "story-4-flows")
    page.goto(f"{own_console.base}/pauses/{number}")
    assert "lifted" in page.inner_text("h1")

    # The account of it is read, and the log is verified while it is served.
    page.get_by_role("navigation").get_by_role("link", name="Cases").click()
    page.get_by_role("link", name="usa-ukr-2025").click()
    page.get_by_role("link", name="the brief").click()
    page.wait_for_url("**/brief*")
    assert "talks" in page.inner_text("main")
    page.get_by_role("navigation").get_by_role("link", name="Evidence").click()
    page.get_by_role("link", name="Verify and export").click()
    page.get_by_role("button", name="Verify now").click()
    page.locator("form.question").get_by_role("button").first.click()
    page.wait_for_url("**/evidence/verification")
    page.get_by_role("main").get_by_text("Nothing is wrong").wait_for(timeout=60_000)
    picture(page, "story-5-verified")
