"""Events in prose: what parties do to what they share, what came of it, and on which conditions it would end.

Each rule reads one report and yields what it finds; a sentence may hold several events, and most hold none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.report import Report
from relto.domain.article.verbs import CONJUNCTIONS
from relto.domain.article.words import phrase_list, word_set

_DOES: Final = {
    form: does
    for does, forms in {
        "paused": "paused suspended froze frozen halted stopped halting pausing suspending freezing stopping pause suspend "
        "freeze halt stop severed withdrew withheld blocked pauses suspends freezes halts revoked cut",
        "lifted": "lifted resumed restored reopened unfroze unfrozen reinstated lifting resuming restoring lift resume "
        "restore reopen lifts resumes restores restarted restart reopening reconnected reconnect",
        "widened": "widened extended expanded broadened widen widening expanding extending",
        "narrowed": "narrowed eased narrowing easing loosened relaxed narrow ease",
        "directed": "ordered instructed directed told forbade forbidden barred",
    }.items()
    for form in forms.split()
}
_BASE: Final = word_set("pause suspend freeze halt stop lift resume restore reopen widen narrow ease restart reconnect")
_SHARED: Final = word_set(
    "sharing intelligence aid assistance deliveries delivery shipments shipment access exchange exchanges "
    "cooperation flow flows data indicators imagery feed feeds weapons arms information channels "
    "intelligence-sharing supplies alerts supply ammunition telemetry support licences licenses co-operation "
    "collaboration data-sharing information-sharing reporting logs records figures catch notifications satellite "
    "help readings samples bulletins exports imports transmissions participation"
)
_BARS: Final = word_set("pause suspension freeze halt ban embargo block restrictions restriction moratorium stop")
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
        if not any(word in _SHARED or "sharing" in word for word in flat.lower[start : min(end, start + 8)]):
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
    told = word_set("announced announcement announcing confirmed agreed declared decided statement")
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
    nouns = any(word in _SHARED for word in report.lower[max(0, verb - 10) : verb])
    return nouns and after in word_set("on in at from late early last . , this again after through overnight as")


def _is_verb(report: Report, verb: int) -> bool:
    word, before = report.lower[verb], report.lower[verb - 1] if verb else ""
    if word in _BASE or word in {"cut", "pauses", "halts", "freezes", "stops"}:
        if word == "cut":
            after = report.lower[verb + 1] if verb + 1 < len(report.lower) else ""
            return after in {"off", "all"} or before in {"has", "have", "had"}
        if word in _BASE:
            return _before_adverbs(report, verb) in {"to", "will", "would", "and"} and not report.has("threatened to", "refused to", "urged", "calls to", "wants to",
                                                                    "want to", "asked to", "ready to", "pressure to",
                                                                    "decide whether", "considering", "plans to", "called on")  # fmt: skip
    if before in word_set("the a an its their his recently of newly") and not word.endswith("ing"):
        return False
    if before in word_set("not without about considering of on before after for with"):
        return False
    return True


def _before_adverbs(report: Report, verb: int) -> str:
    place = verb - 1
    while place > 0 and (report.lower[place].endswith("ly") or report.lower[place] in {"now", "also"}):
        place -= 1
    return report.lower[place] if place >= 0 else ""


def _shared(report: Report, verb: int, does: str) -> str | None:
    """What it is done to, where that is something that is shared."""
    wanted = _SHARED | _BARS if does != "paused" else _SHARED
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
        if mention.end < verb and mention.form == "name" and report.lower[mention.end] in _SHARED | {"military"}:
            return Who(party=mention.party)
    return None


def _directed(report: Report, verb: int) -> Iterator[Proposal]:
    after = report.lower[verb + 1 : verb + 16]
    if report.lower[verb] == "told" and not (report.is_passive(verb) and "to" in after[:2]):
        return
    if not {"to", "that", "from"} & set(after):
        return
    if not any(word in _SHARED or word in {"share", "pass", "stop", "suspend", "halt", "forward"} for word in after):
        return
    by = report.doer(verb) if not report.is_passive(verb) else report.doer(verb)
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


def _extent(report: Report, verb: int) -> str:
    near = " ".join(report.lower[max(0, verb - 4) : verb + 7])
    if any(f" {word} " in f" {near} " for word in _PARTIAL):
        return "partial"
    return "complete" if any(f" {word} " in f" {near} " for word in _COMPLETE) else "unclear"


_MARKERS: Final = (
    (("only", "if"), "firm"), (("only", "after"), "firm"), (("only", "once"), "firm"), (("only", "when"), "firm"),
    (("provided", "that"), "firm"), (("on", "condition", "that"), "firm"), (("on", "the", "condition", "that"), "firm"),
    (("not", "until"), "firm"), (("as", "long", "as"), "likely"), (("conditional", "on"), "firm"), (("contingent", "on"), "firm"),
    (("hinges", "on"), "firm"), (("hinge", "on"), "firm"), (("depends", "on"), "likely"), (("depend", "on"), "likely"),
    (("in", "return", "for"), "likely"), (("in", "exchange", "for"), "likely"), (("until",), "likely"), (("unless",), "likely"),
    (("once",), "weak"), (("provided",), "likely"), (("before", "any"), "weak"), (("if",), "weak"),
)  # fmt: skip
_FIRST: Final = frozenset(words[0] for words, _ in _MARKERS)
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


_EFFECT_NOUNS: Final = word_set("effect effects impact consequences consequence toll difference")
_HARMS: Final = {
    **dict.fromkeys(["crippled", "devastated", "paralysed", "paralyzed", "collapsed", "blinded"], "grave"),
    **dict.fromkeys(["hampered", "hindered", "weakened", "damaged", "undermined", "weighed", "disrupted", "hurt", "harmed", "degraded", "slowed", "impeded"], "serious"),
    **dict.fromkeys(["affected", "dented"], "slight"),
}  # fmt: skip
_GRADES: Final = (
    ("grave", ("grave", "devastating", "catastrophic", "dire", "severe", "fatal")),
    ("slight", ("slight", "limited", "minor", "little", "marginal", "negligible", "small")),
    (
        "serious",
        (
            "serious",
            "significant",
            "heavy",
            "major",
            "considerable",
            "real",
            "profound",
            "immediate",
            "material",
            "direct",
        ),
    ),
)


def impacts_in(report: Report) -> Iterator[Proposal]:
    """What a measure has done to those whom it meets, or that it has done nothing."""
    speaker = report.sayer
    report = report.flat
    found = _effect_by_noun(report) or _effect_by_verb(report) or _effect_by_loss(report)
    if found is None:
        return
    effect, rule = found
    yield Proposal(
        "impact",
        report.sentence.text,
        report.sentence.paragraph,
        date=report.dates[0].value if report.dates else "",
        is_dated=bool(report.dates),
        parties=report.parties,
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
            if set(signs) & set(near):
                return grade, "impact:noun"
        return "serious", "impact:noun"
    return None


def _effect_by_verb(report: Report) -> tuple[str, str] | None:
    causes = report.places_of(_BARS | word_set("cut-off cutoff stoppage blackout loss absence outage sharing measure"))
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
    if report.has("has cost", "have cost", "had cost") and report.has(
        "million", "billion", "lives", "thousand", "thousands"
    ):
        return "serious", "impact:cost"
    if not report.places_of(_LOSSES):
        return None
    causes = report.has("because of the pause", "since the pause", "due to the pause", "led to", "caused", "cost", "resulted in",
                        "as a result", "blamed", "since the suspension", "because of the suspension", "after the pause",
                        "since the cut-off", "after the suspension", "during the pause", "during the suspension")  # fmt: skip
    about = report.places_of(_BARS | {"sharing", "cut-off", "intelligence", "cutoff"})
    return ("grave", "impact:loss") if causes and about else None


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
        whose = [each for each in report.mentions if turn < each.start < turn + 12 and each.form == "people"]
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
