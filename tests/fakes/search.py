"""A search index in memory."""

from collections.abc import Collection, Sequence

from relto.ports.search import IndexPlace


class FakeSearchIndex:
    """Keeps the words of each item."""

    def __init__(self) -> None:
        self._place = IndexPlace()
        self._words: dict[int, frozenset[str]] = {}

    def place(self) -> IndexPlace:
        return self._place

    def add(self, place: IndexPlace, words: Sequence[tuple[int, Collection[str]]], *, upto: int, digest: bytes) -> bool:
        if place != self._place:
            return False
        self._words |= {seq: frozenset(each) for seq, each in words if each}
        self._place = place._replace(upto=upto, digest=digest)
        return True

    def find(self, words: Sequence[str], *, after: int = 0, before: int, limit: int) -> list[int]:
        found = [seq for seq, each in self._words.items() if after < seq < before and each.issuperset(words)]
        return sorted(found, reverse=True)[:limit]

    def forget(self, place: IndexPlace, seqs: Collection[int], *, purge: int) -> bool:
        if place != self._place:
            return False
        for seq in seqs:
            self._words.pop(seq, None)
        self._place = place._replace(purge=purge)
        return True

    def clean(self) -> bool:
        return False

    def clear(self) -> None:
        self._words.clear()
        self._place = IndexPlace()

    def close(self) -> None:
        pass
