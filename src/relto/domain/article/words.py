"""Words: the vocabulary of the rules, written as prose is: blanks between words, strokes between phrases.

>>> sorted(word_set("truce halt")), phrase_list("called off|put on hold")
(['halt', 'truce'], ('called off', 'put on hold'))
"""

from __future__ import annotations

from functools import cache


@cache
def word_set(text: str) -> frozenset[str]:
    """The words of a text of ours; the same text is taken apart once."""
    return frozenset(text.split())


@cache
def phrase_list(text: str) -> tuple[str, ...]:
    """The phrases of a text of ours, in order."""
    return tuple(part.strip() for part in text.split("|"))
