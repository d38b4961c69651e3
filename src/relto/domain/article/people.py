"""People in prose: who an article speaks of, by their full name once and their surname from then on.

>>> from relto.domain.article.known import Known, KnownParty, KnownPerson
>>> from relto.domain.article.parties import Register
>>> from relto.domain.article.sentence import sentences_of
>>> known = Known((KnownPerson("rubio", "Marco Rubio", party="USA"),), (KnownParty("RUS", "Russia"),))
>>> cast = Cast(known, Register(known))
>>> for each in sentences_of("Dmitry Peskov, the Kremlin spokesman, and Rubio spoke. Peskov left.", 0, []):
...     cast.read(each.tokens)
>>> [(who.name, who.role, who.party) for who in cast.people]
[('Dmitry Peskov', 'spokesman', 'RUS'), ('Marco Rubio', '', 'USA')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from relto.domain.article.known import Known, KnownPerson, Who, folded
from relto.domain.article.parties import Register
from relto.domain.article.roles import BODIES, FEMALE, HEADS, MALE, TITLES
from relto.domain.article.token import Token
from relto.domain.article.verbs import CONJUNCTIONS
from relto.domain.article.words import word_set

CONNECTORS: Final = word_set("bin ibn al el de da del di van von der den af le la")

_NEVER: Final = CONJUNCTIONS | word_set(
    "the a an he she it they we i you his her its their our my this that these those there here in on at by for from "
    "to of with without into over under about against between both all some many most each every no not what why how "
    "where monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december earlier later meanwhile however asked speaking according instead "
    "still now today yesterday tomorrow last next even also only just perhaps yes well okay thank thanks neither "
    "either such other others another several few one two three four five six seven eight nine ten during if among "
    "like near since"
)
_ADJECTIVES: Final = word_set("us uk eu un nato european former")
NAME_WORDS_MAX: Final = 5
TITLE_WORDS_MAX: Final = 14
PEOPLE_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name in a sentence: tokens `[start, end)`, and from `title` on with the title before it."""

    title: int
    start: int
    end: int
    text: str


class Cast:
    """Who an article speaks of, in the order in which they come."""

    def __init__(self, known: Known, register: Register) -> None:
        """Nobody yet."""
        self._register = register
        self._known = known.people
        self._known_full: dict[str, KnownPerson] = {}
        self._known_last: dict[str, list[KnownPerson]] = {}
        for person in known.people:
            for name in (person.name, *person.aliases):
                self._known_full.setdefault(folded(name), person)
            self._known_last.setdefault(folded(_surname(person.name)), []).append(person)
        self._people: dict[str, Who] = {}
        self._last: dict[str, str] = {}
        # Several rules ask for the names of one sentence, one after another.
        self._read_last: tuple[Sequence[Token], list[NameMention]] = ((), [])

    @property
    def people(self) -> tuple[Who, ...]:
        """Everybody who was named."""
        return tuple(self._people.values())

    def read(self, tokens: Sequence[Token]) -> None:
        """Takes in whom one sentence names in full, and what it says that they are."""
        for mention in self.names_in(tokens):
            who = self.person(mention.text)
            if who is None and " " in mention.text and len(self._people) < PEOPLE_MAX:
                who = Who(name=mention.text)
            if who is None:
                continue
            role, party = self._described(tokens, mention)
            self._keep(replace(who, role=who.role or role, party=who.party or party))

    def _keep(self, who: Who) -> None:
        self._people[who.name] = who
        self._read_last = ((), [])
        self._last[folded(_surname(who.name))] = who.name

    def person(self, text: str) -> Who | None:
        """Who is meant by a full name or a surname; None where nobody is who was named before or is known."""
        key = folded(text)
        known = self._known_full.get(key)
        if known is None:
            known = self._known_by_last(text)
        if known is not None:
            return self._people.get(known.name) or _known(known)
        if text in self._people:
            return self._people[text]
        return self._people.get(self._last.get(key, ""))

    def _known_by_last(self, text: str) -> KnownPerson | None:
        words = text.split()
        found = self._known_last.get(folded(_surname(text)), [])
        if len(words) > 1 and " " in text and _surname(text) != text:
            given = folded(words[0])
            found = [each for each in found if folded(each.name.split()[0])[:3] == given[:3]]
        elif self._last.get(folded(text)) not in {None, *(each.name for each in found)}:
            return None
        elif len(found) > 1:
            found = [each for each in found if each.name in self._people]
        return found[0] if len(found) == 1 else None

    def by_role(self, words: str, party: str, *, recent: Sequence[str] = ()) -> Who | None:
        """The person whom `the president`, or `the Kremlin spokesman`, means: of those whom it can mean the latest of
        `recent` names (oldest first), else the only one; None where nobody.
        """
        fitting = {who.name: who for who in self._people.values() if _fits(who, words, party)}
        for name in reversed(recent):
            if name in fitting:
                return fitting[name]
        if len(fitting) == 1:
            return next(iter(fitting.values()))
        known = [who for who in map(_known, self._known) if party and _fits(who, words, party)]
        return known[0] if not fitting and len(known) == 1 else None

    def names_in(self, tokens: Sequence[Token]) -> list[NameMention]:
        """Names of people, as far as their form tells; a surname alone only where it is somebody's."""
        if tokens is self._read_last[0]:
            return self._read_last[1]
        found: list[NameMention] = []
        place = 0
        while place < len(tokens):
            end = self._run_end(tokens, place)
            if end == place:
                place += 1
                continue
            found += self._in_run(tokens, place, end)
            place = end
        self._read_last = (tokens, found)
        return found

    def _run_end(self, tokens: Sequence[Token], place: int) -> int:
        """Where a row of capitalised words ends that begins there."""
        end = place
        while end < len(tokens):
            token = tokens[end]
            if token.is_capital or (end > place and _is_article_name(token)):
                end += 1
                if token.is_possessive:
                    break
            elif (end > place and token.lower in CONNECTORS and _leads_on(tokens, end)) or (
                token.text == "."
                and end > place
                and (len(tokens[end - 1].text) == 1 or tokens[end - 1].lower in TITLES)
                and end + 1 < len(tokens)
                and tokens[end + 1].is_capital
            ):
                end += 1
            else:
                break
        return end

    def _in_run(self, tokens: Sequence[Token], begin: int, end: int) -> list[NameMention]:
        """The name in a row of capitalised words, less the titles, parties and first words before it."""
        start = begin
        while start < end:
            token = tokens[start]
            party = self._register.party_at(tokens, start)
            if party is not None and self._is_surname(tokens, start, end):
                party = None
            if party is not None and party.end <= end:
                start = party.end
            elif token.text == "." or token.lower in _NEVER or (token.lower in TITLES and start + 1 < end):
                start += 1
            else:
                break
        stop = min(end, start + NAME_WORDS_MAX)
        for place in range(start, stop):
            if self._register.party_at(tokens, place) and place > start:
                stop = place
                break
        words = [token for token in tokens[start:stop] if token.text != "."]
        if not words or any(each.lower in BODIES or each.lower in _NEVER for each in words):
            return []
        if not all(each.base.replace("-", "").replace("'", "").replace("’", "").isalpha() for each in words):
            return []
        if len(words) > 1 and words[0].base.isupper() and not words[-1].base.isupper():
            # The first word of a tabloid's story: `DONALD Trump`.
            text = " ".join([words[0].base.title(), *(token.base for token in words[1:])])
            return [NameMention(self._title_start(tokens, start), start, stop, text)]
        text = " ".join(token.base for token in words)
        if len(words) == 1 and (words[0].lower in TITLES or self.person(text) is None):
            return []
        if sum(map(len, text)) > 80 or any(each.base.isupper() and len(each.base) > 3 for each in words):
            return []
        return [NameMention(self._title_start(tokens, start), start, stop, text)]

    def _is_surname(self, tokens: Sequence[Token], start: int, end: int) -> bool:
        """Whether a word that means a party is a name here: `Denzel Washington`, `Jordan Peele`, `Ms Paris`."""
        before = tokens[start - 1].lower if start else ""
        return before in {"mr", "mrs", "ms", "miss"} or (
            end - start == 2 and folded(f"{tokens[start].base} {tokens[start + 1].base}") in self._known_full
        )

    def _title_start(self, tokens: Sequence[Token], start: int) -> int:
        """Where the title before a name begins: `the Ukrainian first deputy prime minister Yulia Svyrydenko`."""
        place = start
        while place > max(0, start - TITLE_WORDS_MAX):
            before = tokens[place - 1]
            if (
                (before.text == "." and place > 1 and tokens[place - 2].lower in TITLES)
                or before.lower in TITLES
                or before.lower in {"of", "for", "and", "the", "at"}
                or before.is_capital
                or before.is_possessive
            ):
                place -= 1
            else:
                break
        while place < start and tokens[place].lower in {"of", "for", "and", "at"}:
            place += 1
        return place if any(token.lower in TITLES for token in tokens[place:start]) else start

    def _described(self, tokens: Sequence[Token], mention: NameMention) -> tuple[str, str]:
        """The role and the party that the words around a name give."""
        if mention.title < mention.start:
            role, party = self.role_of(tokens[mention.title : mention.start])
            if role:
                return role, party
        if mention.end < len(tokens) and tokens[mention.end].text == ",":
            stop = _apposition_end(tokens, mention.end + 1)
            if stop:
                role, party = self.role_of(tokens[mention.end + 1 : stop])
                if role:
                    return role, party
        if mention.start >= 2 and tokens[mention.start - 1].text == ",":
            begin = mention.start - 2
            while begin > max(0, mention.start - TITLE_WORDS_MAX) and tokens[begin - 1].kind == "word":
                begin -= 1
            part = tokens[begin : mention.start - 1]
            if part and part[-1].lower in HEADS:
                return self.role_of(_last_phrase(part))
        return "", ""

    def role_of(self, tokens: Sequence[Token]) -> tuple[str, str]:
        """What a phrase says that somebody is, and for whom: `Trump's envoy for Ukraine` is an envoy of the USA."""
        heads = [place for place, token in enumerate(tokens) if token.lower in HEADS]
        if not heads or heads[0] > TITLE_WORDS_MAX:
            return "", ""
        head = heads[0]
        for place in heads[1:]:
            if all(token.lower in TITLES for token in tokens[head + 1 : place]):
                head = place
        party = ""
        begin = 0
        for mention in self._register.parties_in(tokens):
            if mention.start <= head:
                party, begin = mention.party, max(begin, mention.end)
            elif not party and tokens[mention.start - 1].lower in {"of", "the", "in", "from"}:
                party = mention.party
        for place, token in enumerate(tokens[:head]):
            if token.is_possessive:
                owner = self.person(" ".join(each.base for each in tokens[max(0, place - 1) : place + 1]).strip())
                owner = owner or self.person(token.base)
                party = party or (owner.party if owner is not None else "")
                begin = max(begin, place + 1)
        while begin < head and (tokens[begin].lower not in TITLES or tokens[begin].lower in {"his", "her"}):
            begin += 1
        end = head + 1
        if end < len(tokens) and tokens[end].lower in {"of", "for", "to"}:
            end = _phrase_end(tokens, end)
        role = " ".join(token.text for token in tokens[begin:end] if token.text != ".")
        return (role[:120], party) if role else ("", "")


def is_woman(name: str) -> bool | None:
    """Whether a name or a title is a woman's; None where it does not tell."""
    words = {word.casefold() for word in name.replace("-", " ").split()}
    if words & FEMALE:
        return True
    return False if words & MALE else None


def _known(person: KnownPerson) -> Who:
    return Who(person.name, person.key, person.roles[0] if person.roles else "", person.party)


def _fits(who: Who, words: str, party: str) -> bool:
    """Whether somebody can be meant by a role, and by a party where one is said."""
    if not words or (party and party != who.party):
        return False
    *before, head = words.split()
    role = who.role.lower().replace("-", " ").split(" for ")[0].split()
    if head == "president" and "vice" in role and "vice" not in before:
        return False
    return head in role and all(each in role for each in before if each in TITLES and each not in _ADJECTIVES)


def _is_article_name(token: Token) -> bool:
    """`al-Burhan`: a name that begins small."""
    head, dash, rest = token.text.partition("-")
    return bool(dash) and head in word_set("al el as ar an ad at ash") and rest[:1].isupper()


def _leads_on(tokens: Sequence[Token], place: int) -> bool:
    """Whether a small word of a name, or two of them, stand before more of it: `von der Leyen`."""
    after = place + 1
    if after < len(tokens) and tokens[after].lower in CONNECTORS and not tokens[after].is_capital:
        after += 1
    return after < len(tokens) and tokens[after].is_capital


def _surname(name: str) -> str:
    words = name.split()
    for place, word in enumerate(words):
        if place and word.lower() in CONNECTORS:
            return " ".join(words[place:])
    return words[-1] if words else ""


def _apposition_end(tokens: Sequence[Token], start: int) -> int:
    """Where an apposition ends that begins there; 0 where it is none."""
    for place in range(start, min(start + 22, len(tokens))):
        if tokens[place].text in {",", ".", ";"} or tokens[place].kind == "quote" or tokens[place].is_dash:
            return place
    return 0


def _phrase_end(tokens: Sequence[Token], start: int) -> int:
    """Where `for Ukraine and Russia` ends."""
    end = start + 1
    while end < len(tokens) and tokens[end].kind == "word":
        word = tokens[end].lower
        if not (tokens[end].is_capital or word in TITLES or word in {"the", "and", "of", "at", "on"} or word in BODIES):
            break
        end += 1
    while end > start and tokens[end - 1].lower in {"the", "and", "of", "at", "on"}:
        end -= 1
    return end


def _last_phrase(tokens: Sequence[Token]) -> Sequence[Token]:
    for place in range(len(tokens) - 1, -1, -1):
        if tokens[place].lower in word_set("the a an his her its their"):
            return tokens[place:]
    return tokens[-6:]
