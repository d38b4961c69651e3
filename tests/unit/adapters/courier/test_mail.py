"""A letter is handed over encrypted or not at all, once, and whatever the server does costs a bounded time."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import threading
from email.message import EmailMessage

import hypothesis.strategies as st
import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given
from tests.fakes.stranger import certified, listening, running

from relto.adapters.courier.line import Lookup
from relto.adapters.courier.mail import MailCourier
from relto.domain.dispatch import Outcome
from relto.domain.errors import BadInput
from relto.ports.courier import Letter

AT = 1_741_176_000_000_000
ONE = "6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
TWO = "7f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
PATIENT, IMPATIENT = 30.0, 0.4
SENDER = "relto@node.example"


class Taken:
    """A mail server that keeps what it takes, and answers otherwise where it is told to."""

    def __init__(self, *, rcpt: str = "", data: str = "", sender: str = "") -> None:
        self.letters: list[tuple[str, list[str], bytes]] = []
        self.tls: list[bool] = []
        self.names: list[str] = []
        self._rcpt, self._data, self._sender = rcpt, data, sender

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - the server's name for it
        if self._sender:
            return self._sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the server's name for it
        if self._rcpt:
            return self._rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the server's name for it
        if self._data:
            return self._data
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.tls.append(session.ssl is not None)
        self.names.append(session.host_name)
        return "250 OK"

    def letter(self) -> EmailMessage:
        (_, _, content) = self.letters[-1]
        return email.message_from_bytes(content, policy=email.policy.default)


def mail_server(taken: Taken, *, ssl_context=None, **options):
    """The port of a real mail server that hands everything to `taken`."""

    def opening():
        loop = asyncio.get_running_loop()
        return loop.create_server(lambda: SMTP(taken, loop=loop, **options), "127.0.0.1", 0, ssl=ssl_context)

    return running(opening)


def letter(**other) -> Letter:
    parts = {"to": "watch@ukr.example", "subject": "pause: usa-ukr", "text": "usa-ukr is paused\n", "message": ONE}
    return Letter(**{**parts, "thread": "", "at": AT, **other})


def send(port: int, message: Letter | None = None, *, seconds: float = PATIENT, host="127.0.0.1", **other) -> Outcome:
    options = {"sender": SENDER, "encryption": "none", "timeout_seconds": seconds, **other}
    return MailCourier(host, port, **options).carry(message or letter())


def test_a_letter_arrives_as_it_was_written() -> None:
    taken = Taken()
    text = "Призупинено 🦔: talks\n.\n..\nFrom here on\n" + "x" * 3000 + "\n"
    with mail_server(taken) as port:
        assert send(port, letter(subject="pause: Київ", text=text, thread=TWO)) == Outcome("delivered", 250)
    (sender, to, _) = taken.letters[0]
    assert (sender, to) == (SENDER, ["watch@ukr.example"])
    found = taken.letter()
    assert found["From"] == SENDER
    assert found["To"] == "watch@ukr.example"
    assert found["Subject"] == "pause: Київ"
    assert found["Date"] == "Wed, 05 Mar 2025 12:00:00 +0000"
    assert found["Message-ID"] == f"<{ONE}@node.example>"
    assert found["In-Reply-To"] == found["References"] == f"<{TWO}@node.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_content().splitlines() == text.splitlines()
    assert taken.names == ["node.example"]


def test_a_letter_that_is_sent_again_has_the_same_id() -> None:
    taken = Taken()
    with mail_server(taken) as port:
        send(port)
        first = taken.letter()["Message-ID"]
        send(port, letter(at=AT + 1))
    assert taken.letter()["Message-ID"] == first
    assert taken.letter()["In-Reply-To"] is None


@given(st.text(max_size=60), st.text(max_size=200))
def test_nothing_that_is_written_becomes_a_header_of_its_own(subject, text) -> None:
    courier = MailCourier("x", 1, sender=SENDER, encryption="none")
    try:
        raw = courier._composed(letter(subject=subject, text=text)).as_bytes()
    except (ValueError, UnicodeError):
        # A line break, or half of a surrogate pair: no letter.
        return
    found = email.message_from_bytes(raw, policy=email.policy.default)
    expected = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    assert found.keys()[:6] == expected
    assert set(found.keys()[6:]) <= {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}


@pytest.mark.parametrize(
    "subject", ["x\r\nBcc: other@evil.example", "x\nBcc: other@evil.example", "x\r\n\r\nbody", "\n", "x\n", "\r"]
)
def test_a_header_with_a_line_break_is_never_sent(subject) -> None:
    taken = Taken()
    with mail_server(taken) as port, pytest.raises(ValueError, match="linefeed"):
        send(port, letter(subject=subject))
    assert taken.letters == []


@pytest.mark.parametrize(
    ("server", "result", "status"),
    [
        ({"rcpt": "550 5.1.1 nobody has that name"}, "rejected", 550),
        ({"rcpt": "450 4.2.0 come back later"}, "refused", 450),
        ({"rcpt": "421 closing"}, "unreachable", 421),
        ({"data": "554 5.7.1 not this one"}, "rejected", 554),
        ({"data": "452 4.3.1 no room"}, "refused", 452),
        ({"sender": "553 5.7.1 not from you"}, "rejected", 553),
        ({"sender": "451 4.4.0 try again"}, "refused", 451),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_the_server_says_is_what_comes_of_it(server, result, status) -> None:
    with mail_server(Taken(**server)) as port:
        outcome = send(port)
    assert (outcome.result, outcome.status) == (result, status)
    assert outcome.answer


# Encryption and who sends.


def test_a_letter_goes_encrypted_by_starttls(tmp_path) -> None:
    ours, taken = certified(tmp_path, "mail.example"), Taken()
    with mail_server(taken, tls_context=ours.server, require_starttls=True) as port:
        outcome = send(port, host="mail.example", encryption="starttls", ca=ours.ca, lookup=here())
    assert outcome == Outcome("delivered", 250)
    assert taken.tls == [True]


def test_a_letter_goes_encrypted_from_the_beginning(tmp_path) -> None:
    ours, taken = certified(tmp_path, "mail.example"), Taken()
    with mail_server(taken, ssl_context=ours.server) as port:
        outcome = send(port, host="mail.example", encryption="tls", ca=ours.ca, lookup=here())
    assert outcome == Outcome("delivered", 250)


def here():
    """A resolver that finds every name on this machine."""
    return Lookup(lambda _, port, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))])


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_server_that_does_not_prove_who_it_is_gets_nothing(encryption, tmp_path) -> None:
    ours, theirs = certified(tmp_path / "ours", "mail.example"), certified(tmp_path / "theirs", "mail.example")
    taken = Taken()
    option = {"starttls": "tls_context", "tls": "ssl_context"}[encryption]
    with mail_server(taken, **{option: ours.server}) as port:
        for host, ca in (("mail.example", theirs.ca), ("mail.example", ""), ("other.example", ours.ca)):
            outcome = send(port, host=host, encryption=encryption, ca=ca, lookup=here())
            assert outcome.result == "unreachable"
            assert "certificate" in outcome.answer
    assert taken.letters == []


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_server_that_does_not_encrypt_gets_nothing(encryption) -> None:
    taken = Taken()
    with mail_server(taken) as port:
        assert send(port, encryption=encryption, user="relto", password="hush").result == "unreachable"
    assert taken.letters == []


def authenticator(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"relto", b"hush"), handled=False)


def test_a_password_is_given_to_a_server_that_asks_for_one(tmp_path) -> None:
    ours, taken = certified(tmp_path, "127.0.0.1"), Taken()
    options = {"tls_context": ours.server, "authenticator": authenticator, "auth_required": True}
    with mail_server(taken, **options) as port:
        good = {"encryption": "starttls", "ca": ours.ca, "user": "relto"}
        assert send(port, **good, password="hush").result == "delivered"
        wrong = send(port, **good, password="sesame")
        assert (wrong.result, wrong.status) == ("unreachable", 535)
        assert "sesame" not in wrong.answer
        nobody = send(port, encryption="starttls", ca=ours.ca)
        assert (nobody.result, nobody.status) == ("rejected", 530)
    assert len(taken.letters) == 1


# Servers that take their time.


def says(*parts: bytes, then: str = "hangs"):
    """Says these, one after each line that it hears, and then hangs, drips, floods or closes."""

    async def behave(reader, writer):
        for place, part in enumerate(parts):
            if place:
                await reader.readline()
            writer.write(part)
            await writer.drain()
        while then == "drips":
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)
        while then == "floods":
            writer.write(b"250-x\r\n" * 5_000)
            await writer.drain()
        if then == "hangs":
            await asyncio.Event().wait()

    return behave


EHLO = b"250-node\r\n250 8BITMIME\r\n"


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [
        (says(), IMPATIENT),
        (says(b"220 "), IMPATIENT),
        (says(then="drips"), IMPATIENT),
        (says(b"220 hello\r\n"), IMPATIENT),
        (says(b"220 hello\r\n", EHLO, b"250 OK\r\n", b"250 OK\r\n"), IMPATIENT),
        (says(b"220 hello\r\n", b"250-", then="floods"), PATIENT),
        (says(then="floods"), PATIENT),
        (says(b"220 hello\r\n", EHLO, then="closes"), PATIENT),
        (says(then="closes"), PATIENT),
        (says(b"554 not you\r\n"), PATIENT),
        (says(b"220 hello\r\n", b"502 no\r\n", b"502 no\r\n"), PATIENT),
        (says(b"\xff\xfe\x00\r\n"), PATIENT),
        (says(b"abc hello\r\n"), PATIENT),
        (says(b"220 " + b"x" * 100_000), PATIENT),
    ],
    ids=[
        "silent", "half a greeting", "drips", "says no more", "hangs before the letter", "endless reply",
        "endless greeting", "closes", "closes at once", "lets nobody in", "knows no command", "bytes", "no number",
        "a long line",
    ],
)  # fmt: skip
def test_who_does_not_behave_like_a_mail_server_was_not_reached(behaviour, seconds) -> None:
    with listening(behaviour) as port:
        outcome = send(port, seconds=seconds)
    assert outcome.result == "unreachable"
    assert outcome.answer


@pytest.mark.parametrize("then", ["hangs", "drips", "floods", "closes"])
def test_who_took_the_letter_has_it_however_it_says_goodbye(then) -> None:
    got = threading.Event()

    async def behave(reader, writer):
        for part in (b"220 hello\r\n", EHLO, b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            writer.write(part)
            await writer.drain()
            await reader.readline()
        # The first line of the letter was read for an answer; the rest ends with a full stop alone.
        while await reader.readline() != b".\r\n":
            pass
        got.set()
        await says(b"250 taken\r\n", b"", then=then)(reader, writer)

    with listening(behave) as port:
        assert send(port) == Outcome("delivered", 250)
    assert got.is_set()


def test_where_nobody_listens_nobody_was_reached() -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    assert send(port) == Outcome("unreachable", answer="no connection: connection refused")


def test_a_file_that_holds_no_certificates_is_bad_input(tmp_path) -> None:
    with pytest.raises(BadInput) as caught:
        MailCourier("x", 1, sender=SENDER, encryption="tls", ca=str(tmp_path / "nowhere"))
    assert caught.value.code == "ca-unusable"
