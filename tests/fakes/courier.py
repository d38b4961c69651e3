"""A courier that carries nothing: it keeps what it was given, and says what it was told to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from relto.domain.dispatch import Outcome

M = TypeVar("M")


class FakeCourier(Generic[M]):
    """`says`: an outcome for every message, or what makes one of a message (and may do anything else before)."""

    def __init__(self, says: Outcome | Callable[[M], Outcome] = Outcome("delivered", 200)) -> None:  # noqa: B008 - a value
        self.says = says
        self.carried: list[M] = []

    def carry(self, message: M, /) -> Outcome:
        self.carried.append(message)
        return self.says if isinstance(self.says, Outcome) else self.says(message)
