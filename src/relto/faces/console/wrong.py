"""What went wrong, as pages tell it: the message, its remedy, and beyond 499 no more than an id for the operator."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import ReltoError
from relto.faces.api.problem import status_of
from relto.faces.http.refusal import Refusal, new_error_id, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.faces.http.exchange import Headers

LOG: Final = logging.getLogger("relto.http")


@dataclass(frozen=True, slots=True)
class Wrong:
    """The status, what the template shows, and headers that go with it."""

    status: int
    values: Mapping[str, Any]
    headers: Headers = field(default_factory=list)


def told(error: Exception) -> Wrong:
    """How it is told; what may not be seen is logged."""
    if isinstance(error, Refusal):
        return _of(error, error.status)
    error_id = new_error_id()
    if not isinstance(error, ReltoError):
        LOG.error("error %s: unexpected", error_id, exc_info=error)
        return _of(refusal_of(ReltoError("internal", "")), 500, error_id)
    refusal = refusal_of(error)
    if refusal.status >= 500:
        LOG.error("error %s: %s: %s", error_id, error.code, error.message)
        return _of(refusal, refusal.status, error_id)
    # Who sits before a browser is told of no command lines.
    remedy = "" if error.remedy.startswith("relto ") else error.remedy
    values = {"message": error.message, "remedy": remedy, "code": error.code, "error_id": ""}
    return Wrong(status_of(error), values)


def _of(refusal: Refusal, status: int, error_id: str = "") -> Wrong:
    values = {"message": refusal.description, "remedy": refusal.remedy, "code": refusal.code, "error_id": error_id}
    return Wrong(status, values, refusal.headers)
