"""The node as a whole: how it is, and what it is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import Refused
from relto.faces.verbs import checkup
from relto.faces.verbs.caller import Caller, written
from relto.usecases.demonstration import demonstration

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET: Final = "as set"  # noqa: S105 - it stands where a secret would
"""What a setting that may hold a secret reads over the network."""

_SECRETS: Final = ("password", "secret", "token", "key", "url")


def config_show(caller: Caller) -> list[dict[str, Any]]:
    """Show every setting, its value (where that is no secret), and where it came from."""
    _require_whole(caller, "see the settings")
    lines = [
        {
            "key": each.key,
            "value": SECRET if _is_secret(each.key) and each.value and each.source != "default" else each.value,
            "source": each.source,
        }
        for each in caller.opened.config.show()
    ]
    with caller.node.store.read() as snap:
        fixed = demonstration(snap)
    return [*lines, *told_of_demonstration(None if fixed is None else fixed.began)]


def told_of_demonstration(began: int | None) -> Sequence[dict[str, Any]]:
    """The line of a demonstration's clock, where it has one."""
    if began is None:
        return ()
    return [{"key": "demonstration", "value": f"its own clock, from {written(began)}", "source": "fixed when made"}]


def doctor(caller: Caller) -> dict[str, Any]:
    """Check what a server can see of its node: room, keys, clock, log, acts, accounts, agreements, readers."""
    _require_whole(caller, "look the node over")
    config = caller.opened.config
    found = [*checkup.of_machine(config), *checkup.of_node(caller.opened)]
    return checkup.report(found, checkup.log_document(caller.opened))


def _is_secret(key: str) -> bool:
    return any(word in key for word in _SECRETS)


def _require_whole(caller: Caller, what: str) -> None:
    """Raises `Refused` `role-missing` for whoever is neither administrator nor auditor of the node."""
    if not caller.sight.is_whole:
        raise Refused(
            "role-missing",
            f"account `{caller.by.account}` may not {what}",
            remedy="ask an account of the node's own party that has the role `auditor` or `admin`",
        )
