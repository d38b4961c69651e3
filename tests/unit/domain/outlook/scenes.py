"""Scenes to look at: records of entries as people write them, on days of March 2025, and pauses with conditions."""

from __future__ import annotations

from typing import Any

from relto.domain.act import Act, Approval
from relto.domain.classes import Restrictions
from relto.domain.condition import Condition
from relto.domain.moment import DAY_US
from relto.domain.outlook.signs import Scene, Sign, Spans, signs
from relto.domain.pause import Pause
from relto.domain.record.casefile import Case
from relto.domain.record.entry import Entry
from relto.domain.record.record import Record, Recorded
from relto.domain.record.when import When
from relto.domain.record.who import Stored

CLEAR = Restrictions(marked=True, tlp=0)

TRUMP = {"name": "Donald Trump", "role": "president", "party": "USA"}
PESKOV = {"name": "Dmitry Peskov", "role": "presidential spokesman", "party": "RUS"}

LEAST: dict[str, dict[str, Any]] = {
    "statement": {"speaker": TRUMP, "words": "We just about have"},
    "talks": {"place": "Jeddah", "state": "announced"},
    "proposal": {"subject": "a truce in the air", "by": [{"party": "UKR"}]},
    "deal": {"subject": "minerals deal", "parties": ["USA", "UKR"], "status": "stalled"},
    "condition": {"asks": "peace is wanted", "asked_by": TRUMP},
    "reaction": {"by": PESKOV, "stance": "welcomes", "towards": "the pause"},
    "impact": {"on": ["UKR"], "effect": "grave"},
    "shift": {"party": "USA", "from": "one policy", "to": "another"},
    "measure": {"does": "paused", "by": {"party": "USA"}},
    "person": {"name": "Somebody New", "party": "USA", "role": "envoy"},
}
"""By kind, what has to be there."""


def day(number: int, hour: int = 12) -> int:
    """A moment of March 2025."""
    return When.parse(f"2025-03-{number:02d}").first + hour * DAY_US // 24


def entry(kind: str, key: str, date: str = "2025-03-09", **more: Any) -> Entry:
    value = {"kind": kind, "key": key, "date": date, "confidence": "confirmed", **LEAST.get(kind, {}), **more}
    return Entry.parse({name: part for name, part in value.items() if part is not None}, names=Stored())


def record(
    *entries: Entry,
    at: int | None = None,
    marked: dict[str, Restrictions] | None = None,
    restrictions: Restrictions = CLEAR,
    case: str = "one",
    **more: Any,
) -> Record:
    """Each entry recorded at the noon of its first day, or at `at`; later ones of a day a microsecond later."""
    made = []
    for seq, each in enumerate(entries, start=1):
        source = each.source.date if each.source is not None else None
        moment = at if at is not None else min((source or each.date).first, day(28)) + DAY_US // 2
        made.append(Recorded(each, seq, f"note--{seq}", moment + seq, "olga", (marked or {}).get(each.key, CLEAR)))
    whole = {"case": case, "title": "A case", "agreements": ["usa-ukr"], "parties": ["UKR"], **more}
    begun = min((each.at for each in made), default=day(1)) - 1
    return Record(Case.parse(whole, party="USA"), begun, made, restrictions=restrictions)


def pause(*conditions: Condition | str, number: str = "2", **more: Any) -> Pause:
    whole = {"agreements": frozenset({"usa-ukr"}), "reason": "talks", "made_by": "olga", "made_at": day(5), **more}
    made = tuple(each if isinstance(each, Condition) else Condition(each) for each in conditions)
    return Pause(number, conditions=made, **whole)


def act(number: int = 1, *approved: int, needs: int = 2, **more: Any) -> Act:
    """A proposed resume with approvals of these moments."""
    whole = {"made_at": day(8), "order": {"pause": "2"}, "state": "proposed", **more}
    approvals = tuple(Approval(f"ann-{at}", "USA", "token", at) for at in approved)
    return Act(number, "resume", "olga", "USA", "password", needs=needs, approvals=approvals, **whole)


def scene(*records: Record, at: int = day(9, 18), of: Pause | None = None, **more: Any) -> Scene:
    parties = {"parties": frozenset({"USA", "UKR"}), "givers": frozenset({"USA"})}
    return Scene(at, of or pause(), records=[each.at(at) for each in records], **{**parties, **more})


def seen(*records: Record, **more: Any) -> dict[str, Sign]:
    return signs(scene(*records, **more))


def roles(*words: str) -> Spans:
    return Spans(roles=words)
