"""Whatever the description allows, and much that it does not, is answered in one shape, as each role and as none."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from tests.conformance.served import PASSWORD
from tests.faces.api.conftest import ROLES

from relto.faces.verbs.registry import PREFIX, VERBS

EXAMPLES = 2
"""For each address and role."""

# These would end the accounts that the other examples come in by, or make the node take hours.
LEFT_OUT = {
    "account-revoke",
    "account-set-password",
    "account-rotate",
    "account-session-end",
    "topics-reclass",
    "events",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ROLES, None])
def test_no_request_breaks_it(api, name):
    schema = schemathesis.openapi.from_url(f"{api.base}{PREFIX}/openapi.json")
    auth = (name, PASSWORD) if name else None
    seen = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.definition.raw["operationId"] in LEFT_OUT:
            continue
        seen += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=operation.as_strategy())
        def check(case):
            response = case.call(auth=auth, timeout=60)
            assert response.status_code < 500 or response.status_code == 501, (response.status_code, response.text)
            if response.status_code >= 400:
                problem = response.json()
                assert problem["type"] == f"urn:relto:error:{problem['code']}"
                assert len(problem["error_id"]) == 16

        check()
    assert seen == len({verb.name for verb in VERBS} - LEFT_OUT)
