"""Each error gets its status here and nowhere else, and what happened inside stays inside."""

import ast
import logging
import re
from pathlib import Path

import pytest

from relto.domain.errors import BadInput, Conflict, NotBuilt, Refused, ReltoError, Unknown, Unreachable
from relto.faces.http.exchange import TAXII_TYPE
from relto.faces.http.refusal import response_to

ROOT = Path(__file__).resolve().parents[3]
SECRET = "`/srv/secret/relto.db`"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("parameter-malformed", "no"), 400),
        (BadInput("envelope-empty", "no"), 422),
        (BadInput("envelope-invalid", "no"), 422),
        (Unknown("collection-unknown", "no"), 404),
        (Refused("something-refused", "no"), 403),
        (Conflict("something-there", "no"), 403),
        (NotBuilt("not-built", "no"), 403),
        (Refused("database-locked", SECRET), 503),
        (Refused("policy-unsettled", SECRET), 503),
        (Refused("disk-full", SECRET), 507),
        (Unreachable("database-missing", SECRET), 503),
        (Unreachable("commit-unknown", SECRET), 503),
        (ReltoError("odd", SECRET), 500),
        (RuntimeError(SECRET), 500),
        (KeyError(SECRET), 500),
    ],
)
def test_an_error_gets_its_status_and_what_is_ours_alone_goes_to_the_log(error, status, caplog):
    with caplog.at_level(logging.ERROR):
        response = response_to(error)
    assert (response.status, response.type) == (status, TAXII_TYPE)
    assert f'"http_status":"{status}"'.encode() in response.body
    assert b"secret" not in response.body
    assert ("secret" in caplog.text) == (status >= 500)
    error_id = re.search(rb'"error_id":"([0-9a-f]{16})"', response.body)[1].decode()
    assert (error_id in caplog.text) == (status >= 500)
    assert (status == 503) == any(name == b"retry-after" for name, _ in response.headers)


def refusals():
    for path in sorted((ROOT / "src" / "relto" / "faces").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Refusal" and len(call.args) > 1:
                status, code = call.args[:2]
                if isinstance(status, ast.Constant) and isinstance(code, ast.Constant):
                    yield status.value, code.value


@pytest.mark.parametrize(("status", "code"), sorted(set(refusals())))
def test_each_refusal_has_its_place_in_the_reference(status, code):
    lines = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith(f"| {status} |") and f"`{code}`" in line for line in lines)
