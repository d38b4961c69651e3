"""Meetings in prose: talks that are proposed, announced, held or called off; where and when, and who comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import MAXYEAR, timedelta
from typing import Final

from relto.domain.article.dates import COUNTS, DateMention
from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.verbs import FUTURE
from relto.domain.article.words import phrase_list, word_set

_NOUNS: Final = word_set(
    "talks meeting meetings summit negotiations round conference dialogue consultations discussions session"
)
_VERBS: Final = word_set(
    "meet met meets meeting hosted host hosts hosting convene convened negotiate sit sat gather gathered"
)
_CALLED_OFF: Final = phrase_list(
    "called off|cancelled|canceled|postponed|scrapped|shelved|put off|will not meet|will not take place|"
    "adjourned indefinitely|pulled out of"
)  # fmt: skip
_HELD: Final = word_set(
    "met held took ended concluded began opened lasted hosted broke wrapped resumed convened gathered closed sat "
    "emerged started finished were was begun"
)
_PROPOSED: Final = phrase_list(
    "proposed talks|offered to host|proposed a meeting|suggested talks|invited|offered talks|called for talks|"
    "proposed a summit|proposed hosting|urged talks|call for talks|proposed to meet|willing to host|ready to host|"
    "called for a summit|called for an emergency meeting"
)  # fmt: skip
_ANNOUNCED: Final = word_set(
    "will to expected due set scheduled planned planning plans upcoming ahead agreed would are is next"
)
_EARLIER: Final = word_set("since after because although while")
NEAR_MAX: Final = 16
"""So many words off, a place or a date is still that of the talks."""

_OUTCOMES: Final = phrase_list(
    "without agreement|without a deal|without result|without a breakthrough|no breakthrough|in deadlock|"
    "without a joint statement"
)  # fmt: skip


def talks_in(report: Report) -> Iterator[Proposal]:
    """Talks, where a sentence says of them when or where they are, and among whom."""
    at = _talks_at(report)
    if at is None:
        return
    state = _state(report, at)
    if not state:
        return
    place = _place(report, at)
    date = _date(report, at, state)
    hosts = _hosts(report)
    delegations = _delegations(report)
    if at and report.lower[at - 1] in {"for", "no"} and not place:
        return
    if not place and not date and state != "called-off":
        return
    if not delegations and not hosts and not (place and date):
        return
    if not place and not report.has("talks", "meet", "meeting", "met", "summit", "negotiations", "consultations"):
        return
    outcome = next((phrase for phrase in _OUTCOMES if report.has(phrase)), "")
    yield Proposal(
        "talks",
        report.sentence.text,
        report.sentence.paragraph,
        date=date,
        is_dated=bool(date),
        place=place,
        parties=report.parties,
        delegations=delegations,
        hosts=hosts,
        state=state,
        outcome=outcome,
        subject=report.sentence.text,
        rule="talks:" + ("noun" if report.lower[at] in _NOUNS else "verb"),
    )


def _talks_at(report: Report) -> int | None:
    for place, word in enumerate(report.lower):
        if word in _NOUNS and word not in {"round", "session", "conference"}:
            if word == "meeting" and place and report.lower[place - 1] in {"cabinet", "board", "after", "before"}:
                continue
            return place
        if word in _VERBS and word != "meeting":
            if word in {"meet", "meets", "met"} and not _meets_somebody(report, place):
                continue
            return place
        if word == "round" and "of" in report.lower[place + 1 : place + 2]:
            return place
    return None


def _meets_somebody(report: Report, verb: int) -> bool:
    """`met the conditions` is no meeting."""
    start, end = report.object_span(verb)
    after = report.lower[verb + 1] if verb + 1 < len(report.lower) else ""
    if after in word_set("in at on with again for their counterparts officials face-to-face next") or after in FUTURE:
        return True
    if any(start <= each.start < end for each in report.mentions) or any(
        start <= each.start < end for each in report.names
    ):
        return True
    return any(word in word_set(
        "delegation counterpart counterparts officials president minister envoys crown"
    )
               for word in report.lower[start:end])  # fmt: skip


def _state(report: Report, at: int) -> str:
    if report.has(*_CALLED_OFF):
        return "called-off"
    if report.has(*_PROPOSED):
        return "proposed"
    near = report.lower[max(0, at - 12) : at + 14]
    word = report.lower[at]
    if word in {"met", "hosted", "sat", "gathered", "convened"}:
        return "held"
    if {"after", "hours", "during", "following"} & set(report.lower[max(0, at - 6) : at]) and report.lower[
        at
    ] in _NOUNS:
        return "held"
    ahead = word_set("will expected due set scheduled planned upcoming ahead") & set(near)
    if (
        ahead
        or "are to" in report.line
        or "is to" in report.line
        or "agreed to" in report.line
        or "to be held" in report.line
    ):
        return "announced"
    if _HELD & set(near):
        return "held"
    return "announced" if _ANNOUNCED & set(near) else ""


def _place(report: Report, at: int) -> str:
    near = [each for each in report.places if _is_near(report, at, each.start)]
    if not near:
        return _town(report, at) or _venue(report)
    return min(near, key=lambda each: (each.start < at, abs(each.start - at))).text


def _is_near(report: Report, at: int, place: int) -> bool:
    """Whether something stands near the talks, and nobody says something in between."""
    between = range(min(at, place), max(at, place))
    return len(between) < NEAR_MAX and not any(each.verb in between for each in report.sayings)


def _town(report: Report, at: int) -> str:
    """A capital that somebody is sent to: `teams to Doha on Thursday for talks`."""
    for mention in report.mentions_of_places:
        if _is_near(report, at, mention.start):
            return " ".join(token.base for token in report.tokens[mention.start : mention.end])
    return ""


def _venue(report: Report) -> str:
    """`Saudi Arabia will host`: the host's land."""
    for place in report.places_of({"host", "hosts", "hosted", "hosting"}):
        before = [each for each in report.mentions if each.end <= place and each.form == "name"]
        if before:
            return " ".join(token.base for token in report.tokens[before[-1].start : before[-1].end])
    return ""


def _date(report: Report, at: int, state: str) -> str:
    """The date beside the talks rather than beside whoever tells of them."""
    ahead = _days_before(report, at)
    if ahead:
        return ahead
    said = [saying.verb for saying in report.sayings if saying.verb != at]
    free = [each for each in report.dates if _is_free(report, at, each, said)]
    if not free:
        return report.dated(at) if not said or state == "held" else ""
    return min(free, key=lambda each: (each.start < at, abs(each.start - at))).value


def _is_free(report: Report, at: int, date: DateMention, said: Sequence[int]) -> bool:
    """Whether a date stands near the talks, and is not that of what was said of them, or of what came before them."""
    if not _is_near(report, at, date.start) or _EARLIER.intersection(report.lower[at + 1 : date.start]):
        return False
    return not any(verb < date.start <= verb + 3 or date.end + 1 >= verb > date.start for verb in said)


def _days_before(report: Report, at: int) -> str:
    """`two days before envoys are due to meet`: counted from the article's own day."""
    on = report.scene.on
    for place in range(max(0, at - 12), at - 1):
        if (
            report.lower[place] in {"day", "days"}
            and report.lower[place + 1] in {"before", "ahead"}
            and place
            and on is not None
        ):
            count = COUNTS.get(report.lower[place - 1], 0)
            if count and on.year < MAXYEAR:
                return (on + timedelta(days=count)).isoformat()
    return ""


def _hosts(report: Report) -> tuple[Who, ...]:
    for place in report.places_of({"host", "hosts", "hosted", "hosting", "mediated", "brokered"}):
        who = report.doer(place)
        if who is not None:
            return (who,)
    return ()


def _delegations(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parties in a sentence, less where it is; with those of their people whom it names."""
    places = {each.start for each in report.places}
    found: dict[str, list[str]] = {}
    for mention in report.mentions:
        if mention.start in places or (mention.is_town and mention.start - 1 in places):
            continue
        if any(each.start <= mention.start < each.end for each in report.places):
            continue
        found.setdefault(mention.party, [])
    for name in report.names:
        who = report.scene.person(name.text)
        if who.party:
            found.setdefault(who.party, []).append(who.key or who.name)
    return tuple((party, tuple(dict.fromkeys(names))) for party, names in found.items())


def merged(first: Proposal, second: Proposal) -> Proposal | None:
    """Both as one, where they may be the same talks; None where they are not."""
    if first.state != second.state and {first.state, second.state} != {"announced", "proposed"}:
        return None
    if first.date and second.date and first.date != second.date:
        return None
    if first.place and second.place and not _same_place(first.place, second.place):
        return None
    if not (first.date and first.date == second.date) and not (first.place and second.place):
        return None
    parties: dict[str, tuple[str, ...]] = dict(first.delegations)
    for party, names in second.delegations:
        parties[party] = tuple(dict.fromkeys((*parties.get(party, ()), *names)))
    return replace(
        first,
        date=first.date or second.date,
        is_dated=first.is_dated or second.is_dated,
        place=max(first.place, second.place, key=len),
        parties=tuple(dict.fromkeys((*first.parties, *second.parties))),
        delegations=tuple(parties.items()),
        hosts=first.hosts or second.hosts,
        outcome=first.outcome or second.outcome,
    )


def _same_place(first: str, second: str) -> bool:
    one, other = (set(text.replace(",", "").split()) for text in (first, second))
    return bool(one & other)


def joined(found: Sequence[Proposal]) -> list[Proposal]:
    """Talks that are spoken of several times are proposed once."""
    kept: list[Proposal] = []
    for each in found:
        for place, before in enumerate(kept):
            both = merged(before, each)
            if both is not None:
                kept[place] = both
                break
        else:
            kept.append(each)
    return kept
