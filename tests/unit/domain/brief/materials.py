"""What briefs are written from in tests: entries that stand, and a pause with its outlook and its counts."""

from __future__ import annotations

from typing import Any

from tests.unit.domain.outlook.scenes import CLEAR, act, day, pause, record, scene

from relto.domain.brief.document import Block, Brief
from relto.domain.brief.material import Judgment, Material, Suspension, Told, pairs
from relto.domain.brief.reader import Reader
from relto.domain.classes import Restrictions
from relto.domain.impact import DAY_US, Freshness, Held, Impact, Received, Series, Window
from relto.domain.outlook.rules import default_rules
from relto.domain.outlook.signs import Scene, signs
from relto.domain.pause import Pause
from relto.domain.record.entry import Entry

PARTIES = {
    "USA": "United States", "UKR": "Ukraine", "RUS": "Russia", "GBR": "United Kingdom", "SAU": "Saudi Arabia",
    "EU": "European Union",
}  # fmt: skip
KEEPER = Reader("USA")
PUBLIC = Reader()
KYIV = Reader("UKR")


def told(*entries: Entry, level: int = 0, case: str = "one") -> list[Told]:
    """Those that stand, in their order."""
    return [Told(each, case, level) for each in record(*entries, at=day(1)).standing]


def material(
    *entries: Entry, at: int = day(9, 18), reader: Reader = KEEPER, about: str = "UKR", **more: Any
) -> Material:
    stands = record(*entries, at=day(1))
    found = {each.key: Told(each, "one", 0) for each in stands.standing}
    whole = {
        "entries": list(found.values()), "contradictions": pairs(stands.contradictions, found), "parties": PARTIES,
        "givers": frozenset({"USA"}), **more,
    }  # fmt: skip
    subject = PARTIES[about] if about else "A case"
    return Material(subject, about, "USA", reader, at, **whole)


def judgment(looked: Scene, *, needs: int = 2, course: tuple[str, ...] = ()) -> Judgment:
    seen = signs(looked)
    has = max((each.has for each in looked.acts), default=None)
    days = [(day(5 + place), judgement) for place, judgement in enumerate(course)]
    return Judgment(default_rules().judged(seen), seen, days, needs, has)


def impact(of: Pause, *, items: int | None = 3, to: str = "UKR", warnings: int = 0, at: int = day(9, 18)) -> Impact:
    """`items`: how many it holds; None: for whoever may not know."""
    first = day(5, 0) // DAY_US
    held = None
    if items is not None:
        series = Series(first, (items, 0, 0, 0, 0))
        held = Held(items, {"naval": items}, {"indicator": items}, series, {"naval": series.items})
    before = Received(Window(day(3), day(5)), Series(first - 2, (4, 5, 1)), {"naval": 10})
    since = Received(Window(day(5), at), Series(first, (2, 0, 0, 0, 1)), {"naval": 3})
    fresh = Freshness("naval", day(8, 17), day(4), items, items)
    return Impact(of, "usa-ukr", to, at, held, [fresh], {"duty-to-warn": warnings}, before, since)


def suspension(
    of: Pause | None = None, *acts: Any, judged: bool = True, counted: bool = True, **more: Any
) -> Suspension:
    of = of or pause("Ukraine wants peace")
    outlook = judgment(scene(of=of, acts=acts), course=more.pop("course", ())) if judged else None
    return Suspension(of, outlook=outlook, impacts=[impact(of)] if counted else (), **more)


def texts(brief: Brief) -> str:
    """All that a reader may read, in one text."""
    return str(brief.as_value())


def blocks(brief: Brief, title: str) -> tuple[Block, ...]:
    return next((section.blocks for section in brief.sections if section.title == title), ())


__all__ = ["CLEAR", "Restrictions", "act", "day"]
