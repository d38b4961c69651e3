"""How an account may say who it is, and how soon it can no longer."""

import base64

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, assert_refused, serving

from relto.usecases.accounts import add_account, revoke, rotate, set_password


@pytest.fixture
def node(tmp_path):
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", http__api_key_header="X-Feed-Key") as served:
        yield served


@pytest.fixture
def token(node):
    opened = node.opened
    return add_account(opened.node, opened.desk, "feed", party="UKR", roles=["reader"], by=ADMIN, token=True)[1]


def asked(node, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(f"{node.base}/exchange/collections/", headers=named)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_basic_is_taken_in_any_case(node, scheme):
    value = base64.b64encode(f"kyiv:{PASSWORD}".encode()).decode()
    assert len(asked(node, authorization=f"{scheme} {value}").json()["collections"]) == 1


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "Token {}", "TOKEN  {}"])
def test_a_token_is_taken_as_bearer_or_token(node, token, form):
    assert len(asked(node, authorization=form.format(token)).json()["collections"]) == 1


def test_a_token_is_taken_in_the_header_that_the_operator_chose_and_in_no_other(node, token):
    assert asked(node, x_feed_key=token).status_code == 200
    assert_refused(asked(node, x_api_key=token), 401)


@pytest.mark.parametrize("form", ["Basic {}", "Bearer {}x", "Bearer {} {}", "{}"])
def test_a_token_in_another_form_is_not_taken(node, token, form):
    assert_refused(asked(node, authorization=form.format(token, token)), 401)


def test_a_password_is_no_token(node):
    assert_refused(asked(node, authorization=f"Bearer {PASSWORD}"), 401)
    assert_refused(asked(node, x_feed_key=PASSWORD), 401)


def test_who_is_revoked_is_out_with_the_next_request(node, token):
    opened = node.opened
    for name in ("kyiv", "feed"):
        headers = {"authorization": f"Bearer {token}"}
        auth = None if name == "feed" else (name, PASSWORD)
        with httpx.Client(base_url=node.base, auth=auth, headers=headers if auth is None else {}) as client:
            assert client.get("/taxii2/").status_code == 200
            revoke(opened.node, opened.desk, name, by=ADMIN)
            assert_refused(client.get("/taxii2/"), 401)


def test_a_changed_password_or_token_counts_with_the_next_request(node, token):
    opened = node.opened
    set_password(opened.node, opened.desk, "kyiv", by=ADMIN, password="another password")
    _, new = rotate(opened.node, opened.desk, "feed", by=ADMIN)
    for auth, status in ((PASSWORD, 401), ("another password", 200)):
        assert httpx.get(f"{node.base}/taxii2/", auth=("kyiv", auth)).status_code == status
    assert_refused(asked(node, authorization=f"Bearer {token}"), 401)
    assert asked(node, authorization=f"Bearer {new}").status_code == 200


def test_basic_can_be_switched_off(tmp_path):
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", auth__basic=False) as served:
        response = httpx.get(f"{served.base}/taxii2/", auth=("kyiv", PASSWORD))
        assert_refused(response, 401)
        assert response.headers.get_list("www-authenticate") == ['Bearer realm="relto"']
