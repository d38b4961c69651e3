"""Reclassing: which items a new vocabulary can have moved, as far as the log tells.

Items keep the topics that they came in with until the past is decided anew. By then a topic whose words are others than
when that was done last may have come to any item or gone from it. Any other topic comes to an item alone that joins
others, from something that it joins and that arrived after it; and none goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.classes import JOINING_TYPES
from relto.domain.topic import Vocabulary
from relto.usecases.evidence.expected import broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relto.domain.classes import Class
    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected


@dataclass(frozen=True, slots=True)
class Gain:
    """Items that took these topics on without a new word for them."""

    leaf: Expected
    topics: frozenset[str]
    seqs: Sequence[int]


class Vocabularies:
    """Which topics have other words than when the past was decided anew."""

    def __init__(self) -> None:
        """None."""
        self._changed: set[str] = set()

    def adopted(self, before: str, after: str) -> None:
        """Another vocabulary counts."""
        one, other = set(Vocabulary.parse(before).topics), set(Vocabulary.parse(after).topics)
        self._changed |= {topic.name for topic in one ^ other}

    def unexplained(self, leaf: Expected, old: Class, new: Class, seqs: Sequence[int]) -> Iterator[Gain]:
        """What no new word explains of these items, which move from class to class.

        Raises `Broken` (`move-unfounded`) where what they join cannot explain it either.
        """
        left = (old.topics ^ new.topics) - self._changed
        if left & old.topics or (left and old.type not in JOINING_TYPES):
            text = f"no new word moves items by {', '.join(sorted(left))}"
            raise broken(leaf, "move-unfounded", text)
        if left:
            yield Gain(leaf, left, seqs)

    def decided(self, *, is_settled: bool) -> None:
        """The past was decided anew; unless it `is_settled`, what joins others may not be as it will be."""
        if is_settled:
            self._changed.clear()


def require_gains(change: Change, gains: Sequence[Gain]) -> None:
    """Raises `Broken` (`move-unfounded`) where an item took on what nothing has that it joins."""
    if not gains:
        return
    joined: dict[int, set[bytes]] = {}
    for seq, key in change.tx.joined({seq for gain in gains for seq in gain.seqs}):
        joined.setdefault(seq, set()).add(key)
    known = change.tx.known({key for keys in joined.values() for key in keys})
    topics = {
        key: frozenset().union(*(change.policy.classes[each.class_id].value.topics for each in versions))
        for key, versions in known.items()
    }
    for gain in gains:
        for seq in gain.seqs:
            has = frozenset().union(*(topics.get(key, frozenset()) for key in joined.get(seq, ())))
            if not gain.topics <= has:
                raise broken(gain.leaf, "move-unfounded", f"item {seq} took on topics that nothing has that it joins")
