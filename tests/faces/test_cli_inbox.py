"""Inbox, webhooks and mailboxes from outside."""

import asyncio
import os
from contextlib import contextmanager
from dataclasses import replace

import pytest
from tests.actors import dispatch_due
from tests.fakes.receiver import verified
from tests.fakes.stranger import listening

from relto.config import load
from relto.domain.errors import BadInput
from relto.domain.notice import Draft
from relto.usecases.notifying import notify
from relto.wiring import open_node

HOOK = "https://partner.example/hooks"


@contextmanager
def opened(node):
    environment = {name: value for name, value in os.environ.items() if name.startswith("RELTO_")}
    environment.pop("RELTO_DEBUG", None)
    with open_node(load(node.folder / "node", environment=environment)) as found:
        yield found


def tell(node, *drafts):
    with opened(node) as found, found.node.store.write() as tx:
        return notify(found.node, tx, drafts, at=found.node.now(tx.head()))


def send(node):
    with opened(node) as found:
        return dispatch_due(found.node, found.couriers())


def draft(party="UKR", kind="pause", **other):
    return Draft(party, kind, **{"subject": "usa-ukr", "text": f"a {kind} of usa-ukr: talks", **other})


# The inbox.


def test_a_party_reads_what_it_was_told_and_acknowledges_it(node_of_each):
    node = node_of_each
    node.ok("pause", "usa-ukr", "--reason", "talks")
    tell(node, draft("USA"))
    node.ok("resume", "1")
    found = node.ok("inbox", "--as", "kyiv")
    assert found["party"] == "UKR"
    assert [(each["notice"], each["kind"], each["regards"]) for each in found["notices"]] == [
        (1, "agreement", None),
        (2, "pause", None),
        (3, "resume", 2),
    ]
    assert (found["notices"][1]["subject"], found["notices"][1]["data"]["reason"]) == ("usa-ukr", "talks")
    assert not {"act", "about", "id"} & set(found["notices"][0])
    assert (found["last"], found["next"], found["earlier"]) == (3, None, False)
    done = node.ok("inbox", "acknowledge", "3", "--note", "seen", "--as", "kyiv")
    assert [(each["account"], each["note"]) for each in done["acknowledged"]] == [("kyiv", "seen")]
    assert node.ok("inbox", "--as", "kyiv")["notices"][2] == done
    # Whoever has the machine reads any, and its own unless said.
    assert node.ok("inbox", "--party", "UKR") == node.ok("inbox", "--as", "kyiv")
    assert [each["notice"] for each in node.ok("inbox")["notices"]] == [1]


def test_of_a_discreet_pause_the_inbox_shows_nothing(node):
    before = node.ok("inbox", "--as", "kyiv")
    node.ok("pause", "usa-ukr", "--reason", "talks", "--discreet")
    assert node.ok("inbox", "--as", "kyiv") == before
    node.ok("resume", "1")
    assert node.ok("inbox", "--as", "kyiv") == before
    node.ok("pause", "usa-ukr", "--reason", "talks")
    assert [each["notice"] for each in node.ok("inbox", "--as", "kyiv")["notices"]] == [1, 2]


def test_an_inbox_goes_on_from_a_number(node):
    tell(node, *(draft(kind="recall" if number % 2 else "pause") for number in range(5)))
    first = node.ok("inbox", "--party", "UKR", "--after", "0", "--limit", "2")
    assert ([each["notice"] for each in first["notices"]], first["next"]) == ([1, 2], 2)
    rest = node.ok("inbox", "--party", "UKR", "--after", "2")
    assert ([each["notice"] for each in rest["notices"]], rest["next"], rest["last"]) == ([3, 4, 5, 6], None, 6)
    latest = node.ok("inbox", "--party", "UKR", "--limit", "2")
    assert ([each["notice"] for each in latest["notices"]], latest["earlier"]) == ([5, 6], True)
    assert [each["notice"] for each in node.ok("inbox", "--party", "UKR", "--recalls")["notices"]] == [3, 5]
    assert [each["notice"] for each in node.ok("inbox", "--party", "UKR", "--kind", "pause")["notices"]] == [2, 4, 6]
    end = node.ok("inbox", "--party", "UKR", "--after", "6")
    assert (end["notices"], end["last"]) == ([], 6)


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["--party", "GBR"], 2, "party-unknown"),
        (["--party", "USA", "--as", "kyiv"], 2, "party-unknown"),
        (["--after", "-1"], 2, "usage"),
        (["--after", "x"], 2, "usage"),
        (["--limit", "0"], 2, "usage"),
        (["--limit", "1001"], 2, "usage"),
        (["--kind", "pauze"], 2, "notice-kind-unknown"),
        (["--recalls", "--kind", "pause"], 2, "usage"),
        (["acknowledge"], 2, "usage"),
        (["acknowledge", "0"], 2, "usage"),
        (["acknowledge", "7"], 2, "notice-unknown"),
        (["acknowledge", "1"], 2, "notice-unknown"),
        (["acknowledge", "1", "--as", "kyiv", "--note", "a\x1b[2Jb"], 2, "acknowledgement-invalid"),
        (["--party", "UKR", "acknowledge", "1"], 2, "usage"),
        (["nonsense"], 2, "usage"),
    ],
    ids=lambda value: " ".join(value).encode("ascii", "backslashreplace").decode() if isinstance(value, list) else None,
)
def test_what_cannot_be_asked_of_an_inbox_is_refused(node, words, status, code):
    tell(node, draft())
    answer = node("inbox", *words)
    assert (answer.status, answer.code) == (status, code)
    assert node("inbox", *words, json=False).out == ""


def test_another_partys_inbox_looks_like_one_that_is_not_there(node):
    tell(node, draft("USA"))
    hidden, missing = (node("inbox", "--party", party, "--as", "kyiv") for party in ("USA", "NIL"))
    assert hidden.out.replace("USA", "NIL") == missing.out


def test_options_of_all_may_stand_before_the_verb_of_a_group(node, monkeypatch):
    tell(node, draft())
    folder = os.environ["RELTO_DATA"]
    monkeypatch.delenv("RELTO_DATA")
    words = ["inbox", "--data", folder, "--as", "kyiv", "--json", "acknowledge", "1"]
    assert node(*words, json=False).document["acknowledged"][0]["account"] == "kyiv"
    assert node("--data", folder, "--as", "kyiv", "inbox").document["party"] == "UKR"


def test_an_inbox_is_shown_to_people(node):
    assert node("inbox", json=False).err == "USA was told nothing\n"
    tell(node, draft(text="usa-ukr is paused \U0001f994: talks"))
    node.ok("inbox", "acknowledge", "2", "--as", "kyiv")
    shown = node("inbox", "--as", "kyiv", "--after", "1", json=False).out.splitlines()
    assert shown[0].split() == ["notice", "when", "kind", "about", "acknowledged", "by", "what"]
    assert shown[1].split()[0] == "2"
    assert shown[1].endswith("kyiv             usa-ukr is paused \U0001f994: talks")
    said = node("inbox", "acknowledge", "2", "--as", "kyiv", json=False).out
    assert said == "notice 2 is acknowledged: usa-ukr is paused \U0001f994: talks\n"


# Webhooks.


def test_a_webhook_is_added_listed_rotated_and_removed(node):
    made = node.ok("webhook", "add", HOOK, "--party", "UKR", "--kind", "resume", "--kind", "pause")
    assert (made["party"], made["url"], made["kinds"], made["state"]) == ("UKR", HOOK, ["pause", "resume"], "active")
    assert made["secret"].startswith("whsec_")
    (listed,) = node.ok("webhook", "list")
    assert "secret" not in listed
    assert made["secret"] not in str(listed)
    assert (listed["webhook"], listed["waiting"], listed["given_up"]) == (made["webhook"], 0, [])
    turned = node.ok("webhook", "rotate", made["webhook"])
    assert turned["secret"] != made["secret"]
    assert [each["until"] is None for each in turned["secrets"]] == [True, False]
    assert len(node.ok("webhook", "rotate", made["webhook"], "--keep", "0s")["secrets"]) == 1
    assert node.ok("webhook", "list", "--party", "USA") == []
    removed = node.ok("webhook", "remove", made["webhook"])
    assert removed["webhook"] == made["webhook"]
    assert node.ok("webhook", "list") == []
    for verb in ("remove", "rotate", "enable"):
        assert node("webhook", verb, made["webhook"]).code == "webhook-unknown"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        ([HOOK, "--party", "NIL"], 2, "party-unknown"),
        (["ftp://x/"], 2, "webhook-url-invalid"),
        (["http://partner.example/"], 2, "webhook-url-refused"),
        (["https://127.0.0.1/"], 2, "webhook-url-refused"),
        (["https://[fd00::1]/"], 2, "webhook-url-refused"),
        ([HOOK, "--kind", "nil"], 2, "notice-kind-unknown"),
        ([HOOK, "--as", "kyiv"], 1, "role-missing"),
        ([], 2, "usage"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(node, words, status, code):
    answer = node("webhook", "add", *words)
    assert (answer.status, answer.code) == (status, code)
    assert node.ok("webhook", "list") == []


def test_who_only_looks_is_not_told_the_whole_url(node):
    node.ok("webhook", "add", HOOK + "?key=secret", "--party", "UKR")
    node.ok("account", "add", "inspector", "--party", "USA", "--role", "auditor")
    (seen,) = node.ok("webhook", "list", "--as", "inspector")
    assert seen["url"] == "https://partner.example"
    assert node.ok("webhook", "list")[0]["url"] == HOOK + "?key=secret"


def test_who_may_not_keep_webhooks_sees_none(node):
    made = node.ok("webhook", "add", HOOK)
    node.ok("account", "add", "chief", "--party", "UKR", "--role", "admin", "--token")
    assert node("webhook", "list", "--as", "kyiv").code == "role-missing"
    assert node.ok("webhook", "list", "--as", "chief") == []
    assert node("webhook", "remove", made["webhook"], "--as", "chief").code == "webhook-unknown"
    assert node("webhook", "list", "--party", "USA", "--as", "chief").code == "party-unknown"
    assert node("webhook", "add", HOOK, "--party", "USA", "--as", "chief").code == "party-not-yours"
    assert node.ok("webhook", "add", HOOK, "--as", "chief")["party"] == "UKR"


class Receiver:
    """Answers as it is told to, and keeps what it is sent."""

    def __init__(self):
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        self.got = []

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(self.answer)
        await writer.drain()


def test_failures_and_the_last_answers_are_seen_and_a_disabled_webhook_is_begun_anew(node, monkeypatch):
    monkeypatch.setenv("RELTO_WEBHOOKS_PRIVATE", "true")
    receiver = Receiver()
    with listening(receiver) as port:
        made = node.ok("webhook", "add", f"http://127.0.0.1:{port}/h", "--party", "UKR")
        tell(node, draft())
        assert send(node) == 1
        headers, body = receiver.got[0]
        assert verified(headers, body, made["secret"], now=int(headers["webhook-timestamp"]))
        receiver.answer = b"HTTP/1.1 410 Gone\r\ncontent-length: 12\r\n\r\nmoved \x1b[31m!"
        tell(node, draft(), draft())
        send(node)
        (listed,) = node.ok("webhook", "list")
        assert (listed["state"], listed["waiting"]) == ("disabled", 0)
        assert listed["health"]["last_status"] == 410
        assert listed["health"]["last_answer"] == "moved �[31m!"
        assert [(each["notice"], each["status"]) for each in listed["given_up"]] == [(4, None), (3, 410)]
        shown = node("webhook", "list", json=False)
        assert " disabled " in shown.out
        assert f"relto webhook enable {made['webhook']}" in shown.err
        assert "\x1b" not in shown.out + shown.err
        assert [each["kind"] for each in node.ok("inbox", "--party", "UKR")["notices"]][-1] == "undelivered"
        receiver.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        again = node.ok("webhook", "enable", made["webhook"], "--since", "1d")
        assert (again["state"], again["notices"]) == ("active", 2)
        assert send(node) == 2
        (listed,) = node.ok("webhook", "list")
        assert (listed["health"]["delivered"], listed["given_up"], listed["waiting"]) == (3, [], 0)


def test_a_secret_is_shown_once_and_to_people_too(node):
    shown = node("webhook", "add", HOOK, json=False)
    secret = next(line for line in shown.out.splitlines() if line.startswith("secret: "))
    assert secret.startswith("secret: whsec_")
    assert "this once" in shown.err
    assert "whsec_" not in node("webhook", "list", json=False).out
    assert "is removed" in node("webhook", "remove", node.ok("webhook", "list")[0]["webhook"], json=False).out


# Mailboxes.


def test_a_mailbox_is_added_listed_and_removed(node):
    made = node.ok("mailbox", "add", "watch@ukr.example", "--party", "UKR", "--account", "kyiv", "--kind", "recall")
    assert (made["address"], made["account"], made["kinds"]) == ("watch@ukr.example", "kyiv", ["recall"])
    (listed,) = node.ok("mailbox", "list", "--party", "UKR")
    assert (listed["mailbox"], listed["waiting"]) == (made["mailbox"], 0)
    assert node.ok("mailbox", "enable", made["mailbox"])["notices"] == 0
    assert "no mail server is set" in node("mailbox", "add", "a@ukr.example", "--party", "UKR", json=False).err
    node.ok("mailbox", "remove", made["mailbox"])
    assert node("mailbox", "remove", made["mailbox"]).code == "mailbox-unknown"
    assert len(node.ok("mailbox", "list")) == 1


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["x"], 2, "mail-address-invalid"),
        (["a@b.example\r\nBcc: c@d.example"], 2, "mail-address-invalid"),
        (["a@b.example", "--party", "NIL"], 2, "party-unknown"),
        (["a@b.example", "--account", "kyiv"], 2, "account-unknown"),
        (["a@b.example", "--kind", "nil"], 2, "notice-kind-unknown"),
        (["a@b.example", "--as", "kyiv"], 1, "role-missing"),
    ],
)
def test_a_mailbox_that_cannot_be_is_refused(node, words, status, code):
    answer = node("mailbox", "add", *words)
    assert (answer.status, answer.code) == (status, code)


def test_a_file_of_certificates_that_cannot_be_used_is_said_when_something_is_sent(node, monkeypatch):
    monkeypatch.setenv("RELTO_WEBHOOKS_CA", str(node.folder / "nowhere.pem"))
    with pytest.raises(BadInput) as caught:
        send(node)
    assert caught.value.code == "ca-unusable"


def test_letters_go_by_the_server_of_the_settings(node, monkeypatch):
    said = []

    async def mail_server(reader, writer):
        for part in (b"220 hello\r\n", b"250 node\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            writer.write(part)
            await writer.drain()
            said.append(await reader.readline())
        while said[-1] != b".\r\n":
            said.append(await reader.readline())
        writer.write(b"250 taken\r\n")
        await asyncio.wait_for(reader.readline(), 30)
        writer.write(b"221 bye\r\n")

    with listening(mail_server) as port:
        for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("FROM", "relto@usa.example"), ("TLS", "none")):
            monkeypatch.setenv(f"RELTO_MAIL_{name}", value)
        node.ok("mailbox", "add", "watch@ukr.example", "--party", "UKR")
        tell(node, draft())
        assert send(node) == 1
    assert said[1].startswith(b"mail FROM:<relto@usa.example>")
    assert node.ok("mailbox", "list")[0]["health"]["delivered"] == 1


def test_the_doctor_names_places_that_fail_and_that_are_disabled(node):
    hook = node.ok("webhook", "add", HOOK + "?key=secret", "--party", "UKR")["webhook"]
    box = node.ok("mailbox", "add", "duty@partner.example", "--party", "UKR")["mailbox"]
    assert [each["code"] for each in node.ok("doctor")["findings"]] == ["mail-unset"]
    with opened(node) as found, found.node.store.write() as tx:
        webhook, mailbox = tx.webhook(hook), tx.mailbox(box)
        tx.put_webhook(webhook.fared(replace(webhook.health, failures=3, last_answer="503 away")))
        tx.put_mailbox(mailbox.disabled("it answered 550"))
    findings = {each["code"]: each for each in node.ok("doctor")["findings"]}
    assert set(findings) == {"webhook-failing", "mailbox-disabled", "mail-unset"}
    text = findings["webhook-failing"]["text"]
    assert all(part in text for part in (hook, "`UKR`", "`partner.example`", "3 times", "503 away"))
    assert "secret" not in text
    assert findings["mailbox-disabled"]["remedy"] == f"relto mailbox enable {box}"
