"""Quick takes: what a hurried reader has to know, a sentence or two each, in a fixed order.

State and judgement; the last word of those with authority; what it costs; what the other side says; talks; what is
asked for; proposals; deals; how others take it; the change of policy. What the material has nothing on is left out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Sentence
from relto.domain.brief.telling import sentence
from relto.domain.moment import DAY_US, write
from relto.domain.record.entry import CONFIDENCES
from relto.domain.record.form import EFFECTS
from relto.domain.record.telling import listed
from relto.domain.record.when import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.brief.material import Material, Suspension, Told

REACTIONS_MAX: Final = 3

LATELY_US: Final = 7 * DAY_US
"""So long the end of a pause is news."""

PHRASES: Final = {
    "not in sight": "its end is not in sight",
    "open": "its end is open",
    "likely": "its end is likely",
    "close": "it is close to its end",
    "imminent": "its end is imminent",
    "done": "it is lifted",
}


def takes(material: Material) -> tuple[Sentence, ...]:
    """All of them, in order; nothing twice."""
    found = [take for make in _TAKES for take in make(material)]
    return tuple(dict.fromkeys(found))


def main_pause(material: Material) -> Suspension | None:
    """The pause that a brief is about first of all: of those that last or were lifted of late, the one that the record
    speaks of most, then that with most conditions. Where that one was lifted, this is the news, whatever else lasts.
    """
    named = Counter(
        number
        for each in material.entries
        for number in {
            *each.recorded.entry.pauses,
            *(name.partition("/")[0] for name in each.recorded.entry.conditions),
        }
    )

    def weight(each: Suspension) -> tuple[bool, int, int, bool, int]:
        pause, lasts = each.pause, each.lifted_at is None
        is_news = each.lifted_at is None or material.at - each.lifted_at < LATELY_US
        return is_news, named[pause.number], len(pause.conditions), lasts, -pause.since

    return max(material.suspensions, key=weight, default=None)


def day_words(material: Material, moment: int) -> str:
    """The day of a moment, as prose has it."""
    return material.date(day_of(moment))


def lasted(material: Material, suspension: Suspension) -> str:
    """For how long a pause has lasted, in words."""
    end = suspension.lifted_at if suspension.lifted_at is not None else material.at
    days = max(0, (end - suspension.pause.since) // DAY_US)
    return f"{days} days" if days != 1 else "a day"


def scope_words(suspension: Suspension) -> str:
    """What a pause covers, in words."""
    pause = suspension.pause
    if not pause.is_narrow or pause.scope is None:
        return "everything"
    return pause.scope.words().removeprefix("topics any of ")


def _named(material: Material, each: Suspension) -> str:
    names = listed(sorted(each.pause.agreements))
    return f"{names} ({scope_words(each)}) since {day_words(material, each.pause.since)}"


def _states(material: Material) -> Iterable[Sentence]:
    main = main_pause(material)
    if main is None:
        return
    pause, names = main.pause, listed(sorted(main.pause.agreements))
    traces = [main.trace, *([f"outlook {pause.number}"] if main.outlook is not None else [])]
    if main.lifted_at is not None:
        text = f"The pause of {names} ({scope_words(main)}) was lifted on {day_words(material, main.lifted_at)}"
        yield Sentence(f"{text}, after {lasted(material, main)}.", tuple(traces))
    else:
        since = day_words(material, pause.since)
        text = f"Sharing under {names} ({scope_words(main)}) has been paused since {since}"
        if main.outlook is not None:
            judgement = main.outlook.judged.judgement
            decided = ", and nothing is decided" if judgement in {"likely", "close", "imminent"} else ""
            text += f"; {PHRASES[judgement]}{decided}"
        yield Sentence(f"{text}.", tuple(traces))
    others = [each for each in material.suspensions if each is not main]
    lasting = [each for each in others if each.lifted_at is None]
    lifted = [each for each in others if each.lifted_at is not None]
    if lasting:
        still = "Also" if main.lifted_at is None else "Still"
        text = f"{still} paused: {listed([_named(material, each) for each in lasting])}."
        yield Sentence(text, tuple(each.trace for each in lasting))
    if lifted:
        named = [f"{listed(sorted(each.pause.agreements))} ({scope_words(each)})" for each in lifted]
        yield Sentence(f"Lifted of late was the pause of {listed(named)}.", tuple(each.trace for each in lifted))


def _last_word(material: Material) -> Iterable[Sentence]:
    said = [each for each in material.of("statement") if "points" in each.recorded.entry.body]
    for each in [each for each in said if _has_authority(material, each)][-1:]:
        told = sentence(material, each)
        aside = "" if any(found.lifted_at for found in material.suspensions) else " Words do not lift a pause."
        yield Sentence(told.text + aside, told.traces)


def _has_authority(material: Material, each: Told) -> bool:
    """Whether somebody speaks officially for a party whose agreement it is, and nobody disputes that it was said."""
    entry = each.recorded.entry
    who = entry.speaker
    return (
        who is not None
        and not who.is_unnamed
        and who.party in material.givers
        and entry.body.get("capacity") != "personal"
        and entry.confidence not in {"disputed", "denied"}
    )


def _costs(material: Material) -> Iterable[Sentence]:
    for to in dict.fromkeys(impact.to for each in material.suspensions for impact in each.impacts):
        found = [
            (each, impact)
            for each in material.suspensions
            if each.lifted_at is None
            for impact in each.impacts
            if impact.to == to and impact.held is not None and impact.held.items
        ]
        if found:
            parts = [f"{impact.held.items} by pause {each.pause.number}" for each, impact in found if impact.held]
            traces = tuple(f"count held {each.pause.number} {impact.agreement} {to}" for each, impact in found)
            yield Sentence(f"Items kept from {material.the(to)}: {listed(parts)}.", traces)
    told = material.of("impact")
    gravest = max(
        told, key=lambda each: (EFFECTS.index(each.recorded.entry.body["effect"]), each.recorded.order), default=None
    )
    if gravest is not None:
        yield sentence(material, gravest)


def _other_side(material: Material) -> Iterable[Sentence]:
    parties = recipients(material)
    said = [
        each
        for each in material.of("statement")
        if each.recorded.entry.speaker and each.recorded.entry.speaker.party in parties
    ]
    for each in said[-1:]:
        yield sentence(material, each)


def _talks(material: Material) -> Iterable[Sentence]:
    found = material.of("talks")
    ahead = [each for each in found if each.recorded.entry.date.until > material.at]
    # The next ones, or else the last ones, as far as they are sure.
    best = max(
        ahead, key=_sureness, default=max(found, key=lambda each: (_sureness(each), each.recorded.order), default=None)
    )
    if best is None:
        return
    told = sentence(material, best)
    others = [(one if other is best else other) for one, other, _ in material.contradictions if best in (one, other)]
    texts = [told.text, *(f"Against that: {sentence(material, other).text}" for other in others)]
    yield Sentence(" ".join(texts), (*told.traces, *(other.trace for other in others)))


def _asked(material: Material) -> Iterable[Sentence]:
    main = main_pause(material)
    if main is not None and main.lifted_at is None and main.pause.conditions:
        states = [condition.state for condition in main.pause.conditions]
        counted = [
            f"{states.count(state)} {state}" for state in ("met", "waived", "claimed", "disputed", "unmet")
            if state in states
        ]  # fmt: skip
        traces = tuple(f"condition {main.pause.number}/{place}" for place in range(1, len(states) + 1))
        noun = "condition" if len(states) == 1 else "conditions"
        yield Sentence(f"Of {len(states)} {noun} for its end: {listed(counted)}.", traces)
    asked = material.of("condition")
    best = max(asked, key=lambda each: (_sureness(each), each.recorded.order), default=None)
    if best is not None:
        yield sentence(material, best)


def _proposals(material: Material) -> Iterable[Sentence]:
    wanted = recipients(material) | {material.keeper}
    latest: dict[str, Told] = {}
    for each in material.of("proposal"):
        maker = each.recorded.entry.body["by"][0].get("party", "")
        if maker in wanted:
            latest[maker] = each
    for each in latest.values():
        yield sentence(material, each)


def _deals(material: Material) -> Iterable[Sentence]:
    latest = {each.recorded.entry.body["subject"].casefold(): each for each in material.of("deal")}
    for each in latest.values():
        yield sentence(material, each)


def _reactions(material: Material) -> Iterable[Sentence]:
    latest: dict[str, Told] = {}
    for each in material.of("reaction"):
        who = each.recorded.entry.speaker
        if who is not None and who.party != material.keeper:
            latest.pop(who.party, None)
            latest[who.party] = each
    for each in list(latest.values())[-REACTIONS_MAX:]:
        yield sentence(material, each)


def _shifts(material: Material) -> Iterable[Sentence]:
    for each in material.of("shift")[-1:]:
        yield sentence(material, each)


def _sureness(each: Told) -> int:
    """How sure an entry is: confirmed before reported before disputed before denied."""
    return -CONFIDENCES.index(each.recorded.entry.confidence)


def recipients(material: Material) -> set[str]:
    """The parties that a brief is about, and those from whom something is kept."""
    found = {material.about} if material.about else set(material.sides)
    for each in material.suspensions:
        found |= {impact.to for impact in each.impacts}
    return found


def moment_words(moment: int) -> str:
    """A moment to the minute, UTC.

    >>> moment_words(1741543200000000)
    '9 March 2025, 18:00 UTC'
    """
    return f"{day_of(moment).words}, {write(moment)[11:16]} UTC"


_TAKES: Final = (
    _states, _last_word, _costs, _other_side, _talks, _asked, _proposals, _deals, _reactions, _shifts,
)  # fmt: skip
