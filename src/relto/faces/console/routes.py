"""Routes: each page by its address, in the order of the navigation.

>>> route, names = found("/agreements/usa-ukr")
>>> route.path, names
('/agreements/{agreement}', {'agreement': 'usa-ukr'})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from relto.faces.console.act import Act
from relto.faces.console.pages import agreement, decision, inbox, overview, pause
from relto.faces.console.visit import Page


@dataclass(frozen=True, slots=True)
class Route:
    """A page at an address, what it does when its form is sent, or both. A part `{name}` stands for any text."""

    path: str
    page: Page | None = None
    act: Act | Page | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """What can be done there."""
        return (*(("GET", "HEAD") if self.page else ()), *(("POST",) if self.act else ()))

    @property
    def name(self) -> str:
        """For the metrics."""
        words = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return "-".join(["console", *words])


ROUTES: Final = (
    Route("/", overview.page),
    Route("/flows", overview.flows),
    Route("/holding", overview.holding),
    Route("/agreements", agreement.listed),
    Route("/agreements/new", agreement.form, agreement.APPLY),
    Route("/agreements/{agreement}", agreement.page),
    Route("/agreements/{agreement}/amend", agreement.form, agreement.APPLY),
    Route("/agreements/{agreement}/end", agreement.ending, agreement.END),
    Route("/pauses", pause.listed),
    Route("/pauses/new", pause.form, pause.PAUSE),
    Route("/pauses/preview", None, pause.preview),
    Route("/pauses/topics", None, pause.topics),
    Route("/pauses/resume", pause.resuming, pause.RESUME),
    Route("/pauses/resume/preview", None, pause.preview_resume),
    Route("/pauses/{pause}", pause.page),
    Route("/pauses/{pause}/amend", pause.amending, pause.AMEND),
    Route("/pauses/{pause}/conditions", None, pause.ADD_CONDITION),
    Route("/pauses/{pause}/conditions/{condition}", None, pause.SET_CONDITION),
    Route("/acts", decision.listed),
    Route("/acts/{act}", decision.page),
    Route("/acts/{act}/approve", None, decision.APPROVE),
    Route("/acts/{act}/reject", None, decision.REJECT),
    Route("/acts/{act}/withdraw", None, decision.WITHDRAW),
    Route("/inbox", inbox.page),
    Route("/inbox/{notice}/acknowledge", None, inbox.ACKNOWLEDGE),
)
"""Where two fit, the first counts."""


def found(path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of this path, as it was sent, and what stands in it."""
    asked = [unquote(part) for part in path.strip("/").split("/")]
    for route, parts in _TABLE.get(len(asked), ()):
        names = _names(parts, asked)
        if names is not None:
            return route, names
    return None


def _names(parts: Sequence[str], asked: Sequence[str]) -> dict[str, str] | None:
    names = {}
    for part, text in zip(parts, asked, strict=True):
        if part.startswith("{"):
            if not text:
                return None
            names[part.strip("{}")] = text
        elif part != text:
            return None
    return names


def _table() -> Mapping[int, Sequence[tuple[Route, list[str]]]]:
    table: dict[int, list[tuple[Route, list[str]]]] = {}
    for route in ROUTES:
        parts = route.path.strip("/").split("/")
        table.setdefault(len(parts), []).append((route, parts))
    return table


_TABLE: Final = _table()
