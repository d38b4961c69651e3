r"""Files: a case with its people and entries, as people write and keep it, in YAML, JSON, or as a bundle of STIX.

>>> file = parse("case: a\ntitle: A pause\npeople:\n- {name: Dmitry Peskov, party: RUS}\n")
>>> file.case, file.entries
({'case': 'a', 'title': 'A pause'}, [{'name': 'Dmitry Peskov', 'party': 'RUS', 'kind': 'person'}])
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from relto.domain.errors import BadInput
from relto.domain.record.casefile import KEYS
from relto.domain.record.stix import Opening, Written, read_object
from relto.domain.written import mapping, read

if TYPE_CHECKING:
    from relto.domain.record.record import Record

YAML_MAX: Final = 1_048_576
"""Characters of a file in YAML, which is slow to read."""

JSON_MAX: Final = 16 * 1_048_576
"""Characters of a file in JSON."""

CODE: Final = "case-file-invalid"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a file says: the `case`, as `Case.parse` reads it, and its `entries`, people first; nothing is resolved."""

    case: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]


def parse(text: str) -> CaseFile:
    """The case in a file. Raises `BadInput` (`case-file-invalid`); what an entry says is not looked at."""
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith(("{", "[")):
        return _of(read(text, code=CODE, longest=YAML_MAX))
    if len(text) > JSON_MAX:
        raise _too_large(text)
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if len(text) <= YAML_MAX and not isinstance(error, RecursionError):
            # A mapping in YAML may begin with a brace as well.
            return _of(read(text, code=CODE, longest=YAML_MAX))
        raise BadInput(CODE, "this is no JSON") from error
    if isinstance(value, dict) and value.get("type") == "bundle":
        return _of_bundle(value)
    return _of(value)


def entries_in(text: str) -> list[Mapping[str, Any]]:
    """Entries alone: a list of them, one, or a mapping with `entries` and `people`. Raises `BadInput` as `parse`."""
    value = _plain(text)
    if isinstance(value, list):
        return _listed(value, "the file")
    if isinstance(value, dict) and "kind" in value:
        return [value]
    given = mapping(value, what="the file", code=CODE, keys=("case", "people", "entries"))
    return _people(given) + _listed(given.get("entries", []), "`entries`")


def written(record: Record, form: str) -> str:
    """The record as a file, `yaml` or `json`: all entries in the order in which they were recorded."""
    people, entries = [], []
    for each in record.recorded:
        value = each.entry.as_value()
        if each.entry.kind == "person" and not each.entry.corrects:
            del value["kind"]
            people.append(value)
        else:
            entries.append(value)
    whole: dict[str, Any] = {**record.case.as_value()}
    whole |= {"people": people} if people else {}
    whole |= {"entries": entries} if entries else {}
    if form == "json":
        return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    return str(yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def entries_file(entries: Sequence[tuple[Mapping[str, Any], Sequence[str]]]) -> str:
    """Entries as a file that `entries_in` reads, each below its remarks."""
    parts = []
    for entry, remarks in entries:
        lines = "".join(f"# {' '.join(remark.split())}\n" for remark in remarks)
        parts.append(
            lines + str(yaml.dump([dict(entry)], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))
        )
    return "\n".join(parts) or "[]\n"


class _Dumper(yaml.SafeDumper):
    """Quotes whatever another reader of YAML might take for a date or a number."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is said by reference: our own reader takes none."""
        del data
        return True


def _plain(text: str) -> Any:
    text = text.removeprefix("\ufeff")
    if len(text) > JSON_MAX:
        raise _too_large(text)
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return read(text, code=CODE, longest=YAML_MAX)


def _of(value: Any) -> CaseFile:
    given = mapping(value, what="the file", code=CODE, keys=(*KEYS, "people", "entries"))
    if "case" not in given:
        raise BadInput(CODE, "the file names no `case`", remedy="begin it with case: ID")
    case = {name: part for name, part in given.items() if name in KEYS}
    return CaseFile(case, _people(given) + _listed(given.get("entries", []), "`entries`"))


def _of_bundle(value: Mapping[str, Any]) -> CaseFile:
    listed = value.get("objects", [])
    read_in = [read_object(json.dumps(each).encode()) for each in (listed if isinstance(listed, list) else [])]
    openings = [each for each in read_in if isinstance(each, Opening)]
    if len(openings) != 1:
        raise BadInput(CODE, f"the bundle holds {len(openings)} cases, and has to hold one")
    entries = [each.entry.as_value() for each in read_in if isinstance(each, Written) and each.ref == openings[0].ref]
    return CaseFile(openings[0].case.as_value(), entries)


def _people(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = _listed(given.get("people", []), "`people`")
    return [{**each, "kind": "person"} for each in listed]


def _listed(value: object, what: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise BadInput(CODE, f"{what} must be a list of entries")
    for place, each in enumerate(value, start=1):
        if not isinstance(each, dict):
            raise BadInput(CODE, f"entry {place} of {what} must be a mapping")
        for name, part in each.items():
            if part is None:
                raise BadInput(CODE, f"`{name}` of entry {place} has no value", remedy="leave it out, or give it one")
    return value


def _too_large(text: str) -> BadInput:
    return BadInput(CODE, f"the file has {len(text)} characters, and may have {JSON_MAX}", remedy="make it several")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadInput(CODE, "a key stands twice in one mapping")
    return found
