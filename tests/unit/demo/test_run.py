"""The making of the demonstration world: whole or not at all, in nobody else's folder, on a clock that only goes on."""

import fcntl
import json
import os
import shutil
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.unit.demo.naive import picture

from relto.config import load
from relto.demo import run
from relto.demo.items import END, example
from relto.demo.script import AGREEMENTS, CASE, PAUSES, PUBLIC, AddParty, Step, steps
from relto.domain.errors import ReltoError
from relto.domain.moment import parse_when
from relto.domain.record.file import parse
from relto.ports.node import Lag
from relto.usecases import demonstration, office, standing
from relto.usecases.cases.loading import loaded
from relto.wiring import create, host, open_node


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the world, made once; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("made") / "world"
    with run.world(load(folder, environment={})):
        return folder


@pytest.fixture
def mine(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "mine"))


def opened(folder, clock=None):
    machine, chance, hasher = host()
    return open_node(load(folder, environment={}), host=lambda: (clock or machine, chance, hasher))


def refused(folder, *, fresh=False, environment=None):
    with pytest.raises(ReltoError) as caught, run.world(load(folder, environment=environment or {}), fresh=fresh):
        pass
    return caught.value


class Machine:
    """A machine's clock that a test sets as it likes."""

    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at

    def sleep(self, microseconds):
        self.at += microseconds


# What is in it.


def test_the_world_holds_each_item_of_the_story_once(made):
    with opened(made) as there, there.node.store.read() as snap:
        public = {1: 155, 2: 78, 3: 225, 4: 10}
        assert len(PUBLIC) == len(public)
        # The case, the extension by which its entries are read, and who made that.
        recorded = 3 + len(case().entries)
        assert snap.head().last_seq == len(picture()) + sum(public.values()) + recorded


def case():
    return parse((files("relto.demo") / "world" / CASE).read_text(encoding="utf-8"))


def test_the_world_has_the_record_of_the_case_as_its_file_tells_it(made):
    with opened(made) as there:
        record, _ = loaded(there.node, there.desk, "usa-ukr-2025", by=ADMIN)
    assert {each.key for each in record.recorded} == {str(each["key"]) for each in case().entries}
    assert record.unread == 0
    said = {(each.one.key, each.other.key) for each in record.contradictions if each.is_said}
    assert {("16", "18"), ("32", "26")} <= said | {pair[::-1] for pair in said}
    # What was told on the evening of one day was not known on the morning of it.
    assert "28" not in {each.key for each in record.at(parse_when("2025-03-09T12:00:00Z", now=0, ahead=True)).standing}
    assert "28" in {each.key for each in record.standing}


def test_what_each_pause_holds_is_what_the_naive_reading_says(made):
    states = Counter(each.state for each in picture())
    with opened(made) as there:
        (status,) = standing.status(there.node, there.desk, "usa-ukr", by=ADMIN)
    held = {each.pause.number: each.held for each in status.pauses}
    assert status.state == "partly-paused"
    imagery = held[run.NUMBERS["imagery"]].by_topic
    assert imagery["imagery"] == held[run.NUMBERS["imagery"]].items
    both = imagery.get("targeting", 0)
    assert sum(each.items for each in held.values()) - both == states["held"]


def test_the_held_item_of_the_walk_through_is_kept_back_by_the_pause_alone(made):
    with opened(made) as there:
        answers = standing.explain(there.node, there.desk, example(), "UKR", by=ADMIN)
    (mine,) = [each for each in answers if each.agreement == "usa-ukr"]
    assert mine.decision == "hold"
    assert [reason.code for reason in mine.reasons if "pause" in reason.code]


def test_all_agreements_and_pauses_of_the_story_stand(made):
    with opened(made) as there, there.node.store.read() as snap:
        assert {row.id for row in snap.agreements()} == set(AGREEMENTS)
        assert [str(row.number) for row in snap.pauses()] == [run.NUMBERS[told.key] for _, told in PAUSES]
        assert {row.state for row in snap.pauses()} == {"running"}


def test_every_act_of_the_story_bears_a_moment_of_the_story(made):
    first = steps()[0].at
    with opened(made) as there, there.node.store.read() as snap:
        acts = snap.acts(limit=10_000)
    assert acts
    assert all(first <= act.at <= END for act in acts)


# Its clock.


def test_the_clock_starts_at_the_end_of_the_story_and_goes_on(made):
    with opened(made) as there:
        first = there.node.now(there.node.store.head())
        there.node.clock.sleep(2_000)
        second = there.node.now(there.node.store.head())
    assert END <= first < second
    assert first - END < 3_600_000_000


def test_nothing_in_the_world_is_later_than_where_its_clock_starts(made):
    with opened(made) as there:
        assert there.node.store.head().last_given <= END


def test_the_clock_is_not_mended_while_the_machines_goes_forward(made):
    with opened(made) as there:
        head = there.node.store.head()
        for ahead in (0, 1, 86_400_000_000, 10 * 365 * 86_400_000_000):
            later = replace(there.node, clock=Machine(END - head.clock_offset + ahead), lag=Lag())
            assert later.now(head) == END + ahead


def test_an_act_leaves_the_clock_where_it_was(mine):
    with opened(mine) as there:
        before = there.node.store.head()
        actors.resume(there.node, there.desk, [run.NUMBERS["aid"]], backlog="release", by=ADMIN)
        after = there.node.store.head()
    assert after.clock_offset == before.clock_offset
    assert after.clock_seen >= before.clock_seen


def test_a_machines_clock_that_was_set_back_does_not_take_the_demonstrations_back(mine):
    with opened(mine) as there:
        head = there.node.store.head()
    day = 86_400_000_000
    with opened(mine, Machine(END - head.clock_offset - day)) as there:
        actors.resume(there.node, there.desk, [run.NUMBERS["aid"]], backlog="release", by=ADMIN)
        after = there.node.store.head()
        assert there.node.now(after) >= END
    assert after.clock_offset == head.clock_offset


def test_every_act_of_it_can_be_told(mine):
    with opened(mine) as there:
        acts = office.listed(there.node, limit=1_000)
    assert acts[0].kind == "demonstration-begin"
    assert {act.party for act in acts} == {"USA"}


def test_the_clock_is_fixed_once(mine):
    with opened(mine) as there, pytest.raises(ReltoError) as caught:
        demonstration.begin(there.node, Machine(END), at=END + 86_400_000_000, by=ADMIN)
    assert caught.value.code == "demonstration-fixed"


def test_a_node_that_has_seen_later_is_made_no_demonstration(mine):
    with opened(mine) as there:
        with there.node.store.write() as tx:
            tx.run("DELETE FROM settings WHERE name = ?", (demonstration.SETTING,))
        with pytest.raises(ReltoError) as caught:
            demonstration.begin(there.node, Machine(END), at=END - 1, by=ADMIN)
        assert caught.value.code == "demonstration-fixed"


def test_a_node_of_ones_own_is_no_demonstration(tmp_path):
    config = load(tmp_path, environment={})
    create(config)
    with open_node(config) as there, there.node.store.read() as snap:
        assert demonstration.demonstration(snap) is None


def test_a_wound_clock_is_never_wound_back():
    clock = run.WoundClock(10)
    clock.wind(5)
    assert clock.now() == 10
    clock.sleep(-3)
    assert clock.now() == 10
    clock.sleep(3)
    assert clock.now() == 13


# Its folder.


def test_the_next_start_finds_the_world_as_it_was_left(mine):
    with opened(mine) as there:
        actors.resume(there.node, there.desk, [run.NUMBERS["aid"]], backlog="release", by=ADMIN)
    with run.world(load(mine, environment={})) as found:
        assert not found.is_new
    with opened(mine) as there, there.node.store.read() as snap:
        assert run.NUMBERS["aid"] not in {str(row.number) for row in snap.pauses()}


def test_fresh_makes_it_anew(mine):
    with opened(mine) as there:
        actors.resume(there.node, there.desk, [run.NUMBERS["aid"]], backlog="release", by=ADMIN)
    with run.world(load(mine, environment={}), fresh=True) as found:
        assert found.is_new
    with opened(mine) as there, there.node.store.read() as snap:
        assert run.NUMBERS["aid"] in {str(row.number) for row in snap.pauses()}


def test_fresh_leaves_alone_what_somebody_else_put_into_the_folder(mine):
    (mine / "notes.txt").write_text("mine")
    with run.world(load(mine, environment={}), fresh=True):
        pass
    assert (mine / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("left", ["nothing", "a draft", "all but the database", "an old draft beside the world"])
def test_what_an_interruption_left_is_made_whole_by_the_next_start(mine, left):
    if left != "an old draft beside the world":
        (mine / "relto.db").unlink()
    if left in {"nothing", "a draft"}:
        for name in ("relto.toml", "topics.yaml"):
            (mine / name).unlink()
        shutil.rmtree(mine / "keys")
    if "draft" in left:
        (mine / run.MAKING / "keys").mkdir(parents=True)
        (mine / run.MAKING / "relto.db").write_bytes(b"half of a database")
    with run.world(load(mine, environment={})) as found:
        assert found.is_new == (left != "an old draft beside the world")
        assert found.items > 1_000


def test_a_story_that_fails_leaves_no_world_and_no_draft(tmp_path, monkeypatch):
    told = (*steps()[:4], Step(END - 1, AddParty("no code", "", "state")))
    monkeypatch.setattr(run, "steps", lambda: told)
    with pytest.raises(ReltoError), run.world(load(tmp_path / "new", environment={})):
        pass
    assert [path.name for path in (tmp_path / "new").iterdir()] == [run.MARK]


def test_a_story_that_fails_leaves_nothing_in_its_database(tmp_path):
    told = (*steps()[:4], Step(END - 1, AddParty("no code", "", "state")))
    with pytest.raises(ReltoError):
        run.tell(tmp_path, told)
    with opened(tmp_path) as there, there.node.store.read() as snap:
        assert snap.setting("party") is None
        assert not snap.parties()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_with_anything_else_in_it_is_refused_and_left_alone(tmp_path, fresh):
    (tmp_path / "letter.txt").write_text("dear")
    assert refused(tmp_path, fresh=fresh).code == "demo-occupied"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("fresh", [False, True])
def test_the_folder_of_a_real_node_is_refused_and_left_alone(tmp_path, fresh):
    create(load(tmp_path, environment={}))
    before = (tmp_path / "relto.db").read_bytes()
    assert refused(tmp_path, fresh=fresh).code == "demo-occupied"
    assert (tmp_path / "relto.db").read_bytes() == before


def test_a_node_made_in_the_demonstrations_folder_is_not_taken_for_it(mine):
    with opened(mine) as there, there.node.store.write() as tx:
        tx.run("DELETE FROM settings WHERE name = ?", (demonstration.SETTING,))
    assert refused(mine).code == "demo-occupied"


def test_a_database_named_elsewhere_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert refused(tmp_path / "new", environment={"RELTO_DATABASE_URL": url}).code == "demo-database"
    assert not (tmp_path / "new").exists()


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReltoError) as caught, run.world(load(tmp_path / "file", environment={})):
        pass
    assert caught.value.code == "config-unreadable"


def test_a_folder_that_cannot_be_written_is_said_to_be(tmp_path):
    with pytest.raises(ReltoError) as caught, run._writing(tmp_path):
        (tmp_path / "not" / "there").write_text("")
    assert caught.value.code == "data-unusable"
    assert str(tmp_path) in caught.value.message


def test_a_damaged_world_is_refused_and_fresh_mends_it(mine):
    (mine / "relto.db").write_bytes(b"no database at all" * 1_000)
    error = refused(mine)
    assert (error.code, error.remedy) == ("demo-unusable", "relto demo --fresh")
    with run.world(load(mine, environment={}), fresh=True) as found:
        assert found.items > 1_000


def test_a_world_that_is_served_is_not_made_anew_under_its_server(mine):
    with run.world(load(mine, environment={})):
        assert refused(mine, fresh=True).code == "demo-in-use"
        assert (mine / "relto.db").exists()


def test_two_may_serve_one_world(mine):
    with run.world(load(mine, environment={})) as one, run.world(load(mine, environment={})) as other:
        assert one.collection == other.collection != ""


def test_a_world_that_is_being_made_is_not_served(mine):
    descriptor = os.open(mine, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert refused(mine).code == "demo-in-use"
    finally:
        os.close(descriptor)


def test_the_world_is_readable_by_its_owner_alone(made):
    for name in ("relto.db", "relto.toml", "topics.yaml"):
        assert (made / name).stat().st_mode & 0o077 == 0, name
    assert made.stat().st_mode & 0o077 == 0


def test_the_surroundings_do_not_slip_into_the_world(tmp_path, monkeypatch):
    monkeypatch.setenv("RELTO_TAXII_TITLE", "something else")
    with run.world(load(tmp_path / "new", environment={"RELTO_SERVER_PORT": "8400"})):
        pass
    assert load(tmp_path / "new", environment={}).taxii.title == "Relto demonstration"


def test_what_was_fixed_is_readable_as_json(made):
    with opened(made) as there, there.node.store.read() as snap:
        value = json.loads(snap.setting(demonstration.SETTING))
    assert value["began"] == END
