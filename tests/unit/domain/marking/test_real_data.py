"""What real public data says (`tests/data`): every marking that it carries is understood, or named as a doubt."""

import gzip
import json
from pathlib import Path

import pytest

from relto.domain.classes import Restrictions
from relto.domain.marking import MARKED, is_same_definition, own_markings, read_definition, resolve

DATA = Path(__file__).parents[3] / "data" / "stix"
MITRE = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"


def objects(path):
    raw = (DATA / path).read_bytes()
    value = json.loads(gzip.decompress(raw) if path.endswith(".gz") else raw)
    return value["objects"] if value["type"] == "bundle" else [value]


def definitions(path):
    return {value["id"]: value for value in objects(path) if value["type"] == "marking-definition"}


def marked(path):
    """What each marked object in a file amounts to, by its id."""
    carried = definitions(path)
    found = {}
    for value in objects(path):
        own = own_markings(value)
        if own:
            found[value["id"]] = resolve(own, [], carried, originator="USA")
    return found


@pytest.mark.parametrize(
    ("uuid", "level"),
    [
        ("939a9414-2ddd-4d32-a0cd-375ea402b003", 3),
        ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", 1),
        ("e828b379-4e03-4974-9ac4-e53a884c97c1", 4),
    ],
)
def test_the_definitions_that_oasis_publishes_are_exact(uuid, level):
    (value,) = objects(f"common-objects/marking-definition--{uuid}.json")
    assert read_definition(value, originator="USA") == Restrictions(marked=True, tlp=level)


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("acs-spec-use-case-1.json", "ACS 3.0"),
        ("cui-categories.json", "CUI"),
        ("iep-data-marking-example.json", "IEP 2.0"),
    ],
)
def test_the_examples_of_other_forms_are_withheld_with_the_form_named(file, form):
    (value,) = objects(f"common-objects/{file}")
    (doubt,) = read_definition(value, originator="USA").doubts
    assert doubt == f"marking `{value['id']}`: the form {form} is not carried out yet"


def test_a_licence_is_a_text_to_carry():
    (value,) = objects("common-objects/marking-definition--62fd3f9b-15f3-4ebc-802c-91fce9536bcf.json")
    assert read_definition(value, originator="USA") == Restrictions(marked=True, statements=frozenset({value["id"]}))


def test_the_example_of_marking_definitions_is_understood():
    found = marked("oasis-documentation/using-marking-definitions.json")
    assert [part.tlp for part in found.values() if part.tlp is not None] == [2]
    assert not any(part.doubts for part in found.values())


def test_the_example_of_granular_markings_counts_at_its_strictest():
    found = marked("oasis-documentation/using-granular-markings.json")
    assert found
    assert {part.tlp for part in found.values()} == {4}
    assert not any(part.doubts for part in found.values())


def test_an_id_one_digit_off_red_is_unknown_in_the_interoperability_sample():
    found = marked("oasis-schemas-examples/interop-objectmarking-test.json")
    (both,) = found.values()
    assert both.tlp == 4
    assert "5e57c739-391a-4eb3-b6be-7d15ca92d5ec`: neither fixed" in "".join(both.doubts)


def test_an_old_export_of_opencti_is_in_doubt_for_each_level_that_it_writes_its_own_way():
    white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
    test = "marking-definition--78ca4366-f5b8-4764-83f7-34ce38198e27"
    carried = definitions("opencti-client/DATA-TEST-STIX2_v2.json")
    assert "with other content" in "".join(read_definition(carried[white], originator="USA").doubts)
    assert "unknown definition type `TLP`" in "".join(read_definition(carried[test], originator="USA").doubts)
    assert read_definition(carried[MITRE], originator="USA").statements == {MITRE}


def test_another_export_of_opencti_names_white_without_carrying_it():
    found = marked("opencti-client/indicator_stix.json")
    assert found
    assert {(part.tlp, part.doubts) for part in found.values()} == {(0, frozenset())}


def test_the_copyright_that_mitre_edits_is_other_content_until_a_node_maps_it():
    old = definitions("opencti-client/DATA-TEST-STIX2_v2.json")[MITRE]
    new = old | {"definition": {"statement": "Copyright 2015-2021, The MITRE Corporation."}}
    assert not is_same_definition(old, new, originator="USA")
    assert is_same_definition(old, new, originator="USA", statements={MITRE: MARKED})
