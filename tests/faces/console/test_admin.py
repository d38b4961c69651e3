"""Administration: each act asks first, says with counts what it will do, does it once, and shows a secret once."""

import datetime as dt
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, indicator, serving
from tests.faces.console.desk import desk, text_of

from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party

SECRET = re.compile(r'id="secret" readonly value="([^"]+)"')


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A node for the module: each test makes what it changes."""
    folder = tmp_path_factory.mktemp("admin")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}", webhooks__private=True, webhooks__http=True) as there:
        opened = there.opened
        for name, party, roles in (
            ("chief", "USA", ["officer", "approver", "auditor", "admin"]),
            ("officer", "USA", ["officer"]),
            ("kyiv-officer", "UKR", ["officer"]),
        ):
            add_account(opened.node, opened.desk, name, party=party, roles=roles, by=ADMIN, password=PASSWORD)
        there.publish(indicator(), indicator())
        yield there


@pytest.fixture
def chief(served):
    with desk(served, "chief") as at:
        yield at


def document(served, path, who="chief"):
    with served.client(who, accept="application/json") as client:
        response = client.get(f"/api/v1{path}")
        assert response.status_code == 200, response.text
        return response.json()


def secret_of(response):
    assert response.status_code == 200, text_of(response.text)
    return SECRET.search(response.text)[1]


def opens(served, name, *, party="UKR", roles=("reader",), **more):
    opened = served.opened
    return add_account(opened.node, opened.desk, name, party=party, roles=list(roles), by=ADMIN, **more)[1]


# Parties and groups.


def test_a_party_is_made_known_once_it_was_said_what_that_does(served, chief):
    address = "/admin/parties/new"
    said = {"party": "POL", "name": "Poland", "kind": "state", "ceiling": "S"}
    asked = chief.question(address, **said)
    assert "Nothing flows to it yet" in asked
    assert "classified above S" in asked
    assert "POL" not in {each["party"] for each in document(served, "/parties")}, "asking does nothing"
    done = chief.act(address, **said)
    assert (done.status_code, done.headers["location"]) == (303, "/admin/parties/POL")
    assert "Poland" in chief.get("/admin/parties/POL")
    again = chief.ask(address, **said)
    assert again.status_code == 409
    assert 'value="Poland"' in again.text, "what was typed stays"


def test_a_marking_that_named_a_party_before_it_was_known_is_counted_before_it_counts(served, chief):
    served.publish(
        indicator(
            object_marking_refs=["marking-definition--5a51c7ee-3d5b-4c2b-9a3b-00000000000a"],
        ),
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": "marking-definition--5a51c7ee-3d5b-4c2b-9a3b-00000000000a",
            "created": "2025-03-01T12:00:00.000Z",
            "definition_type": "statement",
            "definition": {"statement": "S//REL TO USA, BALTIC"},
        },
    )
    asked = chief.question("/admin/parties/new", party="BALTIC", name="Baltic", kind="group", members="UKR")
    assert "It stands for 1: UKR." in asked
    assert "usa-ukr UKR 1 0 0 more kinds of items flow" in asked
    assert "BALTIC" not in {each["party"] for each in document(served, "/parties")}


def test_joining_a_group_tells_what_begins_and_leaving_what_ends(served, chief):
    opened = served.opened
    add_party(opened.node, opened.desk, "NORDIC", name="The North", kind="group", by=ADMIN, members=["GBR"])
    add_party(opened.node, opened.desk, "FIN", name="Finland", kind="state", by=ADMIN)
    terms = "{agreement: usa-nordic, title: North, from: USA, to: [NORDIC], scope: {topics: [naval]}}"
    with served.client("chief", accept="application/json") as client:
        assert client.post("/api/v1/agreements", json={"files": [terms]}).status_code == 200
    address = "/admin/parties/NORDIC/join"
    asked = chief.question(address, member="FIN")
    assert "It begins to receive under 1 agreement." in asked
    assert "begins to receive" in asked
    assert chief.act(address, member="FIN").headers["location"] == "/admin/parties/NORDIC"
    assert document(served, "/parties/NORDIC")["members"] == ["FIN", "GBR"]
    assert "NORDIC" in chief.get("/admin/parties/FIN")
    assert "usa-nordic North : it is named, and its members receive" in text_of(chief.get("/admin/parties/NORDIC"))
    assert "usa-nordic North : it receives" in text_of(chief.get("/admin/parties/FIN"))
    lost = chief.question("/admin/parties/NORDIC/leave", member="FIN")
    assert re.search(r"What the group gave it is closed: [1-9]\d* items? under 1 agreement\.", lost), lost
    assert chief.act("/admin/parties/NORDIC/leave", member="FIN").status_code == 303
    assert document(served, "/parties/NORDIC")["members"] == ["GBR"]


def test_a_membership_may_be_set_for_a_day_to_come(served, chief):
    opened = served.opened
    add_party(opened.node, opened.desk, "SOUTH", name="The South", kind="group", by=ADMIN, members=["GBR"])
    assert chief.act("/admin/parties/SOUTH/join", member="FRA", **{"from": "30d"}).status_code == 303
    page = text_of(chief.get("/admin/parties/SOUTH"))
    assert re.search(r"FRA .* without an end ◷ set", page), page


# Accounts.


def test_a_token_is_shown_once_and_comes_in(served, chief):
    opens(served, "gateway")
    address = "/admin/accounts/gateway/tokens"
    asked = chief.ask(address, label="gateway in Kyiv", scope="read", expires="90d")
    assert "It may be used for: read." in text_of(asked.text)
    assert re.search(r"It is good until \d+ \w{3} \d{4} \d\d:\d\d UTC", text_of(asked.text)), "as the day that it is"
    assert document(served, "/accounts/gateway/credentials/token") == []
    done = chief.answer(address, asked)
    token = secret_of(done)
    with served.client(None, authorization=f"Bearer {token}") as client:
        assert client.get("/exchange/collections/").status_code == 200
    # A second press of the button does nothing a second time, and shows nothing.
    twice = chief.answer(address, asked)
    assert token not in twice.text
    assert twice.headers["location"].startswith("/acts/"), "on to what came of it"
    assert len(document(served, "/accounts/gateway/credentials/token")) == 1
    page = chief.get("/admin/accounts/gateway")
    assert token not in page
    assert "gateway in Kyiv" in page


def test_a_token_is_renewed_and_revoked(served, chief):
    token = opens(served, "renewed", token=True)
    (row,) = document(served, "/accounts/renewed/credentials/token")
    new = secret_of(chief.act("/admin/accounts/renewed/rotate", token=row["id"], overlap="1h"))
    assert new != token
    states = {each["id"]: each["state"] for each in document(served, "/accounts/renewed/credentials/token")}
    assert len(states) == 2
    last = max(states, key=int)
    asked = chief.question(f"/admin/accounts/renewed/token/{last}/revoke")
    assert "1 token of the account is left." in asked
    assert chief.act(f"/admin/accounts/renewed/token/{last}/revoke").status_code == 303
    with served.client(None, authorization=f"Bearer {new}") as client:
        assert client.get("/exchange/collections/").status_code == 401


def test_a_password_that_is_typed_stands_in_no_page_and_one_that_is_made_is_shown_once(served, chief):
    address = "/admin/accounts/new"
    said = {"account": "typed", "party": "UKR", "role": ["reader"], "by": "password"}
    asked = chief.ask(address, **said)
    assert "It can read what UKR receives under 1 agreement." in text_of(asked.text)
    short = chief.answer(address, asked, password="short")
    assert short.status_code == 400
    assert "short" not in short.text.replace("too short", "")
    done = chief.answer(address, chief.ask(address, **said), password=" a long password ")
    assert done.headers["location"] == "/admin/accounts/typed"
    with served.client(None) as client:
        assert client.get("/exchange/collections/", auth=("typed", " a long password ")).status_code == 200
    made = secret_of(chief.act("/admin/accounts/typed/password"))
    with served.client(None) as client:
        assert client.get("/exchange/collections/", auth=("typed", made)).status_code == 200
        assert client.get("/exchange/collections/", auth=("typed", " a long password ")).status_code == 401


def test_closing_an_account_counts_what_goes_with_it(served, chief):
    opens(served, "closing", token=True)
    asked = chief.question("/admin/accounts/closing/revoke")
    assert "1 token, 0 certificates and 0 OpenID subjects are good for nothing" in asked
    assert "It reads under 1 agreement" in asked
    assert chief.act("/admin/accounts/closing/revoke").status_code == 303
    assert "closed" in text_of(chief.get("/admin/accounts/closing"))
    assert chief.act("/admin/accounts/closing/tokens").status_code == 409


def test_a_certificate_is_looked_at_before_it_lets_anybody_in(served, chief):
    opens(served, "certified")
    address = "/admin/accounts/certified/certificates"
    assert chief.ask(address, certificate="no certificate").status_code == 400
    asked = chief.ask(address, certificate=certificate("gateway.example"), label="gateway")
    assert "Subject: CN=gateway.example" in text_of(asked.text)
    assert "This very certificate lets the account in" in text_of(asked.text)
    assert chief.answer(address, asked).status_code == 303
    (row,) = document(served, "/accounts/certified/credentials/certificate")
    assert row["identifier"] in chief.get("/admin/accounts/certified")


def test_an_openid_subject_is_linked_and_unlinked(served, chief):
    opens(served, "person")
    address = "/admin/accounts/person/openid"
    assert chief.ask(address, subject="248289761001").status_code == 400, "no provider is set"
    assert chief.act(address, subject="248289761001", issuer="https://id.example.org").status_code == 303
    (row,) = document(served, "/accounts/person/credentials/openid")
    assert chief.act(f"/admin/accounts/person/openid/{row['id']}/revoke").status_code == 303
    assert "revoked" in text_of(chief.get("/admin/accounts/person"))


def test_an_account_is_signed_out_everywhere(served, chief):
    opens(served, "person2", password=PASSWORD)
    with served.client(None, origin=served.base) as client:
        assert client.post("/sign-in", data={"name": "person2", "password": PASSWORD}).status_code == 303
        assert client.get("/account", headers={"accept": "text/html"}).status_code == 200
        assert "1 session is over" in chief.question("/admin/accounts/person2/sessions/end")
        assert chief.act("/admin/accounts/person2/sessions/end").status_code == 303
        assert client.get("/account", headers={"accept": "text/html"}).status_code == 303, "to sign in anew"


# Where notices go.


def test_a_webhook_is_added_turned_enabled_and_removed(served, chief):
    kept = {"url": "http://127.0.0.1:9/relto?key=in-the-url", "party": "UKR", "kind": ["pause", "recall"]}
    asked = chief.ask("/admin/webhooks", **kept)
    assert "It is told of: pause, recall" in text_of(asked.text)
    secret = secret_of(chief.answer("/admin/webhooks", asked))
    (row,) = document(served, "/webhooks?party=UKR")
    assert secret not in chief.get("/admin/notices")
    other = secret_of(chief.act(f"/admin/webhook/{row['webhook']}/rotate", keep="1h"))
    assert other != secret
    assert "What failed for good is not sent again." in chief.question(f"/admin/webhook/{row['webhook']}/enable")
    assert chief.act(f"/admin/webhook/{row['webhook']}/enable", since="1d").headers["location"] == "/admin/notices"
    with desk(served, "kyiv-officer") as theirs:
        assert "127.0.0.1" in theirs.get("/admin/notices")
    with desk(served, "officer") as ours:
        assert "127.0.0.1" not in ours.get("/admin/notices"), "another party's is not there"
        assert ours.ask(f"/admin/webhook/{row['webhook']}/remove").status_code == 404
    asked = chief.question(f"/admin/webhook/{row['webhook']}/remove")
    assert "0 notices that wait for it are forgotten" in asked
    assert chief.act(f"/admin/webhook/{row['webhook']}/remove").status_code == 303
    assert document(served, "/webhooks?party=UKR") == []


def test_a_mailbox_is_added_and_removed_and_says_that_no_mail_goes_out(served, chief):
    asked = chief.ask("/admin/mailboxes", address="duty@cert.example.org", kind="pause")
    assert "No mail server is set on this node" in text_of(asked.text)
    assert chief.answer("/admin/mailboxes", asked).status_code == 303
    (row,) = document(served, "/mailboxes")
    assert chief.act(f"/admin/mailbox/{row['mailbox']}/enable").status_code == 303
    assert chief.act(f"/admin/mailbox/{row['mailbox']}/remove").status_code == 303
    assert document(served, "/mailboxes") == []


# Topics, old content.


def test_the_past_is_decided_anew_and_counted_before(served, chief):
    stored = served.opened.node.store.head().last_seq
    asked = chief.question("/admin/topics/reclass")
    assert f"{stored} items are looked at; 0 items have other topics" in asked
    assert chief.act("/admin/topics/reclass").headers["location"] == "/admin/topics"
    assert "naval" in chief.get("/admin/topics")


def test_old_content_goes_after_a_count_and_what_is_asked_wrongly_is_told_in_the_form(served, chief):
    wrong = chief.ask("/admin/purge", before="never")
    assert wrong.status_code == 400
    assert 'value="never"' in wrong.text
    asked = chief.question("/admin/purge", before="400d")
    assert re.search(r"The content of 0 items that came in before \d+ \w{3} \d{4} \d\d:\d\d UTC goes, for good", asked)
    done = chief.act("/admin/purge", before="400d")
    assert done.headers["location"].startswith("/acts/")
    assert "Act" in text_of(chief.get("/admin/purge"))


# Who may.


def test_secrets_of_the_settings_are_shown_to_nobody(served, chief):
    page = text_of(chief.get("/admin/settings"))
    assert "database.url a secret" in page.replace(" `", " ") or "a secret, set and not shown" in page
    assert "relto.db" not in chief.get("/admin/settings")
    found = text_of(chief.get("/admin/settings?changed=yes"))
    assert "argument" in found
    assert "server.workers" not in found


@pytest.mark.parametrize("who", ["officer", "kyiv-officer", "watch", "kyiv", "bureau"])
def test_who_may_not_is_told_so_before_it_is_asked_whether_it_really_wants_to(served, who):
    with desk(served, who) as at:
        for address, said in (
            ("/admin/parties/new", {"party": "NEW", "name": "New", "kind": "state"}),
            ("/admin/parties/UKR/join", {"member": "GBR"}),
            ("/admin/accounts/new", {"account": "new", "party": "UKR"}),
            ("/admin/accounts/kyiv/revoke", {}),
            ("/admin/accounts/kyiv/password", {}),
            ("/admin/accounts/kyiv/tokens", {}),
            ("/admin/accounts/kyiv/sessions/end", {}),
            ("/admin/topics/reclass", {}),
            ("/admin/purge", {"before": "400d"}),
        ):
            response = at.ask(address, **said)
            assert response.status_code in {403, 404}, (address, response.status_code, text_of(response.text))
            assert 'class="question' not in response.text


def test_whoever_only_receives_finds_no_administration_and_sees_its_own_account_alone(served):
    with desk(served, "kyiv") as at:
        assert "/admin" not in at.get("/")
        for address in ("/admin", "/admin/parties", "/admin/accounts", "/admin/settings", "/admin/health"):
            at.get(address, 403)
        assert "reads what its party receives" in at.get("/account")
    with desk(served, "officer") as at:
        assert "London" not in at.get("/admin/accounts")
        at.get("/admin/accounts/kyiv", 404)
        at.get("/admin/settings", 403)


def test_webhook_answers_are_text_and_cut(served, chief):
    opened = served.opened
    with opened.node.store.read() as snap:
        before = snap.webhooks()
    assert chief.act("/admin/webhooks", url="http://127.0.0.1:9/hostile").status_code == 200
    hostile = "<script>alert(1)</script>" + "\u202e" + "x" * 5_000
    with opened.node.store.write() as tx:
        (made,) = [each for each in tx.webhooks() if each not in before]
        health = made.health
        tx.put_webhook(made.fared(type(health)(**{**fields(health), "last_at": 1, "last_answer": hostile[:400]})))
    page = chief.get("/admin/notices")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "x" * 400 not in page


def fields(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def certificate(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
