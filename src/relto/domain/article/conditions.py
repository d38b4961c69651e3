"""Conditions in prose: what has to come about before something that is paused goes on.

What speakers say counts as what the reporter writes: a condition mostly stands between quotation marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import phrase_list, word_set

_FIRM: Final = phrase_list(
    "only if|only after|only once|only when|provided that|on condition that|on the condition that|not until|"
    "conditional on|contingent on|hinges on|hinge on"
)
_LIKELY: Final = phrase_list("as long as|depends on|depend on|in return for|in exchange for|until|unless|provided")
_WEAK: Final = phrase_list("once|before any|if")
_MARKERS: Final = tuple(tuple(phrase.split()) for phrase in (*_FIRM, *_LIKELY, *_WEAK))
"""What a condition begins with, the surest first."""

_FIRST: Final = frozenset(marker[0] for marker in _MARKERS)
_HELD: Final = word_set(
    "lift lifted resume resumed resumption restore restored end ended restart reopen reopened share shared sharing "
    "flow remain remains stay continue pause suspended suspension suspend withhold withheld aid return returned "
    "unfreeze restrictions sanctions truce ceasefire accept sign access exchange lifting resuming agree agreed "
    "reopening rejoin"
)
_MODAL: Final = word_set(
    "would will could can only not no must cannot remain remains stay until unless should may won't"
)


def conditions_in(report: Report) -> Iterator[Proposal]:
    """What has to come about before something that is paused goes on."""
    sayer = report.sayer
    report = report.flat
    lower = report.lower
    spots: dict[str, list[int]] = {}
    for place, word in enumerate(lower):
        if word in _FIRST:
            spots.setdefault(word, []).append(place)
    for marker in _MARKERS:
        name = " ".join(marker)
        for place in (at for at in spots.get(marker[0], ()) if lower[at : at + len(marker)] == marker):
            start = place + len(marker)
            end = _clause_end(report, start)
            before = set(lower[max(0, place - 16) : place]) | (set(lower[end : end + 14]) if place < 2 else set())
            if not before & _HELD or not (before & _MODAL or "only" in marker):
                continue
            if name in _WEAK and not before & {"would", "will", "could", "not", "must"}:
                continue
            if marker == ("if",) and ("even" in lower[place - 1 : place] or "what" in lower[place - 1 : place]):
                continue
            if marker in {("until",), ("once",), ("if",), ("unless",)} and end - start < 3:
                continue
            if marker == ("until",) and any(each.start in {start, start + 1} for each in report.dates):
                continue
            by = sayer or report.subject
            yield Proposal(
                "condition",
                report.sentence.text,
                report.sentence.paragraph,
                date=report.dates[0].value if report.dates else "",
                is_dated=bool(report.dates),
                parties=report.parties,
                by=(by,) if by is not None else (),
                asks=report.text(start, end),
                state="unmet",
                rule="condition:" + "-".join(marker),
                sure="firm" if name in _FIRM else "likely",
            )
            return


def _clause_end(report: Report, start: int) -> int:
    end = start
    while end < len(report.tokens) and end - start < 40:
        token = report.tokens[end]
        if token.text in {".", ";", ":"} or token.is_dash:
            break
        if token.text == "," and end - start > 2:
            break
        end += 1
    return end
