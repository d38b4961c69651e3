"""Acts that wait, from outside: proposed, approved, rejected, withdrawn; the story itself on both engines."""

import pytest

AGREEMENT = """\
agreement: usa-ukr
from: USA
to: [UKR]
scope: {topics: [naval, targeting]}
approvals: {resume: 2}
"""


def staffed(relto):
    for name, role in (("olga", "officer"), ("ann", "approver"), ("ben", "approver"), ("rita", "reader")):
        relto.ok(
            "account", "add", name, "--party", "USA", "--role", role, "--password-stdin", stdin="a good password\n"
        )
    relto.ok("agreement", "apply", relto.write("usa-ukr.yaml", AGREEMENT))
    return relto


@pytest.fixture
def office(node):
    """A node with an officer, two approvers and a reader, whose agreement asks two for a resume."""
    return staffed(node)


def test_a_resume_waits_for_two_who_agree_on_both_engines(node_of_each):
    relto = staffed(node_of_each)
    paused = relto.ok("pause", "usa-ukr", "--reason", "talks", "--as", "olga")
    assert paused["state"] == "applied"
    relto.ingest(relto.indicator("naval"))
    asked = relto.ok("resume", "1", "--note", "agreed", "--as", "olga")
    act = asked["act"]
    assert (asked["state"], asked["kind"], asked["needs"], asked["has"]) == ("proposed", "resume", 2, 0)
    (waits,) = relto.ok("approvals")
    assert (waits["act"], waits["by"], waits["how"], waits["agreements"]) == (act, "olga", "local", ["usa-ukr"])
    half = relto.ok("approve", act, "--as", "ann", "--note", "seen")
    assert (half["state"], half["needs"], half["has"]) == ("proposed", 2, 1)
    for name, code in (("ann", "approval-twice"), ("olga", "role-missing"), ("rita", "act-unknown")):
        answer = relto("approve", act, "--as", name)
        assert (answer.status, answer.code) == (2 if code == "act-unknown" else 1, code)
    assert relto.ok("status", "usa-ukr")[0]["state"] == "paused"
    done = relto.ok("approve", act, "--as", "ben")
    assert (done["state"], done["has"], done["released"]) == ("applied", 2, 1)
    assert relto.ok("approvals") == []
    assert relto.ok("status", "usa-ukr")[0]["state"] == "flowing"
    shown = relto.ok("act", "show", act)
    assert [(each["by"], each["how"], each["note"]) for each in shown["approvals"]] == [
        ("ann", "local", "seen"),
        ("ben", "local", ""),
    ]
    assert (relto("approve", act, "--as", "ann").code) == "act-closed"
    assert relto.ok("act", "list", "--kind", "resume")["acts"][0]["act"] == act


def test_for_people_it_says_who_has_to_agree_and_what_became_of_it(office):
    office.ok("pause", "usa-ukr", "--reason", "talks")
    asked = office("resume", "1", json=False)
    act = office.ok("approvals")[0]["act"]
    assert f"act {act} (resume) waits for 2 approvals" in asked.out + asked.err
    assert f"relto approve {act}" in asked.out + asked.err
    assert "1 of 2" in office("approve", act, "--as", "ann", json=False).out
    assert "carried out" in office("approve", act, "--as", "ben", json=False).out
    answer = office("approvals", json=False)
    assert "nothing waits" in answer.out + answer.err


def test_a_rejected_act_and_one_that_is_taken_back_are_over(office):
    office.ok("pause", "usa-ukr", "--reason", "talks")
    first = office.ok("resume", "1", "--as", "olga")["act"]
    assert office.ok("reject", first, "--reason", "too early", "--as", "ann")["state"] == "rejected"
    second = office.ok("resume", "1", "--as", "olga")["act"]
    answer = office("act", "withdraw", second, "--as", "ann")
    assert (answer.status, answer.code) == (1, "act-not-yours")
    assert office.ok("act", "withdraw", second, "--as", "olga")["state"] == "withdrawn"
    for act in (first, second):
        answer = office("approve", act, "--as", "ben")
        assert (answer.status, answer.code) == (1, "act-closed")


def test_what_moved_is_said_from_outside(office):
    office.ok("pause", "usa-ukr", "--reason", "talks")
    act = office.ok("resume", "1", "--as", "olga")["act"]
    office.ok("pause", "amend", "1", "--mode", "cut", "--as", "olga")
    answer = office("approve", act, "--as", "ann")
    assert (answer.status, answer.code) == (1, "act-closed")
    assert "pause 1 was freeze of everything" in answer.document["error"]["message"]


def test_a_node_takes_no_local_approvals_where_it_says_so(office, monkeypatch):
    office.ok("pause", "usa-ukr", "--reason", "talks")
    act = office.ok("resume", "1", "--as", "olga")["act"]
    monkeypatch.setenv("RELTO_APPROVALS_LOCAL", "false")
    answer = office("approve", act, "--as", "ann")
    assert (answer.status, answer.code) == (1, "approval-local")


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["approve", "99"], 2, "act-unknown"),
        (["approve", "x"], 2, "act-number-invalid"),
        (["approve"], 2, "usage"),
        (["reject", "1"], 2, "usage"),
        (["act", "show", "99"], 2, "act-unknown"),
        (["act", "show", "-1"], 2, "usage"),
        (["act", "withdraw", "1"], 1, "act-closed"),
        (["act", "list", "--after", "x"], 2, "act-number-invalid"),
        (["act", "list", "--limit", "0"], 2, "usage"),
        (["resume", "1", "--backlog", "nonsense"], 2, "usage"),
        (["condition", "set", "1", "1", "--state", "done"], 2, "usage"),
        (["condition", "set", "9", "1", "--state", "met"], 2, "pause-unknown"),
        (["item", "recall", "nonsense", "--reason", "x", "--yes"], 2, "stix-id-invalid"),
        (["item", "withhold", "--reason", "x"], 2, "usage"),
        (["party", "leave", "USA", "--member", "UKR"], 2, "member-unknown"),
        (["pause", "usa-ukr", "--reason", "x", "--as", "nobody"], 2, "account-unknown"),
    ],
)
def test_wrong_input_is_refused_by_name(office, words, status, code):
    answer = office(*words)
    assert (answer.status, answer.code) == (status, code)


def test_items_are_decided_by_hand_from_outside(office):
    one, two = office.indicator("naval"), office.indicator("naval")
    office.ingest(one)
    recalled = office.ok("item", "recall", one["id"], "--reason", "wrong", "--yes", "--as", "olga")
    assert (recalled["state"], recalled["items"], recalled["recipients"]) == ("applied", 1, ["UKR"])
    office.ok("pause", "usa-ukr", "--reason", "talks")
    office.ingest(two)
    assert office.ok("item", "withhold", two["id"], "--reason", "not theirs")["state"] == "applied"
    waits = office.ok("item", "release", one["id"], "--agreement", "usa-ukr", "--reason", "right after all")
    assert (waits["state"], waits["needs"]) == ("proposed", 2)
    for name in ("ann", "ben"):
        office.ok("approve", waits["act"], "--as", name)
    decisions = [office.ok("explain", each["id"], "UKR")["answers"][0]["decision"] for each in (one, two)]
    assert decisions == ["release", "withhold"]
