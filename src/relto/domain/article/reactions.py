"""Reactions in prose: how a party, or somebody of it, takes to what others do: from opposition to support."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import phrase_list, word_set

_OPPOSING: Final = word_set(
    "condemned condemns condemning rejected rejects rejecting denounced denounces denouncing opposed opposes "
    "opposing dismissed dismisses decried deplored deplores"
)
_CRITICAL: Final = word_set(
    "criticised criticized criticises criticizes criticising criticizing slammed blasted lamented deprecated "
    "questioned attacked regretted rebuked chided lambasted faulted assailed regrets laments protested"
)
_WELCOMING: Final = word_set(
    "welcomed welcomes welcoming hailed hails hailing praised praises praising applauded applauds lauded cheered"
)
_SUPPORTING: Final = word_set(
    "backed backs backing endorsed endorses endorsing supported supports defended defends defending"
)
_STANCE: Final = {
    **dict.fromkeys(_OPPOSING, "opposes"),
    **dict.fromkeys(_CRITICAL, "critical"),
    **dict.fromkeys(_WELCOMING, "welcomes"),
    **dict.fromkeys(_SUPPORTING, "supports"),
}
_PHRASES: Final = tuple(
    (tuple(phrase.split()), stance)
    for stance, listed in (
        (
            "opposes",
            phrase_list(
                "reacted angrily|reacted with fury|reacted with anger|expressed outrage|voiced outrage|"
                "came out against|spoke out against|poured scorn|condemnation from|protests from"
            ),
        ),
        (
            "critical",
            phrase_list(
                "expressed concern|voiced concern|expressed alarm|voiced alarm|expressed dismay|voiced dismay|"
                "expressed regret|expressed doubts|voiced doubts|expressed unease|voiced unease|reacted coolly|"
                "reacted with alarm|reacted with dismay|took issue|hit out at|lashed out at|sounded a note of caution|"
                "expressed scepticism|expressed skepticism|poured cold water|criticism from|warned against|"
                "warns against|warned that|warned of|warned"
            ),
        ),
        ("neutral", phrase_list("reacted cautiously|declined to comment|took note")),
        (
            "welcomes",
            phrase_list(
                "cautious welcome|guarded welcome|gave a cautious welcome|cautiously optimistic|"
                "expressed cautious optimism|expressed optimism|expressed hope|reacted with relief|praise from|"
                "applause from"
            ),
        ),
        ("supports", phrase_list("expressed support|voiced support|threw its weight behind|support from")),
    )
    for phrase in listed
)
_BY_FIRST: Final = {
    first: tuple(each for each in _PHRASES if each[0][0] == first) for first in {phrase[0] for phrase, _ in _PHRASES}
}


def reactions_in(report: Report) -> Iterator[Proposal]:
    """How somebody takes to something; one reaction for each who reacts."""
    seen: set[str] = set()
    for place, word in enumerate(report.lower):
        stance = _STANCE.get(word)
        if stance is not None and _is_reaction(report, place):
            end = place
        else:
            phrase = next(
                (each for each in _BY_FIRST.get(word, ()) if report.lower[place : place + len(each[0])] == each[0]),
                None,
            )
            if phrase is None or report.is_negated(place):
                continue
            stance, end = phrase[1], place + len(phrase[0]) - 1
            if phrase[0] == ("warned",) and not _warns(report, place):
                continue
        by = _who(report, place, end)
        if by is None or by.label in seen:
            continue
        seen.add(by.label)
        towards = _towards(report, place, end) or (report.sentence.text if stance == "neutral" else "")
        if not towards:
            continue
        everybody = (*_beside(report, by, place), by)
        seen.update(who.label for who in everybody)
        yield Proposal(
            "reaction",
            report.sentence.text,
            report.sentence.paragraph,
            date=report.dated(place),
            is_dated=bool(report.dated(place)),
            parties=report.parties,
            by=everybody,
            stance=stance,
            towards=towards,
            rule="reaction:verb" if place == end else "reaction:phrase",
        )


def _beside(report: Report, by: Who, place: int) -> list[Who]:
    """Who else does it: `Costa and von der Leyen welcomed`, `France, Germany and Poland condemned`."""
    spots = [(each.title, each.end, report.scene.person(each.text)) for each in report.names]
    spots += [(each.start, each.end, Who(party=each.party)) for each in report.mentions if each.form != "people"]
    spots = sorted((each for each in spots if each[1] <= place), key=lambda each: each[0])
    found: list[Who] = []
    at = next((start for start, _, who in reversed(spots) if who.label == by.label), None)
    while at is not None and at > 0 and report.lower[at - 1] in {"and", ","}:
        before = next(((start, who) for start, end, who in reversed(spots) if end == at - 1), None)
        if before is None or (report.lower[at - 1] == "," and not found):
            break
        found.insert(0, before[1])
        at = before[0]
    return found


def _warns(report: Report, place: int) -> bool:
    after = report.lower[place + 1 : place + 3]
    return bool(after) and after[0] not in {"on", "in", ",", ".", "by"}


def _is_reaction(report: Report, place: int) -> bool:
    before = report.lower[place - 1] if place else ""
    if before in {"the", "a", "an", "to", "its", "their"} or report.is_negated(place):
        return False
    after = report.lower[place + 1] if place + 1 < len(report.lower) else ""
    if after == ":":
        return False
    if report.lower[place] in {"opposed", "backed", "attacked", "supported"} and (
        after in {"to", "by"} or "-" in before
    ):
        return after in {"by", "to"} and report.is_passive(place)
    if report.lower[place] == "attacked":
        return report.has("decision", "plan", "move", "pause", "suspension", "policy")
    return True


def _who(report: Report, place: int, end: int) -> Who | None:
    if report.lower[end] == "from" and end > place:
        return report.agent(end + 1)
    if report.lower[place] == "opposed" and report.is_passive(place) and report.lower[place + 1 : place + 2] == ("to",):
        return report.subject
    by = report.doer(place)
    if by is None and report.lower[place] in {"cautiously", "cautious"}:
        by = report.subject
    return by


def _towards(report: Report, place: int, end: int) -> str:
    if report.is_passive(place) and report.lower[place] in _STANCE:
        start = place
        while start > 0 and place - start < 16 and report.tokens[start - 1].kind == "word":
            start -= 1
        stop = place
        while stop > start and report.lower[stop - 1] in word_set(
            "was were been being is are has have had by quickly also immediately"
        ):  # fmt: skip
            stop -= 1
        return report.text(start, stop)
    if report.lower[end] == "from":
        return report.text(0, max(0, place - 1))
    skip = end
    while skip + 1 < len(report.lower) and report.lower[skip + 1] in word_set(
        "about over for at that on to against of"
    ):
        skip += 1
    found = report.object_of(skip)
    if not found:
        # What is quoted is what it is about: `rejected “any pause”`.
        after = report.tokens[end + 1 : end + 3]
        found = next((token.text for token in after if token.kind == "quote"), "")
    return found or (report.sentence.text if report.lower[place] == "cautiously" else "")
