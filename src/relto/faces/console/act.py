"""Acts: what a form asks for, the question that it is answered with, and what is done once that is answered.

A form that is sent for the first time is answered with a question: what the act will do, with counts. The question is a
form as well, with all that was said and a key of its own; sent, it does the act, and sent twice, it does it once.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.faces.console.visit import Answer, Shown, Visit, Went
from relto.faces.http.sessions import place
from relto.faces.verbs.caller import Caller
from relto.faces.verbs.once import once
from relto.usecases.office import require_expected

if TYPE_CHECKING:
    from relto.ports.store import IdempotencyRow
    from relto.wiring import Opened

KEY: Final = "once"
TOKEN: Final = "csrf_token"  # noqa: S105 - the name of the field that holds it
BACK: Final = "back"
CHANGE: Final = "change"
VERSION: Final = "version"
COUNTED: Final = "counted"
"""Fields that are no part of what is said."""

KEY_FORM: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
"""As `Chance.token` draws them. What is kept of an act for days is no longer than that."""

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before an act is done. `tells`: what it will do, a sentence each; `part`: a template that shows
    more, with `values`. `stops`: it takes something away from somebody.
    """

    title: str
    button: str
    tells: Sequence[str] = ()
    part: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """`verb`: what is done. `said`: what the form says, as the verb takes it; `asks`: the question; `then`: where to go
    on, by what the verb answered. `about`: what the form was drawn of (`pause 7`), whose `version` it then tells: where
    somebody else was faster, nothing is asked and nothing is done. `counts`: plain values, of what it would be done to
    as things are; where they have changed when the question is answered, it is asked anew. `form`: the form again, with
    what was wrong; without one a page says so.
    """

    verb: Callable[..., Any]
    said: Callable[[Visit], Said]
    asks: Callable[[Visit, Said], Question]
    then: Callable[[Visit, Said, Any], Answer]
    form: Callable[[Visit, ReltoError | None], Shown] | None = None
    about: Callable[[Visit], str] | None = None
    counts: Callable[[Visit, Said], Any] | None = None


class _CountedAnew(Exception):
    """What was asked about is not what there is by now."""


def perform(act: Act, visit: Visit) -> Answer:
    """The question, or what came of the act. Raises what its verb raises where it has no form, and `Refused`
    (`idempotency-key-busy`) while the same form, sent before, is worked on.
    """
    try:
        said = act.said(visit)
        if visit.form.has(CHANGE) and act.form is not None:
            return act.form(visit, None)
        key = visit.form.text(KEY)
        if key and not KEY_FORM.fullmatch(key):
            raise BadInput("form-malformed", "this form cannot be read")
        if not key:
            require_expected(visit.caller.sight.policy, _expected(act, visit))
            return _asked(act, visit, said)
        try:
            return _done(act, visit, said, key)
        except _CountedAnew:
            changed = Refused(
                "precondition-failed",
                "something has changed since this was asked: it is counted anew below, and nothing is done yet",
                remedy="look at it again, then answer",
            )
            return _asked(act, visit, said, changed)
    except ReltoError as error:
        if act.form is None or is_busy(error):
            raise
        return act.form(visit, error)


def is_busy(error: ReltoError) -> bool:
    """Whether the same form is worked on, so that asking once more tells what came of it."""
    return error.code == "idempotency-key-busy"


def _asked(act: Act, visit: Visit, said: Said, error: ReltoError | None = None) -> Shown:
    # Before the question looks: what comes between the two is found when it is answered.
    counted = _counted(act, visit, said)
    question = act.asks(visit, said)
    return Shown(
        "question.html",
        {
            **question.values,
            "question": question,
            "fields": visit.form.without({KEY, TOKEN, CHANGE, COUNTED}),
            "can_change": act.form is not None,
            "counted": counted,
            "key": visit.caller.node.chance.token(),
            "back": place(visit.form.text(BACK)),
        },
        error,
    )


def _counted(act: Act, visit: Visit, said: Said) -> str:
    """What there is that it would be done to, as a text to compare; empty where the act counts nothing."""
    return "" if act.counts is None else _digest(visit, act.counts(visit, said))


def _done(act: Act, visit: Visit, said: Said, key: str) -> Answer:
    caller = visit.caller

    def work(opened: Opened) -> Answer:
        if _counted(act, visit, said) != visit.form.text(COUNTED):
            raise _CountedAnew
        document = act.verb(Caller(opened, caller.by, _expected(act, visit), caller.scopes), **said)
        return act.then(visit, said, document)

    return once(
        caller.opened,
        account=caller.by.account,
        key=f"console-{key}",
        digest=_digest(visit, [visit.at, visit.form.without({TOKEN}), sorted(visit.roles)]),
        work=work,
        failed=partial(_failed, act, visit),
        kept=_kept,
        again=_again,
    )


def _expected(act: Act, visit: Visit) -> Mapping[str, int]:
    version = None if act.about is None else visit.form.number(VERSION)
    return {} if act.about is None or version is None else {act.about(visit): version}


def _failed(act: Act, visit: Visit, error: ReltoError) -> Answer:
    if act.form is not None:
        return act.form(visit, error)
    return Shown("wrong.html", {"is_typed": False}, error)


def _kept(answer: Answer) -> tuple[int, str]:
    # A page may show a secret, which is shown this once.
    return (303, answer.place) if isinstance(answer, Went) else (200, "")


def _again(row: IdempotencyRow) -> Answer:
    if row.answer:
        return Went(row.answer)
    if row.acts:
        return Went(f"/acts/{row.acts[0]}")
    return Shown("again.html")


def _digest(visit: Visit, value: Any) -> str:
    said = json.dumps(value)
    # A form may hold a password that somebody typed: without the key nobody can try guesses on what is kept of it.
    key = hmac.digest(visit.caller.opened.key, b"relto console", "sha256")
    return hmac.digest(key, said.encode(), "sha256").hex()
