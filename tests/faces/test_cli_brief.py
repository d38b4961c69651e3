"""`relto brief` and `relto outlook` from outside."""

import json
import os
import re

import pytest
from rich.cells import cell_len
from tests.faces.test_cli_manners import at_terminal
from tests.pages import text_of

ENTRIES = {
    "case": "talks", "title": "The talks of spring", "agreements": ["usa-ukr"], "parties": ["UKR"], "marking": "clear",
    "entries": [
        {"key": "01", "kind": "statement", "date": "2025-03-09", "speaker": {"name": "Donald Trump", "party": "USA"},
         "words": "We just about have", "points": "nearer", "confidence": "confirmed"},
        {"key": "02", "kind": "statement", "date": "2025-03-09", "speaker": {"party": "USA"},
         "words": "canary in the house", "marking": "amber+strict"},
    ],
}  # fmt: skip


@pytest.fixture
def told(node):
    """A node with a pause that holds something, and the record of a case about it."""
    node.ingest(node.indicator("naval"))
    node.ok("case", "import", node.write("case.json", json.dumps(ENTRIES)))
    node.ok(
        "pause", "usa-ukr", "--reason", "talks", "--condition", "Ukraine wants peace", "--authority", "the president"
    )
    node.ingest(node.indicator("naval"), node.indicator("targeting"))
    return node


# The forms.


def test_a_brief_is_given_as_each_form_on_standard_output(told):
    assert told("brief", "UKR", json=False).out.startswith("**TLP:AMBER+STRICT**")
    assert told("brief", "UKR", "--format", "md", json=False).out.startswith("**TLP:AMBER+STRICT**")
    assert told("brief", "UKR", "--format", "html", json=False).out.startswith("<!DOCTYPE html>")
    value = json.loads(told("brief", "UKR", "--format", "json", json=False).out)
    assert value == told.ok("brief", "UKR") | {"dateline": value["dateline"], "notes": value["notes"]}
    assert (value["headline"], value["for"]) == ("Sharing with Ukraine: paused, and its end is not in sight", "USA")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.md", b"**TLP:"), ("a.markdown", b"**TLP:"), ("a.html", b"<!DOCTYPE html>"), ("a.HTM", b"<!DOCTYPE html>"),
        ("a.json", b"{\n"), ("a.pdf", b"%PDF-"), ("a.txt", b"**TLP:"), ("a", b"**TLP:"), ("pdf", b"**TLP:"),
    ],
)  # fmt: skip
def test_the_name_of_the_file_says_as_what(told, name, begins):
    path = told.folder / name
    answer = told("brief", "UKR", "--output", path, json=False)
    assert answer.status == 0
    assert path.read_bytes().startswith(begins)
    assert answer.out.strip() == f"{path}: Sharing with Ukraine: paused, and its end is not in sight (TLP:AMBER+STRICT)"


def test_the_form_that_is_asked_for_counts_more_than_the_name_of_the_file(told):
    path = told.folder / "a.md"
    told("brief", "UKR", "--output", path, "--format", "pdf", json=False)
    assert path.read_bytes().startswith(b"%PDF-")


def test_with_json_the_document_is_given_and_what_was_written_is_named(told):
    path = told.folder / "a.json"
    told.ok("brief", "UKR", "--output", path)
    document = told.ok("brief", "UKR")
    assert json.loads(path.read_text())["headline"] == document["headline"]
    assert document.keys() == {"headline", "dateline", "marking", "subject", "for", "takes", "sections", "notes"}
    assert {note["trace"] for note in document["notes"]} >= {"pause 1", "outlook 1", "condition 1/1", "entry talks/01"}


def test_the_pages_say_what_the_text_says(told):
    path = told.folder / "a.pdf"
    told("brief", "UKR", "--output", path, json=False)
    text = text_of(path.read_bytes())
    assert "Sharing with Ukraine: paused, and its end is not in sight" in " ".join(text.split())
    assert "canary in the house" in " ".join(text.split())


@pytest.mark.parametrize("form", ["md", "html"])
def test_traces_are_named_where_they_are_asked_for(told, form):
    assert "entry talks/01" in told("brief", "UKR", "--trace", "--format", form, json=False).out
    assert "[entry talks/01]" not in told("brief", "UKR", "--format", form, json=False).out


# For whom.


@pytest.mark.parametrize(
    ("reader", "marking", "canary", "pause"),
    [("USA", "amber+strict", True, True), ("UKR", "amber", False, True), ("public", "clear", False, False)],
)
def test_the_same_brief_differs_by_its_reader(told, reader, marking, canary, pause):
    answer = told("brief", "UKR", "--for", reader)
    document = answer.document
    assert (document["marking"], document["for"]) == (marking, reader)
    assert ("canary" in answer.out, "the president" in answer.out) == (canary, pause)
    assert "We just about have" in answer.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("NIL",), "party-unknown"), (("no-such-case",), "case-unknown"), (("UKR", "--for", "NIL"), "party-unknown"),
        (("UKR", "--for", "ukr"), "party-code-invalid"), (("UKR", "--at", "9999-01-01"), "when-ahead"),
        (("UKR", "--at", "nonsense"), "when-invalid"), (("UKR", "--format", "docx"), "usage"), ((), "usage"),
        (("UKR", "--as", "kyiv"), "brief-subject-unknown"), (("talks", "--as", "kyiv"), "case-unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_by_name(told, words, code):
    answer = told("brief", *words)
    assert (answer.status, answer.code) == (2, code)


@pytest.mark.parametrize("name", ["absent/a.pdf", "."])
def test_a_file_that_cannot_be_written_is_refused_by_name(told, name):
    answer = told("brief", "UKR", "--output", told.folder / name)
    assert (answer.status, answer.code) == (3, "system-refused")
    assert str(told.folder) in answer.document["error"]["message"]


def test_as_of_a_day_before_it_says_what_was_known(told):
    document = told.ok("brief", "UKR", "--at", "2025-03-09")
    assert "recorded later, from sources of the time" in document["dateline"]
    assert [take["traces"] for take in document["takes"]] == [["entry talks/01"]]
    assert "pause 1" not in json.dumps(document)


# In a terminal.

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.mark.parametrize("columns", [30, 60, 100])
def test_a_person_at_a_terminal_is_shown_it_in_lines_that_fit(told, columns):
    seen, status = at_terminal("brief", "UKR", columns=columns, environment={"COLUMNS": str(columns)})
    assert status == 0
    lines = ESCAPES.sub("", seen).replace("\r", "").splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].strip() == "TLP:AMBER+STRICT"
    assert "QUICK TAKES" in lines
    assert "Sharing with Ukraine" in " ".join(lines)


def test_a_terminal_shows_no_pdf(told):
    seen, status = at_terminal("brief", "UKR", "--format", "pdf")
    assert status == 2
    assert "say --output FILE" in seen


# The outlook.


def test_the_outlook_says_the_judgement_the_rule_and_every_input(told):
    (found,) = told.ok("outlook")
    assert (found["pause"], found["judgement"], found["rule"], found["when"]) == ("1", "not in sight", "nothing", [])
    names = [each["input"] for each in found["inputs"]]
    assert len(names) == len(set(names)) == 19
    inputs = {each["input"]: each for each in found["inputs"]}
    assert (inputs["held_items"]["value"], inputs["unsettled"]["made_of"]) == (2, ["condition 1"])
    assert [(mover["judgement"], mover["rule"], mover["lacks"]) for mover in found["movers"]] == [
        ("open", "moved", ["moved_at_least: 1"]), ("open", "talks", ["talks_ahead_at_least: 1"]),
        ("open", "said", ["last_word: nearer"]),
    ]  # fmt: skip
    assert [day["judgement"] for day in found["course"]] == ["not in sight"]
    assert (found["approvals"], found["held"]) == (
        {"needs": 0, "acts": []},
        {"items": 2, "by_topic": {"naval": 1, "targeting": 1}},
    )
    assert found == told.ok("outlook", "1")[0] | {"at": found["at"], "course": found["course"]}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("2",), "pause-unknown"), (("x",), "pause-number-invalid"), (("1", "--at", "2020-01-01"), "pause-unknown"),
        (("--at", "9999-01-01"), "when-ahead"), (("--at", "nonsense"), "when-invalid"),
        (("1", "--as", "kyiv"), "pause-unknown"),
    ],
)  # fmt: skip
def test_what_has_no_outlook_is_refused_by_name(told, words, code):
    answer = told("outlook", *words)
    assert (answer.status, answer.code) == (2, code)


def test_rules_of_ones_own_judge_and_are_shown(told):
    assert "said-and-talks" in told("outlook", "--rules", json=False).out
    told.write("node/outlook.yaml", "rules: [{rule: mine, judgement: close, when: {held_items_at_least: 2}},"
               " {rule: no, judgement: open, when: {}}]")  # fmt: skip
    (found,) = told.ok("outlook")
    assert (found["judgement"], found["rule"], found["when"]) == ("close", "mine", ["held_items_at_least: 2"])
    assert "mine" in told("outlook", "--rules", json=False).out
    assert told.ok("brief", "UKR")["headline"].endswith("it is close to its end")


@pytest.mark.parametrize(
    "text", [b"rules: [{rule: a, judgement: soon, when: {}}]", b"\xff\xfe", b"rules: " + b"[" * 90]
)
def test_rules_that_cannot_be_understood_are_refused_and_nothing_else_is(told, text):
    told.write("node/outlook.yaml", text)
    for words in (("outlook",), ("brief", "UKR")):
        answer = told(*words)
        assert answer.status == 2
        assert answer.code in {"outlook-rules-invalid", "outlook-rules-unreadable"}
    assert told("status").status == 0


@pytest.mark.parametrize("columns", [40, 80])
def test_a_person_is_shown_the_outlook_with_its_course(told, columns):
    seen, status = at_terminal("outlook", columns=columns, environment={"COLUMNS": str(columns)})
    assert status == 0
    lines = ESCAPES.sub("", seen).replace("\r", "").splitlines()
    assert max(map(cell_len, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    for words in ("pause 1 of usa-ukr: talks", "[not in sight]", "▁ ", "1 unmet: Ukraine wants peace",
                  "open once a condition is claimed, met or waived", "2 items since"):  # fmt: skip
        assert words in text


def test_whoever_is_told_of_no_pause_is_told_that_there_is_none(told):
    answer = told("outlook", "--as", "kyiv", json=False)
    assert (answer.status, answer.out) == (0, "")
    assert "no pause whose outlook" in answer.err
    assert os.environ["RELTO_DATA"]


@pytest.mark.parametrize(("name", "begins"), [("u.pdf", b"%PDF"), ("u.html", b"<!DOCTYPE html>"), ("u.md", b"**TLP:")])
def test_with_json_a_file_is_what_its_name_says_all_the_same(told, name, begins):
    path = told.folder / name
    assert told("brief", "UKR", "--output", path).status == 0
    assert path.read_bytes().startswith(begins)


def test_rules_that_cannot_be_understood_name_their_file_and_are_not_in_the_way_of_the_public(told):
    told.write("node/outlook.yaml", "rules: []\n")
    answer = told("brief", "UKR")
    assert (answer.status, answer.code) == (2, "outlook-rules-invalid")
    assert "`outlook.yaml`" in answer.document["error"]["message"]
    assert told("brief", "UKR", "--for", "public").status == 0
