"""The machine's clock, chance and passwords."""

import base64
import re
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.host import PASSWORD_ALPHABET, STILL_MAX_NS, Argon2Hasher, SystemChance, SystemClock

SECOND = 1_000_000_000


class HandClocks:
    def __init__(self, wall):
        self.wall = wall

    def pass_by(self, nanoseconds, *, step=0):
        self.wall += nanoseconds + step

    def clock(self):
        return SystemClock(wall=lambda: self.wall)


@pytest.fixture(scope="module")
def hasher():
    return Argon2Hasher(memory_kib=64, passes=1)


def test_the_clock_tells_the_wall_clock_in_microseconds():
    before = time.time_ns() // 1000
    now = SystemClock().now()
    assert before <= now <= time.time_ns() // 1000


def test_the_clock_stands_still_after_a_small_step_back():
    hands = HandClocks(100 * SECOND)
    clock = hands.clock()
    told = clock.now()
    hands.pass_by(0, step=-STILL_MAX_NS)
    assert clock.now() == told
    hands.pass_by(STILL_MAX_NS + 7_000)
    assert clock.now() == told + 7


def test_the_clock_follows_a_large_step_back_as_a_process_that_is_started_after_it_does():
    hands = HandClocks(10_000 * SECOND)
    clock = hands.clock()
    clock.now()
    hands.pass_by(SECOND, step=-3600 * SECOND)
    assert clock.now() == hands.clock().now() == hands.wall // 1000
    hands.pass_by(SECOND, step=7200 * SECOND)
    assert clock.now() == hands.clock().now() == hands.wall // 1000


@given(st.lists(st.tuples(st.integers(0, SECOND), st.integers(-3 * SECOND, 3 * SECOND)), max_size=30))
def test_no_two_processes_differ_by_more_than_the_clock_stands_still(steps):
    hands = HandClocks(1000 * SECOND)
    clock = hands.clock()
    told = clock.now()
    for passed, step in steps:
        hands.pass_by(passed, step=step)
        assert 0 <= clock.now() - hands.clock().now() <= STILL_MAX_NS // 1000
        assert clock.now() >= told or told - hands.wall // 1000 > STILL_MAX_NS // 1000
        told = clock.now()


def test_sleep_waits_at_least_that_long_and_takes_nonsense_for_nothing():
    before = time.monotonic_ns()
    SystemClock().sleep(2_000)
    assert time.monotonic_ns() - before >= 2_000_000
    SystemClock().sleep(0)
    SystemClock().sleep(-5)


def test_chance_gives_uuids_passwords_and_tokens_that_do_not_come_twice():
    chance = SystemChance()
    drawn = [chance.uuid4() for _ in range(50)]
    assert all(str(uuid.UUID(each)) == each and uuid.UUID(each).version == 4 for each in drawn)
    passwords = [chance.password() for _ in range(50)]
    assert len(set(PASSWORD_ALPHABET)) ** len(passwords[0]) > 2**96
    assert all(set(each) <= set(PASSWORD_ALPHABET) for each in passwords)
    assert not set(PASSWORD_ALPHABET) & set("ilIoO01")
    tokens = [chance.token() for _ in range(50)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", each) for each in tokens)
    assert all(len(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4))) >= 24 for each in tokens)
    assert len({*drawn, *passwords, *tokens}) == 150


def test_a_password_matches_its_own_stored_form_and_no_other(hasher):
    stored = hasher.hashed("korrekt Pferd \N{SNOWMAN}")
    assert stored.startswith("$argon2id$v=19$")
    assert "Pferd" not in stored
    assert stored != hasher.hashed("korrekt Pferd \N{SNOWMAN}")
    assert hasher.matches(stored, "korrekt Pferd \N{SNOWMAN}")
    for wrong in ("", "korrekt pferd \N{SNOWMAN}", "korrekt Pferd", "x" * 100_000, "\x00", "\ud800"):
        assert not hasher.matches(stored, wrong)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "x",
        "plain",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$",
        "$argon2id$v=19$m=64,t=1,p=1$!!$!!",
        "$2b$12$abc",
        "Ж",
        "\ud800",
    ],
)
def test_a_broken_stored_form_never_matches(hasher, stored):
    assert not hasher.matches(stored, "")
    assert not hasher.matches(stored, stored)


def test_what_was_stored_with_other_parameters_still_matches(hasher):
    assert Argon2Hasher(memory_kib=128, passes=2).matches(hasher.hashed("a"), "a")
