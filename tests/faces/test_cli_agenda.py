"""`relto agenda`: what calls for a decision, from outside."""

from tests.faces.conftest import AGREEMENT


def test_nothing_calls_for_a_decision_on_a_quiet_node(node):
    assert node.ok("agenda") == []
    assert "nothing calls for a decision" in node("agenda", json=False).err


def test_what_waits_for_approval_stands_there_until_it_is_decided(node):
    node.ok("agreement", "apply", node.write("strict.yaml", AGREEMENT + "approvals: {resume: 1}\n"))
    number = node.ok("pause", "usa-ukr", "--reason", "talks")["pause"]
    act = node.ok("resume", number)["act"]
    assert [(each["kind"], each["subject"]) for each in node.ok("agenda")] == [("approval", act)]
    assert act in node("agenda", json=False).out
    node.ok("reject", act, "--reason", "not yet")
    assert node.ok("agenda") == []
