"""Terms of an agreement, and what a pause covers, in words.

>>> in_words({"scope": {"topics": {"any": ["naval"]}}, "unmarked": "withhold", "history": "new"})[0]
('What flows', 'topics any of naval')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACTS = {"pause": "a pause", "resume": "a resume", "amend": "a new version"}


def covered(scope: Any) -> str:
    """A selector as documents have it; nothing said means everything."""
    return Selector.parse(scope, where="scope").words() if scope else "everything"


def in_words(terms: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """(what it is about, what is agreed), in the order in which people ask. Dates stay with the page."""
    found = [("What flows", covered(terms.get("scope")))]
    found += [
        ("Flows on through any pause", f"{each['name']}: {covered(each.get('scope'))}")
        for each in terms.get("exceptions", ())
    ]
    unmarked = terms.get("unmarked", "")
    found.append(
        (
            "Without a marking",
            "an object is withheld" if unmarked == "withhold" else f"an object counts as {str(unmarked).upper()}",
        )
    )
    if terms.get("controls"):
        found.append(("Admits", ", ".join(terms["controls"])))
    found.append(
        (
            "History",
            "what was here before the agreement flows as well"
            if terms.get("history") == "all"
            else "only what came after the agreement flows",
        )
    )
    found.append(
        (
            "Retractions",
            "are held by a pause like the rest"
            if terms.get("revocations") == "hold"
            else "reach who has the object through a freeze",
        )
    )
    approvals = terms.get("approvals", {})
    needed = [f"{_ACTS[act]} {count}" for act, count in approvals.items() if count and act in _ACTS]
    found.append(("Approvals by others", ", ".join(needed) if needed else "none"))
    if terms.get("support"):
        found.append(("Goes along whatever its topic", ", ".join(terms["support"])))
    authority = terms.get("authority", {})
    if authority:
        found.append(("Authority", ", ".join(authority.values())))
    return found
