"""The test data: STIX 2.1 indicators of 700 to 900 bytes, the same ones for the same numbers, ever.

Two labels, each a topic of `TOPICS`, put an object into one of up to 400 classes:

    >>> import json
    >>> first = json.loads(indicator(1, classes=400))
    >>> first["id"], first["labels"]
    ('indicator--6b86b273-ff34-4fce-919d-6b804eff5a3f', ['bench-a-01', 'bench-b-00'])
    >>> len({tuple(json.loads(indicator(number, classes=400))["labels"]) for number in range(400)})
    400
    >>> {700 <= len(indicator(number, classes=20)) <= 900 for number in range(1_000)}
    {True}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

SIDE = 20
CLASSES_MAX = SIDE * SIDE

TOPICS = [f"bench-{half}-{number:02}" for half in "ab" for number in range(SIDE)]
"""The vocabulary of a node that takes these objects in."""

TOPICS_FILE = "topics:\n" + "".join(f"  {name}: {{labels: [{name}]}}\n" for name in TOPICS)

GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
"""TLP:GREEN of TLP 1, predefined by STIX 2.1 section 7.2.1.4."""

TEMPLATE = (
    '{"type":"indicator","spec_version":"2.1","id":"indicator--%s-%s-4%s-9%s-%s",'
    '"created":"2025-%02d-%02dT%02d:%02d:%02d.%03dZ","modified":"2025-%02d-%02dT%02d:%02d:%02d.%03dZ",'
    '"name":"Loader %s seen on a supply route","description":"Made up for a measurement: a loader with this digest '
    'was found on %d hosts, where it asked for orders every %d seconds and answered to nobody else.",'
    '"indicator_types":["malicious-activity"],"pattern":"[file:hashes.\'SHA-256\' = \'%s\']","pattern_type":"stix",'
    '"valid_from":"2025-01-01T00:00:00Z","kill_chain_phases":[{"kill_chain_name":"bench","phase_name":"delivery"}],'
    '"confidence":%d,"labels":["bench-a-%02d","bench-b-%02d"],"object_marking_refs":["' + GREEN + '"]}'
)


def indicator(number: int, *, classes: int) -> bytes:
    """The object of that number, of the class `number % classes`, as JSON without a line break."""
    drawn = hashlib.sha256(b"%d" % number).hexdigest()
    minute, milli = divmod(number, 60_000)
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    moment = (1 + day // 28 % 12, 1 + day % 28, hour, minute, milli // 1_000, milli % 1_000)
    kind = number % classes
    text = TEMPLATE % (
        drawn[:8], drawn[8:12], drawn[12:15], drawn[15:18], drawn[18:30], *moment, *moment, drawn[:10],
        1 + number % 97, 30 + number % 311, drawn, number % 101, kind % SIDE, kind // SIDE,
    )  # fmt: skip
    return text.encode()


def indicators(first: int, count: int, *, classes: int) -> Iterator[bytes]:
    """`count` objects, from number `first` on."""
    return (indicator(number, classes=classes) for number in range(first, first + count))


def envelopes(first: int, count: int, *, size: int, classes: int) -> list[bytes]:
    """The same as TAXII envelopes (TAXII 2.1 section 3.7) of `size` objects each."""
    return [
        b'{"objects":[' + b",".join(indicators(start, min(size, first + count - start), classes=classes)) + b"]}"
        for start in range(first, first + count, size)
    ]


def write_lines(path: Path, first: int, count: int, *, classes: int) -> int:
    """Writes them as JSON lines; how many bytes."""
    with path.open("wb") as file:
        return sum(file.write(raw + b"\n") for raw in indicators(first, count, classes=classes))
