"""Quick takes: what a hurried reader has to know, a sentence or two each, in a fixed order.

State and judgement; the last word of those with authority; what it costs; what the other side says; talks; what is
asked for; proposals; deals; how others take it; the change of policy. What the material has nothing on is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.brief.document import Sentence
from relto.domain.brief.telling import sentence
from relto.domain.moment import write
from relto.domain.record.clash import clashes
from relto.domain.record.telling import listed
from relto.domain.record.when import When, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relto.domain.brief.material import Material, Suspension, Told

REACTIONS_MAX: Final = 4
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


def day_words(material: Material, moment: int) -> str:
    """The day of a moment, as prose has it."""
    return material.date(day_of(moment))


def lasted(material: Material, suspension: Suspension) -> str:
    """For how long a pause has lasted, in words."""
    end = suspension.lifted_at if suspension.lifted_at is not None else material.at
    days = max(0, (end - suspension.pause.since) // When.parse("1970-01-01").until)
    return f"{days} days" if days != 1 else "a day"


def _states(material: Material) -> Iterable[Sentence]:
    for each in material.suspensions:
        pause, names = each.pause, listed(sorted(each.pause.agreements))
        if each.lifted_at is not None:
            text = f"Pause {pause.number} of {names} was lifted on {day_words(material, each.lifted_at)}"
            text += f", after {lasted(material, each)}."
            yield Sentence(text, (each.trace,))
            continue
        what = "all of it" if not pause.is_narrow or pause.scope is None else pause.scope.words()
        text = f"Pause {pause.number} of {names} ({what}) has lasted since {day_words(material, pause.since)}"
        traces = [each.trace]
        if each.outlook is not None:
            text += f"; {PHRASES[each.outlook.judged.judgement]}"
            traces.append(f"outlook {pause.number}")
            if each.outlook.judged.judgement in {"likely", "close", "imminent"}:
                text += ", and nothing is decided"
        yield Sentence(f"{text}.", tuple(traces))


def _last_word(material: Material) -> Iterable[Sentence]:
    said = [each for each in material.of("statement") if "points" in each.recorded.entry.body]
    for each in said[-1:]:
        told = sentence(material, each)
        aside = "" if any(found.lifted_at for found in material.suspensions) else " Words do not lift a pause."
        yield Sentence(told.text + aside, told.traces)


def _costs(material: Material) -> Iterable[Sentence]:
    for each in material.suspensions:
        for impact in each.impacts:
            if impact.held is not None and impact.held.items:
                topics = listed([f"{topic} {items}" for topic, items in impact.held.by_topic.items()])
                trace = f"count held {each.pause.number} {impact.agreement} {impact.to}"
                text = f"It keeps {impact.held.items} items from {material.party(impact.to)} under {impact.agreement}"
                yield Sentence(f"Pause {each.pause.number}: {text} ({topics}).", (trace,))
    yield from _first(material, ["impact"], lambda each: each.recorded.entry.body["effect"] in {"grave", "serious"})


def _other_side(material: Material) -> Iterable[Sentence]:
    said = [
        each
        for each in material.of("statement")
        if each.recorded.entry.speaker and each.recorded.entry.speaker.party in _recipients(material)
    ]
    for each in said[-1:]:
        yield sentence(material, each)


def _talks(material: Material) -> Iterable[Sentence]:
    found = material.of("talks")
    ahead = [each for each in found if each.recorded.entry.date.until > material.at]
    for each in ahead or found[-1:]:
        told = sentence(material, each)
        others = [other for other in found if other is not each and clashes(each.recorded.entry, other.recorded.entry)]
        note = f" Other sources say otherwise: {listed([other.recorded.key for other in others])}." if others else ""
        yield Sentence(told.text + note, (*told.traces, *(other.trace for other in others)))


def _asked(material: Material) -> Iterable[Sentence]:
    for each in material.suspensions:
        if each.lifted_at is not None or not each.pause.conditions:
            continue
        states = [condition.state for condition in each.pause.conditions]
        counted = [
            f"{states.count(state)} {state}" for state in ("met", "waived", "claimed", "disputed", "unmet")
            if state in states
        ]  # fmt: skip
        traces = tuple(f"condition {each.pause.number}/{place}" for place in range(1, len(states) + 1))
        noun = "condition" if len(states) == 1 else "conditions"
        text = f"Pause {each.pause.number} has {len(states)} {noun}: {listed(counted)}."
        yield Sentence(text, traces)
    yield from _first(material, ["condition"], lambda _: True)


def _proposals(material: Material) -> Iterable[Sentence]:
    latest: dict[str, Told] = {}
    for each in material.of("proposal"):
        maker = each.recorded.entry.body["by"][0]
        latest[maker.get("party", maker.get("name", ""))] = each
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


def _first(material: Material, kinds: list[str], wanted: Callable[[Told], bool]) -> Iterable[Sentence]:
    """The last of these kinds that is wanted."""
    found = [each for each in material.of(*kinds) if wanted(each)]
    for each in found[-1:]:
        yield sentence(material, each)


def _recipients(material: Material) -> set[str]:
    found = {material.about} if material.about else set()
    for each in material.suspensions:
        found |= {impact.to for impact in each.impacts}
    return found


def moment_words(moment: int) -> str:
    """A moment to the minute, UTC."""
    text = write(moment)
    return f"{text[:10]} {text[11:16]} UTC"


_TAKES: Final = (
    _states, _last_word, _costs, _other_side, _talks, _asked, _proposals, _deals, _reactions, _shifts,
)  # fmt: skip
