"""The page of rejects lists each code that is given, and no other."""

import inspect
import re
from pathlib import Path

from tests.unit.adapters.stix.test_check import BROKEN

from relto.usecases import publishing

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "rejects.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z0-9.-]+)` \| .+ \| .+ \|$", re.MULTILINE)


def codes_in(folder, pattern):
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/relto/adapters" / folder).glob("*.py"))
    return set(re.findall(pattern, source))


FLAWS = codes_in("stix", r"Flaw\(\s*\"([a-z0-9.-]+)\"")
STORING = set(re.findall(r"\"(version-[a-z]+)\"", inspect.getsource(publishing))) | {"account-revoked"}
FAULTS = codes_in("intake", r"(?:BadInput|Unknown)\(\s*\"([a-z0-9-]+)\"")


def test_the_page_lists_each_code_once_and_no_other():
    assert len(FLAWS) > 20
    assert len(FAULTS) > 10
    assert len(STORING) == 3
    assert sorted(ROW.findall(PAGE)) == sorted(FLAWS | STORING | FAULTS)


def test_each_code_of_a_reject_has_a_test_that_meets_it():
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/unit/adapters").rglob("test_*.py"))
    met = {code for code, _ in BROKEN} | set(re.findall(r"\"([a-z0-9.-]+)\"", tests))
    assert (FLAWS | FAULTS) - met == set()
