"""Offers in prose: proposals of truces, plans and exchanges, and what others answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import phrase_list, word_set

_OFFERING: Final = word_set(
    "propose proposed proposes proposing offered offers offering floated floats tabled tables suggested suggests "
    "unveiled presented outlined pitched proposal called put drafted"
)
_PLANS: Final = word_set(
    "truce truces ceasefire cease-fire plan halt pause exchange swap corridor moratorium framework subgroup group "
    "mission force scheme arrangement roadmap mechanism formula freeze zone audit panel commission proposal release "
    "cessation armistice suspension channel hotline inspection inspections monitoring timetable compromise quota "
    "quotas initiative programme registry register clearing-house body draft text deadline fund"
)
_SCOPE: Final = {
    word: scope
    for scope, listed in (
        ("air", "air sky skies aerial"),
        ("sea", "sea maritime naval"),
        ("land", "land ground"),
        ("prisoners", "prisoners prisoner detainees"),
        ("drones", "drone drones"),
        ("missiles", "missile missiles"),
    )
    for word in listed.split()
} | {
    word: word
    for word in word_set(
        "energy infrastructure ports hostages imagery indicators fisheries humanitarian grain hospitals malware"
    )
}
_AGREED: Final = (
    (
        "accepted-with-conditions",
        phrase_list(
            "accepted with conditions|conditionally accepted|agreed with conditions|accepted in part|with reservations|"
            "accepted on condition"
        ),
    ),
    (
        "accepted",
        phrase_list(
            "accepted|agreed to accept|agreed to the|agreed to a|agreed to an|endorsed|signed up to|"
            "ready to accept|accepts"
        ),
    ),
)
_ALIKE: Final = phrase_list("does the same|do the same|reciprocate|reciprocates|reciprocal|in kind|if the other side")


def proposals_in(report: Report) -> Iterator[Proposal]:
    """What somebody proposes that others should do, or accept."""
    answered = list(_answered(report))
    yield from answered
    if answered:
        return
    for place in report.places_of(_OFFERING):
        found = _proposal(report, place)
        if found is not None:
            yield found
            return


def _proposal(report: Report, place: int) -> Proposal | None:
    word, before = report.lower[place], report.lower[place - 1] if place else ""
    if report.is_negated(place) or before in {"no", "never"}:
        return None
    if word in {"called", "put"}:
        after = report.lower[place + 1 : place + 2]
        if after not in {("for",), ("forward",)}:
            return None
        start, end = report.object_span(place + 1)
    elif word == "proposal":
        return _by_noun(report, place)
    elif report.is_passive(place):
        start, end = _before(report, place)
    else:
        start, end = report.object_span(place)
    if before in {"the", "a", "an", "its", "their", "this"} and word == "proposed":
        return None
    what = report.lower[start : min(end, start + 14)]
    plan = next((at for at, each in enumerate(what) if each in _PLANS), None)
    clause = (
        word in {"proposed", "proposes", "proposing"}
        and bool(what)
        and (what[0] in {"that", "to"} or what[0].endswith("ing"))
    )
    if plan is None and not clause and not (word == "proposed" and report.is_passive(place)):
        return None
    if plan is not None and plan > 7 and not clause and not report.is_passive(place):
        return None
    by = report.doer(place)
    if by is None and not report.is_passive(place):
        return None
    subject = report.text(start, end)
    return _built(report, place, subject, by, "proposed", "proposal:verb")


def _before(report: Report, place: int) -> tuple[int, int]:
    """What stands before a passive verb, less what belongs to the verb."""
    end = place
    while end > 0 and report.lower[end - 1] in word_set("is was are were been being has have had be"):
        end -= 1
    return max(0, end - 14), end


def _by_noun(report: Report, place: int) -> Proposal | None:
    """`Zelenskyy's proposal for a truce`, `a US proposal to …`."""
    after = report.lower[place + 1 : place + 2]
    if after not in {("for",), ("to",), ("that",), ("of",)}:
        return None
    start, end = report.object_span(place + 1)
    if not set(report.lower[start : start + 12]) & _PLANS and after != ("to",):
        return None
    by: Who | None = None
    for mention in report.mentions:
        if mention.end in {place, place - 1}:
            by = Who(party=mention.party)
    for name in report.names:
        if name.end == place and report.tokens[place - 1].is_possessive:
            by = report.scene.person(name.text)
    if by is None and place and report.lower[place - 1] in {"his", "her"}:
        by = report.scene.pronoun("he" if report.lower[place - 1] == "his" else "she", report.sentence.paragraph)
    if by is None:
        return None
    return _built(report, place, report.text(start, end), by, "proposed", "proposal:noun")


def _answered(report: Report) -> Iterator[Proposal]:
    """`Ukraine accepted a US proposal for a 30-day ceasefire`: a proposal, by whoever made it, and its answer."""
    for status, signs in _AGREED:
        for phrase in signs:
            at = f" {report.line} ".find(f" {phrase} ")
            if at < 0:
                continue
            verb = report.line[: at + 1].count(" ") - 1
            verb = max(0, min(verb, len(report.lower) - 1))
            if report.is_negated(verb) or report.is_doubtful(verb):
                continue
            last = verb + phrase.count(" ")
            start, end = report.object_span(last)
            what = set(report.lower[start : start + 10])
            if not what & word_set("ceasefire truce proposal plan cease-fire moratorium exchange swap halt"):
                continue
            by = [each for each in report.mentions if start <= each.start < end]
            doer = report.doer(verb)
            maker = Who(party=by[0].party) if by else None
            to = (doer.party,) if doer is not None and doer.party else ()
            yield _built(report, verb, report.text(start, end), maker, status, "proposal:answered", to=to)
            return


def _built(
    report: Report, place: int, subject: str, by: Who | None, status: str, rule: str, *, to: tuple[str, ...] = ()
) -> Proposal:
    scope = tuple(dict.fromkeys(_SCOPE[word] for word in report.lower if word in _SCOPE))
    terms = ""
    if report.has(*_ALIKE):
        terms = "if the other side does the same"
    return Proposal(
        "proposal",
        report.sentence.text,
        report.sentence.paragraph,
        date=report.dated(place),
        is_dated=bool(report.dated(place)),
        parties=report.parties,
        by=(by,) if by is not None else (),
        to=to,
        scope=scope,
        subject=subject,
        terms=terms,
        status=status,
        rule=rule,
    )
