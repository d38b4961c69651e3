"""Tokens, certificates, subjects and sessions of accounts, from outside."""

import pytest
from tests.fakes.authority import Authority

from relto.config import load
from relto.faces.cli.call import Call
from relto.usecases.accounts import Gatekeeper
from relto.wiring import open_node


@pytest.fixture
def enter(node):
    """Who comes in by a token, or None."""

    def by(token):
        with open_node(load(node.folder / "node", environment={})) as opened:
            return Gatekeeper(opened.node, cache_seconds=0, key=b"k").by_token(token)

    return by


@pytest.fixture
def authority(node):
    return Authority(node.folder)


def test_an_account_has_several_tokens_that_are_listed_without_being_shown(node, enter):
    first = node.ok("account", "token", "add", "kyiv", "--label", "sensor", "--scope", "read")
    second = node.ok("account", "token", "add", "kyiv", "--expires", "2d")
    assert (first["id"], first["scopes"], first["label"], first["expires_at"]) == ("1", ["read"], "sensor", None)
    assert second["scopes"] == ["read", "write", "act", "admin"]
    assert second["expires_at"]
    assert first["token"] != second["token"]
    listed = node("account", "token", "list", "kyiv")
    assert [(row["id"], row["state"], row["label"]) for row in listed.document] == [
        ("1", "active", "sensor"), ("2", "active", ""),
    ]  # fmt: skip
    for token in (first["token"], second["token"]):
        assert token not in listed.out
        assert enter(token).account.name == "kyiv"
    revoked = node.ok("account", "token", "revoke", "kyiv", "1")
    assert (revoked["state"], bool(revoked["revoked_at"])) == ("revoked", True)
    assert enter(first["token"]) is None
    assert enter(second["token"]) is not None


def test_an_account_that_is_made_with_a_token_may_say_what_that_is_good_for(node, enter):
    made = node.ok(
        "account", "add", "feed", "--party", "UKR", "--role", "reader", "--role", "officer",
        "--token", "--expires", "1w", "--scope", "read",
    )  # fmt: skip
    assert (made["proof"], made["proofs"]) == ("token", ["token"])
    assert enter(made["token"]).account.roles == ("reader",)
    (row,) = node.ok("account", "token", "list", "feed")
    assert row["expires_at"]


def test_rotation_makes_the_old_token_good_for_nothing_unless_they_overlap(node, enter):
    old = node.ok("account", "add", "feed", "--party", "UKR", "--token")["token"]
    new = node.ok("account", "rotate", "feed")["token"]
    assert enter(old) is None
    newest = node.ok("account", "rotate", "feed", "--overlap", "1h")["token"]
    assert enter(new).account.name == enter(newest).account.name == "feed"
    (first, second, third) = node.ok("account", "token", "list", "feed")
    assert [each["state"] for each in (first, second, third)] == ["revoked", "active", "active"]
    assert second["expires_at"]
    assert third["expires_at"] is None


def test_rotation_of_one_token_or_of_a_password(node, enter):
    tokens = [node.ok("account", "token", "add", "kyiv")["token"] for _ in range(2)]
    again = node.ok("account", "rotate", "kyiv", "--token", "2")
    assert "password" not in again
    assert [enter(token) is not None for token in (*tokens, again["token"])] == [True, False, True]
    assert node.ok("account", "rotate", "kyiv")["password"]
    assert enter(tokens[0]) is not None


def test_a_certificate_is_enrolled_listed_and_revoked(node, authority):
    file = authority.issue("kyiv-client")[0]
    added = node.ok("account", "certificate", "add", "kyiv", file, "--scope", "read")
    assert (added["label"], added["scopes"]) == ("CN=kyiv-client", ["read"])
    assert added["identifier"].startswith("sha256:")
    by_name = node.ok("account", "certificate", "add", "kyiv", file, "--by-name", "--label", "renewed")
    assert by_name["identifier"].startswith("name:")
    assert [row["id"] for row in node.ok("account", "certificate", "list", "kyiv")] == ["1", "2"]
    assert node.ok("account", "token", "list", "kyiv") == []
    assert node.ok("account", "certificate", "revoke", "kyiv", "1")["state"] == "revoked"
    (account,) = [row for row in node.ok("account", "list") if row["account"] == "kyiv"]
    assert account["proofs"] == ["password", "certificate"]


def test_a_subject_of_the_provider_is_linked_and_unlinked(node, monkeypatch):
    assert node("account", "openid", "add", "kyiv", "248289761001").code == "openid-unset"
    added = node.ok("account", "openid", "add", "kyiv", "248289761001", "--issuer", "https://id.example.org")
    assert (added["issuer"], added["subject"]) == ("https://id.example.org", "248289761001")
    monkeypatch.setenv("RELTO_OPENID_ISSUER", "https://other.example.org")
    monkeypatch.setenv("RELTO_OPENID_CLIENT_ID", "relto")
    monkeypatch.setenv("RELTO_HTTP_PUBLIC_URL", "https://relto.example.org")
    assert node.ok("account", "openid", "add", "kyiv", "7")["issuer"] == "https://other.example.org"
    assert [row["subject"] for row in node.ok("account", "openid", "list", "kyiv")] == ["248289761001", "7"]
    assert node.ok("account", "openid", "revoke", "kyiv", "1")["state"] == "revoked"


def test_sessions_are_listed_and_ended(node):
    with open_node(load(node.folder / "node", environment={})) as opened:
        gate = opened.gatekeeper()
        begun = opened.sessions(gate).begin(gate.by_password("kyiv", "a good password"))
    listed = node("account", "session", "list", "kyiv")
    assert [row["how"] for row in listed.document] == ["password"]
    assert begun.cookie not in listed.out
    assert node.ok("account", "session", "end", "kyiv") == {"account": "kyiv", "ended": 1}
    assert node.ok("account", "session", "list", "kyiv") == []


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["add", "x", "--party", "UKR", "--expires", "1d"], 2, "token-unasked"),
        (["add", "x", "--party", "UKR", "--scope", "read"], 2, "token-unasked"),
        (["add", "x", "--party", "UKR", "--token", "--scope", "king"], 2, "scope-unknown"),
        (["token", "add", "nobody"], 2, "account-unknown"),
        (["token", "add", "kyiv", "--expires", "tomorrow"], 2, "when-invalid"),
        (["token", "add", "kyiv", "--expires", "2020-01-01"], 2, "expiry-past"),
        (["token", "list", "nobody"], 2, "account-unknown"),
        (["token", "revoke", "kyiv", "1"], 2, "credential-unknown"),
        (["token", "revoke", "kyiv", "x"], 2, "credential-unknown"),
        (["certificate", "add", "kyiv", "nothing.pem"], 2, "file-unreadable"),
        (["certificate", "add", "kyiv", "."], 2, "file-unreadable"),
        (["certificate", "revoke", "kyiv", "1"], 2, "credential-unknown"),
        (["openid", "revoke", "kyiv", "1"], 2, "credential-unknown"),
        (["session", "list", "nobody"], 2, "account-unknown"),
        (["session", "end", "nobody"], 2, "account-unknown"),
        (["rotate", "kyiv", "--overlap", "1h"], 2, "password-overlaps"),
        (["rotate", "kyiv", "--token", "7"], 2, "credential-unknown"),
    ],
)
def test_what_cannot_be_is_refused(node, words, status, code):
    answer = node("account", *words)
    assert (answer.status, answer.code) == (status, code)


def test_a_certificate_that_is_none_or_expired_or_taken_is_refused(node, authority):
    nonsense = node.write("nonsense.pem", "nonsense")
    assert node("account", "certificate", "add", "kyiv", nonsense).code == "certificate-invalid"
    huge = node.write("huge.pem", b"x" * 100_000)
    assert node("account", "certificate", "add", "kyiv", huge).code == "certificate-invalid"
    expired = authority.issue("old", days=(-3, -1))[0]
    assert node("account", "certificate", "add", "kyiv", expired).code == "certificate-expired"
    file = authority.issue("kyiv")[0]
    node.ok("account", "certificate", "add", "kyiv", file)
    answer = node("account", "certificate", "add", "kyiv", file)
    assert (answer.status, answer.code) == (1, "credential-taken")


def test_people_are_shown_tables_and_the_secret_once(node):
    made = node("account", "token", "add", "kyiv", "--label", "sensor", json=False)
    token = made.out.split("token: ")[1].split()[0]
    assert len(token) >= 43
    assert "shown this once" in made.err
    shown = node("account", "token", "list", "kyiv", json=False).out
    assert "sensor" in shown
    assert token not in shown
    assert "account kyiv has no certificate" in node("account", "certificate", "list", "kyiv", json=False).err


def test_an_account_with_nothing_to_come_in_by_is_named_by_the_doctor(node):
    node.ok("account", "add", "feed", "--party", "UKR", "--token")
    node.ok("account", "token", "revoke", "feed", "1")
    findings = node.ok("doctor")["findings"]
    assert [each["code"] for each in findings if "feed" in each["text"]] == ["account-shut"]


def test_each_act_on_a_credential_is_on_the_record(node):
    node.ok("account", "token", "add", "kyiv", "--scope", "read")
    node.ok("account", "token", "revoke", "kyiv", "1")
    node.ok("account", "openid", "add", "kyiv", "7", "--issuer", "https://id.example.org")
    with Call(data=str(node.folder / "node")).node() as opened, opened.node.store.read() as snap:
        kinds = [act.kind for act in snap.acts(limit=3)]
        values = " ".join(act.value for act in snap.acts())
    assert kinds == ["account-openid", "account-credential-revoke", "account-token"]
    assert "secret" not in values


def test_an_account_without_office_sees_itself_alone_and_changes_nothing(node):
    node.ok("account", "add", "lviv", "--party", "UKR", "--token")
    before = node.ok("account", "list")
    assert [row["account"] for row in node.ok("account", "list", "--as", "kyiv")] == ["kyiv"]
    assert node.ok("account", "token", "list", "kyiv", "--as", "kyiv") == []
    for name in ("lviv", "admin", "nobody"):
        for words in (("token", "list"), ("session", "list")):
            answer = node("account", *words, name, "--as", "kyiv")
            assert (answer.status, answer.code) == (2, "account-unknown")
            assert answer.document["error"]["message"] == f"there is no account `{name}`"
    acts = (
        ("token", "add", "kyiv"),
        ("token", "revoke", "lviv", "1"),
        ("openid", "add", "kyiv", "7", "--issuer", "https://id.example.org"),
        ("session", "end", "lviv"),
        ("rotate", "lviv"),
        ("set-password", "kyiv"),
        ("revoke", "lviv"),
        ("add", "new", "--party", "UKR", "--role", "admin"),
    )
    for words in acts:
        answer = node("account", *words, "--as", "kyiv")
        assert (answer.status, answer.code) == (1, "role-missing")
    assert node.ok("account", "list") == before
