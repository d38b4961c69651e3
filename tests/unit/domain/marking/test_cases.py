"""The thirty cases of MARKINGS.md section 9, as files: the first release, and what waits for relays or for a form."""

import json
from pathlib import Path

import pytest

from relto.domain.classes import Restrictions
from relto.domain.classify import classify
from relto.domain.item import Header
from relto.domain.marking import Recipient, bars, level_of
from relto.domain.topic import Vocabulary

FILES = sorted((Path(__file__).parents[3] / "vectors" / "markings").glob("*.json"))
CASES = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
GROUPS = {"FVEY": {"AUS", "CAN", "GBR", "NZL", "USA"}, "NATO": {"CAN", "GBR", "POL", "USA"}}
TAIL = "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"


def header(type, **fields):
    return Header(raw=b"", type=type, id=type + TAIL, version="", version_us=0, digest=b"", **fields)


def class_of(case):
    batch = [
        Header(
            raw=b"",
            type="marking-definition",
            id=definition["id"],
            version="",
            version_us=0,
            digest=b"",
            definition=json.dumps(definition).encode(),
        )
        for definition in case["definitions"]
    ]
    marked = {"markings": tuple(case["markings"]), "granular": tuple(case["granular"])}
    if "joins" in case:
        batch += [
            header("relationship", **marked, joins=("indicator" + TAIL,)),
            header("indicator", markings=tuple(case["joins"])),
        ]
        place = -2
    else:
        batch.append(header("indicator", **marked))
        place = -1
    found = classify(batch, originator=case["originator"], vocabulary=Vocabulary(()), carried={})
    return found[place].restrictions


def reasons(restrictions: Restrictions, case, ask):
    """What forbids release, TLP's bound by the agreement included, as an agreement with `marking_at_most` would."""
    groups = {group for group, members in GROUPS.items() if ask["to"] in members}
    unmarked = ask.get("unmarked", "amber")
    found = bars(
        restrictions,
        originator=case["originator"],
        recipient=Recipient(ask["to"], frozenset(groups | set(ask.get("groups", [])))),
        admitted=frozenset(ask.get("controls", [])),
        unmarked=None if unmarked == "withhold" else level_of(unmarked),
        ceiling=None,
    )
    listed = [(reason.code, reason.text) for reason in found]
    if restrictions.tlp is not None and restrictions.tlp > level_of(ask.get("marking_at_most", "amber")):
        listed.append(("tlp", "above the agreement's bound"))
    return listed


def test_there_are_thirty_cases_and_none_is_missing():
    assert [case["case"] for case in CASES] == list(range(1, 31))


@pytest.mark.parametrize(
    ("case", "ask"),
    [
        pytest.param(case, ask, id=f"{case['case']:02}-{ask['to']}-{number}")
        for case in CASES
        for number, ask in enumerate(case["asks"])
    ],
)
def test_a_case_is_answered_as_the_table_says(case, ask):
    found = reasons(class_of(case), case, ask)
    assert (not found) == ask["release"], (case["why"], found)
    if "reason" in ask:
        assert any(code == ask["reason"] and ask.get("text", "") in text for code, text in found), found
