import pytest

from relto.domain.classes import Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking import ceiling_of, level_of, name_of, read_definition, resolve
from relto.domain.marking.tlp import FIXED, LEVELS, TLP_2_EXTENSION, is_exact

RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
RED_2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


def copy(id, **changes):
    """A carried copy of a fixed definition, as the standard writes it, with changes; None takes a member away."""
    fixed = FIXED[id]
    name = "white" if (fixed.version, fixed.level) == (1, 0) else LEVELS[fixed.level]
    base = {"type": "marking-definition", "spec_version": "2.1", "id": id, "name": f"TLP:{name.upper()}"}
    if fixed.version == 1:
        base |= {"created": "2017-01-20T00:00:00.000Z", "definition_type": "tlp", "definition": {"tlp": name}}
    else:
        content = {"extension_type": "property-extension", "tlp_2_0": name}
        base |= {"created": "2022-10-01T00:00:00.000Z", "extensions": {TLP_2_EXTENSION: content}}
    return {key: value for key, value in (base | changes).items() if value is not None}


@pytest.mark.parametrize("id", sorted(FIXED))
def test_a_fixed_id_counts_whether_or_not_it_was_carried(id):
    level = Restrictions(marked=True, tlp=FIXED[id].level)
    assert resolve([id], [], {}, originator="USA") == level
    assert resolve([id], [], {id: copy(id)}, originator="USA") == level


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"created": "2022-10-01T00:00:00Z"},
        {"created_by_ref": "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5"},
        {"x_opencti_order": 4},
        {"spec_version": None},
    ],
)
def test_what_a_tool_writes_beside_the_content_does_not_matter(changes):
    assert is_exact(copy(RED_2, **changes), FIXED[RED_2])


@pytest.mark.parametrize(
    "changes",
    [
        {"extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "clear"}}},
        {"extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "RED"}}},
        {"extensions": {TLP_2_EXTENSION: {"tlp_2_0": "red"}}},
        {"extensions": {TLP_2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": "red", "more": 1}}},
        {"extensions": {TLP_2_EXTENSION: "red"}},
        {"extensions": {}},
        {"extensions": None},
        {"extensions": [TLP_2_EXTENSION]},
        {"definition_type": "tlp", "definition": {"tlp": "clear"}},
        {"definition_type": "statement", "definition": {"statement": "share freely"}},
        {"name": "TLP:CLEAR"},
        {"name": 4},
        {"created": "2022-10-01T00:00:01.000Z"},
        {"created": None},
        {"created": 0},
        {"type": "indicator"},
        {"spec_version": "2.0"},
    ],
)
def test_a_fixed_id_with_other_content_is_a_doubt_that_names_it(changes):
    doubts = read_definition(copy(RED_2, **changes), originator="USA").doubts
    assert doubts == {f"marking `{RED_2}`: the fixed id of a level of TLP, with other content"}


@pytest.mark.parametrize("level", ["white", "amber", "RED", "", None, 4, ["red"]])
def test_the_id_of_red_in_tlp_1_stands_for_red_only(level):
    assert read_definition(copy(RED_1, definition={"tlp": level}), originator="USA").doubts


@pytest.mark.parametrize("id", sorted(FIXED))
@pytest.mark.parametrize("other", sorted(FIXED))
def test_no_fixed_definition_passes_under_the_id_of_another(id, other):
    assert is_exact({**copy(other), "id": id}, FIXED[id]) == (id == other)


def test_openctis_clear_under_the_id_of_white_is_clear():
    white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
    clear = copy(white, name="TLP:CLEAR", definition={"tlp": "clear"})
    assert read_definition(clear, originator="USA") == Restrictions(marked=True, tlp=0)


@pytest.mark.parametrize(
    "id",
    [
        RED_1[:-1] + "c",
        RED_1.upper(),
        RED_1[:-1],
        RED_1 + " ",
        "marking-definition--",
        "",
        "TLP:RED",
        "red",
        RED_1.removeprefix("marking-definition--"),
    ],
)
def test_an_id_is_never_matched_by_a_part_or_a_name(id):
    found = resolve([id], [], {}, originator="USA")
    assert found.tlp is None
    assert len(found.doubts) == 1


def test_the_names_of_levels_and_ceilings_have_ranks():
    assert [level_of(name) for name in LEVELS] == [0, 1, 2, 3, 4]
    assert level_of("white") == 0
    assert [name_of(rank) for rank in range(5)] == list(LEVELS)
    assert [ceiling_of(name) for name in ("U", "R", "C", "S", "TS")] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["", "RED", "amber strict", "amber+", " red", "yellow", "0"])
def test_another_word_is_no_level(name):
    with pytest.raises(BadInput) as caught:
        level_of(name)
    assert caught.value.code == "marking-level-unknown"


@pytest.mark.parametrize("name", ["", "s", "SECRET", "TS ", "X"])
def test_another_word_is_no_ceiling(name):
    with pytest.raises(BadInput) as caught:
        ceiling_of(name)
    assert caught.value.code == "ceiling-unknown"
