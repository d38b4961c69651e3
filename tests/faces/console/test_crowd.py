"""A node with very many of everything: each page keeps to its bounds, and shows a part of what it can't show whole."""

import contextlib
import html
import json
import re
import shutil

import httpx
import pytest
from tests.actors import ADMIN, apply, pause
from tests.conformance.served import indicator
from tests.faces.console.addresses import EXAMPLES, FRAGMENTS
from tests.faces.console.browsing import BYTES_MAX, password, showing
from tests.faces.console.desk import Desk, text_of

from relto.config import load
from relto.faces.console.routes import ROUTES
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party
from relto.usecases.pausing import MakePause
from relto.usecases.publishing import Publisher
from relto.wiring import open_node

AGREEMENTS = 1_200
PARTIES = 300
PAUSES = 100
NAME = "crowded-{:05}-of-the-very-many-that-a-node-of-nations-has"
AT_ONCE = 500
TERMS = (
    "agreement: {0}\ntitle: An agreement on all that a party may need, one of very many\n"
    "from: USA\nto: [P{1:03}]\nscope: {{topics: [cyber, logistics]}}\n"
)
WIDE = "agreement: crowded-wide\ntitle: One for all\nfrom: USA\nto: [{0}]\nscope: all\n"

WIDE_PAUSE = 3 + PAUSES + 1
"""Its number: the demonstration has three."""

WIDE_PAGES = (
    "/agreements/crowded-wide", "/agreements/crowded-wide/end", "/agreements/crowded-wide/amend",
    "/agreements/crowded-wide/redeliver", "/pauses/new?agreement=crowded-wide", f"/pauses/{WIDE_PAUSE}",
    f"/pauses/{WIDE_PAUSE}/held", f"/pauses/{WIDE_PAUSE}/impact", "/pauses/5/impact",
    f"/pauses/{WIDE_PAUSE}/impact?to=P007", f"/pauses/{WIDE_PAUSE}/outlook", f"/pauses/{WIDE_PAUSE}/amend",
    f"/pauses/resume?pause={WIDE_PAUSE}", "/admin/parties/P007", "/admin/accounts/reader-p007",
)  # fmt: skip

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
            texts = [TERMS.format(NAME.format(number), number % PARTIES) for number in numbers]
            apply(opened.node, opened.desk, texts, by=ADMIN)
        apply(opened.node, opened.desk, [WIDE.format(", ".join(codes))], by=ADMIN)
        orders = [
            tuple(NAME.format(first + number) for number in range(AGREEMENTS // PAUSES))
            for first in range(0, AGREEMENTS, AGREEMENTS // PAUSES)
        ]
        for named in [*orders, ("crowded-wide",)]:
            pause(opened.node, opened.desk, MakePause(agreements=named, reason="one of many"), by=ADMIN)
        validator, now = opened.validator(), opened.node.clock.now()
        objects = [indicator(labels=topics) for topics in (("cyber",), ("logistics",), ("cyber", "logistics")) * 5]
        headers = [validator.check(json.dumps(each).encode(), where="", now_us=now) for each in objects]
        taken = Publisher(opened.node, opened.desk, originator="USA", by=ADMIN).take(headers)
        assert (taken.added, taken.rejects) == (15, [])
    with showing(folder) as shown:
        yield shown


@contextlib.contextmanager
def desk_of(shown, who):
    account, headers = (who, password(who)), {"accept": "text/html"}
    with httpx.Client(base_url=shown.base, auth=account, headers=headers, timeout=60) as client:
        yield Desk(client)


@pytest.mark.slow
@pytest.mark.parametrize("who", ["admin", "officer", "kyiv"])
def test_no_page_is_larger_than_its_bound_however_much_there_is(crowded, made_world, who):
    larger = {}
    with desk_of(crowded, who) as there:
        for address in [EXAMPLES[path](made_world[1]) for path in PAGES] + [*WIDE_PAGES]:
            answer = there.client.get(address)
            assert answer.status_code < 500, address
            if len(answer.content) > BYTES_MAX:
                larger[address] = len(answer.content)
    assert larger == {}


@pytest.mark.slow
def test_what_is_too_much_to_choose_from_is_typed(crowded):
    first, second = NAME.format(7), NAME.format(1_100)
    with desk_of(crowded, "officer") as officer:
        assert '<select name="agreement"' not in officer.get("/cases/new")
        said = {"case": "crowd", "title": "Of many", "agreement": f"{first}, {second}", "pause": "4 5"}
        asked = officer.ask("/cases/new", **said)
        assert asked.status_code == 200
        for name in (first, second):
            assert name in asked.text, "the draft names it"
        wrong = officer.ask("/cases/new", **said | {"agreement": f"{first}, nothing"})
        assert wrong.status_code == 404
        assert f'value="{first}, nothing"' in wrong.text, "what was typed stays"

        found = officer.get("/items?words=warning")
        assert '<input name="agreement"' in found
        item = re.search(r'name="item" value="([^"]+)"', found)[1]
        decided = {"item": item, "reason": "a test", "do": "withhold"}
        assert f"Under agreement {second} alone." in officer.question("/items", **decided, agreement=second)
        assert officer.ask("/items", **decided, agreement="nothing").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "heading", "number", "pages", "beyond"),
    [
        ("/pauses", r'<h2><a href="/pauses/(\d+)">', 3 + PAUSES + 1, 3, "beyond=900"),
        ("/agreements/crowded-wide", r'<tr><th scope="row">(P\d+) ', PARTIES, PARTIES // 50, "after=9~z"),
        (f"/pauses/{WIDE_PAUSE}/impact", r">crowded-wide to (P\d+)</a>", PARTIES, PARTIES // 50, "after=d~P"),
    ],
)
def test_one_goes_on_to_the_rest_and_meets_each_once(crowded, address, heading, number, pages, beyond):
    met, place, seen = [], address, 0
    with desk_of(crowded, "officer") as officer:
        while place:
            page = officer.get(place)
            seen += 1
            met += re.findall(heading, page)
            following = re.search(r'rel="next" href="(\?[^"]+)"', page)
            place = following and address + html.unescape(following[1])
        assert (len(set(met)), len(met), seen) == (number, number, pages)
        assert "comes after that one" in officer.get(f"{address}?{beyond}")


@pytest.mark.slow
def test_of_a_pause_of_many_flows_it_is_told_line_by_line_what_it_costs_and_of_one_in_full(crowded):
    address = f"/pauses/{WIDE_PAUSE}/impact"
    with desk_of(crowded, "officer") as officer:
        page = officer.get(address)
        assert "4,500 items held, an item once in each flow 300 flows:" in text_of(page)
        assert "<figure" not in page
        one = officer.get(address + html.unescape(re.search(r'href="(\?[^"]+)">crowded-wide to P007<', page)[1]))
        assert "Held 15 items" in text_of(one)
        assert one.count("<figure") == 1
        assert "All flows under this pause" in one
        assert "It has no such flow" in officer.get(f"{address}?to=P9999")
        row = f"Pause {WIDE_PAUSE} crowded-wide to P000, P001, P002, P003, P004, P005 and 294 more everything 4,500"
        assert row in text_of(officer.get("/"))
        assert "and 250 flows more" in text_of(officer.get(f"/pauses/{WIDE_PAUSE}"))
        assert officer.get(f"{address}?to=P007").count("<figure") == 1
