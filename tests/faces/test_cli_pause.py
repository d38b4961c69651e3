"""Pausing, resuming, previews, backlog, status and explain from outside; the story itself on both engines."""

import re

import pytest

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def status(relto):
    (entry,) = relto.ok("status", "usa-ukr")
    return entry


def decision(relto, item):
    (answer,) = relto.ok("explain", item["id"], "UKR")["answers"]
    assert answer["reasons"]
    assert all(reason["code"] and reason["text"] for reason in answer["reasons"])
    return answer["decision"]


def test_a_pause_holds_and_a_resume_releases_on_both_engines(node_of_each):
    relto = node_of_each
    before = relto.indicator("targeting")
    relto.ingest(before)
    preview = relto.ok("preview", "pause", "usa-ukr", "--topic", "targeting")
    assert (preview["agreement"], preview["classes"], preview["items"]) == ("usa-ukr", 1, 1)
    assert preview["by_topic"] == {"targeting": 1}
    assert preview["by_type"] == {"indicator": 1}
    assert [each["items"] for each in preview["per_day"]] == [1]
    assert status(relto)["state"] == "flowing"

    paused = relto.ok(
        "pause", "usa-ukr", "--topic", "targeting", "--reason", "talks", "--authority", "the president",
        "--review", "2d", "--condition", "talks are fixed", "--condition", "terms are agreed",
    )  # fmt: skip
    assert (paused["pause"], paused["agreements"], paused["mode"], paused["state"]) == (
        "1",
        ["usa-ukr"],
        "freeze",
        "applied",
    )
    assert MOMENT.fullmatch(paused["effective_at"])

    held, flows, warning = (
        relto.indicator("targeting"),
        relto.indicator("naval"),
        relto.indicator("targeting", "threat-to-life"),
    )
    relto.ingest(held, flows, warning)
    entry = status(relto)
    assert (entry["to"], entry["state"], entry["released"]) == ("UKR", "partly-paused", 3)
    (pause,) = entry["pauses"]
    assert (pause["pause"], pause["mode"], pause["reason"]) == ("1", "freeze", "talks")
    assert [(each["condition"], each["text"], each["state"]) for each in pause["conditions"]] == [
        (1, "talks are fixed", "unmet"),
        (2, "terms are agreed", "unmet"),
    ]
    assert MOMENT.fullmatch(pause["since"])
    assert MOMENT.fullmatch(pause["review"])
    assert (pause["held"]["items"], pause["held"]["by_topic"]) == (1, {"targeting": 1})
    assert MOMENT.fullmatch(pause["held"]["oldest"])
    assert [decision(relto, item) for item in (before, held, flows, warning)] == [
        "release",
        "hold",
        "release",
        "release",
    ]
    assert relto.ok("preview", "resume", "1")["items"] == 1

    resumed = relto.ok("resume", "1", "--backlog", "release", "--note", "agreed")
    assert (resumed["pause"], resumed["released"], resumed["still_held"], resumed["state"]) == ("1", 1, 0, "applied")
    assert MOMENT.fullmatch(resumed["effective_at"])
    assert MOMENT.fullmatch(resumed["visible_at"])
    entry = status(relto)
    assert (entry["state"], entry["released"], entry["pauses"]) == ("flowing", 4, [])
    again = relto("resume", "1")
    assert (again.status, again.code) == (1, "pause-lifted")
    assert relto.ok("doctor")["findings"] == []
    assert relto.ok("backup", relto.folder / "kept.backup")["items"] == 4


def test_a_review_is_released_and_dropped_bit_by_bit(node):
    node.ok("pause", "usa-ukr", "--reason", "talks")
    naval, targeting, other = node.indicator("naval"), node.indicator("targeting"), node.indicator("targeting")
    node.ingest(naval, targeting, other)
    assert node.ok("resume", "1", "--backlog", "review")["released"] == 0
    listed = node.ok("backlog", "list")
    assert (listed["items"], listed["visible_at"]) == (3, None)
    assert listed["backlog"] == [
        {"pause": "1", "agreement": "usa-ukr", "to": "UKR", "items": 3, "by_topic": {"naval": 1, "targeting": 2}}
    ]
    assert node.ok("backlog", "list", "1", "--topic", "naval")["items"] == 1
    released = node.ok("backlog", "release", "1", "--topic", "naval")
    assert released["items"] == 1
    assert MOMENT.fullmatch(released["visible_at"])
    assert node.ok("backlog", "release", "--item", targeting["id"])["items"] == 1
    assert node.ok("backlog", "discard", "1")["items"] == 1
    assert [decision(node, item) for item in (naval, targeting, other)] == ["release", "release", "withhold"]
    assert node.ok("explain", other["id"], "UKR")["answers"][0]["reasons"][0]["code"] == "backlog-discarded"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list", "--item", "x"], "usage"),
        (["release", "9"], "pause-unknown"),
        (["release", "--topic", "nil"], "topic-unknown"),
        (["discard", "--item", "indicator--5a51c7ee-3d5b-4c2b-9a3b-999999999999"], "item-unknown"),
        (["discard", "--item", "nonsense"], "stix-id-invalid"),
    ],
)
def test_a_backlog_that_is_not_there_is_bad_input(node, words, code):
    answer = node("backlog", *words)
    assert (answer.status, answer.code) == (2, code)


def test_a_scheduled_pause_says_when_and_waits(node):
    paused = node.ok("pause", "usa-ukr", "--reason", "talks", "--from", "2099-01-01", "--until", "2099-02-01T12:00:00Z")
    assert (paused["state"], paused["effective_at"]) == ("scheduled", "2099-01-01T00:00:00.000000Z")
    entry = status(node)
    assert entry["state"] == "flowing"
    assert entry["pauses"][0]["state"] == "scheduled"
    assert entry["pauses"][0]["until"] == "2099-02-01T12:00:00.000000Z"


def test_durations_count_from_now_by_the_clock_of_the_node(node):
    paused = node.ok("pause", "usa-ukr", "--reason", "talks", "--until", "90m")
    started, until = status(node)["pauses"][0]["since"], status(node)["pauses"][0]["until"]
    assert started <= paused["effective_at"] < until


def test_a_whole_pause_says_paused_and_all_means_all(node):
    assert node.ok("pause", "--all", "--reason", "talks", "--mode", "cut", "--discreet")["agreements"] == ["usa-ukr"]
    entry = status(node)
    assert entry["state"] == "paused"
    assert (entry["pauses"][0]["mode"], entry["pauses"][0]["discreet"]) == ("cut", True)


def test_a_scope_may_stand_in_a_file(node):
    scope = node.write("scope.yaml", "topics: {any: [naval]}\ntypes: [indicator]\n")
    node.ok("pause", "usa-ukr", "--reason", "talks", "--scope", scope)
    naval, other = node.indicator("naval"), node.indicator("targeting")
    node.ingest(naval, other)
    assert [decision(node, item) for item in (naval, other)] == ["hold", "release"]


def test_pauses_are_listed_and_with_lifted_those_as_well_that_were_lifted(node):
    for reason in ("talks", "more talks"):
        node.ok("pause", "usa-ukr", "--reason", reason)
    node.ok("pause", "usa-ukr", "--reason", "an operation", "--from", "2d")
    node.ok("resume", "1")

    def listed(*words):
        return [(each["pause"], each["state"], each["reason"]) for each in node.ok("pause", "list", *words)]

    still = [("2", "running", "more talks"), ("3", "scheduled", "an operation")]
    assert listed() == still
    assert listed("--lifted") == [("1", "lifted", "talks"), *still]
    out = node("pause", "list", "--lifted", json=False).out
    assert all(word in out for word in ("lifted", "scheduled", "usa-ukr", "everything", "an operation"))


def test_an_agreement_that_is_called_list_is_paused_by_whoever_says_why(node):
    node.ok("agreement", "apply", node.write("l.yaml", "agreement: list\nfrom: USA\nto: [UKR]\nscope: all\n"))
    assert node.ok("pause", "list", "--reason", "talks")["agreements"] == ["list"]
    for words in (("usa-ukr", "--lifted", "--reason", "talks"), ("list", "--lifted", "--mode", "cut"), ("--lifted",)):
        answer = node("pause", *words)
        assert (answer.status, answer.code) == (2, "usage")
    assert node("pause", "list", "--mode", "cut").status == 2
    assert [each["pause"] for each in node.ok("pause", "list")] == ["1"]


def test_several_pauses_are_lifted_by_one_act(node):
    node.ok("pause", "usa-ukr", "--reason", "one")
    node.ok("pause", "usa-ukr", "--reason", "two")
    node.ingest(node.indicator("naval"))
    lifted = node.ok("resume", "1", "2")
    assert [(each["pause"], each["released"], each["still_held"]) for each in lifted] == [("1", 0, 1), ("2", 1, 0)]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["usa-ukr"], 2, "usage"),
        (["usa-ukr", "--reason", "  "], 2, "usage"),
        (["nil", "--reason", "x"], 2, "agreement-unknown"),
        (["--reason", "x"], 2, "pause-invalid"),
        (["usa-ukr", "--all", "--reason", "x"], 2, "pause-invalid"),
        (["usa-ukr", "--reason", "x\ny"], 2, "pause-reason-invalid"),
        (["usa-ukr", "--reason", "x", "--topic", "nil"], 2, "topic-unknown"),
        (["usa-ukr", "--reason", "x", "--mode", "thaw"], 2, "usage"),
        (["usa-ukr", "--reason", "x", "--recipient", "USA"], 2, "recipient-unknown"),
        (["usa-ukr", "--reason", "x", "--recipient", "NIL"], 2, "party-unknown"),
        (["usa-ukr", "--reason", "x", "--from", "yesterday"], 2, "when-invalid"),
        (["usa-ukr", "--reason", "x", "--until", "2001-01-01"], 2, "pause-ends-before-it-begins"),
        (["usa-ukr", "--reason", "x", "--scope", "nowhere.yaml"], 2, "file-missing"),
        (["usa-ukr", "--reason", "x", "--marking-at-least", "purple"], 2, "marking-level-unknown"),
        (["amend", "9", "--reason", "x"], 2, "pause-unknown"),
        (["amend", "--reason", "x"], 2, "usage"),
    ],
)
def test_a_pause_that_cannot_be_is_refused_and_nothing_changes(node, words, status, code):
    answer = node("pause", *words)
    assert (answer.status, answer.code) == (status, code)
    assert node.ok("status")[0]["pauses"] == []


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["7"], 2, "pause-unknown"),
        (["seven"], 2, "pause-number-invalid"),
        ([], 2, "usage"),
        (["1", "--backlog", "burn"], 2, "usage"),
    ],
)
def test_a_resume_that_cannot_be_is_refused(node, words, status, code):
    answer = node("resume", *words)
    assert (answer.status, answer.code) == (status, code)


def test_previews_change_nothing_and_take_the_same_options(node):
    node.ok("pause", "usa-ukr", "--reason", "one")
    node.ingest(node.indicator("naval"))
    seen = node.ok("status")
    node.ok("preview", "pause", "usa-ukr", "--mode", "cut", "--reason", "x", "--condition", "y", "--until", "2d")
    assert node.ok("preview", "resume", "1", "--backlog", "discard", "--note", "x")["items"] == 1
    assert node.ok("status") == seen
    assert node.ok("preview", "resume", "1", "1") == node.ok("preview", "resume", "1")
    assert node("preview", "resume", "1", "9").code == "pause-unknown"
    assert node("preview", "pause", "nil").code == "agreement-unknown"
    assert node("preview", "resume", "9").code == "pause-unknown"


def test_status_narrows_to_an_agreement_or_a_party(node):
    assert node.ok("status", "UKR") == node.ok("status", "usa-ukr") == node.ok("status", "USA") == node.ok("status")
    answer = node("status", "nil")
    assert (answer.status, answer.code) == (2, "status-unknown")


def test_explain_needs_an_item_and_a_party_that_are_here(node):
    item = node.indicator("naval")
    node.ingest(item)
    assert node("explain", node.indicator()["id"], "UKR").code == "item-unknown"
    assert node("explain", item["id"], "NIL").code == "party-unknown"
    assert node("explain", "nonsense", "UKR").status == 2
    assert node.ok("explain", item["id"], "USA")["answers"] == []
    named = node.ok("explain", f"{item['id']}@{item['modified']}", "UKR")
    assert named["answers"][0]["decision"] == "release"
