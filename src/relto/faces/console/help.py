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
_CASES: Final = Help(
    "A pause is there to move somebody. What leaders said, which talks were held by whom and where, what was proposed "
    "and agreed and who reacted how decides when sharing resumes. A case keeps that record beside the flow it "
    "explains.",
    "guides/cases.md",
)
_OPENING: Final = Help(
    "Its marking says how widely it may be known of. Without one it is amber+strict and goes nowhere. No entry is "
    "less strict than its case; an entry may be stricter.",
    "guides/cases.md",
)
_ENTRIES: Final = Help(
    "What contradicts each other stands, both of it, with its sources: which of them is right is for people to say.",
    "guides/cases.md",
)
_READING: Final = Help("What is accepted enters as reported, with the article as its source.", "guides/cases.md")

_GIVING: Final = Help(
    "Whoever gives sees what it gave by day, and may paste objects: before they are taken in, the page says how many "
    "are new, known and refused.",
    "guides/console.md",
)
_ACCOUNTS: Final = Help(
    "Give each client an account of its own, since the node knows by the account what a client has; and each person "
    "one, since the record names who acted.",
    "guides/accounts.md",
)
_GROUPS: Final = Help(
    "Groups have members with dates. Who joins gets what the group's agreements grant, with their history where they "
    "say history: all; who leaves loses it, at once.",
    "concepts/agreements.md",
)
_TOPICS: Final = Help(
    "Topics stand in topics.yaml of the node. They are put on an object by its labels, type, kill chain phases "
    "or indicator types.",
    "concepts/agreements.md",
)
_PURGES: Final = Help(
    "What stays: numbers, digests, ids, versions and classes, who received what, and marking definitions, by which it "
    "is decided who may receive the rest. A pause that holds something, or a review, keeps it.",
    "guides/run-a-node.md",
)
_SETTINGS: Final = Help(
    "The later source wins: the default, relto.toml in the data folder, the variable, the command's argument.",
    "reference/settings.md",
)
_ROLES: Final = Help(
    "Administration is for those in office; what the node itself is made of is for its administrators, and its "
    "auditors see most of it.",
    "guides/console.md",
)
_WATCHING: Final = Help(
    "What the node finds wrong with itself comes with a code and with what helps.", "guides/run-a-node.md"
)
_EVIDENCE: Final = Help(
    "Whoever remembers a checkpoint finds out when the log no longer continues it.", "concepts/evidence.md"
)
_GIVEN: Final = Help(
    "Each page names its items. It is held against its stream at that place of the log: nothing that was held or cut, "
    "nothing left out, nothing twice, in order.",
    "concepts/evidence.md",
)
_BACKLOG: Final = Help(
    "What was held is given under new dates, at the end of the stream, or it is dropped, or kept for review: then what "
    "is new flows, and the held is released or dropped bit by bit, by topic or by item.",
    "concepts/pauses.md",
)
_READERS: Final = Help(
    "What a partner's client asked for, what it got, and what it has not been served yet stands on the node. A reader "
    "is an account under one agreement; give each client an account of its own.",
    "guides/readers.md",
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
    "pause-amend.html": Help(
        "What newly falls under it is held from that moment on; what falls under it no more is given, as by a resume.",
        "concepts/pauses.md",
    ),
    "held.html": _PAUSES,
    "resume.html": _RESUMES,
    "acts.html": _ACTS,
    "act.html": Help(
        "An act that waits is approved by other accounts than the one that asked, by each once. The last approval that "
        "is needed carries the act out in the same transaction; if that cannot be, the approval is not recorded "
        "either. What was asked never changes while it waits.",
        "concepts/acts.md",
    ),
    "question.html": Help(
        "Nothing has happened until that is answered; whoever leaves the page has done nothing, and whoever answers "
        "twice has done it once.",
        "guides/console.md",
    ),
    "cases.html": _CASES,
    "case.html": _CASES,
    "case-form.html": _OPENING,
    "case-import.html": _OPENING,
    "entry.html": _ENTRIES,
    "entry-kinds.html": _ENTRIES,
    "entry-form.html": _ENTRIES,
    "entry-file.html": _ENTRIES,
    "read.html": _READING,
    "proposals.html": _READING,
    "outlook.html": Help(
        "It changes nothing: whatever is said about the end of a pause moves the outlook, and only an act moves the "
        "flow.",
        "guides/outlook-and-brief.md",
    ),
    "impact.html": Help(
        "For each agreement and recipient that a pause touches it is counted what it keeps back, how stale what is "
        "left gets, and what came before and since. Nothing of it is an estimate.",
        "guides/impact.md",
    ),
    "brief.html": Help(
        "Every sentence has a note that names what it rests on: an entry with its source and grade, a pause with its "
        "version, a condition, the outlook, or a count.",
        "guides/outlook-and-brief.md",
    ),
    "inbox.html": _NOTICES,
    "recalls.html": _NOTICES,
    "connect.html": Help(
        "For whoever runs a TAXII 2.1 client against a Relto node. Nothing has to be changed in it.",
        "guides/what-your-client-will-see.md",
    ),
    "sending.html": _GIVING,
    "given.html": _GIVING,
    "account.html": _ACCOUNTS,
    "admin/index.html": _ROLES,
    "admin/parties.html": _GROUPS,
    "admin/party.html": _GROUPS,
    "admin/party-form.html": _GROUPS,
    "admin/accounts.html": _ACCOUNTS,
    "admin/account.html": _ACCOUNTS,
    "admin/account-form.html": _ACCOUNTS,
    "admin/notices.html": _NOTICES,
    "admin/topics.html": _TOPICS,
    "admin/purge.html": _PURGES,
    "admin/settings.html": _SETTINGS,
    "admin/health.html": _WATCHING,
    "evidence.html": _EVIDENCE,
    "leaves.html": _EVIDENCE,
    "leaf.html": _EVIDENCE,
    "deliveries.html": _GIVEN,
    "evidence-own.html": Help(
        "Each delivery says to which party it was, so those of somebody else do not pass for them, and names the one "
        "before it, so the node cannot show some and keep back others that came before.",
        "concepts/evidence.md",
    ),
    "verification.html": Help(
        "The node may be served meanwhile: all of it is checked as it was at one moment, which one read block holds "
        "until the end.",
        "guides/audit.md",
    ),
    "backlogs.html": _BACKLOG,
    "backlog.html": _BACKLOG,
    "readers.html": _READERS,
    "reader.html": _READERS,
    "redeliver.html": Help(
        "It comes to the cursor that a client has: nothing has to be changed or reset there. Nothing comes with it "
        "that is held or cut.",
        "guides/readers.md",
    ),
    "items.html": Help(
        "Words are found whole and without regard to case. An address, a hash or a CVE-2024-3094 is one word; an "
        "address is found by each domain that it lies in as well.",
        "guides/items.md",
    ),
    "item.html": Help(
        "Withhold keeps back what was not released yet; recall closes what was, and says so to who has it; release "
        "lets it through any pause, or takes either back.",
        "guides/items.md",
    ),
}
"""By template."""
