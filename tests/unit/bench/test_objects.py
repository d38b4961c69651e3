"""The test data of the measurements."""

import json

import pytest
from bench.objects import TOPICS_FILE, envelopes, indicator, write_lines

from relto.adapters.stix.check import StixValidator
from relto.domain.item import Header
from relto.domain.topic import Vocabulary

NOW = 1_900_000_000_000_000


@pytest.mark.parametrize("number", [0, 1, 59_999, 60_000, 1_000_000, 29_030_399])
def test_each_object_is_one_that_relto_takes_in(number):
    raw = indicator(number, classes=400)
    assert 700 <= len(raw) <= 900
    assert isinstance(StixValidator().check(raw, where="here", now_us=NOW), Header)


@pytest.mark.parametrize("classes", [1, 20, 400])
def test_as_many_kinds_of_labels_as_were_asked_for(classes):
    labels = [tuple(json.loads(indicator(number, classes=classes))["labels"]) for number in range(2 * classes)]
    assert len(set(labels)) == classes


def test_no_two_objects_have_one_id():
    ids = {json.loads(indicator(number, classes=20))["id"] for number in range(20_000)}
    assert len(ids) == 20_000


def test_each_label_is_a_topic_of_the_vocabulary():
    known = Vocabulary.parse(TOPICS_FILE).names
    for number in range(400):
        assert set(json.loads(indicator(number, classes=400))["labels"]) <= known


def test_envelopes_and_lines_hold_the_same_objects_once_each(tmp_path):
    posted = [each for raw in envelopes(5, 25, size=10, classes=3) for each in json.loads(raw)["objects"]]
    size = write_lines(tmp_path / "lines", 5, 25, classes=3)
    lines = (tmp_path / "lines").read_bytes()
    assert size == len(lines)
    assert posted == [json.loads(line) for line in lines.splitlines()]
    assert len({each["id"] for each in posted}) == 25
