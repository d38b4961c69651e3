"""A served node with an account of each role, and agreements, pauses and acts that not everybody may see."""

from __future__ import annotations

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, serving

from relto.usecases.accounts import add_account

ROLES = {
    "reader": ("UKR", ["reader"]),
    "contributor": ("UKR", ["contributor"]),
    "officer": ("USA", ["officer"]),
    "approver": ("USA", ["approver"]),
    "auditor": ("USA", ["auditor"]),
    "chief": ("USA", ["officer", "approver", "auditor", "admin"]),
    "foreign": ("UKR", ["officer", "approver"]),
}


def open_accounts(served):
    for name, (party, roles) in ROLES.items():
        opened = served.opened
        add_account(opened.node, opened.desk, name, party=party, roles=roles, by=ADMIN, password=PASSWORD)


@pytest.fixture(scope="package")
def api(tmp_path_factory):
    """On SQLite, shared by tests that leave it as it is, or do not mind."""
    folder = tmp_path_factory.mktemp("api")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}") as served:
        open_accounts(served)
        yield served


@pytest.fixture
def api_of_each(tmp_path, database_url):
    """One of its own, on each engine."""
    with serving(tmp_path / "node", database_url) as served:
        open_accounts(served)
        yield served


def client(served, name="chief", **headers):
    auth = (name, PASSWORD) if name else None
    return httpx.Client(base_url=served.base, auth=auth, headers=headers, timeout=60)


def assert_problem(response, status, code=None):
    """The response is a problem of this status (RFC 9457), and gives nothing away."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:relto:error:{problem['code']}"
    assert {"title", "detail", "kind"} <= problem.keys()
    assert len(problem["error_id"]) == 16
    assert code is None or problem["code"] == code
    for hint in ("Traceback", ".py", "relto.db", "sqlite", "psycopg", "uvicorn", "pydantic"):
        assert hint not in response.text
    return problem
