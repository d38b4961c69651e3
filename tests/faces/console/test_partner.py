"""The partner's own view: what it receives, what was taken back, what is asked of it, and what it gives."""

import json
import re
import time

import pytest
from tests.actors import ADMIN, by_hand
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.console.desk import desk, text_of

from relto.usecases import impact
from relto.usecases.accounts import add_account

TAKEN_BACK = indicator(name="to be taken back")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A node for the module: each test makes what it changes."""
    folder = tmp_path_factory.mktemp("partner")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}") as there:
        opened = there.opened
        for name, party, roles in (
            ("kyiv-officer", "UKR", ["officer", "reader"]),
            ("paris", "FRA", ["reader"]),
            ("both", "USA", ["contributor", "reader"]),
        ):
            add_account(opened.node, opened.desk, name, party=party, roles=roles, by=ADMIN, password=PASSWORD)
        there.publish(indicator(), indicator(), TAKEN_BACK)
        yield there


def days_of(page):
    """The numbers of each curve, as its text says them."""
    return [
        [int(each) for each in found.split(", ")] for found in re.findall(r"items per day, [^:\"]*: ([\d, ]+)\"", page)
    ]


def test_it_sees_what_it_receives_from_whom_and_how_much_came_on_which_day(served):
    with desk(served, "kyiv") as at:
        page = at.get("/")
        text = text_of(page)
        assert "What UKR receives" in text
        assert "Battlefield intelligence → flowing" in text
        assert "usa-gbr" not in page
        with served.client("kyiv") as client:
            objects = client.get(served.path() + "objects/").json()["objects"]
        page = at.get("/")
        for _ in range(100):
            # What a client did last is written down now and then.
            if "your last read never" not in text_of(page):
                break
            time.sleep(0.2)
            page = at.get("/")
        assert f"released to you {len(objects)} items" in text_of(page)
        (days,) = days_of(page)
        assert (len(days), sum(days), days[-1]) == (14, len(objects), len(objects))
        assert "your last read never" not in text_of(page)


def test_how_old_the_newest_is_under_a_pause_is_told_without_the_past(served, monkeypatch):
    number = served.pause("usa-ukr", reason="talks are held")
    served.resume(served.pause("usa-ukr", reason="for a moment"))
    monkeypatch.setattr(impact, "Past", None)
    with desk(served, "kyiv") as at:
        page = at.get("/")
        assert "How old the newest of each topic is" in page
        assert "Newest of each topic under usa-ukr" in page
    served.resume(number)


def test_who_receives_nothing_is_told_what_brings_it_something(served):
    with desk(served, "paris") as at:
        assert "Nobody shares anything with FRA yet." in text_of(at.get("/"))
        assert "There is no collection for this account." in text_of(at.get("/connect"))


def test_the_ids_that_a_client_needs_are_those_of_its_collections(served):
    with desk(served, "kyiv") as at, served.client("kyiv") as client:
        for each in client.get("/exchange/collections/").json()["collections"]:
            assert f'value="{each["id"]}"' in at.get("/connect")
            assert client.get(f"/exchange/collections/{each['id']}/objects/").status_code == 200
        assert 'value="/taxii2/"' in at.get("/connect")


def test_what_was_taken_back_stands_with_who_took_note_of_it(served):
    opened = served.opened
    by_hand(opened.node, opened.desk, "recall", [TAKEN_BACK["id"]])
    with desk(served, "kyiv") as at:
        assert "1 recall waits for somebody to take note" in text_of(at.get("/"))
        page = at.get("/recalls")
        assert TAKEN_BACK["id"] in page
        assert "by nobody yet" in page
        (number,) = re.findall(r"/inbox/(\d+)/acknowledge", page)
        done = at.act(f"/inbox/{number}/acknowledge", note="removed from the gateway", back="/recalls")
        assert done.headers["location"] == "/recalls"
        assert re.search("taken note of kyiv , .* removed from the gateway", text_of(at.get("/recalls")))
        assert "waits for somebody" not in at.get("/")
    by_hand(opened.node, opened.desk, "release", [TAKEN_BACK["id"]])
    with desk(served, "lviv") as at:
        assert "the recall is taken back: it may be used again" in text_of(at.get("/recalls"))


def test_what_is_asked_of_it_may_be_claimed_by_its_officer_and_by_nobody_else(served):
    number = served.pause("usa-ukr", reason="talks are held", conditions=[{"text": "talks are fixed"}])
    with desk(served, "kyiv") as reader, desk(served, "kyiv-officer") as officer:
        assert "talks are fixed" in reader.get("/")
        assert "An officer of UKR may say that one is met." in text_of(reader.get("/"))
        address = f"/pauses/{number}/conditions/1"
        assert reader.act(address, state="claimed").status_code == 403
        assert address in officer.get(f"/pauses/{number}")
        assert "<option>met" not in officer.get(f"/pauses/{number}"), "that is for whoever gives to say"
        assert officer.act(address, state="met").status_code in {403, 404}
        done = officer.act(address, state="claimed", evidence="https://example.org/statement")
        assert done.headers["location"] == f"/pauses/{number}"
        assert "? claimed talks are fixed" in text_of(reader.get("/"))
        # In office of its own party, it finds what it receives beside what it gives.
        assert "What UKR receives" in officer.get("/received")
        assert 'href="/received"' in officer.get("/")
    served.resume(number)


def test_who_gives_sees_what_it_gave_and_gives_more_after_it_was_said_what_comes_of_it(served):
    with desk(served, "bureau") as at:
        page = at.get("/")
        assert "What USA gives" in text_of(page)
        with served.client("bureau") as client:
            own = next(
                each for each in client.get("/exchange/collections/").json()["collections"] if each["alias"] == "own"
            )
            given = len(client.get(f"/exchange/collections/{own['id']}/objects/").json()["objects"])
        assert f'value="{own["id"]}"' in page
        assert f"{given} items, every version counted" in text_of(page)
        (days,) = days_of(page)
        assert days[-1] == given
        new = indicator(name="pasted")
        text = json.dumps([new, TAKEN_BACK, {"type": "indicator"}])
        asked = at.ask("/sent", objects=text)
        said = text_of(asked.text)
        assert "1 object is taken in, given by USA." in said
        assert "1 object is here already" in said
        assert "1 object cannot be understood and is left out." in said
        done = at.answer("/sent", asked)
        assert "1 object taken in" in text_of(done.text)
        assert f"{given + 1} items" in text_of(at.get("/"))
        again = at.answer("/sent", asked)
        assert "done already" in text_of(again.text)
        assert f"{given + 1} items" in text_of(at.get("/sent"))
    with served.client("kyiv") as client:
        assert new["id"] in client.get(served.path() + "objects/").text


def test_all_or_nothing_is_told_before_and_kept(served):
    text = json.dumps([indicator(), {"type": "indicator"}])
    with desk(served, "both") as at:
        before = text_of(at.get("/sent"))
        assert "so nothing is taken in: all or nothing was asked for" in at.question("/sent", objects=text, strict="on")
        at.act("/sent", objects=text, strict="on")
        assert text_of(at.get("/sent")) == before
        assert "What USA receives" in at.get("/"), "what it receives comes first"


def test_who_may_not_give_is_told_so(served):
    with desk(served, "kyiv") as at:
        assert "that takes the role" in text_of(at.get("/sent"))
        assert at.ask("/sent", objects=json.dumps(indicator())).status_code == 403
        assert "/sent" not in at.get("/").split("<main")[0]


def test_its_own_account_is_shown_and_cannot_be_changed_by_itself(served):
    with desk(served, "kyiv") as at:
        page = at.get("/account")
        assert "reads what its party receives" in page
        assert "/admin/" not in page
        at.get("/admin/accounts/kyiv", 403)
