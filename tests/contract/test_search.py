"""What `relto.ports.search` promises, on the fake and on both engines."""

from __future__ import annotations

import contextlib
import sqlite3
import threading

import psycopg
import pytest
from tests.fakes.search import FakeSearchIndex

from relto.adapters.postgres.search import PostgresSearchIndex
from relto.adapters.sqlite import search
from relto.adapters.sqlite.search import SqliteSearchIndex
from relto.ports.search import IndexPlace

EVERY = 1_000_000


@pytest.fixture(
    params=[
        "fake",
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        # All but the newest two by the index of words.
        pytest.param("postgres-2", marks=pytest.mark.postgres),
    ]
)
def opening(request, tmp_path):
    """Opens the same index again and again, as several processes do."""
    if request.param == "fake":
        made = FakeSearchIndex()
        yield lambda: made
        return
    if request.param == "sqlite":
        how = lambda: SqliteSearchIndex(tmp_path / "index.db")  # noqa: E731 - as the one below
    else:
        url = request.getfixturevalue("new_postgres_database")()
        more = {"newest": 2} if request.param == "postgres-2" else {}
        how = lambda: PostgresSearchIndex(url, **more)  # noqa: E731 - closed over the database of this test
    opened = []

    def opens():
        opened.append(how())
        return opened[-1]

    yield opens
    for index in opened:
        index.close()


@pytest.fixture
def index(opening):
    return opening()


def fill(index, *texts):
    """Takes in one item for each text, from the place where it is."""
    place = index.place()
    words = [(seq, text.split()) for seq, text in enumerate(texts, place.upto + 1)]
    assert index.add(place, words, upto=place.upto + len(texts), digest=b"%d" % (place.upto + len(texts)))


def found(index, text, **more):
    return index.find(text.split(), **{"before": EVERY, "limit": 100, **more})


def test_one_that_is_new_is_at_the_beginning_and_finds_nothing(index):
    assert index.place() == IndexPlace(0, b"", 0)
    assert found(index, "apt28") == []


def test_items_with_all_of_the_words_are_found_newest_first_within_bounds(index):
    fill(index, "apt28 198.51.100.1 indicator", "", "apt28 indicator", "apt29 indicator", "apt28 russia")
    assert found(index, "apt28") == [5, 3, 1]
    assert found(index, "apt28 indicator") == found(index, "indicator apt28") == [3, 1]
    assert found(index, "198.51.100.1") == [1]
    assert found(index, "apt28 apt29") == found(index, "apt") == found(index, "nobody") == []
    assert found(index, "apt28", limit=2) == [5, 3]
    assert found(index, "apt28", before=5) == [3, 1]
    assert found(index, "apt28", after=1, before=5) == [3]
    assert found(index, "apt28", after=5) == []


@pytest.mark.parametrize(
    "word",
    [
        "або",
        "naïve",
        "http://evil.example/a",
        "t1566.001",
        "user@example.org",
        "a-b_c",
        "漢字",
        "and",
        "not",
        "near",
        "or",
    ],
)
def test_a_word_is_found_whatever_it_is_made_of(index, word):
    fill(index, f"first {word}", "first")
    assert found(index, word) == [1]
    assert found(index, f"first {word}") == [1]


@pytest.mark.parametrize("word", ['"', "'", '"or"', "a*", "text:apt28", "(", "%s", "\\"])
def test_nothing_in_a_word_is_obeyed(index, word):
    fill(index, "apt28 text")
    assert found(index, word) == []


def test_a_stretch_goes_in_behind_the_place_and_nowhere_else(opening):
    index, other = opening(), opening()
    old = index.place()
    fill(index, "one", "two")
    assert other.place() == IndexPlace(2, b"2", 0)
    assert not other.add(old, [(1, ["three"])], upto=1, digest=b"x")
    assert not other.add(IndexPlace(2, b"another", 0), [(3, ["three"])], upto=3, digest=b"x")
    assert (found(other, "three"), found(other, "one")) == ([], [1])
    fill(other, "three")
    assert found(index, "three") == [3]
    assert index.place() == IndexPlace(3, b"3", 0)


def test_what_is_forgotten_is_found_no_more_and_who_is_under_way_begins_anew(opening):
    index, other = opening(), opening()
    fill(index, "secret one", "secret two", "secret three")
    place = other.place()
    assert index.forget(index.place(), [1, 3, 99], purge=7)
    assert found(index, "secret") == [2]
    assert found(index, "one") == found(other, "three") == []
    assert index.place() == IndexPlace(3, b"3", 7)
    assert not other.add(place, [(4, ["secret", "four"])], upto=4, digest=b"4"), "it may have read what was purged"
    assert index.forget(index.place(), [], purge=8)
    assert (index.place().purge, found(index, "secret")) == (8, [2])


def test_who_read_before_the_purge_and_who_forgets_what_was_purged_do_not_both_win(opening):
    index, other = opening(), opening()
    fill(index, "secret one")
    old = other.place()
    fill(index, "secret two")
    assert not other.forget(old, [1], purge=7), "what came in since may have been read before the purge as well"
    assert (other.place(), found(other, "secret")) == (IndexPlace(2, b"2", 0), [2, 1])
    assert other.forget(other.place(), [1, 2], purge=7)
    old = IndexPlace(2, b"2", 0)
    assert not index.add(old, [(3, ["secret", "three"])], upto=3, digest=b"3")
    assert not index.forget(old, [], purge=3), "what is out is not said to be in again"
    assert (index.place(), found(index, "secret")) == (IndexPlace(2, b"2", 7), [])


def test_what_is_forgotten_while_another_cleans_is_cleaned_as_well(opening):
    index, other = opening(), opening()
    fill(index, *(f"secret w{number}" for number in range(50)))
    assert index.forget(index.place(), range(1, 20), purge=1)
    index.clean()
    assert other.forget(other.place(), range(20, 40), purge=2)
    for _ in range(100):
        if not index.clean():
            break
    else:
        raise AssertionError("it goes on for ever")
    assert found(index, "secret") == list(range(50, 39, -1))


def test_cleaning_comes_to_an_end_and_changes_nothing_that_is_found(index):
    fill(index, *(f"word w{number}" for number in range(300)))
    assert not index.clean(), "there is nothing to do"
    assert index.forget(index.place(), range(1, 301, 2), purge=1)
    fill(index, "word late")
    for _ in range(100):
        if not index.clean():
            break
    else:
        raise AssertionError("it goes on for ever")
    assert found(index, "word", limit=500) == [301, *range(300, 0, -2)]
    assert found(index, "w1") == [2]
    assert index.place() == IndexPlace(301, b"301", 1)


def test_no_word_of_what_was_forgotten_stays_in_the_file(tmp_path):
    index = SqliteSearchIndex(tmp_path / "index.db")
    fill(index, *(f"zebracrossing{number} plain" for number in range(500)), "zebracrossing kept")
    assert index.forget(index.place(), range(1, 501), purge=1)
    while index.clean():
        pass
    assert found(index, "kept") == [501]
    assert all(b"zebracrossing1" not in file.read_bytes() for file in tmp_path.iterdir())
    index.close()


def test_to_see_that_there_is_nothing_to_clean_waits_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "BUSY_SECONDS", 0.05)
    index = SqliteSearchIndex(tmp_path / "index.db")
    fill(index, "ship one")
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not index.clean()
    index.close()


def test_cleaning_goes_on_while_somebody_still_reads_what_was(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "BUSY_SECONDS", 0.01)
    index = SqliteSearchIndex(tmp_path / "index.db")
    fill(index, *(f"zebracrossing{number} plain" for number in range(50)))
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM words").fetchone()
        assert index.forget(index.place(), range(1, 51), purge=1)
        assert all(index.clean() for _ in range(10)), "it is not said to be gone"
        reader.execute("COMMIT")
    while index.clean():
        pass
    assert all(b"zebracrossing" not in file.read_bytes() for file in tmp_path.iterdir())
    index.close()


@pytest.mark.postgres
def test_postgres_finds_while_it_is_filled_and_cleaned(new_postgres_database):
    url = new_postgres_database()
    index = PostgresSearchIndex(url)
    fill(index, "secret one", "secret two")
    assert index.forget(index.place(), [1], purge=1)
    with psycopg.connect(url) as blocker:
        blocker.execute("LOCK TABLE search_words IN SHARE UPDATE EXCLUSIVE MODE")
        cleaning = threading.Thread(target=index.clean)
        cleaning.start()
        while blocker.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
            pass
        assert found(index, "secret") == [2]
        assert index.place().purge == 1
        assert cleaning.is_alive(), "it waits for the table"
        blocker.rollback()
    cleaning.join()
    index.close()


def test_one_that_is_cleared_is_as_new(opening):
    index, other = opening(), opening()
    fill(index, "one", "two")
    assert index.forget(index.place(), [1], purge=3)
    other.clear()
    assert index.place() == IndexPlace(0, b"", 0)
    assert found(index, "two") == []
    fill(index, "again")
    assert found(other, "again") == [1]


def test_two_that_fill_it_at_once_take_each_stretch_in_once(opening):
    index, other = opening(), opening()
    index.place()
    both = threading.Barrier(2)

    def work(each):
        both.wait()
        while (place := each.place()).upto < 200:
            words = [(place.upto + 1, ["word", f"w{place.upto + 1}"])]
            each.add(place, words, upto=place.upto + 1, digest=b"%d" % place.upto)

    threads = [threading.Thread(target=work, args=(each,)) for each in (index, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(index, "word", limit=1_000) == list(range(200, 0, -1))


def test_what_is_kept_is_there_when_it_is_opened_again(opening):
    index = opening()
    fill(index, "one")
    index.close()
    again = opening()
    assert (again.place().upto, found(again, "one")) == (1, [1])
