"""Words that several pages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final[Mapping[str, str]] = {
    "pause": "pause",
    "pause-amend": "amend a pause",
    "resume": "resume",
    "agreement-apply": "make or amend an agreement",
    "agreement-end": "end an agreement",
    "backlog-release": "release a backlog",
    "backlog-discard": "discard a backlog",
    "item-withhold": "withhold items",
    "item-release": "release items",
    "item-recall": "recall items",
    "party-join": "join a group",
    "party-leave": "leave a group",
    "condition-add": "add a condition",
    "condition-set": "say how a condition stands",
    "pause-begun": "a pause begins",
    "membership-due": "a membership begins or ends",
    "joined-stricter": "stricter by what it joins",
    "retraction": "a retraction passes",
    "redeliver": "deliver again",
    "repair": "give again what was not served",
    "withdraw": "take back what was asked for",
    "account-add": "open an account",
    "account-revoke": "close an account",
    "account-password": "a new password",
    "account-token": "a new token",
    "account-certificate": "a certificate",
    "account-openid": "an OpenID subject",
    "account-credential-revoke": "revoke a credential",
    "account-sessions-end": "end sessions",
    "party-add": "make a party known",
    "topics": "topics",
    "topics-reclass": "sort items anew",
    "reader-set": "switch of a reader",
    "reader-skip": "move a reader on",
    "webhook-add": "a webhook",
    "webhook-enable": "take up a webhook again",
    "webhook-rotate": "a new secret of a webhook",
    "webhook-remove": "remove a webhook",
    "mailbox-add": "a mailbox",
    "mailbox-enable": "take up a mailbox again",
    "mailbox-remove": "remove a mailbox",
    "purge": "take away old content",
    "log-key": "a new key of the log",
    "log-witness": "a witness of the log",
    "init": "the node is made",
    "demonstration-begin": "the demonstration begins",
}
"""How an act is called."""


SUBJECTS: Final = (("pause", "pause "), ("account", ""), ("party", ""), ("webhook", ""), ("mailbox", ""))
"""What of an order names whom or what it is about, and what stands before that."""


def deed(act: Mapping[str, Any]) -> str:
    """What an act does, and to what, in a few words; agreements not counted.

    >>> deed({"kind": "resume", "order": {"pause": "2"}}), deed({"kind": "account-add", "order": {"account": "kyiv"}})
    ('resume: pause 2', 'open an account: kyiv')
    >>> deed({"kind": "init", "order": None})
    'the node is made'
    """
    kind, order = str(act["kind"]), act.get("order") or {}
    what = KINDS.get(kind, kind)
    for name, before in SUBJECTS:
        if isinstance(order.get(name), str) and order[name]:
            return f"{what}: {before}{order[name]}"
    return what


def needs_words(needs: int, begins: Markup | None = None) -> str:
    """What becomes of an act that asks for so many approvals. `begins`: the moment that was set for it; None: none.

    >>> needs_words(0), needs_words(2)
    ('It is done at once.', 'It waits until 2 others have approved it.')
    >>> print(needs_words(1, Markup("noon")))
    It waits until another has approved it, and is done at noon at the earliest.
    """
    if not needs:
        return "It is done at once." if begins is None else Markup("It is done at {}.").format(begins)
    waits = f"It waits until {'another has' if needs == 1 else f'{needs} others have'} approved it"
    return f"{waits}." if begins is None else Markup("{}, and is done at {} at the earliest.").format(waits, begins)
