"""An example of each page's address, in the demonstration world; `None`: it has no page of its own to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relto.demo.run import World

Example = Callable[[World], str]


def _fixed(address: str) -> Example:
    return lambda world: address


EXAMPLES: Mapping[str, Example] = {
    "/": _fixed("/"),
    "/flows": _fixed("/flows"),
    "/holding": _fixed("/holding"),
    "/agreements": _fixed("/agreements"),
    "/agreements/new": _fixed("/agreements/new"),
    "/agreements/{agreement}": _fixed("/agreements/usa-ukr"),
    "/agreements/{agreement}/amend": _fixed("/agreements/usa-ukr/amend"),
    "/agreements/{agreement}/end": _fixed("/agreements/usa-ukr/end"),
    "/pauses": _fixed("/pauses"),
    "/pauses/new": _fixed("/pauses/new?agreement=usa-ukr"),
    "/pauses/resume": lambda world: f"/pauses/resume?pause={world.pauses['intelligence']}",
    "/pauses/{pause}": lambda world: f"/pauses/{world.pauses['intelligence']}",
    "/pauses/{pause}/amend": lambda world: f"/pauses/{world.pauses['intelligence']}/amend",
    "/acts": _fixed("/acts"),
    "/acts/{act}": lambda world: f"/acts/{world.acts}",
    "/inbox": _fixed("/inbox"),
}
"""By the path of the route."""

FRAGMENTS = frozenset({"/flows", "/holding"})
"""Parts of pages, which nobody looks at by themselves."""
