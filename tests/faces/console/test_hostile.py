"""Text from outside is shown as text: whatever it says, nothing of it runs, and no page breaks."""

import contextlib
import json
import shutil
import uuid

import httpx
import pytest
from tests.faces.console.addresses import EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import BYTES_MAX, axe, overflow, password, picture, showing

from relto.faces.console.routes import ROUTES

pytestmark = pytest.mark.slow

RUNS = (
    "<script>window.ran=1</script>",
    "\"'><img src=x onerror=window.ran=1>",
    "</title></textarea></script><svg onload=window.ran=1>",
    "' onmouseover='window.ran=1' autofocus onfocus='window.ran=1' x='",
    "{{ 7 * 7 }} {% raw %} ${window.ran=1}",
    "javascript:window.ran=1",
    "]]>--><iframe srcdoc='<script>top.ran=1</script>'>",
)
LOOKS = ("مشاركة المعلومات الاستخبارية", "abc\u202egnp.exe\u2066", "e\u0301" * 60 + "\u200b\ufeff", "W" * 300)
TEXTS = (*RUNS, *LOOKS)


def stix(text):
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid4()}",
        "created": "2025-03-09T12:00:00.000Z",
        "modified": "2025-03-09T12:00:00.000Z",
        "name": text,
        "description": f"{text}\n{text * 3}",
        "labels": ["naval"],
        "pattern": "[file:name = 'x']",
        "pattern_type": "stix",
        "valid_from": "2025-03-09T12:00:00.000Z",
    }


@pytest.fixture(scope="module")
def hostile(made_world, tmp_path_factory):
    """A world in which everybody who may say anything says the worst. What runs is refused nowhere: it is text."""
    folder = tmp_path_factory.mktemp("hostile") / "world"
    shutil.copytree(made_world[0], folder)
    with contextlib.ExitStack() as stack:
        shown = stack.enter_context(showing(folder))
        officer, admin = (stack.enter_context(shown.client(who)) for who in ("officer", "admin"))
        number = made_world[1].pauses["intelligence"]

        def say(client, address, said, **body):
            answer = client.post(address, json=body)
            assert answer.status_code < 300 or (said in LOOKS and answer.status_code in {400, 422}), answer.text

        for count, text in enumerate(TEXTS):
            say(admin, "/parties", text, party=f"H{count}", name=text, kind="state")
            say(officer, "/pauses", text, agreements=["usa-fvey"], reason=text, authority=text, topics=["naval"])
            say(officer, f"/pauses/{number}/conditions", text, text=text, asked_by="RUS")
            # A title of more than a line's length is cut short by whoever writes it.
            title = json.dumps(text[:100])
            file = f"agreement: bad-{count}\ntitle: {title}\nfrom: USA\nto: [POL]\nscope: {{topics: [naval]}}\n"
            say(officer, "/agreements", text, files=[file])
        bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [stix(text) for text in TEXTS]}
        sent = httpx.post(
            f"{shown.base}/api/v1/ingest?originator=USA",
            content=json.dumps(bundle),
            headers={"content-type": "application/stix+json;version=2.1"},
            auth=("agency", password("agency")),
            timeout=60,
        )
        assert sent.json()["rejected"] == 0, sent.text
        yield shown


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_it_runs_and_no_page_breaks(hostile, made_world, visiting, width):
    visitor, page = visiting(hostile, "admin", width=width)
    page.on("dialog", lambda dialog: visitor.faults.append(f"dialog: {dialog.message}"))
    pages = [route.path for route in ROUTES if route.page is not None and route.path not in FRAGMENTS]
    addresses = [EXAMPLES[path](made_world[1]) for path in pages]
    addresses += [f"/agreements/bad-{count}" for count in (0, len(RUNS))] + ["/admin/parties/H0"]
    with hostile.client("admin") as admin:
        addresses += [f"/items/{each['item']}" for each in admin.get("/items?words=window.ran").json()["items"][:2]]
    for address in addresses:
        response = visitor.open(page, address)
        assert response.status == 200, address
        assert len(response.body()) <= BYTES_MAX, address
        assert page.evaluate("typeof window.ran") == "undefined", address
        assert page.locator("main img, main iframe, main script, [onerror], [onload], [onfocus]").count() == 0, address
        assert "\u202e" not in response.text(), address
        assert overflow(page) == [], address
    visitor.open(page, "/admin/parties?find=H")
    assert RUNS[0] in page.inner_text("main"), "it is there, as text"
    visitor.open(page, "/")
    picture(page, f"hostile-{width}")


def test_a_name_that_is_written_from_the_right_turns_nothing_round(hostile, visiting):
    visitor, page = visiting(hostile, "admin")
    visitor.open(page, f"/agreements/bad-{len(RUNS)}")
    heading = page.get_by_role("heading", level=1)
    name, id_ = heading.locator("bdi"), heading.locator("code")
    assert name.inner_text() == LOOKS[0]
    assert name.bounding_box()["x"] < id_.bounding_box()["x"], "what follows it stands behind it"
    visitor.open(page, f"/admin/parties/H{len(RUNS)}")
    assert overflow(page) + axe(page) == []
    picture(page, "right-to-left")
