"""What `doctor` says of the log: how far it is signed and stamped, by which keys, and what is late."""

import sqlite3

import pytest

STAMPS = '[timestamps]\nurl = "https://tsa.example/"\nca = "{ca}"\nevery_minutes = 60\n'


def found(node):
    answer = node("doctor")
    return answer.document["log"], {each["code"]: each for each in answer.document["findings"]}


def change(node, statement, *values):
    with sqlite3.connect(node.folder / "node" / "relto.db") as connection:
        connection.execute(statement, values)
    connection.close()


def back(node, table, us):
    change(node, f"UPDATE {table} SET at_us = at_us - ?", us)


def test_the_log_is_told_of_with_its_checkpoint_and_its_key(node):
    signed = node.ok("log", "checkpoint")
    log, findings = found(node)
    assert findings == {}
    assert log["leaves"] == log["signed"] == signed["size"]
    assert (log["unsigned"], log["unsigned_since"]) == (0, None)
    assert log["signed_at"] == signed["at"]
    assert log["keys"] == [(node.folder / "node" / "keys" / "log.vkey").read_text().strip()]
    assert (log["can_sign"], log["authority"], log["stamped"], log["stamped_at"]) == (True, False, 0, None)
    assert "leaves, all signed" in node("doctor", json=False).out


def test_while_an_overlap_lasts_both_keys_sign(node):
    node.ok("log", "checkpoint")
    turned = node.ok("log", "rotate-key")
    assert found(node)[0]["keys"] == [turned["before"]["key"], turned["key"]]


def test_before_the_first_checkpoint_there_is_none_and_nothing_is_wrong(relto):
    relto.ok("init", "--party", "USA")
    log, findings = found(relto)
    assert findings == {}
    assert (log["signed"], log["signed_at"], log["keys"], log["can_sign"]) == (0, None, [], True)
    assert log["unsigned"] == log["leaves"] > 0
    assert "not signed yet" in relto("doctor", json=False).out


def test_leaves_that_nobody_signs_are_a_warning_after_a_minute(node):
    node.ok("log", "checkpoint")
    # Only what was written a moment ago waits, however long the node has been there.
    node.ok("party", "add", "POL", "--name", "Poland", "--kind", "state")
    change(node, "DELETE FROM checkpoints WHERE size = ?", node.ok("log", "checkpoint")["size"])
    log, findings = found(node)
    assert log["unsigned"] > 0
    assert findings == {}
    back(node, "leaves", 61_000_000)
    log, findings = found(node)
    assert findings["log-waiting"]["severity"] == "warning"
    assert f"{log['unsigned']} leaves" in findings["log-waiting"]["text"]
    assert log["unsigned_since"] in findings["log-waiting"]["text"]
    assert "relto serve" in findings["log-waiting"]["remedy"]
    node.ok("log", "checkpoint")
    assert found(node)[1] == {}


@pytest.mark.parametrize("content", [None, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"])
def test_a_key_that_is_not_there_or_another_is_an_error(node, content):
    node.ok("log", "checkpoint")
    path = node.folder / "node" / "keys" / "log.key"
    path.unlink()
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    log, findings = found(node)
    assert log["can_sign"] is False
    (fault,) = [each for each in findings.values() if each["severity"] == "error"]
    assert "cannot be signed" in fault["text"]


def test_time_stamps_that_do_not_come_are_a_warning(node):
    (node.folder / "roots.pem").write_text("")
    node.ok("log", "checkpoint")
    node.write("node/relto.toml", STAMPS.format(ca=node.folder / "roots.pem"))
    log, findings = found(node)
    assert (log["authority"], log["stamped"]) == (True, 0)
    assert findings == {}
    back(node, "checkpoints", 66 * 60_000_000)
    log, findings = found(node)
    assert findings["log-unstamped"]["severity"] == "warning"
    assert "there is none yet" in findings["log-unstamped"]["text"]
    change(node, "INSERT INTO timestamps SELECT size, at_us, x'30' FROM checkpoints ORDER BY size DESC LIMIT 1")
    log, findings = found(node)
    assert findings == {}
    assert log["stamped"] == log["signed"]
    assert log["stamped_at"] == log["signed_at"]


def test_of_a_node_that_cannot_be_opened_nothing_is_told(node):
    assert node("doctor", "--data", "nowhere").document["log"] is None
