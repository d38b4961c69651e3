"""Speakers: who the subject of a verb is, before it or behind it, with or without a name.

>>> from relto.domain.article.known import Known
>>> from relto.domain.article.scene import scene_of
>>> from relto.domain.article.sentence import sentences_of
>>> text = "Keith Kellogg, Trump's envoy for Ukraine, also said so. A senior White House official said no."
>>> sentences = sentences_of(text, 0, [])
>>> scene = scene_of(sentences, (), Known(), None)
>>> who = subject_before(sentences[0], 9, scene)
>>> who.name, who.role
('Keith Kellogg', 'envoy for Ukraine')
>>> who = subject_before(sentences[1], 5, scene)
>>> who.unnamed, who.party
('a senior White House official', 'United States')
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relto.domain.article.dates import MONTHS, WEEKDAYS
from relto.domain.article.known import Who
from relto.domain.article.people import NameMention, is_woman
from relto.domain.article.roles import BODIES, DOCUMENTS, GROUPS, HEADS, TITLES, VAGUE
from relto.domain.article.scene import Scene
from relto.domain.article.sentence import Sentence
from relto.domain.article.token import Token
from relto.domain.article.verbs import AUXILIARY, CONJUNCTIONS, FINITE, PASSIVE, SAYING
from relto.domain.article.words import word_set

PRONOUNS: Final = frozenset({"he", "she", "they", "it"})
PHRASE_MAX: Final = 18
"""Words of the longest phrase that names a speaker."""

ASIDE_MAX: Final = 40
"""Words of the longest aside between a speaker and the verb."""

_PREPOSITIONS: Final = word_set("of for to from at with by in on inside within near")
_DETERMINERS: Final = word_set("the a an one his her its their another this that our my two three several some")
_STOPPING: Final = word_set("on in during after before at via through by with when as while to about late early")
_LEADS: Final = word_set("meanwhile however still later earlier instead then now today yesterday separately elsewhere")
_NOBODY: Final = word_set("nobody everybody everyone anybody anyone none all both what who that this there nothing")
_BOUNDS: Final = word_set("what how why not never also later just still already now then")
_KINDS: Final = word_set(
    "firm company giant maker operator group bank start-up startup agency outlet newspaper broadcaster charity union "
    "supplier vendor provider watchdog regulator lender insurer carrier utility consultancy contractor network "
    "platform daily"
)
_SEEN: Final = word_set("seen obtained reviewed viewed published released leaked")
_AFTER_HEAD: Final = word_set(
    "familiar briefed close involved working who with speaking present attending directly quoted"
)


def subject_before(sentence: Sentence, verb: int, scene: Scene) -> Who | None:
    """Who stands before the verb and does it; None where nobody does, or something is done to them."""
    tokens = sentence.tokens
    place = verb - 1
    while place >= 0 and _is_skipped(tokens, place):
        if tokens[place].lower in PASSIVE and place == verb - 1:
            return None
        place -= 1
    if place < 0:
        return None
    if tokens[place].lower == "who":
        return _before_who(sentence, place, scene)
    if tokens[place].text == ",":
        return _before_aside(sentence, place, scene)
    if tokens[place].kind != "word":
        return _before_brackets(sentence, place, scene) if tokens[place].text == ")" else None
    return named(sentence, _phrase_start(tokens, place), place + 1, scene)


def subject_behind(sentence: Sentence, verb: int, scene: Scene) -> Who | None:
    """Who stands behind the verb and does it: `…,” said Rubio, who …`."""
    tokens = sentence.tokens
    end = verb + 1
    while end < len(tokens) and end - verb <= PHRASE_MAX:
        token = tokens[end]
        if token.kind != "word":
            # The stop of `Mr.` or of an initial.
            before = tokens[end - 1]
            if not (token.text == "." and (before.lower in TITLES or len(before.text) == 1) and end + 1 < len(tokens)):
                break
        elif (
            (end > verb + 1 and not token.is_capital and token.lower in CONJUNCTIONS | SAYING | _AFTER_HEAD)
            or (token.lower in _STOPPING and not _belongs(tokens, end))
            or (token.lower in WEEKDAYS and token.is_capital)
        ):
            break
        end += 1
    return named(sentence, verb + 1, end, scene) if end > verb + 1 else None


def main_subject(sentence: Sentence, scene: Scene, *, before: int = 10_000) -> Who | None:
    """Whom a sentence is about: the first name, pronoun or party in it, less what leads up to its first comma."""
    tokens = sentence.tokens
    start = 0
    if tokens and tokens[0].lower in _PREPOSITIONS | word_set("after before as when while during since"):
        comma = next((at for at, each in enumerate(tokens) if each.text == ","), 0)
        start = comma + 1 if comma < before else 0
    while start < len(tokens) and tokens[start].lower in CONJUNCTIONS | {"but", "and"}:
        start += 1
    if start >= min(len(tokens), before):
        return None
    if tokens[start].lower in PRONOUNS:
        return scene.pronoun(tokens[start].lower, sentence.paragraph)
    names = [each for each in scene.names_in(tokens) if each.start >= start and each.end <= before]
    parties = [each for each in scene.parties_in(tokens) if each.start >= start and each.end <= before]
    if names and (not parties or names[0].title <= parties[0].start) and names[0].title - start < 8:
        return scene.person(names[0].text)
    end = start
    while end < min(len(tokens), before) and tokens[end].kind == "word" and end - start < PHRASE_MAX:
        if (
            end > start
            and not tokens[end].is_capital
            and tokens[end].lower in FINITE | AUXILIARY | SAYING | CONJUNCTIONS
        ):
            break
        if end > start and tokens[end].lower in _STOPPING and not _belongs(tokens, end):
            break
        if _is_past(tokens, start, end):
            break
        end += 1
    for stop in range(end, start, -1):
        who = named(sentence, start, stop, scene)
        # The first words of a phrase are somebody only where they are somebody's name.
        if who is not None and (stop == end or who.key or who.party or who.unnamed or " " in who.name):
            return who
    return None


def _is_past(tokens: Sequence[Token], start: int, place: int) -> bool:
    """Whether a word is what the subject did: `Iran's parliament voted`."""
    word = tokens[place]
    if word.is_capital or not word.lower.endswith("ed") or "-" in word.text:
        return False
    return place - start > 1


def named(sentence: Sentence, start: int, end: int, scene: Scene) -> Who | None:
    """Whom the phrase `[start, end)` means; None where it means nobody who could speak."""
    tokens = sentence.tokens
    while start < end and (tokens[start].lower in CONJUNCTIONS | _LEADS or tokens[start].kind != "word"):
        start += 1
    while end > start and tokens[end - 1].lower in {"who", "that", "which", ",", "and"}:
        end -= 1
    if start >= end or (end - start == 1 and tokens[start].lower in _NOBODY):
        return None
    if end - start == 1 and tokens[start].lower in PRONOUNS:
        return _within(sentence, start, scene) or scene.pronoun(tokens[start].lower, sentence.paragraph)
    names = [each for each in scene.names_in(tokens[start:end]) if each.end == end - start]
    if names:
        return _person(tokens, start, names[0], scene)
    lead = scene.names_in(tokens[start:end])
    if lead and lead[0].title == 0 and tokens[start + lead[0].end].lower in {"of", "from", "at", "with"}:
        # `Dr Imogen Farrar of the Ashdown Centre`
        return scene.person(lead[0].text)
    return _somebody(sentence, start, end, scene)


def _within(sentence: Sentence, pronoun: int, scene: Scene) -> Who | None:
    """Whom `he` means where the sentence itself began with somebody: `Zelenskyy warned against what he called …`."""
    tokens = sentence.tokens
    if tokens[pronoun].lower not in {"he", "she"}:
        return None
    names = scene.names_in(tokens)
    if not names or names[0].end > pronoun:
        return None
    if names[0].title > 2 and not (names[0].title < 8 and tokens[names[0].title - 1].text == ","):
        return None
    if any(token.kind == "quote" for token in tokens[names[0].end : pronoun]):
        return None
    who = scene.person(names[0].text)
    woman = is_woman(f"{who.name} {who.role}")
    return who if woman in {None, tokens[pronoun].lower == "she"} else None


def _person(tokens: Sequence[Token], start: int, name: NameMention, scene: Scene) -> Who | None:
    begin = start + name.title
    before = tokens[begin - 1].lower if begin > start else ""
    if before in {"for", "of", "to", "from", "by", "with"} and any(
        token.lower in HEADS or token.lower in GROUPS for token in tokens[start : begin - 1]
    ):
        phrase = " ".join(token.text for token in tokens[start : start + name.end] if token.text != ".")
        return Who(unnamed=_small(phrase, tokens[start]), party=scene.person(name.text).party)
    return scene.person(name.text)


def _somebody(sentence: Sentence, start: int, end: int, scene: Scene) -> Who | None:
    """A party, a body, or somebody by what they are."""
    tokens = sentence.tokens
    # `On Sunday officials in Kyiv said`: what leads up is no part of it.
    start = _after_lead(tokens, start, end)
    phrase = tokens[start:end]
    if not phrase:
        return None
    parties = scene.register.parties_in(phrase)
    body = [token for token in phrase if token.lower not in _DETERMINERS]
    if len(parties) == 1 and len(body) == parties[0].end - parties[0].start:
        return _party(phrase, parties[0].party, is_seat=parties[0].form == "seat" and not parties[0].is_town,
                      is_people=parties[0].form == "people")  # fmt: skip
    head = _head(phrase)
    if head is None:
        return _stranger(phrase, scene)
    word = phrase[head].lower
    text = " ".join(token.text for token in phrase)
    party = _party_of(phrase, head, scene)
    if word in DOCUMENTS:
        for place in range(head + 1, len(phrase) - 1):
            if phrase[place].lower in {"by", "from"} and phrase[place - 1].lower not in _SEEN:
                return named(sentence, start + place + 1, end, scene)
    definite = phrase[0].lower in {"the", "his", "her"} or phrase[0].is_possessive or word == phrase[0].lower
    if word in HEADS and definite:
        words = " ".join(token.lower for token in phrase[: head + 1] if token.lower in TITLES)
        who = scene.by_role(words, party)
        if who is not None:
            return who
    if definite and word in GROUPS and len(phrase) == head + 1 == 2:
        who = scene.unnamed(word)
        if who is not None:
            return who
    # `Furious MPs` at the head of a sentence are nobody's name.
    opens = start == 0 and len(phrase) == 2 and word.endswith("s")
    if _is_proper(phrase) and word not in HEADS and not opens:
        return Who(name=_proper(phrase), party=party, is_body=True)
    return Who(unnamed=_small(text, phrase[0]), party=party)


def _party(phrase: Sequence[Token], party: str, *, is_seat: bool, is_people: bool) -> Who | None:
    if is_people or is_seat:
        return Who(unnamed=_small(" ".join(token.text for token in phrase), phrase[0]), party=party)
    return Who(party=party)


def _stranger(phrase: Sequence[Token], scene: Scene) -> Who | None:
    """A name that nobody has explained; or people by a word of the reporter's."""
    words = [token for token in phrase if token.text != "."]
    begin = len(words)
    while begin > 0 and words[begin - 1].is_capital and not words[begin - 1].is_possessive:
        begin -= 1
    if 0 < begin < len(words) and words[begin - 1].lower in _KINDS:
        # `US imagery firm Maxar`: the name comes last.
        return Who(name=" ".join(token.base for token in words[begin:]), is_body=True)
    if all(token.is_capital or token.lower in {"of", "and", "for", "the"} for token in words) and words[-1].is_capital:
        proper = words[1:] if words[0].lower in {"the", "a"} else words
        if not proper or proper[0].lower in MONTHS or proper[0].lower in WEEKDAYS or len(proper) > 6:
            return None
        text = " ".join(token.base for token in proper)
        if len(proper) == 1 and (proper[0].lower in scene.words or len(text) < 2 or proper[0].lower in VAGUE):
            return Who(unnamed=text.lower()) if text.endswith("s") and len(words) == 1 else None
        while proper and proper[0].lower in TITLES and len(proper) > 1:
            proper = proper[1:]
        if proper[0].lower in VAGUE or proper[0].lower in _DETERMINERS:
            return None
        if proper[0].is_possessive and len(proper) > 1:
            mentions = scene.register.parties_in(proper)
            party = mentions[0].party if mentions and mentions[0].start == 0 else ""
            return Who(name=" ".join(token.base for token in proper[1:]), party=party)
        return Who(name=" ".join(token.base for token in proper))
    if words[0].lower in _DETERMINERS and 1 < len(words) <= 7 and not words[-1].is_capital:
        if any(token.lower in _PREPOSITIONS or token.lower in {"the", "a", "an"} for token in words[1:]) or words[
            -1
        ].lower in {"time", "day", "week", "way"}:
            return None
        return Who(unnamed=_small(" ".join(token.text for token in words), words[0]))
    return None


def _head(phrase: Sequence[Token]) -> int | None:
    """The noun by which somebody is called: the last one before the first preposition."""
    found = None
    for place, token in enumerate(phrase):
        if found is not None and (token.lower in _PREPOSITIONS or token.lower in _AFTER_HEAD):
            break
        if (token.lower in GROUPS or (token.lower in BODIES and token.is_capital)) and not token.is_possessive:
            found = place
    return found


def _party_of(phrase: Sequence[Token], head: int, scene: Scene) -> str:
    parties = scene.register.parties_in(phrase)
    for each in parties:
        if each.start <= head:
            return each.party
    for each in parties:
        if phrase[each.start - 1].lower in {"of", "in", "from", "the", "for", "at"}:
            return each.party
    for name in scene.names_in(phrase):
        if name.end <= head + 1 and name.end < len(phrase):
            return scene.person(name.text).party
    return ""


def _proper(phrase: Sequence[Token]) -> str:
    """The name of a body, without the article before it, or the party whose it is: `Sweden's Fjordkraft`."""
    words = list(phrase)
    while len(words) > 1 and (words[0].lower in _DETERMINERS or words[0].is_possessive):
        words.pop(0)
    return " ".join(token.base for token in words)


def _is_proper(phrase: Sequence[Token]) -> bool:
    """Whether it is the name of a body: `the Northwind Bank`."""
    words = [token for token in phrase if token.lower not in {"the", "of", "and", "for", "a"}]
    return len(words) > 1 and all(token.is_capital for token in words)


def _after_lead(tokens: Sequence[Token], start: int, end: int) -> int:
    for place in range(end - 1, start, -1):
        if tokens[place - 1].is_capital and (tokens[place - 1].lower in WEEKDAYS or tokens[place - 1].lower in MONTHS):
            return place
    if tokens[start].lower in word_set("on in at for to by within after before under"):
        # `At first the banks said`: it begins anew with an article.
        later = [place for place in range(start + 2, end - 1) if tokens[place].lower in {"the", "a", "an"}]
        return later[-1] if later else end
    return start


def _phrase_start(tokens: Sequence[Token], last: int) -> int:
    start = last
    while start > 0 and last - start < PHRASE_MAX:
        before = tokens[start - 1]
        if before.kind != "word":
            if (
                before.text == "."
                and start > 1
                and (tokens[start - 2].lower in TITLES or len(tokens[start - 2].text) == 1)
            ):
                start -= 1
                continue
            break
        if not (before.is_capital and start > 1) and (
            before.lower in FINITE or before.lower in SAYING or before.lower in _BOUNDS
        ):
            break
        if before.lower in CONJUNCTIONS and not (before.lower in {"and", "of"} and _joins(tokens, start - 1)):
            break
        start -= 1
    return start


def _joins(tokens: Sequence[Token], place: int) -> bool:
    """Whether `and` joins two words of one name or title: `the envoy for Ukraine and Russia`."""
    before = tokens[max(0, place - 4) : place]
    return (
        place + 1 < len(tokens)
        and tokens[place + 1].is_capital
        and any(token.lower in {"for", "to", "of"} for token in before)
    )


def _is_skipped(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.lower in AUXILIARY:
        return True
    if token.is_capital and token.lower in WEEKDAYS:
        return True
    if token.lower in word_set("night week month year weekend morning evening afternoon"):
        return place > 0 and tokens[place - 1].lower in {"last", "this", "earlier"}
    if token.lower in {"last", "this", "late", "early"}:
        return place + 1 < len(tokens) and tokens[place + 1].lower in word_set(
            "night week month year weekend morning evening afternoon on"
        )  # fmt: skip
    return token.lower == "on" and place + 1 < len(tokens) and tokens[place + 1].lower in WEEKDAYS


def _before_who(sentence: Sentence, place: int, scene: Scene) -> Who | None:
    last = place - 1
    if last >= 0 and sentence.tokens[last].text == ",":
        last -= 1
    if last < 0 or sentence.tokens[last].kind != "word":
        return None
    return named(sentence, _phrase_start(sentence.tokens, last), last + 1, scene)


def _before_aside(sentence: Sentence, comma: int, scene: Scene) -> Who | None:
    """Who stands before `, Trump's envoy, said`: the first comma back behind which somebody is named decides."""
    tokens = sentence.tokens
    found: Who | None = None
    nearest, crossed = True, False
    for place in range(comma - 1, max(-1, comma - ASIDE_MAX), -1):
        token = tokens[place]
        if token.kind == "quote":
            crossed = True
            continue
        if token.text in {".", ";", ":"}:
            if token.text == "." and place and (tokens[place - 1].lower in TITLES or len(tokens[place - 1].text) == 1):
                continue
            break
        if token.text == "," and place and tokens[place - 1].kind == "word":
            if crossed and tokens[place + 1].lower not in {"who", "which", "whose", "author"}:
                # Only `Ravi Menon, who runs the blog “Locks”, said` reaches over a quotation.
                break
            who = named(sentence, _phrase_start(tokens, place - 1), place, scene)
            aside = _name_alone(tokens, place + 1, comma, scene) if nearest else None
            nearest = False
            if who is not None and not who.is_person and aside is not None:
                # `Her Veldanian counterpart, Pavel Orlec, denied it.`
                return aside
            if who is not None and (found is None or (who.is_person and not found.is_person)):
                found = who
    return found


def _name_alone(tokens: Sequence[Token], start: int, end: int, scene: Scene) -> Who | None:
    names = scene.names_in(tokens[start:end])
    whole = len(names) == 1 and names[0].end == end - start and names[0].title == 0
    return scene.person(names[0].text) if whole else None


def _before_brackets(sentence: Sentence, last: int, scene: Scene) -> Who | None:
    tokens = sentence.tokens
    for place in range(last - 1, max(0, last - ASIDE_MAX), -1):
        if tokens[place].text == "(":
            return named(sentence, _phrase_start(tokens, place - 1), place, scene)
    return None


def _belongs(tokens: Sequence[Token], place: int) -> bool:
    """Whether a preposition goes on with a title: `the envoy to Kyiv`, `head of policy at the bank`."""
    return (
        place > 0
        and tokens[place].lower in {"to", "at", "in"}
        and (tokens[place - 1].lower in HEADS or tokens[place - 1].lower in {"policy", "research", "studies"})
    )


def _small(text: str, first: Token) -> str:
    """The phrase as it stands within a sentence."""
    plain = not first.is_capital or first.lower in _DETERMINERS or first.lower in GROUPS | VAGUE
    return (text[0].lower() + text[1:] if plain else text)[:200]
