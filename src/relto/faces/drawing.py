"""Drawing: numbers as bars and curves of characters, which say the same with colours and without them.

>>> bar(6, most=8, width=4), bar(1, most=80, width=4), bar(0, most=80, width=4)
('███', '▏', '')
>>> curve([0, 1, 4, 8], most=8)
'·▁▄█'
>>> level(0, most=5), level(5, most=5)
('▁', '█')
>>> merged([1, 2, 3, 4, 5], 2)
[1, 5, 9]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

EIGHTHS: Final = "▏▎▍▌▋▊▉█"
HEIGHTS: Final = "▁▂▃▄▅▆▇█"
NOTHING: Final = "·"


def bar(items: int, *, most: int, width: int) -> str:
    """A bar as long as `items` are of `most`, which has `width` characters; what there is is seen, however little."""
    if items <= 0 or width <= 0:
        return ""
    eighths = max(min(items, most) * width * len(EIGHTHS) // max(most, 1), 1)
    whole, rest = divmod(eighths, len(EIGHTHS))
    return EIGHTHS[-1] * whole + (EIGHTHS[rest - 1] if rest else "")


def curve(values: Sequence[int], *, most: int, broad: int = 1) -> str:
    """So many characters for each value, as high as it is of `most`; dots for nothing."""
    steps = len(HEIGHTS)
    return "".join(
        (HEIGHTS[min(-(-value * steps // max(most, 1)), steps) - 1] if value > 0 else NOTHING) * broad
        for value in values
    )


def level(value: int, *, most: int) -> str:
    """A place on a scale from 0 to `most`, the lowest of which is one as well, and is seen."""
    return HEIGHTS[min(max(value, 0), most) * (len(HEIGHTS) - 1) // max(most, 1)]


def merged(values: Sequence[int], together: int) -> list[int]:
    """The sums of so many values at a time; what is left over stands first, since the last ones are looked at."""
    over = len(values) % together
    return [
        sum(values[max(place - together, 0) : place]) for place in range(over or together, len(values) + 1, together)
    ]
