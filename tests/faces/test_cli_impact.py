"""`relto impact` from outside."""

import pytest
from rich.cells import cell_len

KEYS = {
    "pause", "agreement", "to", "state", "mode", "scope", "what", "reason", "since", "until", "at", "held", "became",
    "staleness", "warnings", "received", "reports",
}  # fmt: skip


@pytest.fixture
def paused(node):
    """A pause that holds three items, with a warning that flowed."""
    node.ingest(node.indicator("naval"), node.indicator("targeting"))
    node.ok("pause", "usa-ukr", "--reason", "talks")
    node.ingest(node.indicator("naval"), node.indicator("naval", "targeting"), node.indicator("targeting"))
    node.ingest(node.indicator("naval", "threat-to-life"))
    return node


def test_the_document_says_what_is_held_how_stale_the_rest_is_and_what_was_received(paused):
    (found,) = paused.ok("impact", "1")
    assert found.keys() == KEYS
    assert (found["pause"], found["agreement"], found["to"], found["state"]) == ("1", "usa-ukr", "UKR", "running")
    assert (found["mode"], found["what"], found["became"], found["reports"]) == ("freeze", "everything", None, [])
    held = found["held"]
    assert (held["items"], held["by_topic"], held["by_type"]) == (3, {"naval": 2, "targeting": 2}, {"indicator": 3})
    assert sum(day["items"] for day in held["per_day"]) == 3
    assert [len(days) for days in held["per_topic_day"].values()] == [len(held["per_day"])] * 2
    assert found["warnings"] == [{"exception": "duty-to-warn", "items": 1}]
    stale = {each.pop("topic"): each for each in found["staleness"]}
    assert (stale["naval"]["held_newer"], stale["naval"]["held_newer_plain"]) == (0, 2)
    assert (stale["targeting"]["held_newer"], stale["targeting"]["held_newer_plain"]) == (2, 2)
    assert all(isinstance(each["age_seconds"], int) and each["age_seconds"] < 60 for each in stale.values())
    before, since = found["received"]["before"], found["received"]["since"]
    assert (before["days"], before["seconds"], before["until"]) == (7, 7 * 86_400, found["since"])
    assert before["items"] + since["items"] == 3
    assert since["until"] == found["at"]


def numbers(value):
    if isinstance(value, dict | list):
        return [each for inner in (value.values() if isinstance(value, dict) else value) for each in numbers(inner)]
    return [] if value is None or isinstance(value, str) else [value]


def test_no_number_of_the_document_is_a_fraction(paused):
    found = numbers(paused.ok("impact", "1"))
    assert len(found) > 20
    assert {type(each) for each in found} == {int}


def test_a_pause_that_was_lifted_says_what_became_of_what_it_held(paused):
    paused.ok("resume", "1", "--backlog", "discard")
    (found,) = paused.ok("impact", "1")
    assert (found["state"], found["held"]["items"]) == ("lifted", 3)
    assert found["became"] == {"released": 0, "discarded": 3, "review": 0, "held": 0, "withheld": 0}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("2",), "pause-unknown"),
        (("x",), "pause-number-invalid"),
        (("1", "--at", "2020-01-01"), "pause-unknown"),
        (("1", "--at", "9999-01-01"), "when-ahead"),
        (("1", "--at", "yesterday"), "when-invalid"),
        ((), "usage"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(paused, words, code):
    answer = paused("impact", *words)
    assert (answer.status, answer.code) == (2, code)


def test_whoever_receives_is_not_told_how_much_is_held(paused):
    (found,) = paused.ok("impact", "1", "--as", "kyiv")
    assert (found["held"], found["became"]) == (None, None)
    assert {each["held_newer"] for each in found["staleness"]} == {None}
    shown = paused("impact", "1", "--as", "kyiv", json=False)
    assert "held" not in shown.out


@pytest.mark.parametrize("width", [30, 60, 80, 120, 300])
def test_people_are_shown_bars_a_curve_and_ages_that_fit(paused, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    shown = paused("impact", "1", json=False)
    assert shown.status == 0
    assert max(map(cell_len, shown.out.splitlines())) <= width
    assert "\x1b" not in shown.out
    # The pause is marked by a sign, and not by a colour.
    assert shown.out.count("┃") >= 2
    assert "█" in shown.out
    for word in ("talks", "held: 3 items", "duty-to-warn", "newest that UKR can", "naval"):
        assert word in shown.out


def test_what_is_no_terminal_gets_each_row_on_a_line(paused):
    lines = paused("impact", "1", json=False).out.splitlines()
    assert any(line.startswith("  naval") and line.endswith("█") for line in lines)
    assert max(map(cell_len, lines)) < 200


def test_of_a_pause_that_was_lifted_people_are_told_what_became_of_what_it_held(paused):
    paused.ok("resume", "1")
    shown = paused("impact", "1", json=False).out
    assert "pause 1 (lifted): talks" in shown
    assert "since then: 3 released" in shown


def test_a_pause_of_what_nobody_receives_any_more_says_so(node):
    node.ok("party", "add", "GBR", "--name", "United Kingdom", "--kind", "state")
    terms = "agreement: other\nfrom: USA\nto: [{}]\nscope: {{topics: [naval]}}\n"
    node.ok("agreement", "apply", node.write("other.yaml", terms.format("UKR, GBR")))
    node.ok("pause", "other", "--recipient", "GBR", "--reason", "talks")
    node.ok("agreement", "apply", node.write("other.yaml", terms.format("UKR")))
    assert node.ok("impact", "1") == []
    answer = node("impact", "1", json=False)
    assert (answer.status, answer.out) == (0, "")
    assert "nobody receives" in answer.err
