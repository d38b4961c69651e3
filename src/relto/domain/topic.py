"""Topics: what an object is about, in the words of the node's vocabulary (`topics.yaml`).

Any part of a topic that matches is enough. Matching is case-insensitive and of whole words, bounded by anything but
letters, digits and `_`. A label `topic:NAME` puts NAME on an object where NAME is a topic.

>>> vocabulary = Vocabulary.parse("topics: {naval: {labels: [naval, maritime]}, malware: {types: [malware]}}")
>>> sorted(vocabulary.topics_of("malware", labels=("Naval-Ops", "navally")))
['malware', 'naval']
>>> sorted(vocabulary.topics_of("indicator", labels=("navally", "topic:malware")))
['malware']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from relto.domain import ids, written
from relto.domain.errors import BadInput

TOPICS_MAX: Final = 500
"""Topics of a vocabulary; classes are interned by them, so more would not serve anyone."""

WORD_MAX: Final = 100
"""Characters of a word that is looked for."""

LABEL_MAX: Final = 1_000
"""Characters of a label in which words are looked for; what stands beyond puts no topic on an object."""

_PARTS: Final = ("labels", "types", "kill_chain_phases", "indicator_types")
_KEPT_MAX: Final = 65_536
_TOPIC_LABEL: Final = re.compile(r"topic:([a-z0-9-]{1,64})")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and the words that put it on an object, by the part of the object in which they are looked for.

    Without any word only the label `topic:NAME` does.
    """

    name: str
    labels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    kill_chain_phases: tuple[str, ...] = ()
    indicator_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The topics of a node, in the order in which they were written. Answers are kept: asking again is quick."""

    topics: tuple[Topic, ...]
    _finders: dict[str, _Finder] = field(init=False, repr=False, compare=False, default_factory=dict)
    _kept: dict[tuple[Any, ...], frozenset[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for part in _PARTS:
            words = [(word, topic.name) for topic in self.topics for word in getattr(topic, part)]
            self._finders[part] = _Finder(words, self.names if part == "labels" else frozenset())

    @property
    def names(self) -> frozenset[str]:
        """The names of all topics."""
        return frozenset(topic.name for topic in self.topics)

    @classmethod
    def parse(cls, text: str) -> Vocabulary:
        """The vocabulary in the text of a `topics.yaml` (CONTRACT.md section 3).

        Raises `BadInput` (`topics-invalid`, or `topic-name-invalid`); an unknown key names the nearest known one.
        """
        file = written.mapping(
            written.read(text, code="topics-invalid"), what="the file", code="topics-invalid", keys=("topics",)
        )
        if "topics" not in file:
            raise BadInput("topics-invalid", "the file has no `topics`", remedy="begin it with `topics:`")
        listed = file["topics"]
        if not isinstance(listed, dict):
            raise BadInput(
                "topics-invalid", "`topics` must be a mapping of names", remedy="write `topics: {}` for none"
            )
        if len(listed) > TOPICS_MAX:
            raise BadInput("topics-invalid", f"there are {len(listed)} topics, and may be {TOPICS_MAX}")
        return cls(tuple(_topic(name, parts) for name, parts in listed.items()))

    def topics_of(
        self,
        type: str,
        labels: tuple[str, ...] = (),
        phases: tuple[str, ...] = (),
        indicator_types: tuple[str, ...] = (),
    ) -> frozenset[str]:
        """The topics of an object with these fields (those of `Header`); it may have none."""
        asked = (type, labels, phases, indicator_types)
        known = self._kept.get(asked)
        if known is not None:
            return known
        finders = self._finders
        found = finders["types"].find((type,)) | finders["labels"].find(labels)
        found |= finders["kill_chain_phases"].find(phases) | finders["indicator_types"].find(indicator_types)
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[asked] = found
        return found


class _Finder:
    """Looks for words in texts; what a text holds is kept, up to a limit."""

    def __init__(self, words: Iterable[tuple[str, str]], named: frozenset[str]) -> None:
        self._named = named
        by_topic: dict[str, set[str]] = {}
        for word, topic in words:
            by_topic.setdefault(topic, set()).add(_folded(word))
        self._patterns: Mapping[str, re.Pattern[str]] = {topic: _any_of(found) for topic, found in by_topic.items()}
        # One search tells the many texts without any word from the few with one.
        self._whatever = _any_of(set().union(*by_topic.values())) if by_topic else None
        self._kept: dict[str, frozenset[str]] = {}

    def find(self, texts: tuple[str, ...]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for text in texts:
            known = self._kept.get(text)
            found |= self._look(text) if known is None else known
        return found

    def _look(self, text: str) -> frozenset[str]:
        folded = _folded(text[:LABEL_MAX])
        found = set()
        if self._whatever is not None and self._whatever.search(folded):
            found = {topic for topic, pattern in self._patterns.items() if pattern.search(folded)}
        named = _TOPIC_LABEL.fullmatch(folded)
        if named and named[1] in self._named:
            found.add(named[1])
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        topics = frozenset(found)
        if len(text) <= LABEL_MAX:
            self._kept[text] = topics
        return topics


def _any_of(words: set[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _topic(name: str, parts: Any) -> Topic:
    ids.topic_name(name)
    what = f"topic `{name}`"
    if parts is None:
        raise BadInput(
            "topics-invalid", f"{what} says nothing", remedy=f"write `{name}: {{}}` if only `topic:{name}` gives it"
        )
    given = written.mapping(parts, what=what, code="topics-invalid", keys=_PARTS)
    return Topic(name, **{part: tuple(_words(given[part], f"`{part}` of {what}")) for part in given})


def _words(value: Any, what: str) -> list[str]:
    words = written.words(value, what=what, code="topics-invalid")
    for word in words:
        if len(word) > WORD_MAX:
            raise BadInput("topics-invalid", f"a word in {what} has {len(word)} characters, and may have {WORD_MAX}")
        if not any(character.isalnum() for character in word):
            raise BadInput("topics-invalid", f"{written.shown(word)} in {what} holds no letter and no digit")
    return words


DEFAULT_TOPICS: Final = """\
# What puts a topic on an object. Any part that matches is enough: `labels`, `types`, `kill_chain_phases`,
# `indicator_types`. Matching is case-insensitive and of whole words, bounded by anything but letters, digits
# and `_`: `naval` matches `naval-ops`. A label `topic:NAME` gives the topic NAME. What is changed here holds for
# what comes in after it; `relto topics reclass` decides the past anew.
topics:
  # What happens on the ground, at sea and in the air.
  threat-to-life: {labels: [threat-to-life, duty-to-warn]}
  early-warning: {labels: [early-warning, early warning, missile-warning, air-raid]}
  targeting: {labels: [targeting, target]}
  naval: {labels: [naval, maritime]}
  air-defence: {labels: [air-defence, air-defense, air defence, air defense]}
  ground: {labels: [ground, land-forces, troop-movement]}
  imagery: {labels: [imagery, imint, satellite]}
  signals: {labels: [signals, sigint]}
  logistics: {labels: [logistics, supply]}
  military-aid: {labels: [military-aid, security-assistance]}
  # What is said about all that: the record of a case.
  diplomacy: {labels: [diplomacy, diplomatic]}
  # What happens in networks.
  cyber:
    labels: [cyber, misp, threat-report]
    types: [attack-pattern, campaign, infrastructure, intrusion-set, malware, malware-analysis, threat-actor, tool,
            vulnerability]
    indicator_types: [anomalous-activity, anonymization, benign, compromised, malicious-activity, attribution]
  malware:
    labels: [malware, ransomware, trojan, spyware, worm, backdoor, botnet]
    types: [malware, malware-analysis]
  ransomware: {labels: [ransomware]}
  phishing: {labels: [phishing, spearphishing, spear-phishing, smishing]}
  vulnerability: {labels: [vulnerability, exploit, cve], types: [vulnerability]}
  actor: {labels: [apt, actor], types: [threat-actor, intrusion-set, campaign]}
  infrastructure: {labels: [c2, command-and-control, infrastructure], types: [infrastructure]}
  initial-access: {kill_chain_phases: [initial-access, delivery, exploitation]}
  exfiltration: {labels: [exfiltration], kill_chain_phases: [exfiltration]}
  sabotage: {labels: [sabotage, wiper], kill_chain_phases: [impact]}
  industrial-control: {labels: [ics, scada, ot, industrial]}
  # What people are told.
  influence: {labels: [influence, disinformation, information-operations]}
  terrorism: {labels: [terrorism, terrorist]}
  sanctions: {labels: [sanctions, sanctions-evasion]}
"""
"""The vocabulary that `relto init` writes: a start for threat intelligence and for the demonstration's world."""
