"""`relto log`: checkpoints, keys and witnesses from the command line."""

import json
import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.signer import SeedSigner, cosigner
from tests.fakes.stamper import LocalAuthority, root
from tests.second import log_verifier as second

from relto.config import load
from relto.domain.actor import operator
from relto.faces.cli.leaves import show_received
from relto.faces.cli.screen import Screen
from relto.usecases.evidence.signed.timing import stamp_checkpoint
from relto.usecases.sequencing import changing
from relto.wiring import open_node


def data_of(relto):
    with open_node(load(relto.folder / "node", environment={})) as opened, opened.node.store.read() as snap:
        return [row.data for _, row in snap.leaves(limit=10**9)]


def note_of(relto):
    """The last checkpoint as it lies in the database."""
    with open_node(load(relto.folder / "node", environment={})) as opened, opened.node.store.read() as snap:
        return snap.last_checkpoint()


def vkey(relto, file="log.vkey"):
    return (relto.folder / "node" / "keys" / file).read_text().strip()


def test_a_command_that_wrote_leaves_the_log_signed(relto):
    relto.ok("init", "--party", "USA")
    assert note_of(relto) is None
    relto.ok("party", "add", "UKR", "--name", "Ukraine", "--kind", "state")
    text, _ = second.signers(note_of(relto).note, [vkey(relto)])
    data = data_of(relto)
    assert second.checkpoint(text) == ("usa.relto", len(data), second.mth(data))
    relto.ok("party", "list")
    assert len(data_of(relto)) == len(data)


def test_a_checkpoint_is_shown_whole_and_checked_by_the_key_in_the_folder(node):
    node.ingest(node.indicator("naval"))
    shown = node.ok("log", "checkpoint")
    data = data_of(node)
    assert shown["ok"] is True
    assert (shown["size"], shown["root"], shown["origin"]) == (len(data), second.mth(data).hex(), "usa.relto")
    assert shown["cosignatures"] == []
    text, _ = second.signers(shown["checkpoint"].encode(), [vkey(node)])
    assert second.checkpoint(text) == ("usa.relto", len(data), second.mth(data))
    plain = node("log", "checkpoint", json=False)
    assert plain.status == 0
    assert plain.out == shown["checkpoint"]


def test_the_key_is_its_owner_s_alone(node):
    node.ok("log", "checkpoint")
    mode = (node.folder / "node" / "keys" / "log.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_log_is_called_as_the_settings_say_when_it_is_signed_first(relto):
    relto.ok("init", "--party", "USA")
    relto.write("node/relto.toml", '[http]\npublic_url = "https://relto.example"\n')
    assert relto.ok("log", "checkpoint")["origin"] == "relto.example/log"
    relto.write("node/relto.toml", '[http]\npublic_url = "https://moved.example"\n')
    relto.ok("party", "add", "UKR", "--name", "Ukraine", "--kind", "state")
    assert relto.ok("log", "checkpoint")["origin"] == "relto.example/log"


def test_another_name_later_is_refused_and_stops_nothing_else(relto):
    relto.ok("init", "--party", "USA")
    relto.write("node/relto.toml", '[evidence]\norigin = "log.example/usa"\n')
    assert relto.ok("log", "checkpoint")["origin"] == "log.example/usa"
    before = note_of(relto)
    relto.write("node/relto.toml", '[evidence]\norigin = "log.example/gbr"\n')
    done = relto("party", "add", "UKR", "--name", "Ukraine", "--kind", "state")
    assert (done.status, done.document["party"]) == (0, "UKR")
    assert "not signed" in done.err
    assert "log.example/usa" in done.err
    assert note_of(relto) == before
    answer = relto("log", "checkpoint")
    assert (answer.status, answer.code) == (1, "log-origin-other")
    found = relto("doctor").document["findings"]
    assert [each["severity"] for each in found if each["code"] == "log-origin-other"] == ["error"]
    relto.write("node/relto.toml", "")
    assert relto.ok("log", "checkpoint")["size"] == len(data_of(relto))


def test_processes_that_sign_at_once_draw_one_key_and_sign_each_size_once(relto):
    relto.ok("init", "--party", "USA")
    config = load(relto.folder / "node", environment={})
    together = threading.Barrier(4)

    def work(place):
        with open_node(config) as opened:
            for turn in range(5):
                together.wait(20)
                with changing(opened.node, opened.desk) as change:
                    change.act("party-add", operator("USA"), {"place": place, "turn": turn})
                opened.sign()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    data, keys = data_of(relto), vkey(relto)
    with open_node(config) as opened, opened.node.store.read() as snap:
        rows = snap.checkpoints(limit=1_000)
        assert snap.setting("log_keys").count("vkey") == 1
    assert rows[-1].size == len(data)
    for row in rows:
        text, _ = second.signers(row.note, [keys])
        assert second.checkpoint(text) == ("usa.relto", row.size, second.mth(data[: row.size]))


@pytest.mark.parametrize("name", ["a b", "a+b", "a\\u0007b", "é"])
def test_a_name_that_no_log_can_have_is_refused(relto, name):
    relto.ok("init", "--party", "USA")
    relto.write("node/relto.toml", f'[evidence]\norigin = "{name}"\n')
    answer = relto("log", "checkpoint")
    assert (answer.status, answer.code) == (2, "config-value")


def test_a_key_that_is_lost_makes_no_command_fail_that_has_done_its_work(node):
    node.ok("log", "checkpoint")
    (node.folder / "node" / "keys" / "log.key").unlink()
    done = node("party", "add", "FRA", "--name", "France", "--kind", "state")
    assert (done.status, done.document["party"]) == (0, "FRA")
    assert "not signed" in done.err
    assert "key-unreadable" in [each["code"] for each in node("doctor").document["findings"]]
    assert node("log", "checkpoint").code == "key-unreadable"
    assert not (node.folder / "node" / "keys" / "log.key").exists()
    turned = node.ok("log", "rotate-key", "--overlap", "0s")
    shown = node.ok("log", "checkpoint")
    second.signers(shown["checkpoint"].encode(), [turned["key"]])


def test_the_keys_are_turned_with_an_overlap_and_nothing_private_is_said(node):
    old = node.ok("log", "checkpoint")
    answer = node("log", "rotate-key", "--overlap", "2d")
    turned = answer.document
    assert turned["file"] == "log-2.key"
    assert (turned["key"], turned["before"]["key"]) == (vkey(node, "log-2.vkey"), vkey(node))
    assert turned["from"] < turned["before"]["until"]
    shown = node.ok("log", "checkpoint")
    assert shown["size"] > old["size"]
    _, found = second.signers(shown["checkpoint"].encode(), [vkey(node), vkey(node, "log-2.vkey")])
    assert len(found) == 2
    for file in ("log.key", "log-2.key"):
        private = (node.folder / "node" / "keys" / file).read_text().splitlines()[1]
        assert private not in answer.out + answer.err + json.dumps(shown)
    assert node.ok("act", "list")["acts"][0]["kind"] == "log-key"


@pytest.mark.parametrize("overlap", ["long", "-1d", "2"])
def test_an_overlap_is_a_time(node, overlap):
    answer = node("log", "rotate-key", "--overlap", overlap)
    assert answer.status == 2
    assert not (node.folder / "node" / "keys" / "log-2.key").exists()


def test_who_does_not_administer_the_node_turns_no_keys(node):
    node.ok("account", "add", "watch", "--party", "USA", "--role", "auditor", "--token")
    answer = node("log", "rotate-key", "--as", "watch")
    assert (answer.status, answer.code) == (1, "role-missing")
    key = cosigner("cert.example").key.text
    assert node("log", "witness", "add", "UKR", key, "--as", "watch").code == "role-missing"
    assert node("log", "witness", "remove", "cert.example", "--as", "watch").code == "role-missing"


def test_witnesses_are_registered_listed_and_removed(node):
    witness = cosigner("cert.example")
    assert node.ok("log", "witness", "list") == []
    made = node.ok("log", "witness", "add", "UKR", witness.key.text)
    assert made == {"name": "cert.example", "party": "UKR", "key": witness.key.text}
    assert node.ok("log", "witness", "list") == [{**made, "size": None, "at": None}]
    assert node("log", "witness", "add", "UKR", witness.key.text).code == "witness-known"
    assert "cert.example" in node("log", "witness", "list", json=False).out
    assert node.ok("log", "witness", "remove", "cert.example") == made
    assert node.ok("log", "witness", "list") == []
    assert [act["kind"] for act in node.ok("act", "list")["acts"][:2]] == ["log-witness", "log-witness"]


@pytest.mark.parametrize(
    ("party", "key", "code"),
    [
        ("UKR", "nonsense", "verifier-key-invalid"),
        ("UKR", SeedSigner("cert.example").key.text, "witness-invalid"),
        ("FRA", cosigner("cert.example").key.text, "party-unknown"),
    ],
)
def test_what_is_no_witness_is_refused(node, party, key, code):
    answer = node("log", "witness", "add", party, key)
    assert (answer.status, answer.code) == (2, code)


@pytest.mark.parametrize("words", [["checkpoint"], ["rotate-key"], ["witness", "list"], ["witness", "remove", "x"]])
def test_the_log_is_kept_on_the_machine_of_the_node(relto, words):
    answer = relto("log", *words, "--url", "https://relto.example")
    assert (answer.status, answer.code) == (2, "usage")


def stamped(relto):
    """Has the last checkpoint stamped, as a server does; of how many leaves it is."""
    with open_node(load(relto.folder / "node", environment={})) as opened:
        return stamp_checkpoint(opened.node, LocalAuthority(), every_us=0).size


def test_the_last_time_stamp_is_shown_with_the_checkpoint(node):
    assert node.ok("log", "checkpoint")["timestamp"] is None
    size = stamped(node)
    said = {"size": size, "at": "2026-03-05T12:00:00.250000Z", "authority": "CN=Stamper ec", "accuracy_us": 1_500_000}
    assert node.ok("log", "checkpoint")["timestamp"] == said
    plain = node("log", "checkpoint", json=False)
    assert f"{size} leaves stamped at 2026-03-05 12:00:00Z by CN=Stamper ec" in plain.err


def test_time_stamps_are_counted_and_checked_by_an_authority_that_is_named(node):
    node.ok("log", "checkpoint")
    size = stamped(node)
    archive = str(node.folder / "log.zip")
    node.ok("log", "export", archive)
    (node.folder / "roots.pem").write_bytes(root().pem)
    (node.folder / "other.pem").write_bytes(root("Another").pem)
    for file in ([], [archive]):
        found = node.ok("log", "verify", *file)["timestamps"]
        assert (found["count"], found["checked"], found["last"]["size"]) == (1, False, size)
        assert "1; who signed them was not checked: --authority FILE" in node("log", "verify", *file, json=False).out
        found = node.ok("log", "verify", *file, "--authority", str(node.folder / "roots.pem"))["timestamps"]
        assert (found["checked"], found["last"]["authority"]) == (True, "CN=Stamper ec")
        said = node("log", "verify", *file, "--authority", str(node.folder / "roots.pem"), json=False).out
        assert f"1; {size} leaves by 2026-03-05 12:00:00Z, CN=Stamper ec" in said
        bad = node("log", "verify", *file, "--authority", str(node.folder / "other.pem"))
        assert bad.status == 1
        assert [each["code"] for each in bad.document["faults"]] == ["timestamp-untrusted"]
        assert f"checkpoint of {size} leaves" in bad.document["faults"][0]["text"]


def test_a_file_of_no_certificates_is_no_authority(node):
    node.ok("log", "checkpoint")
    for name, raw in (("none.pem", None), ("bad.pem", b"x")):
        if raw is not None:
            (node.folder / name).write_bytes(raw)
        answer = node("log", "verify", "--authority", str(node.folder / name))
        assert (answer.status, answer.code) == (2, "ca-unusable")


def test_a_key_to_cosign_with_is_made_without_a_node_and_never_over_a_file(relto):
    file = relto.folder / "witness.key"
    made = relto.ok("log", "witness", "make-key", str(file), "--name", "cert.ukr.example")
    assert made == {
        "name": "cert.ukr.example",
        "key": (relto.folder / "witness.vkey").read_text().strip(),
        "file": str(file),
        "public": str(relto.folder / "witness.vkey"),
    }
    assert second.vkey(made["key"])[2] == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    for name in ("witness.key", "witness.pem"):
        answer = relto("log", "witness", "make-key", str(relto.folder / name), "--name", "cert.ukr.example")
        assert (answer.status, answer.code) == (1, "key-exists")
    assert file.read_bytes() == before
    assert not (relto.folder / "witness.pem").exists()
    plain = relto("log", "witness", "make-key", str(relto.folder / "other.key"), "--name", "b.example", json=False)
    assert plain.out == (relto.folder / "other.vkey").read_text()
    assert "relto log witness add" in plain.err


@pytest.mark.parametrize(
    ("file", "name", "code", "status"),
    [
        ("a.vkey", "cert.example", "key-file-invalid", 2),
        ("", "cert.example", "key-file-invalid", 2),
        ("a.key", "a b", "verifier-key-invalid", 2),
        ("a.key", "", "verifier-key-invalid", 2),
        ("a.key", "é" * 128, "verifier-key-invalid", 2),
        ("taken/a.key", "cert.example", "key-unreadable", 3),
    ],
)
def test_a_key_that_cannot_be_made_leaves_nothing(relto, file, name, code, status):
    (relto.folder / "taken").write_text("a file")
    answer = relto("log", "witness", "make-key", file and str(relto.folder / file), "--name", name)
    assert (answer.status, answer.code) == (status, code)
    assert [each.name for each in relto.folder.glob("*") if each.name != "taken"] == []


def test_what_an_explanation_rests_on_is_shown_leaf_by_leaf(node):
    item = node.indicator("naval")
    node.ingest(item)
    node.ok("pause", "usa-ukr", "--reason", "talks")
    (answer,) = node.ok("explain", item["id"], "UKR")["answers"]
    assert [told["kind"] for told in answer["leaves"]] == ["act", "batch", "act"]
    numbers = [told["leaf"] for told in answer["leaves"]]
    words = [word for number in reversed(numbers) for word in ("--leaf", str(number))]
    shown = node.ok("log", "show", *words)
    assert [leaf["number"] for leaf in shown["leaves"]] == numbers
    assert [leaf["kind"] for leaf in shown["leaves"]] == ["act", "batch", "act"]
    assert [leaf["says"].get("act") for leaf in shown["leaves"]] == ["agreement-apply", None, "pause"]
    (first,) = node.ok("log", "show", *words, "--limit", "1")["leaves"]
    assert first["number"] == numbers[0]
    rest = node.ok("log", "show", *words, "--after", numbers[0])["leaves"]
    assert [leaf["number"] for leaf in rest] == numbers[1:]
    assert node.ok("log", "show", "--leaf", numbers[0], "--kind", "batch")["leaves"] == []
    for nowhere in ("-1", str(10**30)):
        assert node.ok("log", "show", "--leaf", nowhere)["leaves"] == []
    plain = node("explain", item["id"], "UKR", json=False).out
    assert all(f"leaf {told['leaf']}:" in plain and told["what"] in plain for told in answer["leaves"])


@pytest.mark.parametrize("width", [40, 60, 80])
def test_what_the_log_says_fits_a_narrow_terminal(node, monkeypatch, width):
    node.ingest(node.indicator("naval"), node.indicator("naval"))
    node.ok("pause", "usa-ukr", "--reason", "talks")
    monkeypatch.setenv("COLUMNS", str(width))
    shown = node("log", "show", "--limit", "1000", json=False).out
    assert max(map(len, shown.splitlines())) <= width
    text = " ".join(shown.split())
    assert not re.search(r"\d{16}", text)
    for words in ("policy version", "accounts:", "parties:"):
        assert words in text
    last = node.ok("log", "show", "--kind", "act", "--limit", "1000")["leaves"][-1]
    whole = node("log", "show", "--leaf", last["number"], json=False).out
    assert max(map(len, whole.splitlines())) <= width
    assert "".join(last["says"]["value"].split()) in "".join(whole.split())


def test_at_a_glance_a_leaf_says_who_did_what_and_why(node):
    node.ingest(node.indicator("naval"))
    node.ok("pause", "usa-ukr", "--reason", "talks")
    lines = [line.rstrip() for line in node("log", "show", "--limit", "1000", json=False).out.splitlines()]
    assert any(line.endswith("item 1 of USA by admin") for line in lines)
    assert any("(pause) by admin, applied, of usa-ukr: talks" in line for line in lines)
    assert not any("{" in line for line in lines)


def received_row(leaf, item):
    return {
        "leaf": leaf, "at": "2025-03-05T12:00:00.000000Z", "agreement": "usa-ukr", "version": 3, "reader": "kyiv",
        "item": item, "kind": "resume", "act": "9", "by": "olga", "approved_by": ["ann", "ben"],
    }  # fmt: skip


def test_what_was_received_is_told_page_by_page_where_a_row_would_not_fit(monkeypatch, capsys):
    rows = [received_row(7, "indicator--1@x"), received_row(7, "indicator--2@x"), received_row(9, "indicator--3@x")]
    monkeypatch.setenv("COLUMNS", "60")
    show_received(Screen(), rows)
    first, how, *items = capsys.readouterr().out.splitlines()
    assert first == "2025-03-05 12:00:00Z to kyiv under usa-ukr version 3"
    assert how == "leaf 7, by act 9 (resume) of olga, approved by ann, ben"
    assert items[:3] == ["indicator--1@x", "indicator--2@x", ""]
    assert items[-1] == "indicator--3@x"
    monkeypatch.delenv("COLUMNS")
    show_received(Screen(), rows)
    assert len(capsys.readouterr().out.splitlines()) == len(rows) + 1
