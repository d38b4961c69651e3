"""Telling: an entry in one line, and in a sentence, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.record.who import Who, of_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from relto.domain.record.entry import Entry

_DOES: Final = {
    "paused": "pause",
    "widened": "wider pause",
    "narrowed": "narrower pause",
    "excepted": "exception from the pause",
    "directed": "directive not to pass on",
    "lifted": "end of the pause",
}
_STANCE: Final = {
    "opposes": "against",
    "critical": "critical of",
    "neutral": "neutral on",
    "welcomes": "welcoming",
    "supports": "for",
}


def headline(entry: Entry) -> str:
    """The entry in one line."""
    return _HEADLINES[entry.kind](entry)


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> listed(["air", "sea", "prisoners"])
    'air, sea and prisoners'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def quoted(words: str) -> str:
    """Words between quotation marks."""
    return f"“{words}”"


def delegations(entry: Entry) -> str:
    """Who takes part in talks, by party."""
    found = []
    for party, people in entry.body.get("delegations", {}).items():
        names = [_who(each).name or party for each in people]
        found.append(f"{party} ({listed(names)})" if names else party)
    return listed(found)


def _who(value: Mapping[str, Any]) -> Who:
    return of_value(value, what="somebody")


def _all(value: Sequence[Mapping[str, Any]]) -> str:
    return listed([_who(each).name or _who(each).party for each in value])


def _statement(entry: Entry) -> str:
    said = quoted(entry.words) if entry.words else entry.body["paraphrase"]
    return f"{entry.speaker}: {said}"


def _talks(entry: Entry) -> str:
    who = delegations(entry)
    state = {"held": "", "announced": " announced", "proposed": " proposed", "called-off": " called off"}
    text = f"talks{state[entry.body['state']]} in {entry.body['place']}"
    return f"{text}: {who}" if who else text


def _proposal(entry: Entry) -> str:
    scope = entry.body.get("scope")
    text = f"proposal by {_all(entry.body['by'])}: {entry.body['subject']}"
    return f"{text} ({listed(scope)})" if scope else text


def _deal(entry: Entry) -> str:
    return f"{entry.body['subject']}, {listed(entry.body['parties'])}: {entry.body['status'].replace('-', ' ')}"


def _condition(entry: Entry) -> str:
    return f"asked for by {entry.speaker}: {entry.body['asks']}"


def _reaction(entry: Entry) -> str:
    text = f"{entry.speaker}: {_STANCE[entry.body['stance']]} {entry.body['towards']}"
    return f"{text}: {quoted(entry.words)}" if entry.words else text


def _impact(entry: Entry) -> str:
    text = f"impact on {listed(entry.body['on'])}: {entry.body['effect']}"
    return f"{text} ({entry.speaker})" if entry.speaker else text


def _shift(entry: Entry) -> str:
    return f"{entry.body['party']} turns from {entry.body['from']} to {entry.body['to']}"


def _measure(entry: Entry) -> str:
    text = f"{_DOES[entry.body['does']]} by {entry.speaker}"
    if entry.body.get("subject"):
        text += f": {entry.body['subject']}"
    return f"{text} ({entry.body['extent']})" if entry.body.get("extent") else text


def _person(entry: Entry) -> str:
    about = ", ".join(entry.body[name] for name in ("role", "party") if entry.body.get(name))
    return f"{entry.body['name']} ({about})" if about else str(entry.body["name"])


def _link(entry: Entry) -> str:
    if "other" in entry.body:
        relation = {"about": "is about"}.get(entry.body["relation"], entry.body["relation"])
        return f"{entry.body['entry']} {relation} {entry.body['other']}"
    named = [f"pause {each}" for each in entry.pauses] + [f"agreement {each}" for each in entry.agreements]
    named += [f"condition {each}" for each in entry.conditions]
    return f"{entry.body['entry']} is about {listed(named)}"


_HEADLINES: Final = {
    "statement": _statement,
    "talks": _talks,
    "proposal": _proposal,
    "deal": _deal,
    "condition": _condition,
    "reaction": _reaction,
    "impact": _impact,
    "shift": _shift,
    "measure": _measure,
    "person": _person,
    "link": _link,
}
