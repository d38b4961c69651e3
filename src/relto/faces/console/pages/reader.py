"""Readers: what each partner's client asked for and got, where it stands, and what it is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import agreements, readers

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50


def listed(visit: Visit) -> Shown:
    """All of them, one line for each agreement."""
    if not visit.in_office:
        raise Refused("role-missing", "what readers ask for is for those in office at the giver")
    wanted = visit.query.text("find").casefold()
    found = [
        each
        for each in readers.list_(visit.caller)
        if not wanted or any(wanted in each[name].casefold() for name in ("account", "party", "agreement"))
    ]
    shown, following = paged(found, ["account", "agreement"], PAGE, visit.query.given("after"))
    return Shown("readers.html", {"readers": shown, "find": visit.query.text("find"), "following": following})


def page(visit: Visit) -> Shown:
    """One of them, agreement by agreement."""
    account = visit.names["account"]
    found = readers.show(visit.caller, account=account)
    may = "admin" in visit.roles and visit.party == visit.caller.sight.policy.host
    return Shown(
        "reader.html",
        {"account": account, "flows": found, "may_set": may, "may_give": "officer" in visit.roles},
    )


# Its switches.


def _set_said(visit: Visit) -> Said:
    form = visit.form
    switches = {name: form.text(name) == "on" for name in ("repair", "empty_list") if form.text(name) in {"on", "off"}}
    return {"account": visit.names["account"], **switches}


def _set_asks(visit: Visit, said: Said) -> Question:
    # Whether there is such a reader is for who may see it.
    readers.show(visit.caller, account=said["account"])
    tells = []
    if "repair" in said:
        tells.append(
            "What its client moved on past without having been served is given to it again by itself."
            if said["repair"]
            else "What its client moves on past without having been served is given to it again by hand only."
        )
    if "empty_list" in said:
        tells.append(
            "Where there is nothing new it is told `objects: []`."
            if said["empty_list"]
            else "Where there is nothing new it is told an empty envelope, as TAXII has it."
        )
    return Question(f"Set the switches of {said['account']}", "Set them", tells)


def _to_reader(visit: Visit, said: Said, document: Any) -> Answer:
    del visit, document
    return Went(f"/readers/{said['account']}")


SET: Final = Act(readers.set_, _set_said, _set_asks, _to_reader)


# What it is owed.


def _skip_said(visit: Visit) -> Said:
    return {"account": visit.names["account"], "agreement": visit.names["agreement"]}


def _skip_asks(visit: Visit, said: Said) -> Question:
    items = readers.owed(visit.caller, **said)["items"]
    tells = (
        f"{said['account']} is moved past {plural(items, 'item')} of {said['agreement']}, for good.",
        "Nothing of it is owed to it any more.",
        "A client that asks from a date that it had still gets what came after.",
    )
    return Question(f"Move {said['account']} on", "Move it on", tells, stops=bool(items))


SKIP: Final = Act(readers.skip, _skip_said, _skip_asks, _to_reader)


# What is given again.


def redelivering(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form: to whom, and since when."""
    name = visit.names["agreement"]
    made = agreements.show(visit.caller, agreement=name)
    if not visit.caller.sight.gives(name):
        raise Refused("role-missing", "it is delivered again by those in office at the giver")
    asking = [each for each in readers.list_(visit.caller) if each["agreement"] == name]
    return Shown(
        "redeliver.html",
        {
            "agreement": made,
            "parties": sorted({each["party"] for each in asking}),
            "accounts": sorted({each["account"] for each in asking}),
            "said": visit.form if visit.form.pairs else visit.query,
        },
        error,
    )


def _redeliver_said(visit: Visit) -> Said:
    form = visit.form
    since = form.text("since")
    if not since:
        raise BadInput("when-invalid", "it takes a moment to give again from", remedy="write 2d, or a date")
    return {
        "agreement": visit.names["agreement"],
        "recipient": form.text("recipient"),
        "since": since,
        "account": form.given("account"),
    }


def _redeliver_asks(visit: Visit, said: Said) -> Question:
    found = readers.preview_redeliver(visit.caller, **said)
    accounts = ", ".join(found["accounts"])
    tells = [
        f"To be given again, under new dates: {plural(found['items'], 'item')} of {said['agreement']}, to {accounts}.",
        "It is what they were shown from that moment on, and may read now: nothing that is held or cut.",
    ]
    return Question(f"Deliver {said['agreement']} again to {said['recipient']}", "Deliver it again", tells)


def _redeliver_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit
    accounts = document["accounts"]
    return Went(f"/readers/{accounts[0]}" if len(accounts) == 1 else f"/agreements/{said['agreement']}")


REDELIVER: Final = Act(readers.redeliver, _redeliver_said, _redeliver_asks, _redeliver_then, redelivering)
