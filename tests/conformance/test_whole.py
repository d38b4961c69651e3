"""Real clients through pauses: what each has in the end is everything, once."""

import itertools
import uuid

import pytest
from tests.conformance.partners import PARTNERS
from tests.conformance.served import indicator


class Stock:
    """Items as they come in, of two topics by turns; `ids`: by topic."""

    def __init__(self, node):
        self.node = node
        self.turn = itertools.cycle(["naval", "early-warning"])
        self.ids = {"naval": [], "early-warning": []}

    def come_in(self, count):
        """So many of each topic; their ids, in order."""
        made = [(topic, f"indicator--{uuid.uuid4()}") for topic in itertools.islice(self.turn, 2 * count)]
        self.node.publish(*[indicator(id=id_, labels=[topic]) for topic, id_ in made])
        for topic, id_ in made:
            self.ids[topic].append(id_)
        return [id_ for _, id_ in made]

    def all(self):
        return sorted(self.ids["naval"] + self.ids["early-warning"])


@pytest.fixture
def stock(fresh):
    return Stock(fresh)


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda each: each.__name__)
def test_a_quiet_poll_gives_nothing_and_asks_once(fresh, stock, partner):
    kyiv = partner(fresh, "kyiv")
    assert kyiv.poll() == []
    came = stock.come_in(3)
    assert kyiv.poll() == came
    asked = len(kyiv.asked)
    assert kyiv.poll() == []
    assert len(kyiv.asked) == asked + 1


@pytest.mark.parametrize("topics", [(), ("naval",)], ids=["whole", "part"])
@pytest.mark.parametrize("mode", ["freeze", "cut"])
@pytest.mark.parametrize("partner", PARTNERS, ids=lambda each: each.__name__)
def test_a_pause_and_a_resume_between_pages_leave_each_client_with_everything_once(fresh, stock, partner, mode, topics):
    kyiv, lviv = partner(fresh, "kyiv"), partner(fresh, "lviv")
    numbers = []

    def stop():
        numbers.append(fresh.pause("usa-ukr", mode=mode, topics=topics))
        stock.come_in(2)

    def go_on():
        fresh.resume(numbers[0])
        stock.come_in(1)

    def covered(ids):
        return {id_ for id_ in ids if not topics or id_ in stock.ids["naval"]}

    first = stock.come_in(2)
    assert kyiv.poll() == first

    # It begins while one client is between two pages.
    before = stock.come_in(3)
    walked = kyiv.poll(stop)
    assert walked[:2] == before[:2]
    closed = covered(stock.all()) - (set(before) if mode == "freeze" else set())
    assert set(walked[2:]) == set(stock.all()) - set(first + before[:2]) - (closed - set(first))

    # While it lasts that client polls on, and another begins, which is still between two pages when it ends.
    came = stock.come_in(2)
    assert set(kyiv.poll()) == set(came) - covered(came)
    lviv.poll(go_on)

    kyiv.poll()
    lviv.poll()
    for each in (kyiv, lviv):
        assert sorted(each.received) == stock.all()
        assert each.poll() == []


@pytest.mark.parametrize("mode", ["freeze", "cut"])
@pytest.mark.parametrize("partner", PARTNERS, ids=lambda each: each.__name__)
def test_a_pause_that_came_and_went_between_two_pages_is_not_noticed(fresh, stock, partner, mode):
    kyiv = partner(fresh, "kyiv")
    first = stock.come_in(2)
    numbers = []

    def stop_and_go_on():
        numbers.append(fresh.pause("usa-ukr", mode=mode))
        stock.come_in(2)
        fresh.resume(numbers[0])

    assert kyiv.poll(stop_and_go_on)[:4] == first
    assert sorted(kyiv.received) == stock.all()


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda each: each.__name__)
def test_a_resume_with_a_backlog_reaches_a_walk_that_began_before_it_once(fresh, stock, partner):
    kyiv = partner(fresh, "kyiv")
    first = stock.come_in(3)
    number = fresh.pause("usa-ukr")
    held = stock.come_in(3)
    assert kyiv.poll(lambda: fresh.resume(number)) == first + held
    assert kyiv.poll() == []
