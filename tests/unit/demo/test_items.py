"""The made-up items: valid, the same everywhere, and telling the story that the manual tells of them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
import stix2
from tests.unit.demo.naive import JOINING, NAMES, Seen, picture, refs

from relto.demo.items import BANNERS, END, FICTIONAL, OPENING, example, made_items, marking, stix_id, wind, wind_text

PAUSED = wind(3, 5, 12)
STRICT_ID = re.compile(r"^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    return picture()


def test_each_item_is_stix_2_1_to_the_reference_library():
    for item in made_items():
        parsed = stix2.parse(item.raw.decode(), version="2.1", allow_custom=False)
        assert parsed["id"] == json.loads(item.raw)["id"]


def test_the_reference_library_refuses_what_the_generator_must_not_make():
    indicator = next(json.loads(item.raw) for item in made_items() if b'"type":"indicator"' in item.raw)
    broken = (
        {"pattern": "[x-demo-track:kind ="},
        {"valid_until": indicator["valid_from"]},
        {"id": "indicator--nonsense"},
        {"sector": "North 1"},
        {"granular_markings": [{"marking_ref": marking("red"), "selectors": ["nowhere"]}]},
    )
    for change in broken:
        with pytest.raises((stix2.exceptions.STIXError, ValueError)):
            stix2.parse(json.dumps(indicator | change), version="2.1", allow_custom=False)


def test_another_process_makes_the_same_bytes():
    def digest() -> str:
        return hashlib.sha256(b"".join(b"%d%s" % (item.at, item.raw) for item in made_items())).hexdigest()

    program = (
        "import hashlib; from relto.demo.items import made_items;"
        "print(hashlib.sha256(b''.join(b'%d%s' % (i.at, i.raw) for i in made_items())).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert other.stdout.strip() == digest()


def test_the_items_enter_in_order_and_two_batches_never_at_one_moment_of_one_originator():
    items = made_items()
    assert items[0].at == OPENING
    assert items[-1].at < END
    for before, after in pairwise(items):
        assert before.at <= after.at
        if before.at == after.at:
            assert before.originator == after.originator or before.at == OPENING


def test_no_object_is_dated_after_it_enters_and_no_version_comes_twice(seen):
    versions = [(each.originator, each.id, each.version) for each in seen]
    assert len(set(versions)) == len(versions)
    for each in seen:
        created, modified = each.object.get("created", ""), each.object.get("modified", "")
        assert not modified or created <= modified
        assert max(created, modified) < wind_text(each.at)


def test_a_revision_keeps_the_id_and_the_date_of_creation_and_comes_later(seen):
    revised = 0
    for one in {each.id for each in seen}:
        versions = [each for each in seen if each.id == one and each.version]
        revised += len(versions) - 1 if versions else 0
        for before, after in pairwise(versions):
            assert before.object["created"] == after.object["created"]
            assert before.version < after.version
    assert revised > 50


def test_what_is_referred_to_entered_before_or_in_the_same_batch(seen):
    entered = {}
    for each in seen:
        entered.setdefault((each.originator, each.id), each.at)
    for each in seen:
        for one in [*refs(each.object), *filter(None, [each.object.get("created_by_ref")])]:
            assert entered[each.originator, one] <= each.at


def test_nothing_that_threatens_no_life_takes_on_the_leave_of_a_warning(seen):
    for each in seen:
        own = "threat-to-life" in each.object.get("labels", [])
        assert own == ("threat-to-life" in each.topics)


def test_every_id_has_the_form_of_a_random_one():
    fixed = set(NAMES) - {marking(banner, who) for who, banners in BANNERS.items() for banner in banners}
    for item in made_items():
        one = json.loads(item.raw)["id"]
        assert one in fixed or STRICT_ID.match(one), one


def test_an_id_depends_on_its_key_alone():
    assert stix_id("indicator", "a", 1) == stix_id("indicator", "a", 1)
    assert (
        len({stix_id(kind, *key) for kind in ("indicator", "report") for key in ((), ("a",), ("a", 1), ("a1",))}) == 8
    )


def test_whatever_has_room_for_words_says_that_it_is_fictional(seen):
    wordless = {"artifact", "ipv4-addr", "observed-data", "relationship", "marking-definition"}
    for each in seen:
        words = " ".join(each.object.get(name, "") for name in ("description", "content", "explanation"))
        assert each.object["type"] in wordless or FICTIONAL in words


def test_hosts_are_of_the_ranges_kept_for_documentation(seen):
    text = b"\n".join(each.raw for each in seen).decode()
    assert {host.split(".")[-1] for host in re.findall(r"https?://([^/\"]+)", text)} == {"example"}
    assert all(address.startswith("203.0.113.") for address in re.findall(r"\d+\.\d+\.\d+\.\d+", text))


def test_the_topics_are_as_many_as_the_manual_says(seen):
    assert Counter(topic for each in seen for topic in each.topics) == {
        "early-warning": 193,
        "threat-to-life": 148,
        "naval": 142,
        "imagery": 126,
        "targeting": 121,
        "air-defence": 73,
        "logistics": 40,
        "cyber": 32,
    }


def test_what_becomes_of_the_items_for_ukraine_is_as_the_manual_says(seen):
    assert len(seen) == 739
    assert Counter(each.state for each in seen) == {
        "released": 303,
        "warning": 148,
        "marking forbids": 92,
        "out of scope": 72,
        "of another originator": 61,
        "held": 49,
        "support": 14,
    }


def test_while_the_pause_lasts_warnings_go_on_and_all_other_topics_pile_up(seen):
    since = [each for each in seen if each.at > PAUSED]
    assert Counter(topic for each in since if each.state == "held" for topic in each.topics) == {
        "targeting": 12,
        "naval": 12,
        "imagery": 11,
        "air-defence": 11,
        "early-warning": 5,
    }
    for day in range(5, 10):
        of_the_day = [each for each in since if wind(3, day) <= each.at < wind(3, day + 1)]
        assert {"warning", "held"} <= {each.state for each in of_the_day}
    after_imagery = [each for each in since if each.at > wind(3, 7, 12)]
    assert not [each for each in after_imagery if each.state == "released"]


def test_every_day_has_about_as_many_items_as_any_other(seen):
    per_day = Counter(wind_text(each.at)[:10] for each in seen if each.at != OPENING)
    assert len(per_day) == 28
    assert max(per_day.values()) < 2 * min(per_day.values())


def test_most_warnings_come_by_night(seen):
    hours = [int(wind_text(each.at)[11:13]) for each in seen if each.state == "warning"]
    assert sum(hour >= 19 or hour < 6 for hour in hours) > 0.75 * len(hours)


def test_every_kind_of_marking_occurs_and_some_items_bear_none(seen):
    used = {NAMES[mark] for each in seen for mark in each.object.get("object_marking_refs", [])}
    assert used == set(NAMES.values()) - {"red"}
    assert [each for each in seen if each.object.get("granular_markings")]
    for originator in ("USA", "GBR"):
        assert [each for each in seen if each.originator == originator and not each.markings and each.topics]


def test_an_older_version_was_released_of_something_whose_newer_one_is_held(seen):
    held = {each.id for each in seen if each.state == "held"}
    assert Counter(each.object["type"] for each in seen if each.object.get("revoked"))["indicator"] == 1
    joined_before = {each.id for each in seen if each.state == "released"}
    joins_the_past = [each for each in seen if each.state == "held" and each.object["type"] in JOINING]
    assert any(one in joined_before for each in joins_the_past for one in refs(each.object))
    assert not held & {each.id for each in seen if each.state == "warning"}


def test_the_example_is_held_by_the_pause_alone(seen):
    (one,) = [each for each in seen if each.id == example()]
    assert one.state == "held"
    assert {NAMES[mark] for mark in one.markings} == {"S//REL TO USA, UKR, FVEY"}
    assert wind(3, 8) < one.at < wind(3, 9)


def test_the_same_example_would_flow_the_week_before(seen):
    (one,) = [each for each in seen if each.id == example()]
    earlier = Seen(wind(3, 1), one.originator, one.raw, one.object, one.topics, one.markings)
    assert earlier.state == "released"
