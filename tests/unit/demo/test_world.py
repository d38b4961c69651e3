"""The files of the demonstration world: what stands in them can be applied, and what was copied is what it says."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from typing import Any

import pytest
import stix2
import yaml

from relto.demo.script import AGREEMENTS, PARTIES, PUBLIC
from relto.domain.agreement import Agreement, parse

WORLD = files("relto.demo") / "world"
ALL = [(WORLD / "agreements" / f"{name}.yaml") for name in AGREEMENTS]
VOCABULARY = yaml.safe_load((WORLD / "topics.yaml").read_text(encoding="utf-8"))["topics"]
OBJECTS = {
    "oasis-poisonivy": 155,
    "attack-mobile-8.2-part": 78,
    "mvt-operation-triangulation": 225,
    "oasis-infrastructure": 10,
}


def agreements() -> dict[str, Agreement]:
    parsed = [parse(file.read_text(encoding="utf-8"), topics=set(VOCABULARY)) for file in ALL]
    return {each.id: each for each in parsed}


def public(file: str) -> dict[str, Any]:
    return dict(json.loads(gzip.decompress((WORLD / file).read_bytes())))


def test_every_agreement_of_the_world_is_one_that_apply_takes():
    assert tuple(agreements()) == AGREEMENTS
    assert {each.name for each in (WORLD / "agreements").iterdir()} == {file.name for file in ALL}


def test_the_agreements_name_only_parties_of_the_world():
    known = {"USA"} | {party.code for party in PARTIES}
    for each in agreements().values():
        assert {each.giver} | each.to <= known


def test_nobody_has_promised_anything_to_the_observer():
    assert not [each for each in agreements().values() if "RUS" in each.to or each.giver == "RUS"]


@pytest.mark.parametrize("name", ["usa-ukr", "fra-ukr", "gbr-ukr"])
def test_who_shares_what_is_happening_has_a_duty_to_warn(name):
    assert [each.name for each in agreements()[name].exceptions] == ["duty-to-warn"]


def test_an_agreement_with_a_topic_outside_the_vocabulary_is_refused():
    text = ALL[0].read_text(encoding="utf-8").replace("targeting", "tarrgeting")
    with pytest.raises(Exception, match="tarrgeting"):
        parse(text, topics=set(VOCABULARY))


@pytest.mark.parametrize(
    "change", [("onward: none", "onward: free"), ("pause: 0", "pause: 11"), ("to: [UKR]", "to: []")]
)
def test_an_agreement_of_the_world_that_asked_for_more_would_be_refused(change):
    text = ALL[0].read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(Exception, match=change[0].split(":")[0]):
        parse(text.replace(*change), topics=set(VOCABULARY))


@pytest.mark.parametrize(
    ("file", "count"), [(file, OBJECTS[file.split("/")[1].split(".json")[0].split(".stix2")[0]]) for _, file in PUBLIC]
)
def test_the_public_files_are_stix_2_1_and_as_long_as_the_notice_says(file, count):
    bundle = public(file)
    assert len(bundle["objects"]) == count
    assert f"`{file.split('/')[1]}` | {count} |" in (WORLD / "NOTICE.md").read_text(encoding="utf-8")
    for each in bundle["objects"]:
        stix2.parse(json.dumps(each), version="2.1", allow_custom=True)


def test_the_public_files_share_no_version_and_have_a_date_before_the_world_begins():
    seen: set[tuple[str, str]] = set()
    for _, file in PUBLIC:
        for each in public(file)["objects"]:
            version = (each["id"], each.get("modified", each.get("created", "")))
            assert version not in seen
            assert version[1] < "2025-02-10"
            seen.add(version)


def test_each_public_object_outside_the_support_has_the_topic_of_the_cyber_agreement():
    cyber = VOCABULARY["cyber"]
    joining = {"relationship", "report"}
    for _, file in PUBLIC:
        for each in public(file)["objects"]:
            known = each["type"] in cyber["types"] or set(each.get("indicator_types", [])) & set(
                cyber["indicator_types"]
            )
            assert known or each["type"] in joining | {"identity", "marking-definition"}, each


def test_the_copied_data_stays_small_and_each_file_has_its_notice():
    notice = (WORLD / "NOTICE.md").read_text(encoding="utf-8")
    copied = list((WORLD / "public").iterdir())
    assert sum(len(each.read_bytes()) for each in copied) < 400_000
    assert {each.name for each in copied} == {file.split("/")[1] for _, file in PUBLIC}
    assert all(f"`{each.name}`" in notice for each in copied)
    for words in ("© 2025 The MITRE Corporation", "Copyright (c) 2022 MVT", "OASIS Open"):
        assert words in notice
