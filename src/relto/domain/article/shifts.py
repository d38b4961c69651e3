"""Shifts in prose: that a party has turned from one policy to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.parties import PartyMention
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import word_set

_TURNS: Final = word_set(
    "reversed reverses reversing abandoned abandoning ditched overturned upended reversal departure break shift "
    "u-turn about-face about-turn turnaround turnabout overhaul rupture breaks shifted pivot pivoted volte-face"
)
_TURN_NOUNS: Final = word_set(
    "reversal departure break shift u-turn about-face about-turn turnaround turnabout rupture pivot volte-face"
)
_POLICY: Final = word_set(
    "policy policies approach position stance support predecessor predecessors course administration government line "
    "practice doctrine years decades tradition commitment"
)


def shifts_in(report: Report) -> Iterator[Proposal]:
    """A change of what a party's policy is."""
    for turn in report.places_of(_TURNS):
        around = set(report.lower[max(0, turn - 10) : turn + 14])
        after = set(report.lower[turn + 1 : turn + 12])
        noun = report.lower[turn] in _TURN_NOUNS
        if not (around if noun else after) & _POLICY:
            continue
        if noun and not ({"from", "with", "in", "of"} & set(report.lower[turn + 1 : turn + 4])):
            continue
        if report.is_negated(turn):
            continue
        was, becomes = _turned(report, turn)
        by = report.doer(turn) if not noun else report.subject
        if by is not None and not by.party:
            by = by if by.is_body else None
        whose = [each for each in report.mentions if turn < each.start < turn + 12 and _is_adjective(report, each)]
        if whose:
            by = Who(party=whose[0].party)
        before = [each.party for each in report.mentions if each.end <= turn]
        party = (by.party if by is not None else "") or next(iter(before), "") or ("" if by else report.scene.actor)
        by = by or _policy_of(report, turn)
        if not party and by is None:
            continue
        yield Proposal(
            "shift",
            report.sentence.text,
            report.sentence.paragraph,
            date=report.dates[0].value if report.dates else "",
            is_dated=bool(report.dates),
            parties=(party,) if party else (),
            by=(by,) if by is not None else (),
            was=was,
            becomes=becomes,
            subject=report.sentence.text,
            rule="shift:noun" if noun else "shift:verb",
        )
        return


def _is_adjective(report: Report, mention: PartyMention) -> bool:
    """`American policy`, `U.S. foreign policy`."""
    return mention.form == "people" or bool(_POLICY & set(report.lower[mention.end : mention.end + 2]))


def _policy_of(report: Report, turn: int) -> Who | None:
    """Whose policy it was: `a departure from the network's long-standing policy`."""
    for place in range(turn + 1, min(turn + 8, len(report.tokens))):
        if report.tokens[place].is_possessive:
            start = place
            while start > turn + 1 and report.lower[start - 1] not in {"from", "with", "in", "of"}:
                start -= 1
            return report.named(start, place + 1)
    return None


def _turned(report: Report, turn: int) -> tuple[str, str]:
    """What it was, and what it becomes, as far as the sentence says so."""
    was = becomes = ""
    for place in range(turn + 1, min(turn + 20, len(report.lower))):
        word = report.lower[place]
        if word in {"from", "with"} and not was:
            was = report.object_of(place).split(" to ")[0]
        elif word in {"to", "towards", "toward"} and not becomes and was:
            becomes = report.object_of(place)
    was = was or report.object_of(turn)
    return was, becomes or report.sentence.text
