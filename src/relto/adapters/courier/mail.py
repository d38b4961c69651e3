"""Mail over SMTP: one letter over one connection, encrypted as the settings say or not sent at all.

Nothing of a letter can become a command or a header of its own: addresses are checked by the domain, the standard
library's composer refuses line breaks in headers, and what stands in the text is encoded. The `Message-ID` is the
notice's, so that a letter that comes twice can be told from another one.
"""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from relto.adapters.courier.line import Deadline, Lookup, Received, connected, secured, send, told, trusting
from relto.domain.dispatch import SECOND, Outcome

if TYPE_CHECKING:
    from relto.ports.courier import Letter

TIMEOUT_SECONDS: Final = 60.0
"""For a whole letter."""

RECEIVED_BYTES_MAX: Final = 65_536
"""Bytes that a server may say in all: a lifetime of greetings has fewer."""

GOODBYE_SECONDS: Final = 2.0
"""How long a server may take to say goodbye."""

DONE: Final = 250
CLOSING: Final = 421

Encryption = Literal["none", "starttls", "tls"]


class MailCourier:
    """Hands letters to one mail server. Safe to use from several threads: each letter has a connection of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        encryption: Encryption,
        user: str = "",
        password: str = "",
        ca: str = "",
        timeout_seconds: float = TIMEOUT_SECONDS,
        lookup: Lookup | None = None,
    ) -> None:
        """`sender`: the address that letters come from. Raises `BadInput` (`ca-unusable`)."""
        self._host = host
        self._port = port
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._encryption = encryption
        self._user = user
        self._password = password
        self._context = None if encryption == "none" else trusting(ca)
        self._timeout_seconds = timeout_seconds
        self._lookup = Lookup() if lookup is None else lookup

    def carry(self, message: Letter, /) -> Outcome:
        """One letter; what came of it."""
        try:
            return self._hand_over(message)
        except smtplib.SMTPRecipientsRefused as error:
            status, said = next(iter(error.recipients.values()))
            return _refused(status, said)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            # It greets, introduces itself or lets nobody in otherwise than it should: nothing to do with this letter.
            return Outcome("unreachable", max(error.smtp_code, 0), _text(error.smtp_error) or "its answer is no SMTP")
        except smtplib.SMTPException as error:
            return Outcome("unreachable", answer=str(error))
        except OSError as error:
            return Outcome("unreachable", answer=told(error))

    def _hand_over(self, message: Letter) -> Outcome:
        deadline = Deadline(self._timeout_seconds)
        client = _Client(deadline, self._lookup, self._context if self._encryption == "tls" else None, self._domain)
        with closing(client):
            client.open(self._host, self._port)
            if self._encryption == "starttls":
                client.ehlo_or_helo_if_needed()
                client.starttls(context=self._context)
            if self._user:
                client.login(self._user, self._password)
            client.sendmail(self._sender, [message.to], self._composed(message).as_bytes(policy=WIRE))
            # It has taken the letter: however it says goodbye changes nothing.
            deadline.hurry(GOODBYE_SECONDS)
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            return Outcome("delivered", DONE)

    def _composed(self, message: Letter) -> EmailMessage:
        if len(message.subject.splitlines()) > 1 or message.subject.endswith(("\n", "\r")):
            # The library lets one through at the end, and the headers would end there.
            raise ValueError("a subject has no linefeed")
        composed = EmailMessage(policy=WIRE)
        composed["From"] = self._sender
        composed["To"] = message.to
        composed["Subject"] = message.subject
        composed["Date"] = format_datetime(datetime.fromtimestamp(message.at // SECOND, UTC))
        composed["Message-ID"] = f"<{message.message}@{self._domain}>"
        if message.thread:
            composed["In-Reply-To"] = composed["References"] = f"<{message.thread}@{self._domain}>"
        # RFC 3834: whoever is away need not tell us.
        composed["Auto-Submitted"] = "auto-generated"
        composed.set_content(message.text)
        return composed


def _refused(status: int, said: bytes | str) -> Outcome:
    """RFC 5321, section 4.2.1: what begins with 5 is not to be tried again."""
    if status == CLOSING or status < 0:
        return Outcome("unreachable", max(status, 0), _text(said) or "its answer is no SMTP")
    return Outcome("rejected" if status >= 500 else "refused", status, _text(said))


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


class _Client(smtplib.SMTP):
    """The standard library's client, over a line that has one deadline and takes in no more than it may.

    Its own reads have a time limit each, and no limit to how many lines a reply has.
    """

    def __init__(self, deadline: Deadline, lookup: Lookup, context: ssl.SSLContext | None, name: str) -> None:
        self._deadline = deadline
        self._lookup = lookup
        self._context = context
        # With a name of its own it need not look this machine's up, which can take any time.
        super().__init__(local_hostname=name)

    def open(self, host: str, port: int) -> None:
        """Connects. Raises `SMTPException` or `OSError`."""
        self._host = host
        code, said = self.connect(host, port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        line = connected(self._lookup.addresses(host, port, self._deadline), self._deadline)
        return line if self._context is None else secured(line, self._context, host, self._deadline)

    def getreply(self) -> tuple[int, bytes]:
        """The next reply."""
        if self.file is None:
            assert self.sock is not None, "it is connected"
            received = Received(self.sock, self._deadline, bytes_max=RECEIVED_BYTES_MAX)
            self.file: Any = io.BufferedReader(received)
        return super().getreply()

    def send(self, s: Any) -> None:
        """Sends it all before the deadline."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        try:
            send(self.sock, s.encode(self.command_encoding) if isinstance(s, str) else s, self._deadline)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(told(error)) from error
