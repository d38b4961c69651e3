"""Deals in prose: an agreement that has a name, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import phrase_list, word_set

_DEALS: Final = word_set("deal agreement accord pact treaty memorandum mou")
_NO_DEALS: Final = word_set("great good big real such any no every ideal raw new")
_STATUS: Final = (
    ("called-off", phrase_list(
        "called off|cancelled|canceled|scrapped|abandoned|collapsed|fell through|torn up|fell apart|"
        "walked away from|pulled out of|withdrew from|terminated|tore up"
    )),
    ("stalled", phrase_list(
        "stalled|without signing|not signed|unsigned|postponed|deadlocked|on hold|has not been signed|"
        "failed to sign|remains unsigned|yet to be signed|shelved|delayed|left without"
    )),
    ("in-force", phrase_list(
        "in force|into force|took effect|takes effect|came into effect|comes into effect|ratified"
    )),
    ("agreed-in-principle", phrase_list(
        "in principle|agreed to conclude|preliminary agreement|agreed on the terms|agreed the terms|"
        "agreed on a framework|framework agreement|initialled|initialed|close to a deal|agreed on the text|"
        "agreed a draft|reached a preliminary"
    )),
    ("proposed", phrase_list(
        "to sign|will sign|would sign|will be signed|to be signed|would be signed|sign the|sign a|ready to sign|"
        "expected to sign|proposed|draft|hopes to sign|willing to sign|prepared to sign|signing of|to conclude|"
        "be signed|negotiating|wants a|offered"
    )),
    ("signed", ("signed", "concluded", "sealed", "struck", "inked", "reached")),
)  # fmt: skip
_ORDER_SIGNED: Final = ("was signed", "were signed", "have signed", "has signed", "had signed")


def deals_in(report: Report) -> Iterator[Proposal]:
    """A deal that has a name, and how far it has come."""
    for place in report.places_of(_DEALS):
        modifier = report.lower[place - 1] if place else ""
        if not modifier or modifier in _NO_DEALS or report.tokens[place - 1].kind != "word":
            continue
        begin = place
        while begin > 0 and place - begin < 4 and _is_modifier(report, begin - 1):
            begin -= 1
        name = report.text(begin, place + 1)
        after = report.lower[place + 1 : place + 2]
        if begin == place and after not in {("signed",), ("reached",), ("struck",), ("of",)}:
            if after not in {("on",), ("over",), ("to",)}:
                continue
            _, end = report.object_span(place + 1)
            name = report.text(place, end)
        elif after in {("on",), ("over",)}:
            _, end = report.object_span(place + 1)
            name = report.text(begin, min(end, place + 7))
        status = _status(report, place)
        if not status:
            continue
        yield Proposal(
            "deal",
            report.sentence.text,
            report.sentence.paragraph,
            date=report.dated(place),
            is_dated=bool(report.dated(place)),
            parties=report.parties,
            subject=name,
            status=status,
            rule="deal:status",
        )
        return


def _is_modifier(report: Report, place: int) -> bool:
    token = report.tokens[place]
    stop = word_set(
        "the a an this that of sign signed signing to and or with in on for by their its his her proposed any no "
        "such without than from is was has conclude"
    )  # fmt: skip
    return (
        token.kind == "word" and token.lower not in stop and not token.is_possessive and not token.lower.endswith("ed")
    )


def _status(report: Report, place: int) -> str:
    for status, signs in _STATUS:
        reach = 30 if status in {"called-off", "stalled"} else 16
        near = f" {' '.join(report.lower[max(0, place - reach) : place + reach])} "
        if status == "proposed" and any(f" {phrase} " in near for phrase in _ORDER_SIGNED):
            continue
        if any(f" {phrase} " in near for phrase in signs):
            if status == "signed" and any(
                word in near for word in (" not ", "n't ", " never ", " without ", " until ", " if ")
            ):
                return "stalled" if " not " in near else ""
            return status
    return ""
