"""Signs: what rules look at, gathered of a pause and of the record of its cases, as of one moment.

Each sign is a number, or yes or no, and names what it is made of: `entry 28` of the record, `condition 2`, `act 12`.

>>> [name for name in SIGNS if name.startswith("approvals")]
['approvals_given', 'approvals_missing']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from relto.domain.moment import DAY_US
from relto.domain.record.who import of_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from relto.domain.act import Act
    from relto.domain.pause import Pause
    from relto.domain.record.record import Record, Recorded

Value = int | bool | str | None

SIGNS: Final[Mapping[str, str]] = {
    "lifted": "the pause is lifted",
    "resume_proposed": "a resume waits for approvals",
    "resume_scheduled": "a resume is approved, and waits for its moment",
    "approvals_given": "approvals that the resume has",
    "approvals_missing": "approvals that the resume lacks",
    "ends_within_days": "days until the pause ends by itself, or the approved resume comes",
    "review_within_days": "days until the review date; less than nothing when it has passed",
    "conditions": "conditions that have force",
    "settled": "conditions that are met or waived",
    "claimed": "conditions that somebody claims are met",
    "unsettled": "conditions that are neither met nor waived",
    "moved": "conditions that are met, waived or claimed",
    "moved_percent": "of a hundred conditions, how many are met, waived or claimed",
    "nearer": "statements of late, by those with authority, that have the end come nearer",
    "further": "statements of late, by those with authority, that have it move away",
    "last_word": "where the last of these statements points",
    "talks_ahead": "talks that are announced and still to come",
    "held_days": "days for which the pause has lasted",
    "held_items": "items that it holds",
}
"""By name, what it says."""

NUMBERS: Final = frozenset(SIGNS) - {"lifted", "resume_proposed", "resume_scheduled", "last_word"}
CHOICES: Final = {"last_word": ("nearer", "further", "none")}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its value (None: there is none, and no comparison with it holds), and what it is made of."""

    name: str
    value: Value
    made_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spans:
    """How long a statement counts as one of late, and how far ahead talks count; microseconds. `roles`: words of which
    one has to be in the role of somebody with authority; none: whoever speaks for the party officially has it.
    """

    recent: int = 7 * DAY_US
    ahead: int = 30 * DAY_US
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to look at, as of `at`. `pause`: its version that counted then. `parties`: those to its agreements;
    `givers`: those whose agreements they are. `acts`: those that would lift it, as they stood then. `held`: how many
    items it holds; None where nobody counted.
    """

    at: int
    pause: Pause
    parties: Collection[str]
    givers: Collection[str]
    records: Sequence[Record] = ()
    acts: Sequence[Act] = ()
    held: int | None = None
    spans: Spans = field(default_factory=Spans)


def signs(scene: Scene) -> dict[str, Sign]:
    """All signs, in the order of `SIGNS`. Total."""
    found = {**_of_acts(scene), **_of_conditions(scene), **_of_record(scene)}
    pause, at = scene.pause, scene.at
    lifted = pause.state == "lifted"
    review = None if pause.review_us is None or lifted else _days(pause.review_us - at)
    found["lifted"] = Sign("lifted", lifted, (f"pause {pause.number}",))
    found["review_within_days"] = Sign("review_within_days", review)
    found["held_days"] = Sign("held_days", max(0, (at - pause.since) // DAY_US))
    found["held_items"] = Sign("held_items", scene.held)
    return {name: found[name] for name in SIGNS}


def statements_of_late(scene: Scene) -> list[Recorded]:
    """What those with authority have said of late about the pause's end, oldest first."""
    found = [
        each
        for record in scene.records
        for each in record.standing
        if each.entry.kind == "statement"
        and "points" in each.entry.body
        and each.entry.confidence not in {"disputed", "denied"}
        and scene.at - scene.spans.recent < each.entry.date.until
        and each.entry.date.first <= scene.at
        and _has_authority(scene, each)
        and concerns(scene.pause, record, each)
    ]
    return sorted(found, key=lambda each: each.order)


def talks_ahead(scene: Scene) -> list[Recorded]:
    """Talks that are announced and still to come, by date."""
    found = [
        each
        for record in scene.records
        for each in record.standing
        if each.entry.kind == "talks"
        and each.entry.body["state"] in {"announced", "proposed"}
        and each.entry.confidence not in {"disputed", "denied"}
        and each.entry.date.until > scene.at
        and each.entry.date.first <= scene.at + scene.spans.ahead
        and concerns(scene.pause, record, each)
    ]
    return sorted(found, key=lambda each: each.order)


def evidence(scene: Scene, place: int) -> list[Recorded]:
    """The entries that name the condition of that place, from 1, by date."""
    name = f"{scene.pause.number}/{place}"
    found = []
    for record in scene.records:
        for each in record.standing:
            entry = record.about(each.key) or each.entry
            if name in entry.conditions:
                found.append(each)
    return sorted(found, key=lambda each: each.order)


def concerns(pause: Pause, record: Record, each: Recorded) -> bool:
    """Whether an entry is about the pause: it names it, or a condition of it, or one of its agreements; one that names
    none of these is about the pauses and agreements that its case names, where that names any.
    """
    entry = record.about(each.key) or each.entry
    numbers = {*entry.pauses, *(name.partition("/")[0] for name in entry.conditions)}
    if numbers:
        return pause.number in numbers
    if entry.agreements:
        return not pause.agreements.isdisjoint(entry.agreements)
    case = record.case
    named = pause.number in case.pauses or not pause.agreements.isdisjoint(case.agreements)
    return named or not (case.pauses or case.agreements)


def _of_acts(scene: Scene) -> dict[str, Sign]:
    waiting = [act for act in scene.acts if act.state == "proposed"]
    scheduled = [act for act in scene.acts if act.state == "scheduled"]
    best = min(waiting, key=lambda act: act.lacks, default=None)
    ends = [scene.pause.until_us] if scene.pause.until_us is not None else []
    ends += [act.due_at for act in scheduled if act.due_at is not None]
    # One that has passed, and the pause lasts: a binding condition stands in its way.
    ends = [end for end in ends if end > scene.at]
    named = tuple(f"act {act.number}" for act in waiting)
    nearest = (f"act {best.number}",) if best else ()
    left = _days(min(ends) - scene.at) if ends and scene.pause.state != "lifted" else None
    return {
        "resume_proposed": Sign("resume_proposed", bool(waiting), named),
        "resume_scheduled": Sign("resume_scheduled", bool(scheduled), tuple(f"act {act.number}" for act in scheduled)),
        "approvals_given": Sign("approvals_given", best.has if best else None, nearest),
        "approvals_missing": Sign("approvals_missing", best.lacks if best else None, nearest),
        "ends_within_days": Sign("ends_within_days", left),
    }


def _of_conditions(scene: Scene) -> dict[str, Sign]:
    with_force = [
        (place, each) for place, each in enumerate(scene.pause.conditions, start=1) if each.has_force(scene.parties)
    ]

    def those(*states: str) -> tuple[str, ...]:
        return tuple(f"condition {place}" for place, each in with_force if each.state in states)

    every = tuple(f"condition {place}" for place, _ in with_force)
    moved = those("met", "waived", "claimed")
    open_ = those("unmet", "claimed", "disputed")
    return {
        "conditions": Sign("conditions", len(with_force), every),
        "settled": _counted("settled", those("met", "waived")),
        "claimed": _counted("claimed", those("claimed")),
        "unsettled": _counted("unsettled", open_),
        "moved": _counted("moved", moved),
        "moved_percent": Sign("moved_percent", 100 * len(moved) // len(with_force) if with_force else None, moved),
    }


def _of_record(scene: Scene) -> dict[str, Sign]:
    said = statements_of_late(scene)
    nearer = [each for each in said if each.entry.body["points"] == "nearer"]
    further = [each for each in said if each.entry.body["points"] == "further"]
    last = said[-1].entry.body["points"] if said else "none"
    return {
        "nearer": _counted("nearer", _named(nearer)),
        "further": _counted("further", _named(further)),
        "last_word": Sign("last_word", last, _named(said[-1:])),
        "talks_ahead": _counted("talks_ahead", _named(talks_ahead(scene))),
    }


def _has_authority(scene: Scene, each: Recorded) -> bool:
    who = of_value(each.entry.body["speaker"], what="the speaker")
    if who.is_unnamed or who.party not in scene.givers or each.entry.body.get("capacity") == "personal":
        return False
    role = who.role.casefold()
    return not scene.spans.roles or any(word.casefold() in role for word in scene.spans.roles)


def _named(found: Iterable[Recorded]) -> tuple[str, ...]:
    return tuple(f"entry {each.key}" for each in found)


def _counted(name: str, made_of: tuple[str, ...]) -> Sign:
    return Sign(name, len(made_of), made_of)


def _days(microseconds: int) -> int:
    """Whole days, rounded down: less than a day ahead is 0, a moment that has just passed is -1."""
    return microseconds // DAY_US
