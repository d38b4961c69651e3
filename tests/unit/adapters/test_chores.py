"""Chores: one at a time, told while they go on, and never taken for done when they were broken off."""

import fcntl
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from relto.adapters.chores import ProcessChores
from relto.domain.errors import Conflict, Refused
from relto.ports.chores import Standing

SECONDS_MAX = 30


def counting(told, upto, seconds):
    for number in range(upto):
        told(number, upto)
        time.sleep(seconds)
    return {"counted": upto, "pid": os.getpid()}


def writing(told, seconds):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "scratch").write_bytes(b"x")
        return counting(told, 10, seconds) | {"folder": folder}


def refused(told):
    told(1, 2)
    raise Refused("disk-full", "there is no room left")


def broken(told):
    told(1, 2)
    raise ZeroDivisionError


def dying(told):
    told(1, 2)
    os._exit(3)


@pytest.fixture
def desk(tmp_path):
    made = ProcessChores(tmp_path / "chores")
    yield made
    made.close()


def begin(desk, function, *args, kind="count"):
    desk.begin(kind, function, *args, by="olga", now=1_000_000)


def ended(desk, kind="count"):
    return awaited(desk, lambda found: not found.is_running, kind)


def awaited(desk, is_so, kind="count"):
    for _ in range(SECONDS_MAX * 20):
        found = desk.standing(kind)
        if found is not None and is_so(found):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_before_the_first_there_is_none(desk):
    assert desk.standing("count") is None
    desk.stop()
    assert not desk.folder.exists()


def test_what_another_process_found_is_told_to_all(desk, tmp_path):
    begin(desk, counting, 3, 0.0)
    found = ended(desk)
    assert (found.state, found.by, found.began_at, found.answer["counted"]) == ("done", "olga", 1_000_000, 3)
    assert found.answer["pid"] != os.getpid()
    assert found.ended_at >= found.began_at
    assert ProcessChores(tmp_path / "chores").standing("count") == found
    assert desk.standing("other") is None


def test_while_it_goes_on_it_says_how_far_it_is_and_nothing_else_begins(desk, tmp_path):
    begin(desk, counting, 600, 0.1)
    found = awaited(desk, lambda found: found.done > 0)
    assert (found.state, found.of) == ("running", 600)
    elsewhere = ProcessChores(tmp_path / "chores")
    for other in (desk, elsewhere):
        with pytest.raises(Conflict) as caught:
            begin(other, counting, 1, 0.0, kind="other")
        # Nothing here knows what chores there are.
        assert (caught.value.code, caught.value.message) == ("chore-running", "another chore goes on already")
    assert desk.standing("count").is_running, "who was told no has not ended it"


def test_whoever_wants_it_no_more_ends_it_from_any_process(desk, tmp_path):
    begin(desk, counting, 600, 0.1)
    ProcessChores(tmp_path / "chores").stop()
    found = ended(desk)
    assert (found.state, found.answer) == ("stopped", None)
    begin(desk, counting, 1, 0.0)
    assert ended(desk).state == "done"


def test_one_that_has_said_its_end_and_is_not_quite_gone_is_waited_for(desk):
    begin(desk, counting, 1, 0.0)
    assert ended(desk).state == "done"
    desk.close()
    descriptor = os.open(desk.folder / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    release = threading.Timer(1.5, os.close, [descriptor])
    release.start()
    begin(desk, counting, 1, 0.0)
    assert ended(desk).state == "done"
    release.join()


def test_it_ends_with_the_process_that_began_it_and_is_not_taken_for_done(desk, tmp_path):
    begin(desk, counting, 600, 0.1)
    desk.close()
    found = ProcessChores(tmp_path / "chores").standing("count")
    assert (found.state, found.answer) == ("broken-off", None)
    begin(desk, counting, 1, 0.0)
    assert ended(desk).state == "done"


def test_what_it_wrote_meanwhile_is_gone_however_it_ended(desk):
    begin(desk, writing, 0.0)
    assert ended(desk).answer["folder"].startswith(str(desk.folder))
    begin(desk, writing, 60)
    awaited(desk, lambda found: any(desk.folder.glob("drafts/*/scratch")))
    desk.close()
    assert {each.name for each in desk.folder.iterdir()} == {"count.json", "lock"}


def test_one_that_takes_too_long_is_ended(tmp_path):
    desk = ProcessChores(tmp_path / "chores", seconds=1)
    begin(desk, counting, 600, 0.1)
    assert ended(desk).state == "broken-off"
    desk.close()


def test_what_stood_in_the_way_is_said_in_words_and_no_more(desk):
    begin(desk, refused)
    assert (ended(desk).state, ended(desk).error) == ("failed", "there is no room left")
    begin(desk, broken)
    assert ended(desk).state == "failed"
    assert "Zero" not in ended(desk).error
    begin(desk, dying)
    assert ended(desk).state == "broken-off"


def test_a_state_that_cannot_be_read_is_none(desk):
    desk.folder.mkdir()
    (desk.folder / "count.json").write_bytes(b"{")
    assert desk.standing("count") is None
    assert Standing("count", "running", "olga", 5).is_running
