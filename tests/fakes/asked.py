"""A node as its partner asks it, over a store: what `/log/` answers, written a second time. A test may have it lie.

`portion`: so many deliveries in one answer; `lie`: is handed each answer with its route, and says what is told instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.signer import SeedSigners

from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.note import in_base64
from relto.ports.node import Node
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.signing import Origin, sign_checkpoint

ORIGIN = "usa.relto"

Lie = Callable[[str, Any], Any]


@dataclass
class AskedNode:
    """Keeps the promises of `auditing.Asked` as long as it does not lie."""

    node: Node
    signers: SeedSigners
    party: str = "UKR"
    portion: int = 200
    lie: Lie = lambda _, answer: answer

    def sign(self) -> bool:
        return sign_checkpoint(self.node, self.signers, Origin(ORIGIN))

    def checkpoint(self) -> bytes:
        with self.node.store.read() as snap:
            return self.lie("checkpoint", disclosing.latest(snap).note.as_bytes())

    def consistency(self, old: int, new: int) -> list[bytes]:
        try:
            with self.node.store.read() as snap:
                _, proof = disclosing.consistency(snap, old, new)
        except (BadInput, Unknown) as error:
            # As it comes over the wire.
            raise Refused(error.code, str(error)) from error
        return self.lie("consistency", proof)

    def cosigned(self) -> list[bytes]:
        with self.node.store.read() as snap:
            return self.lie("cosigned", disclosing.cosigned(snap))

    def deliveries(self, after: int | None) -> Any:
        with self.node.store.read() as snap:
            first = 0 if after is None else after + 1
            found = disclosing.deliveries(snap, self.party, first=first, limit=self.portion)
            document: dict[str, Any] = {"size": found.size, "deliveries": [], "withdrawn": []}
            for each in found.given:
                told: dict[str, Any] = {"number": each.number, "leaf": each.leaf.decode()}
                told["proof"] = [in_base64(proof) for proof in each.proof]
                if each.parts:
                    told["parts"] = [part.decode() for part in each.parts]
                if each.kind == "delivery":
                    told["items"] = [digest.hex() for digest in each.items]
                    told["names"] = list(each.names)
                document["deliveries" if each.kind == "delivery" else "withdrawn"].append(told)
            announced = disclosing.announced(snap, found.size)
            for name, kind in (("keys", "key"), ("eras", "era")):
                document[name] = [
                    {
                        "number": each.number, "leaf": each.leaf.decode(),
                        "parts": [part.decode() for part in each.parts],
                        "proof": [in_base64(proof) for proof in each.proof],
                    }
                    for each in announced[kind]
                ]  # fmt: skip
        return self.lie("deliveries", {**document, "after": found.upto, "more": found.more})
