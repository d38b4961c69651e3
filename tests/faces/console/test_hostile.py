"""Text from outside is shown as text: whatever it says, nothing of it runs, and no page breaks."""

import contextlib
import json
import uuid

import httpx
import pytest
from tests.faces.console.addresses import EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import BYTES_MAX, overflow, password, picture

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


@pytest.fixture
def hostile(own_console, made_world):
    """A world in which everybody who may say anything says the worst."""
    refused = []

    def say(client, address, **body):
        answer = client.post(address, json=body)
        assert answer.status_code < 500, (address, answer.text)
        if answer.status_code >= 400:
            refused.append((address, answer.json()["code"]))
        return answer

    with contextlib.ExitStack() as stack:
        officer, director = (stack.enter_context(own_console.client(who)) for who in ("officer", "director"))
        number = made_world[1].pauses["intelligence"]
        for count, text in enumerate(TEXTS):
            say(director, "/parties", code=f"H{count}", name=text, kind="state")
            say(officer, "/pauses", agreements=["usa-fvey"], reason=text, authority=text, topics=["naval"])
            say(officer, f"/pauses/{number}/conditions", text=text, asked_by="RUS")
            file = (
                f"agreement: bad-{count}\ntitle: {json.dumps(text)}\nfrom: USA\nto: [POL]\nscope: {{topics: [naval]}}\n"
            )
            say(officer, "/agreements", files=[file])
        bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [stix(text) for text in TEXTS]}
        sent = httpx.post(
            f"{own_console.base}/api/v1/ingest?originator=USA",
            content=json.dumps(bundle),
            headers={"content-type": "application/stix+json;version=2.1"},
            auth=("agency", password("agency")),
            timeout=60,
        )
        assert sent.status_code < 300, sent.text
    return own_console


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_it_runs_and_no_page_breaks(hostile, made_world, visiting, width):
    visitor, page = visiting(hostile, "admin", width=width)
    page.on("dialog", lambda dialog: visitor.faults.append(f"dialog: {dialog.message}"))
    pages = [route.path for route in ROUTES if route.page is not None and route.path not in FRAGMENTS]
    addresses = [EXAMPLES[path](made_world[1]) for path in pages] + ["/agreements/bad-0", "/agreements/bad-7"]
    for address in addresses:
        response = visitor.open(page, address)
        assert response.status == 200, address
        assert len(response.body()) <= BYTES_MAX, address
        assert page.evaluate("typeof window.ran") == "undefined", address
        assert page.locator("main img, main iframe, main script, [onerror], [onload], [onfocus]").count() == 0, address
        assert "\u202e" not in response.text(), address
        assert overflow(page) == [], address
    visitor.open(page, "/")
    picture(page, f"hostile-{width}")
