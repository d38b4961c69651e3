"""A backlog that was kept for review is worked through in a browser; readers, and what is given again."""

import re

import pytest
from tests.faces.console.browsing import axe, overflow, picture
from tests.faces.console.partners import opened_account, read

pytestmark = pytest.mark.slow


@pytest.fixture
def reviewed(own_console, made_world):
    """The number of a pause whose backlog waits for review."""
    number = made_world[1].pauses["intelligence"]
    with own_console.client("officer") as client:
        asked = client.post("/pauses/resume", json={"pauses": [number], "backlog": "review"}).json()
    for who in ("adviser", "director"):
        with own_console.client(who) as client:
            assert client.post(f"/acts/{asked['act']}/approve", json={}).status_code == 200
    return number


def kept(shown, number):
    with shown.client("officer") as client:
        return client.get("/backlog", params={"pause": number}).json()["items"]


def approve(shown, act):
    for who in ("adviser", "director"):
        with shown.client(who) as client:
            answer = client.post(f"/acts/{act}/approve", json={})
            assert answer.status_code == 200, answer.text


def test_a_backlog_is_worked_through_by_topic_and_by_item(own_console, visiting, reviewed):
    _, page = visiting(own_console, "officer")
    before = kept(own_console, reviewed)
    assert before > 10
    page.goto(f"{own_console.base}/pauses")
    page.get_by_role("link", name="What waits for review").click()
    page.get_by_role("link", name=f"Of pause {reviewed}").click()
    assert f"{before}" in page.inner_text("main")
    assert axe(page) + overflow(page) == []
    picture(page, "backlog")
    # A topic.
    page.get_by_role("checkbox", name="early-warning", exact=True).check()
    page.get_by_role("button", name="Release these topics").click()
    asked = page.inner_text("main")
    assert "Release all of early-warning in the backlog" in asked
    assert re.search(r"\d+ items of usa-ukr to UKR are released\.", asked)
    assert "It waits until 2 others have approved it." in asked
    (freed,) = {int(each) for each in re.findall(r"usa-ukr\s+UKR\s+(\d+)", asked)}
    assert axe(page) == []
    page.get_by_role("button", name="Propose to release it").click()
    page.wait_for_url("**/acts/*")
    assert kept(own_console, reviewed) == before, "it waits"
    approve(own_console, page.url.rsplit("/", 1)[1])
    assert kept(own_console, reviewed) == before - freed
    # Two items.
    page.goto(f"{own_console.base}/backlog/{reviewed}?topic=targeting")
    boxes = page.get_by_role("checkbox", name=re.compile("^Choose "))
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Drop these items").click()
    asked = page.inner_text("main")
    assert "Drop 2 items of the backlog" in asked
    assert "2 items of usa-ukr to UKR are dropped." in asked
    assert "nobody can take that back" in asked
    assert re.search(r"usa-ukr\s+UKR\s+0\s+0\s+0\s+2\b", asked)
    picture(page, "backlog-question")
    page.get_by_role("button", name="Propose to drop it").click()
    page.wait_for_url("**/acts/*")
    approve(own_console, page.url.rsplit("/", 1)[1])
    assert kept(own_console, reviewed) == before - freed - 2


def test_whoever_chooses_nothing_is_told_so(own_console, visiting, reviewed):
    visitor, page = visiting(own_console, "officer", scripts=False)
    visitor.expected.add(400)
    page.goto(f"{own_console.base}/backlog/{reviewed}")
    page.get_by_role("button", name="Release these items").click()
    assert "nothing is chosen" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Release these items").is_visible()


def test_an_approver_looks_at_it_and_decides_nothing_there(own_console, visiting, reviewed):
    _, page = visiting(own_console, "adviser")
    page.goto(f"{own_console.base}/backlog/{reviewed}")
    assert page.get_by_role("checkbox").count() == 0
    assert page.get_by_role("button", name=re.compile("Release|Drop")).count() == 0


def test_what_a_partner_lost_is_given_again_after_it_was_told_how_much_that_is(own_console, visiting):
    read(own_console, "kyiv", limit=20)
    _, page = visiting(own_console, "officer")
    page.goto(f"{own_console.base}/readers?find=kyiv")
    page.get_by_role("row", name=re.compile("usa-ukr ")).get_by_role("link", name="kyiv").click()
    page.get_by_role("heading", level=1, name="Reader kyiv").wait_for()
    assert axe(page) + overflow(page) == []
    picture(page, "reader")
    card = page.get_by_role("region", name=re.compile("^usa-ukr for"))
    card.get_by_role("link", name="Deliver again").click()
    assert page.get_by_label("Recipient").input_value() == "UKR"
    page.get_by_label(re.compile("from this date")).fill("2025-02-01T00:00:00Z")
    page.get_by_role("button", name="See what it would do").click()
    given = int(re.search(r"([\d,]+) items? of usa-ukr, to kyiv", page.inner_text("main"))[1].replace(",", ""))
    assert given > 0
    picture(page, "redeliver-question")
    page.get_by_role("button", name="Deliver it again").click()
    page.wait_for_url("**/readers/kyiv")
    row = page.get_by_role("region", name=re.compile("^usa-ukr for")).get_by_role("row").nth(1)
    assert f"{given}" in row.inner_text()
    assert "officer" in row.inner_text()


def test_a_reader_is_moved_on_and_its_switches_are_set(own_console, visiting):
    opened_account(own_console, "boss", "admin", "officer")
    read(own_console, "lviv", limit=5)
    _, page = visiting(own_console, "boss")
    page.goto(f"{own_console.base}/readers/lviv")
    page.get_by_role("button", name="Move it past").click()
    assert "Nothing of it is owed to it any more." in page.inner_text("main")
    page.get_by_role("button", name="Move it on").click()
    page.wait_for_url("**/readers/lviv")
    assert page.get_by_role("button", name="Move it past").count() == 0
    page.get_by_label(re.compile("Give again by itself")).select_option("off")
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Set them").click()
    page.wait_for_url("**/readers/lviv")
    assert page.get_by_label(re.compile("Give again by itself")).input_value() == "off"
