"""A node with very many of everything: each page keeps to its bounds, and shows a part of what it can't show whole."""

import shutil

import httpx
import pytest
from tests.actors import ADMIN, apply, pause
from tests.faces.console.addresses import EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import BYTES_MAX, password, showing

from relto.config import load
from relto.faces.console.routes import ROUTES
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party
from relto.usecases.pausing import MakePause
from relto.wiring import open_node

AGREEMENTS = 3_000
PARTIES = 600
PAUSES = 100
AT_ONCE = 500
TERMS = (
    "agreement: crowded-{0:05}\ntitle: Agreement {0} of very many that a node of nations has\n"
    "from: USA\nto: [P{1:03}]\nscope: {{topics: [cyber, logistics]}}\n"
)
WIDE = "agreement: crowded-wide\ntitle: One for all\nfrom: USA\nto: [{0}]\nscope: all\n"

PAGES = [route.path for route in ROUTES if route.page is not None and route.path not in FRAGMENTS]


@pytest.fixture(scope="module")
def crowded(made_world, tmp_path_factory):
    """The demonstration, among thousands of agreements, hundreds of parties, of accounts and of pauses."""
    folder = tmp_path_factory.mktemp("crowd") / "world"
    shutil.copytree(made_world[0], folder)
    codes = [f"P{number:03}" for number in range(PARTIES)]
    with open_node(load(folder, environment={})) as opened:
        for code in codes:
            add_party(
                opened.node, opened.desk, code, name=f"Party {code} of a name that is long", kind="state", by=ADMIN
            )
            add_account(opened.node, opened.desk, f"reader-{code.lower()}", party=code, roles=["reader"], by=ADMIN)
        for first in range(0, AGREEMENTS, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            texts = [TERMS.format(number, number % PARTIES) for number in numbers]
            apply(opened.node, opened.desk, texts, by=ADMIN)
        apply(opened.node, opened.desk, [WIDE.format(", ".join(codes))], by=ADMIN)
        orders = [
            tuple(f"crowded-{first + number:05}" for number in range(20))
            for first in range(0, AGREEMENTS, AGREEMENTS // PAUSES)
        ]
        for named in [*orders, ("crowded-wide",)]:
            pause(opened.node, opened.desk, MakePause(agreements=named, reason="one of many"), by=ADMIN)
    with showing(folder) as shown:
        yield shown


@pytest.mark.slow
@pytest.mark.parametrize("who", ["admin", "officer", "kyiv"])
def test_no_page_is_larger_than_its_bound_however_much_there_is(crowded, made_world, who):
    larger = {}
    account = (who, password(who))
    with httpx.Client(base_url=crowded.base, auth=account, headers={"accept": "text/html"}, timeout=60) as client:
        for path in PAGES:
            answer = client.get(EXAMPLES[path](made_world[1]))
            assert answer.status_code < 500, path
            if len(answer.content) > BYTES_MAX:
                larger[path] = len(answer.content)
    assert larger == {}
