"""A discreet pause looks like silence: page by page, byte by byte, to whoever is not told of it."""

import re
import shutil

import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.console.desk import desk, timeless

from relto.domain.actor import ROLES
from relto.faces.console.routes import ROUTES
from relto.usecases.accounts import add_account

OLD = indicator(name="seen before")
NEW = [indicator(name=f"new {number}") for number in range(3)]

NAMES = {
    "agreement": "usa-ukr",
    "pause": "1",
    "act": "1",
    "condition": "1",
    "notice": "1",
    "party": "USA",
    "account": "kyiv",
    "item": NEW[0]["id"],
}
"""What stands in addresses; what is not known here stands as it is written, and is nothing's name."""


class Names(dict):
    def __missing__(self, name):
        return name


ADDRESSES = [route.path.format_map(Names(NAMES)) for route in ROUTES if route.page is not None]

UNTOLD = ("kyiv", *(f"ukr-{role}" for role in ROLES), "fra-reader", "fra-officer")


@pytest.fixture
def worlds(tmp_path):
    """Two nodes that are the same to the byte, and both go on."""
    for number, name in enumerate(("paused", "silent")):
        if number:
            shutil.copytree(tmp_path / "paused", tmp_path / name)
            break
        with serving(tmp_path / name, f"sqlite:///{tmp_path / name / 'relto.db'}") as served:
            for party in ("UKR", "FRA"):
                for role in ROLES:
                    add_account(
                        served.opened.node, served.opened.desk, f"{party.lower()}-{role}", party=party, roles=[role],
                        by=ADMIN, password=PASSWORD,
                    )  # fmt: skip
            served.publish(OLD)
            with served.client("kyiv") as client:
                assert len(client.get(served.path() + "objects/").json()["objects"]) == 1
            collections = served.collections
    urls = {name: f"sqlite:///{tmp_path / name / 'relto.db'}" for name in ("paused", "silent")}
    with (
        serving(tmp_path / "paused", urls["paused"], collections) as paused,
        serving(tmp_path / "silent", urls["silent"], collections) as silent,
    ):
        yield paused, silent


LOG = (
    (re.compile(r'<pre class="file"[^>]*aria-label="The newest checkpoint">.*?</pre>', re.DOTALL), "<checkpoint/>"),
    (re.compile(r"[\d,]+ (leaf|leaves)\b"), "so many leaves"),
    (re.compile(r"(leaf-|/evidence/leaves/)\d+"), r"\1N"),
    (re.compile(r'(leaves/N">)\d+(</a>)'), r"\1N\2"),
    (re.compile(r' <span class="dim">to <a href="/evidence/leaves/N">N</a></span>'), ""),
    (re.compile(r"before=\d+"), "before=N"),
)
"""How long the log is, is for everybody (`/log/checkpoint`): it grows by whatever anybody does on the node."""


def unlogged(page):
    for found, instead in LOG:
        page = found.sub(instead, page)
    return page


def seen(served, who):
    with desk(served, who) as at:
        found = {}
        for address in ADDRESSES:
            response = at.client.get(address)
            assert response.status_code < 500, (address, response.text)
            page = timeless(response.text)
            found[address] = (response.status_code, unlogged(page) if address.startswith("/evidence") else page)
    return found


def looks_the_same(paused, silent):
    for who in UNTOLD:
        here, there = seen(paused, who), seen(silent, who)
        assert [address for address in ADDRESSES if here[address] != there[address]] == [], who


@pytest.mark.slow
def test_a_discreet_pause_looks_like_silence_and_its_end_like_items_that_come(worlds):
    paused, silent = worlds
    looks_the_same(paused, silent)
    number = paused.pause("usa-ukr", discreet=True, conditions=[{"text": "talks are fixed"}])
    paused.publish(*NEW)
    looks_the_same(paused, silent)
    paused.resume(number)
    silent.publish(*NEW)
    looks_the_same(paused, silent)


@pytest.mark.slow
def test_an_open_pause_is_seen_by_whom_it_is_told_to(worlds):
    paused, silent = worlds
    paused.pause("usa-ukr", reason="talks are held")
    here, there = seen(paused, "kyiv"), seen(silent, "kyiv")
    assert here["/"] != there["/"]
    assert "talks are held" in here["/"][1]
    assert seen(paused, "fra-reader") == seen(silent, "fra-reader")


@pytest.mark.slow
def test_who_gives_sees_a_discreet_pause(worlds):
    paused, silent = worlds
    paused.pause("usa-ukr", reason="talks are held", discreet=True)
    assert seen(paused, "watch")["/pauses"] != seen(silent, "watch")["/pauses"]
