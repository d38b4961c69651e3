"""`init`, `doctor`, `backup`, `restore`, `config` and `version` from outside."""

import sqlite3
import stat

import pytest
from tests.contract.test_migrations import make

from relto.config import SETTINGS, load


def test_init_makes_a_private_folder_and_shows_the_password_once(relto):
    made = relto.ok("init", "--party", "USA", "--name", "United States")
    folder = relto.folder / "node"
    assert made["data"] == str(folder)
    assert (made["party"], made["account"]) == ("USA", "admin")
    assert len(made["password"]) >= 16
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in (folder / "keys").iterdir()} == {"cursor.key"}
    for path in (folder / "keys" / "cursor.key", folder / "relto.db", folder / "relto.toml", folder / "topics.yaml"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert made["password"].encode() not in stored


def test_the_settings_that_init_writes_are_the_defaults_and_can_be_uncommented(relto):
    relto.ok("init", "--party", "USA")
    path = relto.folder / "node" / "relto.toml"
    text = path.read_text()
    assert all(f"# {setting.name} = " in text for setting in SETTINGS)
    plain = load(relto.folder / "node", environment={})
    path.write_text(
        "\n".join(line.removeprefix("# ") if " = " in line and "…" not in line else line for line in text.split("\n"))
    )
    said = load(relto.folder / "node", environment={})
    assert (said.server, said.taxii, said.limits, said.markings) == (
        plain.server,
        plain.taxii,
        plain.limits,
        plain.markings,
    )


def test_init_does_not_touch_a_node_that_is_there(relto):
    relto.ok("init", "--party", "USA")
    before = {
        path: path.read_bytes() for path in (relto.folder / "node").rglob("*") if path.suffix in {".toml", ".key"}
    }
    answer = relto("init", "--party", "UKR")
    assert (answer.status, answer.code) == (1, "node-exists")
    assert {path: path.read_bytes() for path in before} == before
    assert [party["party"] for party in relto.ok("party", "list")] == ["USA"]


def test_a_database_of_before_the_log_is_migrated_where_it_is_empty_and_left_alone_where_it_is_not(relto):
    folder = relto.folder / "node"
    assert relto("init", "--migrate").code == "database-missing"
    assert not folder.exists()
    relto.ok("init", "--party", "USA")
    assert relto.ok("init", "--migrate") == {"data": str(folder), "migrated": False}
    (folder / "relto.db").unlink()
    make(f"sqlite:///{folder / 'relto.db'}", "0007", "acts")
    assert relto("status").code == "schema-old"
    answer = relto("init", "--migrate")
    assert (answer.status, answer.code) == (1, "schema-unlogged")
    with sqlite3.connect(folder / "relto.db") as connection:
        connection.execute("DELETE FROM acts")
    connection.close()
    assert relto.ok("init", "--migrate")["migrated"] is True
    assert relto("status").code == "node-unfinished"
    relto.ok("init", "--party", "USA")
    assert [party["party"] for party in relto.ok("party", "list")] == ["USA"]


@pytest.mark.parametrize("words", [["--migrate", "--party", "USA"], ["--migrate", "--name", "x"], ["--name", "x"], []])
def test_init_either_makes_or_migrates(relto, words):
    answer = relto("init", *words)
    assert (answer.status, answer.code) == (2, "usage")
    assert not (relto.folder / "node").exists()


@pytest.mark.parametrize(
    "left", [[], ["relto.toml"], ["relto.toml", "topics.yaml"], ["relto.toml", "topics.yaml", "keys"]]
)
def test_init_completes_what_a_crash_left_behind(relto, left):
    relto.ok("init", "--party", "USA")
    folder = relto.folder / "node"
    for name in {"relto.toml", "topics.yaml"} - set(left):
        (folder / name).unlink()
    if "keys" not in left:
        (folder / "keys" / "cursor.key").unlink()
    for path in folder.glob("relto.db*"):
        path.unlink()
    assert relto("status").code == "node-missing"
    relto.ok("init", "--party", "GBR")
    assert [party["party"] for party in relto.ok("party", "list")] == ["GBR"]


def test_a_database_whose_making_was_cut_short_is_refused_with_a_remedy_and_then_completed(relto):
    relto.ok("init", "--party", "USA")
    connection = sqlite3.connect(relto.folder / "node" / "relto.db")
    with connection:
        for table in ("settings", "parties", "accounts", "acts"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    answer = relto("status")
    assert (answer.status, answer.code) == (3, "node-unfinished")
    assert "relto init" in answer.document["error"]["remedy"]
    assert relto.ok("init", "--party", "USA")["password"]
    assert relto.ok("status") == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--party", "usa"], "party-code-invalid"),
        (["--party", "U"], "party-code-invalid"),
        (["--party", "USA", "--name", "a\x1b[31m"], "party-name-invalid"),
    ],
)
def test_init_refuses_a_party_that_is_none_before_it_makes_anything(relto, words, code):
    answer = relto("init", *words)
    assert answer.status == 2
    assert answer.code == code or answer.code.startswith("party-")
    assert not (relto.folder / "node").exists()


def test_init_keeps_settings_and_topics_that_are_there_before_it(relto):
    (relto.folder / "node").mkdir()
    relto.write("node/relto.toml", "[taxii]\ntitle = 'Ours'\n")
    relto.write("node/topics.yaml", "topics: {own: {labels: [own]}}\n")
    relto.ok("init", "--party", "USA")
    assert {line["key"]: line["value"] for line in relto.ok("config", "show")}["taxii.title"] == "Ours"
    assert "own" in (relto.folder / "node" / "topics.yaml").read_text()


def test_a_folder_that_cannot_be_written_is_named(relto):
    relto.write("node", "a file")
    answer = relto("init", "--party", "USA")
    assert answer.status in {2, 3}
    assert str(relto.folder / "node") in answer.document["error"]["message"]


def test_what_needs_a_node_says_how_to_make_one(relto):
    for words in (["status"], ["party", "list"], ["pause", "x", "--reason", "y"], ["serve"], ["backup", "x"]):
        answer = relto(*words)
        assert (answer.status, answer.code) == (3, "node-missing"), words
        assert answer.document["error"]["remedy"] == "relto init --party CODE"


def test_config_show_says_where_each_value_came_from(node, monkeypatch):
    node.write("node/relto.toml", "[server]\nworkers = 3\n")
    monkeypatch.setenv("RELTO_SERVER_PORT", "9000")
    shown = {line["key"]: (line["value"], line["source"]) for line in node.ok("config", "show")}
    assert shown["server.port"] == ("9000", "environment RELTO_SERVER_PORT")
    assert shown["server.workers"] == ("3", "relto.toml")
    assert shown["server.host"][1] == "default"
    assert set(shown) == {"data", *(setting.key for setting in SETTINGS)}


def test_a_setting_that_is_not_known_names_the_nearest(node):
    node.write("node/relto.toml", "[server]\nprot = 1\n")
    answer = node("status")
    assert (answer.status, answer.code) == (2, "config-unknown")
    assert "server.port" in answer.document["error"]["remedy"]


def test_version_is_the_one_that_is_installed(relto):
    assert relto.ok("version")["version"]
    assert relto("--version", json=False).out.startswith("relto ")


def test_doctor_finds_nothing_wrong_with_a_good_node(node):
    document = node.ok("doctor")
    assert (document["ok"], document["findings"]) == (True, [])


def codes(answer):
    return {finding["code"]: finding for finding in answer.document["findings"]}


def test_doctor_finds_a_key_that_others_can_read(node):
    (node.folder / "node" / "keys" / "cursor.key").chmod(0o644)
    answer = node("doctor")
    assert answer.status == 1
    assert answer.document["ok"] is False
    assert codes(answer)["file-open"]["remedy"].startswith("chmod 600 ")


def test_doctor_finds_a_key_that_is_not_there(node):
    (node.folder / "node" / "keys" / "cursor.key").unlink()
    assert codes(node("doctor"))["key-missing"]["severity"] == "warning"


def test_a_node_that_lost_its_database_is_not_told_to_begin_anew(node):
    (node.folder / "node" / "relto.db").unlink()
    answer = node("status")
    assert (answer.status, answer.code) == (3, "node-missing")
    assert "relto.db" in answer.document["error"]["message"]
    assert "restore a backup" in answer.document["error"]["remedy"]
    assert "restore a backup" in codes(node("doctor"))["node-missing"]["remedy"]


def test_a_backup_that_cannot_be_written_is_bad_input(node):
    answer = node("backup", str(node.folder / "no" / "such" / "folder"))
    assert (answer.status, answer.code) == (2, "file-unwritable")


def test_a_value_that_is_none_of_those_known_is_said_without_the_words_of_a_library(node):
    answer = node("pause", "usa-ukr", "--reason", "x", "--mode", "thaw")
    assert (answer.status, answer.code) == (2, "usage")
    assert answer.document["error"]["message"] == "invalid value for `--mode`: `thaw` is not one of `freeze`, `cut`"


def test_doctor_finds_a_node_that_is_not_there_and_one_whose_settings_are_wrong(relto):
    answer = relto("doctor")
    assert answer.status == 1
    assert "node-missing" in codes(answer)
    (relto.folder / "node").mkdir()
    relto.write("node/relto.toml", "nonsense = [")
    assert list(codes(relto("doctor"))) == ["config-unreadable"]


def test_doctor_finds_a_damaged_database(node):
    node.write("node/relto.db", b"no database at all" * 1000)
    answer = node("doctor")
    assert answer.status == 1
    assert "database-damaged" in codes(answer)


def test_warnings_alone_do_not_fail_the_checkup(node):
    node.ok("party", "add", "PACT", "--name", "Pact", "--kind", "alliance")
    node.ok(
        "agreement",
        "apply",
        node.write("p.yaml", "agreement: usa-pact\nfrom: USA\nto: [PACT]\nscope: {topics: [naval]}\n"),
    )
    answer = node("doctor")
    assert (answer.status, answer.document["ok"]) == (0, True)
    assert codes(answer)["party-unread"]["severity"] == "warning"


def test_doctor_names_topics_that_cannot_be_read_and_every_other_verb_goes_on(node):
    node.write("node/topics.yaml", "topics: [wrong]")
    assert "topics-invalid" in codes(node("doctor"))
    paused = node("pause", "usa-ukr", "--reason", "talks")
    assert paused.status == 0
    assert "topics.yaml" in paused.err
    refused = node("ingest", "--originator", "USA", "-", stdin="{}")
    assert (refused.status, refused.code) == (2, "topics-invalid")


def test_a_backup_is_restored_into_a_node_that_goes_on(node, monkeypatch):
    item = node.indicator("naval")
    node.ingest(item)
    node.ok("pause", "usa-ukr", "--reason", "talks")
    file = node.folder / "kept.backup"
    saved = node.ok("backup", file)
    assert saved["items"] == 1
    assert saved["bytes"] == file.stat().st_size
    again = node("backup", file)
    assert (again.status, again.code) == (1, "backup-exists")

    monkeypatch.setenv("RELTO_DATA", str(node.folder / "other"))
    assert node.ok("restore", file)["items"] == 1
    (status,) = node.ok("status")
    assert (status["state"], status["released"]) == ("paused", 1)
    assert "naval" in (node.folder / "other" / "topics.yaml").read_text()
    assert node.ingest(item)["known"] == 1
    second = node("restore", file)
    assert (second.status, second.code) == (1, "node-exists")


def test_a_backup_that_is_none_leaves_no_node(relto):
    for name, code in (("nothing", "backup-missing"), (relto.write("text", "no archive"), "backup-damaged")):
        answer = relto("restore", name)
        assert (answer.status, answer.code) == (2, code)
    assert relto("status").status == 3
