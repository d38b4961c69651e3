"""Statements: what people are quoted with, and what they are reported to have said.

Each quotation is a statement of its own, unless only its attribution broke it off (“A,” said X, “B.”) or it went on in
the next paragraph. A sentence that reports without quoting is one statement, in the reporter's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from relto.domain.article.attribution import (
    Said,
    Saying,
    according_to,
    has_content,
    inner_text,
    sayings_of,
    spoken,
    spoken_at,
    spoken_on,
)
from relto.domain.article.known import Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.quotation import Quotation
from relto.domain.article.scene import Scene, told_of
from relto.domain.article.sentence import Sentence

PIECES_MAX: Final = 100
"""Paragraphs of one quotation."""

_OPEN_TAIL: Final = ",—–-"


@dataclass(slots=True)
class Listener:
    """Hears an article sentence by sentence, and keeps who spoke, so that the next one is understood."""

    scene: Scene
    quotations: Sequence[Sequence[Quotation]]
    _last: Who | None = None
    _last_paragraph: int = -1
    _last_date: str = ""
    _going_on: int = -1
    _pending: list[str] = field(default_factory=list)
    _pending_text: str = ""
    _found: list[Proposal] = field(default_factory=list)

    def hear(self, sentence: Sentence) -> tuple[list[Proposal], list[Saying]]:
        """The statements of a sentence, and its sayings."""
        found: list[Proposal] = []
        if self._continues(sentence):
            return found, []
        sayings = sayings_of(sentence, self.scene)
        for name in self.scene.names_in(sentence.tokens):
            self.scene.see(self.scene.person(name.text))
        if self._waits(sentence, sayings):
            return found, []
        latest = self._last if sentence.paragraph - self._last_paragraph <= 1 else None
        said = spoken(sentence, sayings, latest, self.scene)
        for group in _grouped(sentence, said):
            if self._goes_on(sentence, sentence.tokens[group[-1].quote].quote):
                self._going_on = len(self._found) + len(found)
            found.append(self._statement(sentence, group))
        found = self._with_pending(sentence, found)
        found += self._reported(sentence, sayings, said)
        self._remember(sentence, sayings, said, found)
        self._found += found
        return found, sayings

    def heard(self) -> list[Proposal]:
        """All statements, in order, with what went on in later paragraphs."""
        return self._found

    def _continues(self, sentence: Sentence) -> bool:
        """Whether it is more of a quotation that the paragraph before left open; then it is added to it."""
        quotes = self.quotations[sentence.paragraph]
        if sentence.number or not quotes or not quotes[0].continues:
            return False
        if self._going_on < 0 or not sentence.quotes:
            return False
        before = self._found[self._going_on]
        token = sentence.tokens[sentence.quotes[0]]
        more = inner_text(token).strip() if not quotes[0].goes_on else token.text[1:].strip()
        self._found[self._going_on] = replace(
            before, pieces=(*before.pieces, _trimmed(more)), text=f"{before.text} {sentence.text}"
        )
        self._last_paragraph = sentence.paragraph
        return sentence.is_quoted_only

    def _waits(self, sentence: Sentence, sayings: Sequence[Saying]) -> bool:
        """Whether it is all a quotation that goes on in the next paragraph: who speaks may be said only there."""
        if sayings or not sentence.is_quoted_only:
            return False
        token = sentence.tokens[sentence.quotes[-1]]
        if not self._goes_on(sentence, token.quote):
            return False
        if len(sentence.quotes) == 1 and (not sentence.number or self._pending) and len(self._pending) < PIECES_MAX:
            self._pending.append(_trimmed(token.text[1:].strip()))
            self._pending_text = f"{self._pending_text} {sentence.text}".strip()
            return True
        return False

    def _with_pending(self, sentence: Sentence, found: list[Proposal]) -> list[Proposal]:
        """The first quotation, with what of it stands in the paragraphs before."""
        if not self._pending:
            return found
        pieces, text = tuple(self._pending), self._pending_text
        self._pending, self._pending_text = [], ""
        quotes = self.quotations[sentence.paragraph]
        if not found or not quotes or not quotes[0].continues:
            return found
        first = found[0]
        return [replace(first, pieces=(*pieces, *first.pieces), text=f"{text} {first.text}"), *found[1:]]

    def _statement(self, sentence: Sentence, group: Sequence[Said]) -> Proposal:
        first = group[0]
        pieces = []
        for place, said in enumerate(group):
            token = sentence.tokens[said.quote]
            text = token.text[1:] if self._goes_on(sentence, token.quote) else inner_text(token)
            pieces.append(_trimmed(text.strip(), last=place == len(group) - 1))
        saying = first.saying or (group[-1].saying)
        date = spoken_on(sentence, saying, self.scene) or self._inherited(first.who, sentence)
        return Proposal(
            "statement",
            sentence.text,
            sentence.paragraph,
            date=date,
            is_dated=bool(date),
            place=spoken_at(sentence, saying, self.scene),
            speaker=told_of(first.who, self.scene),
            pieces=tuple(piece for piece in pieces if piece),
            rule=f"quotation:{first.rule}",
            sure="firm" if first.saying is not None and first.is_whole else "likely",
        )

    def _goes_on(self, sentence: Sentence, number: int) -> bool:
        quotes = self.quotations[sentence.paragraph]
        return 0 <= number < len(quotes) and quotes[number].goes_on

    def _inherited(self, who: Who, sentence: Sentence) -> str:
        same = self._last is not None and self._last.label == who.label and sentence.paragraph == self._last_paragraph
        return self._last_date if same else ""

    def _reported(self, sentence: Sentence, sayings: Sequence[Saying], said: Sequence[Said]) -> Iterator[Proposal]:
        quoted = {each.who.label for each in said}
        reported = False
        for saying in sayings:
            if saying.who.label in quoted or not has_content(sentence, saying):
                continue
            quoted.add(saying.who.label)
            reported = True
            date = spoken_on(sentence, saying, self.scene) or self._inherited(saying.who, sentence)
            yield Proposal(
                "statement",
                sentence.text,
                sentence.paragraph,
                date=date,
                is_dated=bool(date),
                place=spoken_at(sentence, saying, self.scene),
                speaker=told_of(saying.who, self.scene),
                paraphrase=sentence.text,
                rule="reported:said",
            )
        if not reported and not said:
            who = according_to(sentence, self.scene)
            if who is not None:
                yield Proposal(
                    "statement",
                    sentence.text,
                    sentence.paragraph,
                    speaker=told_of(who, self.scene),
                    paraphrase=sentence.text,
                    rule="reported:according-to",
                )

    def _remember(
        self, sentence: Sentence, sayings: Sequence[Saying], said: Sequence[Said], found: Sequence[Proposal]
    ) -> None:
        who = said[-1].who if said else sayings[-1].who if sayings else found[-1].speaker if found else None
        if who is not None:
            date = spoken_on(sentence, sayings[-1] if sayings else None, self.scene)
            self._last_date = date or self._inherited(who, sentence)
            self._last, self._last_paragraph = who, sentence.paragraph
            self.scene.focus_on(who, sentence.paragraph)
            return
        names = self.scene.names_in(sentence.tokens)
        if names:
            self.scene.focus_on(self.scene.person(names[0].text), sentence.paragraph)
            ends_open = sentence.tokens[-1].text == ":"
            self._last = self.scene.person(names[0].text) if ends_open else self._last
            self._last_paragraph = sentence.paragraph if ends_open else self._last_paragraph


def _grouped(sentence: Sentence, said: Sequence[Said]) -> list[list[Said]]:
    """Quotations that only their attribution broke off belong together."""
    groups: list[list[Said]] = []
    for each in said:
        before = groups[-1][-1] if groups else None
        if before is not None and _is_broken_off(sentence, before, each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _is_broken_off(sentence: Sentence, before: Said, after: Said) -> bool:
    if before.who.label != after.who.label or before.saying is None or after.saying is None:
        return False
    if not before.quote < before.saying.verb < after.quote or not before.is_whole:
        return False
    return sentence.tokens[after.quote - 1].text in {",", ":", "—", "–", "--"}


def _trimmed(text: str, *, last: bool = True) -> str:
    """Without the comma by which the reporter's sentence goes on."""
    return text.rstrip(_OPEN_TAIL).rstrip() if last else text
