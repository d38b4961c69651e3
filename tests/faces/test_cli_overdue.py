"""Dates that have passed: everybody is told, and nothing else happens."""

from tests.faces.conftest import AGREEMENT


def findings(node):
    return {each["code"]: each for each in node.ok("doctor")["findings"]}


def test_a_review_that_has_passed_is_shown_wherever_the_pause_is_and_lifts_nothing(node):
    node.ok("pause", "usa-ukr", "--reason", "talks", "--review", "2020-01-01")
    (entry,) = node.ok("status")
    (pause,) = entry["pauses"]
    assert (entry["state"], pause["state"], pause["overdue"]) == ("paused", "running", ["review"])
    assert "overdue: review passed" in node("status", json=False).out
    found = findings(node)["pause-overdue"]
    assert found["severity"] == "warning"
    assert "pause `1`" in found["text"]
    node.ok("pause", "amend", "1", "--review", "2d")
    assert node.ok("status")[0]["pauses"][0]["overdue"] == []
    assert "pause-overdue" not in findings(node)


def test_a_review_of_an_agreement_that_has_passed_is_shown_until_another_is_set(node):
    assert not node.ok("status")[0]["overdue"]
    node.ok("agreement", "apply", node.write("a.yaml", AGREEMENT + "review: 2020-01-01\n"))
    assert node.ok("status")[0]["overdue"]
    assert "review date of agreement usa-ukr has passed" in node("status", json=False).out
    assert "agreement-overdue" in findings(node)
    node.ok("agreement", "apply", node.write("a.yaml", AGREEMENT + "review: 2099-01-01\n"))
    assert "agreement-overdue" not in findings(node)
