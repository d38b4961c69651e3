"""A report: one sentence with all that the rules for events ask of it, found once.

>>> from relto.domain.article.known import Known
>>> from relto.domain.article.scene import scene_of
>>> from relto.domain.article.sentence import sentences_of
>>> sentences = sentences_of("Washington has not suspended all aid to Kyiv, officials said.", 0, [])
>>> report = Report(sentences[0], scene_of(sentences, (), Known(), None), ())
>>> report.doer(3).party, report.object_of(3), report.is_negated(3)
('United States', 'all aid to Kyiv', True)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from relto.domain.article.attribution import SENTENCE_MAX, Saying
from relto.domain.article.dates import DateMention
from relto.domain.article.known import Who
from relto.domain.article.parties import PartyMention
from relto.domain.article.people import NameMention
from relto.domain.article.place import PlaceMention
from relto.domain.article.scene import Scene
from relto.domain.article.sentence import Sentence
from relto.domain.article.speaker import main_subject, named, subject_before
from relto.domain.article.token import Token, tokens_of
from relto.domain.article.verbs import CONJUNCTIONS, NEGATIONS, PASSIVE
from relto.domain.article.words import word_set

OBJECT_MAX: Final = 18
"""Words of the longest phrase that is taken for what a verb is done to."""

_DOUBTING: Final = word_set("if unless whether could might may should would threatened refused declined possible")
_LEADING: Final = word_set(
    "agreed decided agrees vowed began begun started moved ordered chose going ready offered is was has"
)
_AUXILIARIES: Final = word_set("will would has have had")
_ENDING: Final = (CONJUNCTIONS - {"and", "or", "than"}) | {"saying", "adding", "calling"}


@dataclass
class Report:
    """A sentence, with who says it, and who and what is in it."""

    sentence: Sentence
    scene: Scene
    sayings: Sequence[Saying]
    heard: Who | None = None
    is_long: bool = field(init=False)

    def __post_init__(self) -> None:
        """What is too long to be a sentence has no events."""
        self.is_long = len(self.sentence.tokens) > SENTENCE_MAX

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All of them."""
        return self.sentence.tokens

    @cached_property
    def lower(self) -> tuple[str, ...]:
        """Each token in small letters; nothing for a quotation."""
        return tuple(token.lower if token.kind != "quote" else "" for token in self.tokens)

    @cached_property
    def flat(self) -> Report:
        """The same sentence with what is quoted in it as plain words."""
        sentence = Sentence(
            self.sentence.text, self.sentence.paragraph, self.sentence.number, tuple(tokens_of(self.sentence.text))
        )
        return Report(sentence, self.scene, ())

    @property
    def sayer(self) -> Who | None:
        """Who says it; nobody where the reporter does."""
        return self.sayings[0].who if self.sayings else self.heard

    @cached_property
    def line(self) -> str:
        """The reporter's own words, a blank before and behind each."""
        return f" {' '.join(self.lower)} "

    @cached_property
    def dates(self) -> list[DateMention]:
        """The dates in it."""
        return self.scene.dates_in(self.tokens)

    @cached_property
    def places(self) -> list[PlaceMention]:
        """The places in it."""
        return self.scene.places.places_in(self.tokens)

    @cached_property
    def mentions(self) -> list[PartyMention]:
        """The parties in it, as often as they are there."""
        return self.scene.parties_in(self.tokens)

    @cached_property
    def mentions_of_places(self) -> list[PartyMention]:
        """The capitals to which somebody goes, or is sent."""
        found = self.scene.register.parties_in(self.tokens)
        return [
            each for each in found if each.is_town and each.start and self.lower[each.start - 1] in {"to", "in", "at"}
        ]

    @cached_property
    def parties(self) -> tuple[str, ...]:
        """The parties in it, each once; those who share a name with a place that is meant, too."""
        return tuple(dict.fromkeys(each.party for each in self.mentions))

    @cached_property
    def names(self) -> list[NameMention]:
        """The names of people in it."""
        return self.scene.names_in(self.tokens)

    @cached_property
    def subject(self) -> Who | None:
        """Whom it is about."""
        return main_subject(self.sentence, self.scene)

    def places_of(self, words: Collection[str]) -> list[int]:
        """Where one of these words stands."""
        return [place for place, word in enumerate(self.lower) if word in words]

    def has(self, *phrases: str) -> bool:
        """Whether one of these phrases, in small letters, stands in it."""
        return any(f" {phrase} " in self.line for phrase in phrases)

    def doer(self, verb: int) -> Who | None:
        """Who does what the verb at that place says: before it, or behind `by`; else whom the sentence is about."""
        if self.is_passive(verb):
            return self._done_by(verb)
        before = subject_before(self.sentence, verb, self.scene)
        if before is not None:
            return before
        if verb > 1 and self.lower[verb - 1] == "to":
            owner = self._owner_of(verb - 2)
            if owner is not None:
                return owner
        # `agreed to lift`, `decided to suspend`, `said it was suspending`: one verb further back.
        further = self._subject_of(_LEADING, range(verb - 1, max(-1, verb - 8), -1), within=True)
        if further is None and verb and self.lower[verb - 1] == "and":
            # `would lift the pause and resume aid`: whoever does the one does the other.
            further = self._subject_of(_AUXILIARIES, range(verb - 2, max(-1, verb - 18), -1), within=False)
        if further is not None:
            return further
        sayer = next((each.who for each in self.sayings if each.verb < verb), None)
        return main_subject(self.sentence, self.scene, before=verb) or sayer

    def _done_by(self, verb: int) -> Who | None:
        for place in range(verb + 1, min(verb + 14, len(self.tokens) - 1)):
            if self.tokens[place].kind != "word":
                break
            if self.lower[place] == "by":
                return self.agent(place + 1)
        return None

    def _subject_of(self, verbs: Collection[str], spots: Iterable[int], *, within: bool) -> Who | None:
        """The subject of the first of these verbs that has one; `within`: a comma ends the search."""
        for place in spots:
            if within and self.tokens[place].kind != "word":
                break
            if self.lower[place] in verbs:
                who = subject_before(self.sentence, place, self.scene)
                if who is not None:
                    return who
        return None

    def _owner_of(self, place: int) -> Who | None:
        """Whose `decision to` it is; who is `to` do something, in a heading."""
        if self.lower[place] in word_set("decision order move choice offer bid plan threat"):
            for mention in self.mentions:
                if mention.end == place:
                    return Who(party=mention.party)
            for name in self.names:
                if name.end == place:
                    return self.scene.person(name.text)
            return None
        return next((Who(party=each.party) for each in self.mentions if each.end == place + 1), None)

    def named(self, start: int, end: int) -> Who | None:
        """Whom these tokens mean."""
        return named(self.sentence, start, end, self.scene)

    def agent(self, start: int) -> Who | None:
        """Who is named behind `by` or `from`, from that token on."""
        end = start
        while end < len(self.tokens) and self.tokens[end].kind == "word" and end - start < 10:
            if end > start and (self.lower[end] in CONJUNCTIONS or self.lower[end] in {"on", "in", "at", "over"}):
                break
            end += 1
        for stop in range(end, start, -1):
            who = named(self.sentence, start, stop, self.scene)
            if who is not None:
                return who
        return None

    def is_passive(self, verb: int) -> bool:
        """Whether it is done to the subject: `was suspended`, `would be lifted`."""
        for place in range(verb - 1, max(-1, verb - 4), -1):
            if self.lower[place] in PASSIVE:
                return True
            if not self.lower[place].endswith("ly") and self.lower[place] not in {"not", "now", "also", "then"}:
                return False
        return False

    def is_negated(self, verb: int) -> bool:
        """Whether it is said not to be so."""
        before = self.lower[max(0, verb - 4) : verb]
        return bool(NEGATIONS.intersection(before)) or any(word.endswith("n't") for word in before)

    def is_doubtful(self, verb: int) -> bool:
        """Whether it may be so, or would be so if something else were."""
        before = self.lower[max(0, verb - 6) : verb]
        return bool(_DOUBTING.intersection(before))

    def object_of(self, verb: int) -> str:
        """What the verb is done to, as the article has it: up to the end of the phrase; nothing where none is there."""
        start, end = self.object_span(verb)
        return self.text(start, end)

    def object_span(self, verb: int) -> tuple[int, int]:
        """The same, as tokens."""
        start = end = verb + 1
        while end < len(self.tokens) and end - start < OBJECT_MAX:
            token = self.tokens[end]
            if token.kind == "mark" and token.text not in {"-", "'", "’", "&"}:
                break
            if end > start and self.lower[end] in _ENDING:
                break
            if end > start and any(mention.start == end for mention in self.dates):
                break
            if end > start and self.lower[end] in {"in", "at"} and any(each.start == end + 1 for each in self.places):
                break
            end += 1
        while end > start and self.lower[end - 1] in word_set("on and or in by at from of to for"):
            end -= 1
        return start, end

    def text(self, start: int, end: int) -> str:
        """The article's own text of these tokens."""
        if start >= end:
            return ""
        first = self.tokens[0].start
        return self.sentence.text[self.tokens[start].start - first : self.tokens[end - 1].end - first]

    def dated(self, verb: int) -> str:
        """The date nearest to a verb, behind it first; nothing where there is none, or it is when it was said."""
        said = {each.verb for each in self.sayings}
        best: tuple[int, str] | None = None
        for mention in self.dates:
            if mention.start > verb:
                between = range(verb + 1, mention.start)
                distance = mention.start - verb
            else:
                between = range(mention.end, verb)
                distance = verb - mention.end + 3
            if said.intersection(between) and verb not in said:
                distance += 20
            if best is None or distance < best[0]:
                best = (distance, mention.value)
        return best[1] if best is not None and best[0] < 24 else ""
