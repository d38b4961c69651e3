"""What officers do and see by the pages of items, agreements, decisions and outlooks, as the command line has it."""

import json
import re

import pytest
from tests.actors import ADMIN, apply
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.console.desk import desk, text_of

from relto.domain.record.schema import file_schema
from relto.usecases.accounts import add_account

THEIRS = "agreement: ukr-gbr\nfrom: UKR\nto: [GBR]\nscope: {topics: [naval]}\n"
ITEMS = [indicator(name=f"made up {number}") for number in range(25)]
KYIVS = indicator(name="of Kyiv", labels=["naval"])
BEFORE = "2001-01-01"

CHOSEN = re.compile(r'<input type="checkbox" name="item" value="([^"]+)"( checked)?')


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two parties give on it; each test makes what it changes."""
    folder = tmp_path_factory.mktemp("by-hand")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}") as there:
        opened = there.opened
        for name, party, roles in (
            ("officer", "USA", ["officer"]),
            ("boss", "USA", ["admin"]),
            ("kyiv-officer", "UKR", ["officer"]),
        ):
            add_account(opened.node, opened.desk, name, party=party, roles=roles, by=ADMIN, password=PASSWORD)
        apply(opened.node, opened.desk, [THEIRS], by=ADMIN)
        there.publish(*ITEMS)
        there.publish(KYIVS, by="UKR")
        yield there


@pytest.fixture
def officer(served):
    with desk(served, "officer") as at:
        yield at


def document(served, path, who="officer", **query):
    with served.client(who, accept="application/json") as client:
        response = client.get(f"/api/v1{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()


def named(each):
    return f"{each['id']}@{each['modified']}"


def by_hand(served, each):
    return [word["verb"] for word in document(served, f"/items/{each['id']}")["by_hand"]]


# Several items.


def test_several_items_are_decided_on_by_one_act_that_says_before_what_it_does(served, officer):
    three = ITEMS[:3]
    assert {named(each) for each in three} <= {value for value, _ in CHOSEN.findall(officer.get("/items?words=made"))}
    said = {"do": "recall", "item": [named(each) for each in three], "reason": "a source", "words": "made"}
    asked = officer.question("/items", **said)
    assert "Recall 3 items?" in asked
    assert all(each["name"] in asked for each in three)
    assert "usa-ukr UKR 0 3 0" in asked, "three are no longer readable"
    assert "Under all agreements." in asked
    assert by_hand(served, three[0]) == [], "asking does nothing"
    done = officer.act("/items", **said)
    assert done.status_code == 303
    act = document(served, done.headers["location"])
    assert (act["kind"], act["state"], act["outcome"]["items"]) == ("item-recall", "applied", 3)
    assert [by_hand(served, each) for each in three] == [["recall"]] * 3
    # One by one, under one agreement alone.
    asked = officer.question("/items", **said | {"do": "release", "agreement": "usa-ukr"})
    assert "Under agreement usa-ukr alone." in asked
    assert "Release 3 items?" in asked
    assert officer.act("/items", **said | {"do": "release"}).status_code == 303
    assert by_hand(served, three[0]) == ["release"]


def test_the_question_says_what_is_held_and_would_be_withheld(served, officer):
    number = served.pause("usa-ukr", reason="talks are held")
    held = indicator(name="held")
    served.publish(held)
    asked = officer.question("/items", do="withhold", item=[named(held)], reason="a source", agreement="usa-ukr")
    assert "Held, then withheld" in asked
    assert "usa-ukr UKR 0 0 0 1" in asked
    assert "No item becomes readable by it" not in asked
    served.resume(number)


def test_of_many_items_the_first_twenty_are_named_and_the_rest_counted(officer):
    asked = officer.question("/items", do="recall", item=[named(each) for each in ITEMS], reason="all of it")
    assert asked.count("indicator of USA") == 20
    assert "and 5 more items" in asked


def test_what_was_ticked_stays_when_it_is_changed_or_refused(officer):
    two = [named(each) for each in ITEMS[5:7]]
    said = {"do": "withhold", "item": [*two, named(KYIVS)], "reason": "a source", "topic": "naval", "words": "up 5"}
    page = officer.ask("/items", **said, change="yes").text
    ticked = {value for value, checked in CHOSEN.findall(page) if checked}
    assert ticked == {*said["item"]}, "those that are not in the list as well"
    assert 'value="a source"' in page
    assert 'name="words" value="up 5"' in page, "and what was looked for"
    refused = officer.ask("/items", **said | {"item": two})
    assert "was released already" in text_of(refused.text)
    assert {value for value, checked in CHOSEN.findall(refused.text) if checked} == {*two}
    for wrong, told in (
        ({"item": []}, "no item is chosen"),
        ({"reason": " "}, "needs a reason"),
        ({"do": "x"}, "read"),
    ):
        answer = officer.ask("/items", **said | wrong)
        assert answer.status_code == 400
        assert told in text_of(answer.text)


def test_no_box_is_offered_to_whom_nothing_is_to_decide(served):
    for who in ("watch", "boss"):
        with desk(served, who) as at:
            for address in ("/items", f"/items/{ITEMS[0]['id']}"):
                assert 'name="reason"' not in at.get(address), (who, address)
            assert not CHOSEN.search(at.get("/items"))
            refused = at.ask("/items", do="recall", item=[named(ITEMS[0])], reason="x")
            assert (refused.status_code, "role-missing" in refused.text) == (403, True)
    with desk(served, "kyiv") as at:
        assert at.ask("/items", do="recall", item=[named(ITEMS[0])], reason="x").status_code == 403


def test_what_is_anothers_looks_like_nothing(served):
    nobody = "indicator--00000000-0000-4000-8000-000000000000"
    with desk(served, "kyiv-officer") as at:
        told = [
            text_of(at.ask("/items", do="recall", item=[each], reason="x").text).replace(each, "")
            for each in (ITEMS[0]["id"], nobody)
        ]
        assert "there is no item" in told[0]
        assert told[0] == told[1]


@pytest.mark.parametrize("several", [False, True])
def test_what_is_decided_on_is_the_version_that_was_asked_about(served, officer, several):
    first = indicator(name="as it was first")
    served.publish(first)
    address, more = (
        ("/items", {"do": "recall", "item": first["id"]}) if several else (f"/items/{first['id']}/recall", {})
    )
    question = officer.ask(address, **more, reason="a source")
    assert question.status_code == 200
    served.publish({**first, "modified": "2025-03-02T12:00:00.000Z", "name": "as it is now"})
    answer = officer.answer(address, question)
    assert answer.status_code == 412
    assert "something has changed since this was asked" in text_of(answer.text)
    assert "as it is now" in answer.text
    assert by_hand(served, first) == []
    assert officer.answer(address, answer).status_code == 303
    assert by_hand(served, first) == ["recall"]


# As it was.


def test_an_item_and_its_agreement_are_shown_as_they_stood_at_a_moment(served, officer):
    number = served.pause("usa-ukr", topics=["early-warning"], reason="for a while")
    held = indicator(name="held for a while", labels=["early-warning"])
    served.publish(held)
    then = document(served, f"/items/{held['id']}")["at"]
    served.resume(number)
    now = text_of(officer.get(f"/items/{held['id']}"))
    assert "acts are done" not in now
    assert "held UKR" not in now.replace("‖ ", "")
    page = officer.get(f"/items/{held['id']}?at={then}")
    text = text_of(page)
    assert "acts are done on what is now" in text
    assert re.search("held UKR usa-ukr", text)
    assert "in force at" in text, "the versions that counted"
    assert 'name="reason"' not in page
    assert f'href="/agreements/usa-ukr?at={then.replace(":", "%3A")}"' in page
    page = officer.get(f"/agreements/usa-ukr?at={then}")
    text = text_of(page)
    assert "acts are done on what is now" in text
    assert f"Pause {number}" in text
    assert "holds 1 item" in text
    assert 'class="button' not in page.replace('class="button plain" href="/evidence', "")
    assert "Who reads it" not in text
    text = text_of(officer.get("/agreements/usa-ukr"))
    assert "acts are done" not in text
    assert "holds 1 item" not in text
    text = text_of(officer.get(f"/agreements?at={then}"))
    assert "usa-ukr Battlefield intelligence USA UKR ◐ partly paused" in text
    assert "Make one" not in text
    assert "partly paused" not in text_of(officer.get("/agreements"))


def test_of_a_moment_before_everything_nothing_is_told_and_of_none_why(officer):
    item = f"/items/{ITEMS[0]['id']}"
    assert "was not stored by then" in text_of(officer.get(f"{item}?at={BEFORE}", 404))
    assert "There was no such agreement yet" in text_of(officer.get(f"/agreements/usa-ukr?at={BEFORE}"))
    assert "reached nobody" in text_of(officer.get(f"/agreements?at={BEFORE}"))
    for address in (item, "/agreements/usa-ukr", "/agreements"):
        assert "is no moment" in text_of(officer.get(f"{address}?at=soon", 400))
        assert "nobody knows" in text_of(officer.get(f"{address}?at=2999-01-01", 400))


def test_an_agreement_is_shown_in_the_version_that_counted_then(served, officer):
    opened = served.opened
    text = "agreement: usa-fra\ntitle: {}\nfrom: USA\nto: [FRA]\nscope: {{topics: [naval]}}\n"
    apply(opened.node, opened.desk, [text.format("as it began")], by=ADMIN)
    (first,) = document(served, "/agreements/usa-fra/history")
    apply(opened.node, opened.desk, [text.format("as it went on")], by=ADMIN)
    assert "as it went on" in officer.get("/agreements/usa-fra")
    page = officer.get(f"/agreements/usa-fra?at={first['made_at']}")
    assert "as it began" in page
    assert "as it went on" not in page


def test_who_receives_is_told_of_the_past_no_more_than_of_now(served):
    with desk(served, "kyiv") as at:
        text = text_of(at.get("/agreements?at=1s"))
        assert "usa-ukr" in text
        assert "ukr-gbr" not in text
        assert "usa-gbr" not in text
        at.get("/agreements/usa-gbr?at=1s", 404)
        for address in (f"/items/{ITEMS[0]['id']}", "/items/nothing"):
            assert "role-missing" in at.get(f"{address}?at=soon", 403)


# The leaves on which it rests.


def test_an_officer_is_told_the_leaves_that_it_may_read_and_no_others(served, officer):
    mine = served.pause("usa-gbr", reason="of ours alone")
    shared = served.pause("usa-gbr", "ukr-gbr", reason="of both")
    held = indicator(name="held by two pauses")
    served.publish(held)
    found = {}
    for who in ("watch", "officer"):
        (flow,) = [
            each for each in document(served, f"/items/{held['id']}", who)["flows"] if each["agreement"] == "usa-gbr"
        ]
        found[who] = {each["leaf"]: each["what"] for each in flow["leaves"]}
    assert found["officer"].items() < found["watch"].items()
    words = " ".join(found["officer"].values())
    assert f"pause `{mine}`" in words
    assert "came in by" in words
    (untold,) = found["watch"].keys() - found["officer"].keys()
    assert f"pause `{shared}`" in found["watch"][untold]
    page = officer.get(f"/items/{held['id']}")
    for number in found["officer"]:
        assert f'href="/evidence/leaves/{number}"' in page
        assert "not for you" not in text_of(officer.get(f"/evidence/leaves/{number}"))
    assert f'href="/evidence/leaves/{untold}"' not in page
    # The other giver's item rests on leaves of its own, and on none of ours.
    with desk(served, "kyiv-officer") as theirs:
        text = text_of(theirs.get(f"/items/{KYIVS['id']}"))
        assert "agreement ukr-gbr" in text
        assert "usa-" not in text
        leaves = re.findall(r"leaf (\d+)", text)
        assert leaves
        for number in leaves:
            assert theirs.client.get(f"/evidence/leaves/{number}").status_code == 200
    for number in (mine, shared):
        served.resume(number)


# Decisions, outlooks, the schema.


def test_decisions_are_narrowed_to_a_kind_and_go_on_within_it(served, officer):
    for number in range(51):
        served.resume(served.pause("usa-gbr", reason=f"pause of many, {number}"))
    page = officer.get("/acts?kind=pause")
    assert '<option value="pause" selected>' in page
    rows = re.findall(r'<tr><th scope="row"><a href="/acts/\d+">\d+</a></th><td>([^<]*)', page)
    assert (len(rows), {*rows}) == (50, {"pause"})
    following = re.search(r'rel="next" href="([^"]*)"', page)[1].replace("&amp;", "&")
    assert "kind=pause" in following
    rows = re.findall(r"<td>(pause|resume)</td>", officer.get(f"/acts{following}"))
    assert rows
    assert {*rows} == {"pause"}
    assert "Nothing of this kind was done yet" in text_of(officer.get("/acts?kind=purge"))


def test_the_rules_that_judge_are_shown_to_the_office_of_the_nodes_party(served, officer):
    number = served.pause("ukr-gbr", reason="of Kyiv")
    own = served.pause("usa-gbr", reason="of Washington")
    rules = served.opened.outlook_text()
    assert "said-and-talks" in rules
    for who, pause, sees in (("officer", own, True), ("kyiv-officer", number, False)):
        with desk(served, who) as at:
            page = at.get(f"/pauses/{pause}/outlook")
            assert ("The rules that judge" in page) is sees
            assert ("- {rule: said-and-talks, judgement: likely" in page) is sees
    for each in (number, own):
        served.resume(each)


def test_the_schema_of_a_case_is_a_file_and_takes_no_cases_name(officer):
    response = officer.client.get("/case-schema")
    assert json.loads(response.text) == file_schema()
    assert response.headers["content-disposition"] == 'attachment; filename="case.schema.json"'
    assert 'href="/case-schema"' in officer.get("/cases/import")
    assert "there is no case" in text_of(officer.get("/cases/schema", 404))
