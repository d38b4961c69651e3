"""Repairing: what a reader moved on past without having been served it is given again, under new dates.

A repair is an epoch of its own in a stream of the reader's own: what was owed leaves its old places and joins the
backlog of that epoch, which starts after the moment that the reader asked for and after every date of the stream.
Nothing is given twice to anyone else, and nothing is copied but spans and epochs (CLIENTS.md, rules 2 to 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relto.domain.actor import SCHEDULE
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.plain import plain
from relto.domain.ranges import EMPTY
from relto.domain.reader import Moved, Track, filters_of
from relto.domain.stream import BACKLOG, BEGINNING, LIVE, Place
from relto.ports.node import CLOCK_STEP_US
from relto.ports.store import MarkRow, RepairRow, TrackRow
from relto.usecases.counting import counted
from relto.usecases.policy import standing_of
from relto.usecases.sequencing import carry_out_due, changing
from relto.usecases.sight import Sight
from relto.usecases.trying import tried

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.flow import ClassState
    from relto.domain.ranges import Ranges
    from relto.domain.stream import Stream
    from relto.ports.node import Node
    from relto.ports.store import AccountRow, FlowRow, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy, PolicyDesk

EPOCHS_KEPT = 8
"""A stream with more epochs than this is folded, as far as it may be."""

FOLD_BEFORE_US = 600_000_000
"""What is folded lies at least this far before the moment that its reader asks for."""

REPAIRS_MAX = 100
"""So often within that time a reader is given again by the server what it moved past; more has to wait. Else one that
breaks off several times a second would leave more epochs than can be folded, and act upon act.
"""


def is_repaired(account: AccountRow) -> bool:
    """Whether the account's gaps are mended; an operator can switch that off."""
    return account.settings.get("repair") is not False


@dataclass(frozen=True, slots=True)
class Given:
    """How many items were given again, when the last of them can be read, and to which accounts, by name."""

    items: int = 0
    visible_at: int = 0
    readers: Sequence[str] = ()


def owed(
    policy: Policy,
    stream: Stream,
    states: Mapping[int, ClassState],
    *,
    after: Place,
    upto: Place,
    types: Collection[str] | None,
    had: Iterable[Place] = (),
) -> dict[int, Ranges]:
    """What may be read between two places of a stream, of these types, less what the reader `had` (`Track.had`).

    What is hidden is not owed while it is.
    """
    found = {}
    for class_id in stream.classes:
        state = states.get(class_id)
        if state is not None and state.hidden_since:
            continue
        if types is not None and policy.classes[class_id].value.type not in types:
            continue
        ranges = _less(stream, class_id, stream.between(class_id, after, upto), after, had)
        if ranges:
            found[class_id] = ranges
    return found


def _less(stream: Stream, class_id: int, ranges: Ranges, after: Place, moved: Iterable[Place]) -> Ranges:
    """The ranges less what repairs in other ways of asking moved, up to these places of their backlogs."""
    for place in moved:
        # What was passed stands behind `after` no more, and its epoch may have been folded since.
        if place > after:
            ranges -= stream.between(class_id, Place(place.epoch, BACKLOG, 0), place)
    return ranges


def repair(
    node: Node,
    desk: PolicyDesk,
    *,
    flow: int,
    reader: str,
    way: str,
    types: Sequence[str] | None,
    added_after: int,
) -> Given:
    """Gives the reader what it is owed up to `added_after`; no items where nothing was owed.

    Another request of the same reader may have come first: all is looked at again inside the write block.
    """
    with changing(node, desk) as change:
        effect, items = mend(change, flow=flow, reader=reader, way=way, types=types, added_after=added_after)
    return Given(items, effect.visible_at)


def mend(
    change: Change, *, flow: int, reader: str, way: str, types: Sequence[str] | None, added_after: int
) -> tuple[Effect, int]:
    """As `repair`, in a write block; how many items. Nothing where the account reads no more, nor where the clock was
    set back since it asked: up to a moment that is ahead nothing is owed.
    """
    row, effect, items = change.policy.flows[flow], change.effect(), 0
    account = change.tx.account(reader)
    if account is None or not reads(account, row.party) or not is_repaired(account):
        return effect, 0
    if added_after > change.now + CLOCK_STEP_US:
        return effect, 0
    _tell_tracks(change, flow, reader, way, types, added_after)
    stream = change.policy.stream(change.tx, change.policy.stream_of(row, reader))
    upto = stream.place_at(added_after, change.tx.seq_upto)
    track = (change.tx.track(flow, reader, way) or Track.begun(upto)).asked(added_after)
    if upto > track.place:
        states = change.policy.states_of(change.tx, flow)
        ranges = owed(change.policy, stream, states, after=track.place, upto=upto, types=types, had=track.had)
        trimmed = change.streams.trimmed(ranges)
        hidden = change.policy.newest_hidden(states, stream)
        if hidden and not _is_marked(change, flow, reader, hidden, track.place):
            # What is hidden between is passed unseen; when it is shown again, it is owed from the old place on.
            change.tx.put_mark(MarkRow(flow, reader, change.head.policy_version, track.place))
        if trimmed:
            items = sum(counted(change.tx, trimmed).values())
            is_all = True
            if track.is_in_doubt:
                # Doubt goes up to one place. What came after `added_after` would stand before what is given again,
                # and pass for covered once already; so it goes along, in the one order. What cannot be read yet
                # stays where it is, for a pause may still begin before it; then nothing is in doubt any more.
                ends = stream.place_at(change.now, change.tx.seq_upto), _end(change, stream)
                trimmed, trimmed_all = (
                    change.streams.trimmed(
                        owed(change.policy, stream, states, after=track.place, upto=end, types=types, had=track.had)
                    )
                    for end in ends
                )
                is_all = trimmed == trimmed_all
            number = _give_again(change, row, [reader], trimmed, effect, earliest=added_after + 1)
            since = stream.date(track.place, _added_at(change, track.place.seq))
            change.tx.add_repair(RepairRow(flow, reader, number, change.now, items, since))
            _tell_other_ways(change, stream, trimmed, TrackRow(flow, reader, way, track), number)
            doubt = _doubt(change, stream, trimmed, track, number) if is_all else BEGINNING
            track = track.mended(place=upto, doubt=doubt, items=items)
            change.act(
                "repair",
                replace(SCHEDULE, account=reader, party=row.party),
                {"agreement": row.agreement, "reader": reader, "items": items},
            )
        else:
            # Nothing but what it had, or what is hidden, stands between.
            track = track.passed(upto)
    change.tx.put_track(TrackRow(flow, reader, way, track))
    _fold(change, row, reader, added_after)
    return effect, items


def _tell_tracks(
    change: Change, flow: int, reader: str, way: str, types: Sequence[str] | None, added_after: int
) -> None:
    """What the reader is owed follows from what it was served, of which the log has but digests: so it says it here,
    and whoever carries it out again does all of this.
    """
    tracks = {row.way: row.track for row in change.tx.tracks(reader=reader) if row.flow == flow}
    told = {"flow": flow, "reader": reader, "way": way, "types": types, "added_after": added_after}
    change.tx.note("owed", {**plain(told), "tracks": plain(tracks)})


def has_to_wait(snap: Snapshot, flow: int, reader: str, now: int) -> bool:
    """Whether the reader was given again so much of late that what it is owed has to wait."""
    since = now - FOLD_BEFORE_US
    rows = (row for row in snap.repairs(flow=flow) if row.reader == reader and row.by is None)
    return sum(row.at > since for row in rows) >= REPAIRS_MAX


def _is_marked(change: Change, flow: int, reader: str, hidden: int, place: Place) -> bool:
    """Whether a mark that counts for all that is hidden, since this version or before, is as low as the place."""
    return any(
        mark.reader == reader and mark.version >= hidden and mark.place <= place for mark in change.tx.marks(flow)
    )


def _give_again(
    change: Change,
    flow: FlowRow,
    names: Collection[str],
    trimmed: Mapping[int, Ranges],
    effect: Effect,
    *,
    earliest: int,
) -> int:
    stream, number = change.streams.give_again(flow, names, trimmed, earliest=earliest)
    effect.epochs.append((stream, number))
    return number


def _added_at(change: Change, seq: int) -> int:
    batch = change.tx.batch_of(seq) if seq else None
    return 0 if batch is None else batch.added_at(seq)


def _end(change: Change, stream: Stream) -> Place:
    """The place after everything that there is, whether it can be read yet or not."""
    return Place(stream.last_epoch, LIVE, change.head.last_seq)


def _doubt(change: Change, stream: Stream, given: Mapping[int, Ranges], track: Track, number: int) -> Place:
    """Up to where, in the epoch of the repair, a broken walk has covered everything before: to the first item of what
    none has.
    """
    if not track.is_in_doubt:
        return BEGINNING
    return Place(number, BACKLOG, _lowest(change, _undoubted(stream, given, track)))


def _undoubted(stream: Stream, ranges: Mapping[int, Ranges], track: Track) -> dict[int, Ranges]:
    """What of the ranges no walk has covered that broke off."""
    doubts = [Place(each.epoch, BACKLOG, each.doubt) for each in track.moved]
    return _beyond(stream, ranges, max(track.place, track.doubt), track.place, doubts)


def _beyond(
    stream: Stream, ranges: Mapping[int, Ranges], place: Place, after: Place, moved: Iterable[Place]
) -> dict[int, Ranges]:
    return {
        class_id: _less(stream, class_id, each & stream.beyond(class_id, place), after, moved)
        for class_id, each in ranges.items()
    }


def _lowest(change: Change, ranges: Mapping[int, Ranges]) -> int:
    """The number before the first item of the ranges; where there is none, the last of all."""
    pairs = [pair for each in change.streams.trimmed(ranges).values() for pair in each]
    return min((after for after, _ in pairs), default=change.head.last_seq)


def _tell_other_ways(
    change: Change, stream: Stream, given: Mapping[int, Ranges], mended: TrackRow, number: int
) -> None:
    """What of a repair the same reader was served before in its other ways of asking it is not owed there again, and
    what was in doubt there stays so.

    Else two ways, each by a clock of its own, would pass the same items to and fro for ever.
    """
    for row in change.tx.tracks(reader=mended.reader):
        if row.flow != mended.flow or row.way == mended.way:
            continue
        types, _ = filters_of(row.way)
        of_way = {
            class_id: ranges
            for class_id, ranges in given.items()
            if types is None or change.policy.classes[class_id].value.type in types
        }
        if not of_way:
            continue
        track = row.track
        missed = _beyond(stream, of_way, track.place, track.place, track.had)
        covered = [Place(each.epoch, BACKLOG, each.covered) for each in track.moved]
        uncovered = _beyond(stream, missed, max(track.place, track.reached), track.place, covered)
        undoubted = _undoubted(stream, missed, track)
        low = min(after for ranges in given.values() for after, _ in ranges)
        bounds = [_lowest(change, each) for each in (missed, uncovered, undoubted)]
        if max(bounds) > low:
            change.tx.put_track(replace(row, track=track.after_move(Moved(number, *bounds))))


def _fold(change: Change, flow: FlowRow, reader: str, added_after: int) -> None:
    """Folds epochs that the reader has long passed, so that one who is repaired at every poll stays at a few.

    Only what lies well before what it asks for now: a client whose clock is behind asks for the last minutes again and
    again, and must not be given all of the past for it.
    """
    stream = change.policy.stream(change.tx, change.policy.stream_of(flow, reader))
    if len(stream.epochs) <= EPOCHS_KEPT:
        return
    tracks = [row.track for row in change.tx.tracks(reader=reader) if row.flow == flow.id]
    stands = [place for track in tracks for place in track.stands]
    # A mark says from where on a cut hid what it hides; inside a fold it would say from the beginning.
    stands += [mark.place for mark in change.tx.marks(flow.id) if mark.reader == reader]
    upto = stream.place_at(added_after - FOLD_BEFORE_US, change.tx.seq_upto)
    # By a clock of its own, which may be behind, or by the last date that it got.
    moments = {moment for track in tracks for moment in (track.date, track.at - FOLD_BEFORE_US, track.at) if moment > 0}
    cursors = [stream.place_at(moment, change.tx.seq_upto) for moment in moments]
    for first, last in change.streams.fold(flow, reader, upto, stands, cursors):
        change.tx.drop_repairs(flow.id, reader, first=first, last=last)


def redeliver(
    node: Node, desk: PolicyDesk, agreement: str, *, recipient: str, account: str | None, since: int, by: Actor
) -> Given:
    """Gives again, under new dates, what readers were shown since a moment (by `date_added`; nothing held or hidden).

    Raises `Unknown` `agreement-unknown`, `party-unknown`, `recipient-unknown`, `account-unknown`; `BadInput`
    `since-ahead`.
    """
    with changing(node, desk, by=by) as change:
        effect = change.effect()
        items, names = redeliver_now(
            change, effect, agreement, recipient=recipient, account=account, since=since, by=by
        )
    return Given(items, max(effect.visible_at, node.now(node.store.head())), names)


def redeliverable(
    node: Node, desk: PolicyDesk, agreement: str, *, recipient: str, account: str | None, since: int, by: Actor
) -> tuple[int, list[str]]:
    """How many items `redeliver` would give again now, and to which accounts. Raises as it does."""
    return tried(
        node,
        desk,
        lambda change: redeliver_now(
            change, change.effect(), agreement, recipient=recipient, account=account, since=since, by=by
        ),
        by=by,
    )


def redeliver_now(
    change: Change, effect: Effect, agreement: str, *, recipient: str, account: str | None, since: int, by: Actor
) -> tuple[int, list[str]]:
    """As `redeliver`, in this block: how many items, to which accounts."""
    standing_of(change.policy, agreement)
    require_officer(change, by, agreement, f"deliver again under agreement `{agreement}`")
    change.policy.parties.party(recipient)
    flow = receiving(change.policy, agreement, recipient)
    if flow is None:
        raise Unknown(
            "recipient-unknown",
            f"party `{recipient}` receives nothing under agreement `{agreement}`",
            remedy=f"relto agreement show {agreement}",
        )
    if since > change.now:
        remedy = "name a moment that has passed, or how far back: 2d"
        raise BadInput("since-ahead", "what was shown since a moment ahead is nothing", remedy=remedy)
    names = _readers_of(change, recipient, account)
    union: dict[int, Ranges] = {}
    for stream_id in sorted({change.policy.stream_of(flow, name) for name in names}):
        sharing = [name for name in names if change.policy.stream_of(flow, name) == stream_id]
        for class_id, ranges in _redeliver(change, flow, sharing, since, by, effect).items():
            union[class_id] = union.get(class_id, EMPTY) | ranges
    items = sum(counted(change.tx, union).values())
    value = {"agreement": agreement, "recipient": recipient, "readers": names, "since": since, "items": items}
    change.act("redeliver", by, value if account is None else {**value, "account": account})
    return items, names


def _redeliver(
    change: Change, flow: FlowRow, names: Sequence[str], since: int, by: Actor, effect: Effect
) -> dict[int, Ranges]:
    """What the readers of one stream are given again."""
    stream = change.policy.stream(change.tx, change.policy.stream_of(flow, names[0]))
    after = stream.place_at(since - 1, change.tx.seq_upto)
    upto = stream.place_at(change.now, change.tx.seq_upto)
    states = change.policy.states_of(change.tx, flow.id)
    if change.policy.newest_hidden(states, stream):
        # What a cut hides was lost in the same window: when it is shown again, it is given from there on.
        for name in names:
            change.tx.put_mark(MarkRow(flow.id, name, change.head.policy_version, after))
    trimmed = change.streams.trimmed(owed(change.policy, stream, states, after=after, upto=upto, types=None))
    if trimmed:
        number = _give_again(change, flow, names, trimmed, effect, earliest=change.now)
        items = sum(counted(change.tx, trimmed).values())
        for name in names:
            change.tx.add_repair(RepairRow(flow.id, name, number, change.now, items, since, by.account))
    return trimmed


def receiving(policy: Policy, agreement: str, party: str) -> FlowRow | None:
    """The flow to a party that can read something under the agreement; None where it left, or all of it was closed."""
    flow = policy.flow(agreement, party)
    return flow if flow is not None and flow.member and not policy.standings[agreement].row.closed else None


def _readers_of(change: Change, party: str, account: str | None) -> list[str]:
    readers = [row.name for row in change.tx.accounts() if reads(row, party) and account in {None, row.name}]
    if not readers:
        named = "" if account is None else f" as `{account}`"
        raise Unknown("account-unknown", f"no account of `{party}` reads{named}", remedy="relto account list")
    return readers


def reads(row: AccountRow, party: str) -> bool:
    """Whether it is an account of the party that reads."""
    return row.party == party and "reader" in row.roles and not row.revoked


def skippable(node: Node, desk: PolicyDesk, account: str, agreement: str, *, by: Actor) -> int:
    """How many items `skip` would move the reader past now. Raises as `skip` does."""
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        _, _, skipped = _skipped(snap, Sight(by, policy), account, agreement, node.now(snap.head()))
        return sum(counted(snap, skipped).values())


def skip(node: Node, desk: PolicyDesk, account: str, agreement: str, *, by: Actor) -> int:
    """Says that nothing up to now is owed to the reader any more; how many items it would have been given.

    A client that asks from a date that it had is still given what came after that. Raises `Unknown` `account-unknown`
    or `agreement-unknown`; `Refused` `account-reads-nothing`.
    """
    with changing(node, desk, by=by) as change:
        return skip_now(change, account, agreement, by=by)


def skip_now(change: Change, account: str, agreement: str, *, by: Actor) -> int:
    """As `skip`, in this block."""
    tracks, place, skipped = begin_skip(change, account, agreement, by=by)
    for row in tracks:
        change.tx.put_track(TrackRow(row.flow, account, row.way, row.track.skipped(place)))
    items = sum(counted(change.tx, skipped).values())
    change.act("reader-skip", by, {"account": account, "agreement": agreement, "items": items})
    return items


def begin_skip(
    change: Change, account: str, agreement: str, *, by: Actor
) -> tuple[list[TrackRow], Place, dict[int, Ranges]]:
    """Whom and what `skip_now` is about to move, and where to, in this block, where it may be done; raises else.

    The reader's tracks, the place of its stream at this moment, and what is owed up to there in any way of asking.
    """
    # A page that is being decided on what was owed before is decided anew, or its track would undo this one.
    change.changed = True
    standing_of(change.policy, agreement)
    require_officer(change, by, agreement, f"skip what is owed under agreement `{agreement}`")
    return _skipped(change.tx, Sight(by, change.policy), account, agreement, change.now)


def require_officer(change: Change, by: Actor, agreement: str, what: str) -> None:
    """Returns where it is an officer of whose agreement it is. Raises `Refused` (`role-missing`, `party-not-yours`)."""
    by.require("officer", for_=change.policy.givers([agreement]), host=change.policy.host, what=what)


def _skipped(
    snap: Snapshot, sight: Sight, account: str, agreement: str, now: int
) -> tuple[list[TrackRow], Place, dict[int, Ranges]]:
    """The reader's tracks, the place of its stream at this moment, and what is owed up to there in any way of asking.

    Raises as `skip` does. An account that reads nothing of an agreement is there for those who see the whole node.
    """
    policy = sight.policy
    standing_of(policy, agreement)
    row = snap.account(account)
    flow = None if row is None else receiving(policy, agreement, row.party)
    if row is None or (not sight.is_whole and (flow is None or not reads(row, row.party))):
        raise Unknown("account-unknown", f"there is no account `{account}`", remedy="relto account list")
    if flow is None or not reads(row, row.party):
        raise Refused("account-reads-nothing", f"account `{account}` reads nothing under agreement `{agreement}`")
    stream = policy.stream(snap, policy.stream_of(flow, account))
    place = stream.place_at(now, snap.seq_upto)
    states = policy.states_of(snap, flow.id)
    tracks = [track for track in snap.tracks(reader=account) if track.flow == flow.id]
    skipped: dict[int, Ranges] = {}
    for track in tracks:
        types, spec_versions = filters_of(track.way)
        if spec_versions is not None and "2.1" not in spec_versions:
            continue
        ranges = owed(policy, stream, states, after=track.track.place, upto=place, types=types, had=track.track.had)
        for class_id, each in ranges.items():
            skipped[class_id] = skipped.get(class_id, EMPTY) | each
    return tracks, place, skipped
