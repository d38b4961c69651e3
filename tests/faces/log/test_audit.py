"""`relto audit`, called as a command, against a node that is served: what a partner sees of it from outside."""

import contextlib
import json
import shutil
import stat
import subprocess
import sys

import pytest
from tests.actors import ADMIN
from tests.conformance.served import indicator
from tests.faces.log.conftest import TAXII, made, objects, settled
from tests.fakes.processes import running
from tests.load.node import ROOT
from tests.second import log_verifier as second

from relto.adapters.signing import draw_key
from relto.domain.note import KeyKind
from relto.faces.cli import main
from relto.faces.cli.remote import Remote
from relto.usecases.evidence.signed.witnessing import add_witness

# What is as it should be.


def test_a_whole_folder_of_envelopes_is_what_the_log_says(node, desk):
    answer = desk.audit()
    assert (answer.status, answer.codes) == (0, [])
    told = answer.document
    assert (told["ok"], told["deliveries"], told["items"], told["received"], told["rewritten"]) == (True, 3, 5, 5, 0)
    assert json.loads(desk.state.read_text())["checkpoint"].startswith(told["origin"])
    node.publish(indicator())
    desk.read(node.path(), "second")
    settled(node, desk)
    again = desk.audit()
    assert (again.status, again.codes) == (0, [])
    assert again.document["size"] > told["size"]
    # The key is remembered.
    (desk.folder / "log.vkey").unlink()
    desk.capsys.readouterr()
    assert main(["audit", desk.url, "--state", str(desk.state), "--user", "kyiv"]) == 0
    assert "nothing is wrong" in desk.capsys.readouterr().out


@pytest.mark.parametrize(
    "how",
    [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 4, "ensure_ascii": False}],
    ids=str,
)
def test_a_folder_that_a_program_wrote_anew_is_what_the_log_says(node, desk, how):
    desk.rewrite(**how)
    answer = desk.audit()
    assert (answer.status, answer.codes) == (0, [])
    assert answer.document["received"] == 5


def test_a_folder_that_was_sorted_anew_is_held_against_what_is_read_again(node, desk):
    desk.rewrite(sort_keys=True)
    answer = desk.audit()
    assert (answer.status, set(answer.codes)) == (1, {"received-unproven"})
    answer = desk.audit("--again")
    assert (answer.status, answer.codes, answer.document["rewritten"]) == (0, [], 5)
    file, envelope = objects(desk)[0]
    envelope["objects"][0]["name"] = "forged"
    file.write_text(json.dumps(envelope))
    assert desk.audit("--again").codes == ["received-unproven"]


@pytest.mark.parametrize("of_one", [True, False], ids=["in one collection", "in many"])
def test_no_node_fills_the_memory_of_who_reads_it_again(node, desk, monkeypatch, of_one):
    monkeypatch.setattr("relto.faces.cli.asking.OBJECTS_MAX", 50)
    asked = []

    def endless(self, method, target, headers, body):
        asked.append(target)
        if target.startswith("/exchange/collections/?") or target.endswith("/collections/"):
            told = {"collections": [{"id": str(number)} for number in range(1 if of_one else 10_000)]}
        else:
            told = {"objects": [{**indicator(), "name": str(len(asked))} for _ in range(10)]}
            told |= {"more": True, "next": str(len(asked))} if of_one else {}
        return 200, {"content-type": TAXII}, json.dumps(told).encode()

    monkeypatch.setattr(Remote, "_once", endless)
    answer = desk.audit("--again", received=False)
    assert (answer.status, answer.document["error"]["code"]) == (1, "objects-too-many")
    assert len(asked) <= 8


def test_reading_again_is_on_record_and_what_the_log_says(node, desk):
    answer = desk.audit("--again", received=False)
    assert (answer.status, answer.codes) == (0, [])
    assert answer.document["received"] == 5


def test_reading_for_the_first_time_is_waited_for_until_it_is_signed(node, desk):
    desk.account = "lviv"
    node.publish(*[indicator() for _ in range(3)])
    answer = desk.audit("--again", received=False)
    assert (answer.status, answer.codes) == (0, [])
    assert answer.document["received"] == 8


def test_an_account_of_the_party_sees_what_all_of_them_were_given(node, desk):
    desk.account = "lviv"
    answer = desk.audit()
    assert (answer.status, answer.codes) == (0, [])
    assert answer.document["deliveries"] == 3


def test_whose_deliveries_were_shown_is_told_and_remembered(node, desk):
    told = desk.audit().document
    assert (told["party"], told["accounts"]) == ("UKR", ["kyiv"])
    assert json.loads(desk.state.read_text())["party"] == "UKR"
    answer = desk.audit("--party", "GBR")
    assert (answer.status, answer.codes) == (1, ["party-other"])
    # Whose it was said to be is not remembered.
    assert json.loads(desk.state.read_text())["party"] == "UKR"
    assert desk.audit("--party", "UKR").status == 0
    assert desk.audit("--party", "ukr").document["error"]["code"] == "party-code-invalid"


def test_of_two_audits_at_once_what_the_first_wrote_stays(node, desk, monkeypatch):
    assert desk.audit().document["remembered"]
    once = Remote._once
    wrote = []

    def meanwhile(self, method, target, headers, body):
        if target.startswith("/log/deliveries") and not wrote:
            wrote.append(True)
            node.publish(indicator())
            desk.read(node.path(), "second")
            settled(node, desk)
            assert desk.audit().document["remembered"]
            wrote.append(desk.state.read_bytes())
        return once(self, method, target, headers, body)

    monkeypatch.setattr(Remote, "_once", meanwhile)
    answer = desk.audit("--again", received=False)
    assert (answer.status, answer.codes, answer.document["remembered"]) == (0, [], False)
    assert desk.state.read_bytes() == wrote[1]
    assert desk.audit().document["remembered"]
    assert desk.state.read_bytes() != wrote[1]


# What is not.


def test_an_object_that_is_missing_in_the_folder_is_named(node, desk):
    file, envelope = objects(desk)[0]
    gone = envelope["objects"].pop()
    file.write_text(json.dumps(envelope))
    answer = desk.audit()
    assert (answer.status, answer.codes) == (1, ["recorded-unreceived"])
    (fault,) = answer.document["faults"]
    assert gone["id"] in fault["text"]
    assert isinstance(fault["leaf"], int)
    assert fault["promise"] == "proven"


def test_an_object_that_was_never_delivered_is_named(node, desk, at_once):
    mine = indicator()
    (desk.envelopes / "more.json").write_text(json.dumps({"objects": [mine]}))
    answer = desk.audit()
    assert (answer.status, answer.codes) == (1, ["received-unrecorded"])
    assert mine["id"] in answer.document["faults"][0]["text"]


def test_what_is_nowhere_on_record_is_waited_for_without_asking_for_everything_again(node, desk, monkeypatch):
    monkeypatch.setattr("relto.faces.cli.audit.SIGNED_SECONDS", 2)
    (desk.envelopes / "more.json").write_text(json.dumps({"objects": [indicator()]}))
    asked = []
    fetch = Remote.fetch

    def counted(self, method, target, **more):
        asked.append(target.partition("?")[0])
        return fetch(self, method, target, **more)

    monkeypatch.setattr(Remote, "fetch", counted)
    assert desk.audit().codes == ["received-unrecorded"]
    assert asked == ["/log/checkpoint", "/log/deliveries", "/log/checkpoint", "/log/checkpoint"]


def test_a_proxy_that_answers_in_the_node_s_place_accuses_nobody_of_two_logs(node, desk, monkeypatch):
    assert desk.audit("--checkpoint", desk.folder / "early.txt").status == 0
    node.publish(indicator())
    settled(node, desk)
    assert desk.audit().status == 0
    once = Remote._once

    def behind(self, method, target, headers, body):
        if target.startswith("/log/consistency"):
            return 502, {"content-type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>"
        return once(self, method, target, headers, body)

    monkeypatch.setattr(Remote, "_once", behind)
    answer = desk.audit("--compare", desk.folder / "early.txt")
    assert (answer.status, answer.document["error"]["code"]) == (3, "node-odd")


@contextlib.contextmanager
def with_bug(folder, bug):
    """The server with a bug planted, as a process of its own."""
    command = [sys.executable, "-m", "tests.load.bugs", bug, "serve", "--data", str(folder), "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = process.stdout.readline()
        assert "serving on" in line, line
        yield line.split()[-1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_node_that_records_only_some_of_what_it_gives_is_found(tmp_path, desk, monkeypatch):
    monkeypatch.setattr("relto.faces.cli.audit.SIGNED_SECONDS", 3)
    path = made(tmp_path / "node", 9)
    shutil.copy(tmp_path / "node" / "keys" / "log.vkey", desk.folder / "log.vkey")
    with with_bug(tmp_path / "node", "unrecorded-delivery") as desk.url:
        desk.read(path, "first")
        answer = desk.audit()
    assert answer.status == 1
    assert set(answer.codes) == {"received-unrecorded"}


def test_a_log_that_was_made_anew_is_found_by_what_is_remembered(tmp_path, desk, capsys):
    (tmp_path / "two").mkdir()
    path = made(tmp_path / "one", 3)
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
    shutil.copy(tmp_path / "one" / "keys" / "log.vkey", desk.folder / "log.vkey")
    made(tmp_path / "two", 5)
    made_small(tmp_path)
    with running(tmp_path / "one") as (_, desk.url):
        desk.read(path, "first")
        answer = desk.audit("--again", "--checkpoint", desk.folder / "mine.txt")
        assert (answer.status, answer.codes) == (0, []), answer
    before = desk.state.read_text()
    for other in ("two", "small"):
        with running(tmp_path / other) as (_, desk.url):
            answer = desk.audit(received=False)
            assert (answer.status, answer.codes) == (1, ["log-rewritten"])
            assert desk.state.read_text() == before
            # Another partner, whose first audit this is, sees it where it is handed the checkpoint.
            desk.state.unlink()
            answer = desk.audit("--compare", desk.folder / "mine.txt", received=False)
            assert (answer.status, answer.codes) == (1, ["log-split"])
            assert not desk.state.exists()
            desk.state.write_text(before)


def made_small(tmp_path):
    """A node that has the same keys and hardly began."""
    folder = tmp_path / "small"
    folder.mkdir()
    shutil.copytree(tmp_path / "one" / "keys", folder / "keys")
    made(folder, 1)


def test_a_checkpoint_by_another_key_is_not_believed(node, desk):
    draw_key(desk.folder / "other.key", "usa.relto")
    shutil.copy(desk.folder / "other.vkey", desk.folder / "log.vkey")
    answer = desk.audit()
    assert (answer.status, answer.codes) == (1, ["checkpoint-unsigned"])
    assert not desk.state.exists()


def test_checkpoints_of_two_partners_of_one_log_agree(node, desk):
    assert desk.audit("--checkpoint", desk.folder / "early.txt").status == 0
    node.publish(indicator())
    settled(node, desk)
    answer = desk.audit("--compare", desk.folder / "early.txt")
    assert (answer.status, answer.codes) == (0, [])
    # One by another key is none of this log.
    (desk.folder / "other.txt").write_text((desk.folder / "early.txt").read_text().replace("usa.relto", "usb.relto"))
    answer = desk.audit("--compare", desk.folder / "other.txt")
    assert (answer.status, answer.codes) == (1, ["compared-unsigned"])


# Cosigning.


def test_a_partner_cosigns_what_it_found_right_and_anyone_sees_it(node, desk, capsys):
    signer = draw_key(desk.folder / "cert.key", "cert.ukr", KeyKind.COSIGNATURE)
    data = str(node.opened.config.data)
    capsys.readouterr()
    added = main(["log", "witness", "add", "UKR", signer.key.text, "--data", data, "--json"])
    assert added == 0, capsys.readouterr()
    settled(node, desk)
    answer = desk.audit("--cosign", desk.folder / "cert.key")
    assert (answer.status, answer.codes, answer.document["cosigned"]) == (0, [], "cert.ukr")
    capsys.readouterr()
    assert main(["log", "witness", "list", "--data", data, "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["size"]) == ("cert.ukr", answer.document["size"])
    note = desk.get("/log/checkpoint").content
    text, signed = second.signers(note, [(desk.folder / "log.vkey").read_text().strip(), signer.key.text])
    if second.checkpoint(text)[1] == answer.document["size"]:
        assert signer.key.text in {key for key, _ in signed}
    assert len(second.signers(note, [(desk.folder / "log.vkey").read_text().strip()])[1]) == 1


def test_a_partner_makes_its_key_by_one_command_and_cosigns_with_it(node, desk, capsys):
    file, data = desk.folder / "witness.key", str(node.opened.config.data)
    capsys.readouterr()
    assert main(["log", "witness", "make-key", str(file), "--name", "cert.ukr", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["public"] == str(desk.folder / "witness.vkey")
    assert (desk.folder / "witness.vkey").read_text() == made["key"] + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert main(["log", "witness", "add", "UKR", made["key"], "--data", data, "--json"]) == 0
    settled(node, desk)
    answer = desk.audit("--cosign", file)
    assert (answer.status, answer.document["cosigned"]) == (0, "cert.ukr")


def test_a_partner_may_want_that_a_witness_saw_the_log(node, desk):
    signer = draw_key(desk.folder / "cert.key", "cert.ukr", KeyKind.COSIGNATURE)
    add_witness(node.opened.node, node.opened.desk, "UKR", signer.key.text, by=ADMIN)
    settled(node, desk)
    answer = desk.audit("--witness", desk.folder / "cert.vkey")
    assert (answer.status, answer.codes) == (1, ["cosignature-missing"])
    assert desk.audit("--cosign", desk.folder / "cert.key").status == 0
    # The log has grown since, and goes on from what the witness saw.
    node.publish(indicator())
    settled(node, desk)
    answer = desk.audit("--witness", desk.folder / "cert.vkey")
    assert (answer.status, answer.codes) == (0, [])
    (seen,) = answer.document["witnessed"]
    assert seen["name"] == "cert.ukr"
    assert seen["size"] < answer.document["size"]
    # The log's own key is none to cosign with.
    assert desk.audit("--witness", desk.folder / "log.vkey").document["error"]["code"] == "trust-invalid"


def test_what_is_wrong_is_not_cosigned(node, desk):
    signer = draw_key(desk.folder / "cert.key", "cert.ukr", KeyKind.COSIGNATURE)
    add_witness(node.opened.node, node.opened.desk, "UKR", signer.key.text, by=ADMIN)
    settled(node, desk)
    objects(desk)[0][0].unlink()
    answer = desk.audit("--cosign", desk.folder / "cert.key")
    assert (answer.status, answer.document["cosigned"]) == (1, None)


@pytest.mark.parametrize("harm", ["unknown", "no file", "no public half", "junk"])
def test_a_cosignature_that_cannot_be_made_is_said_and_what_was_seen_is_remembered(node, desk, harm):
    key = desk.folder / "cert.key"
    if harm != "no file":
        draw_key(key, "cert.ukr", KeyKind.COSIGNATURE)
    if harm == "no public half":
        key.with_suffix(".vkey").unlink()
    if harm == "junk":
        key.with_suffix(".vkey").write_bytes(b"\xff\xfe \x00")
    answer = desk.audit("--cosign", key)
    code = answer.document["error"]["code"]
    assert (code, answer.status) in {
        ("witness-missing", 1), ("key-unreadable", 3), ("verifier-key-invalid", 2),
    }, answer  # fmt: skip
    assert desk.state.exists()


# What stands in the way.


def test_without_a_key_nothing_can_be_believed(node, desk):
    (desk.folder / "log.vkey").unlink()
    answer = desk.audit()
    assert (answer.status, answer.document["error"]["code"]) == (2, "key-file-unreadable")
    desk.capsys.readouterr()
    assert main(["audit", desk.url, "--state", str(desk.state), "--user", "kyiv", "--json"]) == 2
    assert json.loads(desk.capsys.readouterr().out)["error"]["code"] == "key-missing"


@pytest.mark.parametrize("raw", [b"", b"\xff", b"x\n", b"a+b+c\n", b"a" * 70_000])
def test_a_key_that_is_none_is_said_to_be_none(node, desk, raw):
    (desk.folder / "log.vkey").write_bytes(raw)
    answer = desk.audit()
    assert answer.status == 2
    assert answer.document["error"]["code"] in {"key-file-unreadable", "verifier-key-invalid"}


def test_a_wrong_password_is_said(node, desk, monkeypatch):
    monkeypatch.setenv("RELTO_PASSWORD", "wrong")
    answer = desk.audit()
    assert answer.status in {1, 3}
    assert answer.document["error"]["code"] == "unauthorised"


def test_an_account_that_may_not_see_what_was_given_is_told_so(node, desk):
    desk.account = "bureau"
    answer = desk.audit()
    assert (answer.status, answer.document["error"]["code"]) == (1, "role-missing")


def test_a_node_that_is_not_there_is_said_not_to_be(node, desk):
    desk.url = "http://127.0.0.1:1"
    answer = desk.audit()
    assert (answer.status, answer.document["error"]["code"]) == (3, "node-unreachable")
    desk.url = "ftp://x"
    assert desk.audit().document["error"]["code"] == "url-invalid"


DAMAGED = {
    "empty": lambda _: b"",
    "no UTF-8": lambda _: b"\xff\xfe",
    "no object": lambda _: b"[]",
    "deep": lambda _: b"[" * 100_000,
    "without keys": lambda raw: json.dumps({**json.loads(raw), "keys": []}).encode(),
    "keys of another kind": lambda raw: json.dumps({**json.loads(raw), "keys": 5}).encode(),
    "another key": lambda raw: json.dumps({**json.loads(raw), "keys": [*json.loads(raw)["keys"], "x"]}).encode(),
    "another size": lambda raw: raw.replace(b"\\n", b"\\n1", 1),
    "another checkpoint": lambda raw: json.dumps({**json.loads(raw), "checkpoint": "x"}).encode(),
    "half a pair": lambda raw: json.dumps({**json.loads(raw), "checkpoint": "\ud800"}).encode(),
    "earlier ones of another kind": lambda raw: json.dumps({**json.loads(raw), "earlier": {"a": 1}}).encode(),
    "restores of another kind": lambda raw: json.dumps({**json.loads(raw), "eras": [["1", "a"]]}).encode(),
    "an endless number": lambda raw: raw.replace(b'"eras": []', b'"eras": [[1e999, "a"]]'),
    "a moment without end": lambda raw: raw.replace(b'"seen": ', b'"seen": 1e999, "x": '),
    "a moment of another kind": lambda raw: json.dumps({**json.loads(raw), "seen": "now"}).encode(),
    "keys named elsewhere": lambda raw: json.dumps({**json.loads(raw), "named": [["k", -1]]}).encode(),
    "keys named nowhere": lambda raw: json.dumps({**json.loads(raw), "named": ["k"]}).encode(),
    "no party": lambda raw: json.dumps({**json.loads(raw), "party": "ukr"}).encode(),
    "a party of another kind": lambda raw: json.dumps({**json.loads(raw), "party": 5}).encode(),
    "cut": lambda raw: raw[:-20],
}


@pytest.mark.parametrize("harm", DAMAGED)
def test_a_memory_that_was_damaged_accuses_nobody(node, desk, harm):
    assert desk.audit().status == 0
    raw = DAMAGED[harm](desk.state.read_bytes())
    desk.state.write_bytes(raw)
    answer = desk.audit()
    assert (answer.status, answer.document["error"]["code"]) == (2, "state-unreadable")
    assert desk.state.read_bytes() == raw


def test_the_memory_of_another_log_is_not_taken(node, desk):
    assert desk.audit().status == 0
    draw_key(desk.folder / "other.key", "other.relto")
    shutil.copy(desk.folder / "other.vkey", desk.folder / "log.vkey")
    answer = desk.audit()
    assert (answer.status, answer.document["error"]["code"]) == (2, "state-other")


@pytest.mark.parametrize("raw", [b"", b"\xff\xff", b"{", b'{"objects": [', b'{"objects": 5}', b"[" * 100_000])
def test_a_folder_with_a_file_that_is_no_envelope_is_said(node, desk, raw):
    (desk.envelopes / "odd.json").write_bytes(raw)
    answer = desk.audit()
    assert answer.status == 2
    assert answer.document["error"]["code"] != "internal"


def test_a_file_to_compare_with_that_is_none_is_said(node, desk):
    answer = desk.audit("--compare", desk.folder / "none")
    assert (answer.status, answer.document["error"]["code"]) == (2, "file-unreadable")
    (desk.folder / "odd").write_bytes(b"\xff")
    assert desk.audit("--compare", desk.folder / "odd").document["error"]["code"] == "note-invalid"
