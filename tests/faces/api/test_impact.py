"""The impact of a pause over HTTP: each account is told of its own side, on either engine."""

from __future__ import annotations

import json

from tests.conformance.served import indicator
from tests.faces.api.conftest import assert_problem, client

PAUSES = "/api/v1/pauses"


def test_it_is_a_list_of_recipients_and_whoever_receives_is_told_of_its_own_side(api_of_each):
    with client(api_of_each) as chief, client(api_of_each, "reader") as reader, client(api_of_each, "foreign") as other:
        order = {"agreements": ["usa-ukr"], "reason": "talks"}
        number = chief.post(PAUSES, json=order).json()["pause"]
        quiet = chief.post(PAUSES, json={**order, "discreet": True}).json()["pause"]
        chief.post("/api/v1/ingest?originator=USA", content=json.dumps([indicator(), indicator()]))
        (found,) = chief.get(f"{PAUSES}/{number}/impact").json()
        assert (found["pause"], found["to"], found["held"]["items"]) == (number, "UKR", 2)
        assert chief.get(f"{PAUSES}/{quiet}/impact").json()[0]["held"]["items"] == 2
        for asked in (reader, other):
            (theirs,) = asked.get(f"{PAUSES}/{number}/impact").json()
            assert (theirs["held"], theirs["received"]["before"]) == (None, found["received"]["before"])
            assert {each["held_newer"] for each in theirs["staleness"]} <= {None}
            assert_problem(asked.get(f"{PAUSES}/{quiet}/impact"), 404, "pause-unknown")


def test_what_cannot_be_told_is_refused_by_name(api):
    with client(api) as asked:
        number = asked.post(PAUSES, json={"agreements": ["usa-gbr"], "reason": "talks"}).json()["pause"]
        for address, status, code in (
            ("999/impact", 404, "pause-unknown"),
            ("x/impact", 400, "pause-number-invalid"),
            (f"{number}/impact?at=9999-01-01", 400, "when-ahead"),
            (f"{number}/impact?at=yesterday", 400, "when-invalid"),
            (f"{number}/impact?at=1d&at=2d", 400, "query-invalid"),
            (f"{number}/impact?nonsense=1", 422, "request-invalid"),
        ):
            assert_problem(asked.get(f"{PAUSES}/{address}"), status, code)
        asked.post(f"{PAUSES}/resume", json={"pauses": [number]})
