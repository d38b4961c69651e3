"""Conditions in prose: what has to come about before something that is paused goes on.

What speakers say counts as what the reporter writes: a condition mostly stands between quotation marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import word_set

_MARKERS: Final = (
    (("only", "if"), "firm"), (("only", "after"), "firm"), (("only", "once"), "firm"), (("only", "when"), "firm"),
    (("provided", "that"), "firm"), (("on", "condition", "that"), "firm"), (("on", "the", "condition", "that"), "firm"),
    (("not", "until"), "firm"), (("as", "long", "as"), "likely"), (("conditional", "on"), "firm"), (("contingent", "on"), "firm"),
    (("hinges", "on"), "firm"), (("hinge", "on"), "firm"), (("depends", "on"), "likely"), (("depend", "on"), "likely"),
    (("in", "return", "for"), "likely"), (("in", "exchange", "for"), "likely"), (("until",), "likely"), (("unless",), "likely"),
    (("once",), "weak"), (("provided",), "likely"), (("before", "any"), "weak"), (("if",), "weak"),
)  # fmt: skip
_FIRST: Final = frozenset(marker[0] for marker, _ in _MARKERS)
_HELD: Final = word_set(
    "lift lifted resume resumed resumption restore restored end ended restart reopen reopened share shared sharing "
    "flow remain remains stay continue pause suspended suspension suspend withhold withheld aid return returned "
    "unfreeze restrictions sanctions truce ceasefire accept sign access exchange lifting resuming agree agreed reopening rejoin"
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
    for marker, sure in _MARKERS:
        for place in (at for at in spots.get(marker[0], ()) if lower[at : at + len(marker)] == marker):
            start = place + len(marker)
            end = _clause_end(report, start)
            before = set(lower[max(0, place - 16) : place]) | (set(lower[end : end + 14]) if place < 2 else set())
            if not before & _HELD or not (before & _MODAL or "only" in marker):
                continue
            if sure == "weak" and not before & {"would", "will", "could", "not", "must"}:
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
                sure="firm" if sure == "firm" else "likely",
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
