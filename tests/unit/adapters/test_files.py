"""Files that are there whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relto.adapters.files import drafted, put_file, put_first, put_instead


def test_a_file_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with drafted(path) as file:
        file.write(b"all")
        assert not path.exists()
    assert path.read_bytes() == b"all"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("over", [True, False])
def test_where_writing_fails_nothing_is_left_of_it(tmp_path: Path, over: bool) -> None:
    def fail() -> None:
        with drafted(tmp_path / "key", over=over) as file:
            file.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_first_stays_unless_it_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    put_first(path, b"first")
    put_first(path, b"second")
    assert path.read_bytes() == b"first"
    put_file(path, b"third")
    assert path.read_bytes() == b"third"
    with pytest.raises(FileExistsError), drafted(path):
        pytest.fail("nobody writes what cannot be placed")


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert put_instead(path, b"one", of=None)
    assert not put_instead(path, b"late", of=None)
    assert put_instead(path, b"two", of=b"one")
    assert not put_instead(path, b"late", of=b"one")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_who_write_instead_one_does(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"0")
    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(lambda name: put_instead(path, f"{name}".encode(), of=b"0"), range(1, 25)))
    assert wrote.count(True) == 1
    assert path.read_bytes() == f"{wrote.index(True) + 1}".encode()


def test_one_that_appeared_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"

    def be_late() -> None:
        with drafted(path) as file:
            file.write(b"mine")
            path.write_bytes(b"theirs")

    with pytest.raises(FileExistsError):
        be_late()
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]
