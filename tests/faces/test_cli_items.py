"""`relto item search` and `relto item show`, from outside, on both engines."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def stocked(node_of_each):
    node = node_of_each
    first = node.indicator("naval", name="Sandworm infrastructure", pattern="[ipv4-addr:value = '198.51.100.99']")
    second = node.indicator("naval", name="Turla infrastructure")
    node.ingest(first, second)
    node.first, node.second = first["id"], second["id"]
    return node


def test_items_are_found_by_what_people_know_of_them_newest_first(stocked):
    def found(*words):
        return [each["title"] for each in stocked.ok("item", "search", *words)["items"]]

    assert found() == found("infrastructure") == ["Turla infrastructure", "Sandworm infrastructure"]
    assert found("SANDWORM", "infrastructure") == found("198.51.100.99") == found(stocked.first)
    assert found("198.51.100.99") == ["Sandworm infrastructure"]
    assert found("--topic", "naval", "turla") == ["Turla infrastructure"]
    assert found("--type", "report") == found("sand") == found("--topic", "other") == []
    assert found("--from", "2000-01-01", "--to", "2001-01-01") == []
    text = stocked("item", "search", "turla", json=False).out
    assert "Turla infrastructure" in text
    assert stocked.second in text
    assert "no item is found" in stocked("item", "search", "nobody", json=False).err


def test_a_list_goes_on_where_it_ended_and_nothing_else_goes_on(stocked):
    page = stocked.ok("item", "search", "--limit", "1")
    more = stocked.ok("item", "search", "--limit", "1", "--after", page["next"])
    assert [each["title"] for each in page["items"] + more["items"]] == [
        "Turla infrastructure",
        "Sandworm infrastructure",
    ]
    assert more["next"] is None
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", page["next"]), "it tells nothing"
    refused = stocked("item", "search", "--after", "1")
    assert (refused.status, refused.code) == (2, "cursor-invalid")
    stocked.ok("account", "add", "olga", "--party", "USA", "--role", "officer")
    refused = stocked("item", "search", "--after", page["next"], "--as", "olga")
    assert refused.code == "cursor-invalid", "another's cursor is none"
    refused = stocked("item", "search", "--from", "2025-03-02", "--to", "2025-03-01")
    assert refused.code == "search-span-invalid"
    refused = stocked("item", "search", "x" * 5_000)
    assert refused.code == "words-too-long"


def test_one_item_is_shown_with_its_markings_and_with_what_becomes_of_it(stocked):
    stocked.ok("pause", "usa-ukr", "--reason", "talks")
    held = stocked.indicator("naval", name="Held")
    stocked.ingest(held)
    shown = stocked.ok("item", "show", held["id"])
    assert (shown["title"], shown["originator"], shown["topics"]) == ("Held", "USA", ["naval"])
    assert [(each["agreement"], each["to"], each["decision"]) for each in shown["flows"]] == [
        ("usa-ukr", "UKR", "hold")
    ]
    assert "talks" in shown["flows"][0]["reasons"][0]["text"]
    assert shown["flows"][0]["leaves"], "whoever sees everything is told what it rests on"
    assert [each["item"] for each in shown["versions"]] == [shown["item"]]
    text = stocked("item", "show", held["id"], json=False).out
    assert "Held" in text
    assert "hold" in text
    assert shown["digest"] in text.replace("\n", "").replace(" ", "")


def test_an_item_is_shown_as_it_stood_at_a_moment(stocked):
    stocked.ok("pause", "usa-ukr", "--reason", "talks")
    held = stocked.indicator("naval", name="Held")
    stocked.ingest(held)
    then = stocked.ok("item", "show", held["id"])["at"]
    stocked.ok("resume", "1")
    newer = {**held, "modified": "2025-03-02T12:00:00.000Z", "name": "Newer"}
    stocked.ingest(newer)

    def shown(*more):
        found = stocked.ok("item", "show", held["id"], *more)
        return found["title"], len(found["versions"]), [each["decision"] for each in found["flows"]]

    assert shown() == ("Newer", 2, ["release"])
    assert shown("--at", then) == ("Held", 1, ["hold"])
    for when, code in (("2001-01-01", "item-unknown"), ("2999-01-01", "when-ahead"), ("soon", "when-invalid")):
        assert stocked("item", "show", held["id"], "--at", when).code == code
    stocked.ok("account", "add", "olga", "--party", "UKR", "--role", "officer")
    assert stocked("item", "show", held["id"], "--at", "2001-01-01", "--as", "olga").code == "item-unknown"


def test_who_only_receives_is_refused_alike_whatever_is_asked(stocked):
    stocked.ok("pause", "usa-ukr", "--reason", "talks")
    held = stocked.indicator("naval", name="Held")
    stocked.ingest(held)
    stocked.ok("account", "add", "giver", "--party", "UKR", "--role", "contributor")
    nobody = "indicator--00000000-0000-4000-8000-000000000000"
    for who in ("kyiv", "giver"):
        asked = [("item", "show", name) for name in (stocked.first, held["id"], nobody, "no id")]
        asked += [("item", "show", held["id"], "--at", when) for when in ("soon", "2001-01-01", "2999-01-01")]
        asked += [("item", "search"), ("item", "search", "infrastructure"), ("item", "search", "--after", "1")]
        told = [stocked(*each, "--as", who) for each in asked]
        assert {each.code for each in told} == {"role-missing"}
        assert len({each.document["error"]["message"] for each in told}) == 1


def test_what_was_purged_is_shown_as_purged_to_whose_it_was(stocked):
    stocked.ok("purge", "--before", "0d", "--yes")
    shown = stocked.ok("item", "show", stocked.first)
    assert (shown["purged"], shown["stix"], shown["title"]) == (True, "", "")
    assert stocked.ok("item", "search", "infrastructure")["items"] == []
