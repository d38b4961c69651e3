"""Attribution: who says what. A saying has a verb and whoever does it; quotations are given to sayings.

The rules, in order: a quotation belongs to the saying that stands nearest in its sentence; without one, to whom
`according to` names, or to whom its sentence is about before a colon; a quotation that stands alone belongs to whoever
spoke just before, in its paragraph or the one before. What is in quotation marks and is nobody's words (a title, a
term, a doubtful word) belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.domain.article.known import Who
from relto.domain.article.roles import DOCUMENTS, GROUPS
from relto.domain.article.scene import Scene
from relto.domain.article.sentence import Sentence
from relto.domain.article.speaker import main_subject, named, subject_before, subject_behind
from relto.domain.article.token import Token
from relto.domain.article.verbs import (
    AUXILIARY,
    BINDING,
    CHATTY,
    FINITE,
    NAMING,
    PASSIVE,
    SAYING,
    TELLING,
    TELLING_NOUNS,
)
from relto.domain.article.words import word_set

SENTENCE_MAX: Final = 400
"""Tokens of a sentence in which somebody may say something; what is longer is a list, or no prose."""

_TERMS: Final = word_set(
    "so-called means meaning meant titled entitled dubbed nicknamed headlined codenamed code-named known word phrase "
    "term labelled labeled film book novel song album series play marked stamped slogan reading styled"
)
_BEFORE_NOUN: Final = frozenset(
    ["without", "of", "for", "in", "by", "with", "early", "no", "any", "such", "from", "than", "prior", "advance"]
)
_MODALS: Final = word_set("should could might must can cannot may to")
_DETERMINERS: Final = word_set("the a an his her its their this that these those our any no")
_AFTER_TERM: Final = word_set(
    "and or but of in on at for to from by with as that which who while after before when is was are were will would "
    "said says over about against between during into if because not"
)


@dataclass(frozen=True, slots=True)
class Saying:
    """A verb of speech: the token's place, and who does it. `is_behind`: who speaks is named behind the verb."""

    verb: int
    who: Who
    word: str
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation of a sentence (its token's place) and whose it is. `is_whole`: a sentence of their own, no part."""

    quote: int
    who: Who
    saying: Saying | None
    rule: str
    is_whole: bool


def sayings_of(sentence: Sentence, scene: Scene) -> list[Saying]:
    """Who says something in it, in order."""
    tokens = sentence.tokens
    found: list[Saying] = []
    if len(tokens) > SENTENCE_MAX:
        return found
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.is_possessive:
            continue
        if token.lower not in SAYING and not _is_voiced(tokens, place) and not _is_claimed(tokens, place):
            continue
        if token.is_capital and place and tokens[place - 1].kind == "word":
            continue
        saying = _saying_at(sentence, place, token, found, scene)
        if saying is not None:
            found.append(saying)
    return found


def _saying_at(sentence: Sentence, place: int, token: Token, before: Sequence[Saying], scene: Scene) -> Saying | None:
    tokens = sentence.tokens
    word = token.lower
    previous = tokens[place - 1].lower if place else ""
    if not _is_said(tokens, place, previous, is_first=not before):
        return None
    if word in TELLING and _is_behind_quote(tokens, place):
        who = subject_behind(sentence, place, scene)
        if who is not None:
            return Saying(place, who, word, is_behind=True)
    if word in BINDING or previous in {"and", "but", "then", "or"}:
        who = before[-1].who if before else main_subject(sentence, scene, before=place)
    else:
        who = subject_before(sentence, place, scene)
    if who is None and word in {"said", "says"} and place > 4 and previous == ",":
        # `The talks go on, said a person briefed on them.`
        who = subject_behind(sentence, place, scene)
    if who is None or (word in {"read", "reads"} and not DOCUMENTS & set(who.unnamed.lower().split())):
        return None
    return Saying(place, who, word)


def _is_said(tokens: Sequence[Token], place: int, previous: str, *, is_first: bool) -> bool:
    """Whether the word is a verb there, and somebody does what it says."""
    word = tokens[place].lower
    if word in TELLING_NOUNS and not (place and (tokens[place - 1].is_capital or previous in {"he", "she"})):
        return False
    if word in BINDING and (previous in _BEFORE_NOUN or (previous == "and" and is_first)):
        return False
    if word in {"suggested", "suggests"} and place + 1 < len(tokens) and tokens[place + 1].lower in {"a", "an"}:
        return False
    if previous == "have" and place > 1 and tokens[place - 2].lower == "to":
        return False
    if word == "went" and not (place + 1 < len(tokens) and tokens[place + 1].lower == "on"):
        return False
    return previous not in _MODALS and previous not in _DETERMINERS


def _is_voiced(tokens: Sequence[Token], place: int) -> bool:
    """`“No more!” Mr Rubio bellowed.`: a name and one word behind a quotation, and nothing else."""
    token = tokens[place]
    if token.is_capital or not token.lower.endswith("ed"):
        return False
    if place + 1 < len(tokens) and tokens[place + 1].text not in {".", ","}:
        return False
    start = place - 1
    while start >= 0 and place - start < 7 and tokens[start].is_capital:
        start -= 1
    return 0 <= start < place - 1 and tokens[start].kind == "quote"


def _is_claimed(tokens: Sequence[Token], place: int) -> bool:
    """`Peskov sneered that …`: a name, one word and `that`."""
    token = tokens[place]
    if token.is_capital or not token.lower.endswith("ed") or not 0 < place < len(tokens) - 1:
        return False
    return tokens[place + 1].lower == "that" and (
        tokens[place - 1].is_capital or tokens[place - 1].lower in {"he", "she"}
    )


def _is_behind_quote(tokens: Sequence[Token], place: int) -> bool:
    before = tokens[place - 1] if place else None
    if before is None:
        return False
    if before.text == "," and place > 1:
        before = tokens[place - 2]
    return before.kind == "quote"


def spoken(sentence: Sentence, sayings: Sequence[Saying], latest: Who | None, scene: Scene) -> list[Said]:
    """Whose each quotation of the sentence is; those that are nobody's are left out. `latest`: who spoke before."""
    found = []
    sides = _other_sayings(sentence, scene) if sentence.quotes else []
    for quote in sentence.quotes:
        whole = is_whole(sentence, quote)
        saying = _nearest(sentence, quote, sayings)
        if saying is not None:
            if whole or _is_word_of(sentence, quote, saying):
                found.append(Said(quote, saying.who, saying, "said", whole))
            continue
        side = next(iter(sorted(sides, key=lambda each: abs(each[0] - quote))), None)
        if side is not None:
            if whole or _is_part(sentence, quote):
                found.append(Said(quote, side[1], None, side[2], whole))
            continue
        if whole and latest is not None and sentence.is_quoted_only:
            found.append(Said(quote, latest, None, "goes-on", whole))
    return found


def is_whole(sentence: Sentence, quote: int) -> bool:
    """Whether a quotation is a sentence, or the beginning of one, and no part of the reporter's."""
    inner = inner_text(sentence.tokens[quote])
    words = inner.split()
    if not inner or not words:
        return False
    if inner.endswith((".", "!", "?", ",", "…", "—", "...")) and (inner[0].isupper() or len(words) > 3):
        # What a sentence begins with is said, though each of its words be written large: “It's Christmas,” he said.
        return quote == 0 or not _is_title_case(words)
    return inner[0].isupper() and len(words) > 4 and not _is_title_case(words)


def inner_text(token: Token) -> str:
    """What was said, without its marks."""
    text = token.text[1:]
    return text[:-1] if text and text[-1] in "\"”»’'“›" else text


def _is_title_case(words: Sequence[str]) -> bool:
    """`The Long Winter`: the name of something."""
    long = [word for word in words if len(word) > 3]
    return len(words) > 1 and len(words) < 9 and bool(long) and all(word[0].isupper() for word in long)


def _nearest(sentence: Sentence, quote: int, sayings: Sequence[Saying]) -> Saying | None:
    """The saying to which a quotation of the same sentence belongs."""
    tokens = sentence.tokens
    best: tuple[int, Saying] | None = None
    for saying in sayings:
        if saying.verb < quote:
            between = tokens[saying.verb + 1 : quote]
            distance = len(between)
            # Directly before: `said: “…”`.
            if any(token.text == ";" for token in between):
                distance += 40
        else:
            between = tokens[quote + 1 : saying.verb]
            distance = len(between)
            if not is_whole(sentence, quote):
                # A part of what the reporter writes: `The “breakthrough” was welcome, he said.`
                distance += 10
            elif quote and tokens[quote - 1].kind == "word" and tokens[quote - 1].lower in SAYING:
                distance += 60
        if best is None or distance < best[0]:
            best = (distance, saying)
    return best[1] if best is not None and best[0] < 60 else None


def _is_word_of(sentence: Sentence, quote: int, saying: Saying) -> bool:
    """Whether a part of a sentence in quotation marks is the speaker's own wording."""
    tokens = sentence.tokens
    words = inner_text(tokens[quote]).split()
    if not _is_part(sentence, quote, naming=saying.word in NAMING or len(words) == 1):
        return False
    if len(words) > 1:
        return True
    if saying.verb > quote:
        return False
    if saying.word not in NAMING:
        after = tokens[quote + 1] if quote + 1 < len(tokens) else None
        return tokens[quote - 1].lower in PASSIVE and (after is None or after.kind != "word")
    between = tokens[saying.verb + 1 : quote]
    return len(between) < 14 and not any(token.lower in FINITE or token.lower == "that" for token in between)


def _is_part(sentence: Sentence, quote: int, *, naming: bool = False) -> bool:
    """Whether what is quoted within a sentence is somebody's wording, and no title and no term."""
    tokens = sentence.tokens
    words = inner_text(tokens[quote]).split()
    before = tokens[quote - 1].lower if quote else ""
    after = tokens[quote + 1] if quote + 1 < len(tokens) else None
    if _is_title_case(words) and len(words) < 9:
        return False
    if any(token.lower in _TERMS for token in tokens[max(0, quote - 4) : quote]):
        return False
    if before in {"called", "named"} and not naming:
        return False
    determined = before in _DETERMINERS or (quote > 0 and tokens[quote - 1].is_possessive)
    goes_on = after is not None and after.kind == "word" and after.lower not in _AFTER_TERM
    if len(words) <= 3 and determined and goes_on:
        return False
    return len(words) > 1 or naming


def _other_sayings(sentence: Sentence, scene: Scene) -> list[tuple[int, Who, str]]:
    """`according to X`, `in the words of X`, `X was blunt: “…”`, `X's verdict: “…”`."""
    tokens = sentence.tokens
    found: list[tuple[int, Who, str]] = []
    for place, token in enumerate(tokens):
        word = token.lower
        before = tokens[place - 1].lower if place else ""
        if (
            (word == "to" and before == "according")
            or (word == "of" and before == "words")
            or (word == "by" and (before in {"quoted", "put"} or before in NAMING))
        ):
            who = _object(sentence, place + 1, scene)
        elif word == "it" and before == "put":
            who = subject_before(sentence, place - 1, scene)
        elif token.text == ":" and place + 1 < len(tokens) and tokens[place + 1].kind == "quote":
            who = main_subject(sentence, scene, before=place) or _owner(sentence, place, scene)
            if who is not None:
                found.append((place, who, "colon"))
            continue
        else:
            continue
        if who is not None and not (word == "to" and _is_thing(who)):
            found.append((place, who, "according-to"))
    return found


def _is_thing(who: Who) -> bool:
    """`according to the plate on its side`: nobody's knowledge."""
    return bool(who.unnamed) and not who.party and not GROUPS & set(who.unnamed.lower().split())


def _object(sentence: Sentence, start: int, scene: Scene) -> Who | None:
    tokens = sentence.tokens
    end = start
    while end < len(tokens) and end - start < 16 and tokens[end].kind == "word":
        if end > start and tokens[end].lower in {"who", "which", "that", "on", "as", "and"}:
            break
        end += 1
    for stop in range(end, start, -1):
        who = named(sentence, start, stop, scene)
        if who is not None:
            return who
    return None


def _owner(sentence: Sentence, colon: int, scene: Scene) -> Who | None:
    tokens = sentence.tokens
    for place in range(colon):
        if tokens[place].lower in {"his", "her"}:
            return scene.pronoun("he" if tokens[place].lower == "his" else "she", sentence.paragraph)
    names = scene.names_in(tokens[:colon])
    return scene.person(names[0].text) if names else None


def according_to(sentence: Sentence, scene: Scene) -> Who | None:
    """Whose knowledge a sentence without a quotation goes back to."""
    sides = [who for _, who, rule in _other_sayings(sentence, scene) if rule == "according-to"]
    return sides[0] if sides else None


def has_content(sentence: Sentence, saying: Saying) -> bool:
    """Whether the saying says something without a quotation: `said that the talks would go on`."""
    tokens = sentence.tokens
    after = [token for token in tokens[saying.verb + 1 :] if token.kind == "word"]
    if saying.word in NAMING and saying.word not in TELLING:
        return False
    is_clause = any(token.lower == "that" for token in after[:6]) or any(
        token.lower in FINITE or token.lower in AUXILIARY for token in after
    )
    if tokens[saying.verb - 1].kind == "word" and _closes_sentence(tokens, saying):
        return True
    if saying.word in CHATTY or saying.word in word_set("wrote posted posting writing told telling tell"):
        return any(token.lower == "that" for token in after[:8]) or (saying.word in {"told", "telling"} and is_clause)
    if tokens[saying.verb - 1].text == "," and saying.verb > 6:
        # `The talks went on, officials said.`: what was said stands before.
        return True
    if len(after) < 3:
        return len([token for token in tokens[: saying.verb] if token.kind == "word"]) > 8
    return True


def _closes_sentence(tokens: Sequence[Token], saying: Saying) -> bool:
    """`The talks went on, three officials told a newspaper on Sunday.`: what was said stands before the last comma."""
    comma = next((at for at in range(saying.verb - 1, max(-1, saying.verb - 20), -1) if tokens[at].text == ","), -1)
    before = [token for token in tokens[: max(0, comma)] if token.kind == "word"]
    after = [token for token in tokens[saying.verb + 1 :] if token.kind == "word"]
    return (
        len(before) > 2
        and len(after) < 12
        and any(each.lower in FINITE or each.lower.endswith("ed") for each in before)
    )


def spoken_on(sentence: Sentence, saying: Saying | None, scene: Scene) -> str:
    """The day of a saying where the sentence gives it: beside the verb, or at its head."""
    tokens = sentence.tokens
    mentions = scene.dates_in(tokens)
    verb = saying.verb if saying is not None else -1
    if verb < 0:
        return ""
    for mention in mentions:
        if mention.start > verb and _is_beside(tokens, verb + 1, mention.start):
            return mention.value
    for mention in mentions:
        if mention.end <= verb and (mention.start <= 2 or verb - mention.end <= 2):
            return mention.value
    return ""


def spoken_at(sentence: Sentence, saying: Saying | None, scene: Scene) -> str:
    """The place of a saying where the sentence gives it beside the verb, or at its head."""
    if saying is None:
        return ""
    tokens = sentence.tokens
    for mention in scene.places.places_in(tokens):
        lead = mention.end <= saying.verb and mention.start <= 2
        if lead or (mention.start > saying.verb and _is_beside(tokens, saying.verb + 1, mention.start)):
            return mention.text
    return ""


def _is_beside(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether nothing that is said stands between: only who is told, how, and where."""
    if end - start > 16:
        return False
    for token in tokens[start:end]:
        if token.kind == "quote" or token.lower in FINITE or token.lower in {"that", "would", "will", "to"}:
            return False
        if token.text in {":", ";"}:
            return False
    first = tokens[start].lower if start < end else ""
    if first in word_set("after during at following before in as"):
        return True
    return not any(token.lower in {"talks", "pause", "ceasefire", "meeting"} for token in tokens[start:end])
