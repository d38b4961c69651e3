"""The story: in order, closed in itself, and no more than the record holds."""

from __future__ import annotations

import json
import re
import shlex
from importlib.resources import files
from itertools import pairwise

import pytest
from tests.unit.demo.naive import IN_SCOPE, PAUSED_FROM

from relto.demo.items import DAY, END, HOUR, example, made_items, wind
from relto.demo.script import (
    BEGIN,
    NODE,
    PAUSES,
    AddAccount,
    AddParty,
    ApplyAgreement,
    AskCondition,
    MakePause,
    Places,
    SetTopics,
    TakeIn,
    TakeInFile,
    TellCondition,
    lines_to_try,
    machine_midday,
    steps,
)

PLACES = Places(
    relto="relto",
    base="http://127.0.0.1:8421",
    collection="c-1",
    intelligence="2",
    imagery="3",
    item=example(),
    act="41",
    later="42",
    key="keys/log.vkey",
)
WORLD = files("relto.demo") / "world"


def acts(kind: type) -> list:
    return [step.act for step in steps() if isinstance(step.act, kind)]


def test_the_steps_stand_in_the_order_of_their_moments_and_within_the_world():
    moments = [step.at for step in steps()]
    assert moments == sorted(moments)
    assert moments[0] == BEGIN
    assert moments[-1] < END == wind(3, 9, 18)


def test_each_party_is_there_before_anything_names_it():
    known, used = {NODE.code}, []
    for step in steps():
        act = step.act
        if isinstance(act, AddParty):
            assert set(act.members) <= known
            assert act.code not in known
            known.add(act.code)
        elif isinstance(act, AddAccount):
            used.append(act.party)
        elif isinstance(act, TakeIn | TakeInFile):
            used.append(act.originator)
        assert set(used) <= known


def test_the_topics_come_before_the_agreements_and_these_before_pauses_and_items():
    order = {SetTopics: 0, AddParty: 1, ApplyAgreement: 2, AddAccount: 3}
    ranks = [order.get(type(step.act), 4) for step in steps()]
    assert ranks == sorted(ranks)


def test_each_file_that_a_step_names_is_there():
    for step in steps():
        if isinstance(step.act, SetTopics | ApplyAgreement | TakeInFile):
            assert (WORLD / step.act.file).is_file()


def test_every_made_item_is_taken_in_once_and_at_its_moment():
    told = [(s.at, s.act.originator, raw) for s in steps() if isinstance(s.act, TakeIn) for raw in s.act.objects]
    assert told == [(item.at, item.originator, item.raw) for item in made_items()]


def test_what_a_batch_joins_is_in_it_or_came_before():
    come: set[tuple[str, str]] = set()
    for act in acts(TakeIn):
        come |= {(act.originator, json.loads(raw)["id"]) for raw in act.objects}
        for raw in act.objects:
            joined = json.loads(raw).get("object_refs", [])
            assert all((act.originator, one) in come for one in joined)


def test_the_accounts_are_those_of_the_story_and_nobody_shares_a_password():
    accounts = {act.name: act for act in acts(AddAccount)}
    assert set(accounts) == {"kyiv", "lviv", "london", "paris", "agency", "officer", "adviser", "director"}
    assert len({act.password for act in accounts.values()}) == len(accounts)
    assert "RUS" not in {act.party for act in accounts.values()}


def test_the_pauses_are_freezes_that_nobody_hides_and_each_is_made_by_an_officer():
    officers = {act.name for act in acts(AddAccount) if "officer" in act.roles}
    for act in acts(MakePause):
        assert act.mode == "freeze"
        assert act.account in officers
        assert act.reason
        assert act.authority


def test_the_pauses_begin_at_the_hour_of_the_machine_on_the_days_of_the_record():
    assert [at for at, _ in PAUSES] == [machine_midday(3, day) for day in (3, 5, 7)]
    assert [(at - wind(2, 10)) % DAY for at, _ in PAUSES] == [12 * HOUR] * 3


def test_the_words_of_a_pause_give_no_clock_time_and_nothing_said_after_9_march():
    told = [" ".join((act.reason, act.authority, *act.conditions)) for act in acts(MakePause)]
    told += [act.text for act in acts(AskCondition)] + [act.evidence for act in acts(TellCondition)]
    for words in told:
        assert not re.search(r"\d{1,2}[:.]\d{2}|noon|midday|o'clock|\d\s?(am|pm|UTC)\b", words)
        days = [
            int(day)
            for group in re.findall(r"((?:\d{1,2}(?:, | and | or )?)+) March", words)
            for day in re.findall(r"\d+", group)
        ]
        assert days
        assert max(days) <= 9


@pytest.mark.parametrize("wrong", ["it began at 18:00", "at noon", "by 6 pm", "at 14.30"])
def test_the_search_for_clock_times_finds_them(wrong):
    assert re.search(r"\d{1,2}[:.]\d{2}|noon|midday|o'clock|\d\s?(am|pm|UTC)\b", wrong)


def test_the_two_pauses_of_one_agreement_cover_all_of_its_scope_and_share_no_topic():
    by_key = {act.key: act for act in acts(MakePause)}
    intelligence, imagery = set(by_key["intelligence"].topics), set(by_key["imagery"].topics)
    assert not intelligence & imagery
    assert intelligence | imagery == IN_SCOPE == set(PAUSED_FROM)
    asked = [act for act in acts(AskCondition) if act.pause == "intelligence"]
    assert len(by_key["intelligence"].conditions) + len(asked) == 4
    assert by_key["aid"].agreement != by_key["intelligence"].agreement == by_key["imagery"].agreement


def test_the_pauses_have_a_key_each_and_are_never_lifted():
    keys = [act.key for act in acts(MakePause)]
    assert keys == ["aid", "intelligence", "imagery"]


def test_the_public_data_comes_in_by_day_and_some_of_it_while_the_pause_lasts():
    moments = [step.at for step in steps() if isinstance(step.act, TakeInFile)]
    assert all(before < after for before, after in pairwise(moments))
    assert moments[0] < machine_midday(3, 5) < moments[-1]


def test_each_line_to_try_is_whole_and_a_shell_can_read_it():
    for each in lines_to_try(PLACES):
        assert not re.search(r"[{}]", each.line)
        assert shlex.split(each.line)[0] in {"curl", "relto", "d=$(mktemp"}
        assert "\n" not in each.line


def test_the_lines_to_try_name_an_account_that_opens_and_the_collection_of_ukraine():
    kyiv = next(act for act in acts(AddAccount) if act.name == "kyiv")
    reads = [each.line for each in lines_to_try(PLACES) if each.line.startswith("curl")]
    assert len(reads) == 3
    for line in reads:
        assert f"-u {kyiv.name}:{kyiv.password}" in line
        assert f"{PLACES.base}/exchange/collections/{PLACES.collection}/objects/" in line


def test_a_place_that_is_missing_is_an_error_and_no_half_filled_line():
    with pytest.raises(TypeError):
        Places(relto="relto", base="http://127.0.0.1:8421")
