"""Rules: which signs make which judgement, in words that people may change.

A rule has a name, a judgement, and `when`: words that all have to hold. A word is the name of a sign with the value
that it has to have, or with `_at_least` or `_at_most` a bound; a sign that is not there holds to no bound. The first
rule that holds gives the judgement, so the last one holds always.

>>> rules = Rules.parse("rules: [{rule: all, judgement: open, when: {}}]")
>>> rules.judged(signs={}).judgement
'open'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from relto.domain.errors import BadInput
from relto.domain.moment import parse_when
from relto.domain.outlook.signs import CHOICES, NUMBERS, SIGNS, Sign, Spans
from relto.domain.written import mapping, nearest, one_line, read, shown

Judgement = Literal["not in sight", "open", "likely", "close", "imminent", "done"]
JUDGEMENTS: Final = get_args(Judgement)

CODE: Final = "outlook-rules-invalid"
RULES_MAX: Final = 100

DEFAULT_RULES: Final = """\
# How near the end of a pause is, by these rules; the first whose words all hold gives the judgement. `relto outlook`
# names the rule, all signs that it looked at, and what would have to come about for the next better judgement.
recent: 7d          # so long a statement counts as one of late
ahead: 30d          # so far ahead talks count
# Whoever speaks officially for the party whose agreement it is has authority; where words stand here, one of them has
# to be in the speaker's role: [president, secretary of state]
roles: []
rules:
  - {rule: lifted, judgement: done, when: {lifted: true}}
  - {rule: resume-scheduled, judgement: imminent, when: {resume_scheduled: true}}
  - {rule: end-set, judgement: imminent, when: {ends_within_days_at_most: 2}}
  - {rule: one-approval-left, judgement: imminent, when: {resume_proposed: true, approvals_missing_at_most: 1}}
  - {rule: resume-proposed, judgement: close, when: {resume_proposed: true}}
  - {rule: all-settled, judgement: close, when: {conditions_at_least: 1, unsettled_at_most: 0}}
  - {rule: said-and-talks, judgement: likely, when: {last_word: nearer, talks_ahead_at_least: 1}}
  - {rule: said-and-moved, judgement: likely, when: {last_word: nearer, moved_percent_at_least: 50}}
  - {rule: moved, judgement: open, when: {moved_at_least: 1}}
  - {rule: talks, judgement: open, when: {talks_ahead_at_least: 1}}
  - {rule: said, judgement: open, when: {last_word: nearer}}
  - {rule: nothing, judgement: not in sight, when: {}}
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a rule: `sign` is, is at least, or is at most `wanted`."""

    sign: str
    wanted: int | bool | str
    how: Literal["is", "at_least", "at_most"] = "is"

    def holds(self, signs: Mapping[str, Sign]) -> bool:
        """Whether it holds."""
        found = signs.get(self.sign)
        value = None if found is None else found.value
        if value is None:
            return False
        if self.how == "is":
            return value == self.wanted
        assert isinstance(value, int), "only numbers have bounds"
        assert isinstance(self.wanted, int), "and are compared with numbers"
        return value >= self.wanted if self.how == "at_least" else value <= self.wanted

    @property
    def text(self) -> str:
        """As it is written."""
        name = self.sign if self.how == "is" else f"{self.sign}_{self.how}"
        wanted = str(self.wanted).lower() if isinstance(self.wanted, bool) else self.wanted
        return f"{name}: {wanted}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    name: str
    judgement: Judgement
    when: tuple[Word, ...]

    def holds(self, signs: Mapping[str, Sign]) -> bool:
        """Whether all its words hold."""
        return all(word.holds(signs) for word in self.when)

    @property
    def level(self) -> int:
        """The place of its judgement, from 0."""
        return JUDGEMENTS.index(self.judgement)


@dataclass(frozen=True, slots=True)
class Mover:
    """What would have to come about for a better judgement: the words of a rule that do not hold yet."""

    rule: Rule
    lacks: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement, the rule that gave it, and the rules of the next better judgements, the nearest first."""

    judgement: Judgement
    rule: Rule
    movers: tuple[Mover, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in their order, with the spans by which signs are gathered."""

    rules: tuple[Rule, ...]
    spans: Spans

    @classmethod
    def parse(cls, text: str) -> Rules:
        """The rules in a file. Raises `BadInput` (`outlook-rules-invalid`), naming the nearest known word."""
        file = mapping(read(text, code=CODE), what="the file", code=CODE, keys=("recent", "ahead", "roles", "rules"))
        listed = file.get("rules")
        if not isinstance(listed, list) or not 1 <= len(listed) <= RULES_MAX:
            raise BadInput(CODE, f"`rules` must be a list of 1 to {RULES_MAX}")
        rules = tuple(_rule(each) for each in listed)
        if rules[-1].when:
            raise BadInput(CODE, "the last rule has to hold always", remedy="end with when: {}")
        names = [rule.name for rule in rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise BadInput(CODE, f"two rules are called {shown(twice)}")
        default = Spans()
        roles = file.get("roles", [])
        if not isinstance(roles, list):
            raise BadInput(CODE, "`roles` must be a list of words")
        return cls(
            rules,
            Spans(
                _span(file["recent"], "recent") if "recent" in file else default.recent,
                _span(file["ahead"], "ahead") if "ahead" in file else default.ahead,
                tuple(one_line(each, what="an entry of `roles`", code=CODE, longest=100) for each in roles),
            ),
        )

    def judged(self, signs: Mapping[str, Sign]) -> Judged:
        """The judgement by these signs. Total."""
        rule = next(each for each in self.rules if each.holds(signs))
        # A rule further down that holds already lacks nothing that anybody could bring about.
        better = [
            Mover(each, tuple(word for word in each.when if not word.holds(signs)))
            for each in self.rules
            if each.level > rule.level and not each.holds(signs)
        ]
        # Of the next better judgement all ways to it, the shortest first; beyond that, nobody can say yet.
        nearest_level = min((each.rule.level for each in better), default=0)
        movers = sorted((each for each in better if each.rule.level == nearest_level), key=lambda each: len(each.lacks))
        return Judged(rule.judgement, rule, tuple(movers))


def _rule(value: Any) -> Rule:
    given = mapping(value, what="a rule", code=CODE, keys=("rule", "judgement", "when"))
    for name in ("rule", "judgement", "when"):
        if name not in given:
            raise BadInput(CODE, f"a rule has no `{name}`")
    name = one_line(given["rule"], what="the name of a rule", code=CODE, longest=64)
    judgement = given["judgement"]
    if judgement not in JUDGEMENTS:
        raise BadInput(CODE, f"{shown(judgement)} is no judgement", remedy=nearest(str(judgement), JUDGEMENTS))
    if not isinstance(given["when"], dict):
        raise BadInput(CODE, f"`when` of rule {shown(name)} must be a mapping", remedy="write when: {lifted: true}")
    return Rule(name, judgement, tuple(_word(key, wanted, name) for key, wanted in given["when"].items()))


def _word(key: str, wanted: Any, rule: str) -> Word:
    how: Literal["is", "at_least", "at_most"] = "is"
    sign = key
    if key.endswith("_at_least"):
        sign, how = key.removesuffix("_at_least"), "at_least"
    elif key.endswith("_at_most"):
        sign, how = key.removesuffix("_at_most"), "at_most"
    if sign not in SIGNS:
        raise BadInput(CODE, f"rule {shown(rule)} asks for the sign {shown(key)}", remedy=nearest(sign, SIGNS))
    is_number = isinstance(wanted, int) and not isinstance(wanted, bool)
    if how != "is" and sign not in NUMBERS:
        raise BadInput(CODE, f"rule {shown(rule)}: `{sign}` is no number, and has no bound", remedy=f"write {sign}: …")
    if sign in NUMBERS and not is_number:
        raise BadInput(CODE, f"rule {shown(rule)}: `{key}` has to be a whole number, not {shown(wanted)}")
    if sign in CHOICES and wanted not in CHOICES[sign]:
        raise BadInput(CODE, f"rule {shown(rule)}: `{key}` is one of {', '.join(CHOICES[sign])}")
    if sign not in NUMBERS and sign not in CHOICES and not isinstance(wanted, bool):
        raise BadInput(CODE, f"rule {shown(rule)}: `{key}` is true or false, not {shown(wanted)}")
    return Word(sign, wanted, how)


def _span(value: Any, name: str) -> int:
    text = str(value)
    try:
        # A moment ends in a letter as well, and has `T` or `-` in it.
        if text[:-1].isdigit() and (found := parse_when(text, now=0, ahead=True)) > 0:
            return found
    except BadInput:
        pass
    raise BadInput(CODE, f"`{name}` is {shown(text)}, and no duration", remedy="write 7d")


def default_rules() -> Rules:
    """The rules that hold where nobody wrote others."""
    return Rules.parse(DEFAULT_RULES)


def wanted_words(lacks: Sequence[Word], signs: Mapping[str, Sign]) -> list[str]:
    """What would have to come about, a phrase for each word.

    >>> wanted_words([Word("approvals_missing", 1, "at_most")], {"approvals_missing": Sign("approvals_missing", 2)})
    ['no more than 1 approval is missing (now 2)']
    """
    return [_wanted(word, signs.get(word.sign)) for word in lacks]


_COME: Final = {
    ("resume_proposed", True): "a resume is proposed",
    ("resume_scheduled", True): "a resume is approved for a moment ahead",
    ("lifted", True): "it is lifted",
    ("last_word", "nearer"): "somebody with authority says that its end is nearer",
    ("last_word", "further"): "somebody with authority says that its end is further away",
    ("last_word", "none"): "nothing more is said of its end",
}
_AT_LEAST: Final = {
    "talks_ahead": "talks are announced",
    "moved": "a condition is claimed, met or waived",
    "settled": "a condition is met or waived",
    "nearer": "somebody with authority says that its end is nearer",
}


def _wanted(word: Word, sign: Sign | None) -> str:
    value = None if sign is None else sign.value
    if word.how == "is":
        return _COME.get((word.sign, word.wanted), f"{SIGNS[word.sign]}: {str(word.wanted).lower()}")
    made_of = sign.made_of if sign is not None else ()
    if (word.sign, word.how, word.wanted) == ("unsettled", "at_most", 0):
        return f"all conditions are met or waived (still open: {', '.join(made_of)})"
    if word.sign == "approvals_missing" and word.how == "at_most":
        noun = "approval is" if word.wanted == 1 else "approvals are"
        return f"no more than {word.wanted} {noun} missing (now {'none asked for' if value is None else value})"
    if word.how == "at_least" and word.wanted == 1 and word.sign in _AT_LEAST:
        return _AT_LEAST[word.sign]
    bound = "at least" if word.how == "at_least" else "at most"
    return f"{SIGNS[word.sign]}: {bound} {word.wanted} (now {'none' if value is None else value})"
