"""Beside: acts that are recorded beside what they did are done again, by the use cases that did them.

Each is done in the name of whoever did it, who must have been allowed to; what the act says (`order`) is all that it is
done by, and of the block's rows nothing but what was drawn then (secrets, veiled as they are) is taken. So a row that
its act does not lead to comes out of nothing, and is a fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from relto.domain.actor import Actor
from relto.domain.keys import object_key
from relto.domain.note import VerifierKey
from relto.domain.party import Party
from relto.domain.plain import veiled
from relto.domain.scope import SCOPES, scopes_of
from relto.domain.topic import Vocabulary
from relto.domain.witness import Witness
from relto.ports.store import AccountRow, CredentialRow, PartyRow
from relto.usecases.accounts import credentials, keeping, roles_of
from relto.usecases.accounts.rows import openid_identifier, require_admin
from relto.usecases.accounts.sessions import drop_all_sessions
from relto.usecases.evidence.expected import broken
from relto.usecases.evidence.signed.signing import KEYS, keyring
from relto.usecases.evidence.signed.witnessing import drop_witness, put_witness
from relto.usecases.mailboxes import require_account_of
from relto.usecases.parties import make_node, make_party
from relto.usecases.places import require_keeper
from relto.usecases.publishing import withdraw_versions
from relto.usecases.purging import order_purge
from relto.usecases.repairing import redeliver_now, skip_now
from relto.usecases.topics import take_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.act import Act
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected


@dataclass(frozen=True, slots=True)
class ToldAct:
    """An act as its leaf tells of it, in its block."""

    change: Change
    leaf: Expected
    act: Act
    by: Actor
    leaves: Sequence[Expected]

    @property
    def order(self) -> Mapping[str, Any]:
        """What exactly was asked."""
        return self.act.order

    def row(self, table: str, **named: object) -> Mapping[str, Any]:
        """The row of this table that the block tells of, for what was drawn then; empty where it tells of none."""
        for leaf in self.leaves:
            if leaf.kind == "row" and leaf.fields["table"] == table:
                row: Mapping[str, Any] = leaf.fields["row"]
                if all(row.get(name) == value for name, value in named.items()):
                    return row
        return {}

    def record(self) -> None:
        """Puts the act on record as it was asked."""
        self.change.act(self.act.kind, self.by, self.order, before=self.act.before, after=self.act.after)


# Who there is.


def _init(told: ToldAct) -> None:
    own = Party(told.order["party"], told.order["name"], "state")
    secret = told.row("accounts", name="admin").get("secret", "")
    make_node(told.change, own, topics=told.row("settings", name="topics").get("value", ""), secret=secret)


def _party(told: ToldAct) -> None:
    order = told.order
    party = Party.parse(order["party"], order["name"], order["kind"], order["ceiling"])
    if order["members"] and party.kind not in {"alliance", "group"}:
        raise broken(told.leaf, "order-impossible", f"a party of kind `{party.kind}` has no members")
    row = PartyRow(order["party"], order["name"], order["kind"], order["ceiling"])
    make_party(told.change, row, order["members"], by=told.by)


def _account(told: ToldAct) -> None:
    order = told.order
    secret = told.row("accounts", name=order["account"]).get("secret", "")
    identifier = told.row("credentials", id=order["credential"])["identifier"] if "credential" in order else ""
    if bool(secret) == bool(identifier):
        raise broken(told.leaf, "order-impossible", "an account is opened with a password or a token")
    keeping.open_account(
        told.change,
        AccountRow(order["account"], order["party"], roles_of(order["roles"]), secret, made_at=told.change.now),
        identifier=identifier,
        scopes=scopes_of(order["scopes"]) if identifier else SCOPES,
        expires_at=order["expires_at"] if identifier else None,
        by=told.by,
    )


def _revoked(told: ToldAct) -> None:
    keeping.revoke_account(told.change, told.order["account"], by=told.by)


def _password(told: ToldAct) -> None:
    name = told.order["account"]
    secret = told.row("accounts", name=name).get("secret", "")
    if not secret:
        raise broken(told.leaf, "order-impossible", "there is no password")
    keeping.put_secret(told.change, name, secret, by=told.by)


def _switches(told: ToldAct) -> None:
    settings = told.order["settings"]
    is_known = bool(settings) and settings.keys() <= keeping.SWITCHES
    if not is_known or not all(isinstance(value, bool) for value in settings.values()):
        raise broken(told.leaf, "order-impossible", "there are no such switches")
    keeping.put_switches(told.change, told.order["account"], settings, by=told.by)


def _sessions(told: ToldAct) -> None:
    drop_all_sessions(told.change, told.order["account"], told.order["sessions"], by=told.by)


def _credential(told: ToldAct) -> None:
    """A token, a certificate or a subject of OpenID Connect. The node's veil is over each, as over those before it."""
    order, now = told.order, told.change.now
    label, scopes, expires_at = order["label"], scopes_of(order["scopes"]), order.get("expires_at")
    match told.act.kind:
        case "account-token":
            identifier = told.row("credentials", id=order["credential"])["identifier"]
            asked = CredentialRow(0, order["account"], "token", identifier, label, scopes, now, expires_at)
            if "instead" in order:
                old, overlap_us = order["instead"], order["overlap_us"]
                credentials.replace_credentials(told.change, asked, old, overlap_us=overlap_us, by=told.by)
                return
            more = {}
        case "account-certificate":
            identifier = veiled(order["identifier"])
            asked = CredentialRow(0, order["account"], "certificate", identifier, label, scopes, now, expires_at)
            more = {"identifier": order["identifier"]}
        case _:
            identifier = veiled(openid_identifier(order["issuer"], order["subject"]))
            asked = CredentialRow(0, order["account"], "openid", identifier, label, scopes, now)
            more = {"subject": order["subject"], "issuer": order["issuer"]}
    credentials.give_credential(told.change, asked, more, by=told.by)


def _no_credential(told: ToldAct) -> None:
    order = told.order
    credentials.take_credential(told.change, order["account"], str(order["credential"]), order["kind"], by=told.by)


def _place(told: ToldAct) -> None:
    """A webhook or a mailbox: the act alone is on record."""
    change, by, party = told.change, told.by, told.order["party"]
    require_keeper(change, by, party, "keep a place for notices")
    account = told.order.get("account") if told.act.kind == "mailbox-add" else None
    if account is not None:
        require_account_of(change.tx, party, account)
    told.record()


# The vocabulary, and items.


def _topics(told: ToldAct) -> None:
    Vocabulary.parse(told.act.after)
    take_vocabulary(told.change, told.act.after, by=told.by)


def _reclass(told: ToldAct) -> None:
    require_admin(told.change, told.by, "decide the topics of what is stored anew")
    told.record()


def _withdraw(told: ToldAct) -> None:
    order, change = told.order, told.change
    key = object_key(order["originator"], order["object"])
    wanted = set(order["items"])
    mine = [
        each
        for each in change.tx.known([key]).get(key, ())
        if each.seq in wanted and not change.policy.classes[each.class_id].value.withdrawn
    ]
    if not wanted or [each.seq for each in mine] != order["items"]:
        raise broken(told.leaf, "act-other", "what it withdraws are not versions of that object that were there")
    withdraw_versions(change, mine, originator=order["originator"], stix_id=order["object"], by=told.by)


def _purge(told: ToldAct) -> None:
    order_purge(told.change, before=told.order["before"], originator=told.order["originator"], by=told.by)


# What readers are given again.


def _redeliver(told: ToldAct) -> None:
    order, change = told.order, told.change
    redeliver_now(
        change, change.effect(), order["agreement"],
        recipient=order["recipient"], account=order.get("account"), since=order["since"], by=told.by,
    )  # fmt: skip


def skip_told(told: ToldAct) -> None:
    """What nobody is owed any more: `again.skip_again` has the reader's tracks there."""
    skip_now(told.change, told.order["account"], told.order["agreement"], by=told.by)


# The log.


def _key(told: ToldAct) -> None:
    """What its settings say of the key is compared with the act; the file that has it is the node's own affair."""
    change, order = told.change, told.order
    require_admin(change, told.by, "give the log another key")
    before, text = keyring(change.tx), told.row("settings", name=KEYS).get("value", "")
    if before is None:
        raise broken(told.leaf, "key-unfounded", "a log that has no key gets no other")
    change.tx.put_setting(KEYS, text)
    after, last = keyring(change.tx), before.keys[-1]
    assert after is not None, "it was just put"
    *old, new = after.keys
    ended = replace(last, until=change.now + order["overlap_us"])
    said = new.key.text, new.since, order["overlap_us"] >= 0, told.act.before
    if [*before.keys[:-1], ended] != old or said != (order["vkey"], change.now, True, last.key.text):
        raise broken(told.leaf, "key-unfounded", "the keys of the log are others than this act leads to")
    told.record()


def _witness(told: ToldAct) -> None:
    order, change = told.order, told.change
    if "add" in order:
        put_witness(change, Witness(order["party"], VerifierKey.parse(order["add"])), by=told.by)
    else:
        drop_witness(change, VerifierKey.parse(order["remove"]).name, by=told.by)


AGAIN: Final[Mapping[str, Callable[[ToldAct], None]]] = {
    "init": _init,
    "party-add": _party,
    "account-add": _account,
    "account-revoke": _revoked,
    "account-password": _password,
    "account-sessions-end": _sessions,
    "account-token": _credential,
    "account-certificate": _credential,
    "account-openid": _credential,
    "account-credential-revoke": _no_credential,
    "reader-set": _switches,
    "webhook-add": _place,
    "webhook-rotate": _place,
    "webhook-enable": _place,
    "webhook-remove": _place,
    "mailbox-add": _place,
    "mailbox-enable": _place,
    "mailbox-remove": _place,
    "topics": _topics,
    "topics-reclass": _reclass,
    "withdraw": _withdraw,
    "purge": _purge,
    "redeliver": _redeliver,
    "reader-skip": skip_told,
    "log-key": _key,
    "log-witness": _witness,
}
"""By the kind of an act: how it is done again."""

ARRIVING: Final = frozenset({"retraction", "joined-stricter"})
"""Acts that come with items, and out of them (`arrivals.py`)."""

ITEMS: Final = frozenset({"class", "batch", "definition"})

ADMITTED: Final[Mapping[str, frozenset[str]]] = {
    "retraction": ITEMS,
    "joined-stricter": ITEMS,
    "topics-reclass": frozenset({"class", "moves"}),
    "log-key": frozenset({"key"}),
}
"""By the kind of an act: the leaves that may stand with it and do not come out of it. Without an act, items come in,
or content is purged by an act of before.
"""

UNFOUNDED: Final[Mapping[str, str]] = {
    "row": "row-unfounded",
    "class": "class-unfounded",
    "moves": "move-unfounded",
    "key": "key-unfounded",
    "purged": "purge-unfounded",
    "track": "track-unfounded",
}
"""What is wrong with a leaf of this kind to which nothing of its block leads; any other does not stand there."""


def admitted(leaves: Sequence[Expected], acts: Sequence[Expected]) -> frozenset[str]:
    """The leaves that may stand in a block and do not come out of it. `acts`: those of its acts that are new.

    Raises `Broken` (`act-unfounded`) where acts stand together that are each done alone.
    """
    kinds = {leaf.fields["act"] for leaf in acts}
    beside = kinds & (AGAIN.keys() | ARRIVING)
    if beside and (kinds != beside or (len(acts) > 1 and not beside <= ARRIVING)):
        raise broken(acts[-1], "act-unfounded", "it stands in one block with others, and each of them is done alone")
    if beside:
        return frozenset().union(*(ADMITTED.get(kind, frozenset()) for kind in beside))
    if kinds:
        return frozenset()
    stand = {leaf.kind for leaf in leaves}
    return ITEMS if stand & {"batch", "definition"} else frozenset({"purged"})
