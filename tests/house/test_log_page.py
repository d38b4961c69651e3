"""The bytes that the page on the format of the log shows are those that Relto makes."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relto.domain.checkpoint import Checkpoint
from relto.domain.keys import object_key
from relto.domain.leaf import canonical, encoded
from relto.domain.merkle import inclusion_proof, leaf_hash, node_hash, root_of
from relto.domain.note import KeyKind, Note, VerifierKey, signature_of
from relto.domain.plain import plain
from relto.domain.proof import Proof
from relto.domain.reader import Track, track_digest
from relto.domain.stored import record_of
from relto.domain.stream import Place

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "log.md").read_text(encoding="utf-8")
SOURCES = [
    *sorted((ROOT / "src" / "relto" / "usecases").rglob("*.py")),
    ROOT / "src" / "relto" / "wiring" / "proving.py",
    *sorted((ROOT / "src" / "relto" / "adapters" / "sql").rglob("*.py")),
]
AT = 1_741_543_200_000_000
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
FAULT = re.compile(
    r"(?:\b(?:Fault|Wrong|_gate|_whole|_find|Lost)\(\s*(?:page,\s*)?|\bbroken\(\s*[\w.\[\]]+,\s*|\bfind\(\s*(?:[\w\[\]]+,\s*)?|"
    r"name_first\(\s*(?:self\.)?found\.faults,\s*)\"(?P<code>[a-z]+(?:-[a-z]+)+)\""
)


def items():
    digests = [sha256(text).digest() for text in (b'{"type":"indicator"}', b'{"type":"sighting"}')]
    keys = [
        object_key("USA", "indicator--00000000-0000-4000-8000-000000000001"),
        object_key("USA", "sighting--00000000-0000-4000-8000-000000000002"),
    ]
    version = "2025-03-05T12:00:00.000Z"
    moment = 1_741_176_000_000_000
    return [
        record_of(7, 2, moment, keys[0], digests[0], version, rival=False),
        record_of(8, 3, moment, keys[1], digests[1], version, rival=True, joins=[keys[0]]),
    ], digests


def leaves():
    _, digests = items()
    delivery = {
        "agreement": "usa-ukr",
        "party": "UKR",
        "reader": "kyiv",
        "given_at": AT,
        "endpoint": "objects",
        "asked": {"versions": ["last"]},
        "items": 2,
        "digest": sha256(b"".join(digests)).hexdigest(),
        "dates": [AT - 2_000, AT - 1_000],
        "page": 5,
        "previous": None,
    }
    place = {
        "flow": 1,
        "stream": 1,
        "version": 110,
        "items": [[7, 8]],
        "after": [0, 1, 0],
        "last": [0, 1, 8],
        "upto": [0, 1, 9],
        "by_track": False,
    }
    withdrawn = {"agreement": "usa-ukr", "reader": "kyiv", "page": 5, "party": "UKR", "previous": 0}
    told = [("delivery", delivery, 0), ("place", place, 0), ("withdrawn", withdrawn, 2)]
    return [
        encoded(kind, fields, at=AT, block=block, salt=lambda number=number: bytes([number]) * 16)[0]
        for number, (kind, fields, block) in enumerate(told)
    ]


def signed():
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    key = VerifierKey("log.example", KeyKind.ED25519, private.public_key().public_bytes_raw())
    hashes = [leaf_hash(leaf) for leaf in leaves()]
    text = Checkpoint("log.example", 3, root_of(hashes)).text
    note = Note(text, (signature_of(text, key, sign=private.sign),))
    path = inclusion_proof(0, 3, lambda level, index: root_of(hashes[index << level : (index + 1) << level]))
    return key, note, Proof(0, tuple(path), note, extra=leaves()[0])


def shown():
    """Each example by its name."""
    records, _ = items()
    hashes = [leaf_hash(leaf) for leaf in leaves()]
    key, note, proof = signed()
    track = Track.begun(Place(0, 1, 6))
    made = {f"leaf {number}": leaf.decode() for number, leaf in enumerate(leaves())}
    made |= {f"hash {number}": each.hex() for number, each in enumerate(hashes)}
    made |= {f"record {number}": record.hex() for number, record in enumerate(records)}
    made |= {f"record hash {number}": leaf_hash(record).hex() for number, record in enumerate(records)}
    return made | {
        "batch": root_of([leaf_hash(record) for record in records]).hex(),
        "node": node_hash(hashes[0], hashes[1]).hex(),
        "root": root_of(hashes).hex(),
        "key": key.text,
        "checkpoint": note.as_bytes().decode(),
        "receipt": proof.as_bytes().decode(),
        "track": canonical(plain([1, "kyiv", "objects", track])).decode(),
        "track digest": track_digest(1, "kyiv", "objects", track),
    }


@pytest.mark.parametrize("name", shown())
def test_an_example_is_what_the_code_makes(name):
    lines = shown()[name].rstrip("\n")
    assert f"\n{lines}\n" in PAGE or f"`{lines}`" in PAGE


def test_each_kind_of_leaf_has_its_place():
    kinds = {"part"}
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        kinds |= set(re.findall(r"(?:leaves\.add|\.note)\(\s*\"([a-z]+)\"", text))
    assert len(kinds) > 15
    assert {kind for kind in kinds if f"| `{kind}` |" not in PAGE and f"### `{kind}`" not in PAGE} == set()


def test_each_table_of_which_rows_are_logged_has_its_place():
    text = (ROOT / "src" / "relto" / "usecases" / "evidence" / "making" / "leaves.py").read_text(encoding="utf-8")
    tables = set(re.findall(r"leaves\.row\(\"([a-z]+)\"", text))
    assert len(tables) > 8
    assert {table for table in tables if f"| `{table}` |" not in PAGE} == set()


def test_each_code_of_a_fault_has_its_place_and_no_other():
    codes = {found["code"] for source in SOURCES for found in FAULT.finditer(source.read_text(encoding="utf-8"))}
    assert {"item-released", "log-split", "checkpoint-unsigned", "received-unrecorded", "archive-damaged"} <= codes
    table = PAGE.partition("\n## Faults\n")[2]
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", table, flags=re.MULTILINE))
    assert codes ^ listed == set()
