"""Whoever sits before a browser can do all that the command line can: each verb has its place in the console."""

import re
from pathlib import Path

from relto.faces import console
from relto.faces.verbs.registry import VERBS

SOURCE = "\n".join(path.read_text("utf-8") for path in Path(console.__file__).parent.rglob("*.py"))

ELSEWHERE = {"explain": "finding.show", "impact": "impact.impact_of"}
"""Verbs whose answer is told by another: of every party at once, or of some flows alone."""


def test_each_verb_has_its_place_in_the_console():
    missing = set()
    for verb in VERBS:
        module = verb.function.__module__.rpartition(".")[2]
        told = ELSEWHERE.get(verb.words, f"{module}.{verb.function.__name__}")
        if not re.search(rf"\b{re.escape(told)}\b", SOURCE):
            missing.add(verb.words)
    assert missing == set()
