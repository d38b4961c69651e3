"""The vendored schemas: whole, resolved here, wider only where it is written."""

import socket

import pytest

from relto.adapters.stix import schema


def test_each_type_of_the_standard_compiles_with_no_network(monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    library = schema._library()
    types = library.observables | library.domain_objects | library.relationship_objects | schema._META_TYPES
    assert len(types) == 18 + 19 + 2 + 3
    for type_ in types:
        assert not schema.schema_for(type_, versioned=True).validator.is_valid({"type": type_})


@pytest.mark.parametrize(
    ("type_", "moments"),
    [
        ("indicator", ("created", "modified", "valid_from", "valid_until")),
        ("observed-data", ("created", "first_observed", "last_observed", "modified")),
        ("marking-definition", ("created",)),
        ("file", ("atime", "ctime", "mtime")),
        ("x-made-up", ("created", "modified")),
    ],
)
def test_the_moments_of_a_type_are_read_from_its_schema(type_, moments):
    assert schema.schema_for(type_, versioned=True).moments == moments


def test_made_up_types_share_two_schemas():
    before = schema._compiled.cache_info().currsize
    for number in range(1000):
        schema.schema_for(f"x-{number}", versioned=number % 2 == 0)
    assert schema._compiled.cache_info().currsize <= before + 2


def test_a_type_named_like_a_part_of_the_schemas_is_a_custom_type():
    core = schema.schema_for("x-a", versioned=True)
    for stem in ("core", "bundle", "timestamp", "extension", "dictionary"):
        assert schema.schema_for(stem, versioned=True) is core
