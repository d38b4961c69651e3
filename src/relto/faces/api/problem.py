"""Errors as the API tells them: one shape, that of RFC 9457, with the codes of the command line.

`kind` is what the remote command line makes its exit status of. What went wrong inside stays inside: beyond 499 a
problem says no more than that, with an `error_id` by which the operator finds the rest in the log.

>>> response = problem_of(Unknown("pause-unknown", "there is no pause `7`"))
>>> response.status, response.type
(404, b'application/problem+json')
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from relto.domain.errors import BadInput, Conflict, NotBuilt, Refused, ReltoError, Unknown, Unreachable
from relto.faces.http.exchange import Headers, Response
from relto.faces.http.refusal import Refusal, new_error_id, refusal_of

LOG: Final = logging.getLogger("relto.http")

TYPE: Final = b"application/problem+json"

FORBIDDEN: Final = frozenset(
    {
        "role-missing",
        "party-not-yours",
        "approval-own",
        "approval-twice",
        "approval-local",
        "act-not-yours",
        "scope-missing",
        "scope-wider",
    }
)
"""Whoever asks may not; any other refusal is a matter of how things stand (409)."""

_STATUSES: Final = {
    "precondition-failed": 412,
    "idempotency-key-reused": 422,
    "idempotency-keys-too-many": 429,
    "when-invalid": 400,
}
_RETRIED: Final = {"idempotency-key-busy": b"1", "idempotency-keys-too-many": b"3600"}

_KINDS: Final[tuple[tuple[type[ReltoError], str], ...]] = (
    (Unknown, "unknown"),
    (BadInput, "bad-input"),
    (NotBuilt, "not-built"),
    (Conflict, "conflict"),
    (Refused, "refused"),
    (Unreachable, "unreachable"),
)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    kind: str,
    remedy: str = "",
    data: Any = None,
    headers: Headers | None = None,
    error_id: str = "",
) -> Response:
    """The response, under a new `error_id` unless one is given."""
    document: dict[str, Any] = {
        "type": f"urn:relto:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "kind": kind,
        "error_id": error_id or new_error_id(),
    }
    if remedy:
        document["remedy"] = remedy
    if data:
        document["data"] = json.loads(json.dumps(data, default=str))
    return Response(status, body_of(document), TYPE, list(headers or ()))


def problem_of(error: Exception) -> Response:
    """The response to whatever was raised while a request was worked on; what may not be seen is logged."""
    if isinstance(error, Refusal):
        return _of_refusal(error)
    if not isinstance(error, ReltoError):
        error_id = new_error_id()
        LOG.error("error %s: unexpected", error_id, exc_info=error)
        return _of_refusal(refusal_of(ReltoError("internal", "")), error_id)
    told = refusal_of(error)
    if told.status >= 500 and not isinstance(error, NotBuilt):
        error_id = new_error_id()
        LOG.error("error %s: %s: %s", error_id, error.code, error.message)
        return _of_refusal(told, error_id)
    kind = next(name for each, name in _KINDS if isinstance(error, each))
    retried = _RETRIED.get(error.code)
    return problem(
        status_of(error),
        error.code,
        error.message,
        kind=kind,
        remedy=error.remedy,
        data=error.data,
        headers=[(b"retry-after", retried)] if retried else None,
    )


def status_of(error: ReltoError) -> int:
    """The status of an error that is told as it is."""
    if error.code in _STATUSES:
        return _STATUSES[error.code]
    if isinstance(error, Unknown):
        return 404
    if isinstance(error, BadInput):
        return 400
    if isinstance(error, NotBuilt):
        return 501
    return 403 if error.code in FORBIDDEN else 409


def _of_refusal(refusal: Refusal, error_id: str = "") -> Response:
    kind = "bad-input" if refusal.status in {400, 404, 405, 406, 408, 411, 413, 415, 422} else "refused"
    kind = "unreachable" if refusal.status in {429, 503} else kind
    return problem(
        refusal.status,
        refusal.code,
        refusal.description,
        kind=kind,
        remedy=refusal.remedy,
        headers=refusal.headers,
        error_id=error_id,
    )


def body_of(document: Any) -> bytes:
    """A document as JSON, durable against whatever text is in it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
