"""Impacts in prose: what a measure has done to those whom it meets, or that it has done nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.measures import BARS
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.words import phrase_list, word_set

_EFFECT_NOUNS: Final = word_set("effect effects impact consequences consequence toll difference")
_HARMS: Final = {
    form: effect
    for effect, forms in (
        ("grave", "crippled devastated paralysed paralyzed collapsed blinded"),
        (
            "serious",
            "hampered hindered weakened damaged undermined weighed disrupted hurt harmed degraded slowed impeded",
        ),
        ("slight", "affected dented"),
    )
    for form in forms.split()
}
_GRADES: Final = (
    ("grave", word_set("grave devastating catastrophic dire severe fatal")),
    ("slight", word_set("slight limited minor little marginal negligible small")),
    ("serious", word_set("serious significant heavy major considerable real profound immediate material direct")),
)
_CAUSES: Final = phrase_list(
    "because of the pause|since the pause|due to the pause|led to|caused|cost|resulted in|as a result|blamed|"
    "since the suspension|because of the suspension|after the pause|since the cut-off|after the suspension|"
    "during the pause|during the suspension"
)


def impacts_in(report: Report) -> Iterator[Proposal]:
    """What a measure has done to those whom it meets, or that it has done nothing."""
    speaker = report.sayer
    report = report.flat
    found = _effect_by_noun(report) or _effect_by_verb(report) or _effect_by_loss(report)
    if found is None:
        return
    effect, rule = found
    met = [each.party for each in report.mentions if report.lower[each.start - 1] in {"on", "for", "to"} and each.start]
    yield Proposal(
        "impact",
        report.sentence.text,
        report.sentence.paragraph,
        date=report.dates[0].value if report.dates else "",
        is_dated=bool(report.dates),
        parties=tuple(dict.fromkeys(met)) or report.parties,
        speaker=speaker,
        effect=effect,
        subject=report.sentence.text,
        rule=rule,
    )


def _effect_by_noun(report: Report) -> tuple[str, str] | None:
    for place in report.places_of(_EFFECT_NOUNS):
        near = report.lower[max(0, place - 7) : place]
        if not word_set("had has have having taken felt made saw seen") & set(near):
            continue
        if {"could", "would", "might", "may", "will"} & set(near[:-1]) and "have" in near and "had" not in near:
            continue
        if {"no", "not", "without", "any", "never"} & set(near) or any(word.endswith("n't") for word in near):
            return "none", "impact:none"
        for grade, signs in _GRADES:
            if signs & set(near):
                return grade, "impact:noun"
        return "serious", "impact:noun"
    return None


def _effect_by_verb(report: Report) -> tuple[str, str] | None:
    causes = report.places_of(BARS | word_set("cut-off cutoff stoppage blackout loss absence outage sharing measure"))
    for place in report.places_of(_HARMS):
        if not any(cause < place for cause in causes) and not report.is_passive(place):
            continue
        if report.is_doubtful(place) or not causes:
            continue
        if report.is_negated(place):
            return "none", "impact:none"
        return _HARMS[report.lower[place]], "impact:verb"
    return None


_LOSSES: Final = word_set("losses deaths casualties killed died dead lost missed outages infections breaches")


def _effect_by_loss(report: Report) -> tuple[str, str] | None:
    if report.has("cost") and report.has("million", "billion", "lives", "thousand", "thousands"):
        return "serious", "impact:cost"
    if not report.places_of(_LOSSES):
        return None
    causes = report.has(*_CAUSES)
    about = report.places_of(BARS | {"sharing", "cut-off", "intelligence", "cutoff"})
    return ("grave", "impact:loss") if causes and about else None
