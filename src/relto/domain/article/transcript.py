"""Transcripts: paragraphs that begin with who speaks, and a colon; what follows is that speaker's own words.

>>> lines = ["SECRETARY RUBIO: I will not say that.", "QUESTION: Why not?", "SECRETARY RUBIO: Because it is early."]
>>> [(turn.speaker, turn.words) for turn in turns_of(lines)][0]
('SECRETARY RUBIO', 'I will not say that.')
>>> turns_of(["Note: the talks go on.", "They went on."])
[]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.domain.article.words import word_set

_TURN: Final = re.compile(r"([A-Z][\w.'’\-]{0,30}(?: [A-Z][\w.'’\-]{0,30}){0,5})(?: ?\([^()]{1,60}\))?: ?(?=\S)")
_ASKING: Final = word_set("q question reporter journalist moderator interviewer host press")
_NO_SPEAKER: Final = word_set(
    "note update editor correction photo source watch read listen more related video topic image"
)
_TURNS_MIN: Final = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody says before somebody else does, in one paragraph; `asks`: it is a question put to others."""

    paragraph: int
    speaker: str
    words: str
    asks: bool


def turns_of(paragraphs: Sequence[str]) -> list[Turn]:
    """The turns of a transcript; none where the article is none."""
    found = []
    for number, text in enumerate(paragraphs):
        match = _TURN.match(text)
        if match is None:
            continue
        speaker = match[1].strip()
        words = text[match.end() :].strip()
        if speaker.lower().split()[0].strip(".") in _NO_SPEAKER or words[:1] in "\"“‘'«":
            continue
        asks = speaker.lower().rstrip(".").split()[0] in _ASKING
        found.append(Turn(number, speaker, words, asks))
    speakers = {turn.speaker for turn in found}
    is_one = len(found) >= _TURNS_MIN and 2 * len(found) >= len(paragraphs) - 3 and len(speakers) < len(found)
    return found if is_one else []
