"""Outlook: how near the end of each pause is, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.errors import Refused
from relto.domain.outlook.rules import wanted_words
from relto.domain.outlook.signs import SIGNS
from relto.domain.record.telling import headline
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.cases import moment_of
from relto.usecases import outlook as outlooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.act import Act
    from relto.domain.record.record import Recorded
    from relto.usecases.outlook import Outlook


def outlook(caller: Caller, *, pause: str | None = None, at: str | None = None) -> list[dict[str, Any]]:
    """Say how near the end of each pause is, by which rule, from which inputs, and what would move it."""
    found = outlooks.outlook(
        caller.node,
        caller.desk,
        pause,
        by=caller.by,
        rules=caller.opened.outlook_rules(),
        at=moment_of(caller, at),
    )
    return [_document(each) for each in found]


def rules(caller: Caller) -> dict[str, Any]:
    """Show the rules that judge, as they are written. For whoever is in office at the party whose node it is."""
    caller.by.require_office("look at the rules of outlooks")
    if not caller.sight.is_in_host_office:
        raise Refused("party-not-yours", "the rules are for those in office at the party whose node it is")
    return {"rules": caller.opened.outlook_text()}


def of_pauses(caller: Caller, *, pauses: Sequence[str], at: str | None = None) -> list[dict[str, Any]]:
    """Those of these pauses, in their order, as far as they are there for whoever asks; the record is read once."""
    judged_by, moment = caller.opened.outlook_rules(), moment_of(caller, at)
    found = outlooks.outlooks_of(caller.node, caller.desk, pauses, by=caller.by, rules=judged_by, at=moment)
    return [_document(told) for number in pauses if (told := found.get(number)) is not None]


def _document(each: Outlook) -> dict[str, Any]:
    pause = each.pause
    evidence = {found.place: found.entries for found in each.evidence}
    return {
        "pause": pause.number,
        "agreements": sorted(pause.agreements),
        "reason": pause.reason,
        "at": written(each.at),
        "judgement": each.judged.judgement,
        "rule": each.judged.rule.name,
        "when": [word.text for word in each.judged.rule.when],
        "inputs": [
            {"input": name, "says": SIGNS[name], "value": sign.value, "made_of": list(sign.made_of)}
            for name, sign in each.signs.items()
        ],
        "movers": [
            {
                "judgement": mover.rule.judgement,
                "rule": mover.rule.name,
                "lacks": [word.text for word in mover.lacks],
                "words": wanted_words(mover.lacks, each.signs),
            }
            for mover in each.judged.movers
        ],
        "course": [{"at": written(moment), "judgement": judgement} for moment, judgement in each.course],
        "conditions": [
            {
                "condition": place,
                "text": condition.text,
                "state": condition.state,
                "asked_by": condition.asked_by or None,
                "evidence": condition.evidence,
                "entries": [_entry(found) for found in evidence[place]],
            }
            for place, condition in enumerate(pause.conditions, start=1)
        ],
        "approvals": {"needs": each.needs, "acts": [_act(act) for act in each.acts]},
        "statements": [_entry(found) for found in each.said],
        "talks": [_entry(found) for found in each.talks],
        "since": written(pause.since),
        "lifted_at": written(each.lifted_at),
        "review": written(pause.review_us),
        "until": written(pause.until_us),
        "held": {"items": each.signs["held_items"].value, "by_topic": dict(each.held_by_topic)},
        "cases": list(each.cases),
    }


def _entry(found: Recorded) -> dict[str, Any]:
    entry = found.entry
    return {
        "entry": entry.key,
        "date": entry.date.text,
        "headline": headline(entry),
        "points": entry.body.get("points"),
        "confidence": entry.confidence,
        "grade": entry.source.grade if entry.source else "",
    }


def _act(act: Act) -> dict[str, Any]:
    return {
        "act": str(act.number),
        "state": act.state,
        "needs": act.needs,
        "has": act.has,
        "approved_by": [each.by for each in act.approvals],
        "due_at": written(act.due_at),
    }
