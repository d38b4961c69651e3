"""An archive: what was written is right; whatever is changed in it is found, and where is said."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.stamper import AT_US
from tests.proving.conftest import Told, untold

from relto.adapters.archive import EPOCH, read
from relto.adapters.authority.token import claimed
from relto.adapters.signing import FileSigner, draw_key
from relto.domain.errors import BadInput, Refused
from relto.domain.stamp import Stamp, Stamped
from relto.wiring.proving import export_log, read_keys

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(archive: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, raw in content.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, raw)
    return archive


def agreeing(content: dict[str, bytes]) -> dict[str, bytes]:
    """With a manifest that says what the members are by now: whoever tampers can write one."""
    manifest = json.loads(content["manifest.json"])
    rest = {name: raw for name, raw in content.items() if name != "manifest.json"}
    manifest["members"] = [
        {"name": name, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()} for name, raw in rest.items()
    ]
    return {**rest, "manifest.json": json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()}


def tampered(raw: bytes, how: str, place: int, byte: int) -> bytes:
    place %= len(raw) + (how == "inserted") or 1
    if how == "dropped":
        return raw[:place] + raw[place + 1 :]
    if how == "inserted":
        return raw[:place] + bytes([byte]) + raw[place:]
    return raw[:place] + bytes([raw[place] ^ (byte or 1)]) + raw[place + 1 :]


def stamped(content: dict[str, bytes]) -> list[Stamp]:
    """What the time stamps of an archive say. Not every byte of a token is signed: others say nothing."""
    digest = sha256(json.loads(content["checkpoints.jsonl"]).rpartition("\u2014 cert.example")[0].encode()).digest()
    return [claimed(Stamped.parse(line).token, digest) for line in content["timestamps.jsonl"].splitlines()]


def test_an_archive_as_it_was_written_is_right(told):
    verdict = told.of(told.archive)
    assert verdict.faults == []
    assert verdict.ok
    assert verdict.size == verdict.signed > 256
    assert (verdict.items, verdict.checkpoints) == (33, 1)
    assert verdict.deliveries > 20
    (witness,) = verdict.attested.witnesses
    assert (witness.witness.party, witness.count, witness.size) == ("UKR", 1, verdict.size)
    assert (verdict.attested.stamps, verdict.attested.last[1].at) == (1, AT_US)


def test_packing_it_anew_changes_nothing(told, tmp_path):
    assert told.of(packed(tmp_path / "same.zip", agreeing(members(told.archive)))).ok


@FEW
@given(data=st.data())
def test_no_byte_of_a_member_can_be_changed(told, tmp_path, data):
    content = members(told.archive)
    name = data.draw(st.sampled_from(sorted(content)))
    how = data.draw(st.sampled_from(["flipped", "dropped", "inserted"]))
    place, byte = data.draw(st.integers(0, len(content[name]))), data.draw(st.integers(0, 255))
    content[name] = tampered(content[name], how, place, byte)
    if name != "manifest.json" and data.draw(st.booleans()):
        content = agreeing(content)
    verdict = told.of(packed(tmp_path / "other.zip", content))
    assert not verdict.ok or (name == "timestamps.jsonl" and stamped(content) == stamped(members(told.archive)))
    assert all(fault.text for fault in verdict.faults)


@FEW
@given(data=st.data())
def test_no_leaf_and_no_record_can_be_dropped_repeated_or_moved(told, tmp_path, data):
    content = members(told.archive)
    name = data.draw(st.sampled_from(["leaves/000000.jsonl", "checkpoints.jsonl", "keys.txt"]))
    lines = content[name].splitlines(keepends=True)
    how = data.draw(st.sampled_from(["dropped", "repeated", "swapped"]))
    place = data.draw(st.integers(0, len(lines) - 1))
    if how == "dropped":
        del lines[place]
    elif how == "repeated":
        lines.insert(place, lines[place])
    elif place + 1 < len(lines):
        lines[place], lines[place + 1] = lines[place + 1], lines[place]
    else:
        lines.append(lines[0])
    content[name] = b"".join(lines)
    assert not told.of(packed(tmp_path / "other.zip", agreeing(content))).ok


@pytest.mark.parametrize("agrees", [False, True])
def test_no_member_can_be_missing_or_added(told, tmp_path, agrees):
    content = members(told.archive)
    for name in content:
        left = {each: raw for each, raw in content.items() if each != name}
        if agrees and name != "manifest.json":
            left = agreeing(left)
        assert not told.of(packed(tmp_path / "other.zip", left)).ok, name
    for name in ("leaves/000001.jsonl", "records/000001.bin", "x", "leaves/", "../x"):
        more = {name: b"", **content}
        assert not told.of(packed(tmp_path / "other.zip", agreeing(more) if agrees else more)).ok, name


def test_what_is_no_archive_is_said_to_be_none(told, tmp_path):
    for raw in (b"", b"PK", b"\x00" * 1_000, told.archive.read_bytes()[:-30], told.archive.read_bytes()[100:]):
        (tmp_path / "x.zip").write_bytes(raw)
        verdict = told.of(tmp_path / "x.zip")
        assert [fault.code for fault in verdict.faults] == ["archive-damaged"]


def test_a_comment_or_another_moment_hides_nothing(told, tmp_path):
    file = packed(tmp_path / "x.zip", members(told.archive))
    with zipfile.ZipFile(file, "a") as opened:
        opened.comment = b"hello"
    assert [fault.code for fault in told.of(file).faults] == ["archive-damaged"]


def test_another_key_finds_nothing_signed(told, tmp_path):
    other: FileSigner = draw_key(tmp_path / "log.key", told.keys[0].name)
    verdict = Told(told.database, told.archive, [other.key]).of(told.archive)
    assert "checkpoint-unsigned" in {fault.code for fault in verdict.faults}


def test_an_archive_is_never_written_over_a_file(told, tmp_path, monkeypatch):
    (tmp_path / "x.zip").write_text("mine")
    with pytest.raises(Refused) as caught:
        export_log(None, tmp_path / "x.zip", told.keys, untold)
    assert caught.value.code == "archive-exists"
    assert (tmp_path / "x.zip").read_text() == "mine"


def test_an_archive_holds_nothing_secret_and_no_content(told):
    content = b"".join(members(told.archive).values())
    for secret in (b"password-1", b"token-", b"hook.example/x-secret"):
        assert secret not in content
    # The bytes of an item of the story are its id and version.
    with sqlite3.connect(told.database) as connection:
        raws = [raw for (raw,) in connection.execute("SELECT raw FROM items WHERE stix_id NOT LIKE 'marking%'")]
    connection.close()
    leaves = members(told.archive)["leaves/000000.jsonl"]
    # What an officer names in an act is in the log; nothing else of what came in is.
    assert sum(raw + b'"' in leaves for raw in raws if raw) == 0


def test_keys_are_read_from_a_file(told, tmp_path):
    file = tmp_path / "log.vkey"
    file.write_text(f"{told.keys[0].text}\n\n")
    assert read_keys(file) == told.keys
    for raw in (b"", b"x", b"\xff", b"a" * 70_000):
        file.write_bytes(raw)
        with pytest.raises(BadInput):
            read_keys(file)
    with pytest.raises(BadInput):
        read_keys(tmp_path / "none")


def test_what_is_no_file_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput) as caught, read(path):
            pytest.fail("it was read")
        assert caught.value.code == "archive-missing"
