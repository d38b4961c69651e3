"""Outlook: how near the end of each pause is, gathered from pauses, acts and the cases about them, as of any moment.

For those in office at the party whose pause it is; for everybody else there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.act import Act
from relto.domain.errors import Unknown
from relto.domain.moment import DAY_US
from relto.domain.outlook.signs import Scene, evidence, signs, statements_of_late, talks_ahead
from relto.domain.pause import Pause, pause_number
from relto.usecases.cases.loading import Library
from relto.usecases.cases.timeline import about
from relto.usecases.holding import held_in_all
from relto.usecases.past import Past, require_passed
from relto.usecases.policy import act_of
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.agreement import Agreement
    from relto.domain.outlook.rules import Judged, Judgement, Rules
    from relto.domain.outlook.signs import Sign
    from relto.domain.record.record import Record, Recorded
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, PauseRow, Snapshot
    from relto.usecases.holding import HeldInAll
    from relto.usecases.policy import Policy, PolicyDesk

COURSE_DAYS_MAX: Final = 366
"""So many days a course tells at most; of a longer one it tells the last."""

LIFTED_US: Final = 30 * DAY_US
"""So long a pause that was lifted is still told of where nobody names one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A condition of the pause, by its place from 1, and the entries of the record that name it."""

    place: int
    entries: Sequence[Recorded]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outlook of one pause as of `at`. `course`: (end of the day or `at`, judgement), from the day it began. How
    much was held is counted for the last of them alone, so that on others no rule holds that asks for it.

    `needs`: approvals that a resume asks for. `lifted_at`: None while it lasts. `cases`: the ids of those that are
    about it.
    """

    pause: Pause
    at: int
    judged: Judged
    signs: Mapping[str, Sign]
    course: Sequence[tuple[int, Judgement]]
    evidence: Sequence[Evidence]
    said: Sequence[Recorded]
    talks: Sequence[Recorded]
    acts: Sequence[Act]
    needs: int
    held_by_topic: Mapping[str, int]
    lifted_at: int | None = None
    cases: Sequence[str] = ()


def outlook(
    node: Node, desk: PolicyDesk, number: str | None = None, *, by: Actor, rules: Rules, at: int | None = None
) -> list[Outlook]:
    """The outlook of one pause, or of all that are in force or scheduled and of those lifted of late; oldest first.

    `at`: as it was at that moment. Raises `Unknown` `pause-unknown`, `BadInput` `when-ahead`.
    """
    found = outlooks_of(node, desk, None if number is None else [number], by=by, rules=rules, at=at)
    kept = [each for each in found.values() if each is not None]
    if number is None:
        return [each for each in kept if each.lifted_at is None or each.lifted_at > each.at - LIFTED_US]
    if not found:
        raise Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto status", pause=number)
    if not kept:
        raise Unknown("pause-unknown", f"there was no pause `{number}` then", remedy="relto status", pause=number)
    return kept


def outlooks_of(
    node: Node, desk: PolicyDesk, numbers: Collection[str] | None, *, by: Actor, rules: Rules, at: int | None = None
) -> dict[str, Outlook | None]:
    """The outlooks of these pauses by number, of all that ever were where none are named; oldest first. One that is not
    there for whoever asks is left out, and one that was not there yet has none. The record is read once for all.

    `at`: as `outlook`. Raises `BadInput` `when-ahead`.
    """
    # What is due is carried out first, as everywhere.
    held = held_in_all(node, desk, numbers, by=by, at=at)
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        moment = now if at is None else at
        require_passed(moment, now)
        policy = desk.current(snap, head.policy_version)
        sight = Sight(by, policy)
        versions = {
            name: rows
            for name, rows in _versions(snap, numbers).items()
            if any(sight.gives(each) for each in Pause.parse_value(rows[-1].value).agreements)
        }
        if not versions:
            return {}
        library = Library(snap, policy, by, now=now)
        records = [(each.originator, library.record(each)) for each in library.cases()]
        # Who is a party, and how many have to agree, may have been otherwise then.
        then = policy if at is None else Past(snap, policy, at, wanted=_everybody, with_items=False).policy
        gathered = _Gathered(then, records, list(_acts(snap)), rules, held)
        return {str(name): gathered.told(rows, moment) for name, rows in sorted(versions.items())}


@dataclass(frozen=True, slots=True)
class _Gathered:
    policy: Policy
    records: Sequence[tuple[str, Record]]
    acts: Sequence[Act]
    rules: Rules
    held: Mapping[str, HeldInAll]

    def told(self, rows: Sequence[PauseRow], at: int) -> Outlook | None:
        """The outlook of one pause; None where it was not there yet."""
        pause = _as_of(rows, at)
        if pause is None:
            return None
        records = [record for keeper, record in self.records if self._is_about(keeper, record, pause, at)]
        held = self.held.get(pause.number)
        scene = replace(self._scene(pause, records, at), held=None if held is None else held.items)
        found = signs(scene)
        judged = self.rules.judged(found)
        places = range(1, len(pause.conditions) + 1)
        lifted = next((row.made_at for row in rows if row.state == "lifted" and row.made_at <= at), None)
        return Outlook(
            pause,
            at,
            judged,
            found,
            [*self._course(rows, records, pause, at)[:-1], (at, judged.judgement)] if pause.since <= at else [],
            [Evidence(place, evidence(scene, place)) for place in places],
            statements_of_late(scene),
            talks_ahead(scene),
            scene.acts,
            self.policy.asks(pause.agreements, "resume"),
            {} if held is None else held.by_topic,
            lifted,
            [record.case.id for record in records],
        )

    def _course(
        self, rows: Sequence[PauseRow], records: Sequence[Record], pause: Pause, at: int
    ) -> list[tuple[int, Judgement]]:
        first = pause.since // DAY_US
        last = at // DAY_US
        moments = [min((day + 1) * DAY_US - 1, at) for day in range(max(first, last - COURSE_DAYS_MAX + 1), last + 1)]
        # Nothing else moves a judgement, and a case may have thousands of entries.
        telling = [record.only(_telling(record)) for record in records]
        found = []
        for moment in moments:
            then = _as_of(rows, moment)
            if then is not None:
                scene = self._scene(then, telling, moment)
                found.append((moment, self.rules.judged(signs(scene)).judgement))
        return found

    def _scene(self, pause: Pause, records: Sequence[Record], at: int) -> Scene:
        parties = frozenset().union(*(self.policy.parties_to(name) for name in pause.agreements))
        return Scene(
            at,
            pause,
            parties,
            self.policy.givers(pause.agreements),
            [record.at(at) for record in records],
            [act for each in self.acts if (act := _act_then(each, at)) and _lifts(each, pause)],
            spans=self.rules.spans,
        )

    def _is_about(self, keeper: str, record: Record, pause: Pause, at: int) -> bool:
        # What others keep counts for nobody's pause, whoever may look at it.
        if keeper not in self.policy.givers(pause.agreements):
            return False
        return about(record.at(at), self.policy).has(pause)


def _telling(record: Record) -> Iterator[Recorded]:
    """What may move a judgement; what is corrected as well, since its source says when a correction was told."""
    corrected = {each.entry.corrects for each in record.recorded if each.entry.corrects}
    for each in record.recorded:
        entry = each.entry
        if entry.corrects or each.key in corrected or entry.kind in {"talks", "link"} or "points" in entry.body:
            yield each


def _everybody(_flow: FlowRow, _terms: Agreement) -> bool:
    return True


def _versions(snap: Snapshot, numbers: Collection[str] | None) -> dict[int, list[PauseRow]]:
    """All versions of these pauses, or of all, by number."""
    if numbers is None:
        rows = snap.pause_versions()
    else:
        rows = [row for number in numbers for row in snap.pause_versions(int(pause_number(number)))]
    found: dict[int, list[PauseRow]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return found


def _as_of(rows: Sequence[PauseRow], at: int) -> Pause | None:
    """The version of a pause that counted at the moment; None where there was none yet."""
    counted = [row for row in rows if row.made_at <= at]
    return Pause.parse_value(counted[-1].value) if counted else None


def _acts(snap: Snapshot) -> Iterator[Act]:
    before: int | None = None
    while rows := snap.acts(kind="resume", before=before):
        yield from map(act_of, rows)
        before = rows[-1].number


def _lifts(act: Act, pause: Pause) -> bool:
    return pause_number(str(act.order["pause"])) == pause.number


def _act_then(act: Act, at: int) -> Act | None:
    """The act as it stood at a moment, where it was open then."""
    if act.made_at > at or (act.ended_at is not None and act.ended_at <= at):
        return None
    approvals = tuple(each for each in act.approvals if each.at <= at)
    then = replace(
        act, approvals=approvals, after=None, outcome={}, ended_by="", ended_at=None, ended_why="", ended_party="",
        ended_how="", ended_roles=(),
    )  # fmt: skip
    return replace(then, state="scheduled" if then.is_approved else "proposed")
