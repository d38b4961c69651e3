"""Parties, accounts, agreements, readers and topics from outside."""

import pytest

AMENDED = """\
agreement: usa-ukr
title: Battlefield intelligence
from: USA
to: [UKR]
scope: {topics: [naval]}
"""


def test_a_party_is_shown_as_it_was_added(node):
    node.ok("party", "add", "GBR", "--name", "United Kingdom", "--kind", "state", "--ceiling", "S")
    made = node.ok("party", "add", "PACT", "--name", "Pact", "--kind", "alliance", "--member", "GBR", "--member", "UKR")
    assert made == node.ok("party", "show", "PACT")
    assert made["members"] == ["GBR", "UKR"]
    assert node.ok("party", "show", "GBR")["ceiling"] == "S"
    assert [party["party"] for party in node.ok("party", "list")] == ["GBR", "PACT", "UKR", "USA"]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["UKR", "--name", "Again", "--kind", "state"], 1, "party-exists"),
        (["XX1", "--name", "X", "--kind", "kingdom"], 2, "party-kind-unknown"),
        (["xx", "--name", "X", "--kind", "state"], 2, "party-code-invalid"),
        (["XX1", "--name", "X", "--kind", "state", "--member", "UKR"], 2, "party-members"),
        (["XX1", "--name", "X", "--kind", "group", "--member", "NIL"], 2, "party-unknown"),
        (["XX1", "--name", "X", "--kind", "state", "--ceiling", "COSMIC"], 2, "ceiling-unknown"),
        (["XX1", "--kind", "state"], 2, "usage"),
    ],
)
def test_a_party_that_is_none_is_refused(node, words, status, code):
    answer = node("party", "add", *words)
    assert (answer.status, answer.code) == (status, code)
    assert len(node.ok("party", "list")) == 2


def test_an_account_without_a_given_password_gets_one_that_is_shown_once(node):
    made = node.ok("account", "add", "lviv", "--party", "UKR")
    assert made["roles"] == ["reader"]
    assert len(made["password"]) >= 16
    assert "password" not in next(row for row in node.ok("account", "list") if row["account"] == "lviv")


def test_an_account_by_token_has_a_token_and_no_password(node):
    made = node.ok("account", "add", "feed", "--party", "USA", "--role", "contributor", "--role", "reader", "--token")
    assert made["roles"] == ["reader", "contributor"]
    assert len(made["token"]) >= 32
    assert "password" not in made
    again = node.ok("account", "rotate", "feed")
    assert again["token"] != made["token"]


def test_a_password_from_standard_input_is_never_shown(node):
    answer = node(
        "account", "add", "odesa", "--party", "UKR", "--password-stdin", stdin="pass word with spaces \nrest\n"
    )
    assert answer.status == 0
    assert "pass word" not in answer.out + answer.err
    assert "password" not in answer.document


@pytest.mark.parametrize(
    ("words", "stdin", "status", "code"),
    [
        (["kyiv", "--party", "UKR"], "", 1, "account-exists"),
        (["two words", "--party", "UKR"], "", 2, "account-name-invalid"),
        (["new", "--party", "NIL"], "", 2, "party-unknown"),
        (["new", "--party", "UKR", "--role", "king"], "", 2, "role-unknown"),
        (["new", "--party", "UKR", "--password-stdin"], "short\n", 2, "password-invalid"),
        (["new", "--party", "UKR", "--password-stdin"], "", 2, "password-missing"),
        (["new", "--party", "UKR", "--password-stdin"], "x" * 9000, 2, "password-invalid"),
        (["new", "--party", "UKR", "--password-stdin", "--token"], "a password\n", 2, "account-secret"),
    ],
)
def test_an_account_that_cannot_be_is_refused(node, words, stdin, status, code):
    answer = node("account", "add", *words, stdin=stdin)
    assert (answer.status, answer.code) == (status, code)


def test_a_revoked_account_cannot_act(node):
    node.ok("account", "add", "officer", "--party", "USA", "--role", "officer", "--token")
    node.ok("party", "list", "--as", "officer")
    assert node.ok("account", "revoke", "officer")["revoked"] is True
    answer = node("party", "list", "--as", "officer")
    assert (answer.status, answer.code) == (2, "account-unknown")
    assert node("party", "list", "--as", "nobody").code == "account-unknown"


def test_who_acted_is_on_the_record(node):
    node.ok("account", "add", "officer", "--party", "USA", "--role", "officer", "--token")
    node.ok("pause", "usa-ukr", "--reason", "talks", "--as", "officer")
    (status,) = node.ok("status")
    assert status["pauses"][0]["made_by"] == "officer"


def test_a_password_can_be_set_anew(node):
    assert node.ok("account", "set-password", "kyiv")["password"]
    assert "password" not in node.ok("account", "set-password", "kyiv", "--password-stdin", stdin="another password\n")
    assert node("account", "set-password", "nobody").code == "account-unknown"


def test_an_agreement_is_made_amended_shown_and_ended(node):
    unchanged = node.ok("agreement", "apply", _ours(node))
    assert [(each["version"], each["changed"]) for each in unchanged] == [(1, False)]
    (amended,) = node.ok("agreement", "apply", node.write("new.yaml", AMENDED))
    assert (amended["version"], amended["state"]) == (2, "applied")
    assert amended["collections"] == unchanged[0]["collections"]
    shown = node.ok("agreement", "show", "usa-ukr")
    assert (shown["version"], shown["from"], shown["to"], shown["title"]) == (
        2,
        "USA",
        ["UKR"],
        "Battlefield intelligence",
    )
    assert shown["source"] == AMENDED
    assert node.ok("agreement", "show", "usa-ukr", "--version", "1")["terms"]["exceptions"]
    assert [each["version"] for each in node.ok("agreement", "history", "usa-ukr")] == [1, 2]
    assert node.ok("agreement", "diff", "usa-ukr", "1", "2")["differences"]
    assert node.ok("agreement", "diff", "usa-ukr", "2", "2")["differences"] == []
    assert node.ok("agreement", "end", "usa-ukr")["state"] == "applied"
    assert node.ok("status")[0]["state"] == "ended"
    again = node("agreement", "end", "usa-ukr")
    assert (again.status, again.code) == (1, "agreement-ended")
    node.ok("agreement", "end", "usa-ukr", "--close")


def _ours(node):
    return node.write("usa-ukr.yaml", node.ok("agreement", "show", "usa-ukr")["source"])


def test_agreements_are_applied_all_or_none(node):
    good = node.write("good.yaml", AMENDED.replace("usa-ukr", "second"))
    bad = node.write("bad.yaml", AMENDED.replace("usa-ukr", "third").replace("UKR", "NIL"))
    answer = node("agreement", "apply", good, bad)
    assert (answer.status, answer.code) == (2, "party-unknown")
    assert [each["agreement"] for each in node.ok("agreement", "list")] == ["usa-ukr"]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (AMENDED + "onward: free\n", 1, "not-built"),
        (AMENDED + "approvals: {pause: 11}\n", 2, "agreement-invalid"),
        (AMENDED + "colour: red\n", 2, "agreement-invalid"),
        (AMENDED.replace("naval", "nowhere"), 2, "topic-unknown"),
        (b"\xff\xfe", 2, "file-unreadable"),
        ("agreement: [", 2, "agreement-invalid"),
        ("", 2, "agreement-invalid"),
    ],
)
def test_a_file_that_is_no_agreement_is_refused(node, text, status, code):
    answer = node("agreement", "apply", node.write("odd.yaml", text))
    assert (answer.status, answer.code) == (status, code)


def test_a_file_that_is_not_there_is_bad_input(node):
    answer = node("agreement", "apply", node.folder / "nowhere.yaml")
    assert (answer.status, answer.code) == (2, "file-missing")
    assert node("agreement", "apply", node.folder).code == "file-unreadable"


def test_an_agreement_may_come_by_standard_input(node):
    (made,) = node.ok("agreement", "apply", "-", stdin=AMENDED.replace("usa-ukr", "second"))
    assert made["agreement"] == "second"


@pytest.mark.parametrize("words", [["show", "nil"], ["history", "nil"], ["diff", "nil", "1", "2"], ["end", "nil"]])
def test_an_unknown_agreement_is_bad_input_with_a_remedy(node, words):
    answer = node("agreement", *words)
    assert (answer.status, answer.code) == (2, "agreement-unknown")
    assert answer.document["error"]["remedy"] == "relto agreement list"


def test_an_unknown_version_is_bad_input(node):
    assert node("agreement", "diff", "usa-ukr", "1", "7").code == "version-unknown"
    assert node("agreement", "diff", "usa-ukr", "0", "1").code == "usage"


def test_a_reader_is_given_empty_lists_when_that_is_switched_on(node):
    assert node.ok("reader", "set", "kyiv", "--empty-list", "on")["settings"] == {"empty_list": True}
    assert node.ok("reader", "set", "kyiv", "--empty-list", "off")["settings"] == {"empty_list": False}
    assert node("reader", "set", "kyiv").code == "usage"
    assert node("reader", "set", "kyiv", "--empty-list", "perhaps").code == "usage"
    assert node("reader", "set", "nobody", "--empty-list", "on").code == "account-unknown"


def test_changed_topics_hold_for_what_comes_after_and_reclass_decides_the_past(node):
    item = node.indicator("submarine")
    node.ingest(item)
    assert node.ok("explain", item["id"], "UKR")["answers"][0]["decision"] == "withhold"
    node.write("node/topics.yaml", "topics: {naval: {labels: [naval, submarine]}, targeting: {labels: [targeting]}}\n")
    assert node.ok("explain", item["id"], "UKR")["answers"][0]["decision"] == "withhold"
    done = node.ok("topics", "reclass")
    assert (done["items"], done["moved"]) == (1, 1)
    assert node.ok("explain", item["id"], "UKR")["answers"][0]["decision"] == "release"
