"""Language: whether a text is English, told by the words that no English text does without.

>>> require_english("The talks were held in Jeddah on Tuesday, and it was said that they would go on.", name="a")
>>> language_of("Die Gespräche wurden am Dienstag geführt, und es hieß, dass sie nicht mit dem Ende der Pause enden.")
'German'
"""

from __future__ import annotations

import re
from typing import Final

from relto.domain.errors import BadInput

_WORD: Final = re.compile(r"[^\W\d_]+")
_CHARACTERS_MAX: Final = 20_000
"""So much of a text is looked at."""

SHARE_MIN: Final = 0.2
"""English prose has 0.35 to 0.5 of these words; other languages have less than 0.1."""

_ENGLISH: Final = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "that",
        "is",
        "was",
        "for",
        "it",
        "with",
        "as",
        "his",
        "on",
        "be",
        "at",
        "by",
        "he",
        "had",
        "not",
        "are",
        "but",
        "from",
        "or",
        "have",
        "an",
        "they",
        "which",
        "one",
        "you",
        "were",
        "her",
        "all",
        "she",
        "there",
        "would",
        "their",
        "we",
        "him",
        "been",
        "has",
        "when",
        "who",
        "will",
        "more",
        "no",
        "if",
        "out",
        "so",
        "said",
        "what",
        "up",
        "its",
        "about",
        "into",
        "than",
        "them",
        "can",
        "only",
        "other",
        "new",
        "some",
        "could",
        "time",
        "these",
        "two",
        "may",
        "then",
        "do",
        "first",
        "any",
        "my",
        "now",
        "such",
        "like",
        "our",
        "over",
        "me",
        "even",
        "most",
        "made",
        "after",
        "also",
        "did",
        "many",
        "a",
    ]
)
_OTHERS: Final = {
    "German": "der die das und ist nicht mit von dem den ein eine auf für sich auch es im zu dass wurde sie er am als",
    "French": "le la les des et est une dans que qui pour pas sur au du par avec ce il elle plus ont aux en sont cette",
    "Spanish": "el la los las de que y en un una por con para es se no del al su lo como más fue han esta sus",
    "Italian": "il la che di e un una per non con del della sono si è le gli nel anche alla dei ha come più",
    "Portuguese": "o a os as de que e em um uma para com não por se do da no na dos mais foi ao pelo são",
    "Dutch": "de het een en van is dat op te niet met voor zijn aan er door ook naar bij om werd worden uit",
    "Polish": "i w na z się nie do że to jest o jak po za od dla przez przy są ale tym oraz był",
    "Swedish": "och att det i en är som på av för med den till inte om ett har de han var vid från",
    "Turkish": "ve bir bu için ile da de olarak daha çok olan gibi ancak sonra kadar en ne var",
    "Ukrainian": "і в на що не з до за це та як від про він для але по є також його",
    "Russian": "и в не на что с по как это к из за от о он его для но а также",
}
_FUNCTION: Final = {name: frozenset(words.split()) for name, words in _OTHERS.items()}


def require_english(text: str, *, name: str) -> None:
    """Raises `BadInput` (`article-language`) where the text is in another language."""
    words = _words(text)
    if not words or sum(word in _ENGLISH for word in words) >= SHARE_MIN * len(words):
        return
    language = language_of(text)
    raise BadInput(
        "article-language",
        f"`{name}` is not in English" + (f": it seems to be {language}" if language else ""),
        remedy="read a translation of it",
        language=language,
    )


def language_of(text: str) -> str:
    """Which other language a text is in, by its name; empty where that cannot be told."""
    words = _words(text)
    shares = sorted(((sum(word in known for word in words), name) for name, known in _FUNCTION.items()), reverse=True)
    most, name = shares[0]
    return name if words and most >= 0.12 * len(words) and most > shares[1][0] else ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text[:_CHARACTERS_MAX])]
