"""An example of each page's address, in the demonstration world; `None`: it has no page of its own to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relto.demo.run import World

Example = Callable[[World], str]


def _fixed(address: str) -> Example:
    return lambda world: address


EXAMPLES: Mapping[str, Example] = {
    "/": _fixed("/"),
    "/flows": _fixed("/flows"),
    "/holding": _fixed("/holding"),
    "/agreements": _fixed("/agreements"),
    "/agreements/new": _fixed("/agreements/new"),
    "/agreements/{agreement}": _fixed("/agreements/usa-ukr"),
    "/agreements/{agreement}/amend": _fixed("/agreements/usa-ukr/amend"),
    "/agreements/{agreement}/end": _fixed("/agreements/usa-ukr/end"),
    "/pauses": _fixed("/pauses"),
    "/pauses/new": _fixed("/pauses/new?agreement=usa-ukr"),
    "/pauses/resume": lambda world: f"/pauses/resume?pause={world.pauses['intelligence']}",
    "/pauses/{pause}": lambda world: f"/pauses/{world.pauses['intelligence']}",
    "/pauses/{pause}/amend": lambda world: f"/pauses/{world.pauses['intelligence']}/amend",
    "/acts": _fixed("/acts"),
    "/acts/{act}": lambda world: f"/acts/{world.acts}",
    "/pauses/{pause}/held": lambda world: f"/pauses/{world.pauses['intelligence']}/held",
    "/pauses/{pause}/outlook": lambda world: f"/pauses/{world.pauses['intelligence']}/outlook",
    "/pauses/{pause}/impact": lambda world: f"/pauses/{world.pauses['intelligence']}/impact",
    "/cases": _fixed("/cases"),
    "/cases/new": _fixed("/cases/new"),
    "/cases/import": _fixed("/cases/import"),
    "/case-schema": _fixed("/case-schema"),
    "/cases/{case}": _fixed("/cases/usa-ukr-2025"),
    "/cases/{case}/export": _fixed("/cases/usa-ukr-2025/export"),
    "/cases/{case}/outlook": _fixed("/cases/usa-ukr-2025/outlook"),
    "/cases/{case}/read": _fixed("/cases/usa-ukr-2025/read"),
    "/cases/{case}/brief": _fixed("/cases/usa-ukr-2025/brief?for=public&at=2025-03-06"),
    "/cases/{case}/brief/file": _fixed("/cases/usa-ukr-2025/brief/file?form=md"),
    "/cases/{case}/entries/new": _fixed("/cases/usa-ukr-2025/entries/new?kind=talks"),
    "/cases/{case}/entries/{entry}": _fixed("/cases/usa-ukr-2025/entries/32"),
    "/cases/{case}/entries/{entry}/correct": _fixed("/cases/usa-ukr-2025/entries/32/correct"),
    "/brief": _fixed("/brief?subject=UKR&for=public"),
    "/brief/file": _fixed("/brief/file?subject=UKR&form=md"),
    "/items": _fixed("/items?words=warning"),
    "/items/{item}": _fixed("/items/indicator--dd8ffb83-1699-48c2-9192-92e89c4a648a"),
    "/items/{item}/stix": _fixed("/items/indicator--dd8ffb83-1699-48c2-9192-92e89c4a648a/stix"),
    "/inbox": _fixed("/inbox"),
    "/received": _fixed("/received"),
    "/recalls": _fixed("/recalls"),
    "/connect": _fixed("/connect"),
    "/sent": _fixed("/sent"),
    "/account": _fixed("/account"),
    "/manual": _fixed("/manual"),
    "/manual/{page}": _fixed("/manual/start"),
    "/manual/{folder}/{page}": _fixed("/manual/reference/cli"),
    "/admin": _fixed("/admin"),
    "/admin/parties": _fixed("/admin/parties"),
    "/admin/parties/new": _fixed("/admin/parties/new"),
    "/admin/parties/{party}": _fixed("/admin/parties/UKR"),
    "/admin/accounts": _fixed("/admin/accounts"),
    "/admin/accounts/new": _fixed("/admin/accounts/new"),
    "/admin/accounts/{account}": _fixed("/admin/accounts/officer"),
    "/admin/notices": _fixed("/admin/notices"),
    "/admin/topics": _fixed("/admin/topics"),
    "/admin/purge": _fixed("/admin/purge"),
    "/admin/settings": _fixed("/admin/settings"),
    "/admin/health": _fixed("/admin/health"),
    "/evidence": _fixed("/evidence"),
    "/evidence/latest": _fixed("/evidence/latest"),
    "/evidence/leaves": _fixed("/evidence/leaves"),
    "/evidence/leaves/{leaf}": _fixed("/evidence/leaves/5"),
    "/evidence/leaves/{leaf}/proof": _fixed("/evidence/leaves/5/proof"),
    "/evidence/deliveries": _fixed("/evidence/deliveries?party=UKR"),
    "/evidence/received": _fixed("/evidence/received?party=UKR"),
    "/evidence/verification": _fixed("/evidence/verification"),
    "/evidence/verification/progress": _fixed("/evidence/verification/progress"),
    "/evidence/archive": _fixed("/evidence/archive"),
    "/backlog": _fixed("/backlog"),
    "/backlog/{pause}": lambda world: f"/backlog/{world.pauses['intelligence']}",
    "/readers": _fixed("/readers"),
    "/readers/{account}": _fixed("/readers/kyiv"),
    "/agreements/{agreement}/redeliver": _fixed("/agreements/usa-ukr/redeliver"),
}
"""By the path of the route."""

FRAGMENTS = frozenset(
    {
        "/flows", "/holding", "/evidence/latest", "/evidence/verification/progress", "/evidence/leaves/{leaf}/proof",
        "/evidence/received", "/evidence/archive", "/cases/{case}/export", "/cases/{case}/brief/file", "/brief/file",
        "/items/{item}/stix", "/case-schema",
    }
)  # fmt: skip
"""Parts of pages, and files to be saved, which nobody looks at by themselves."""

ADMINISTRATORS = frozenset(
    {
        "/admin/parties/new", "/admin/accounts/new", "/admin/topics", "/admin/purge", "/admin/settings",
        "/admin/health",
    }
)  # fmt: skip
"""Pages for whoever administers the node, and in part for its auditors: an officer is told that they are not for it."""
