"""`relto ingest` from outside."""

import gzip
import json
import signal
import subprocess
import sys
import time

import pytest
import zstandard


def bundle(*objects):
    return json.dumps(
        {"type": "bundle", "id": "bundle--5a51c7ee-3d5b-4c2b-9a3b-0d4f8e3f1c11", "objects": list(objects)}
    )


def counts(document):
    return document["added"], document["known"], document["rejected"]


def test_what_is_good_goes_in_and_what_is_wrong_is_named_with_its_place(node):
    good, wrong = node.indicator("naval"), node.indicator("naval", id="indicator--nonsense")
    path = node.write("two.json", bundle(good, wrong))
    seen = node.ok("ingest", "--originator", "USA", path)
    assert counts(seen) == (1, 0, 1)
    (reject,) = seen["rejects"]
    assert reject["id"] == "indicator--nonsense"
    assert reject["where"] == f"{path}#1"
    assert reject["code"] == "id-invalid"
    assert reject["message"]
    assert len(seen["visible_at"]) == 27
    assert counts(node.ok("ingest", "--originator", "USA", path)) == (0, 1, 1)


def test_a_version_with_other_bytes_is_rejected_with_its_place(node):
    item = node.indicator("naval")
    node.ingest(item)
    path = node.write("again.jsonl", json.dumps(node.indicator("naval")) + "\n" + json.dumps({**item, "name": "other"}))
    seen = node.ok("ingest", "--originator", "USA", path)
    assert counts(seen) == (1, 0, 1)
    assert seen["rejects"][0]["code"] == "version-conflict"
    assert seen["rejects"][0]["where"] == f"{path}:2"
    assert seen["rejects"][0]["id"] == item["id"]


def forms(node):
    one, two = node.indicator("naval"), node.indicator("targeting")
    lines = f"{json.dumps(one)}\n{json.dumps(two)}\n"
    yield "bundle.json", bundle(one, two)
    yield "envelope.json", json.dumps({"more": False, "objects": [one, two]})
    yield "array.json", json.dumps([one, two])
    yield "lines.jsonl", lines
    yield "packed.json.gz", gzip.compress(bundle(one, two).encode())
    yield "packed.json.zst", zstandard.compress(bundle(one, two).encode())


def test_every_form_of_input_gives_the_same(node):
    fresh = True
    for name, content in forms(node):
        # Each form has objects of its own.
        seen = node.ok("ingest", "--originator", "USA", node.write(name, content))
        assert counts(seen) in ({(2, 0, 0)} if fresh else {(0, 2, 0)}), name
        fresh = False


def test_a_folder_standard_input_and_a_bare_object_are_read(node):
    (node.folder / "many" / "deep").mkdir(parents=True)
    node.write("many/a.json", json.dumps(node.indicator("naval")))
    node.write("many/deep/b.jsonl", json.dumps(node.indicator("naval")))
    node.write("many/readme.txt", "nothing to see")
    assert counts(node.ok("ingest", "--originator", "USA", node.folder / "many")) == (2, 0, 0)
    seen = node.ok("ingest", "--originator", "USA", "-", stdin=bundle(node.indicator(), node.indicator(id="x")))
    assert counts(seen) == (1, 0, 1)
    assert seen["rejects"][0]["where"] == "-#1"


def test_several_inputs_are_taken_in_one_after_the_other(node):
    paths = [node.write(f"{name}.json", bundle(node.indicator("naval"))) for name in "abc"]
    assert counts(node.ok("ingest", "--originator", "USA", *paths)) == (3, 0, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type": "bundle", "objects": [', "input-truncated"),
        ("<STIX_Package/>", "input-not-json"),
        ('{"Event": {}}', "input-not-stix"),
        ("", "input-empty"),
        (b"\x1f\x8b\x08\x00broken", "input-corrupt"),
        (b"\xff\xfe{\x00}\x00", "input-not-json"),
    ],
)
def test_input_that_cannot_be_read_ends_with_2(node, text, code):
    answer = node("ingest", "--originator", "USA", node.write("broken", text))
    assert answer.status == 2
    assert answer.code == code or answer.code.startswith("input-")
    assert answer.document["error"]["data"]["added"] == 0


def test_what_came_before_a_break_is_in_and_counted(node):
    cut = bundle(node.indicator("naval"), node.indicator("naval"))[:-30]
    answer = node("ingest", "--originator", "USA", node.write("cut.json", cut))
    assert (answer.status, answer.code) == (2, "input-truncated")
    assert answer.document["error"]["data"] == {"added": 1, "known": 0, "rejected": 0}
    assert node.ok("status")[0]["released"] == 1


def test_a_misspelt_name_is_found_before_anything_goes_in(node):
    good = node.write("good.json", bundle(node.indicator("naval")))
    answer = node("ingest", "--originator", "USA", good, node.folder / "nowhere.json")
    assert (answer.status, answer.code) == (2, "input-missing")
    assert node.ok("status")[0]["released"] == 0


def test_the_originator_is_a_party(node):
    answer = node("ingest", "--originator", "NIL", node.write("a.json", bundle(node.indicator())))
    assert (answer.status, answer.code) == (2, "party-unknown")
    assert node("ingest", "x.json").code == "usage"
    assert node("ingest", "--originator", "USA", "-", "-").code == "usage"


def test_strict_is_all_or_nothing_for_what_is_wrong(node):
    path = node.write("two.json", bundle(node.indicator("naval"), node.indicator("naval", id="indicator--nonsense")))
    answer = node("ingest", "--originator", "USA", "--strict", path)
    assert answer.status == 1
    assert counts(answer.document) == (0, 0, 1)
    assert answer.document["rejects"][0]["where"] == f"{path}#1"
    assert node.ok("status")[0]["released"] == 0


def test_strict_is_all_or_nothing_for_a_conflict(node):
    item = node.indicator("naval")
    node.ingest(item)
    path = node.write("two.json", bundle(node.indicator("naval"), {**item, "name": "other"}))
    answer = node("ingest", "--originator", "USA", "--strict", path)
    assert answer.status == 1
    assert counts(answer.document) == (0, 0, 1)
    assert answer.document["rejects"][0]["where"] == f"{path}#1"
    assert node.ok("status")[0]["released"] == 1


def test_strict_takes_in_what_is_whole_and_nothing_of_what_is_cut_short(node):
    whole = bundle(node.indicator("naval"), node.indicator("naval"))
    answer = node("ingest", "--originator", "USA", "--strict", node.write("cut.json", whole[:-30]))
    assert (answer.status, answer.code) == (2, "input-truncated")
    assert node.ok("status")[0]["released"] == 0
    assert counts(node.ok("ingest", "--originator", "USA", "--strict", node.write("whole.json", whole))) == (2, 0, 0)


@pytest.mark.parametrize("limit", ["STRICT_ITEMS", "STRICT_BYTES"])
def test_strict_has_a_written_limit(node, monkeypatch, limit):
    monkeypatch.setattr(f"relto.faces.verbs.ingest.{limit}", 1)
    answer = node("ingest", "--originator", "USA", "--strict", node.write("a.json", bundle(*[node.indicator()] * 2)))
    assert (answer.status, answer.code) == (1, "strict-too-large")
    assert answer.document["error"]["data"]["added"] == 0


def test_all_rejects_go_to_a_file_and_the_first_thousand_into_the_answer(node):
    wrong = [{"type": "indicator", "id": f"indicator--{number}"} for number in range(1_005)]
    kept = node.folder / "rejects.jsonl"
    seen = node.ok("ingest", "--originator", "USA", "--rejects", kept, node.write("wrong.json", bundle(*wrong)))
    assert seen["rejected"] == 1_005
    assert len(seen["rejects"]) == 1_000
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    assert len(rows) == 1_005
    assert rows[:1_000] == seen["rejects"]
    answer = node("ingest", "--originator", "USA", "--rejects", node.folder, node.write("wrong.json", bundle(*wrong)))
    assert (answer.status, answer.code) == (2, "file-unwritable")


def long_input(node, items):
    filler = "a longer text " * 100
    return bundle(*(node.indicator("naval", description=filler) for _ in range(items)))


def test_a_long_input_goes_through_other_processes_in_order(node):
    objects = json.loads(long_input(node, 3_600))["objects"]
    objects[3_500]["id"] = "indicator--nonsense"
    seen = node.ok("ingest", "--originator", "USA", node.write("long.json", bundle(*objects)))
    assert counts(seen) == (3_599, 0, 1)
    assert seen["rejects"][0]["where"].endswith("long.json#3500")
    assert node.ok("status")[0]["released"] == 3_599


def test_a_break_in_a_long_input_leaves_in_what_came_before_it(node):
    answer = node("ingest", "--originator", "USA", node.write("long.json", long_input(node, 3_600)[:-20]))
    assert (answer.status, answer.code) == (2, "input-truncated")
    assert answer.document["error"]["data"]["added"] == 3_599
    assert node.ok("status")[0]["released"] == 3_599


def test_interrupted_it_says_what_is_in_and_ends_with_130(node):
    started = node.folder / "rejects-of-the-interrupted.jsonl"
    started.unlink(missing_ok=True)
    words = ["ingest", "--originator", "USA", "--json", "--rejects", str(started), "-"]
    process = subprocess.Popen(
        [sys.executable, "-m", "relto", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    for _ in range(600):
        # The file is opened once the node is, and before anything is read.
        if started.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert b"Traceback" not in err
