"""The log of a served node gets another key: what partners see of it who audit meanwhile, and who slept through it."""

import dataclasses
import json
import shutil

import pytest
from tests.conformance.served import indicator
from tests.faces.log.conftest import settled
from tests.second import log_verifier as second

from relto.adapters.signing import draw_key
from relto.domain.note import signature_of
from relto.faces.cli import main

DAY_US = 86_400_000_000


@pytest.fixture
def asleep(desk, node):
    """Another desk of UKR's, which has audited once, and does not again for long."""
    folder = desk.folder.with_name("asleep")
    shutil.copytree(desk.folder, folder)
    made = dataclasses.replace(desk, folder=folder)
    assert made.audit().codes == []
    return made


def rotate(node, desk, overlap):
    desk.capsys.readouterr()
    data = str(node.opened.config.data)
    assert main(["log", "rotate-key", "--overlap", overlap, "--data", data, "--json"]) == 0
    return json.loads(desk.capsys.readouterr().out)["key"]


def pass_days(node, days):
    """The node's clock goes on by so much, as if it had been served all the time."""
    store = node.opened.node.store
    with store.write() as tx:
        head = tx.head()
        tx.put_head(dataclasses.replace(head, clock_offset=head.clock_offset + days * DAY_US))


def more(node, desk, name):
    """Something is given, and signed."""
    node.publish(indicator())
    desk.read(node.path(), name)
    settled(node, desk)


def signers(node, desk):
    keys = [
        file.read_text().strip() for file in sorted((node.opened.config.data / "keys").glob("log*.vkey"), reverse=True)
    ]
    found = second.signers(desk.get("/log/checkpoint").content, keys)[1]
    return [key for key in keys if (key, None) in found]


def remembered(desk):
    return json.loads(desk.state.read_text())["keys"]


def give(node, desk, name):
    """The operator hands the partner a key another way."""
    shutil.copy(node.opened.config.data / "keys" / name, desk.folder / "log.vkey")


def test_who_audits_during_the_overlap_learns_the_new_key_and_goes_on_with_it(node, desk):
    assert desk.audit().codes == []
    old = remembered(desk)
    new = rotate(node, desk, "2d")
    more(node, desk, "second")
    assert sorted(signers(node, desk)) == sorted([*old, new])
    answer = desk.audit()
    assert (answer.status, answer.codes) == (0, [])
    assert remembered(desk) == [*old, new]
    [(named, leaf)] = json.loads(desk.state.read_text())["named"]
    assert (named, leaf < answer.document["size"]) == (new, True)
    pass_days(node, 3)
    more(node, desk, "third")
    assert signers(node, desk) == [new]
    answer = desk.audit()
    assert (answer.status, answer.codes) == (0, [])
    # Each time all was read again.
    assert answer.document["received"] == 5 + 6 + 7


def test_who_slept_through_the_overlap_believes_nothing_until_it_is_given_the_new_key_another_way(node, desk, asleep):
    last = json.loads(asleep.state.read_text())["checkpoint"]
    new = rotate(node, desk, "2d")
    more(node, desk, "second")
    pass_days(node, 3)
    more(node, desk, "third")
    before = asleep.state.read_bytes()
    for _ in range(2):
        answer = asleep.audit(received=False)
        assert (answer.status, answer.codes) == (1, ["checkpoint-unsigned"])
        assert asleep.state.read_bytes() == before
    # What somebody else drew under the same name opens nothing either.
    signer = draw_key(asleep.folder / "other.key", "usa.relto")
    (asleep.folder / "log.vkey").write_text(f"{signer.key.text}\n")
    assert asleep.audit(received=False).codes == ["checkpoint-unsigned"]
    assert asleep.state.read_bytes() == before
    # With the right one the log still has to continue what is remembered, and does.
    give(node, asleep, "log-2.vkey")
    shutil.copytree(desk.envelopes, asleep.envelopes, dirs_exist_ok=True)
    answer = asleep.audit()
    assert (answer.status, answer.codes) == (0, [])
    assert last in json.loads(asleep.state.read_text())["earlier"]
    assert new in remembered(asleep)
    (asleep.folder / "log.vkey").write_text(desk.folder.joinpath("log.vkey").read_text())
    assert asleep.audit().codes == []


def test_the_new_key_does_not_make_up_for_a_log_that_was_rewritten(node, desk, asleep):
    rotate(node, desk, "0s")
    settled(node, desk)
    kept = json.loads(asleep.state.read_text())
    # As if the node had shown this partner another log of that length, signed by the old key.
    signer = node.opened.signers.read("log.key", "usa.relto")
    text = kept["checkpoint"].split("\n")
    text[2] = "A" * 43 + "="
    unsigned = "\n".join(text[:3]) + "\n"
    kept["checkpoint"] = unsigned + "\n" + signature_of(unsigned, signer.key, sign=signer.sign).line + "\n"
    asleep.state.write_text(json.dumps(kept))
    give(node, asleep, "log-2.vkey")
    answer = asleep.audit(received=False)
    assert (answer.status, answer.codes) == (1, ["log-rewritten"])


def test_a_turn_without_an_overlap_is_one_that_everybody_slept_through(node, desk):
    assert desk.audit().codes == []
    new = rotate(node, desk, "0s")
    more(node, desk, "second")
    assert signers(node, desk) == [new]
    assert desk.audit().codes == ["checkpoint-unsigned"]
    give(node, desk, "log-2.vkey")
    assert desk.audit().codes == []


def test_who_audits_for_the_first_time_needs_a_key_that_signs_now(node, desk):
    new = rotate(node, desk, "2d")
    more(node, desk, "second")
    # While both sign, either will do.
    assert desk.audit().codes == []
    pass_days(node, 3)
    more(node, desk, "third")
    desk.state.unlink()
    assert desk.audit().codes == ["checkpoint-unsigned"]
    assert not desk.state.exists()
    give(node, desk, "log-2.vkey")
    assert desk.audit().codes == []
    assert remembered(desk) == [new]


def test_a_receipt_is_believed_by_the_newest_key_that_is_given(node, desk, capsys):
    leaf = desk.get("/log/deliveries").json()["deliveries"][0]["number"]
    receipt, key = desk.folder / "receipt", desk.folder / "both.vkey"
    old, both = desk.folder / "log.vkey", key

    def verified(file):
        capsys.readouterr()
        given = ["--data", str(node.opened.config.data)] if file is None else ["--key", str(file)]
        status = main(["log", "verify", "--receipt", str(receipt), *given, "--json"])
        document = json.loads(capsys.readouterr().out)
        return status, document.get("error", {}).get("code")

    receipt.write_bytes(desk.get(f"/log/proof?leaf={leaf}").content)
    rotate(node, desk, "0s")
    keys = node.opened.config.data / "keys"
    both.write_text(old.read_text() + (keys / "log-2.vkey").read_text())
    # By the old key alone: of before the rotation, or by whoever has that key now.
    assert verified(old) == (0, None)
    assert verified(both) == (2, "key-outdated")
    # The node knows which key is the last.
    assert verified(None) == (2, "key-outdated")
    settled(node, desk)
    receipt.write_bytes(desk.get(f"/log/proof?leaf={leaf}").content)
    assert verified(both) == (0, None)
    assert verified(None) == (0, None)
    assert verified(keys / "log-2.vkey") == (0, None)
    assert verified(old) == (2, "note-unsigned")
