"""Parties: the list, one of them with its groups and their dates, made known, and joined to groups or taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.errors import ReltoError
from relto.domain.moment import write
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.pages.admin.menu import PAGE, require_administrator, shown, told_moment
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import accounts, agreements, parties, readers, rehearsals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

KINDS: Final = ("state", "alliance", "organisation", "group")
CEILINGS: Final = ("U", "R", "C", "S", "TS")
GROUPS_MAX: Final = 200
ACCOUNTS_MAX: Final = 20
AGREEMENTS_MAX: Final = 50
"""So many are shown on the page of one party; the lists of accounts and agreements have all of them."""


def listed(visit: Visit) -> Shown:
    """All parties, page by page; `find` narrows them by code and name."""
    wanted = visit.query.text("find").casefold()
    known = parties.list_(visit.caller)
    found = [each for each in known if wanted in each["party"].casefold() or wanted in each["name"].casefold()]
    rows, following = paged(found, ["party"], PAGE, visit.query.given("after"))
    own = visit.caller.sight.policy.host
    values = {"parties": rows, "found": len(found), "find": visit.query.text("find"), "following": following}
    return shown(visit, "parties", {**values, "own": own})


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """One party."""
    code = visit.names["party"]
    made = parties.show(visit.caller, party=code)
    memberships, following = _memberships(made, visit.query.given("after"))
    ordered = [each for each in accounts.list_(visit.caller) if each["party"] == code]
    theirs = [
        each for each in agreements.list_(visit.caller) if code in {each["from"], *each["to"], *each["collections"]}
    ]
    read = [each for each in ordered[:ACCOUNTS_MAX] if "reader" in each["roles"] and not each["revoked"]]
    return shown(
        visit,
        "party",
        {
            "party": made,
            "now_text": write(visit.caller.now),
            "memberships": memberships,
            "following": following,
            "groups": parties.groups_of(visit.caller, party=code)[:GROUPS_MAX],
            "accounts": ordered[:ACCOUNTS_MAX],
            "accounts_more": max(0, len(ordered) - ACCOUNTS_MAX),
            "agreements": theirs[:AGREEMENTS_MAX],
            "agreements_more": max(0, len(theirs) - AGREEMENTS_MAX),
            "read": _last_read(visit, read),
        },
        error,
    )


def _memberships(made: dict[str, Any], after: str | None) -> tuple[list[dict[str, Any]], str | None]:
    rows = [{**each, "from": each["from"], "until": each["until"]} for each in made["memberships"] or ()]
    return paged(rows, ["member", "from"], PAGE, after)


def _last_read(visit: Visit, listed: Iterable[dict[str, Any]]) -> Mapping[str, str]:
    """When each of these accounts last asked for anything, of those that have."""
    found: dict[str, str] = {}
    for each in listed:
        moments = [row["polled_at"] for row in readers.show(visit.caller, account=each["account"]) if row["polled_at"]]
        if moments:
            found[each["account"]] = max(moments)
    return found


# Made known.


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form by which a party is made known."""
    require_administrator(visit, "make parties known")
    return shown(visit, "party-form", {"kinds": KINDS, "ceilings": CEILINGS}, error)


def _said(visit: Visit) -> Said:
    form = visit.form
    return {
        "party": form.text("party"),
        "name": form.text("name"),
        "kind": form.text("kind"),
        "members": form.several("members"),
        "ceiling": form.text("ceiling"),
    }


def _asks(visit: Visit, said: Said) -> Question:
    found = parties.preview_add(visit.caller, **said)
    tells = [
        f"{said['party']} is known as “{said['name']}” from now on, of kind {said['kind']}.",
        "Nothing flows to it yet: an agreement has to name it, or a group that it is in.",
    ]
    if said["members"]:
        tells.append(f"It stands for {len(said['members'])}: {', '.join(said['members'])}.")
    if said["ceiling"]:
        tells.append(f"It is given nothing that is classified above {said['ceiling']}.")
    return Question(
        f"Make {said['party']} known", "Make it known", tells, "parts/rehearsal.html", {"flows": found["flows"]}
    )


def _to_party(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return Went(f"/admin/parties/{document['party']}")


ADD: Final = Act(parties.add, _said, _asks, _to_party, form)


# Groups.


def _member_said(visit: Visit) -> Said:
    return {
        "group": visit.names["party"],
        "member": visit.form.text("member"),
        "from_": visit.form.given("from"),
    }


def _join_asks(visit: Visit, said: Said) -> Question:
    found = rehearsals.join(visit.caller, **said)
    group, member = said["group"], said["member"]
    begins = [each for each in found["flows"] if each["begins"]]
    tells = [needs_words(found["needs"]), _when(visit, said, f"{member} belongs to {group}")]
    tells.append(f"It begins to receive under {_counted(len(begins), 'agreement')}.")
    return Question(
        f"Make {member} a member of {group}",
        "Make it a member" if not found["needs"] else "Propose it",
        tells,
        "parts/rehearsal.html",
        {"flows": found["flows"]},
        stops=any(each["loses"]["items"] for each in found["flows"]),
    )


def _leave_asks(visit: Visit, said: Said) -> Question:
    found = rehearsals.leave(visit.caller, **said)
    group, member = said["group"], said["member"]
    lost = sum(each["loses"]["items"] for each in found["flows"])
    ends = [each for each in found["flows"] if each["ends"]]
    tells = [
        needs_words(found["needs"]),
        _when(visit, said, f"{member} belongs to {group} no more"),
        f"What the group gave it is closed: {_counted(lost, 'item')} under {_counted(len(ends), 'agreement')}.",
    ]
    return Question(
        f"Take {member} out of {group}",
        "Take it out",
        tells,
        "parts/rehearsal.html",
        {"flows": found["flows"]},
        stops=True,
    )


def _when(visit: Visit, said: Said, what: str) -> str:
    if said["from_"] is None:
        return f"{what} from now on."
    return Markup("{} from {} on.").format(what, told_moment(visit, said["from_"]))


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _to_group(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit
    if document["state"] in {"proposed", "scheduled"} and document["act"]:
        return Went(f"/acts/{document['act']}")
    return Went(f"/admin/parties/{said['group']}")


JOIN: Final = Act(parties.join, _member_said, _join_asks, _to_group, page)
LEAVE: Final = Act(parties.leave, _member_said, _leave_asks, _to_group, page)
