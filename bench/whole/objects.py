"""What is written: indicators nobody has seen before, some modified long ago, some a new version of an earlier one.

Every object carries the label `relto-whole` and those that were asked for, so that whoever runs the program can find
them afterwards: it deletes nothing.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.objects import GREEN
from bench.whole.clients import Key

LABEL = "relto-whole"
OLD_SHARE = 0.2
OLD_SECONDS_MAX = 3_600
AGAIN_SHARE = 0.05
STEP = timedelta(milliseconds=1)


class Source:
    """Draws the objects of one writer. `ahead`: of the server's clock; `modified` lies a second before that clock."""

    def __init__(self, seed: int, labels: Sequence[str], *, ahead: timedelta) -> None:
        self._chance = random.Random(seed)
        self._labels = [LABEL, *labels]
        self._ahead = ahead
        self._given: list[tuple[str, datetime, datetime]] = []

    def drawn(self, count: int) -> tuple[list[Key], bytes]:
        """So many versions, each of another object: their keys, and the envelope that holds them."""
        keys, texts, chosen = [], [], set[str]()
        for _ in range(count):
            now = datetime.now(UTC) + self._ahead - timedelta(seconds=1)
            again = self._chance.choice(self._given) if self._given else None
            if again and again[0] not in chosen and self._chance.random() < AGAIN_SHARE:
                stix_id, created, before = again
                self._given.remove(again)
                modified = max(_whole(now), before + STEP)
            else:
                stix_id = f"indicator--{uuid.UUID(int=self._chance.getrandbits(128), version=4)}"
                is_old = self._chance.random() < OLD_SHARE
                age = timedelta(seconds=self._chance.uniform(0, OLD_SECONDS_MAX) if is_old else 0)
                created = modified = _whole(now - age)
            chosen.add(stix_id)
            self._given.append((stix_id, created, modified))
            keys.append((stix_id, _written(modified)))
            texts.append(self._text(stix_id, created, modified))
        return keys, ('{"objects":[' + ",".join(texts) + "]}").encode()

    def forget(self, keys: Sequence[Key]) -> None:
        """What was not acknowledged gets no later version."""
        gone = {stix_id for stix_id, _ in keys}
        self._given = [each for each in self._given if each[0] not in gone]

    def _text(self, stix_id: str, created: datetime, modified: datetime) -> str:
        value = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": stix_id,
            "created": _written(created),
            "modified": _written(modified),
            "name": "Made up for a measurement",
            "description": "Nothing is behind this address. " + "Made up for a measurement. " * 12,
            "indicator_types": ["benign"],
            "pattern": "[ipv4-addr:value = '198.51.100.7']",
            "pattern_type": "stix",
            "valid_from": _written(created),
            "labels": self._labels,
            "object_marking_refs": [GREEN],
        }
        return json.dumps(value, separators=(",", ":"))


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
