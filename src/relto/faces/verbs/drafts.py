"""Drafts: what opening, adding, correcting, linking or importing would record, who would receive it and what it would
contradict. What is wrong with it is told as the verb itself tells it (`cases.py`); nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.record.file import parse
from relto.domain.record.telling import headline
from relto.faces.verbs.cases import link_of
from relto.usecases.cases.filing import take_in
from relto.usecases.cases.keeping import Keeper

if TYPE_CHECKING:
    from relto.faces.verbs.caller import Caller
    from relto.usecases.cases.keeping import Added


def open_(caller: Caller, **said: Any) -> dict[str, Any]:
    """What `cases.open_` would record."""
    return _document(_keeper(caller).open({name: part for name, part in said.items() if part}))


def add(caller: Caller, *, case: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `cases.add` would record."""
    return _document(_keeper(caller).add(case, entries))


def correct(
    caller: Caller,
    *,
    case: str,
    entry: str,
    because: str,
    changes: Mapping[str, Any] | None = None,
    retract: bool = False,
) -> dict[str, Any]:
    """What `cases.correct` would record."""
    return _document(_keeper(caller).correct(case, entry, changes or {}, because=because, retract=retract))


def link(caller: Caller, *, case: str, **said: Any) -> dict[str, Any]:
    """What `cases.link` would record."""
    return _document(_keeper(caller).add(case, [link_of(caller, said)]))


def import_(caller: Caller, *, files: Sequence[str]) -> list[dict[str, Any]]:
    """What `cases.import_` would record of each file, as if it were the only one."""
    answers = []
    for text in files:
        filed = take_in(_keeper(caller), parse(text))
        answers.append({**_document(filed.added), "known": filed.known, "opened": filed.is_opened})
    return answers


def _keeper(caller: Caller) -> Keeper:
    return Keeper(caller.node, caller.desk, caller.opened.validator(), caller.by, rehearses=True)


def _document(added: Added) -> dict[str, Any]:
    return {
        "case": added.case.as_value(),
        "entries": [
            {**each.as_value(), "headline": headline(each), "words_date": each.date.words} for each in added.entries
        ],
        "clashes": [{"entry": one, "other": other, "why": why} for one, other, why in added.clashes],
        "reach": [
            {"agreement": each.agreement, "to": each.to, "kind": each.kind, "objects": each.objects, "why": each.why}
            for each in added.reach
        ],
    }
