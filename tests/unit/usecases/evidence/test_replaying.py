"""Replaying: what a node logged can be carried out again, and leads to what it logged."""

from tests.replayed import replay
from tests.simulation.sharing import Sharing

from relto.usecases.reading import Query


def test_a_node_that_pauses_and_resumes_is_carried_out_again():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(1), "objects")
    number = sharing.pause()
    sharing.give("three")
    sharing.world.settle_clock()
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9), "objects")
    sharing.resume(number)
    sharing.world.settle_clock()
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9), "objects")
    again, faults = replay(sharing.node.store)
    assert faults == []
    assert again.deliveries == 3
