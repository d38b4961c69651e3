"""`relto --url`: the same verbs, words and documents as on the machine of the node itself."""

from __future__ import annotations

import json

import pytest
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.api.conftest import open_accounts

SAID = (
    ("status",),
    ("status", "usa-ukr", "--at", "2020-01-01"),
    ("party", "list"),
    ("party", "show", "UKR"),
    ("agreement", "list"),
    ("agreement", "show", "usa-ukr"),
    ("agreement", "history", "usa-ukr"),
    ("agreement", "diff", "usa-ukr", "1", "1"),
    ("preview", "pause", "usa-ukr", "--topic", "naval"),
    ("backlog", "list"),
    ("approvals",),
    ("act", "list"),
    ("act", "show", "1"),
    ("account", "list"),
    ("account", "token", "list", "kyiv"),
    ("inbox",),
    ("inbox", "--party", "UKR"),
    ("webhook", "list"),
    ("mailbox", "list"),
    ("reader", "list"),
    ("reader", "show", "kyiv"),
    ("explain", "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000000", "UKR"),
    # What is refused is refused alike.
    ("agreement", "show", "usa-xyz"),
    ("preview", "resume", "9"),
    ("impact", "9"),
    ("approve", "99"),
    ("pause", "usa-ukr", "--reason", "x", "--mode", "cut", "--until", "2020-01-01"),
    ("resume", "9"),
    ("condition", "set", "9", "1", "--state", "met"),
    ("item", "recall", "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000000", "--reason", "x"),
    ("party", "join", "UKR", "--member", "GBR"),
    ("pause", "usa-ukr", "--reason", "x", "--review", "nonsense"),
)


@pytest.fixture
def both(relto, tmp_path, database_url, monkeypatch):
    """`relto` on the machine of a served node, and what to say to ask it over the network; on each engine."""
    folder = tmp_path / "served"
    with serving(folder, database_url) as served:
        open_accounts(served)
        monkeypatch.setenv("RELTO_PASSWORD", PASSWORD)
        local = ("--data", str(folder), "--as", "chief")
        monkeypatch.setenv("RELTO_DATABASE_URL", database_url)
        yield served, relto, local, ("--url", served.base, "--user", "chief")


def told(answer):
    document = json.loads(answer.out)
    if answer.status:
        return answer.status, document["error"]["code"], document["error"]["message"]
    return answer.status, document


def test_every_question_has_the_same_answer_by_whichever_way_it_is_asked(both):
    served, relto, local, remote = both
    served.publish(indicator())
    served.pause("usa-ukr", reason="talks", topics=("naval",))
    for words in SAID:
        here, there = relto(*local, *words), relto(*remote, *words)
        assert told(there) == told(here), words


def test_the_whole_story_is_told_over_the_network(both, tmp_path):
    _, relto, _, remote = both

    def ask(*words, user="chief"):
        answer = relto("--url", remote[1], "--user", user, *words)
        assert answer.status == 0, answer
        return json.loads(answer.out)

    file = tmp_path / "usa-ukr.yaml"
    file.write_text(
        "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, early-warning]}\napprovals: {resume: 1}\n"
    )
    assert ask("agreement", "apply", str(file))[0]["version"] == 2
    number = ask("pause", "usa-ukr", "--reason", "talks", user="officer")["pause"]
    bundle = tmp_path / "items.json"
    bundle.write_text(json.dumps([indicator(), indicator()]))
    assert ask("ingest", "--originator", "USA", str(bundle))["added"] == 2
    proposed = ask("resume", number, user="officer")
    assert (proposed["state"], proposed["needs"]) == ("proposed", 1)
    refused = relto("--url", remote[1], "--user", "officer", "approve", proposed["act"])
    assert (refused.status, refused.code) == (1, "role-missing")
    done = ask("approve", proposed["act"], "--note", "agreed", user="approver")
    assert (done["state"], done["released"]) == ("applied", 2)
    shown = ask("act", "show", proposed["act"])
    assert [(each["by"], each["how"]) for each in shown["approvals"]] == [("approver", "password")]
    assert relto("--url", remote[1], "--user", "approver", "approvals", json=False).out.strip() == ""


def test_what_goes_wrong_on_the_way_has_its_exit_status(both):
    _, relto, _, remote = both
    assert (relto("--url", "http://127.0.0.1:1", "--token", "x", "status").status) == 3
    wrong = relto("--url", remote[1], "--token", "nobody", "status")
    assert (wrong.status, wrong.code) == (1, "unauthorised")
    assert relto("--url", "nonsense", "--token", "x", "status").code == "url-invalid"
    assert relto("--url", remote[1], "--token", "x", "--as", "chief", "status").code == "usage"
    assert relto("--url", remote[1], "init", "--party", "USA").code == "usage"
