"""Readers: what each partner's client did, where it stands, and what it is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Unknown
from relto.faces.verbs.accounts import account_document
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.standing import repair_document
from relto.usecases import readers, repairing
from relto.usecases.accounts import list_accounts, live_kinds, set_switches

if TYPE_CHECKING:
    from relto.domain.facts import Facts
    from relto.usecases.readers import ReaderStatus, Standpoint

SECOND_US: Final = 1_000_000


def list_(caller: Caller, *, agreement: str | None = None) -> list[dict[str, Any]]:
    """List readers, one entry for each agreement: when each last asked, where it stands, and what is odd about it.

    `agreement`: of this one alone. Raises `Unknown` `agreement-unknown`, `Refused` where its other side asks.
    """
    sight = caller.sight
    if agreement is not None:
        _require_given(caller, agreement)
    found = readers.list_readers(
        caller.node, caller.desk, seen=lambda name: agreement in {None, name} and sight.gives(name)
    )
    return [document(each) for each in found]


def show(caller: Caller, *, account: str) -> list[dict[str, Any]]:
    """Show one reader, agreement by agreement: what its client asked and got, where it stands, what came again."""
    sight = caller.sight
    if not sight.is_whole:
        # Whoever sees no agreement by which it reads is not told whether there is such an account.
        row = next((each for each in list_accounts(caller.node) if each.name == account), None)
        flows = () if row is None or "reader" not in row.roles else sight.policy.flows_to(row.party)
        if not any(sight.gives(flow.agreement) for flow in flows):
            raise _unknown(account)
    found = readers.show_reader(caller.node, caller.desk, account)
    return [document(each) for each in found if sight.gives(each.agreement)]


def set_(caller: Caller, *, account: str, repair: bool | None = None, empty_list: bool | None = None) -> dict[str, Any]:
    """Set the switches of a reader. Repairs are on and empty lists off unless said otherwise."""
    chosen = {"repair": repair, "empty_list": empty_list}
    switches = {name: value for name, value in chosen.items() if value is not None}
    if not switches:
        raise BadInput("usage", "nothing is to be set", remedy="say `--repair on|off` or `--empty-list on|off`")
    row = set_switches(caller.node, caller.desk, account, switches, by=caller.by)
    return {
        **account_document(row, live_kinds(caller.node)[row.name]),
        "repair": row.settings.get("repair", True),
        "empty_list": row.settings.get("empty_list", False),
    }


def owed(caller: Caller, *, account: str, agreement: str) -> dict[str, Any]:
    """Say how much `reader skip` would move a reader past now. Changes nothing."""
    _require_given(caller, agreement)
    items = repairing.skippable(caller.node, caller.desk, account, agreement, by=caller.by)
    return {"account": account, "agreement": agreement, "items": items}


def skip(caller: Caller, *, account: str, agreement: str) -> dict[str, Any]:
    """Move a reader past all that it was not served up to now: nothing of it is owed to it any more."""
    _require_given(caller, agreement)
    items = repairing.skip(caller.node, caller.desk, account, agreement, by=caller.by)
    return {"account": account, "agreement": agreement, "items": items, "state": "applied"}


def redeliver(
    caller: Caller, *, agreement: str, recipient: str, since: str, account: str | None = None
) -> dict[str, Any]:
    """Give again, under new dates, what readers were shown since a moment; nothing that is held or cut."""
    _require_given(caller, agreement)
    moment = caller.when(since, ahead=False)
    assert moment is not None, "a moment was typed"
    given = repairing.redeliver(
        caller.node, caller.desk, agreement, recipient=recipient, account=account, since=moment, by=caller.by
    )
    caller.wait_until(given.visible_at)
    return {
        "agreement": agreement,
        "recipient": recipient,
        "accounts": list(given.readers),
        "since": written(moment),
        "items": given.items,
        "visible_at": written(given.visible_at),
        "state": "applied",
    }


def preview_redeliver(
    caller: Caller, *, agreement: str, recipient: str, since: str, account: str | None = None
) -> dict[str, Any]:
    """Say how much `redeliver` would give again, and to whom. Changes nothing."""
    _require_given(caller, agreement)
    moment = caller.when(since, ahead=False)
    assert moment is not None, "a moment was typed"
    items, names = repairing.redeliverable(
        caller.node, caller.desk, agreement, recipient=recipient, account=account, since=moment, by=caller.by
    )
    return {
        "agreement": agreement,
        "recipient": recipient,
        "accounts": names,
        "since": written(moment),
        "items": items,
    }


def _require_given(caller: Caller, agreement: str) -> None:
    """Raises `Unknown` `agreement-unknown` for one that is not there for whoever asks; `Refused` for its other side."""
    sight = caller.sight
    if not sight.agreement(agreement):
        raise Unknown(
            "agreement-unknown",
            f"there is no agreement `{agreement}`",
            remedy="relto agreement list",
            agreement=agreement,
        )
    if not sight.gives(agreement):
        givers = [sight.policy.standings[agreement].terms.giver]
        caller.by.require("officer", for_=givers, host=sight.policy.host, what="look after its readers")


def _unknown(account: str) -> Unknown:
    return Unknown("account-unknown", f"there is no account `{account}`", remedy="relto account list")


def main_way(each: ReaderStatus) -> Standpoint | None:
    """Where it stands with its objects (with the manifest, where it asks for nothing else): of several ways of asking,
    the one in which it has come furthest.

    A look by hand, say at the manifest or with a filter, leaves a place behind that nobody moves on.
    """
    asked = [point for point in each.standpoints if point.way.partition("?")[0] == "objects"]
    return max(asked or each.standpoints, key=lambda point: (point.place or 0, -point.items), default=None)


def _moment(facts: Facts | None, name: str) -> int | None:
    """A moment of the facts; None where it is not known."""
    return None if facts is None else getattr(facts, name) or None


def document(each: ReaderStatus) -> dict[str, Any]:
    """A reader under one agreement."""
    facts, main = each.facts, main_way(each)
    got = error = None
    if facts is not None and facts.status:
        got = {
            "status": facts.status,
            "items": facts.items,
            "more": facts.more,
            "first": written(facts.first),
            "last": written(facts.last),
        }
    if facts is not None and facts.failed_at:
        error = {"at": written(facts.failed_at), "status": facts.failed_status, "code": facts.failed_code or None}
    return {
        "account": each.account,
        "party": each.party,
        "agreement": each.agreement,
        "collection": each.collection,
        "revoked": each.revoked,
        "polled_at": written(_moment(facts, "polled_at")),
        "endpoint": (facts.endpoint if facts is not None else "") or None,
        "asked": facts.asked if facts is not None and facts.polled_at else None,
        "got": got,
        "place": None if main is None else written(main.place),
        "lag": _lag(main),
        "last_error": error,
        "client": (facts.client if facts is not None else "") or None,
        "clock_seconds": None if facts is None or facts.clock is None else _seconds(facts.clock),
        "repairs": {
            "count": each.repairs,
            "items": each.repaired_items,
            "ranges": [repair_document(row) for row in each.given_again],
        },
        "broken": sum(point.broken for point in each.standpoints),
        "repair": each.repair,
        "empty_list": each.empty_list,
        "ways": [
            {
                "way": point.way,
                "place": written(point.place),
                "lag": _lag(point),
                "repairs": {"count": point.repairs, "items": point.repaired_items},
                "broken": point.broken,
                "walking": point.is_walking,
            }
            for point in each.standpoints
        ],
    }


def _lag(point: Standpoint | None) -> dict[str, Any]:
    """How much it has not been served of what it may read, and how old the first of that is; null: it never asked."""
    if point is None:
        return {"items": None, "seconds": None}
    return {"items": point.items, "seconds": _seconds(point.behind_us or 0)}


def _seconds(microseconds: int) -> float:
    return round(microseconds / SECOND_US, 3)
