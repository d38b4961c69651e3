"""Administration and the partner's own view in a real browser: by keyboard alone, and without anything running of what
came from outside.
"""

import pytest
from tests.faces.console.browsing import axe, overflow, picture, reach

pytestmark = pytest.mark.slow


def test_a_token_is_made_by_keyboard_alone_and_shown_once(own_console, visiting):
    _, page = visiting(own_console, "admin", width=360)
    page.goto(f"{own_console.base}/admin/accounts/lviv")
    page.locator("summary", has_text="Make a token").focus()
    page.keyboard.press("Enter")
    reach(page, "textbox", "What it is for")
    page.keyboard.type("gateway in Lviv")
    reach(page, "checkbox", "read read")
    page.keyboard.press("Space")
    reach(page, "button", "Make a token…")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Make a token for lviv?").wait_for()
    assert axe(page) + overflow(page) == []
    picture(page, "admin-360-question")
    reach(page, "button", "Make it")
    page.keyboard.press("Enter")
    secret = page.get_by_label("Its token")
    secret.wait_for()
    token = secret.input_value()
    assert len(token) > 20
    assert axe(page) + overflow(page) == []
    reach(page, "link", "I have kept it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/accounts/lviv")
    assert token not in page.content()
    assert page.get_by_text("gateway in Lviv").is_visible()
    picture(page, "admin-360-account-with-token")


def test_a_password_is_typed_into_the_question(own_console, visiting):
    _, page = visiting(own_console, "admin")
    page.goto(f"{own_console.base}/admin/accounts/lviv")
    page.get_by_role("button", name="Another password…").click()
    page.get_by_label("Password").fill("another long password")
    assert axe(page) + overflow(page) == []
    picture(page, "admin-question-password")
    page.get_by_role("button", name="Give it").dblclick()
    page.wait_for_url("**/admin/accounts/lviv")
    with own_console.client(None) as client:
        assert client.get("/status", auth=("lviv", "another long password")).status_code == 200


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1920, False)])
def test_the_view_of_who_gives_keeps_to_wcag(console, visiting, width, dark):
    visitor, page = visiting(console, "agency", width=width, dark=dark)
    found = {}
    for address in ("/", "/connect", "/account", "/inbox"):
        visitor.open(page, address)
        page.wait_for_timeout(150)
        picture(page, f"agency-{width}{address.replace('/', '-').rstrip('-')}")
        if wrong := axe(page) + overflow(page):
            found[address] = wrong
    assert found == {}


def test_addresses_are_shown_as_this_browser_reached_them(console, visiting):
    _, page = visiting(console, "kyiv")
    page.get_by_role("link", name="How to connect", exact=True).click()
    root = page.get_by_label("API root")
    assert root.input_value() == f"{console.base}/exchange/"
    button = page.get_by_role("button", name="Copy API root")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button.click()
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{console.base}/exchange/"


def test_without_scripts_a_partner_reads_all_of_it(console, visiting):
    _, page = visiting(console, "kyiv", scripts=False)
    for name in ("Recalls", "Notices", "How to connect", "Your account", "What we receive"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
        assert page.get_by_role("heading", level=1).count() == 1
