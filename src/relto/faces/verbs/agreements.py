"""Agreements: made, amended, ended, and shown version by version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.agreement import Agreement
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller, written
from relto.usecases import agreements, daily, office
from relto.usecases.policy import unknown_agreement

if TYPE_CHECKING:
    from relto.usecases.agreements import Applied
    from relto.usecases.daily import FlowDays


def apply(caller: Caller, *, files: Sequence[str]) -> list[dict[str, Any]]:
    """Make or amend agreements, all of them or none. `files` are their texts; an unchanged one changes nothing."""
    orders = [agreements.ApplyAgreement(text) for text in files]
    outcomes = office.submit_all(caller.node, caller.desk, orders, by=caller.by, expects=caller.expects)
    answers = []
    for outcome in outcomes:
        applied: Applied | None = None if outcome.done is None else outcome.done.value
        if applied is not None:
            answers.append({**told(caller, outcome, **_document(applied)), "state": outcome.state} | _changed(applied))
            continue
        assert outcome.act is not None, "what waits is an act"
        name = outcome.act.concerns[0]
        there = agreements.found(caller.node, caller.desk, name)
        known = {"agreement": name} if there is None else _document(there)
        answers.append({**told(caller, outcome, **known), "state": outcome.state, "changed": False})
    return answers


def _changed(applied: Applied) -> dict[str, bool]:
    return {"changed": applied.changed}


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List all agreements."""
    sight = caller.sight
    found = agreements.listed(caller.node, caller.desk)
    return [
        _document(each, None if sight.gives(each.agreement) else caller.by.party)
        for each in found
        if sight.agreement(each.agreement)
    ]


def show(caller: Caller, *, agreement: str, version: int | None = None) -> dict[str, Any]:
    """Show one agreement."""
    current = require_agreement(caller, agreement)
    row = agreements.version_of(caller.node, agreement, version or current.version)
    terms = Agreement.parse_canonical(row.canonical)
    gives = caller.sight.gives(agreement)
    return {
        **_document(current, None if gives else caller.by.party),
        "version": row.version,
        "title": terms.title,
        "from": terms.giver,
        "to": sorted(terms.to),
        "made_at": written(row.made_at),
        "made_by": row.made_by if gives else None,
        "terms": terms.as_value(),
        "source": row.source if gives else None,
    }


def history(caller: Caller, *, agreement: str) -> list[dict[str, Any]]:
    """List the versions of an agreement, oldest first."""
    require_agreement(caller, agreement)
    gives = caller.sight.gives(agreement)
    documents = []
    for row in agreements.history(caller.node, agreement):
        terms = Agreement.parse_canonical(row.canonical)
        documents.append(
            {
                "agreement": row.id,
                "version": row.version,
                "title": terms.title,
                "from": terms.giver,
                "to": sorted(terms.to),
                "made_at": written(row.made_at),
                "made_by": row.made_by if gives else None,
                "ended_at": written(row.ended_at),
            }
        )
    return documents


def diff(caller: Caller, *, agreement: str, old: int, new: int) -> dict[str, Any]:
    """Say what changed from one version to another."""
    require_agreement(caller, agreement)
    lines = agreements.diff(caller.node, agreement, old, new)
    return {"agreement": agreement, "old": old, "new": new, "differences": list(lines)}


def days(caller: Caller, *, agreement: str, days: int = daily.DAYS) -> list[dict[str, Any]]:
    """Say what each flow of an agreement gave and kept back, day by day (UTC), with its pauses and epochs."""
    return [_days(each) for each in daily.daily(caller.node, caller.desk, agreement, days=days, by=caller.by)]


def days_to(caller: Caller, *, agreement: str, to: str, days: int = daily.DAYS) -> dict[str, Any] | None:
    """As `days`, of the flow to this recipient alone; None where there is none."""
    found = daily.daily(caller.node, caller.desk, agreement, days=days, by=caller.by, to=to)
    return _days(found[0]) if found else None


def _days(each: FlowDays) -> dict[str, Any]:
    return {
        "to": each.to,
        "days": [
            {"day": one.day, "released": one.released, "by_topic": dict(one.by_topic), "held": one.held}
            for one in each.days
        ],
        "pauses": [
            {"pause": one.number, "since": written(one.since), "until": written(one.until)} for one in each.pauses
        ],
        "epochs": [{"epoch": one.epoch, "at": written(one.at), "items": one.items} for one in each.epochs],
    }


def end(caller: Caller, *, agreement: str, close: bool = False) -> dict[str, Any]:
    """End an agreement: nothing new flows under it. With `close` nothing of it can be read any more."""
    current = require_agreement(caller, agreement)
    order = agreements.EndAgreement(agreement, close)
    outcome = office.submit(caller.node, caller.desk, order, by=caller.by, expects=caller.expects)
    applied: Applied = current if outcome.done is None else outcome.done.value
    return {**told(caller, outcome, **_document(applied)), "state": outcome.state, "closed": close}


def require_agreement(caller: Caller, agreement: str) -> Applied:
    """Raises `Unknown` `agreement-unknown` for one that is not there for whoever asks."""
    found = agreements.found(caller.node, caller.desk, agreement)
    if found is None or not caller.sight.agreement(agreement):
        raise unknown_agreement(agreement)
    return found


def _document(each: Applied, only: str | None = None) -> dict[str, Any]:
    """`only`: the party whose side alone is shown."""
    return {
        "agreement": each.agreement,
        "version": each.version,
        "title": each.terms.title,
        "from": each.terms.giver,
        "to": sorted(each.terms.to),
        "state": "ended" if each.ended else "active",
        "collections": {
            party: name for party, name in sorted(each.collections.items()) if only is None or party == only
        },
    }
