"""Places as documents: what webhooks and mailboxes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import written

if TYPE_CHECKING:
    from relto.domain.dispatch import Health
    from relto.domain.place import Place
    from relto.usecases.places import PlaceStatus


def place(where: Place) -> dict[str, Any]:
    """How a place stands, whichever it is."""
    return {
        "kinds": list(where.kinds),
        "state": where.state,
        "why": where.why or None,
        "made_at": written(where.made_at),
        "made_by": where.made_by,
        "health": _health(where.health),
    }


def _health(health: Health) -> dict[str, Any]:
    return {
        "delivered": health.delivered,
        "failed": health.failed,
        "failures": health.failures,
        "failing_since": written(health.failing_since),
        "quiet_until": written(health.quiet_until or None),
        "last_at": written(health.last_at),
        "last_status": health.last_status or None,
        "last_answer": health.last_answer or None,
    }


def fared(status: PlaceStatus[Any]) -> dict[str, Any]:
    """What waits for a place, and what was given up."""
    return {
        "waiting": status.waiting,
        "given_up": [
            {
                "notice": row.notice,
                "at": written(row.last_at),
                "tries": row.tries,
                "status": row.last_status or None,
                "answer": row.last_answer or None,
            }
            for row in status.failed
        ],
    }
