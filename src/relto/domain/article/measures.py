"""Measures in prose: what parties do to what they share: pause, widen, narrow, lift, direct.

Only what is done, or is announced as done: what somebody might do, is asked to do or threatens to do is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.verbs import CONJUNCTIONS
from relto.domain.article.words import phrase_list, word_set

_DOES: Final = {
    form: does
    for does, forms in {
        "paused": "paused suspended froze frozen halted stopped halting pausing suspending freezing stopping pause "
        "suspend freeze halt stop severed withdrew withheld blocked pauses suspends freezes halts revoked cut",
        "lifted": "lifted resumed restored reopened unfroze unfrozen reinstated lifting resuming restoring lift resume "
        "ended restore reopen lifts resumes restores restarted restart reopening reconnected reconnect",
        "widened": "widened extended expanded broadened widen widening expanding extending",
        "narrowed": "narrowed eased narrowing easing loosened relaxed narrow ease",
        "directed": "ordered instructed directed told forbade forbidden barred",
    }.items()
    for form in forms.split()
}
_BASE: Final = word_set("pause suspend freeze halt stop lift resume restore reopen widen narrow ease restart reconnect")
SHARED: Final = word_set(
    "sharing intelligence aid assistance deliveries delivery shipments shipment access exchange exchanges "
    "cooperation flow flows data indicators imagery feed feeds weapons arms information channels "
    "intelligence-sharing supplies alerts supply ammunition telemetry support licences licenses co-operation "
    "collaboration data-sharing information-sharing reporting logs records figures catch notifications satellite "
    "help readings samples bulletins exports imports transmissions participation"
)
_WISHES: Final = phrase_list(
    "threatened to|refused to|urged|calls to|wants to|want to|asked to|ready to|pressure to|decide whether|considering|"
    "plans to|called on"
)
BARS: Final = word_set("pause suspension freeze halt ban embargo block restrictions restriction moratorium stop")
_COMPLETE: Final = (
    "all",
    "completely",
    "entirely",
    "fully",
    "complete",
    "total",
    "totally",
    "whole",
    "every",
    "altogether",
)
_PARTIAL: Final = phrase_list("partially|partly|partial|some|selectively|certain|part of|limited|temporarily partial")


def measures_in(report: Report) -> Iterator[Proposal]:
    """What is paused, widened, narrowed, lifted or directed; not what only might be."""
    for verb in report.places_of(_DOES):
        does = _DOES[report.lower[verb]]
        if report.is_negated(verb) or not _is_verb(report, verb):
            continue
        if report.is_doubtful(verb) and not _is_announced(report, verb):
            continue
        if does == "directed":
            yield from _directed(report, verb)
            continue
        what = _shared(report, verb, does)
        if what is None:
            continue
        by = report.doer(verb) if not _is_intransitive(report, verb) else None
        if by is None and report.is_passive(verb):
            by = _owner(report, verb)
        if by is None and not report.is_passive(verb) and not _is_intransitive(report, verb):
            continue
        yield Proposal(
            "measure",
            report.sentence.text,
            report.sentence.paragraph,
            date=report.dated(verb),
            is_dated=bool(report.dated(verb)),
            parties=report.parties,
            by=(by,) if by is not None else (),
            does=does,
            extent=_extent(report, verb),
            subject=what,
            rule="measure:verb",
        )


def told_measures_in(report: Report) -> Iterator[Proposal]:
    """What speakers say that they do themselves: “We are pausing our aid,” of somebody whose party is known."""
    if report.sayer is None or not report.sentence.quotes:
        return
    flat = report.flat
    for verb in flat.places_of(_DOES):
        does = _DOES[flat.lower[verb]]
        near = flat.lower[max(0, verb - 4) : verb]
        if "we" not in near or does == "directed" or flat.is_negated(verb) or flat.is_doubtful(verb):
            continue
        if not {"are", "have", "will", "we", "immediately"} & set(near) or {
            "if",
            "until",
            "to",
            "can",
            "once",
            "when",
        } & set(near):
            continue
        start, end = flat.object_span(verb)
        if not any(word in SHARED or "sharing" in word for word in flat.lower[start : min(end, start + 8)]):
            continue
        yield Proposal(
            "measure",
            report.sentence.text,
            report.sentence.paragraph,
            parties=report.parties,
            by=(report.sayer,),
            does=does,
            extent=_extent(flat, verb),
            subject=flat.object_of(verb).removeprefix("and "),
            rule="measure:told",
        )
        return


def _is_announced(report: Report, verb: int) -> bool:
    """`announced that it would immediately lift`: `would` of what has been decided."""
    near = report.lower[max(0, verb - 3) : verb]
    if "would" not in near or {"if", "could", "might", "may", "should", "whether"} & set(
        report.lower[max(0, verb - 6) : verb]
    ):
        return False
    told = word_set("said says announced announcement announcing confirmed agreed declared decided statement")
    conditional = {"if", "until", "unless", "once", "only", "when"}
    return bool(told & set(report.lower[:verb])) and not conditional & set(report.lower)


def _is_intransitive(report: Report, verb: int) -> bool:
    """`Deliveries resumed on Wednesday`: nobody is said to do it."""
    if report.lower[verb] not in {
        "resumed",
        "resumes",
        "restarted",
        "stopped",
        "resume",
        "halted",
    } or report.is_passive(verb):
        return False
    after = report.lower[verb + 1] if verb + 1 < len(report.lower) else "."
    nouns = any(word in SHARED for word in report.lower[max(0, verb - 10) : verb])
    return nouns and after in word_set("on in at from late early last . , this again after through overnight as")


def _is_verb(report: Report, verb: int) -> bool:
    word, before = report.lower[verb], report.lower[verb - 1] if verb else ""
    if word in _BASE or word in {"cut", "pauses", "halts", "freezes", "stops"}:
        if word == "cut":
            after = report.lower[verb + 1] if verb + 1 < len(report.lower) else ""
            return after in {"off", "all"} or before in {"has", "have", "had"}
        if word in _BASE and any(_DOES.get(each) == "directed" for each in report.lower[max(0, verb - 8) : verb]):
            return False
        if word in _BASE:
            return _before_adverbs(report, verb) in {"to", "will", "would", "and"} and not report.has(*_WISHES)
    if before in word_set("the a an its their his recently of newly") and not word.endswith("ing"):
        return False
    return before not in word_set("not without about considering of on before after for with")


def _before_adverbs(report: Report, verb: int) -> str:
    place = verb - 1
    while place > 0 and (report.lower[place].endswith("ly") or report.lower[place] in {"now", "also"}):
        place -= 1
    return report.lower[place] if place >= 0 else ""


def _shared(report: Report, verb: int, does: str) -> str | None:
    """What it is done to, where that is something that is shared."""
    if report.lower[verb] == "ended" and (
        {"nearly", "almost", "all"} & set(report.lower[max(0, verb - 3) : verb])
        or not BARS & set(report.lower[verb + 1 : verb + 5])
    ):
        return None
    wanted = SHARED | BARS if does != "paused" else SHARED
    if report.is_passive(verb):
        start = verb
        while start > 0 and verb - start < 16:
            if report.tokens[start - 1].kind != "word" or report.lower[start - 1] in CONJUNCTIONS - {"and", "of"}:
                break
            start -= 1
        words = range(start, verb)
        text = report.text(start, _before_auxiliary(report, start, verb))
    elif _is_intransitive(report, verb):
        start = verb
        while (
            start > 0
            and verb - start < 12
            and report.tokens[start - 1].kind == "word"
            and report.lower[start - 1] not in CONJUNCTIONS - {"and", "of"}
        ):
            start -= 1
        words = range(start, verb)
        text = report.text(start, _before_auxiliary(report, start, verb))
    else:
        start, end = report.object_span(verb)
        words = range(start, min(end, start + 9))
        text = report.object_of(verb)
    if not any(report.lower[place] in wanted or "sharing" in report.lower[place] for place in words):
        return None
    return text.removeprefix("off ")


def _before_auxiliary(report: Report, start: int, verb: int) -> int:
    end = verb
    while end > start and report.lower[end - 1] in word_set(
        "is was are were been being be has have had would will not temporarily immediately partially fully now "
        "partly completely also"
    ):  # fmt: skip
        end -= 1
    return end


def _owner(report: Report, verb: int) -> Who | None:
    """Whose that is which is suspended: `US aid was suspended`."""
    for mention in report.mentions:
        if mention.end <= verb and (mention.form == "people" or report.tokens[mention.end - 1].is_possessive):
            return Who(party=mention.party)
        if mention.end < verb and mention.form == "name" and report.lower[mention.end] in SHARED | {"military"}:
            return Who(party=mention.party)
    return None


def _directed(report: Report, verb: int) -> Iterator[Proposal]:
    after = report.lower[verb + 1 : verb + 16]
    if report.lower[verb] == "told" and not _is_order(report, verb, after):
        return
    if not {"to", "that", "from"} & set(after):
        return
    if not any(word in SHARED or word in {"share", "pass", "stop", "suspend", "halt", "forward"} for word in after):
        return
    by = report.doer(verb)
    yield Proposal(
        "measure",
        report.sentence.text,
        report.sentence.paragraph,
        date=report.dated(verb),
        is_dated=bool(report.dated(verb)),
        parties=report.parties,
        by=(by,) if by is not None else (),
        does="directed",
        extent="unclear",
        subject=report.object_of(verb),
        rule="measure:directed",
    )


def _is_order(report: Report, verb: int, after: Sequence[str]) -> bool:
    """`were told not to share`, `told their counterparts to stop`."""
    if report.is_passive(verb):
        return "to" in after[:2]
    line = f" {' '.join(after[:8])} "
    return " to stop " in line or " not to " in line or " to suspend " in line


def _extent(report: Report, verb: int) -> str:
    near = " ".join(report.lower[max(0, verb - 4) : verb + 7])
    if any(f" {word} " in f" {near} " for word in _PARTIAL):
        return "partial"
    return "complete" if any(f" {word} " in f" {near} " for word in _COMPLETE) else "unclear"
