"""The demonstration told: the brief of 9 March holds what the article of that day said, and the resume is told too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.actors import ADMIN, actor
from tests.pages import text_of
from tests.sentences import sentences_of
from tests.unit.domain.brief.test_writing import HEADINGS

from relto.adapters.typesetting.typst import TypstTypesetter
from relto.config import load
from relto.demo import run
from relto.domain.brief.document import Contradiction
from relto.domain.outlook.rules import default_rules
from relto.domain.record.when import When
from relto.usecases import office, standing
from relto.usecases.briefing import brief
from relto.usecases.outlook import outlook
from relto.usecases.pausing import LiftPause
from relto.wiring import open_node

NINTH = When.parse("2025-03-09").first + 18 * 3_600_000_000
OFFICER, ADVISER, DIRECTOR = actor("officer", "officer"), actor("adviser", "approver"), actor("director", "approver")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "world"
    with run.world(load(folder, environment={})):
        return folder


@pytest.fixture(scope="module")
def world(made):
    """The world as it was made, for tests that only look."""
    with open_node(load(made, environment={})) as opened:
        yield opened


def written(opened, subject="UKR", *, at=NINTH, **more):
    return brief(opened.node, opened.desk, subject, by=ADMIN, rules=default_rules(), at=at, **more)


def looked(opened, number="2", *, at=None):
    (found,) = outlook(opened.node, opened.desk, number, by=ADMIN, rules=default_rules(), at=at)
    return found


# The brief of 9 March.

TAKES = {
    "the pause is near its end": "its end is likely",
    "what it did to Ukraine's operations": "a grave effect on Ukraine",
    "Zelenskyy wants talks": "(readiness for talks and for the minerals deal)",
    "dialogue is expected in Saudi Arabia": "are announced for 11 March in Saudi Arabia",
    "the ceasefire that is proposed is of air and sea": "a truce in the sky and a truce in the sea; it covers air, sea",
    "the minerals deal is expected": "He expects that the deal will be signed",
    "Europeans welcome it cautiously and worry": "cautiously, and worried about the rift",
    "Russia sees the course as closer to its own": "which it sees as closer to its own",
    "the policy of the previous administration is changed": "turned from the policy of the previous administration",
}
"""What the article of that day says in short, and what of the brief's quick takes says so."""


@pytest.mark.parametrize("take", TAKES)
def test_each_quick_take_of_the_article_is_one_of_the_brief(world, take):
    assert any(TAKES[take] in each.text for each in written(world).takes)


def test_that_the_pause_was_meant_to_press_is_told_and_is_no_quick_take_since_nobody_with_a_name_says_so(world):
    found = written(world)
    (said,) = [each for each in sentences_of(found) if "to press Ukraine, not to punish it" in each.text]
    assert said.text.startswith("A press article said")
    assert said not in found.takes


def test_the_disputed_talks_are_shown_with_what_is_against_them(world):
    found = written(world)
    entries = {"entry usa-ukr-2025/26", "entry usa-ukr-2025/32"}
    (take,) = [each for each in found.takes if "Saudi Arabia" in each.text and "announced" in each.text]
    assert set(take.traces) == entries
    assert "Against that: Talks between Ukraine, Russia and the United States (Donald Trump)" in take.text
    blocks = [block for section in found.sections for block in section.blocks if isinstance(block, Contradiction)]
    assert entries in [{*block.one.traces, *block.other.traces} for block in blocks]
    assert {"entry usa-ukr-2025/16", "entry usa-ukr-2025/18"} in [{*b.one.traces, *b.other.traces} for b in blocks]


def test_nothing_of_after_9_march_stands_in_it(world):
    found = written(world)
    keys = {trace.partition("/")[2] for trace in found.traces if trace.startswith("entry")}
    assert not [key for key in keys if key.isdecimal() and int(key) > 32]
    assert {"28", "30", "32"} <= keys
    text = json.dumps(found.as_value(), ensure_ascii=False)
    for later in ("never shut off", "alone is enough", "ball is", "rose-coloured", "lifted on", "30-day"):
        assert later not in text


@pytest.mark.parametrize(
    ("day", "there", "not_there"),
    [
        (4, ["Oval Office", "contribution to the cause of peace"], ["step back", "usa-ukr (", "just about"]),
        (5, ["We have taken a step back", "will go away"], ["not an end", "imagery bought", "just about"]),
        (8, ["hundreds of dead Ukrainians", "announced for 11 March"], ["just about", "Four Eyes", "not selectively"]),
    ],
)  # fmt: skip
def test_the_brief_of_each_day_says_what_was_known_by_its_evening(world, day, there, not_there):
    moment = When.parse(f"2025-03-{day:02d}").until - 1
    text = json.dumps(written(world, at=moment).as_value(), ensure_ascii=False)
    assert [word for word in there if word not in text] == []
    assert [word for word in not_there if word in text] == []


@pytest.mark.parametrize("reader", ["USA", "UKR", "GBR", "RUS", "public"])
def test_every_sentence_rests_on_something_whoever_reads_it(world, reader):
    found = written(world, reader=reader)
    assert {each.text for each in sentences_of(found) if not each.traces} <= HEADINGS
    assert set(found.notes) == set(found.traces)


@pytest.mark.parametrize(
    ("reader", "marking", "headline"),
    [
        ("USA", "amber+strict", "Sharing with Ukraine: paused, and its end is likely"),
        ("UKR", "amber", "Sharing with Ukraine: paused since 5 March"),
        ("GBR", "clear", "Ukraine: what is on record"),
        ("public", "clear", "Ukraine: what is on record"),
    ],
)
def test_the_same_brief_differs_by_who_may_read_it(world, reader, marking, headline):
    found = written(world, reader=reader)
    assert (found.marking, found.headline) == (marking, headline)
    # All of the record is public; what the node does about it is not.
    assert ("officer" in json.dumps(found.as_value())) is (reader == "USA")
    assert any("We just about have" in each.text for each in found.takes)


def test_the_pages_of_it_say_what_it_says(world):
    found = written(world)
    raw = TypstTypesetter().pdf(found.as_value())
    text = "".join(text_of(raw).split())
    assert 4 <= raw.count(b"/Type/Page/") <= 8
    for words in (
        "Sharing with Ukraine: paused, and its end is likely",
        "We just about have",
        "Four Eyes",
        "What this rests on",
    ):
        assert "".join(words.split()) in text


# The outlook, and the resume.


def test_on_9_march_the_end_of_the_pause_is_likely_and_was_open_before_the_delegations_were_named(world):
    found = looked(world, at=NINTH)
    assert (found.judged.judgement, found.judged.rule.name) == ("likely", "said-and-talks")
    assert [judgement for _, judgement in found.course] == ["open", "open", "open", "likely", "likely"]
    values = {name: sign.value for name, sign in found.signs.items()}
    assert (values["conditions"], values["settled"], values["claimed"], values["unsettled"]) == (4, 1, 1, 3)
    assert found.signs["last_word"].made_of == ("entry 28",)
    assert found.signs["talks_ahead"].made_of == ("entry 26",)
    assert values["held_items"] == 40
    assert [[each.key for each in place.entries] for place in found.evidence] == [
        ["08", "09", "10", "15", "29"], ["15", "26"], ["09", "21", "29"], ["30"],
    ]  # fmt: skip


def test_nothing_flows_by_any_of_it(world):
    (flow,) = [each for each in standing.status(world.node, world.desk, "usa-ukr", by=ADMIN) if each.to == "UKR"]
    assert flow.state == "partly-paused"
    assert {each.pause.number for each in flow.pauses} == {"2", "3"}


@pytest.mark.parametrize(("number", "judgement"), [("1", "not in sight"), ("3", "not in sight")])
def test_of_the_other_pauses_nothing_is_in_sight(world, number, judgement):
    assert looked(world, number, at=NINTH).judged.judgement == judgement


def test_the_resume_goes_from_close_to_done_and_the_brief_tells_the_new_state(made, tmp_path):
    folder = Path(shutil.copytree(made, tmp_path / "mine"))
    with open_node(load(folder, environment={})) as opened:
        node, desk = opened.node, opened.desk
        before = written(opened)
        done = office.submit(node, desk, LiftPause("2"), by=OFFICER)
        assert done.act is not None
        number = str(done.act.number)
        assert looked(opened).judged.rule.name == "resume-proposed"
        assert looked(opened).judged.judgement == "close"
        text = json.dumps(written(opened, at=None).as_value())
        assert "A resume is proposed, with 0 of 2 approvals." in text
        office.approve(node, desk, number, by=ADVISER)
        assert looked(opened).judged.judgement == "imminent"
        assert written(opened, at=None).headline.endswith("its end is imminent")
        office.approve(node, desk, number, by=DIRECTOR)
        found = looked(opened)
        assert (found.judged.judgement, found.judged.rule.name, found.judged.movers) == ("done", "lifted", ())
        assert found.course[-1][1] == "done"
        after = written(opened, at=None)
        assert after.headline == "Sharing with Ukraine: the pause is lifted, others last"
        assert [each.text for each in after.takes[:2]] == [
            "The pause of usa-ukr (air-defence, early-warning, naval, targeting) was lifted on 9 March, after 4 days.",
            "Still paused: usa-ukr-aid (everything) since 3 March and usa-ukr (imagery) since 7 March.",
        ]
        assert "It was lifted on 9 March, after 4 days." in json.dumps(after.as_value())
        assert not any("Words do not lift" in each.text for each in after.takes)
        # And what was told of 9 March before is told of it still.
        assert written(opened) == before
        # To whoever received, a pause that was lifted is not there.
        assert "pause 2" not in json.dumps(written(opened, at=None, reader="UKR").as_value())
