"""Reading: an article in, proposals out. Pure, total, and in time that grows with the article's length alone.

Nothing in an article is an instruction: it is text, and what is proposed of it quotes it.

>>> from relto.domain.article.article import Article
>>> from relto.domain.article.known import Known, KnownParty, KnownPerson
>>> president = KnownPerson("zelenskyy", "Volodymyr Zelenskyy", party="UKR", roles=("president",))
>>> known = Known((president,), (KnownParty("UKR", "Ukraine"),))
>>> text = "“We are ready for a truce in the sky,” Ukrainian President Volodymyr Zelensky said on Tuesday."
>>> (found,) = propose(Article("Truce", (text,), date=date(2025, 3, 5)), known)
>>> found.words, found.speaker.key, found.date
('We are ready for a truce in the sky', 'zelenskyy', '2025-03-04')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from relto.domain.article.article import Article
from relto.domain.article.conditions import conditions_in
from relto.domain.article.deals import deals_in
from relto.domain.article.impacts import impacts_in
from relto.domain.article.known import Known, Who
from relto.domain.article.measures import measures_in, told_measures_in
from relto.domain.article.meetings import joined, talks_in
from relto.domain.article.offers import proposals_in
from relto.domain.article.proposed import Proposal
from relto.domain.article.quotation import quotations_of
from relto.domain.article.reactions import reactions_in
from relto.domain.article.report import Report
from relto.domain.article.roles import TITLES
from relto.domain.article.scene import Scene, scene_of
from relto.domain.article.sentence import sentences_of
from relto.domain.article.shifts import shifts_in
from relto.domain.article.statements import Listener
from relto.domain.article.token import tokens_of
from relto.domain.article.transcript import Turn, turns_of

PROPOSALS_MAX: Final = 2_000
"""Proposals of one article: more than anybody reviews."""

_STOPS: Final = (".", "!", "?", "”", '"', "’")

_RULES: Final = (
    proposals_in,
    deals_in,
    reactions_in,
    measures_in,
    told_measures_in,
    conditions_in,
    impacts_in,
    shifts_in,
)


def propose(article: Article, known: Known) -> tuple[Proposal, ...]:
    """The entries that an article gives rise to, in the order in which they stand in it; at most `PROPOSALS_MAX`."""
    paragraphs = article.paragraphs
    turns = turns_of(paragraphs)
    if turns:
        return _finished(_from_turns(turns, paragraphs, known, article.date), article, known)
    quotations = quotations_of(paragraphs)
    sentences = [
        sentence
        for number, text in enumerate(paragraphs)
        for sentence in sentences_of(text, number, quotations[number])
    ]
    quoted = [tokens_of(paragraphs[each.paragraph][each.start : each.end]) for row in quotations for each in row]
    scene = scene_of(sentences, quoted, known, article.date)
    listener = Listener(scene, quotations)
    events: list[Proposal] = []
    talks: list[Proposal] = []
    for sentence in sentences:
        said, sayings = listener.hear(sentence)
        report = Report(sentence, scene, sayings, said[-1].speaker if said else None)
        if not report.is_long:
            events += _events_of(report)
            talks += talks_in(report)
        if len(events) > PROPOSALS_MAX:
            break
    return _finished([*listener.heard(), *_distinct(events), *joined(talks)], article, known)


def _events_of(report: Report) -> list[Proposal]:
    found = [each for rule in _RULES for each in rule(report)]
    for each in found:
        if each.kind == "measure" and each.by and each.by[0].party:
            report.scene.actor = each.by[0].party
    return found


def _from_turns(turns: Sequence[Turn], paragraphs: Sequence[str], known: Known, on: date | None) -> list[Proposal]:
    """Each turn of a transcript that is no question is a statement."""
    sentences = [each for turn in turns for each in sentences_of(turn.speaker.title(), turn.paragraph, ())]
    rest = [tokens_of(text) for text in paragraphs[: turns[0].paragraph + 1]]
    scene = scene_of(sentences, rest, known, on)
    found: list[Proposal] = []
    for turn in turns:
        if turn.asks:
            continue
        found.append(
            Proposal(
                "statement",
                paragraphs[turn.paragraph],
                turn.paragraph,
                speaker=_turn_speaker(turn, scene),
                pieces=(turn.words,),
                rule="transcript:turn",
                sure="firm",
            )
        )
    return found


def _turn_speaker(turn: Turn, scene: Scene) -> Who:
    tokens = tokens_of(turn.speaker.title())
    names = scene.names_in(tokens)
    if names:
        return scene.person(names[-1].text)
    if not tokens:
        return Who(name=turn.speaker)
    while len(tokens) > 1 and (tokens[0].lower in TITLES or tokens[0].text == "."):
        tokens = tokens[1:]
    name = " ".join(token.text for token in tokens if token.text != ".")
    return scene.cast.person(tokens[-1].base) or Who(name=name)


def _distinct(found: Sequence[Proposal]) -> list[Proposal]:
    """What is told several times is proposed once: where it is told first, with the date that is given later."""
    kept: dict[tuple[str, ...], Proposal] = {}
    for each in found:
        by = (each.by[0].party or each.by[0].label) if each.by else ""
        key = _key(each, by)
        before = kept.get(key)
        if before is None:
            kept[key] = each
        elif not before.text.endswith(_STOPS) and each.text.endswith(_STOPS):
            # What a heading says is told again below, and better.
            kept[key] = each
        elif each.date and not before.date:
            kept[key] = replace(before, date=each.date, is_dated=True)
    return list(kept.values())


def _key(found: Proposal, by: str) -> tuple[str, ...]:
    """What two proposals of the same event have in common."""
    match found.kind:
        case "measure":
            return (found.kind, found.does, by)
        case "deal":
            return (found.kind, found.status, " ".join(found.subject.lower().split()[-1:]))
        case "reaction":
            return (found.kind, found.by[0].label, found.stance)
        case "proposal":
            return (found.kind, by, *found.scope) if found.scope else (found.kind, found.subject)
        case _:
            return (found.kind, found.text)


def _finished(found: Sequence[Proposal], article: Article, known: Known) -> tuple[Proposal, ...]:
    """In order, dated by the article where nothing else is said, with those named who are not known."""
    codes = {party.code for party in known.parties}
    on = article.date.isoformat() if article.date is not None else ""
    ready = []
    for each in sorted(found, key=lambda one: one.paragraph)[:PROPOSALS_MAX]:
        people = [who for who in (each.speaker, *each.by, *each.hosts) if who is not None]
        parties = tuple(dict.fromkeys([*each.parties, *(who.party for who in people if who.party)]))
        strangers = [who.name for who in people if who.name and not who.key]
        unknown = tuple(dict.fromkeys([*(party for party in parties if party not in codes), *strangers]))
        ready.append(replace(each, date=each.date or on, parties=parties, unknown=unknown))
    return tuple(ready)
