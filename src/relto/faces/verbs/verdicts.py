"""Verdicts as documents: what verifying a log found, whoever had it verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import written
from relto.faces.verbs.log import stamp_document

if TYPE_CHECKING:
    from relto.usecases.evidence.check.checking import Verdict
    from relto.usecases.evidence.faults import Fault


def verdict_document(verdict: Verdict, *, believes: bool) -> dict[str, Any]:
    """`believes`: an authority is trusted, by whose word time stamps were checked."""
    found = verdict.attested
    return {
        "ok": verdict.ok,
        "size": verdict.size,
        "root": verdict.root.hex(),
        "signed": verdict.signed,
        "checkpoints": verdict.checkpoints,
        "items": verdict.items,
        "deliveries": verdict.deliveries,
        "witnesses": [
            {
                "name": each.witness.key.name,
                "party": each.witness.party,
                "key": each.witness.key.text,
                "cosignatures": each.count,
                "size": each.size,
                "at": written(each.at),
            }
            for each in found.witnesses
        ],
        "timestamps": {
            "count": found.stamps,
            "checked": believes,
            "last": None if found.last is None else stamp_document(*found.last),
        },
        "restored_at": [written(at) for at in verdict.eras],
        "faults": [fault_document(fault) for fault in verdict.faults],
    }


def fault_document(fault: Fault) -> dict[str, Any]:
    """A fault in JSON."""
    return {
        "code": fault.code,
        "text": fault.text,
        "promise": fault.promise,
        "leaf": fault.leaf,
        "item": fault.item,
    }
