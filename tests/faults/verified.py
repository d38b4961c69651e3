"""What must hold of a log whatever happened to the node: verified as the product does, it has all that was shown.

`seen` are checkpoints that somebody was shown, as signed notes; `pages` are (account, digest) of pages that were
received.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.load.node import Made
from tests.logged import EVERY, deliveries, leaves
from tests.second import log_verifier as second

from relto.domain.merkle import Frontier, leaf_hash
from relto.ports.store import Store
from relto.usecases.evidence.show.disclosing import log_keys
from relto.wiring import open_node
from relto.wiring.proving import verify_store


def verified(node: Made) -> None:
    """Nothing is wrong with the log, as `relto log verify` says, whether or not others write on."""
    with open_node(node.config()) as opened:
        opened.sign()
        with opened.node.store.read() as snap:
            keys = log_keys(snap)[:1]
        verdict = verify_store(opened.database, keys, lambda _, __: None, opened.sign)
    assert verdict.faults == []
    assert verdict.size == verdict.signed > 0


def holds(store: Store, seen: Iterable[str], pages: Iterable[tuple[str, str]]) -> None:
    """Every checkpoint that was shown or is stored is of this log; each page is in it as often as it was received."""
    with store.read() as snap:
        stored = [row.note.decode() for row in snap.checkpoints(limit=EVERY)]
        # Whoever is killed before the first checkpoint leaves a log that nobody has signed and nobody was shown.
        keys = [key.text for key in log_keys(snap)] if stored else []
        hashes = [leaf_hash(row.data) for _, row in snap.leaves(limit=EVERY)]
        gone = {(leaf["reader"], leaf["page"]) for leaf in leaves(snap) if leaf["kind"] == "withdrawn"}
        given = Counter(
            (each.reader, each.told["digest"])
            for each in deliveries(snap)
            if (each.reader, each.told["page"]) not in gone
        )
    roots, frontier = {}, Frontier()
    for each in hashes:
        frontier = frontier.appended([each])
        roots[frontier.size] = frontier.root
    for note in {*seen, *stored}:
        text, _ = second.signers(note.encode(), keys)
        _, size, root = second.checkpoint(text)
        assert roots.get(size) == root, "a checkpoint that was shown is of another log"
    assert {note.partition("\n\n")[0] for note in seen} <= {note.partition("\n\n")[0] for note in stored}
    assert Counter(pages) <= given, "a page that was received is not in the log"
