"""What a pause costs its recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.impact import Held, Received, Series
from relto.domain.moment import SECOND
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.cases import moment_of
from relto.faces.verbs.pausing import seen_document
from relto.usecases import impact as impacts
from relto.usecases.cases.reports import reported_impact

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from relto.domain.impact import Freshness, Impact
    from relto.usecases.sight import Sight


def impact(caller: Caller, *, pause: str, at: str | None = None) -> list[dict[str, Any]]:
    """Say what a pause costs each recipient: what it holds, how stale what it can read is, what it got before and
    since; and what the record tells of that. `at`: as it was; a bare day means all of it.
    """
    return _documents(caller, reported_impact(caller.node, caller.desk, pause, by=caller.by, at=moment_of(caller, at)))


def impact_of(
    caller: Caller, *, pause: str, flows: Collection[tuple[str, str]], at: str | None = None
) -> list[dict[str, Any]]:
    """As `impact`, of these flows of the pause (agreement, recipient) alone, at the cost of these alone."""
    found = reported_impact(caller.node, caller.desk, pause, by=caller.by, at=moment_of(caller, at), flows=flows)
    return _documents(caller, found)


def counted(caller: Caller, *, pauses: Sequence[str], at: str | None = None) -> list[dict[str, Any]]:
    """As `impact`, of several, without what the record tells: no case is read for it."""
    return _documents(caller, impacts.impacts(caller.node, caller.desk, pauses, by=caller.by, at=moment_of(caller, at)))


def freshness(caller: Caller, *, agreements: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Say, by agreement, how old the newest of each topic is that the caller's party can read under it."""
    found = impacts.freshness(caller.node, caller.desk, agreements, by=caller.by)
    return {
        each.agreement: [
            {"topic": one.topic, "newest": written(one.newest), "age_seconds": _seconds(one.age(each.at))}
            for one in each.staleness
        ]
        for each in found
    }


def _documents(caller: Caller, found: Sequence[Impact]) -> list[dict[str, Any]]:
    sight = caller.sight
    return [impact_document(each, sight) for each in found]


def impact_document(each: Impact, sight: Sight) -> dict[str, Any]:
    """What a pause costs one recipient under one agreement."""
    seen = seen_document(each.pause, sight)
    became = each.became
    return {
        "pause": each.pause.number,
        "agreement": each.agreement,
        "to": each.to,
        "state": each.pause.state,
        "mode": seen["mode"],
        "scope": seen["scope"],
        "what": "everything" if each.pause.scope is None else each.pause.scope.words(),
        "reason": seen["reason"],
        "since": seen["since"],
        "until": seen["until"],
        "at": written(each.at),
        # How much is kept back is for whoever keeps it back.
        "held": None if each.held is None else _held(each.held),
        "became": None
        if became is None
        else {
            "released": became.released,
            "discarded": became.discarded,
            "review": became.review,
            "held": became.held,
            "withheld": became.withheld,
        },
        "staleness": [_freshness(one, each.at) for one in each.staleness],
        "warnings": [{"exception": name, "items": items} for name, items in each.warnings.items()],
        "received": {"before": _received(each.before), "since": _received(each.since)},
        "reports": [dict(report) for report in each.reports],
    }


def _held(held: Held) -> dict[str, Any]:
    return {
        "items": held.items,
        "by_topic": dict(held.by_topic),
        "by_type": dict(held.by_type),
        "per_day": _per_day(held.per_day),
        "per_topic_day": {topic: list(items) for topic, items in held.per_topic_day.items()},
        "oldest": written(held.oldest),
        "hidden": held.hidden,
    }


def _freshness(each: Freshness, at: int) -> dict[str, Any]:
    return {
        "topic": each.topic,
        "newest": written(each.newest),
        "age_seconds": _seconds(each.age(at)),
        "newest_plain": written(each.newest_plain),
        "age_plain_seconds": _seconds(each.plain_age(at)),
        "held_newer": each.newer,
        "held_newer_plain": each.newer_plain,
    }


def _received(each: Received) -> dict[str, Any]:
    return {
        "from": written(each.window.since),
        "until": written(each.window.until),
        "days": each.window.days,
        "seconds": each.window.length // SECOND,
        "items": each.items,
        "per_day": _per_day(each.per_day),
        "by_topic": dict(each.by_topic),
    }


def _per_day(series: Series) -> list[dict[str, Any]]:
    return [{"day": day, "items": items} for day, items in series.dated()]


def _seconds(microseconds: int | None) -> int | None:
    return None if microseconds is None else microseconds // SECOND
