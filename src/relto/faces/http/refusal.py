"""Errors as HTTP tells them: one shape, the error resource of TAXII 2.1 section 3.6.1.

Only here do errors get a status. What went wrong inside stays inside: beyond 499 a response says no more than that,
with an `error_id` by which the operator finds the rest in the log.

>>> refusal_of(Unknown("collection-unknown", "there is no such collection")).status
404
>>> refusal_of(Unreachable("database-missing", "there is no database `/srv/relto.db`")).description
'the server cannot answer now: try again'
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Final

import msgspec

from relto.domain.errors import BadInput, Refused, ReltoError, Unknown, Unreachable
from relto.faces.http.exchange import Headers, Response

LOG: Final = logging.getLogger("relto.http")

ERROR_ID_BYTES: Final = 8
"""All error ids are as long, so that no response is longer than another for its sake."""

RETRY_SECONDS: Final = b"2"

UNUSABLE: Final = frozenset({"envelope-empty", "envelope-invalid"})
"""Read, and no envelope with anything in it: 422 (TAXII 2.1 section 5.5), where what cannot be read is 400."""

LATER: Final = frozenset({"database-locked", "policy-unsettled"})


class Refusal(Exception):
    """An answer that is no success. `description` is for people and may be seen by whoever asked."""

    def __init__(
        self, status: int, code: str, description: str, *, remedy: str = "", headers: Headers | None = None
    ) -> None:
        """Keep the parts."""
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description
        self.remedy = remedy
        self.headers = headers or []

    def response(self, error_id: str | None = None) -> Response:
        """The error resource, under a new `error_id` unless one is given."""
        resource = {
            "title": HTTPStatus(self.status).phrase,
            "description": self.description,
            "error_id": error_id or new_error_id(),
            "error_code": self.code,
            "http_status": str(self.status),
        }
        if self.remedy:
            resource["details"] = {"remedy": self.remedy}  # type: ignore[assignment]  # the one value that is no text
        return Response(self.status, msgspec.json.encode(resource), headers=self.headers)


def new_error_id() -> str:
    """An id by which one refusal is found in the log."""
    return secrets.token_hex(ERROR_ID_BYTES)


def refusal_of(error: ReltoError) -> Refusal:
    """How an error of ours is told."""
    if isinstance(error, Unknown):
        return Refusal(404, error.code, error.message)
    if isinstance(error, BadInput):
        return Refusal(422 if error.code in UNUSABLE else 400, error.code, error.message, remedy=error.remedy)
    if error.code == "disk-full":
        return Refusal(507, "storage-full", "the server has no room left: nothing was stored")
    if isinstance(error, Unreachable) or error.code in LATER:
        return unavailable()
    if isinstance(error, Refused):
        return Refusal(403, error.code, error.message)
    return Refusal(500, "internal-error", "something went wrong, and the server's log says what")


def unavailable() -> Refusal:
    """Not now."""
    headers = [(b"retry-after", RETRY_SECONDS)]
    return Refusal(503, "unavailable", "the server cannot answer now: try again", headers=headers)


def response_to(error: Exception) -> Response:
    """The response to whatever was raised while a request was worked on; what the client may not see is logged."""
    if isinstance(error, Refusal):
        return error.response()
    error_id = new_error_id()
    if not isinstance(error, ReltoError):
        LOG.error("error %s: unexpected", error_id, exc_info=error)
        return Refusal(500, "internal-error", "something went wrong, and the server's log says what").response(error_id)
    refusal = refusal_of(error)
    if refusal.status >= 500:
        LOG.error("error %s: %s: %s", error_id, error.code, error.message)
    return refusal.response(error_id)
