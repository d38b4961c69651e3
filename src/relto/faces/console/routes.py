"""Routes: each page by its address, in the order of the navigation.

>>> route, names = found("/agreements/usa-ukr")
>>> route.path, names
('/agreements/{agreement}', {'agreement': 'usa-ukr'})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from relto.faces.console.act import Act
from relto.faces.console.pages import (
    account,
    agreement,
    amendment,
    article,
    backlog,
    brief,
    case,
    decision,
    entry,
    evidence,
    held,
    impact,
    inbox,
    item,
    lifting,
    manual,
    outlook,
    overview,
    pause,
    reader,
    received,
    sending,
    verification,
)
from relto.faces.console.pages.admin import account as admin_account
from relto.faces.console.pages.admin import credential, health, index, party, place, purge, setting, topic
from relto.faces.console.visit import Page


@dataclass(frozen=True, slots=True)
class Route:
    """A page at an address, what it does when its form is sent, or both. A part `{name}` stands for any text."""

    path: str
    page: Page | None = None
    act: Act | Page | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """What can be done there."""
        return (*(("GET", "HEAD") if self.page else ()), *(("POST",) if self.act else ()))

    @property
    def name(self) -> str:
        """For the metrics."""
        words = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return "-".join(["console", *words])


ROUTES: Final = (
    Route("/", overview.page),
    Route("/flows", overview.flows),
    Route("/holding", overview.holding),
    Route("/agreements", agreement.listed),
    Route("/agreements/new", agreement.form, agreement.MAKE),
    Route("/agreements/{agreement}", agreement.page),
    Route("/agreements/{agreement}/amend", agreement.form, agreement.APPLY),
    Route("/agreements/{agreement}/end", agreement.ending, agreement.END),
    Route("/pauses", pause.listed),
    Route("/pauses/new", pause.form, pause.PAUSE),
    Route("/pauses/preview", None, pause.preview),
    Route("/pauses/agreements", None, pause.offered),
    Route("/pauses/topics", None, pause.topics),
    Route("/pauses/resume", lifting.form, lifting.RESUME),
    Route("/pauses/resume/preview", None, lifting.preview),
    Route("/pauses/{pause}", pause.page),
    Route("/pauses/{pause}/amend", amendment.form, amendment.AMEND),
    Route("/pauses/{pause}/held", held.page),
    Route("/pauses/{pause}/outlook", outlook.page),
    Route("/pauses/{pause}/impact", impact.page),
    Route("/pauses/{pause}/conditions", None, pause.ADD_CONDITION),
    Route("/pauses/{pause}/conditions/{condition}", None, pause.SET_CONDITION),
    Route("/backlog", backlog.listed),
    Route("/backlog/release", None, backlog.RELEASE_ALL),
    Route("/backlog/discard", None, backlog.DISCARD_ALL),
    Route("/backlog/{pause}", backlog.page),
    Route("/backlog/{pause}/release", None, backlog.RELEASE),
    Route("/backlog/{pause}/discard", None, backlog.DISCARD),
    Route("/readers", reader.listed),
    Route("/readers/{account}", reader.page),
    Route("/readers/{account}/set", None, reader.SET),
    Route("/readers/{account}/skip/{agreement}", None, reader.SKIP),
    Route("/agreements/{agreement}/redeliver", reader.redelivering, reader.REDELIVER),
    Route("/items", item.listed, item.DECIDE),
    Route("/items/{item}", item.page),
    Route("/items/{item}/stix", item.stix),
    Route("/items/{item}/withhold", None, item.WITHHOLD),
    Route("/items/{item}/release", None, item.RELEASE),
    Route("/items/{item}/recall", None, item.RECALL),
    Route("/acts", decision.listed),
    Route("/acts/{act}", decision.page),
    Route("/acts/{act}/approve", None, decision.APPROVE),
    Route("/acts/{act}/reject", None, decision.REJECT),
    Route("/acts/{act}/withdraw", None, decision.WITHDRAW),
    Route("/cases", case.listed),
    Route("/cases/new", case.opening, case.OPEN),
    Route("/cases/import", case.importing, case.IMPORT),
    Route("/cases/{case}", case.page),
    Route("/case-schema", case.schema),
    Route("/cases/{case}/export", case.export),
    Route("/cases/{case}/outlook", outlook.page),
    Route("/cases/{case}/read", article.page, article.proposals),
    Route("/cases/{case}/read/accept", None, article.ACCEPT),
    Route("/cases/{case}/brief", brief.page),
    Route("/cases/{case}/brief/file", brief.file),
    Route("/brief", brief.page),
    Route("/brief/file", brief.file),
    Route("/cases/{case}/entries/new", entry.form, entry.ADD),
    Route("/cases/{case}/entries/{entry}", entry.page),
    Route("/cases/{case}/entries/{entry}/correct", entry.correcting, entry.CORRECT),
    Route("/cases/{case}/entries/{entry}/retract", None, entry.RETRACT),
    Route("/cases/{case}/entries/{entry}/link", None, entry.LINK),
    Route("/evidence", evidence.page),
    Route("/evidence/latest", evidence.latest),
    Route("/evidence/leaves", evidence.leaves),
    Route("/evidence/leaves/{leaf}", evidence.leaf),
    Route("/evidence/leaves/{leaf}/proof", evidence.proof),
    Route("/evidence/deliveries", evidence.deliveries),
    Route("/evidence/received", evidence.received),
    Route("/evidence/witnesses", None, evidence.ADD_WITNESS),
    Route("/evidence/witnesses/{witness}/remove", None, evidence.REMOVE_WITNESS),
    Route("/evidence/verification", verification.page, verification.VERIFY),
    Route("/evidence/verification/progress", verification.progress),
    Route("/evidence/verification/stop", None, verification.STOP),
    Route("/evidence/archive", verification.archive, verification.EXPORT),
    Route("/inbox", inbox.page),
    Route("/inbox/{notice}/acknowledge", None, inbox.ACKNOWLEDGE),
    Route("/received", received.page),
    Route("/recalls", received.recalls),
    Route("/connect", received.connect),
    Route("/sent", sending.page, sending.INGEST),
    Route("/account", account.page),
    Route("/manual", manual.page),
    Route("/manual/{page}", manual.page),
    Route("/manual/{folder}/{page}", manual.page),
    Route("/admin", index.page),
    Route("/admin/parties", party.listed),
    Route("/admin/parties/new", party.form, party.ADD),
    Route("/admin/parties/{party}", party.page),
    Route("/admin/parties/{party}/join", None, party.JOIN),
    Route("/admin/parties/{party}/leave", None, party.LEAVE),
    Route("/admin/accounts", admin_account.listed),
    Route("/admin/accounts/new", admin_account.form, admin_account.ADD),
    Route("/admin/accounts/{account}", admin_account.page),
    Route("/admin/accounts/{account}/revoke", None, admin_account.REVOKE),
    Route("/admin/accounts/{account}/password", None, admin_account.PASSWORD),
    Route("/admin/accounts/{account}/rotate", None, admin_account.ROTATE),
    Route("/admin/accounts/{account}/tokens", None, credential.ADD_TOKEN),
    Route("/admin/accounts/{account}/certificates", None, credential.ADD_CERTIFICATE),
    Route("/admin/accounts/{account}/openid", None, credential.ADD_OPENID),
    Route("/admin/accounts/{account}/{kind}/{credential}/revoke", None, credential.REVOKE),
    Route("/admin/accounts/{account}/sessions/end", None, credential.END_SESSIONS),
    Route("/admin/notices", place.page),
    Route("/admin/webhooks", None, place.ADD_WEBHOOK),
    Route("/admin/webhook/{place}/enable", None, place.ENABLE_WEBHOOK),
    Route("/admin/webhook/{place}/rotate", None, place.ROTATE_WEBHOOK),
    Route("/admin/webhook/{place}/remove", None, place.REMOVE_WEBHOOK),
    Route("/admin/mailboxes", None, place.ADD_MAILBOX),
    Route("/admin/mailbox/{place}/enable", None, place.ENABLE_MAILBOX),
    Route("/admin/mailbox/{place}/remove", None, place.REMOVE_MAILBOX),
    Route("/admin/topics", topic.page),
    Route("/admin/topics/reclass", None, topic.RECLASS),
    Route("/admin/purge", purge.page, purge.PURGE),
    Route("/admin/settings", setting.page),
    Route("/admin/health", health.page),
)
"""Where two fit, the first counts."""


def found(path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of this path, as it was sent, and what stands in it."""
    asked = [unquote(part) for part in path.strip("/").split("/")]
    for route, parts in _TABLE.get(len(asked), ()):
        names = _names(parts, asked)
        if names is not None:
            return route, names
    return None


def _names(parts: Sequence[str], asked: Sequence[str]) -> dict[str, str] | None:
    names = {}
    for part, text in zip(parts, asked, strict=True):
        if part.startswith("{"):
            if not text:
                return None
            names[part.strip("{}")] = text
        elif part != text:
            return None
    return names


def _table() -> Mapping[int, Sequence[tuple[Route, list[str]]]]:
    table: dict[int, list[tuple[Route, list[str]]]] = {}
    for route in ROUTES:
        parts = route.path.strip("/").split("/")
        table.setdefault(len(parts), []).append((route, parts))
    return table


_TABLE: Final = _table()
