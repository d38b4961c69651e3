"""Briefs and outlooks over HTTP, and by `relto --url`: the same as on the machine of the node."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.api.conftest import assert_problem, client, open_accounts
from tests.pages import text_of

CASE = {
    "case": "talks", "title": "The talks of spring", "agreements": ["usa-ukr"], "parties": ["UKR"], "marking": "clear",
    "entries": [
        {"key": "01", "kind": "statement", "date": "2025-03-09", "speaker": {"name": "Donald Trump", "party": "USA"},
         "words": "We just about have", "points": "nearer", "confidence": "confirmed"},
        {"key": "02", "kind": "deal", "date": "2025-03-09", "subject": "canary", "parties": ["USA"], "status": "signed",
         "marking": "red"},
    ],
}  # fmt: skip


def tell(chief):
    """A pause that holds an item, and the record of a case about it; the number of the pause."""
    assert chief.post("/api/v1/cases/import", json={"files": [json.dumps(CASE)]}).status_code == 200
    made = chief.post("/api/v1/pauses", json={"agreements": ["usa-ukr"], "reason": "talks", "conditions": ["peace"]})
    chief.post("/api/v1/ingest?originator=USA", content=json.dumps([indicator()]))
    return made.json()["pause"]


def test_the_brief_and_the_outlook_are_for_those_in_office_and_their_readers_alone(api_of_each):
    with client(api_of_each) as chief, client(api_of_each, "reader") as reader, client(api_of_each, "foreign") as other:
        number = tell(chief)
        whole = chief.get("/api/v1/briefs/UKR").json()
        assert (whole["headline"], whole["marking"]) == ("Sharing with UKR: paused, and its end is not in sight", "red")
        (found,) = chief.get("/api/v1/outlook").json()
        assert (found["pause"], found["judgement"], found["held"]["items"]) == (number, "not in sight", 1)
        for name, marking in (("UKR", "amber"), ("public", "clear")):
            given = chief.get(f"/api/v1/briefs/UKR?for={name}")
            assert given.json()["marking"] == marking
            assert "canary" not in given.text
            assert "We just about have" in given.text
        for asked in (reader, other):
            assert asked.get("/api/v1/outlook").json() == []
            assert_problem(asked.get(f"/api/v1/outlook?pause={number}"), 404, "pause-unknown")
            assert_problem(asked.get("/api/v1/briefs/UKR"), 404, "brief-subject-unknown")
            assert_problem(asked.get("/api/v1/briefs/talks"), 404, "case-unknown")
        with client(api_of_each, None) as nobody:
            assert_problem(nobody.get("/api/v1/briefs/UKR?for=public"), 401)


def test_a_brief_is_given_in_each_form(api):
    with client(api) as chief:
        if chief.get("/api/v1/cases").json() == []:
            tell(chief)
        asked = {form: chief.get(f"/api/v1/briefs/UKR?form={form}&trace=true").json() for form in ("md", "html", "pdf")}
    assert asked["md"]["text"].startswith("**TLP:RED**")
    assert "entry talks/01" in asked["md"]["text"]
    assert asked["html"]["text"].startswith("<!DOCTYPE html>")
    assert "canary" in text_of(b64decode(asked["pdf"]["file"]))
    assert {each["form"] for each in asked.values()} == {"md", "html", "pdf"}


def test_what_cannot_be_told_is_refused_by_name(api):
    with client(api) as chief:
        for address, status, code in (
            ("briefs/NIL", 404, "party-unknown"),
            ("briefs/none", 404, "case-unknown"),
            ("briefs/UKR?for=NIL", 404, "party-unknown"),
            ("briefs/UKR?for=nobody", 400, "party-code-invalid"),
            ("briefs/UKR?at=9999-01-01", 400, "when-ahead"),
            ("briefs/UKR?at=yesterday", 400, "when-invalid"),
            ("briefs/UKR?form=docx", 422, "request-invalid"),
            ("briefs/UKR?nonsense=1", 422, "request-invalid"),
            ("outlook?pause=x", 400, "pause-number-invalid"),
            ("outlook?pause=99", 404, "pause-unknown"),
            ("outlook?at=9999-01-01", 400, "when-ahead"),
        ):
            assert_problem(chief.get(f"/api/v1/{address}"), status, code)


@pytest.fixture
def both(relto, tmp_path, database_url, monkeypatch):
    """`relto` on the machine of a served node, and what to say to ask it over the network; on each engine."""
    folder = tmp_path / "served"
    with serving(folder, database_url) as served:
        open_accounts(served)
        with client(served) as chief:
            tell(chief)
        monkeypatch.setenv("RELTO_PASSWORD", PASSWORD)
        monkeypatch.setenv("RELTO_DATABASE_URL", database_url)
        yield relto, ("--data", str(folder), "--as", "chief"), ("--url", served.base, "--user", "chief")


def test_by_whichever_way_it_is_asked_the_answer_is_the_same(both):
    relto, local, remote = both
    at = relto(*local, "outlook").document[0]["at"]
    for words in (
        ("brief", "UKR", "--at", at), ("brief", "talks", "--at", at, "--for", "public"),
        ("brief", "UKR", "--at", at, "--for", "UKR"), ("outlook", "--at", at), ("outlook", "1", "--at", at),
        ("brief", "NIL"), ("brief", "none"), ("brief", "UKR", "--for", "NIL"), ("outlook", "9"), ("outlook", "x"),
    ):  # fmt: skip
        here, there = relto(*local, *words), relto(*remote, *words)
        assert (there.status, there.document) == (here.status, here.document), words
    for form in ("md", "html"):
        words = ("brief", "UKR", "--at", at, "--format", form)
        assert relto(*remote, *words, json=False).out == relto(*local, *words, json=False).out


def test_over_the_network_a_file_is_written_here(both, tmp_path):
    relto, _, remote = both
    path = tmp_path / "brief.pdf"
    assert relto(*remote, "brief", "UKR", "--output", path, json=False).status == 0
    assert path.read_bytes().startswith(b"%PDF-")
    assert relto(*remote, "brief", "UKR", json=False).out.startswith("**TLP:RED**")
