"""First: settings that are put once, without a change of policy: the log's name and first key, and a demonstration's
clock.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.actor import operator
from relto.usecases.demonstration import SETTING, Demonstration, put
from relto.usecases.evidence.expected import broken
from relto.usecases.evidence.signed.signing import KEYS, ORIGIN, keyring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.ports.store import Transaction
    from relto.usecases.evidence.expected import Expected


def put_first(tx: Transaction, leaves: Sequence[Expected]) -> None:
    """What the leaves of such a block say. Raises `Broken` where it is not put so."""
    rows = {leaf.fields["row"]["name"]: leaf for leaf in leaves if leaf.kind == "row"}
    acts = [leaf for leaf in leaves if leaf.kind == "act"]
    for name, leaf in rows.items():
        if leaf.fields["table"] != "settings" or tx.setting(name) is not None:
            raise broken(leaf, "row-unfounded", f"setting `{name}` is not put so")
    if len(leaves) == 2 and set(rows) == {ORIGIN, KEYS}:
        _put_key(tx, rows[ORIGIN], rows[KEYS])
    elif len(leaves) == 2 and set(rows) == {SETTING} and acts:
        _begin(tx, rows[SETTING], acts[0])
    else:
        raise broken(leaves[0], "row-unfounded", "these settings are not put so")


def _put_key(tx: Transaction, origin: Expected, keys: Expected) -> None:
    tx.put_setting(ORIGIN, origin.fields["row"]["value"])
    tx.put_setting(KEYS, keys.fields["row"]["value"])
    found = keyring(tx)
    if found is None or len(found.keys) != 1 or found.name != origin.fields["row"]["value"]:
        raise broken(keys, "key-unfounded", "a log begins with one key, of its own name")


def _begin(tx: Transaction, setting: Expected, act: Expected) -> None:
    """Its clock begins at no moment that has passed; by how much it is ahead or behind is the node's own affair."""
    text, head = setting.fields["row"]["value"], tx.head()
    said = json.loads(text)
    at = said["began"]
    if tx.setting("party") is None or max(head.clock_seen, head.last_given) > at or act.fields["by"] != "admin":
        raise broken(act, "act-unfounded", "no demonstration could begin so")
    tx.put_head(replace(head, clock_seen=at))
    put(tx, Demonstration(at, said["offset"]), by=operator(tx.setting("party") or ""))
