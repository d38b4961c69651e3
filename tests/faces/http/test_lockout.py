"""How long whoever gives wrong passwords has to wait, and whom that never keeps out for good."""

from hypothesis import given
from hypothesis import strategies as st

from relto.faces.http import lockout as module
from relto.faces.http.lockout import NAME_SECONDS_MAX, Lockout

LIMITS = {"failures_max": 3, "address_failures_max": 20, "name_failures_max": 30, "seconds": 5, "seconds_max": 60}


def failing(lockout, name, address, now, times):
    """Fails as soon as it may, so many times; the waits between."""
    waits = []
    for _ in range(times):
        left = lockout.wait(name, address, now)
        waits.append(left)
        now += left
        lockout.failed(name, address, now)
    return waits, now


def test_waits_grow_and_have_an_end():
    waits, _ = failing(Lockout(**LIMITS), "kyiv", "198.51.100.1", 0.0, 9)
    assert waits == [0, 0, 0, 5, 10, 20, 40, 60, 60]


def test_a_name_that_is_there_waits_as_one_that_is_not():
    """It knows nothing of accounts: whatever was typed is counted alike."""
    lockout = Lockout(**LIMITS)
    assert failing(lockout, "kyiv", "a", 0.0, 6) == failing(lockout, "nobody", "b", 0.0, 6)


def test_a_good_password_begins_anew():
    lockout = Lockout(**LIMITS)
    failing(lockout, "kyiv", "a", 0.0, 2)
    lockout.succeeded("kyiv", "a")
    waits, _ = failing(lockout, "kyiv", "a", 1.0, 3)
    assert waits == [0, 0, 0]


def test_who_stops_failing_is_forgotten():
    lockout = Lockout(**LIMITS)
    _, now = failing(lockout, "kyiv", "a", 0.0, 8)
    waits, _ = failing(lockout, "kyiv", "a", now + 200, 4)
    assert waits == [0, 0, 0, 5]


def test_one_address_that_tries_many_names_has_to_wait_as_well():
    lockout = Lockout(**LIMITS)
    for number in range(20):
        assert lockout.wait(f"name-{number}", "a", 0.0) == 0
        lockout.failed(f"name-{number}", "a", 0.0)
    assert lockout.wait("another", "a", 0.0) == 5
    assert lockout.wait("another", "b", 0.0) == 0


def test_an_account_that_came_in_from_an_address_is_not_kept_out_by_others_there_or_elsewhere():
    lockout = Lockout(**LIMITS)
    lockout.succeeded("kyiv", "home")
    for number in range(200):
        lockout.failed("kyiv", f"attacker-{number}", 0.0)
        lockout.failed(f"name-{number}", "home", 0.0)
    assert lockout.wait("kyiv", "new", 0.0) > 0
    assert lockout.wait("lviv", "home", 0.0) > 0
    assert lockout.wait("kyiv", "home", 0.0) == 0


def test_who_tries_a_name_at_its_home_makes_it_wait_a_minute_at_most_and_then_leaves_room_again():
    lockout = Lockout(**{**LIMITS, "seconds_max": 900})
    lockout.succeeded("kyiv", "home")
    now = 0.0
    for _ in range(50):
        waits, now = failing(lockout, "kyiv", "home", now, LIMITS["failures_max"])
        assert max(waits[1:]) == 0
        left = lockout.wait("kyiv", "home", now)
        assert 0 < left <= NAME_SECONDS_MAX
        now += left
    lockout.succeeded("kyiv", "home")
    lockout.failed("kyiv", "home", now)
    assert lockout.wait("kyiv", "home", now) == 0


def test_an_attack_from_everywhere_keeps_a_name_out_for_a_minute_at_most_and_then_leaves_room_again():
    lockout = Lockout(**{**LIMITS, "seconds_max": 900})
    now, address = 0.0, 0
    for _ in range(50):
        # The attackers, each from an address of its own, fail as often as they may.
        while not (left := lockout.wait("kyiv", f"attacker-{address}", now)):
            lockout.failed("kyiv", f"attacker-{address}", now)
            address += 1
        assert left <= NAME_SECONDS_MAX
        now += left
        # The owner, who was told when to come, is checked.
        assert lockout.wait("kyiv", "owner", now) == 0
    assert address >= 50 * LIMITS["name_failures_max"]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0, 100), st.booleans()), max_size=80)
)
def test_no_wait_is_longer_than_the_longest(history):
    lockout, now = Lockout(**LIMITS), 0.0
    for name, address, later, good in history:
        now += later
        if lockout.wait(name, address, now) == 0:
            lockout.succeeded(name, address) if good else lockout.failed(name, address, now)
        assert 0 <= lockout.wait(name, address, now) <= LIMITS["seconds_max"]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "KEPT_MAX", 100)
    lockout = Lockout(**LIMITS)
    for number in range(1_000):
        lockout.failed(f"name-{number}", f"address-{number}", float(number))
        lockout.succeeded(f"name-{number}", "home")
        lockout.failed(f"name-{number}", "home", float(number))
    counts = (lockout._pairs, lockout._addresses, lockout._names, lockout._home_pairs)
    assert [len(each._kept) for each in counts] == [100, 100, 100, 100]
    assert len(lockout._at_home) == 100
