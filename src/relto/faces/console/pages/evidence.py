"""Evidence: the log as it grows, its checkpoints and who cosigned them, leaves and deliveries with their proofs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError, Unknown
from relto.faces.console.act import Act, Question
from relto.faces.console.form import whole_number
from relto.faces.console.pages import names, verification
from relto.faces.console.visit import Sent, Shown, Went
from relto.faces.verbs import evidence, log
from relto.faces.verbs.leaves import words

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

LATEST: Final = 15
LOOKED_AT: Final = 60
"""Lines of the latest leaves, and leaves that are looked at for them."""

PAGE: Final = 50
ITEMS: Final = 100
"""Items of one delivery on one page."""

LEAVES_MAX: Final = 2**53

PROOF: Final = b"text/plain; charset=utf-8"
CSV: Final = b"text/csv; charset=utf-8"

KINDS: Final = (
    "act", "again", "batch", "change", "class", "delivery", "epoch", "era", "flow", "fold", "key", "mark", "moves",
    "notice", "owed", "part", "place", "row", "track", "withdrawn",
)  # fmt: skip
"""Kinds of leaves that one may choose from; what else there is can be typed."""

COLUMNS: Final = (
    "at", "agreement", "version", "party", "reader", "item", "digest", "leaf", "policy", "act", "kind", "by",
    "approved_by",
)  # fmt: skip
"""Of the list of what a party received."""


def page(visit: Visit) -> Shown:
    """The whole page; whoever only receives sees what it was given instead."""
    if not visit.in_office:
        return _own(visit)
    return Shown(
        "evidence.html",
        {
            **_grown(visit),
            "witnesses": evidence.witnesses(visit.caller),
            "recipients": evidence.recipients(visit.caller),
            "names": names.of_parties(visit),
            "is_whole": visit.caller.sight.is_whole,
            "may_verify": verification.may(visit),
            **verification.told(visit),
        },
    )


def latest(visit: Visit) -> Answer:
    """What of it grows while one looks: the checkpoint and the last leaves."""
    if not visit.in_office:
        return Went("/evidence")
    return Shown("parts/evidence.html", _grown(visit))


def _grown(visit: Visit) -> dict[str, Any]:
    found = evidence.latest(visit.caller, limit=LOOKED_AT)
    return {"signed": _signed(visit), "size": found["size"], "leaves": _runs(found["leaves"])[:LATEST]}


def _runs(leaves: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leaves, the newest first, with those one after the other that say nothing to who looks as one: `upto` is the
    newest of them.
    """
    found: list[dict[str, Any]] = []
    for each in leaves:
        before = found[-1] if found else None
        if each["kind"] is None and before is not None and before["kind"] is None:
            found[-1] = {**each, "upto": before["upto"]}
        else:
            found.append({**each, "upto": each["number"]})
    return found


def _signed(visit: Visit) -> dict[str, Any] | None:
    try:
        return log.signed(visit.caller)
    except Unknown:
        # The first second of a node.
        return None


# Leaves.


def leaves(visit: Visit) -> Answer:
    """All leaves, the newest first; narrowed, those that are looked for, in the order of the log."""
    if not visit.in_office:
        return Went("/evidence")
    query = visit.query
    narrowed: dict[str, Any] = {
        name: query.given(name) for name in ("kind", "party", "agreement", "item", "act", "since", "until")
    }
    if not any(narrowed.values()):
        found = evidence.latest(visit.caller, before=query.number("before"), limit=PAGE)
        values = {"leaves": _runs(found["leaves"]), "cursor": "before", "following": found["next"]}
    else:
        shown = log.show(visit.caller, **narrowed, after=query.number("after"), limit=PAGE)
        listed = [
            {**each, "words": words(each["kind"], each["says"]), "upto": each["number"]} for each in shown["leaves"]
        ]
        values = {"leaves": listed, "cursor": "after", "following": shown["next"]}
    return Shown(
        "leaves.html", {**values, "narrowed": narrowed, "is_whole": visit.caller.sight.is_whole, "kinds_of": KINDS}
    )


def leaf(visit: Visit) -> Answer:
    """One leaf, with its proof, and what it concerns."""
    first = visit.query.number("from") or 0
    found = evidence.leaf(visit.caller, leaf=_number(visit), first=first, limit=ITEMS)
    if found["kind"] is None and not visit.in_office:
        raise Unknown("leaf-unknown", "there is no such leaf")
    if found["number"] != _number(visit):
        return Went(f"/evidence/leaves/{found['number']}")
    return Shown(
        "leaf.html",
        {
            "leaf": found,
            "first": first,
            "following": first + ITEMS if first + ITEMS < found["count"] else None,
            "concerns": concerns(found),
            "signed": _signed(visit),
        },
    )


def _number(visit: Visit) -> int:
    number = whole_number(visit.names["leaf"])
    if number is None:
        raise Unknown("leaf-unknown", "there is no such leaf")
    return number


def concerns(leaf: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a leaf tells of that has a page of its own: what it is, what it is called, and where it is."""
    says = leaf["says"] or {}
    found: list[tuple[str, str, str]] = []
    if leaf["kind"] == "act":
        found.append(("act", str(says["number"]), f"/acts/{says['number']}"))
        found += _of_act(str(says.get("value", "")))
    row = says.get("row")
    for table, name, what in (("pauses", "number", "pause"), ("agreements", "id", "agreement")):
        if says.get("table") == table and isinstance(row, dict) and name in row:
            found.append((what, str(row[name]), f"/{table}/{row[name]}"))
    if isinstance(says.get("agreement"), str):
        found.append(("agreement", says["agreement"], f"/agreements/{says['agreement']}"))
    if leaf["kind"] in {"delivery", "withdrawn"}:
        found.append(("reader", says["reader"], f"/readers/{says['reader']}"))
    return list(dict.fromkeys(found))


def _of_act(value: str) -> list[tuple[str, str, str]]:
    try:
        act = json.loads(value)
    except ValueError:
        # Whether it says what acts say is for whoever verifies.
        return []
    if not isinstance(act, dict):
        return []
    found = [("agreement", str(name), f"/agreements/{name}") for name in act.get("concerns") or ()]
    for part in (act.get("order"), act.get("outcome")):
        number = part.get("pause") if isinstance(part, dict) else None
        if number:
            found.append(("pause", str(number), f"/pauses/{number}"))
    return found


def proof(visit: Visit) -> Sent:
    """The proof of a leaf, to be saved."""
    number = _number(visit)
    if not visit.in_office and evidence.leaf(visit.caller, leaf=number)["kind"] is None:
        raise Unknown("leaf-unknown", "there is no such leaf")
    return Sent.file(f"leaf-{number}.proof", evidence.receipt(visit.caller, leaf=number), PROOF)


# What was given.


def deliveries(visit: Visit) -> Shown:
    """What a party was given, page by page as it went out."""
    query = visit.query
    party = query.given("party") or visit.party
    found = evidence.deliveries(
        visit.caller, party=party, agreement=query.given("agreement"), before=query.number("before"), limit=PAGE
    )
    return Shown(
        "deliveries.html",
        {
            **found,
            "recipients": evidence.recipients(visit.caller) if visit.in_office else [],
            "agreement": query.text("agreement"),
            "names": names.of_parties(visit),
            "is_whole": visit.caller.sight.is_whole,
        },
    )


def _own(visit: Visit) -> Shown:
    try:
        found = evidence.deliveries(visit.caller, party=visit.party, before=visit.query.number("before"), limit=PAGE)
    except ReltoError:
        # Who neither reads nor acts for the party, say who only brings items in.
        found = None
    return Shown("evidence-own.html", {"given": found, "signed": _signed(visit)})


def received(visit: Visit) -> Sent:
    """Everything that a party received, a line for each item, as a file."""
    party = visit.query.text("party")
    asked: dict[str, Any] = {name: visit.query.given(name) for name in ("agreement", "since", "until")}
    # The first page is asked for before anything is sent: whoever may not have it is told so.
    first = log.received(visit.caller, party=party, **asked)

    def pieces() -> Iterator[bytes]:
        yield _lines([COLUMNS])
        found = first
        while True:
            yield _lines([_cells(row) for row in found["items"]])
            if found["next"] is None:
                return
            found = log.received(visit.caller, party=party, **asked, after=found["next"])

    return Sent.file(f"received-{party}.csv", b"", CSV, pieces())


def _cells(row: dict[str, Any]) -> list[str]:
    values = [" ".join(row[name]) if isinstance(row[name], list) else row[name] for name in COLUMNS]
    texts = ["" if value is None else str(value) for value in values]
    # What a spreadsheet would take for a formula is no formula here.
    return [f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text for text in texts]


def _lines(rows: Any) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


# Witnesses.


def _add_said(visit: Visit) -> Said:
    return {"party": visit.form.text("party"), "key": visit.form.text("key")}


def _add_asks(visit: Visit, said: Said) -> Question:
    if not said["party"] or not said["key"]:
        raise BadInput("witness-invalid", "a witness is a party and the public half of a key")
    name = names.of_parties(visit).get(said["party"], "")
    tells = (
        f"{said['party']} {name} cosigns checkpoints of the log by the key {said['key'].partition('+')[0]}.",
        "What it signs stands under each checkpoint, for everybody. It sees no more than before.",
    )
    return Question("Take a witness in", "Take it in", tells)


def _to_evidence(visit: Visit, said: Said, document: Any) -> Answer:
    del visit, said, document
    return Went("/evidence")


ADD_WITNESS: Final = Act(log.add_witness, _add_said, _add_asks, _to_evidence)


def _remove_said(visit: Visit) -> Said:
    return {"name": visit.names["witness"]}


def _remove_asks(visit: Visit, said: Said) -> Question:
    found = next((each for each in evidence.witnesses(visit.caller) if each["name"] == said["name"]), None)
    if found is None:
        raise Unknown("witness-unknown", "there is no such witness")
    tells = [
        f"No more is taken that {found['party']} signs by the key {found['name']}.",
        "What it signed stays under its checkpoints." if found["size"] is not None else "It has signed nothing so far.",
    ]
    return Question("Remove a witness", "Remove it", tells, stops=True)


REMOVE_WITNESS: Final = Act(log.remove_witness, _remove_said, _remove_asks, _to_evidence)
