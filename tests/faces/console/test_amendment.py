"""A pause is amended by what was changed in its form, and by nothing else; the question says what that lets go."""

import html
import re

import pytest
from tests.faces.console.desk import text_of
from tests.faces.console.test_guard import signed_in, token

KEY = re.compile(r'name="once" value="([^"]+)"')
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def officer(own_console):
    with signed_in(own_console, "officer") as client:
        yield client


def paused(client, **more):
    order = {"agreements": ["usa-cyber"], "types": ["indicator", "malware"], "reason": "talks", **more}
    answer = client.post(
        "/api/v1/pauses", json=order, headers={"x-csrf-token": token(client), "accept": "application/json"}
    )
    assert answer.status_code < 300, answer.text
    return answer.json()["pause"]


def drawn(client, number):
    """The fields of the form as a browser would send it untouched."""
    page = client.get(f"/pauses/{number}/amend").text
    fields = dict(FIELD.findall(page))
    for name in ("type", "originator", "authority", "review", "until"):
        fields[name] = re.search(rf'<input name="{name}" value="([^"]*)"', page)[1]
    for name in ("reason", "selector"):
        fields[name] = html.unescape(re.search(rf'<textarea [^>]*?name="{name}"[^>]*>([^<]*)<', page)[1])
    return fields | {"scope": "keep", "mode": "freeze", "then": "release", "conditions": ""}


def amended(client, number, **changes):
    """The question, and what came of it."""
    said = drawn(client, number) | changes
    question = client.post(f"/pauses/{number}/amend", data=said)
    key = KEY.search(question.text)
    if key is None:
        return question, None
    return question, client.post(f"/pauses/{number}/amend", data=said | {"once": key[1]})


def shown(client, number):
    return client.get(f"/api/v1/pauses/{number}").json()


def test_a_review_date_changes_and_nothing_else_does(officer):
    number = paused(officer, conditions=["talks are fixed"])
    before = shown(officer, number)
    _, answer = amended(officer, number, review="14d")
    assert answer.status_code == 303, answer.text
    after = shown(officer, number)
    assert after["review"] != before["review"]
    for name in ("scope", "conditions", "mode", "reason", "authority", "until", "then", "discreet"):
        assert after[name] == before[name], name


def test_conditions_are_added_to_those_that_there_are(officer):
    number = paused(officer, conditions=["one", "two"])
    _, answer = amended(officer, number, conditions="three")
    assert answer.status_code == 303
    assert [each["text"] for each in shown(officer, number)["conditions"]] == ["one", "two", "three"]


def test_what_is_set_anew_takes_the_place_of_all_that_it_covered(officer):
    number = paused(officer)
    question, answer = amended(officer, number, scope="anew", type="malware, report")
    assert answer.status_code == 303
    assert "usa-cyber" in question.text or "No item becomes readable" in question.text
    assert shown(officer, number)["scope"] == {"types": ["malware", "report"]}


def test_conditions_that_bind_are_added_too(officer):
    number = paused(officer, conditions=["one"])
    _, answer = amended(officer, number, conditions="two", binding_conditions="three\nfour")
    assert answer.status_code == 303
    found = [(each["text"], each["binding"]) for each in shown(officer, number)["conditions"]]
    assert found == [("one", False), ("two", False), ("three", True), ("four", True)]
    assert 'four</bdi> <span class="dim">binding</span>' in officer.get(f"/pauses/{number}/amend").text


RICH = {"topics": {"all": ["cyber"], "none": ["naval"]}, "types": ["indicator"], "marking_at_most": "green"}


def test_a_scope_that_says_more_than_the_fields_stands_there_as_a_selector(officer):
    number = paused(officer, types=[], scope=RICH)
    fields = drawn(officer, number)
    assert fields["selector"].split("\n")[0] == 'types: ["indicator"]'
    assert fields["type"] == ""
    assert drawn(officer, paused(officer))["selector"] == ""
    _, answer = amended(officer, number, review="14d")
    assert answer.status_code == 303
    assert shown(officer, number)["scope"] == RICH
    # Set anew as it stands but for one part.
    typed = fields["selector"].replace("green", "amber")
    _, answer = amended(officer, number, scope="anew", selector=typed)
    assert answer.status_code == 303
    assert shown(officer, number)["scope"] == RICH | {"marking_at_most": "amber"}
    question, answer = amended(officer, number, scope="anew", type="malware")
    assert answer is None
    assert "a selector and what narrows beside it exclude each other" in question.text


@pytest.mark.parametrize("changes", [{"type": "report"}, {"topic": "cyber"}, {"selector": "types: [report]"}])
def test_what_is_filled_in_anew_is_not_left_out_in_silence(officer, changes):
    number = paused(officer)
    question, answer = amended(officer, number, review="14d", **changes)
    assert answer is None
    assert "is to stay as it is" in question.text
    assert shown(officer, number)["version"] == 1


@pytest.mark.parametrize("changes", [{}, {"scope": "anew", "type": ""}])
def test_what_says_nothing_is_not_asked_about(officer, changes):
    number = paused(officer)
    question, answer = amended(officer, number, **changes)
    assert answer is None
    assert question.status_code >= 400
    assert shown(officer, number)["version"] == 1


def test_who_was_slower_changes_nothing(officer):
    number = paused(officer)
    said = drawn(officer, number) | {"reason": "mine"}
    key = KEY.search(officer.post(f"/pauses/{number}/amend", data=said).text)[1]
    amended(officer, number, reason="theirs")
    answer = officer.post(f"/pauses/{number}/amend", data=said | {"once": key})
    assert answer.status_code >= 400
    assert "look at it again" in answer.text
    assert shown(officer, number)["reason"] == "theirs"


def test_a_form_of_another_version_is_not_asked_about(officer):
    number = paused(officer)
    said = drawn(officer, number) | {"reason": "mine"}
    amended(officer, number, reason="theirs")
    answer = officer.post(f"/pauses/{number}/amend", data=said)
    assert answer.status_code == 412
    assert "has another version than 1" in text_of(answer.text)
    assert 'name="once"' not in answer.text
    assert ">mine</textarea>" in answer.text
    token_, version = token(officer), shown(officer, number)["version"]
    lifted = officer.post(
        "/api/v1/pauses/resume",
        json={"pauses": [number]},
        headers={"x-csrf-token": token_, "accept": "application/json"},
    )
    assert lifted.status_code == 200, lifted.text
    answer = officer.post(f"/pauses/{number}/amend", data=said | {"version": version})
    assert "or is over" in text_of(answer.text)


def test_the_question_tells_all_that_is_said_anew(officer):
    number = paused(officer)
    changes = {
        "until": "1m",
        "then": "discard",
        "mode": "cut",
        "discreet": "on",
        "reason": "other talks",
        "authority": "Order 7",
        "binding_conditions": "a place",
        "conditions": "a date",
        "scope": "anew",
        "topic": "cyber",
        "type": "",
    }
    question, answer = amended(officer, number, **changes)
    asked = text_of(question.text)
    assert re.search(
        r"until: \d+ \w+ \d{4} \d\d:\d\d UTC ; what it held is dropped: its recipients never get it", asked
    )
    for told in (
        "covers from then on: topics any of cyber",
        "mode: cut: new items are held back, and what was released is closed",
        "discreet: recipients are not told",
        "reason: other talks",
        "authority: Order 7",
        "binding condition: a place ; nobody can lift it before that is met or waived",
        "condition: a date",
    ):
        assert told in asked, told
    assert answer.status_code == 303, text_of(answer.text)
    # Of what it says nothing of, nothing is told.
    question, _ = amended(officer, paused(officer, discreet=True), discreet="")
    asked = text_of(question.text)
    assert "discreet: recipients are told" in asked
    assert not re.search("until:|mode:|covers|reason:|condition:|review:", asked)


def test_an_end_that_is_set_is_told_with_what_becomes_of_what_it_held(officer):
    number = paused(officer)
    question, _ = amended(officer, number, then="discard")
    assert "when it ends by itself, what it held is: dropped" in text_of(question.text)
    question, _ = amended(officer, number, then="discard", until="1m")
    assert "; what it held is dropped: its recipients never get it" in text_of(question.text)


@pytest.mark.parametrize("key", ["x", "k" * 65, "a b" * 10, "é" * 20])
def test_a_key_that_no_question_gave_is_none(officer, key):
    number = paused(officer)
    answer = officer.post(f"/pauses/{number}/amend", data=drawn(officer, number) | {"reason": "x", "once": key})
    assert answer.status_code >= 400
    assert shown(officer, number)["version"] == 1
