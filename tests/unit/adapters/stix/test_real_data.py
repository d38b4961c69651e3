"""Real data passes, but for what its own publishers got wrong: each of those is listed here."""

from collections import Counter

import pytest
import stix2
from tests.unit.adapters.stix.objects import DATA

from relto.adapters.intake.reader import Reader
from relto.adapters.stix.pool import Validation
from relto.domain.item import Header

NOW_US = 1_800_000_000_000_000

WRONG = {
    # MITRE published three objects whose `modified` is earlier than their `created`.
    "atlas": {("attack-pattern", "modified-before-created"): 2},
    "attack": {("relationship", "modified-before-created"): 1},
    # OpenCTI's test file breaks several MUSTs: relationships between relationships, no `is_family`, places with no
    # place, periods that end as they begin; its second file holds one more of the last.
    "opencti-client": {
        ("location", "schema"): 4,
        ("malware", "schema"): 2,
        ("malware-analysis", "schema"): 1,
        ("observed-data", "schema"): 1,
        ("relationship", "interval-reversed"): 16,
        ("relationship", "modified-before-created"): 1,
        ("relationship", "schema"): 3,
    },
}


def answers_for(path):
    return list(Validation().validated(Reader().objects(path), now_us=NOW_US))


def judged(folder):
    taken = 0
    refused = Counter()
    for path in sorted(folder.iterdir()):
        for answer in answers_for(path):
            if isinstance(answer, Header):
                taken += 1
            elif answer.code != "stix-2.0":
                refused[answer.id.partition("--")[0], answer.code] += 1
    return taken, dict(refused)


@pytest.mark.parametrize(
    ("folder", "taken"),
    [
        ("atlas", 536),
        ("attack", 1125),
        ("attack-flow", 20),
        ("common-objects", 7),
        ("misp-stix", 74),
        ("mvt", 225),
        ("oasis-documentation", 293),
        ("oasis-schemas-examples", 29),
        ("opencti-client", 38),
        ("opencti-datasets", 539),
    ],
)
def test_real_data_is_taken_but_for_what_is_wrong_in_it(folder, taken):
    assert judged(DATA / "stix" / folder) == (taken, WRONG.get(folder, {}))


@pytest.mark.parametrize("name", ["misp-stix/test_event1_stix20.json", "unit42-stix20/2024-02-08-Pikabot.json"])
def test_stix_20_is_refused_by_name(name):
    assert {answer.code for answer in answers_for(DATA / "stix" / name)} == {"stix-2.0"}


@pytest.mark.parametrize("folder", ["oasis-documentation", "oasis-schemas-examples", "misp-stix"])
def test_what_is_taken_is_taken_by_the_reference_library_too(folder):
    for path in sorted((DATA / "stix" / folder).iterdir()):
        for answer in answers_for(path):
            if isinstance(answer, Header):
                assert stix2.parse(answer.raw.decode(), allow_custom=True, version="2.1")["id"] == answer.id


def test_the_bytes_of_every_object_stand_in_the_file_as_they_were_read():
    path = DATA / "stix" / "oasis-documentation" / "poisonivy.json"
    whole = path.read_bytes()
    at = 0
    for piece in Reader().objects(path):
        at = whole.index(piece.raw, at) + len(piece.raw)
