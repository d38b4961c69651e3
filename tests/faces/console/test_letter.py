"""What is confirmed is what was typed: a question gives its form back to the letter, and tells what it will do."""

import html
import re

import pytest
from tests.faces.console.test_guard import signed_in, token

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FILE = """\
agreement: to-the-letter
title: "two  blanks,\u200fa mark, <b>&amp;\u200d"
from: USA
to:
  - POL
scope:
  topics:
    any:
      - naval
  marking_at_most: amber
"""


@pytest.fixture
def officer(own_console):
    with signed_in(own_console, "officer") as client:
        yield client


def answered(client, address, said):
    question = client.post(address, data=said | {"csrf_token": token(client)})
    assert question.status_code == 200, question.text
    fields = {name: html.unescape(value) for name, value in FIELD.findall(question.text)}
    return question, client.post(address, data=fields)


def test_a_file_is_what_was_typed_after_the_question_and_in_its_form(officer):
    said = FILE.replace("\u200f", "").replace("\u200d", "")
    question, answer = answered(officer, "/agreements/new", {"file": said})
    assert answer.status_code == 303, (question.text, answer.text)
    assert officer.get("/api/v1/agreements/to-the-letter").json()["source"].strip() == said.strip()
    form = officer.get("/agreements/to-the-letter/amend").text
    drawn = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1])
    assert drawn.strip() == said.strip()


def test_hidden_fields_hold_each_character(officer):
    question = officer.post("/agreements/new", data={"csrf_token": token(officer), "file": FILE})
    drawn = re.findall(r"<textarea[^>]*>(.*?)</textarea>|name=\"file\" value=\"([^\"]*)\"", question.text, re.DOTALL)
    assert any(html.unescape("".join(each)).strip() == FILE.strip() for each in drawn), question.text


def test_a_new_agreement_takes_no_name_that_there_is(officer):
    said = FILE.replace("to-the-letter", "usa-ukr").replace("\u200f", "").replace("\u200d", "")
    answer = officer.post("/agreements/new", data={"csrf_token": token(officer), "file": said})
    assert answer.status_code == 409
    assert "already" in answer.text


@pytest.mark.parametrize("backlog", ["release", "discard", "review"])
def test_the_question_of_a_resume_counts_what_its_choice_does(officer, made_world, backlog):
    number = made_world[1].pauses["intelligence"]
    held = sum(
        each["held"]["items"]
        for flow in officer.get("/api/v1/status").json()
        for each in flow["pauses"]
        if each["pause"] == number
    )
    said = {"csrf_token": token(officer), "pause": number, "backlog": backlog, "note": "x"}
    text = officer.post("/pauses/resume", data=said).text
    told = int(re.search(r"<strong>([\d,]+)</strong> held items", text)[1].replace(",", ""))
    if backlog == "release":
        assert told < held, "another pause holds some of it"
    else:
        assert told == held


def test_a_question_leads_back_to_its_form_with_what_was_said(officer):
    said = {"csrf_token": token(officer), "agreement": "usa-cyber", "reason": "not  yet", "authority": "mine"}
    question = officer.post("/pauses/new", data=said)
    assert "Change it" in question.text
    before = officer.get("/api/v1/pauses").json()
    fields = {name: html.unescape(value) for name, value in FIELD.findall(question.text)}
    form = officer.post("/pauses/new", data=fields | {"change": "yes"})
    assert form.status_code == 200
    assert "not  yet" in form.text
    assert 'value="mine"' in form.text
    assert 'value="usa-cyber" checked' in form.text
    assert officer.get("/api/v1/pauses").json() == before


def test_without_scripts_the_topics_of_what_is_chosen_are_asked_for_by_a_button(officer):
    assert 'name="change"' in officer.get("/pauses/new").text
    form = officer.post("/pauses/new", data={"csrf_token": token(officer), "agreement": "usa-ukr", "change": "yes"})
    assert 'name="topic" value="naval"' in form.text
