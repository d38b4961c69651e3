"""Reading: what a press article proposes for the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.errors import BadInput
from relto.domain.written import shown
from relto.faces.verbs.caller import Caller
from relto.usecases.cases.reading import dated, read_article, require_case

if TYPE_CHECKING:
    from relto.domain.article import Article
    from relto.usecases.cases.reading import Proposed, Read


def read(caller: Caller, *, files: Sequence[str], case: str = "", url: str = "", date: str = "") -> dict[str, Any]:
    """Read one article (text or HTML, in `files`), and propose entries for a case. It changes nothing.

    `url`: where it stands, for the record; nothing is fetched. `date`: the day on which it appeared, where it does not
    say.
    """
    if len(files) != 1:
        raise BadInput("usage", f"`files` holds {len(files)} articles, and has to hold one")
    if url and not url.startswith(("http://", "https://")):
        raise BadInput("article-url", f"{shown(url)} is no address of a page", remedy="write https://…")
    if case:
        # An article may take seconds to read: not for whom there is no such case.
        require_case(caller.node, caller.desk, case, by=caller.by)
    article = caller.opened.press().read(files[0].encode(), name="the article", url=url)
    if date:
        article = dated(article, date)
    return read_document(read_article(caller.node, caller.desk, article, by=caller.by, case=case), case=case)


def read_document(found: Read, *, case: str = "") -> dict[str, Any]:
    """What an article proposes."""
    return {
        "article": _article(found.article),
        "case": case or None,
        "entries": [_entry(number, each) for number, each in enumerate(found.proposals, start=1)],
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "author": article.author or None,
        "site": article.site or None,
        "date": article.date.isoformat() if article.date else None,
        "url": article.url or None,
        "paragraphs": len(article.paragraphs),
    }


def _entry(number: int, each: Proposed) -> dict[str, Any]:
    proposal = each.proposal
    who = proposal.who
    return {
        "number": number,
        "kind": proposal.kind,
        "date": each.entry.get("date"),
        "speaker": None if who is None else who.label,
        "role": (who.role or None) if who is not None else None,
        "words": proposal.words or None,
        "place": proposal.place or None,
        "parties": list(proposal.parties),
        "unknown": list(proposal.unknown),
        "text": proposal.text,
        "paragraph": proposal.paragraph,
        "rule": proposal.rule,
        "sure": proposal.sure,
        "entry": dict(each.entry),
        "problem": None
        if each.problem is None
        else {"code": each.problem.code, "message": each.problem.message, "remedy": each.problem.remedy},
        "there": each.there or None,
        "clashes": [{"entry": key, "why": why} for key, why in each.clashes],
    }
