"""How well articles are read: precision and recall of what is proposed, against what a person wants of each article.

    python -m bench.reading.measure              # a table for each half of the corpus
    python -m bench.reading.measure --show       # and what was missed, or is false

The corpus has two halves. The rules were made with `tuned` at hand; `held_out` was written when they were done.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from bench.plan import Plan
from bench.reading.matching import is_same
from bench.report import Row, at_least, plain

from relto.adapters.press import TrafilaturaPress
from relto.domain.article import Article, Known, KnownParty, KnownPerson, Proposal, propose

FOLDER = Path(__file__).parent
HALVES = ("tuned", "held_out")
LIMITS = {"quotations with their speaker": (0.9, 0.7), "all": (0.8, 0.6)}
"""Least precision and recall."""


@dataclass(slots=True)
class Score:
    """Counts: what was wanted and found, wanted and missed, proposed and not wanted."""

    found: int = 0
    missed: int = 0
    false: int = 0

    @property
    def precision(self) -> float:
        """The share of what is proposed that is wanted."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """The share of what is wanted that is proposed."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


@dataclass(slots=True)
class Outcome:
    """The scores of a half, by kind, with what went wrong, in words."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    faults: list[str] = field(default_factory=list)
    details: Score = field(default_factory=Score)
    articles: int = 0


def known_people() -> Known:
    """Who is known while the corpus is read."""
    listed = yaml.safe_load((FOLDER / "known.yaml").read_text(encoding="utf-8"))
    people = [
        KnownPerson(key, each["name"], tuple(each.get("aliases", ())), each["party"], tuple(each["roles"]))
        for key, each in listed["people"].items()
    ]
    return Known(tuple(people), tuple(KnownParty(code, name) for code, name in listed["parties"].items()))


def read(path: Path) -> Article:
    """The article in a file of the corpus."""
    return TrafilaturaPress().read(path.read_bytes(), name=path.name)


def judged(half: str) -> Outcome:
    """All articles of a half, read and compared."""
    outcome = Outcome()
    known = known_people()
    for path in sorted((FOLDER / half).glob("*.yaml")):
        wanted = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        source = next(each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".yaml")
        article = read(source)
        if str(article.date) != wanted["date"]:
            outcome.faults.append(f"{path.stem}: dated {article.date}, not {wanted['date']}")
        _judge(path.stem, wanted["entries"], propose(article, known), outcome)
        outcome.articles += 1
    return outcome


def _judge(name: str, wanted: Sequence[dict[str, Any]], found: Sequence[Proposal], outcome: Outcome) -> None:
    left = list(found)
    for each in sorted(wanted, key=lambda one: one.get("optional") == "true"):
        optional = each.get("optional") == "true"
        hit = next((proposal for proposal in left if is_same(each, proposal)), None)
        groups = _groups(each["kind"], is_quoted="words" in each)
        if hit is not None:
            left.remove(hit)
            if not optional:
                _count(outcome, groups, "found")
                _judge_details(name, each, hit, outcome)
        elif not optional:
            _count(outcome, groups, "missed")
            outcome.faults.append(f"{name}: missed {each}")
    for proposal in left:
        _count(outcome, _groups(proposal.kind, is_quoted=bool(proposal.words)), "false")
        who = proposal.who.label if proposal.who else ""
        outcome.faults.append(
            f"{name}: false {proposal.kind} {who!r} {proposal.words!r} [{proposal.rule}] {proposal.text[:150]!r}"
        )


def _groups(kind: str, *, is_quoted: bool) -> tuple[str, ...]:
    if kind != "statement":
        return kind, "all"
    return ("quotations with their speaker", "all") if is_quoted else ("reported statements", "all")


def _count(outcome: Outcome, groups: Sequence[str], what: str) -> None:
    for group in groups:
        score = outcome.scores[group]
        setattr(score, what, getattr(score, what) + 1)


def _judge_details(name: str, wanted: dict[str, Any], found: Proposal, outcome: Outcome) -> None:
    """Dates and places that the article states, of statements that were found."""
    if wanted["kind"] != "statement":
        return
    for part in ("date", "place"):
        if part in wanted:
            right = wanted[part].lower() in getattr(found, part).lower()
            setattr(
                outcome.details,
                "found" if right else "missed",
                getattr(outcome.details, "found" if right else "missed") + 1,
            )
            if not right:
                outcome.faults.append(
                    f"{name}: {part} {getattr(found, part)!r}, not {wanted[part]!r}: {found.words or found.text[:60]!r}"
                )


def measure(_plan: Plan, _folder: Path, say: Callable[[str], None]) -> list[Row]:
    """A row for each half and group; the limits are for both halves."""
    rows = []
    for half in HALVES:
        say(f"reading: {half}")
        outcome = judged(half)
        group = f"Articles read, {half.replace('_', ' ')} half ({outcome.articles} articles)"
        for name in sorted(outcome.scores):
            score = outcome.scores[name]
            note = f"{score.found} found, {score.missed} missed, {score.false} false"
            limits = LIMITS.get(name)
            if limits is None:
                rows.append(plain(group, f"{name}: precision", score.precision, unit="", note=note))
                rows.append(plain(group, f"{name}: recall", score.recall, unit=""))
            else:
                rows.append(at_least(group, f"{name}: precision", score.precision, limits[0], unit="", note=note))
                rows.append(at_least(group, f"{name}: recall", score.recall, limits[1], unit=""))
        rows.append(plain(group, "stated dates and places of statements: right", outcome.details.recall, unit=""))
    return rows


def main(arguments: Sequence[str]) -> int:
    """Print both halves; what went wrong, where that is asked for."""
    for half in HALVES:
        outcome = judged(half)
        print(f"{half}: {outcome.articles} articles")
        for name, score in sorted(outcome.scores.items()):
            counts = f"{score.found:4} found {score.missed:4} missed {score.false:4} false"
            print(f"  {name:32} precision {score.precision:.2f}  recall {score.recall:.2f} {counts}")
        print(f"  {'dates and places of statements':32} {outcome.details.found} right, {outcome.details.missed} wrong")
        if "--show" in arguments:
            print(*(f"    {fault}" for fault in outcome.faults), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
