import pytest

from relto.domain.classes import Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking import MARKED, STATEMENTS, parse_statements


def test_a_node_maps_ids_and_texts_to_nothing_to_a_level_or_to_a_line():
    mapping = parse_statements(
        {"Copyright": "none", "House rules": "amber+strict", "Old": "white", "Friends": "S//REL TO USA, UKR"},
        owner="USA",
    )
    assert mapping["Copyright"] == MARKED
    assert mapping["House rules"] == Restrictions(marked=True, tlp=3)
    assert mapping["Old"] == Restrictions(marked=True, tlp=0)
    assert mapping["Friends"].rel == {("UKR", "USA")}


def test_openctis_amber_strict_stands_beneath_and_can_be_mapped_anew():
    (opencti,) = STATEMENTS
    assert parse_statements({}, owner="USA") == STATEMENTS
    assert parse_statements({opencti: "red"}, owner="USA")[opencti].tlp == 4


@pytest.mark.parametrize(
    "value", ["", "None", "yellow", "AMBER", "share freely", "S//BURN", "S//REL TO GBR, UKR", "TLP:RED"]
)
def test_another_value_is_an_error(value):
    with pytest.raises(BadInput) as caught:
        parse_statements({"Copyright": value}, owner="USA")
    assert caught.value.code == "marking-mapping-invalid"
