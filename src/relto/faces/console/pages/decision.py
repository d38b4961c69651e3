"""Decisions: acts that wait for approvals, and all that were done; one of them, to approve, reject or take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import ReltoError
from relto.faces.console.act import Act, Question
from relto.faces.console.orders import in_words, sentences
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import deed
from relto.faces.verbs import acts, rehearsals

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.orders import Told
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50


def listed(visit: Visit) -> Shown:
    """What waits, and what was done last; `kind` narrows both."""
    kind, after = visit.query.given("kind"), visit.query.given("after")
    found = acts.list_(visit.caller, kind=kind, limit=PAGE, after=after)
    waiting = [] if after else [each for each in acts.approvals(visit.caller) if kind in {None, each["kind"]}]
    return Shown("acts.html", {"waiting": waiting, "acts": found["acts"], "following": found["next"], "kind": kind})


def page(visit: Visit) -> Shown:
    """One act: what it asks for, what it would do, who has agreed."""
    act = acts.show(visit.caller, act=visit.names["act"])
    rehearsed, hindered = None, ""
    if act["state"] in {"proposed", "scheduled"}:
        try:
            rehearsed = rehearsals.act(visit.caller, act=act["act"])
        except ReltoError as error:
            hindered = error.message
    may = {
        "approve": act["state"] == "proposed"
        and "approver" in visit.roles
        and visit.account != act["by"]
        and all(each["by"] != visit.account for each in act["approvals"]),
        "reject": act["state"] in {"proposed", "scheduled"} and "approver" in visit.roles,
        "withdraw": act["state"] in {"proposed", "scheduled"} and visit.account == act["by"],
    }
    # Its reason and its authority stand on the page by themselves.
    order = [told for told in _order(act) if told[0] not in {"reason", "authority"}]
    return Shown("act.html", {"act": act, "order": order, "rehearsed": rehearsed, "hindered": hindered, "may": may})


def _order(act: dict[str, Any]) -> list[Told]:
    return in_words(act["kind"], act.get("order") or {}, act.get("before"))


def _named(act: dict[str, Any]) -> str:
    of = f" of {', '.join(act['agreements'])}" if act["agreements"] else ""
    return f"act {act['act']}, {deed(act)}{of}"


def _noted(visit: Visit) -> Said:
    return {"act": visit.names["act"], "note": visit.form.text("note")}


def _reasoned(visit: Visit) -> Said:
    return {"act": visit.names["act"], "reason": visit.form.text("reason")}


def _asks_approve(visit: Visit, said: Said) -> Question:
    act = acts.show(visit.caller, act=said["act"])
    left = act["needs"] - act["has"] - 1
    rehearsed = rehearsals.act(visit.caller, act=said["act"])
    tells = (
        "Yours is the last approval that it needs: it is carried out at once."
        if left <= 0
        else f"After yours it needs {left} more.",
    )
    return Question(
        f"Approve {_named(act)}",
        "Approve it",
        [*tells, *sentences(_order(act))],
        "parts/rehearsal.html",
        {"flows": rehearsed["flows"]},
    )


def _asks_reject(visit: Visit, said: Said) -> Question:
    act = acts.show(visit.caller, act=said["act"])
    return Question(f"Reject {_named(act)}", "Reject it", ("It is over, for good; nothing of it is done.",), stops=True)


def _asks_withdraw(visit: Visit, said: Said) -> Question:
    act = acts.show(visit.caller, act=said["act"])
    return Question(f"Take back {_named(act)}", "Take it back", ("Nothing of it is done.",))


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, document
    return Went(f"/acts/{said['act']}")


APPROVE: Final = Act(acts.approve, _noted, _asks_approve, _then)
REJECT: Final = Act(acts.reject, _reasoned, _asks_reject, _then)
WITHDRAW: Final = Act(acts.withdraw, _reasoned, _asks_withdraw, _then)
