"""Items in the console: found, looked at, decided on by hand; and hostile ones, shown as text."""

from __future__ import annotations

import json
import re
import uuid

import httpx
import pytest
from tests.faces.console.browsing import BYTES_MAX, axe, overflow, picture

HELD = "indicator--51a56d5b-ff02-46a8-905e-b975603e5685"
"""A radar: held for Ukraine by a pause, and given to others."""

GIVEN = "indicator--dd8ffb83-1699-48c2-9192-92e89c4a648a"
"""A warning, which flows to Ukraine through the pause."""

GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
MARKUP = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script></td></table>"

HOSTILE = {
    "markup": {"name": MARKUP, "description": f"</pre>{MARKUP}{{{{ 7*7 }}}}", "x_map": {"<b onclick=1>": MARKUP}},
    "direction": {"name": "\u202eevil\u202c \u2066name", "description": "\u202e" * 50 + "turned round \u200f"},
    "control": {"name": "\u0000bell\u0007 \u001b[31mred\u001b[0m\u0085next", "description": "a\u2028b\u2029c\r\nd"},
    "length": {"name": "w" * 5_000, "description": ("lorem " * 5 + "x" * 3_000) * 350, "aliases": ["n" * 400] * 500},
    "depth": {"name": "deep", "x_deep": json.loads("[" * 12 + '"' + "q" * 2_000 + '"' + "]" * 12)},
    "quotes": {"name": "quotes", "x_quotes": '"' * 90_000},
    "members": {"name": "many", **{f"x_member_{number}": "<&>" * 60 for number in range(400)}},
    "script": {"name": "שם נתיב اسم 名前 naïve 🏴", "description": "كلمات من اليمين " * 200},
    "moments": {"name": "moments", "x_at": "9999-99-99T99:99:99Z", "x_on": "0001-01-01T00:00:00Z"},
}


def hostile(kind: str) -> dict[str, object]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid5(uuid.NAMESPACE_URL, kind)}",
        "created": "2025-03-09T20:00:00.000Z",
        "modified": "2025-03-09T20:00:00.000Z",
        "indicator_types": ["unknown"],
        "pattern": "[file:name = '<script>alert(1)</script>']",
        "pattern_type": "stix",
        "valid_from": "2025-03-09T20:00:00Z",
        "labels": ["early-warning", "threat-to-life"],
        "object_marking_refs": [GREEN],
        **HOSTILE[kind],
    }


@pytest.fixture(scope="module")
def hostile_console(console):
    bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [hostile(kind) for kind in HOSTILE]}
    with console.client("agency") as client:
        response = client.post(
            "/ingest",
            params={"originator": "USA"},
            content=json.dumps(bundle).encode(),
            headers={"content-type": "application/octet-stream"},
        )
    assert response.status_code == 200, response.text
    document = response.json()
    assert (document["added"], document["rejected"]) == (len(HOSTILE), 0), document
    return console


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1920])
def test_hostile_items_are_text_and_break_nothing(hostile_console, visiting, width):
    visitor, page = visiting(hostile_console, "officer", width=width, dark=width == 360)
    for kind in HOSTILE:
        response = visitor.open(page, f"/items/{hostile(kind)['id']}")
        assert response.status == 200, kind
        assert len(response.body()) <= BYTES_MAX, (kind, len(response.body()))
        assert page.locator("img, main script").count() == 0, kind
        assert page.title() != "run"
        assert axe(page) + overflow(page) == [], kind
        assert not set("\u202e\u2066\u0000\u0007\u001b\u0085") & set(page.inner_text("body")), kind
        picture(page, f"hostile-items-{width}-{kind}")
    response = visitor.open(page, "/items?words=indicator&topic=threat-to-life")
    assert (response.status, len(response.body()) <= BYTES_MAX) == (200, True)
    assert axe(page) + overflow(page) == []
    picture(page, f"hostile-items-{width}-listed")


def test_the_file_of_an_item_is_what_was_stored_and_is_no_page(hostile_console):
    raw = json.dumps(hostile("markup")).encode()
    with httpx.Client(base_url=hostile_console.base, auth=("officer", "officer-demo-password")) as client:
        response = client.get(f"/items/{hostile('markup')['id']}/stix")
    assert response.content == raw
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-disposition"].startswith("attachment; ")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.slow
def test_items_are_found_by_the_keyboard_alone_and_read(console, visiting):
    visitor, page = visiting(console, "officer")
    visitor.open(page, "/items")
    page.get_by_label("Words or an id").focus()
    page.keyboard.type("radar cormorant")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items?words=radar*")
    rows = page.locator("table.list tbody tr")
    assert rows.count() >= 2
    assert all("Cormorant" in text for text in rows.all_inner_texts())
    visitor.open(page, "/items?words=radar&topic=cyber")
    assert "No item has all of this" in page.inner_text("main")
    visitor.open(page, f"/items?words={HELD}")
    assert rows.count() == 2
    page.get_by_role("link", name="Air defence radar, sector North 1").first.click()
    page.wait_for_url("**/items/indicator*")
    text = page.inner_text("main")
    assert "held" in text
    assert "We have taken a step back" in text
    assert "TLP amber" in text


@pytest.mark.slow
def test_pages_of_items_go_on_where_the_last_ended(console, visiting):
    visitor, page = visiting(console, "officer")
    visitor.open(page, "/items")
    seen = page.locator("table.list tbody th a").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    page.get_by_role("link", name="Older ones").click()
    page.wait_for_url("**/items?after=*")
    more = page.locator("table.list tbody th a").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    assert len(seen) == 50
    assert more
    assert not set(seen) & set(more)
    visitor.expected |= {422, 400}
    response = visitor.open(page, "/items?after=nonsense")
    assert response.status in {400, 422}
    assert "begin without it" in page.inner_text("main")


@pytest.mark.parametrize("who", ["kyiv", "paris", "agency"])
def test_who_is_not_in_office_is_refused_alike_whatever_is_asked(console, who):
    nobody = "indicator--00000000-0000-4000-8000-000000000000"
    with httpx.Client(base_url=console.base, auth=(who, f"{who}-demo-password"), headers={"accept": "text/html"}) as at:
        told = {}
        for address in (
            *(f"/items/{name}{rest}" for name in (GIVEN, HELD, nobody, "no-id") for rest in ("", "/stix")),
            *("/items", "/items?words=cormorant", f"/items?words={HELD}", "/items?after=nonsense", "/items?from=never"),
        ):
            answer = at.get(address)
            assert answer.status_code == 403, address
            told[address] = re.search("<main.*</main>", answer.text, re.DOTALL)[0]
        assert len(set(told.values())) == 1
        assert 'href="/items' not in at.get("/").text


@pytest.mark.slow
def test_an_item_is_recalled_with_a_preview_once_and_then_taken_back(own_console, visiting):
    visitor, page = visiting(own_console, "officer")
    visitor.expected |= {409, 400, 422}
    visitor.open(page, f"/items/{GIVEN}")
    page.get_by_text("Decide on it by hand").click()
    page.get_by_label("Reason, for the record").fill("a source might be known by it")
    page.get_by_role("button", name="Withhold").click()
    page.wait_for_load_state("load")
    assert "was released already" in page.inner_text("main"), "what the verb refuses is said beside the form"
    assert page.get_by_label("Reason, for the record").input_value() == "a source might be known by it"
    page.get_by_role("button", name="Recall").click()
    page.wait_for_load_state("load")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Recall indicator dd8ffb83")
    row = page.locator("table.list tbody tr", has_text="usa-ukr").first
    assert row.locator("td").nth(2).inner_text() == "1", "so many are no longer readable"
    assert axe(page) + overflow(page) == []
    picture(page, "officer-item-recall")
    with own_console.opened.node.store.read() as snap:
        before = len(snap.acts())
    page.get_by_role("button", name="Recall it").dblclick()
    page.wait_for_url("**/items/indicator*")
    with own_console.opened.node.store.read() as snap:
        assert len(snap.acts()) == before + 1
    assert "recall under all agreements" in page.inner_text("main")
    page.get_by_text("Decide on it by hand").click()
    page.get_by_label("Reason, for the record").fill("it was public")
    page.get_by_role("button", name="Release").click()
    page.wait_for_load_state("load")
    button = page.get_by_role("button", name="Release it").or_(page.get_by_role("button", name="Propose to release it"))
    assert button.count() == 1
