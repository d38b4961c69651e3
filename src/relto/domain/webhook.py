"""A webhook: where a party wants to be called with its notices, and how a call is signed (Standard Webhooks 1.0.0).

Signed is `id.timestamp.body`, with HMAC-SHA256 and each secret that is alive, so that a receiver that knows only the
old one, or only the new one, finds a signature that it can check while secrets are rotated. The id of a notice never
changes, however often it is tried; the timestamp is that of the try.

>>> secret = secret_from(b"a source of chance, of any length")
>>> secret[:6], len(secret_bytes(secret))
('whsec_', 32)
>>> dict(signed([secret], id="msg_1", at=1_674_087_231_000_000, body=b"{}"))["webhook-timestamp"]
'1674087231'
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from relto.domain import ids, moment, written
from relto.domain.dispatch import Health
from relto.domain.endpoint import Endpoint, Reach
from relto.domain.errors import BadInput
from relto.domain.notice import Notice, wanted_kinds
from relto.domain.place import Place, PlaceState
from relto.domain.plain import veiled

PREFIX: Final = "whsec_"
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
SECRETS_MAX: Final = 3
"""Secrets of one webhook that are alive at once; where there are more, the oldest goes."""

_encoder: Final = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Secret:
    """What calls are signed with, from `made_at` until before `until` (None: for good), in microseconds."""

    text: str = field(repr=False)
    made_at: int
    until: int | None = None

    def __post_init__(self) -> None:
        secret_bytes(self.text)

    def is_alive(self, at: int) -> bool:
        """Whether calls are signed with it at that moment."""
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True)
class Webhook(Place):
    """A party's webhook. `kinds`: of notices that it wants; none named: all. `why`: it was disabled, or empty.

    Raises `BadInput` (`webhook-url-invalid`, `webhook-secret-invalid`, `notice-kind-unknown`, `webhook-invalid`).
    """

    id: str
    party: str
    url: str
    secrets: tuple[Secret, ...]
    kinds: tuple[str, ...]
    made_at: int
    made_by: str
    state: PlaceState = "active"
    why: str = ""
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        Endpoint.parse(self.url)
        ids.party_code(self.party)
        wanted_kinds(self.kinds)
        if not 1 <= len(self.secrets) <= SECRETS_MAX:
            raise BadInput("webhook-invalid", f"a webhook has 1 to {SECRETS_MAX} secrets")

    def recorded(self) -> dict[str, object]:
        """What the record says of it: not the whole URL, which may hold a secret, but its digest."""
        host = Endpoint.parse(self.url).authority
        kinds = list(self.kinds)
        return {"webhook": self.id, "party": self.party, "host": host, "digest": veiled(self.url), "kinds": kinds}

    def alive(self, at: int) -> tuple[str, ...]:
        """The secrets to sign with, the newest first; never none: the newest does not lapse."""
        return tuple(secret.text for secret in self.secrets if secret.is_alive(at))

    def rotated(self, text: str, *, at: int, keep_us: int) -> Webhook:
        """With a new secret; those of before go on for so long at most."""
        kept = [
            replace(each, until=at + keep_us if each.until is None else min(each.until, at + keep_us))
            for each in self.secrets
            if keep_us > 0 and each.is_alive(at)
        ]
        return replace(self, secrets=(Secret(text, at), *kept[: SECRETS_MAX - 1]))

    @classmethod
    def parse(cls, text: str | bytes) -> Webhook:
        """The webhook that `as_text` gave. Raises `BadInput` (`webhook-invalid`, and those of its parts)."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            # Nothing of the text: it may hold a secret.
            raise BadInput("webhook-invalid", "this is no webhook") from error


def secret_from(chance: bytes) -> str:
    """A new secret, from a source of chance of at least 192 bits: 32 bytes in Base64 behind `whsec_`."""
    return PREFIX + base64.b64encode(hashlib.sha256(chance).digest()).decode()


def secret_bytes(text: str) -> bytes:
    """The key that a secret stands for. Raises `BadInput` (`webhook-secret-invalid`), without the secret."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        message = f"a secret is `{PREFIX}` and {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes in Base64"
        raise BadInput("webhook-secret-invalid", message)
    return key


def signed(secrets: Iterable[str], *, id: str, at: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """The headers that go with a body that is sent at the moment `at` (microseconds), one signature for each secret."""
    assert "." not in id, "an id with a full stop could be read as part of what follows it"
    seconds = str(at // moment.SECOND)
    content = b".".join((id.encode(), seconds.encode(), body))
    signatures = [
        "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), content, "sha256")).decode() for secret in secrets
    ]
    return ("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", " ".join(signatures))


def message_id(notice: Notice) -> str:
    """The id of the message that carries the notice, the same at each try and for each of the party's webhooks."""
    return "msg_" + notice.id.replace("-", "")


def payload(notice: Notice) -> bytes:
    """The body of a call, compact JSON: `type`, `timestamp`, and what the party may see of the notice as `data`."""
    kind = f"notice.{notice.kind.replace('-', '_')}"
    data = {"party": notice.party, **notice.shown()}
    return _encoder.encode({"type": kind, "timestamp": moment.write(notice.at), "data": data})


def webhook_url(text: str, reach: Reach) -> str:
    """The URL of a webhook as typed, where this node may call it at all. A name is checked again at each try, when it
    is known what it stands for. Raises `BadInput` (`webhook-url-invalid`, `webhook-url-refused`).
    """
    endpoint = Endpoint.parse(text)
    objection = reach.objection(endpoint, endpoint.known_addresses)
    if objection:
        raise BadInput("webhook-url-refused", f"{written.shown(text)} is not called: {objection}")
    return text
