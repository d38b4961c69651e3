"""Signing in with a real OpenID provider, and with one that is down, slow, or lies."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, assert_refused, serving
from tests.fakes.provider import CLIENT, SECRET, Lies, provider, shared_secret

from relto.adapters import openid as adapter
from relto.config import load
from relto.domain.errors import BadInput
from relto.usecases.accounts import add_openid, list_sessions, revoke, revoke_credential


@pytest.fixture
def idp():
    with provider() as made:
        yield made


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def node(tmp_path, idp):
    """A node that knows the provider. Its address is told before it listens, since the provider has to know it too."""
    settings = {
        "openid__issuer": idp.issuer, "openid__client_id": CLIENT, "openid__client_secret": SECRET,
        "http__public_url": "http://relto.example",
    }  # fmt: skip
    idp.redirect_uri = "http://relto.example/session/openid/callback"
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", **settings) as served:
        link(served, idp)
        yield served


def link(node, idp, name="kyiv", subject="248289761001"):
    return add_openid(node.opened.node, node.opened.desk, name, subject, issuer=idp.issuer, by=ADMIN)


class Browser:
    """Goes where it is sent, and keeps its cookies."""

    def __init__(self, node):
        self.node = node
        self.cookies = {}

    def get(self, path, **more):
        header = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = httpx.get(f"{self.node.base}{path}", headers={"cookie": header} if header else {}, **more)
        for name, value in response.cookies.items():
            self.cookies[name] = value
        for line in response.headers.get_list("set-cookie"):
            if "Max-Age=0" in line:
                self.cookies.pop(line.partition("=")[0], None)
        return response

    def to_provider(self, path="/session/openid"):
        response = self.get(path)
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def at_provider(self, address):
        """The path at the node to which the provider sends the browser back."""
        response = httpx.get(address)
        assert response.status_code == 302, response.text
        parts = urlsplit(response.headers["location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, path="/session/openid"):
        return self.get(self.at_provider(self.to_provider(path)))


def refused(browser, idp, status, code, **lies):
    """The attempt is refused with this code, and nobody is signed in."""
    idp.lies = Lies(**lies)
    response = browser.get("/session/openid")
    if response.status_code == 303:
        response = browser.get(browser.at_provider(response.headers["location"]))
    assert_refused(response, status, code)
    assert "relto-session" not in browser.cookies
    assert list_sessions(browser.node.opened.node, "kyiv") == []
    return response


# As it should be.


@pytest.mark.parametrize("alg", ["RS256", "PS512", "ES256"])
def test_somebody_signs_in_and_goes_on_as_the_account_that_was_linked(node, idp, alg):
    idp.alg = alg
    browser = Browser(node)
    response = browser.sign_in("/session/openid?next=/api/docs")
    assert (response.status_code, response.headers["location"]) == (303, "/api/docs")
    document = browser.get("/session").json()
    assert (document["account"], document["how"], document["roles"]) == ("kyiv", "openid", ["reader"])
    assert "relto-openid" not in browser.cookies


def test_the_way_to_the_provider_has_state_nonce_and_the_challenge_of_pkce(node, idp):
    browser = Browser(node)
    asked = parse_qs(urlsplit(browser.to_provider()).query)
    assert (asked["client_id"], asked["response_type"], asked["scope"]) == ([CLIENT], ["code"], ["openid"])
    assert asked["redirect_uri"] == [idp.redirect_uri]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert SECRET not in str(asked)
    again = parse_qs(urlsplit(browser.to_provider()).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_metadata_and_keys_are_asked_for_once(node, idp):
    for _ in range(3):
        assert Browser(node).sign_in().status_code == 303
    assert [idp.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys", "/token")] == [1, 1, 3]


def test_somebody_whom_nobody_linked_is_refused_as_for_a_wrong_password(node, idp):
    wrong = httpx.post(f"{node.base}/session", json={"name": "kyiv", "password": "wrong"})
    for subject in ("248289761002", "kyiv", "officer@example.org"):
        idp.subject = subject
        response = refused(Browser(node), idp, 401, "unauthorised")
        assert len(response.content) == len(wrong.content)
        assert response.json()["description"] == wrong.json()["description"]


def test_an_e_mail_address_links_nothing(node, idp):
    link(node, idp, "lviv", "officer@example.org")
    idp.subject = "somebody else"
    refused(Browser(node), idp, 401, "unauthorised", claims={"email": "officer@example.org", "email_verified": True})


def test_who_was_unlinked_or_revoked_signs_in_no_more(node, idp):
    opened = node.opened
    browser = Browser(node)
    browser.sign_in()
    revoke_credential(opened.node, opened.desk, "kyiv", "1", kind="openid", by=ADMIN)
    assert_refused(browser.get("/session"), 401)
    refused(Browser(node), idp, 401, "unauthorised")
    link(node, idp)
    browser = Browser(node)
    browser.sign_in()
    assert browser.get("/session").status_code == 200
    revoke(opened.node, opened.desk, "kyiv", by=ADMIN)
    assert_refused(browser.get("/session"), 401)
    refused(Browser(node), idp, 401, "unauthorised")


# The way back.


def test_only_the_browser_that_set_out_comes_back_and_only_once(node, idp):
    victim, attacker = Browser(node), Browser(node)
    back = attacker.at_provider(attacker.to_provider())
    assert_refused(victim.get(back), 400, "openid-state-wrong")
    victim.to_provider()
    assert_refused(victim.get(back), 400, "openid-state-wrong")
    assert attacker.get(back).status_code == 303
    assert_refused(attacker.get(back), 400, "openid-state-wrong")


def test_a_code_counts_once_even_where_the_ticket_is_kept(node, idp):
    browser = Browser(node)
    back = browser.at_provider(browser.to_provider())
    kept = dict(browser.cookies)
    assert browser.get(back).status_code == 303
    browser.cookies = kept
    assert_refused(browser.get(back), 403, "openid-code-refused")


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.replace("state=", "state=x"),
        lambda query: query.replace("state=", "other="),
        lambda query: f"{query}&state=x",
        lambda query: f"{query}&iss=https://evil.example",
        lambda _: "",
    ],
)
def test_a_way_back_that_was_changed_is_refused(node, idp, change):
    browser = Browser(node)
    path, _, query = browser.at_provider(browser.to_provider()).partition("?")
    assert_refused(browser.get(f"{path}?{change(query)}"), 400, "openid-state-wrong")
    assert "relto-session" not in browser.cookies


@pytest.mark.parametrize(
    "change", [lambda text: text[:-2], lambda text: f"x{text}", lambda text: text.partition(".")[0], lambda _: "."]
)
def test_a_ticket_that_was_changed_is_none(node, idp, change):
    browser = Browser(node)
    back = browser.at_provider(browser.to_provider())
    browser.cookies["relto-openid"] = change(browser.cookies["relto-openid"])
    assert_refused(browser.get(back), 400, "openid-state-wrong")


def test_a_ticket_is_good_for_ten_minutes(node, idp, monkeypatch):
    browser = Browser(node)
    back = browser.at_provider(browser.to_provider())
    late = time.time() + 601
    monkeypatch.setattr("relto.faces.http.openid.time.time", lambda: late)
    assert_refused(browser.get(back), 400, "openid-state-wrong")


def test_who_declines_at_the_provider_is_told_so(node, idp):
    browser = Browser(node)
    state = parse_qs(urlsplit(browser.to_provider()).query)["state"][0]
    response = browser.get(f"/session/openid/callback?error=access_denied&state={state}")
    assert_refused(response, 403, "openid-declined")


def test_a_code_of_another_attempt_fails_for_want_of_its_verifier(node, idp):
    first, second = Browser(node), Browser(node)
    code = parse_qs(urlsplit(first.at_provider(first.to_provider())).query)["code"][0]
    state = parse_qs(urlsplit(second.to_provider()).query)["state"][0]
    response = second.get(f"/session/openid/callback?code={code}&state={state}")
    assert_refused(response, 403, "openid-code-refused")


# A provider that lies.

NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"aud": None},
        {"azp": "another client"},
        {"exp": NOW - 3_600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW - 7_200, "exp": NOW + 7_200},
        {"iat": NOW + 7_200, "exp": NOW + 9_200},
        {"iat": None},
        {"iat": True},
        {"nbf": NOW + 7_200},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 248289761001},
        {"sub": "a\nb"},
        {"sub": "x" * 300},
        {"at_hash": "AAAA"},
    ],
    ids="-".join,
)
def test_a_token_that_is_not_for_us_here_and_now_is_refused(node, idp, claims):
    refused(Browser(node), idp, 502, "openid-token-wrong", claims=claims)


def test_two_audiences_are_taken_where_we_are_the_one_who_asked(node, idp):
    idp.lies = Lies(claims={"aud": [CLIENT, "another client"], "azp": CLIENT})
    assert Browser(node).sign_in().status_code == 303


def test_a_token_of_a_key_that_the_provider_does_not_have_is_refused(node, idp):
    stranger = RSAKey.generate_key(2048, {"kid": "rsa"})
    refused(Browser(node), idp, 502, "openid-token-wrong", key=stranger)


def test_a_token_that_is_signed_with_what_we_know_as_well_is_refused(node, idp):
    refused(Browser(node), idp, 502, "openid-token-wrong", header={"alg": "HS256"}, key=shared_secret())
    # As is one that is signed with our view of its key, or with nothing at all.
    for alg in ("none", "None", "HS512", "", "RS1", 7, None, ["RS256"]):
        idp.lies = Lies()
        browser = Browser(node)
        nonce = parse_qs(urlsplit(address := browser.to_provider()).query)["nonce"][0]
        _, claims, signature = idp.id_token("248289761001", nonce).split(".")
        for last in (signature, ""):
            idp.lies = Lies(token=".".join((packed({"alg": alg, "kid": "rsa"}), claims, last)))
            assert_refused(browser.get(browser.at_provider(address)), 502, "openid-token-wrong")
            address = browser.to_provider()


def packed(value):
    from joserfc.util import json_b64encode

    return json_b64encode(value).decode()


@pytest.mark.parametrize(
    "token",
    ["", "x", "..", "a.b.c", "e30.e30.e30", ".".join(["A" * 20_000] * 3), packed({"alg": "RS256"}), 7, ["x"], {"a": 1}],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_token_is_refused(node, idp, token):
    refused(Browser(node), idp, 502, "openid-token-wrong", token=token or " ")


def test_a_header_that_demands_what_we_do_not_know_is_refused(node, idp):
    refused(Browser(node), idp, 502, "openid-token-wrong", header={"crit": ["b64"], "b64": True})


def test_a_key_that_is_named_nowhere_is_asked_for_again_once_a_minute_at_most(node, idp):
    for _ in range(3):
        refused(Browser(node), idp, 502, "openid-token-wrong", header={"kid": "unknown"})
    assert idp.asked.count("/keys") == 2


def test_new_keys_are_found_when_a_token_names_one(node, idp):
    assert Browser(node).sign_in().status_code == 303
    idp.keys["rsa"] = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    assert Browser(node).sign_in().status_code == 303


def weak():
    return RSAKey.generate_key(1024, {"kid": "rsa"}, auto_kid=False)


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ([], "openid-provider-wrong"),
        ({}, "openid-provider-wrong"),
        ({"keys": {}}, "openid-provider-wrong"),
        ({"keys": [{"kty": "RSA", "kid": str(n)} for n in range(101)]}, "openid-provider-wrong"),
        ({"keys": []}, "openid-token-wrong"),
        ({"keys": [None, 7, "x", []]}, "openid-token-wrong"),
        ({"keys": [{"kty": "RSA", "kid": "rsa"}]}, "openid-token-wrong"),
        ({"keys": [{"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"}]}, "openid-token-wrong"),
        ({"keys": [{"kty": "RSA", "kid": "rsa", "n": "A" * 342, "e": "AQAB"}]}, "openid-token-wrong"),
        ({"keys": [{"kty": "RSA", "kid": "rsa", "n": "w" * 100_000, "e": "AQAB"}]}, "openid-token-wrong"),
        ({"keys": [{"kty": "oct", "kid": "rsa", "k": "AAAA"}]}, "openid-token-wrong"),
        ({"keys": [{"kty": "EC", "kid": "rsa", "crv": "P-256", "x": "A", "y": "A"}]}, "openid-token-wrong"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_keys_that_are_none_are_refused(node, idp, keys, code):
    refused(Browser(node), idp, 502, code, keys=keys)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"issuer": ["x"]},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "https://x y/"},
        {"authorization_endpoint": "https://[bad/"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": 7},
        {"jwks_uri": "ftp://x/keys"},
        {"jwks_uri": "https://" + "x" * 3_000},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
    ],
    ids=lambda value: str(value)[:60],
)
def test_metadata_that_lead_elsewhere_are_refused_and_a_provider_that_is_put_right_is_taken(node, idp, metadata):
    refused(Browser(node), idp, 502, "openid-provider-wrong", metadata=metadata)
    idp.lies = Lies()
    assert Browser(node).sign_in().status_code == 303


# A provider that is down, slow or endless.


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(adapter, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(adapter, "FAILED_SECONDS", 0.0)


@pytest.mark.parametrize("place", ["openid-configuration", "keys", "token"])
@pytest.mark.parametrize("kind", ["late", "trickling", "endless", "packed", "cut"])
def test_a_provider_that_is_slow_or_endless_costs_a_bounded_time(node, idp, hasty, place, kind):
    refused(Browser(node), idp, 503, "openid-unreachable", answers={place: kind})
    # Everything is whole, and everybody else goes on.
    assert httpx.get(f"{node.base}/taxii2/", auth=("kyiv", PASSWORD)).status_code == 200
    idp.lies = Lies()
    assert Browser(node).sign_in().status_code == 303


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"openid-configuration": "nonsense"}, 502, "openid-provider-wrong"),
        ({"openid-configuration": "deep"}, 502, "openid-provider-wrong"),
        ({"openid-configuration": "list"}, 502, "openid-provider-wrong"),
        ({"openid-configuration": "500"}, 503, "openid-unreachable"),
        ({"openid-configuration": "elsewhere"}, 503, "openid-unreachable"),
        ({"keys": "nonsense"}, 502, "openid-provider-wrong"),
        ({"keys": "deep"}, 502, "openid-provider-wrong"),
        ({"keys": "404"}, 503, "openid-unreachable"),
        ({"keys": "elsewhere"}, 503, "openid-unreachable"),
        ({"token": "nonsense"}, 502, "openid-provider-wrong"),
        ({"token": "deep"}, 502, "openid-provider-wrong"),
        ({"token": "list"}, 502, "openid-provider-wrong"),
        ({"token": "500"}, 503, "openid-unreachable"),
        ({"token": "elsewhere"}, 503, "openid-unreachable"),
    ],
    ids=str,
)
def test_an_answer_that_is_none_is_refused(node, idp, hasty, answers, status, code):
    refused(Browser(node), idp, status, code, answers=answers)


def test_a_provider_that_is_down_is_said_so_and_not_asked_again_at_once(tmp_path):
    port = free_port()
    settings = {
        "openid__issuer": f"http://127.0.0.1:{port}", "openid__client_id": CLIENT,
        "http__public_url": "http://relto.example",
    }  # fmt: skip
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", **settings) as served:
        for _ in range(2):
            response = httpx.get(f"{served.base}/session/openid")
            assert_refused(response, 503, "openid-unreachable")
            assert int(response.headers["retry-after"]) >= 1
        assert httpx.get(f"{served.base}/taxii2/", auth=("kyiv", PASSWORD)).status_code == 200


# Settings.

GOOD = {
    "openid.issuer": "https://id.example.org",
    "openid.client_id": "relto",
    "http.public_url": "https://relto.example",
}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"openid.client_id": ""}, "openid.client_id"),
        ({"http.public_url": ""}, "http.public_url"),
        ({"openid.issuer": "http://id.example.org"}, "openid.issuer"),
        ({"openid.issuer": "https://id.example.org?x"}, "openid.issuer"),
        ({"openid.scopes": "profile"}, "openid.scopes"),
        ({"openid.claim": "email"}, "openid.claim"),
        ({"openid.claim": "preferred_username"}, "openid.claim"),
        ({"http.public_url": "https://relto.example/path"}, "http.public_url"),
    ],
    ids=str,
)
def test_settings_of_a_provider_that_cannot_be_are_refused(tmp_path, change, key):
    assert load(tmp_path, environment={}, arguments=GOOD).openid.claim == "sub"
    with pytest.raises(BadInput) as refusal:
        load(tmp_path, environment={}, arguments={**GOOD, **change})
    assert (refusal.value.code, refusal.value.data["key"]) == ("config-value", key)


def test_the_secret_of_the_client_is_never_shown(tmp_path):
    config = load(tmp_path, environment={}, arguments={**GOOD, "openid.client_secret": "sesame"})
    assert "sesame" not in repr(config)
    assert "sesame" not in str(config.show())
    with pytest.raises(BadInput) as refusal:
        load(tmp_path, environment={"RELTO_OPENID_CLIENT_SECRET": "sesame\n"})
    assert "sesame" not in str(refusal.value)
    assert replace(config.openid, client_secret="").client_secret == ""


def test_who_comes_while_too_many_wait_for_the_provider_is_told_to_come_back(node, idp, monkeypatch):
    monkeypatch.setattr(adapter, "ATTEMPTS_MAX", 2)
    monkeypatch.setattr(adapter, "ANSWER_SECONDS", 5)
    idp.lies = Lies(answers={"openid-configuration": "late"})
    with ThreadPoolExecutor(5) as threads:
        asked = [threads.submit(httpx.get, f"{node.base}/session/openid", timeout=30) for _ in range(5)]
        while sum(each.done() for each in asked) < 3:
            time.sleep(0.01)
        idp.ended.set()
        answers = [each.result() for each in asked]
    codes = sorted(each.json()["error_code"] for each in answers if each.status_code == 503)
    assert codes == ["openid-busy"] * 3
    assert sorted(each.status_code for each in answers) == [303, 303, 503, 503, 503]
