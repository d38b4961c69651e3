"""Evidence in a browser: the log is verified, written down, proven, and shown to each as far as it is theirs."""

import contextlib
import re
import sqlite3

import pytest
from tests.faces.console.browsing import axe, overflow, picture
from tests.faces.console.partners import opened_account, read
from tests.fakes.signer import cosigner

from relto.faces.cli import main

pytestmark = pytest.mark.slow

CHANGED = """\
UPDATE acts SET value = replace(value, 'officer', 'offizer')
WHERE number = (SELECT max(number) FROM acts WHERE value LIKE '%officer%')
"""


def verify(page, shown):
    page.goto(f"{shown.base}/evidence")
    page.get_by_role("link", name="Verify and export").click()
    page.get_by_role("button", name="Verify now").click()
    assert "leaves of the log are read" in page.inner_text("main")
    page.get_by_role("button", name="Verify it now").click()
    page.wait_for_url("**/evidence/verification")


def test_the_log_is_verified_with_progress_and_what_came_of_it_is_told(own_console, visiting):
    _, page = visiting(own_console, "officer")
    verify(page, own_console)
    assert page.get_by_role("progressbar").is_visible()
    assert axe(page) == []
    picture(page, "verification-progress")
    page.get_by_role("heading", name="Nothing is wrong").wait_for(timeout=60_000)
    assert "covered by a checkpoint that holds" in page.inner_text("main")
    assert axe(page) + overflow(page) == []
    picture(page, "verification-verdict")
    assert page.get_by_role("button", name="Write an archive").count() == 0, "it has all leaves"
    page.goto(f"{own_console.base}/evidence")
    assert "nothing is wrong" in page.inner_text("main")


def test_what_is_wrong_is_named_leaf_by_leaf(own_console, visiting):
    with contextlib.closing(sqlite3.connect(own_console.folder / "relto.db")) as database, database:
        assert database.execute(CHANGED).rowcount == 1
    _, page = visiting(own_console, "officer")
    verify(page, own_console)
    page.get_by_role("heading", name=re.compile("fault")).wait_for(timeout=60_000)
    assert "table-other" in page.inner_text("main")
    assert axe(page) + overflow(page) == []


def test_without_scripts_it_is_looked_at_again_by_a_link(own_console, visiting):
    _, page = visiting(own_console, "officer", scripts=False)
    verify(page, own_console)
    for _ in range(60):
        if page.get_by_role("heading", name="Nothing is wrong").count():
            break
        page.get_by_role("link", name="See how far it is now").click()
        page.wait_for_timeout(500)
    assert page.get_by_role("heading", name="Nothing is wrong").is_visible()


def test_a_second_verification_waits_for_the_first_and_it_can_be_stopped(own_console, visiting):
    _, page = visiting(own_console, "officer")
    visitor, other = visiting(own_console, "adviser")
    visitor.expected.add(409)
    other.goto(f"{own_console.base}/evidence/verification")
    other.get_by_role("button", name="Verify now").click()
    verify(page, own_console)
    other.get_by_role("button", name="Verify it now").click()
    assert "already" in other.inner_text("main")
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("heading", name=re.compile("came to no end|Nothing is wrong")).wait_for(timeout=60_000)


def test_an_archive_a_proof_and_a_list_are_saved_and_hold_elsewhere(own_console, visiting, tmp_path):
    opened_account(own_console, "inspector", "auditor")
    read(own_console, "kyiv")
    _, page = visiting(own_console, "inspector")
    page.goto(f"{own_console.base}/evidence/verification")
    page.get_by_role("button", name="Write an archive").click()
    page.get_by_role("button", name="Write it").click()
    link = page.get_by_role("link", name="Save the archive")
    link.wait_for(timeout=60_000)
    key = own_console.folder / "keys" / "log.vkey"
    with page.expect_download() as told:
        link.click()
    told.value.save_as(tmp_path / "log.zip")
    assert main(["log", "verify", str(tmp_path / "log.zip"), "--key", str(key)]) == 0
    page.goto(f"{own_console.base}/evidence/deliveries?party=UKR")
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.get_by_role("heading", level=1, name=re.compile("delivery")).wait_for()
    assert "holds" in page.locator(".state.met").inner_text()
    with page.expect_download() as told:
        page.get_by_role("link", name="Save the proof").click()
    told.value.save_as(tmp_path / "leaf.proof")
    assert main(["log", "verify", "--receipt", str(tmp_path / "leaf.proof"), "--key", str(key)]) == 0
    assert axe(page) + overflow(page) == []
    picture(page, "leaf-delivery")
    page.goto(f"{own_console.base}/evidence/deliveries?party=UKR")
    with page.expect_download() as told:
        page.get_by_role("link", name=re.compile("CSV")).click()
    told.value.save_as(tmp_path / "received.csv")
    lines = (tmp_path / "received.csv").read_text().splitlines()
    assert lines[0].startswith("at,agreement,version,party")
    assert len(lines) == 6


def test_the_log_grows_while_one_looks(own_console, visiting):
    _, page = visiting(own_console, "officer")
    page.goto(f"{own_console.base}/evidence")
    before = page.get_by_role("heading", name=re.compile("leaves$")).first.inner_text()
    read(own_console, "lviv")
    page.wait_for_function(
        "text => !document.querySelector('main').innerText.includes(text)", arg=before, timeout=30_000
    )
    page.get_by_text("5 items to lviv of UKR under usa-ukr").first.wait_for()
    picture(page, "evidence-officer")


def test_a_recipient_sees_its_own_deliveries_and_no_leaf_of_anybody_else(own_console, visiting):
    read(own_console, "kyiv")
    read(own_console, "london", "usa-cyber")
    visitor, page = visiting(own_console, "kyiv", width=360)
    visitor.expected |= {403, 404, 422}
    page.get_by_role("link", name="Deliveries and proofs").click()
    page.get_by_role("heading", level=1, name="Deliveries and proofs").wait_for()
    rows = page.get_by_role("table").get_by_role("row")
    assert rows.count() == 2
    assert "usa-ukr" in rows.nth(1).inner_text()
    assert axe(page) + overflow(page) == []
    picture(page, "evidence-kyiv")
    mine = int(rows.nth(1).get_by_role("link").first.inner_text())
    response = page.goto(f"{own_console.base}/evidence/leaves/{mine}")
    assert response.status == 200
    assert page.get_by_text("5 items", exact=True).is_visible()
    for address in (
        f"/evidence/leaves/{mine - 1}",
        f"/evidence/leaves/{mine - 1}/proof",
        "/evidence/leaves/5",
        "/evidence/deliveries?party=GBR",
        "/evidence/received?party=UKR",
        "/evidence/verification",
        "/evidence/archive",
        "/backlog",
        "/readers",
    ):
        response = page.goto(own_console.base + address)
        assert response.status in {403, 404, 422}, address
        assert "london" not in page.content(), address


def test_an_administrator_takes_a_witness_in_and_removes_it(own_console, visiting):
    opened_account(own_console, "boss", "admin")
    _, page = visiting(own_console, "boss")
    page.goto(f"{own_console.base}/evidence")
    page.get_by_text("Take a witness in").click()
    page.get_by_label(re.compile("Party")).fill("UKR")
    page.get_by_label(re.compile("public half")).fill(cosigner("cert.ukr.example/watch").key.text)
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Take it in").click()
    page.wait_for_url("**/evidence")
    assert "silent" in page.get_by_role("row", name=re.compile("cert.ukr.example")).inner_text()
    page.get_by_role("button", name=re.compile("Remove")).click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**/evidence")
    assert "Nobody cosigns the log" in page.inner_text("main")
