"""`relto preview` of acts that are no pauses: what each would do is told, and nothing is done."""

import pytest
from tests.faces.conftest import AGREEMENT


@pytest.fixture
def stocked(node):
    """One item that flows, and a group."""
    node.ingest(node.indicator("naval"))
    node.ok("party", "add", "GBR", "--name", "United Kingdom", "--kind", "state")
    node.ok("party", "add", "ALLY", "--name", "Allies", "--kind", "group")
    return node


def acts(relto):
    return relto.ok("act", "list")


def only(document):
    return document["flows"][0]


def test_ending_an_agreement_closes_what_it_released_only_with_close(stocked):
    before = acts(stocked)
    assert only(stocked.ok("preview", "end", "usa-ukr"))["loses"]["items"] == 0
    closed = only(stocked.ok("preview", "end", "usa-ukr", "--close"))
    assert closed["loses"] == {"items": 1, "by_topic": {"naval": 1}}
    assert closed["ends"]
    assert acts(stocked) == before


def test_an_amendment_tells_its_differences_and_what_flows_by_it(stocked):
    before = acts(stocked)
    file = stocked.write("wider.yaml", AGREEMENT.replace("to: [UKR]", "to: [UKR, GBR]"))
    found = stocked.ok("preview", "apply", file)[0]
    assert found["known"]
    assert any("GBR" in each for each in found["differences"])
    assert [each["to"] for each in found["flows"] if each["begins"]] == ["GBR"]
    assert acts(stocked) == before
    assert stocked.ok("agreement", "show", "usa-ukr")["version"] == 1


def test_the_same_file_changes_nothing_and_says_so(stocked):
    answer = stocked("preview", "apply", stocked.write("same.yaml", AGREEMENT), json=False)
    assert answer.status == 0
    assert "nothing would change" in answer.out


def test_members_of_a_group_would_be_given_what_it_is_given(stocked):
    text = AGREEMENT.replace("usa-ukr", "usa-ally").replace("[UKR]", "[ALLY]")
    stocked.ok("agreement", "apply", stocked.write("ally.yaml", text))
    joined = stocked.ok("preview", "join", "ALLY", "--member", "GBR")
    assert [each["to"] for each in joined["flows"] if each["begins"]] == ["GBR"]
    stocked.ok("party", "join", "ALLY", "--member", "GBR")
    left = stocked.ok("preview", "leave", "ALLY", "--member", "GBR")
    assert [each["to"] for each in left["flows"] if each["ends"]] == ["GBR"]


def test_a_backlog_is_told_before_it_is_released_or_dropped(stocked):
    number = stocked.ok("pause", "usa-ukr", "--reason", "talks")["pause"]
    stocked.ingest(stocked.indicator("naval"), stocked.indicator("targeting"))
    stocked.ok("resume", number, "--backlog", "review")
    assert only(stocked.ok("preview", "release", "--topic", "naval"))["gains"]["items"] == 1
    assert only(stocked.ok("preview", "release"))["gains"]["items"] == 2
    assert stocked.ok("preview", "discard", number)["kind"] == "backlog-discard"
    assert sum(each["items"] for each in stocked.ok("backlog", "list")["backlog"]) == 2


def test_what_waits_is_told_as_if_it_had_its_approvals(node):
    strict = AGREEMENT + "approvals: {resume: 1}\n"
    node.ok("agreement", "apply", node.write("strict.yaml", strict))
    number = node.ok("pause", "usa-ukr", "--reason", "talks")["pause"]
    node.ingest(node.indicator("naval"))
    waiting = node.ok("resume", number)
    assert waiting["state"] == "proposed"
    found = node.ok("preview", "act", waiting["act"])
    assert (found["act"], only(found)["gains"]["items"]) == (waiting["act"], 1)
    shown = node("preview", "act", waiting["act"], json=False)
    assert "usa-ukr" in shown.out
    assert node.ok("act", "show", waiting["act"])["state"] == "proposed"


@pytest.mark.parametrize(
    ("words", "status"),
    [(("act", "99"), 2), (("end", "nobody"), 2), (("join", "UKR", "--member", "UKR"), 2), (("release", "99"), 2)],
)
def test_what_cannot_be_is_refused_as_the_act_itself_would_be(node, words, status):
    answer = node("preview", *words)
    assert answer.status == status, answer
    assert answer.document["error"]["code"]


def test_nobody_is_told_what_another_partys_act_would_do(stocked):
    waiting = stocked("preview", "end", "usa-ukr", "--as", "kyiv")
    assert (waiting.status, waiting.code) == (1, "role-missing")


def test_what_is_decided_by_hand_is_told_of_each_flow(stocked):
    item = stocked.ok("item", "search")["items"][0]["item"]
    before = acts(stocked)
    told = only(stocked.ok("preview", "item", "recall", item))
    assert (told["to"], told["loses"]) == ("UKR", {"items": 1, "by_topic": {"naval": 1}})
    assert stocked("preview", "item", "withhold", item).code == "item-released"
    assert acts(stocked) == before
    stocked.ok("item", "recall", item, "--reason", "a source", "--yes")
    assert only(stocked.ok("preview", "item", "release", item, "--agreement", "usa-ukr"))["gains"]["items"] == 1


def test_what_is_held_and_would_be_withheld_or_dropped_is_counted(stocked):
    stocked.ok("pause", "usa-ukr", "--reason", "talks")
    item = stocked.indicator("naval")
    stocked.ingest(item)
    answer = stocked("preview", "item", "withhold", item["id"], json=False)
    assert "held, then withheld" in answer.out
    assert "dropped for good" not in answer.out
    withheld = only(stocked.ok("preview", "item", "withhold", item["id"]))
    assert withheld["withholds"] == {"items": 1, "by_topic": {"naval": 1}}
    stocked.ok("resume", "1", "--backlog", "review")
    answer = stocked("preview", "discard", "1", json=False)
    assert "dropped for good" in answer.out
    assert "held, then withheld" not in answer.out
