"""A pause is made, and several are lifted, by pages alone, with all that the command line can say; what they held is
worked through over all of them, and a pause leads to what lifts it.
"""

import re

import pytest
from tests.faces.console.desk import Desk, text_of
from tests.faces.console.test_guard import signed_in, token

from relto.faces.console.pages import pause

CHECKED = re.compile(r'<input type="checkbox" name="pause" value="(\d+)" form="chosen">')
LIFTED = re.compile(r'<tr><th scope="row"><a href="/pauses/(\d+)">')
HELD = {"agreement": "usa-fvey", "reason": "talks", "mode": "freeze", "then": "release"}
TELLS = re.compile(r'<ul class="tells">.*?</ul>', re.DOTALL)
MOMENT = r"\d+ \w{3} \d{4} \d\d:\d\d UTC"
SELECTOR = "topics:\n  any: [naval, imagery]\n  none: [targeting]\nmarking_at_most: green\n"


class Office(Desk):
    """The console as the officer of the giver has it."""

    def ask(self, address, /, **fields):
        return super().ask(address, **{"csrf_token": token(self.client), **fields})

    def told(self, address, **query):
        """The same by the API."""
        answer = self.client.get(f"/api/v1{address}", params=query, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sent(self, address, order):
        headers = {"x-csrf-token": token(self.client), "accept": "application/json"}
        answer = self.client.post(f"/api/v1{address}", json=order, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def paused(self, **order):
        return self.sent("/pauses", {"agreements": ["usa-fvey"], "reason": "talks", **order})["pause"]

    def reviewed(self, shown, number):
        """Lifted; what it held is kept for review."""
        self.approved(shown, self.sent("/pauses/resume", {"pauses": [number], "backlog": "review"})["act"])

    def approved(self, shown, act):
        for who in ("adviser", "director"):
            with shown.client(who) as client:
                assert client.post(f"/acts/{act}/approve", json={}).status_code == 200


@pytest.fixture
def office(own_console):
    with signed_in(own_console, "officer") as client:
        yield Office(client)


@pytest.fixture(scope="module")
def looking(console):
    """Of tests that change nothing."""
    with signed_in(console, "officer") as client:
        yield Office(client)


# Making one.


def test_conditions_that_bind_and_a_selector_are_said_in_the_form(office):
    fields = {**HELD, "conditions": "talks", "binding_conditions": "a place\na date", "selector": SELECTOR}
    preview = text_of(office.ask("/pauses/preview", **fields).text)
    wanted = office.sent(
        "/previews/pause",
        {
            "agreements": ["usa-fvey"],
            "scope": {"topics": {"any": ["naval", "imagery"], "none": ["targeting"]}, "marking_at_most": "green"},
        },
    )
    whole = office.sent("/previews/pause", {"agreements": ["usa-fvey"]})
    assert 0 < wanted["items"] < whole["items"]
    assert f"{wanted['items']} items of the last 30 days" in preview
    asked = office.question("/pauses/new", **fields)
    for text in ("a place", "a date"):
        assert f"binding condition: {text} ; nobody can lift it before that is met or waived" in asked
    assert "condition: talks" in asked.replace("binding condition", "")
    assert f"{wanted['items']} items of the last 30 days" in asked
    answer = office.act("/pauses/new", **fields)
    assert answer.status_code == 303, text_of(answer.text)
    made = office.told(f"/pauses/{answer.headers['location'].rsplit('/', 1)[1]}")
    assert made["scope"] == {"topics": {"any": ["imagery", "naval"], "none": ["targeting"]}, "marking_at_most": "green"}
    assert [(each["text"], each["binding"]) for each in made["conditions"]] == [
        ("talks", False),
        ("a place", True),
        ("a date", True),
    ]
    page = office.get(f"/pauses/resume?pause={made['pause']}")
    assert "Binding conditions stand in the way" in page
    asked = office.question("/pauses/resume", pause=made["pause"])
    assert f"it comes to nothing: pause {made['pause']} has a binding condition that is unmet" in asked
    assert "comes to nothing" not in office.question("/pauses/resume", **{"pause": made["pause"], "from": "2d"})
    refused = office.act("/pauses/resume", pause=made["pause"])
    assert refused.status_code == 409
    assert "has a binding condition that is unmet: a place" in text_of(refused.text)


def test_the_question_tells_all_that_is_asked_for_and_so_does_the_act(office):
    fields = {
        "agreement": "usa-cyber",
        "recipient": "FRA",
        "selector": SELECTOR,
        "mode": "cut",
        "from": "1h",
        "until": "2d",
        "then": "discard",
        "reason": "talks of talks",
        "authority": "Order 7",
        "review": "2035-03-20T12:00Z",
        "discreet": "on",
    }
    response = office.ask("/pauses/new", **fields)
    asked = text_of(response.text)
    order = [
        "for one recipient: FRA",
        "covers: topics any of imagery, naval; topics none of targeting; marking at most green",
        "mode: cut: new items are held back, and what was released is closed for reading as well",
        f"until: {MOMENT} ; what it held is dropped: its recipients never get it",
        "review: 20 Mar 2035 12:00 UTC",
        "discreet: recipients are not told: to them it looks like silence",
    ]
    for told in (f"It is done at {MOMENT} .", *order, "reason: talks of talks", "authority: Order 7"):
        assert re.search(told if "UTC" in told else re.escape(told), asked), told
    assert re.search(f"It binds from {MOMENT} on", asked)
    assert "at once" not in asked
    preview = text_of(office.ask("/pauses/preview", **fields).text)
    assert re.search(f"It binds from {MOMENT} on", preview)
    assert office.answer("/pauses/new", response).status_code == 303
    act = office.told("/acts")["acts"][0]["act"]
    page = text_of(office.get(f"/acts/{act}"))
    for told in (f"from: {MOMENT}", *order):
        shown = told.replace(": ", " ", 1)
        assert re.search(shown if "UTC" in shown else re.escape(shown), page), shown
    # Where nothing of it is said, that is told.
    asked = office.question("/pauses/new", **HELD)
    for told in ("It is done at once.", "covers: everything", "mode: freeze", "until: somebody lifts it"):
        assert told in asked


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"agreement": ""}, "nothing is chosen to be paused"),
        ({"reason": " "}, "a pause needs a reason"),
        ({"selector": SELECTOR, "topic": "naval"}, "a selector and what narrows beside it exclude each other"),
        ({"selector": "topics: [nowhere]"}, "there is no topic nowhere"),
        ({"selector": "topics: [naval"}, "line 1"),
        ({"selector": "null"}, "the selector is empty"),
        ({"selector": "labels: [x]"}, "labels"),
        ({"until": "2020-01-01T00:00Z"}, "the end of the pause lies in the past"),
        ({"from": "nonsense"}, "nonsense"),
        ({"recipient": "POL"}, "party POL receives nothing under agreement usa-fvey"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_the_form_stays(looking, fields, told):
    said = {**HELD, "conditions": "talks", **fields}
    answer = looking.ask("/pauses/new", **said)
    assert 400 <= answer.status_code < 500
    alert = text_of(re.search(r'<div class="wrong" role="alert">(.*?)</div>', answer.text, re.DOTALL)[1])
    assert told.replace("`", "") in alert
    assert "--" not in alert
    assert "relto " not in alert
    assert '<textarea name="conditions" rows="2">talks</textarea>' in answer.text
    assert said.get("selector", "").strip() in answer.text


# Lifting several.


def test_those_that_are_ticked_are_lifted_together(office):
    first, second = office.paused(topics=["naval"]), office.paused(topics=["targeting"])
    page = office.get("/pauses")
    assert {first, second} < set(CHECKED.findall(page))
    assert "Lift 2 pauses" in text_of(office.get(f"/pauses/resume?pause={first}&pause={second}"))
    asked = office.question("/pauses/resume", pause=[first, second, first], note="agreed", backlog="release")
    assert f"Lift pauses {first} and {second}?" in asked
    assert f"Pause {first}: it is done at once." in asked
    assert "Each is an act of its own, and all of them are taken or none." in asked
    answer = office.act("/pauses/resume", pause=[first, second], note="agreed", backlog="release")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pauses")
    assert {office.told(f"/pauses/{each}")["state"] for each in (first, second)} == {"lifted"}


def test_what_several_hold_is_counted_together(looking, made_world):
    numbers = [made_world[1].pauses[each] for each in ("intelligence", "imagery")]
    alone = [looking.sent("/previews/resume", {"pauses": [each]})["items"] for each in numbers]
    together = looking.sent("/previews/resume", {"pauses": numbers})["items"]
    assert together > sum(alone), "what both hold is released by neither alone"
    page = text_of(looking.get(f"/pauses/resume?pause={numbers[0]}&pause={numbers[1]}"))
    assert f"{together:,} held items are released, once and in order" in page


def test_a_pause_that_is_named_twice_is_one(office):
    number = office.paused()
    for address in ("/pauses/resume", "/pauses/resume/preview"):
        asked = text_of(office.ask(address, pause=[f"0{number}", number]).text)
        assert "It is done at once." in asked
        assert "together" not in asked


@pytest.mark.parametrize("several", [False, True])
def test_the_question_of_a_resume_tells_its_moment_and_its_note(office, several):
    numbers = [office.paused() for _ in range(1 + several)]
    fields = {"pause": numbers, "from": "2d", "backlog": "discard", "note": "as agreed"}
    asked = office.question("/pauses/resume", **fields)
    for number in numbers:
        assert re.search(f"Pause {number}: it is done at {MOMENT} ." if several else f"It is done at {MOMENT} .", asked)
    assert "note: as agreed" in asked
    assert "its backlog: dropped: its recipients never get it" in asked
    assert re.search(f"{'They are' if several else 'It is'} lifted at {MOMENT}", asked)
    assert "at once" not in asked
    # A moment that cannot be read is told of, and the form stays.
    answer = office.ask("/pauses/resume", **fields | {"from": "soon"})
    assert answer.status_code == 400
    assert 'name="from" value="soon"' in answer.text


def test_what_somebody_else_lifted_meanwhile_is_left_out_and_the_rest_stays(office):
    first, second, third = (office.paused() for _ in range(3))
    fields = {"pause": [first, second, third], "note": "as  agreed", "backlog": "review", "from": "2d"}
    question = office.ask("/pauses/resume", **fields)
    office.sent("/pauses/resume", {"pauses": [second]})
    for answer in (office.ask("/pauses/resume", **fields), office.answer("/pauses/resume", question)):
        assert answer.status_code == 409
        assert f"pause {second} was lifted already" in text_of(answer.text)
        assert f"Pause {second} was lifted already, and is left out." in text_of(answer.text)
        assert re.findall(r'name="pause" value="(\d+)"', answer.text) == [first, third]
        assert 'name="note" value="as  agreed"' in answer.text
        assert 'value="review" checked' in answer.text
    assert office.act("/pauses/resume", **fields | {"pause": [first, third], "from": ""}).status_code == 303
    assert "was lifted already" in text_of(office.get(f"/pauses/resume?pause={first}", status=409))


def test_where_one_of_several_waits_for_approvals_its_act_is_found(office, made_world):
    mine, theirs = office.paused(), made_world[1].pauses["intelligence"]
    asked = office.question("/pauses/resume", pause=[mine, theirs], backlog="release")
    assert f"Pause {theirs}: it waits until 2 others have approved it." in asked
    assert f"Pause {mine}: it is done at once." in asked
    assert "Lift or propose to lift them" in asked
    assert "Counted together, as if all were lifted now." in asked
    answer = office.act("/pauses/resume", pause=[mine, theirs], backlog="release")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acts")
    page = text_of(office.get(f"/pauses/{theirs}"))
    assert re.search(r"to be lifted act \d+ has 0 of 2 approvals", page)


def test_whoever_ticks_nothing_is_told_so(looking):
    assert "no pause is chosen" in text_of(looking.get("/pauses/resume", status=400))


def test_what_was_asked_for_already_is_said_before_it_is_asked_for_again(office, made_world):
    number = made_world[1].pauses["intelligence"]
    assert "Asked for already" not in office.get(f"/pauses/resume?pause={number}")
    first = office.sent("/pauses/resume", {"pauses": [number]})["act"]
    page = text_of(office.get(f"/pauses/resume?pause={number}"))
    assert re.search(rf"Act {first} of officer ?, to lift pause {number}: has 0 of 2 approvals", page)
    said = f"Act {first} of officer waits to lift pause {number} already"
    assert said in office.question("/pauses/resume", pause=number, backlog="release")
    other = made_world[1].pauses["imagery"]
    assert said not in office.question("/pauses/resume", pause=other, backlog="release")


def test_whoever_may_lift_nothing_is_offered_nothing(console):
    for who in ("adviser", "kyiv"):
        with signed_in(console, who) as client:
            page = client.get("/pauses").text
            assert "Pause 2" in page
            assert CHECKED.findall(page) == []
            assert "Resume those ticked" not in page


# What lifted it, and what is left.


def test_a_pause_that_was_lifted_leads_to_the_act_and_to_what_is_left_of_it(office, own_console):
    number = office.paused()
    act = office.sent("/pauses/resume", {"pauses": [number]})["act"]
    page = office.get(f"/pauses/{number}")
    assert re.search(rf'<dt>lifted</dt><dd><time[^>]*>[^<]*</time> by <a href="/acts/{act}">act {act}</a>', page)
    assert f"/backlog/{number}" not in page
    with signed_in(own_console, "kyiv") as client:
        assert "/acts/" not in client.get("/pauses/2").text


def test_a_pause_of_which_a_review_keeps_something_leads_to_its_backlog(office, own_console, made_world):
    number = made_world[1].pauses["intelligence"]
    asked = office.sent("/pauses/resume", {"pauses": [number], "backlog": "review"})
    office.approved(own_console, asked["act"])
    kept = office.told("/backlog", pause=number)["items"]
    assert kept > 1
    page = office.get(f"/pauses/{number}")
    assert f'<a href="/backlog/{number}">{kept} items</a> kept for review' in page
    assert f'<a href="/acts/{asked["act"]}">' in page


def test_those_that_were_lifted_stand_below_newest_first_page_by_page(office, own_console, monkeypatch):
    monkeypatch.setattr(pause, "LIFTED_PAGE", 2)
    numbers = [office.paused(reason=f"talks {place}") for place in range(3)]
    for number in numbers:
        office.sent("/pauses/resume", {"pauses": [number]})
    page = office.get("/pauses")
    assert LIFTED.findall(page) == [numbers[2], numbers[1]]
    assert f'<a href="/pauses/{numbers[2]}">' not in page.partition('id="lifted-title"')[0]
    following = re.search(r'rel="next" href="([^"]+)"', page)[1]
    assert LIFTED.findall(office.get(f"/pauses{following}")) == [numbers[0]]
    with signed_in(own_console, "kyiv") as client:
        assert LIFTED.findall(client.get("/pauses").text) == []


# The backlog of all of them.


@pytest.mark.parametrize("verb", ["release", "discard"])
@pytest.mark.parametrize("chosen", ["everything", "topic"])
def test_what_is_dropped_or_released_is_what_was_counted(office, own_console, made_world, verb, chosen):
    first, second = (made_world[1].pauses[each] for each in ("imagery", "intelligence"))
    office.reviewed(own_console, first)
    before = office.told("/backlog")
    named = {"everything": "on"} if chosen == "everything" else {"topic": next(iter(before["by_topic"]))}
    address = f"/backlog/{verb}"
    question = office.ask(address, **named)
    # Meanwhile another resume keeps more of it.
    office.reviewed(own_console, second)
    kept = office.told("/backlog")["items"]
    assert kept > before["items"]
    acts = len(office.told("/acts")["acts"])
    answer = office.answer(address, question)
    assert answer.status_code == 412
    assert "something has changed since this was asked" in text_of(answer.text)
    assert len(office.told("/acts")["acts"]) == acts, "nothing is asked for"
    was, told, anew = (TELLS.findall(each.text) for each in (question, answer, office.ask(address, **named)))
    assert was != told
    assert told == anew, "it is counted anew"
    # And what is told then is done, once.
    again = [office.answer(address, answer) for _ in range(2)]
    assert [each.status_code for each in again] == [303, 303]
    assert again[0].headers["location"] == again[1].headers["location"]


def test_what_one_pause_left_is_dropped_as_it_was_counted(office, own_console, made_world):
    number = made_world[1].pauses["imagery"]
    office.reviewed(own_console, number)
    address = f"/backlog/{number}"
    topic = next(iter(office.told("/backlog", pause=number)["by_topic"]))
    question = office.ask(f"{address}/discard", everything="on")
    done = office.act(f"{address}/release", topic=topic)
    office.approved(own_console, done.headers["location"].rsplit("/", 1)[1])
    assert office.answer(f"{address}/discard", question).status_code == 412
    assert office.act(f"{address}/discard", everything="on").status_code == 303


def test_what_reviews_keep_is_released_and_dropped_over_all_pauses(office, own_console, made_world):
    numbers = [made_world[1].pauses[each] for each in ("intelligence", "imagery")]
    for number in numbers:
        asked = office.sent("/pauses/resume", {"pauses": [number], "backlog": "review"})
        office.approved(own_console, asked["act"])
        alone = text_of(office.get("/backlog"))
        assert ("Of all pauses, by topic" in alone) == (number == numbers[1])
    before = office.told("/backlog")
    topic, count = next((name, count) for name, count in before["by_topic"].items() if count > 1)
    assert before["by_topic"][topic] == office.told("/backlog", topics=topic)["items"]
    page = text_of(office.get("/backlog"))
    assert f"{topic} {count}" in page
    # By topic.
    asked = office.question("/backlog/release", topic=topic)
    assert f"Release all of {topic} in the backlog of all pauses?" in asked
    answer = office.act("/backlog/release", topic=topic)
    assert answer.status_code == 303
    office.approved(own_console, answer.headers["location"].rsplit("/", 1)[1])
    left = office.told("/backlog")
    assert left["items"] == before["items"] - count
    # And all that is left.
    asked = office.question("/backlog/discard", everything="on")
    assert "Drop all that is left of the backlog of all pauses?" in asked
    assert f"{left['items']} items of usa-ukr to UKR are dropped." in asked
    answer = office.act("/backlog/discard", everything="on")
    office.approved(own_console, answer.headers["location"].rsplit("/", 1)[1])
    assert office.told("/backlog")["items"] == 0
    # Nothing is ticked.
    assert "nothing is chosen" in text_of(office.ask("/backlog/release").text)
