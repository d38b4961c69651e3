"""What an unmodified client sees of a pause: a healthy collection in which nothing new, or nothing covered, appears."""

import re

import pytest
from tests.actors import ADMIN
from tests.conformance.served import assert_refused, ids_of, indicator

SINCE = r"since \d{1,2} [A-Z][a-z]+ \d{4} \d\d:\d\d UTC"


@pytest.fixture
def kyiv(fresh):
    with fresh.client("kyiv") as client:
        client.base_url = f"{fresh.base}{fresh.path()}"
        yield client


def description(client):
    return client.get("").json().get("description")


def test_a_freeze_shows_nothing_new_and_a_resume_gives_it_all_to_the_old_cursor_once(fresh, kyiv):
    before, held, after = indicator(), indicator(), indicator()
    fresh.publish(before)
    last = kyiv.get("objects/").headers["x-taxii-date-added-last"]
    number = fresh.pause("usa-ukr")
    fresh.publish(held)
    for path in ("objects/", "manifest/"):
        quiet = kyiv.get(path, params={"added_after": last})
        assert (quiet.status_code, quiet.json()) == (200, {})
        assert ids_of(kyiv.get(path)) == [before["id"]]
    assert_refused(kyiv.get(f"objects/{held['id']}/"), 404, "object-unknown")
    assert_refused(kyiv.get(f"objects/{held['id']}/versions/"), 404, "object-unknown")
    fresh.resume(number)
    fresh.publish(after)
    response = kyiv.get("objects/", params={"added_after": last})
    assert ids_of(response) == [held["id"], after["id"]]
    assert response.headers["x-taxii-date-added-first"] > last


def test_next_from_before_a_pause_is_decided_anew(fresh, kyiv):
    items = [indicator() for _ in range(3)]
    fresh.publish(*items)
    token = kyiv.get("objects/", params={"limit": 1}).json()["next"]
    number = fresh.pause("usa-ukr", mode="cut")
    assert kyiv.get("objects/", params={"next": token}).json() == {}
    fresh.resume(number)
    assert ids_of(kyiv.get("objects/", params={"next": token})) == [item["id"] for item in items[1:]]


def test_a_cut_closes_what_was_released_while_it_lasts(fresh, kyiv):
    item = indicator()
    fresh.publish(item)
    assert ids_of(kyiv.get("objects/")) == [item["id"]]
    number = fresh.pause("usa-ukr", mode="cut")
    assert kyiv.get("objects/").json() == {}
    assert_refused(kyiv.get(f"objects/{item['id']}/"), 404, "object-unknown")
    assert "what was released before included" in description(kyiv)
    fresh.resume(number)
    assert ids_of(kyiv.get("objects/")) == [item["id"]]


def test_the_description_says_that_it_is_paused_since_when_and_why_and_that_it_no_longer_is(fresh, kyiv):
    assert description(kyiv) is None
    number = fresh.pause("usa-ukr", reason="to press for talks")
    assert re.fullmatch(f"paused {SINCE}: to press for talks", description(kyiv))
    assert kyiv.get(fresh.base + "/exchange/collections/").json()["collections"][0]["description"] == description(kyiv)
    fresh.resume(number)
    assert description(kyiv) is None


def test_the_description_of_a_part_says_of_what(fresh, kyiv):
    fresh.pause("usa-ukr", topics=("naval",), reason="imagery only")
    assert re.fullmatch(f"paused in part \\(topics any of naval\\) {SINCE}: imagery only", description(kyiv))


def test_all_pauses_are_told_and_each_stays_listed_under_the_same_id_and_title(fresh, kyiv):
    plain = kyiv.get("").json()
    fresh.pause("usa-ukr", reason="one")
    fresh.pause("usa-ukr", reason="two", topics=("naval",))
    paused = kyiv.get("").json()
    assert paused.pop("description").count("since") == 2
    assert paused == plain


def test_a_pause_of_one_recipient_is_no_business_of_another(fresh, kyiv):
    item = indicator()
    fresh.pause("usa-gbr", recipient="GBR")
    fresh.publish(item)
    assert description(kyiv) is None
    assert ids_of(kyiv.get("objects/")) == [item["id"]]


@pytest.mark.parametrize("paused", ["serve", "refuse"])
def test_a_discreet_pause_changes_nothing_that_can_be_read(fresh_with, paused):
    with fresh_with(taxii__paused=paused) as served, served.client("kyiv") as client:
        served.publish(indicator())
        last = client.get(served.path() + "objects/").headers["x-taxii-date-added-last"]
        paths = ["", "objects/", "manifest/", f"objects/?added_after={last}", "../"]

        def told():
            found = []
            for path in paths:
                response = client.get(served.path() + path)
                kept = [pair for pair in response.headers.multi_items() if pair[0] != "date"]
                found.append((response.status_code, response.content, kept))
            return found

        before = told()
        served.pause("usa-ukr", discreet=True)
        served.publish(indicator())
        assert told() == before


def test_refuse_answers_403_where_all_is_paused_and_the_collection_itself_stays(fresh_with):
    with fresh_with(taxii__paused="refuse") as served, served.client("kyiv") as client:
        item = indicator()
        served.publish(item)
        number = served.pause("usa-ukr", topics=("naval",))
        assert client.get(served.path() + "objects/").status_code == 200
        second = served.pause("usa-ukr")
        for path in ("objects/", "manifest/", f"objects/{item['id']}/", f"objects/{item['id']}/versions/"):
            assert_refused(client.get(served.path() + path), 403, "collection-paused")
        assert client.get(served.path()).status_code == 200
        served.resume(second)
        assert client.get(served.path() + "objects/").status_code == 200
        served.resume(number)


def test_an_elastic_reader_gets_an_empty_list_where_there_is_nothing(fresh, kyiv):
    from relto.usecases.accounts import set_switches

    set_switches(fresh.opened.node, fresh.opened.desk, "kyiv", {"empty_list": True}, by=ADMIN)
    assert kyiv.get("objects/").json() == {"objects": []}
    last = "2030-01-01T00:00:00.000000Z"
    assert kyiv.get("objects/", params={"added_after": last}).json() == {"objects": []}


def test_an_agreement_that_has_ended_stays_listed_and_readable_until_it_is_closed(fresh, kyiv):
    from tests.actors import end

    item = indicator()
    fresh.publish(item)
    end(fresh.opened.node, fresh.opened.desk, "usa-ukr", by=ADMIN, close=False)
    fresh.publish(indicator())
    assert ids_of(kyiv.get("objects/")) == [item["id"]]
    assert description(kyiv) == "ended: nothing new flows"
    end(fresh.opened.node, fresh.opened.desk, "usa-ukr", by=ADMIN, close=True)
    assert_refused(kyiv.get(""), 404, "collection-unknown")


def test_a_pause_that_was_scheduled_begins_by_itself(fresh, kyiv):
    item = indicator()
    node = fresh.opened.node
    moment = node.now(node.store.head()) + 50_000
    fresh.pause("usa-ukr", from_us=moment)
    fresh.wait(moment)
    fresh.publish(item)
    assert kyiv.get("objects/").json() == {}
    assert description(kyiv).startswith("paused since")
