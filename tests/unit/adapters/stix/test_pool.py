"""Several processes give the answers that one gives, in the same order, and never hang."""

import contextlib
import os
import signal
import subprocess
import sys

import orjson
import psutil
import pytest
from tests.unit.adapters.stix.objects import NOW_US, indicator

from relto.adapters.stix import pool
from relto.adapters.stix.pool import Validation
from relto.domain.errors import BadInput, Unreachable
from relto.domain.item import Header
from relto.ports.intake import Piece


def pieces(count):
    for number in range(count):
        value = indicator(name=str(number), x_pad="p" * (number % 50))
        if number % 7 == 3:
            value["confidence"] = 1000
        yield Piece(orjson.dumps(value), f"made#{number}")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("count", [0, 1, pool.CHUNK_PIECES, 3 * pool.CHUNK_PIECES + 5])
def test_workers_give_the_same_answers_in_the_same_order(workers, count):
    alone = list(Validation().validated(pieces(count), now_us=NOW_US))
    assert list(Validation(workers).validated(pieces(count), now_us=NOW_US)) == alone
    assert len(alone) == count


def test_large_pieces_travel_in_small_chunks():
    large = [Piece(b"x" * (pool.CHUNK_BYTES // 2), "") for _ in range(9)]
    assert [len(chunk) for chunk in pool._chunks(iter(large))] == [2, 2, 2, 2, 1]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_fault_of_the_input_comes_after_the_answers_to_what_came_before_it(workers):
    def broken():
        yield from pieces(300)
        raise BadInput("input-truncated", "it ends")

    answers = []
    with pytest.raises(BadInput) as caught:
        answers.extend(Validation(workers).validated(broken(), now_us=NOW_US))
    assert (caught.value.code, len(answers)) == ("input-truncated", 300)


def test_only_so_much_of_an_endless_input_is_taken_ahead():
    taken = 0

    def endless():
        nonlocal taken
        for piece in pieces(10**9):
            taken += 1
            yield piece

    answers = Validation(2).validated(endless(), now_us=NOW_US)
    assert isinstance(next(answers), Header)
    answers.close()
    assert taken <= (2 * pool.CHUNKS_PER_WORKER + 1) * pool.CHUNK_PIECES


def test_a_worker_that_dies_is_an_error_and_no_wait():
    killed = []

    def murderous():
        for number, piece in enumerate(pieces(20_000)):
            if number == 3000:
                family = psutil.Process().children(recursive=True)
                killed.extend(child.pid for child in family if is_worker(child))
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)
            yield piece

    with pytest.raises(Unreachable) as caught:
        list(Validation(2).validated(murderous(), now_us=NOW_US))
    assert caught.value.code == "worker-died"
    assert len(killed) == 2


def is_worker(process):
    # The forkserver starts the workers, so it looks like them but has children of its own.
    line = " ".join(process.cmdline())
    return "forkserver" in line and "resource_tracker" not in line and not process.children()


PROGRAM = """
import signal
import sys
from tests.unit.adapters.stix.test_pool import pieces, NOW_US
from relto.adapters.stix.pool import Validation

if __name__ == "__main__":
    # Whoever runs tests in the background has them ignore it, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for number, _ in enumerate(Validation(2).validated(pieces(10**9), now_us=NOW_US)):
            if number == 1000:
                print("going", flush=True)
    except KeyboardInterrupt:
        print("ended", flush=True)
        sys.exit(130)
"""


def test_an_interrupt_ends_the_parent_and_its_workers(tmp_path):
    program = tmp_path / "endless.py"
    program.write_text(PROGRAM)
    parent = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["src", "."])},
        start_new_session=True,
    )
    try:
        assert parent.stdout.readline() == b"going\n"
        family = psutil.Process(parent.pid).children(recursive=True)
        # As a terminal does: the whole group hears it.
        os.killpg(parent.pid, signal.SIGINT)
        out, err = parent.communicate(timeout=60)
        assert (out, err, parent.returncode) == (b"ended\n", b"", 130)
        assert len(family) >= 2
        _, alive = psutil.wait_procs(family, timeout=30)
        assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    finally:
        # What has not ended by itself would go on for ever.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
