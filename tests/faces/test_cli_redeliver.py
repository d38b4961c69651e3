"""Giving again from outside: what a cut keeps back, who has no reader, and what is told of it afterwards."""

from tests.faces.test_cli_readers import clock, given, served


def test_what_it_gave_can_be_read_when_it_answers(node):
    given(node, 3)
    done = node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")
    assert done["visible_at"] <= clock()
    assert set(done) >= {"agreement", "recipient", "accounts", "since", "items", "visible_at"}


def test_nothing_that_is_cut_comes_with_it_and_what_was_lost_of_it_comes_with_the_resume(node):
    with served(node) as partner:
        kyiv = partner()
        [naval] = given(node, 1)
        target = node.indicator("targeting")
        node.ingest(target)
        cursor = kyiv.ask().headers["x-taxii-date-added-last"]
        node.ok("pause", "usa-ukr", "--reason", "talks", "--mode", "cut", "--topic", "targeting")
        assert node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")["items"] == 1
        response = kyiv.ask(cursor)
        assert [each["id"] for each in response.json()["objects"]] == [naval]
        node.ok("resume", "1")
        response = kyiv.ask(response.headers["x-taxii-date-added-last"])
        assert [each["id"] for each in response.json()["objects"]] == [target["id"]]
    assert node.ok("status")[0]["released"] == 2


def test_twice_is_told_twice_and_counts_its_items_once(node):
    [name] = given(node, 1)
    for _ in range(2):
        assert node.ok("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")["items"] == 1
    [entry] = node.ok("status")
    assert (entry["released"], [each["items"] for each in entry["repaired"]]) == (1, [1, 1])
    [answer] = node.ok("explain", name, "UKR")["answers"]
    # It stands where the last one put it: of the one before nothing is told.
    assert [reason["code"] for reason in answer["reasons"]].count("given-again") == 1
    assert "given again 2 times" in node("status", json=False).out


def test_a_party_without_a_reader_is_named_and_so_is_one_that_reads_nothing_any_more(node):
    given(node, 1)
    node.ok("account", "revoke", "kyiv")
    answer = node("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")
    assert (answer.status, answer.code) == (2, "account-unknown")
    assert answer.document["error"]["remedy"] == "relto account list"
    node.ok("account", "add", "lviv", "--party", "UKR", "--password-stdin", stdin="a good password\n")
    node.ok("agreement", "end", "usa-ukr", "--close")
    answer = node("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h")
    assert (answer.status, answer.code) == (2, "recipient-unknown")
    assert answer.document["error"]["remedy"] == "relto agreement show usa-ukr"


def test_who_acts_has_to_be_known(node):
    given(node, 1)
    answer = node("redeliver", "usa-ukr", "--recipient", "UKR", "--since", "1h", "--as", "nobody")
    assert (answer.status, answer.code) == (2, "account-unknown")
    assert node.ok("status")[0]["repaired"] == []
