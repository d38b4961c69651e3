"""Topics: the vocabulary, how many items have each, and the past decided anew by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import ReltoError
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.admin.menu import require_administrator, shown
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import topics

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The vocabulary."""
    found = topics.list_(visit.caller)
    most = max((each["items"] for each in found), default=0)
    return shown(visit, "topics", {"topics": found, "most": most}, error)


def _said(visit: Visit) -> Said:
    del visit
    return {}


def _asks(visit: Visit, said: Said) -> Question:
    del said
    require_administrator(visit, "decide the topics of what is stored anew")
    found = topics.preview_reclass(visit.caller)
    moved = found["moved"]
    tells = [
        (
            f"{plural(found['items'], 'item')} {'is' if found['items'] == 1 else 'are'} looked at; "
            f"{plural(moved, 'item')} {'has' if moved == 1 else 'have'} other topics by the vocabulary as it is now."
        ),
        "What the other topics change follows for each recipient, as with any change of policy.",
    ]
    return Question("Decide the topics of all that is stored anew", "Decide it anew", tells, stops=moved > 0)


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said, document
    return Went("/admin/topics")


RECLASS: Final = Act(topics.reclass, _said, _asks, _then, page)
