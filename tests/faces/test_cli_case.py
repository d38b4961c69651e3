"""`relto case` from outside: what is typed, what is answered, what is refused, and how it looks in narrow terminals."""

from __future__ import annotations

import json
import re

import pytest
from rich.cells import cell_len
from tests.faces.conftest import AGREEMENT, TOPICS

from relto.faces.cli import case as case_face
from relto.faces.cli.fields import changes_of, entry_of

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FILE = """\
case: a
title: The pause of March 2025
marking: clear
begins: 2025-02-28
people:
  - {key: trump, name: Donald Trump, party: USA, role: president}
  - {key: zelenskyy, name: Volodymyr Zelenskyy, aliases: [Zelensky], party: UKR, role: president}
entries:
  - {key: "01", kind: statement, date: 2025-02-28, speaker: trump, words: You gamble, source: {name: AP, grade: B1}}
  - {key: "02", kind: measure, date: 2025-03-05, does: paused, by: USA, extent: partial, confidence: disputed}
  - {key: "03", kind: measure, date: 2025-03-05/2025-03-09, does: paused, by: USA, extent: complete}
  - {key: "04", kind: talks, date: 2025-03-11, place: Jeddah, state: held, delegations: {UKR: [Zelensky], USA: []}}
  - {key: "05", kind: shift, date: 2025-03, party: USA, from: giving, to: pausing}
"""


@pytest.fixture
def cases(node):
    """The node, with a case that has a little of everything."""
    node.ok("case", "import", node.write("case.yaml", FILE))
    return node


def words(answer):
    assert answer.status == 0, answer
    assert COLOUR.search(answer.out + answer.err) is None
    return answer.out


def test_a_case_is_opened_added_to_corrected_linked_shown_and_listed(node_of_each):
    relto = node_of_each
    opened = relto.ok("case", "open", "a", "--title", "The pause", "--about", "UKR", "--agreement", "usa-ukr")
    assert opened.items() >= {"case": "a", "party": "USA", "added": 0, "entries": [], "clashes": []}.items()
    relto.ok("pause", "usa-ukr", "--reason", "talks", "--condition", "talks are fixed")
    added = relto.ok("case", "add", "a", "person", "name=Donald Trump", "party=United States", "role=president")
    assert [each["key"] for each in added["entries"]] == ["trump"]
    said = ("date=2025-03-09", "speaker=Trump", "words=We just about have", "source=AP", "grade=b2", "told=2025-03-10")
    added = relto.ok("case", "add", "a", "statement", *said, "pauses=1", "conditions=1/1", "place=[Air Force One]")
    (made,) = added["entries"]
    assert made["source"] == {"name": "AP", "date": "2025-03-10", "grade": "B2"}
    assert (made["pauses"], made["conditions"], made["place"]) == (["1"], ["1/1"], "[Air Force One]")
    assert made["headline"] == "Donald Trump (president, USA): “We just about have”"
    corrected = relto.ok("case", "correct", "a", "01", "words=Almost", "place=", "grade=B3", "--because", "misheard")
    (made,) = corrected["entries"]
    assert (made["key"], made["corrects"], made["because"]) == ("02", "01", "misheard")
    assert made["source"] == {"name": "AP", "date": "2025-03-10", "grade": "B3"}
    assert "place" not in made
    assert relto.ok("case", "link", "a", "02", "--pause", "1", "--text", "why")["entries"][0]["kind"] == "link"
    relto.ok("case", "link", "a", "02", "about", "trump")
    shown = relto.ok("case", "show", "a")
    assert [each["key"] for each in shown["entries"]] == ["trump", "01", "02", "03", "04"]
    assert [each["corrected_by"] for each in shown["entries"]] == [None, "02", None, None, None]
    entry = relto.ok("case", "show", "a", "01")
    assert [each["words"] for each in entry["history"]] == ["We just about have", "Almost"]
    assert {each["recorded_by"] for each in entry["history"]} == {"admin"}
    told = relto.ok("case", "timeline", "a")
    assert [each["key"] for each in told["entries"]] == ["02"]
    assert [each["pause"] for each in told["pauses"]] == ["1"]
    assert relto.ok("case", "timeline", "a", "--kind", "talks")["entries"] == []
    assert [each["case"] for each in relto.ok("case", "list")] == ["a"]
    gone = relto.ok("case", "correct", "a", "02", "--retract", "--because", "never said")
    assert gone["entries"][0]["retracts"] is True
    assert relto.ok("case", "timeline", "a")["entries"] == []
    assert relto.ok("doctor")["findings"] == []


@pytest.mark.parametrize("form", ["yaml", "json", "stix"])
def test_what_is_exported_is_imported_and_known(cases, form):
    text = words(cases("case", "export", "a", "--form", form, json=False))
    path = cases.write("out", text)
    again = cases.ok("case", "import", path)
    assert [(each["added"], each["known"], each["opened"]) for each in again] == [(0, 7, False)]
    document = cases.ok("case", "export", "a", "--form", form)
    assert (document["case"], document["form"]) == ("a", form)
    if form != "stix":
        assert document["file"] == text
    named = cases.folder / "named"
    assert cases.ok("case", "export", "a", "--form", form, "--output", named)["file"] == str(named)
    assert len(named.read_text()) == len(text)


def test_an_export_that_cannot_be_written_is_an_answer_and_no_traceback(cases):
    answer = cases("case", "export", "a", "--output", cases.folder / "nowhere" / "x.yaml")
    assert answer.status in {1, 2, 3}
    assert answer.code
    assert "Traceback" not in answer.err


def test_files_come_from_standard_input_as_well(cases):
    added = cases.ok("case", "add", "a", "--file", "-", stdin="- {kind: deal, date: 2025-03-11, subject: minerals, "
                     "parties: [USA, UKR], status: signed}\n")  # fmt: skip
    assert [each["key"] for each in added["entries"]] == ["06"]
    assert cases.ok("case", "import", "-", stdin=FILE)[0]["known"] == 7
    link = {"kind": "link", "date": "2025-03-09", "entry": "01", "relation": "about", "other": "02"}
    path = cases.write("more.json", json.dumps([link]))
    assert cases.ok("case", "add", "a", "--file", path)["added"] == 1


@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [
        (["list", "x"], 2, "usage"),
        (["open", "a", "--title", "x"], 1, "case-exists"),
        (["open", "A", "--title", "x"], 2, "case-id-invalid"),
        (["open", "b"], 2, "usage"),
        (["open", "b", "--title", ""], 2, "entry-invalid"),
        (["open", "b", "--title", "x", "--party", "XYZ"], 2, "party-unknown"),
        (["open", "b", "--title", "x", "--agreement", "nil"], 2, "agreement-unknown"),
        (["open", "b", "--title", "x", "--pause", "9"], 2, "pause-unknown"),
        (["open", "b", "--title", "x", "--begins", "2025-02-30"], 2, "date-invalid"),
        (["open", "b", "--title", "x", "--marking", "orange"], 2, "marking-level-unknown"),
        (["show", "nil"], 2, "case-unknown"),
        (["show", "a", "99"], 2, "entry-unknown"),
        (["show", "a", "--at", "2099-01-01"], 2, "when-ahead"),
        (["show", "a", "--at", "nonsense"], 2, "when-invalid"),
        (["show", "a", "--at", "2025-02-30"], 2, "date-invalid"),
        (["timeline", "a", "--kind", "statment"], 2, "entry-invalid"),
        (["timeline", "nil"], 2, "case-unknown"),
        (["add", "a"], 2, "usage"),
        (["add", "a", "statement", "--file", "x"], 2, "usage"),
        (["add", "a", "--file", "nowhere.yaml"], 2, "file-missing"),
        (["add", "a", "speech", "date=2025-03-09"], 2, "entry-invalid"),
        (["add", "a", "statement", "words"], 2, "field-invalid"),
        (["add", "a", "statement", "wrods=x"], 2, "field-invalid"),
        (["add", "a", "statement", "words=x", "words=y"], 2, "field-invalid"),
        (["add", "a", "statement", "speaker=[x", "words=y"], 2, "field-invalid"),
        (["add", "a", "statement", "words=x"], 2, "entry-invalid"),
        (["add", "a", "statement", "date=2025-03-09", "speaker=nobody", "words=x"], 2, "person-unknown"),
        (["add", "a", "statement", "date=2025-02-30", "speaker=trump", "words=x"], 2, "date-invalid"),
        (["add", "a", "statement", "date=2024-03-09", "speaker=trump", "words=x"], 2, "entry-before-case"),
        (["add", "a", "statement", "date=2025-03-09", "speaker=trump", "words=x", "key=01"], 1, "entry-exists"),
        (["add", "a", "statement", "date=2025-03-09", "speaker=trump", "words=x", "supports=99"], 2, "entry-unknown"),
        (["add", "a", "statement", "date=2025-03-09", "speaker=trump", "words=\x1b[31m"], 2, "entry-invalid"),
        (["add", "a", "person", "name=Donald Trump", "role=envoy"], 1, "person-two-roles"),
        (["correct", "a", "01", "words=x"], 2, "usage"),
        (["correct", "a", "99", "words=x", "--because", "y"], 2, "entry-unknown"),
        (["correct", "a", "01", "date=", "--because", "y"], 2, "entry-invalid"),
        (["correct", "a", "01", "--because", ""], 2, "entry-invalid"),
        (["link", "a", "01"], 2, "entry-invalid"),
        (["link", "a", "01", "about"], 2, "entry-invalid"),
        (["link", "a", "01", "denies", "02"], 2, "usage"),
        (["link", "a", "99", "about", "01"], 2, "entry-unknown"),
        (["link", "a", "01", "--pause", "9"], 2, "pause-unknown"),
        (["link", "a", "01", "--condition", "x"], 2, "entry-invalid"),
        (["import"], 2, "usage"),
        (["import", "nowhere.yaml"], 2, "file-missing"),
        (["export", "nil"], 2, "case-unknown"),
        (["export", "a", "--form", "pdf"], 2, "usage"),
    ],
    ids=range(47),
)
def test_what_cannot_be_is_refused_by_name_and_nothing_changes(cases, typed, status, code):
    before = cases.ok("case", "show", "a")["entries"]
    answer = cases("case", *typed)
    assert (answer.status, answer.code) == (status, code)
    assert cases.ok("case", "show", "a")["entries"] == before
    plain = cases("case", *typed, json=False)
    assert (plain.status, plain.out) == (status, "")
    assert plain.err
    assert "\x1b" not in plain.err


@pytest.mark.parametrize(
    "text",
    ["", "x", "case: [", "case: b", "case: b\ntitle: x\nentries: [{kind: speech}]", "{", "\x00", b"\xff\xfe",
     "[" * 50_000,
     "case: a\ntitle: Another\n", FILE.replace("You gamble", "Something else")],
    ids=range(11),
)  # fmt: skip
def test_a_file_that_cannot_be_taken_in_is_refused_and_nothing_changes(cases, text):
    before = cases.ok("case", "list")
    answer = cases("case", "import", cases.write("bad", text))
    assert answer.status in {1, 2}
    assert answer.code
    assert cases.ok("case", "list") == before


def test_whoever_is_unknown_is_asked_for_at_a_terminal_and_then_recorded(cases, monkeypatch):
    monkeypatch.setattr(case_face.Call, "asks_a_person", True)
    typed = ("case", "add", "a", "statement", "date=2025-03-09", "speaker=Himes", "words=No")
    answer = cases(*typed, stdin="Jim Himes\nUSA\nmember of the House\n")
    document = json.loads(answer.out)
    assert [each["key"] for each in document["entries"]] == ["himes", "06"]
    assert document["entries"][1]["speaker"]["role"] == "member of the House"
    assert "whole name [Himes]" in answer.err
    stopped = cases(*("case", "add", "a", "statement", "date=2025-03-09", "speaker=Crawford", "words=x"), stdin="")
    assert (stopped.status, stopped.code) == (2, "person-unknown")
    assert "himes" in [each["person"] for each in cases.ok("case", "show", "a")["people"]]
    wrong = cases(
        *("case", "add", "a", "statement", "date=2025-03-09", "speaker=Crawford", "words=x"), stdin="\nXYZ\n\n"
    )
    assert (wrong.status, wrong.code) == (2, "party-unknown-here")


def test_whoever_is_unknown_is_refused_where_nobody_sits(cases):
    answer = cases(
        "case", "add", "a", "statement", "date=2025-03-09", "speaker=Himes", "words=No", stdin="Jim Himes\n\n\n"
    )
    assert (answer.status, answer.code) == (2, "person-unknown")


SHOWN = [("case", "list"), ("case", "show", "a"), ("case", "show", "a", "04"), ("case", "timeline", "a")]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("typed", SHOWN, ids=" ".join)
def test_nothing_is_wider_than_the_terminal(cases, monkeypatch, typed, width):
    cases.ok(
        "case", "add", "a", "statement", "date=2025-03-09", "speaker=trump", "words=" + "言葉" * 60 + " " + "x" * 90
    )
    cases.ok("pause", "usa-ukr", "--reason", "a reason that is longer than any terminal is wide, " * 3)
    cases.ok("case", "link", "a", "01", "--pause", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    out = words(cases(*typed, json=False))
    assert max(map(cell_len, out.splitlines())) <= width, out
    assert "言葉" in out or typed[:2] == ("case", "list") or typed[-1] == "04"


def test_a_timeline_reads_in_order_with_doubts_contradictions_and_corrections(cases):
    cases.ok("case", "correct", "a", "04", "outcome=a joint statement", "--because", "it came out")
    out = words(cases("case", "timeline", "a", json=False))
    lines = [line for line in out.splitlines() if line.strip()]
    assert lines[0] == "The pause of March 2025"
    assert next(line for line in lines if "[01" in line).lstrip().startswith("28 Feb")
    assert any("5-9 Mar" in line and "≠ 02" in line for line in lines)
    assert any("disputed" in line and "≠ 03" in line for line in lines)
    assert any("corrects 04" in line for line in lines)
    assert out.index("28 Feb") < out.index("5 Mar") < out.index("11 Mar")


def test_a_timeline_of_before_says_that_it_was_recorded_later(cases):
    answer = cases("case", "timeline", "a", "--at", "2025-03-06", json=False)
    assert "recorded later" in answer.out
    document = cases.ok("case", "timeline", "a", "--at", "2025-03-06")
    assert document["told_later"] is True
    assert document["at"] == "2025-03-06T23:59:59.999999Z"
    # What is told of several days is known on the last of them.
    assert {each["key"] for each in document["entries"]} == {"01", "02"}
    later = cases.ok("case", "timeline", "a", "--at", "2025-03-09")["entries"]
    assert {each["key"] for each in later} == {"01", "02", "03"}
    assert cases.ok("case", "timeline", "a")["told_later"] is False


def test_an_empty_case_is_shown_without_fuss(node):
    node.ok("case", "open", "a", "--title", "x")
    for typed in (("show", "a"), ("timeline", "a")):
        answer = node("case", *typed, json=False)
        assert answer.status == 0
        assert "nothing is on record" in answer.out + answer.err
    assert node("case", "list", json=False).status == 0


def test_hostile_text_is_shown_and_not_obeyed(cases):
    from tests.unit.domain.record.entries import is_control

    answer = cases("case", "show", "\x1b]0;x\x07", json=False)
    assert answer.status == 2
    assert not any(is_control(character) for character in answer.err.replace("\n", ""))


@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        (["to=UKR"], {"to": ["UKR"]}), (["to=[UKR, GBR]"], {"to": ["UKR", "GBR"]}), (["words=[inaudible] no"],) * 2,
        (["words={x} a"],) * 2, (["words=true"],) * 2, (["text=a=b"], {"text": "a=b"}),
        (["retracts=true"], {"retracts": True}),
        (["supports=01"], {"supports": ["01"]}), (["told-by=x"],) * 2, (["place="], {"place": None}),
        (["source={name: AP}", "grade=B2"], {"source": {"name": "AP", "grade": "B2"}}), (["source="], {"source": None}),
        (["grade=", "url=https://x.example"], {"source": {"grade": None, "url": "https://x.example"}}),
    ],
)  # fmt: skip
def test_fields_mean_what_they_look_like(typed, entry):
    if entry is typed:
        entry = {name.replace("-", "_"): text for name, _, text in (field.partition("=") for field in typed)}
    kind = "measure" if "to" in entry else "impact" if "told_by" in entry else "statement"
    assert entry_of(kind, typed) == {"kind": kind, **entry}


def test_a_field_that_is_a_list_in_one_kind_and_a_line_in_another_can_be_corrected_in_both(cases):
    assert changes_of(["to=UKR"]) == {"to": "UKR"}
    made = cases.ok("case", "correct", "a", "05", "to=giving", "from=pausing", "--because", "x")["entries"][0]
    assert (made["to"], made["from"]) == ("giving", "pausing")
    made = cases.ok("case", "correct", "a", "02", "to=[UKR]", "--because", "x")["entries"][0]
    assert made["to"] == ["UKR"]
    refused = cases("case", "correct", "a", "03", "to=UKR", "--because", "x")
    assert refused.document["error"]["remedy"] == "write [one, another]"
    made = cases.ok("case", "correct", "a", "04", "hosts=Zelensky", "source=", "--because", "x")["entries"][0]
    assert [host["person"] for host in made["hosts"]] == ["zelenskyy"]


def test_entries_flow_and_are_explained_as_items_are(relto):
    relto.ok("init", "--party", "USA", "--name", "United States")
    relto.write("node/topics.yaml", TOPICS + "  diplomacy: {labels: [diplomacy]}\n")
    relto.ok("topics", "reclass")
    relto.ok("party", "add", "UKR", "--name", "Ukraine", "--kind", "state")
    relto.ok("agreement", "apply", relto.write("a.yaml", AGREEMENT.replace("[naval, ", "[diplomacy, naval, ")))
    relto.ok("case", "open", "a", "--title", "x", "--marking", "clear")
    relto.ok("case", "add", "a", "statement", "date=2025-03-09", "speaker=USA", "words=No")
    (entry,) = relto.ok("case", "show", "a")["entries"]
    assert [each["decision"] for each in relto.ok("explain", entry["item"], "UKR")["answers"]] == ["release"]
    verified = relto("log", "verify")
    assert verified.status == 0, verified
