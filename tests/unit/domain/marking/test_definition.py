import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.classes import Restrictions
from relto.domain.marking import (
    MARKED,
    STATEMENTS,
    Doubt,
    Resolver,
    is_same_definition,
    own_markings,
    read_definition,
    resolve,
)

ID = "marking-definition--00000000-0000-4000-8000-00000000000a"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
OPENCTI = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"


def statement(text, id=ID, **more):
    base = {"type": "marking-definition", "spec_version": "2.1", "id": id, "created": "2025-02-10T00:00:00.000Z"}
    return base | {"definition_type": "statement", "definition": {"statement": text}} | more


def extended(**extensions):
    base = {"type": "marking-definition", "spec_version": "2.1", "id": ID, "created": "2025-02-10T00:00:00.000Z"}
    return base | {"extensions": extensions}


def read(definition, **more):
    return read_definition(definition, originator="USA", **more)


def doubt(definition, **more):
    (text,) = read(definition, **more).doubts
    return text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["type", "id", "definition", "definition_type", "extensions", "object_marking_refs", "granular_markings", "created"]
)


@given(st.dictionaries(members, json_values | st.sampled_from(["marking-definition", "statement", "tlp", RED, ID])))
def test_any_object_gets_an_answer_that_is_marked(value):
    for form in (value, json.dumps(value).encode()):
        assert read(form).marked
        assert isinstance(own_markings(form), (tuple, Doubt))
        assert resolve([ID], [], {ID: form}, originator="USA").marked


@given(st.binary())
def test_any_bytes_get_an_answer(raw):
    found = resolve([ID], [], {ID: raw}, originator="USA")
    assert found.doubts


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_a_doubt(raw):
    assert read(raw).doubts


def test_a_statement_is_carried_by_its_id():
    assert read(statement("Copyright 2021")) == Restrictions(marked=True, statements=frozenset({ID}))


def test_a_statement_that_is_a_banner_line_is_enforced():
    assert read(statement("S//REL TO USA, UKR")).rel == {("UKR", "USA")}


def test_a_doubt_names_the_marking():
    assert doubt(statement("S//BURN")).startswith(f"marking `{ID}`: banner line `S//BURN`")


@pytest.mark.parametrize(
    ("extension", "form"),
    [
        ("extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce", "the form ACS 3.0"),
        ("extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a", "the form IEP 2.0"),
        ("extension-definition--dff17fb3-edcb-4f99-ad1b-4b751c95738a", "the form CUI"),
        ("extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b", "the form PAP"),
        ("extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d", "a level of TLP under an id"),
        ("extension-definition--00000000-0000-4000-8000-000000000000", "unknown extension"),
        ("x", "unknown extension `x`"),
    ],
)
def test_a_form_that_is_not_carried_out_is_a_doubt_that_names_it(extension, form):
    assert form in doubt(extended(**{extension: {"extension_type": "property-extension"}}))


def test_an_extension_beside_a_statement_counts_as_well():
    both = statement("Copyright") | extended(x={})
    found = read(both)
    assert found.statements == {ID}
    assert len(found.doubts) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"definition_type": "TLP"},
        {"definition_type": "tlp", "definition": {"tlp": "clear"}},
        {"definition_type": "ais"},
        {"definition_type": "iep"},
        {"definition_type": "pap"},
        {"definition_type": None},
        {"definition_type": ["statement"]},
        {"definition": None},
        {"definition": "Copyright"},
        {"definition": {}},
        {"definition": {"statement": None}},
        {"definition": {"statement": ["S"]}},
        {"definition": {"statement": "Copyright", "restrict": True}},
        {"definition": {"Statement": "Copyright"}},
        {"extensions": []},
        {"extensions": None},
        {"type": "identity"},
        {"x_opencti_definition": "PAP:RED"},
    ],
)
def test_an_unknown_type_or_value_is_a_doubt(changes):
    assert len(read(statement("Copyright", **changes)).doubts) == 1


def test_a_definition_that_says_nothing_is_a_doubt():
    assert "says nothing" in doubt({"type": "marking-definition", "id": ID})


@pytest.mark.parametrize("text", ["TLP:RED", "tlp:amber+strict", "TLP : CLEAR", "PAP:RED", "ＴＬＰ:RED"])
def test_a_level_in_words_is_a_doubt(text):
    assert "written as a statement" in doubt(statement(text))


def test_openctis_amber_strict_is_mapped_without_configuration():
    carried = statement("custom", OPENCTI, x_opencti_definition="TLP:AMBER+STRICT", x_opencti_definition_type="TLP")
    assert read(carried) == Restrictions(marked=True, tlp=3)
    assert resolve([OPENCTI], [], {}, originator="USA").tlp == 3


def test_openctis_id_with_another_level_is_a_doubt():
    assert "other content" in doubt(statement("custom", OPENCTI, x_opencti_definition="TLP:CLEAR"))


def test_a_text_that_the_node_maps_is_what_the_node_says():
    statements = {**STATEMENTS, "S//HOUSE RULES": Restrictions(marked=True, tlp=2), "Copyright": MARKED}
    assert read(statement("S//HOUSE RULES"), statements=statements).tlp == 2
    assert read(statement("Copyright"), statements=statements) == MARKED
    assert read(statement("Copyright "), statements=statements).statements == {ID}


def test_an_id_that_the_node_maps_does_not_switch_a_banner_line_off():
    statements = {ID: MARKED}
    assert read(statement("Copyright"), statements=statements) == MARKED
    assert read(statement("S//NOFORN"), statements=statements).noforn
    assert read(statement("S//BURN"), statements=statements).doubts


def test_a_marking_neither_fixed_nor_carried_is_a_doubt_that_names_it():
    found = resolve([ID], [], {}, originator="USA")
    assert found.doubts == {f"marking `{ID}`: neither fixed by a standard nor carried by its originator"}


def test_a_marking_carried_again_with_other_content_is_a_doubt():
    found = resolve([ID], [], {ID: statement("Copyright")}, originator="USA", conflicting={ID})
    assert found.doubts == {f"marking `{ID}`: carried again with other content"}
    assert found.statements == {ID}


def test_a_definition_that_was_resolved_before_is_taken_as_it_is():
    known = Restrictions(marked=True, tlp=4)
    assert resolve([ID], [], {ID: known}, originator="USA") == known


def test_a_definitions_own_markings_are_taken_on_through_others():
    other = "marking-definition--00000000-0000-4000-8000-00000000000b"
    carried = {
        ID: statement("Copyright", object_marking_refs=[other]),
        other: statement("Terms", other, granular_markings=[{"marking_ref": RED, "selectors": ["name"]}]),
    }
    found = resolve([ID], [], carried, originator="USA")
    assert (found.tlp, found.statements, found.doubts) == (4, {ID, other}, frozenset())


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_markings_ends_and_is_a_doubt(length):
    ids = [f"marking-definition--{n}" for n in range(length)]
    carried = {
        each: statement("S//NF" if n == 0 else "Copyright", each, object_marking_refs=[ids[(n + 1) % length]])
        for n, each in enumerate(ids)
    }
    for each in ids:
        found = resolve([each], [], carried, originator="USA")
        assert "circle" in "".join(found.doubts)
        assert found.noforn


def test_a_diamond_of_markings_is_no_circle():
    ids = [f"marking-definition--{n}" for n in range(3)]
    carried = {
        ids[0]: statement("a", ids[0], object_marking_refs=[ids[1], ids[2]]),
        ids[1]: statement("b", ids[1], object_marking_refs=[ids[2]]),
        ids[2]: statement("c", ids[2]),
    }
    assert resolve([ids[0]], [], carried, originator="USA").doubts == frozenset()


def test_a_chain_without_end_in_sight_is_a_doubt():
    ids = [f"marking-definition--{n}" for n in range(10_000)]
    carried = {each: statement("a", each, object_marking_refs=ids[n + 1 : n + 2]) for n, each in enumerate(ids)}
    resolver = Resolver(carried, originator="USA")
    assert "more than 64" in "".join(resolver.restrictions([ids[0]]).doubts)
    assert resolver.restrictions(ids[-64:]).doubts == frozenset()


@pytest.mark.parametrize(
    "own",
    [
        {"object_marking_refs": RED},
        {"object_marking_refs": [4]},
        {"object_marking_refs": None},
        {"granular_markings": {"marking_ref": RED}},
        {"granular_markings": [RED]},
        {"granular_markings": [{"selectors": ["name"]}]},
        {"granular_markings": [{"marking_ref": None}]},
        {"granular_markings": [{"marking_ref": None, "lang": "en"}]},
    ],
)
def test_own_markings_that_are_no_ids_are_a_doubt(own):
    carried = statement("Copyright", **own)
    assert isinstance(own_markings(carried), Doubt)
    assert resolve([ID], [], {ID: carried}, originator="USA").doubts


def test_a_language_marks_nothing():
    assert own_markings(statement("a", granular_markings=[{"lang": "uk", "selectors": ["name"]}])) == ()


def same(one, two, **more):
    return is_same_definition(one, two, originator="USA", **more)


def test_the_order_of_members_and_what_tools_add_is_no_other_content():
    one = statement("Copyright")
    two = dict(reversed(list(statement("Copyright", name="c", x_order=3, created="2026-01-01T00:00:00Z").items())))
    assert same(one, two)
    assert same(json.dumps(one).encode(), json.dumps(two, indent=1).encode())


@pytest.mark.parametrize(
    "two",
    [
        statement("Copyright 2021"),
        statement("Copyright", object_marking_refs=[RED]),
        statement("Copyright", extensions={"x": {}}),
        statement("Copyright", x_opencti_definition="PAP:RED"),
        statement("Copyright", definition_type="tlp"),
    ],
)
def test_what_changes_the_meaning_is_other_content(two):
    assert not same(statement("Copyright"), two)


def test_what_cannot_be_read_is_other_content():
    assert not same(b"{", b"{")


def test_a_node_that_maps_an_id_settles_what_its_author_edits_in_every_release():
    one, two = statement("Copyright 2020"), statement("Copyright 2021")
    assert not same(one, two)
    assert same(one, two, statements={ID: MARKED})
    assert not same(one, statement("S//NOFORN"), statements={ID: MARKED})
    assert same(one, two, statements={"Copyright 2020": MARKED, "Copyright 2021": MARKED})
    assert not same(one, two, statements={"Copyright 2020": MARKED})


def test_markings_listed_twice_or_in_another_order_amount_to_the_same():
    carried = {ID: statement("S//REL TO USA, UKR")}
    assert resolve([ID, GREEN], [GREEN], carried, originator="USA") == resolve(
        [GREEN, ID], [ID], carried, originator="USA"
    )


def test_more_markings_than_anyone_gives_are_a_doubt():
    ids = [f"marking-definition--{n}" for n in range(257)]
    carried = {each: statement("Copyright", each) for each in ids}
    assert resolve(ids[:256], [], carried, originator="USA").statements == set(ids[:256])
    (text,) = resolve(ids, [], carried, originator="USA").doubts
    assert "more than 256 markings" in text
    assert resolve(ids * 2, [], carried, originator="USA") == resolve(ids[::-1], [], carried, originator="USA")
