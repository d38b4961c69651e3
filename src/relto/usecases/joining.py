"""Joining: what arrives later and is stricter withholds what joins it from then on, item by item, as a recorded act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relto.domain.classify import stricter
from relto.domain.errors import Unknown
from relto.domain.marking import combine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.ports.store import Known
    from relto.usecases.change import Change

CASCADE_MAX: Final = 100_000
"""Joining items that one arrival may withhold; beyond, the arrival itself is refused (`joined-too-often`)."""


def withhold_joining(
    change: Change,
    fresh: Sequence[tuple[bytes, Class]],
    known: Mapping[bytes, Sequence[Known]],
    late: Collection[bytes],
    *,
    by: Actor,
) -> None:
    """Moves what joins the new items (of these keys and classes), and what joins that in turn, to the class that it has
    with their restrictions.

    `known`: the versions of their objects that were here before. `late`: keys of new items that are stricter than when
    they were classified together.
    """
    joined = _stricter_than_known(change, fresh, known) if change.tx.has_joins() else {}
    moves: dict[int, tuple[int, Class]] = {}
    new_from = change.head.last_seq
    while joined:
        # A new item was classified together with what is new beside it; only what changed since is news to it.
        pairs = [(key, seq) for key, seq in change.tx.joiners(joined) if seq <= new_from or key in late]
        rows = {row.seq: row for row in change.tx.records([seq for _, seq in pairs])}
        following: dict[bytes, Class] = {}
        for key, seq in pairs:
            row = rows[seq]
            source = change.policy.classes[row.class_id]
            now = moves[seq][1] if seq in moves else source.value
            then = stricter(now, joined[key])
            if then.restrictions == now.restrictions:
                continue
            moves[seq] = (source.id, replace(then, lineage=str(source.id)))
            # Two versions of one object may be moved: whoever joins it has the restrictions of both.
            following[row.key] = stricter(following.get(row.key, then), then)
            if len(moves) > CASCADE_MAX:
                raise Unknown("joined-too-often", f"more than {CASCADE_MAX} items join what would withhold them")
        joined = following
        late = set(following)
    if moves:
        # By number, so that whoever does it again gives new classes the same numbers.
        ids = change.intern(klass for _, (_, klass) in sorted(moves.items()))
        change.move([(seq, source, ids[klass]) for seq, (source, klass) in sorted(moves.items())])
        change.act("joined-stricter", by, {"items": sorted(moves)})


def _stricter_than_known(
    change: Change, fresh: Sequence[tuple[bytes, Class]], known: Mapping[bytes, Sequence[Known]]
) -> dict[bytes, Class]:
    """By key, the class of what is new, all its versions together; without what is no stricter than what is here.

    What joins an object has the restrictions of its stored versions already, so a new version that adds none is no
    news, and however many items join it, none is looked at.
    """
    together: dict[bytes, Class] = {}
    for key, klass in fresh:
        before = together.get(key)
        together[key] = klass if before is None else stricter(before, klass)
    for key, versions in known.items():
        if key in together:
            before = union([change.policy.classes[version.class_id].value for version in versions])
            if stricter(before, together[key]) is before:
                del together[key]
    return together


def union(classes: Sequence[Class]) -> Class:
    """What all versions of an object pass on to what joins it."""
    found = classes[0]
    for each in classes[1:]:
        found = replace(
            found, topics=found.topics | each.topics, restrictions=combine(found.restrictions, each.restrictions)
        )
    return found
