"""A node in which there is nothing yet: each page says what to do first, and none breaks."""

import pytest
from tests.actors import ADMIN
from tests.faces.console.addresses import EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import axe, overflow, password, picture, showing

from relto.config import load
from relto.domain.topic import DEFAULT_TOPICS
from relto.faces.console.routes import ROUTES
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party, found
from relto.wiring import create, open_node

pytestmark = pytest.mark.slow

ABOUT_ONE = frozenset({"/pauses/resume"})
"""Pages that are asked for what is to be looked at."""

PAGES = [
    route.path
    for route in ROUTES
    if route.page is not None
    and route.path not in FRAGMENTS | ABOUT_ONE
    and ("{" not in route.path or route.path.startswith("/manual"))
]
"""Those that are of nothing in particular."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare")
    config = load(folder, environment={})
    create(config)
    with open_node(config) as opened:
        node, desk = opened.node, opened.desk
        found(node, desk, code="USA", name="United States", topics=DEFAULT_TOPICS, password=password("admin"))
        add_account(node, desk, "officer", party="USA", roles=["officer"], by=ADMIN, password=password("officer"))
        add_party(node, desk, "UKR", name="Ukraine", kind="state", by=ADMIN)
        add_account(node, desk, "kyiv", party="UKR", roles=["reader"], by=ADMIN, password=password("kyiv"))
    with showing(folder) as shown:
        yield shown


@pytest.mark.parametrize(("who", "width"), [("admin", 360), ("officer", 1280), ("kyiv", 360)])
def test_no_page_breaks_where_there_is_nothing(bare, visiting, who, width):
    visitor, page = visiting(bare, who, width=width)
    visitor.expected |= {403, 404, 422}
    wrong = {}
    for path in PAGES:
        response = visitor.open(page, path if "{" not in path else EXAMPLES[path](None))
        assert response.status in {200, 403, 404, 422}, (path, page.inner_text("body"))
        assert who != "admin" or response.status == 200, path
        found = axe(page) + overflow(page)
        if found:
            wrong[path] = found
        picture(page, f"empty-{who}-{path.strip('/').replace('/', '-') or 'overview'}")
    assert wrong == {}


@pytest.mark.parametrize(
    ("who", "address", "next_"),
    [
        ("officer", "/", "an agreement"),
        ("officer", "/agreements", "Make one"),
        ("officer", "/pauses", "Pause"),
        ("officer", "/cases", "Open"),
        ("officer", "/items", "give"),
        ("kyiv", "/", "an agreement that names UKR"),
    ],
)
def test_an_empty_page_says_what_to_do_first(bare, visiting, who, address, next_):
    visitor, page = visiting(bare, who)
    visitor.open(page, address)
    empty = page.locator(".empty").first
    assert empty.is_visible()
    assert next_.casefold() in empty.inner_text().casefold()
