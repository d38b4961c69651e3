"""Files, folders, streams and standard input."""

import gzip
import io
import os
import subprocess
import sys
import threading

import pytest
import zstandard
from tests.unit.adapters.stix.objects import DATA

from relto.adapters.intake.limits import CHUNK_BYTES
from relto.adapters.intake.reader import Reader
from relto.domain.errors import BadInput, Unknown

OBJECT = b'{"type": "x-a", "id": "1"}'
ARRAY = b"[" + OBJECT + b"]"
LINES = OBJECT + b"\n" + OBJECT + b"\n"


def wheres(source):
    return [piece.where for piece in Reader().objects(source)]


def fault_of(source):
    with pytest.raises(BadInput) as caught:
        list(Reader().objects(source))
    return caught.value


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_compression_is_told_by_content_whatever_the_name(tmp_path, pack):
    for name in ("a.json", "a.json.gz", "a.zst", "a"):
        path = tmp_path / name
        path.write_bytes(pack(ARRAY))
        assert wheres(path) == wheres(str(path)) == [f"{path}#0"]


def test_json_lines_may_be_told_by_their_name(tmp_path):
    for name in ("a.jsonl", "a.ndjson", "a.jsonl.gz", "a.ndjson.zst"):
        path = tmp_path / name
        path.write_bytes(LINES)
        assert wheres(path) == [f"{path}:1", f"{path}:2"]


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").mkdir()
    files = ["b/2.json", "b/1.stix2", "a/z.jsonl.gz", "c.ndjson.zst", "b.stix"]
    for name in files:
        pack = gzip.compress if name.endswith(".gz") else zstd if name.endswith(".zst") else bytes
        (tmp_path / name).write_bytes(pack(ARRAY))
    for name in ("readme.txt", "a/x.json.bak", "b/y.gz"):
        (tmp_path / name).write_bytes(b"not for us")
    order = ["a/z.jsonl.gz", "b/1.stix2", "b/2.json", "b.stix", "c.ndjson.zst"]
    assert wheres(tmp_path) == [f"{tmp_path}/{name}#0" for name in order]


def test_a_folder_link_that_leads_back_is_not_followed(tmp_path):
    (tmp_path / "a.json").write_bytes(ARRAY)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert wheres(tmp_path) == [f"{tmp_path}/a.json#0"]


def test_a_stream_is_read_under_its_name_or_as_input(tmp_path):
    assert wheres(io.BytesIO(gzip.compress(ARRAY))) == ["input#0"]
    path = tmp_path / "a.json"
    path.write_bytes(ARRAY)
    with path.open("rb") as file:
        assert wheres(file) == [f"{path}#0"]


def test_standard_input_is_read_in_any_form():
    program = "from relto.adapters.intake.reader import Reader\nprint(*Reader().objects('-'), sep='\\n')"
    for data, places in ((ARRAY, ["-#0"]), (gzip.compress(LINES), ["-#0", "-:2"])):
        done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
        assert [line.rpartition("where='")[2].rstrip("')") for line in done.stdout.decode().splitlines()] == places


def test_a_pipe_gives_its_objects_before_it_ends():
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as reading, os.fdopen(sink, "wb", buffering=0) as writing:
        writing.write(LINES + LINES)
        pieces = Reader().objects(reading)
        assert next(pieces).raw == OBJECT
        ending = threading.Thread(target=writing.close)
        ending.start()
        assert sum(1 for _ in pieces) == 3
        ending.join()


def test_progress_is_told_in_bytes_as_stored(tmp_path):
    seen = []
    large = b"[" + b" " * (2 * CHUNK_BYTES) + OBJECT + b"]"
    (tmp_path / "a.json").write_bytes(large)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(large))
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert len(list(Reader().objects(tmp_path, progress=lambda done, of: seen.append((done, of))))) == 2
    assert seen == sorted(seen)
    assert {of for _, of in seen} == {total}
    assert seen[-1] == (total, total)
    list(Reader().objects(io.BytesIO(ARRAY), progress=lambda done, of: seen.append((done, of))))
    assert seen[-1] == (len(ARRAY), None)


def test_what_is_not_there_or_cannot_be_read_is_refused_by_name(tmp_path):
    missing = fault_of(tmp_path / "no.json")
    assert (missing.code, isinstance(missing, Unknown)) == ("input-missing", True)
    assert fault_of(tmp_path).code == "input-empty"
    (tmp_path / "dangling.json").symlink_to(tmp_path / "no.json")
    assert fault_of(tmp_path).code == "input-missing"
    assert fault_of("/proc/self/mem").code == "input-unreadable"


def test_an_empty_file_and_a_cut_off_one_are_refused_by_name(tmp_path):
    path = tmp_path / "a.json.gz"
    cut = gzip.compress(ARRAY)[:-9]
    for data, code in ((b"", "input-empty"), (gzip.compress(b""), "input-empty"), (cut, "input-truncated")):
        path.write_bytes(data)
        assert fault_of(path).code == code


@pytest.mark.parametrize(
    ("name", "likeness"),
    [
        ("misp_event.json", "MISP event"),
        ("signsight-misp-event.json", "MISP answer"),
        ("taxonomy-tlp.json", "MISP taxonomy"),
    ],
)
def test_misp_data_is_refused_as_what_it_is(name, likeness):
    error = fault_of(DATA / "misp-events" / name)
    assert error.code == "input-not-stix"
    assert likeness in error.message


@pytest.mark.parametrize(
    ("data", "likeness"),
    [
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"<?xml version='1.0'?><stix:STIX_Package/>", "XML"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"%PDF-1.7", "PDF"),
        ('{"objects": []}'.encode("utf-16"), "UTF-16"),
        (b"ip,first_seen\n198.51.100.1,2025", "not JSON"),
        (b'{"title": "TAXII", "api_roots": []}', "TAXII discovery"),
        (b'{"collections": []}', "TAXII list of collections"),
        (b'{"name": "layer", "domain": "enterprise-attack", "techniques": []}', "Navigator layer"),
        (gzip.compress(gzip.compress(ARRAY, mtime=0), mtime=0), "gzip inside"),
    ],
)
def test_other_data_is_refused_as_what_it_looks_like(tmp_path, data, likeness):
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert likeness in fault_of(path).message
