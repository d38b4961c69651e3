"""The registry: every verb that acts on a running node, under its words, its address, and the function that answers.

The HTTP API makes its routes from it, the remote command line finds the address of a verb in it, and the reference is
written from it. A verb is added by one entry: `Verb("inbox", "GET", "/inbox", inbox.list_, key=("notice",))`. What the
function takes by name is what a request gives: `{name}` in the address, the query of a GET, else the members of the
body. `VERBS` is in the order of the reference; `found` is asked by function.

>>> found(pausing.amend).path
'/pauses/{pause}/amend'
>>> [field.name for field in found(pausing.amend).fields][:3]
['pause', 'topics', 'types']
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Any, Final, Literal, get_type_hints

from relto.faces.verbs import (
    accounts,
    acts,
    agenda,
    agreements,
    backlog,
    briefs,
    cases,
    conditions,
    finding,
    impact,
    inbox,
    ingest,
    items,
    log,
    mailboxes,
    node,
    outlook,
    parties,
    pausing,
    purging,
    readers,
    reading,
    rehearsals,
    standing,
    topics,
    webhooks,
)

PREFIX: Final = "/api/v1"

RENAMED: Final = {"from_": "from", "for_": "for"}
"""What Python keeps for itself is written otherwise there."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a verb is told. `parameter`: its name in Python; `where`: `path`, `query` or `body`."""

    name: str
    parameter: str
    where: Literal["path", "query", "body"]
    type: Any
    default: Any = inspect.Parameter.empty

    @property
    def is_required(self) -> bool:
        """Whether it has to be said."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `words`: as the command line has it; `path`: below `/api/v1`; `function`: takes a `Caller`, then names.

    `acts`: it changes something, so that it takes an idempotency key. `key`: of a list, the members that tell entries
    apart and order them; the API gives it page by page. `etag`: what it shows or changes has versions (`pause`,
    `agreement`), so that it takes `If-Match` or `If-None-Match`. `takes`: JSON, JSON with whole files in it, which may
    be longer, or STIX as it is. `example`: what one may send. `keeps`: whether its answer may be kept with the key; one
    that shows a secret may not. `status`: of an answer.
    """

    words: str
    method: Literal["GET", "POST"]
    path: str
    function: Callable[..., Any]
    acts: bool = False
    key: Sequence[str] = ()
    etag: Literal["", "pause", "agreement"] = ""
    takes: Literal["json", "files", "stix"] = "json"
    example: Mapping[str, Any] = field(default_factory=dict)
    keeps: bool = True

    @property
    def name(self) -> str:
        """Its words as one, for OpenAPI."""
        return self.words.replace(" ", "-")

    @property
    def does(self) -> str:
        """What it does, in a sentence or two."""
        return " ".join((inspect.getdoc(self.function) or "").split("\n\n")[0].split())

    @property
    def fields(self) -> tuple[Field, ...]:
        """What it is told."""
        return _fields(self.function, self.method, self.path, self.takes)


@cache
def _fields(function: Callable[..., Any], method: str, path: str, takes: str) -> tuple[Field, ...]:
    hints = get_type_hints(function, localns={"Sequence": Sequence})
    in_path = {name for _, name, _, _ in Formatter().parse(path) if name}
    made = []
    for name, each in list(inspect.signature(function).parameters.items())[1:]:
        if takes == "stix" and name == "body":
            continue
        written = RENAMED.get(name, name)
        where: Literal["path", "query", "body"] = "query" if method == "GET" or takes == "stix" else "body"
        where = "path" if written in in_path else where
        made.append(Field(written, name, where, hints[name], each.default))
    return tuple(made)


_ITEM: Final = "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000001"
_RELEASE: Final = {"items": [_ITEM], "reason": "looked at by hand"}
_STATEMENT: Final = {
    "kind": "statement", "date": "2025-03-09", "speaker": {"name": "Donald Trump", "role": "president", "party": "USA"},
    "words": "We just about have", "source": {"name": "Kyiv Independent", "grade": "B2"},
}  # fmt: skip
_PAUSE: Final = {"agreements": ["usa-ukr"], "topics": ["targeting"], "reason": "suspended while talks are held"}

VERBS: Final[tuple[Verb, ...]] = (
    Verb("status", "GET", "/status", standing.status, key=("agreement", "to")),
    Verb("explain", "GET", "/explain", standing.explain, example={"item": _ITEM, "party": "UKR"}),
    Verb("party list", "GET", "/parties", parties.list_, key=("party",)),
    Verb("party show", "GET", "/parties/{party}", parties.show),
    Verb(
        "party add", "POST", "/parties", parties.add, acts=True,
        example={"party": "UKR", "name": "Ukraine", "kind": "state"},
    ),
    Verb("party join", "POST", "/parties/{group}/join", parties.join, acts=True, example={"member": "GBR"}),
    Verb("party leave", "POST", "/parties/{group}/leave", parties.leave, acts=True, example={"member": "GBR"}),
    Verb("agreement list", "GET", "/agreements", agreements.list_, key=("agreement",)),
    Verb(
        "agreement apply", "POST", "/agreements", agreements.apply, acts=True, takes="files",
        example={
            "files": [
                "{agreement: usa-ukr, title: Battlefield intelligence, from: USA, to: [UKR], scope: {topics: [naval]}}"
            ]
        },
    ),
    Verb("agreement show", "GET", "/agreements/{agreement}", agreements.show, etag="agreement"),
    Verb("agreement history", "GET", "/agreements/{agreement}/history", agreements.history, key=("version",)),
    Verb("agreement diff", "GET", "/agreements/{agreement}/diff", agreements.diff, example={"old": 1, "new": 2}),
    Verb("agreement days", "GET", "/agreements/{agreement}/days", agreements.days, key=("to",), example={"days": 30}),
    Verb(
        "agreement end", "POST", "/agreements/{agreement}/end", agreements.end, acts=True, etag="agreement",
        example={"close": False},
    ),
    Verb("pause list", "GET", "/pauses", pausing.list_, key=("pause",)),
    Verb("pause", "POST", "/pauses", pausing.pause, acts=True, example=_PAUSE),
    Verb("resume", "POST", "/pauses/resume", pausing.resume, acts=True, etag="pause", example={"pauses": ["1"]}),
    Verb("pause show", "GET", "/pauses/{pause}", pausing.show, etag="pause"),
    Verb("impact", "GET", "/pauses/{pause}/impact", impact.impact, key=("agreement", "to")),
    Verb(
        "pause amend", "POST", "/pauses/{pause}/amend", pausing.amend, acts=True, etag="pause",
        example={"topics": ["targeting", "naval"], "reason": "imagery as well"},
    ),
    Verb("preview pause", "POST", "/previews/pause", pausing.preview_pause, example=_PAUSE),
    Verb("preview resume", "POST", "/previews/resume", pausing.preview_resume, example={"pauses": ["1"]}),
    Verb(
        "preview apply", "POST", "/previews/apply", rehearsals.apply, takes="files",
        example={
            "files": [
                "{agreement: usa-ukr, title: Battlefield intelligence, from: USA, to: [UKR], scope: {topics: [naval]}}"
            ]
        },
    ),
    Verb("preview end", "POST", "/previews/end", rehearsals.end, example={"agreement": "usa-ukr", "close": False}),
    Verb("preview join", "POST", "/previews/join", rehearsals.join, example={"group": "FVEY", "member": "GBR"}),
    Verb("preview leave", "POST", "/previews/leave", rehearsals.leave, example={"group": "FVEY", "member": "GBR"}),
    Verb("preview release", "POST", "/previews/release", rehearsals.release, example={"topics": ["naval"]}),
    Verb("preview discard", "POST", "/previews/discard", rehearsals.discard, example={"pause": "1"}),
    Verb(
        "preview item", "POST", "/previews/item", rehearsals.item,
        example={"verb": "withhold", "items": [_ITEM], "agreement": "usa-ukr"},
    ),
    Verb("preview act", "POST", "/previews/act", rehearsals.act, example={"act": "1"}),
    Verb(
        "condition add", "POST", "/pauses/{pause}/conditions", conditions.add, acts=True,
        example={"text": "a truce in the air and at sea", "asked_by": "USA"},
    ),
    Verb(
        "condition set", "POST", "/pauses/{pause}/conditions/{condition}", conditions.set_, acts=True,
        example={"state": "met", "evidence": "https://example.org/statement"},
    ),
    Verb("outlook", "GET", "/outlook", outlook.outlook),
    Verb("outlook-rules", "GET", "/outlook/rules", outlook.rules),
    Verb("brief", "GET", "/briefs/{subject}", briefs.brief),
    Verb(
        "read", "POST", "/read", reading.read, takes="files",
        example={"files": ["JEDDAH, March 11 - Talks were held in Jeddah on Tuesday."], "case": "usa-ukr-2025"},
    ),
    Verb("case list", "GET", "/cases", cases.list_, key=("party", "case")),
    Verb(
        "case open", "POST", "/cases", cases.open_, acts=True,
        example={"case": "usa-ukr-2025", "title": "The pause of March 2025", "agreements": ["usa-ukr"]},
    ),
    Verb(
        "case import", "POST", "/cases/import", cases.import_, acts=True, takes="files",
        example={"files": ["{case: usa-ukr-2025, title: The pause of March 2025, entries: []}"]},
    ),
    Verb("case show", "GET", "/cases/{case}", cases.show),
    Verb("case timeline", "GET", "/cases/{case}/timeline", cases.timeline),
    Verb("case export", "GET", "/cases/{case}/export", cases.export),
    Verb(
        "case add", "POST", "/cases/{case}/entries", cases.add, acts=True,
        example={"entries": [_STATEMENT]},
    ),
    Verb("case entry", "GET", "/cases/{case}/entries/{entry}", cases.entry),
    Verb(
        "case correct", "POST", "/cases/{case}/entries/{entry}/correct", cases.correct, acts=True,
        example={"because": "the date was that of the article", "changes": {"date": "2025-03-08"}},
    ),
    Verb(
        "case link", "POST", "/cases/{case}/entries/{entry}/link", cases.link, acts=True,
        example={"relation": "contradicts", "other": "16"},
    ),
    Verb("agenda", "GET", "/agenda", agenda.list_, key=("kind", "subject", "says")),
    Verb("approvals", "GET", "/approvals", acts.approvals, key=("act",)),
    Verb("act list", "GET", "/acts", acts.list_),
    Verb("act show", "GET", "/acts/{act}", acts.show),
    Verb("approve", "POST", "/acts/{act}/approve", acts.approve, acts=True, example={"note": "agreed in Jeddah"}),
    Verb("reject", "POST", "/acts/{act}/reject", acts.reject, acts=True, example={"reason": "too early"}),
    Verb("act withdraw", "POST", "/acts/{act}/withdraw", acts.withdraw, acts=True, example={"reason": "overtaken"}),
    Verb("backlog list", "GET", "/backlog", backlog.list_),
    Verb("backlog release", "POST", "/backlog/release", backlog.release, acts=True, example={"topics": ["naval"]}),
    Verb("backlog discard", "POST", "/backlog/discard", backlog.discard, acts=True, example={"pause": "1"}),
    Verb("item search", "GET", "/items", finding.search, example={"words": "sandworm", "topics": ["naval"]}),
    Verb("item show", "GET", "/items/{item}", finding.show, example={"item": _ITEM}),
    Verb(
        "item withhold", "POST", "/items/withhold", items.withhold, acts=True,
        example={"items": [_ITEM], "agreement": "usa-ukr", "reason": "a source might be known by it"},
    ),
    Verb("item release", "POST", "/items/release", items.release, acts=True, example=_RELEASE),
    Verb("item recall", "POST", "/items/recall", items.recall, acts=True, example=_RELEASE),
    Verb("ingest", "POST", "/ingest", ingest.ingest, acts=True, takes="stix", example={"originator": "USA"}),
    Verb("reader list", "GET", "/readers", readers.list_, key=("account", "agreement")),
    Verb("reader show", "GET", "/readers/{account}", readers.show, key=("agreement",)),
    Verb("reader set", "POST", "/readers/{account}/set", readers.set_, acts=True, example={"repair": False}),
    Verb("reader owed", "GET", "/readers/{account}/owed/{agreement}", readers.owed),
    Verb("reader skip", "POST", "/readers/{account}/skip/{agreement}", readers.skip, acts=True),
    Verb(
        "redeliver", "POST", "/agreements/{agreement}/redeliver", readers.redeliver, acts=True,
        example={"recipient": "UKR", "since": "2d"},
    ),
    Verb("purge", "POST", "/purge", purging.purge, acts=True, example={"before": "400d"}),
    Verb("log show", "GET", "/log", log.show),
    Verb("log received", "GET", "/log/received/{party}", log.received),
    Verb("account list", "GET", "/accounts", accounts.list_, key=("account",)),
    Verb(
        "account add", "POST", "/accounts", accounts.add, acts=True, keeps=False,
        example={"account": "kyiv", "party": "UKR", "roles": ["reader"], "token": True},
    ),
    Verb("account revoke", "POST", "/accounts/{account}/revoke", accounts.revoke, acts=True),
    Verb(
        "account set-password", "POST", "/accounts/{account}/password", accounts.set_password, acts=True, keeps=False
    ),
    Verb("account rotate", "POST", "/accounts/{account}/rotate", accounts.rotate, acts=True, keeps=False),
    Verb(
        "account token add", "POST", "/accounts/{account}/tokens", accounts.add_token, acts=True, keeps=False,
        example={"label": "feed", "scopes": ["read"], "expires": "30d"},
    ),
    Verb(
        "account certificate add", "POST", "/accounts/{account}/certificates", accounts.add_certificate, acts=True,
        example={"certificate": "-----BEGIN CERTIFICATE-----", "label": "gateway"},
    ),
    Verb(
        "account openid add", "POST", "/accounts/{account}/openid", accounts.add_openid, acts=True,
        example={"subject": "248289761001"},
    ),
    Verb("account credentials", "GET", "/accounts/{account}/credentials/{kind}", accounts.credentials, key=("id",)),
    Verb(
        "account credential revoke", "POST", "/accounts/{account}/credentials/{kind}/{credential}/revoke",
        accounts.revoke_credential, acts=True,
    ),
    Verb("account session list", "GET", "/accounts/{account}/sessions", accounts.sessions, key=("made_at",)),
    Verb("account session end", "POST", "/accounts/{account}/sessions/end", accounts.end_sessions, acts=True),
    Verb("inbox", "GET", "/inbox", inbox.list_),
    Verb(
        "inbox acknowledge", "POST", "/inbox/{notice}/acknowledge", inbox.acknowledge, acts=True,
        example={"note": "seen"},
    ),
    Verb("webhook list", "GET", "/webhooks", webhooks.list_, key=("webhook",)),
    Verb(
        "webhook add", "POST", "/webhooks", webhooks.add, acts=True, keeps=False,
        example={"url": "https://cert.example.org/relto", "kinds": ["pause", "resume"]},
    ),
    Verb("webhook rotate", "POST", "/webhooks/{webhook}/rotate", webhooks.rotate, acts=True, keeps=False),
    Verb("webhook enable", "POST", "/webhooks/{webhook}/enable", webhooks.enable, acts=True),
    Verb("webhook remove", "POST", "/webhooks/{webhook}/remove", webhooks.remove, acts=True),
    Verb("mailbox list", "GET", "/mailboxes", mailboxes.list_, key=("mailbox",)),
    Verb(
        "mailbox add", "POST", "/mailboxes", mailboxes.add, acts=True, example={"address": "duty@cert.example.org"}
    ),
    Verb("mailbox enable", "POST", "/mailboxes/{mailbox}/enable", mailboxes.enable, acts=True),
    Verb("mailbox remove", "POST", "/mailboxes/{mailbox}/remove", mailboxes.remove, acts=True),
    Verb("topics reclass", "POST", "/topics/reclass", topics.reclass, acts=True),
    Verb("config show", "GET", "/config", node.config_show),
    Verb("doctor", "GET", "/doctor", node.doctor),
)  # fmt: skip


def found(function: Callable[..., Any]) -> Verb | None:
    """The verb that this function answers; None where it has no address."""
    return next((verb for verb in VERBS if verb.function is function), None)
