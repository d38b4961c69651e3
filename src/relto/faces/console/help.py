"""Help in place, in the words of the manual: what a page is about, and which page of the manual says more.

A test holds each text against its page, where it stands word for word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Help(NamedTuple):
    """`page`: of the manual, from `docs`."""

    text: str
    page: str


_AGREEMENTS: Final = Help(
    "An agreement is one party's standing decision to share a defined scope with others.", "concepts/agreements.md"
)
_PAUSES: Final = Help(
    "Freeze (unless said) holds what is new, and leaves what was released readable. Cut also closes what was released, "
    "while it lasts.",
    "concepts/pauses.md",
)
_RESUMES: Final = Help(
    "Statements resume nothing. That a condition is met lets nothing flow by itself: to resume is an act.",
    "concepts/pauses.md",
)
_ACTS: Final = Help(
    "Whatever changes policy is an act: who asked for it, for which party, by which authority, how they came in, why, "
    "and the whole before and after.",
    "concepts/acts.md",
)
_NOTICES: Final = Help(
    "Whom an act concerns is told: in an inbox that the party's accounts read, by webhook, and by mail.",
    "guides/notices.md",
)

HELP: Final[Mapping[str, Help]] = {
    "overview.html": Help(
        "Parties are places, agreements the lines between them: the thicker, the more was released.",
        "guides/console.md",
    ),
    "received.html": Help(
        "Whoever receives sees its own side only: what it receives, its notices, what was recalled.",
        "guides/console.md",
    ),
    "agreements.html": _AGREEMENTS,
    "agreement.html": _AGREEMENTS,
    "agreement-form.html": _AGREEMENTS,
    "agreement-end.html": _AGREEMENTS,
    "pauses.html": _PAUSES,
    "pause.html": _RESUMES,
    "pause-form.html": _PAUSES,
    "resume.html": _RESUMES,
    "acts.html": _ACTS,
    "act.html": Help(
        "Never by who asked, never twice by one account. The last approval that is needed carries the act out in the "
        "same transaction; if that cannot be, the approval is not recorded either.",
        "concepts/acts.md",
    ),
    "question.html": Help(
        "Nothing has happened until that is answered; whoever leaves the page has done nothing, and whoever answers "
        "twice has done it once.",
        "guides/console.md",
    ),
    "inbox.html": _NOTICES,
}
"""By template."""
