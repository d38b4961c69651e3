"""taxii2-client, unmodified: how it pages and stops, what it makes of errors, and what MISP's import asks with it."""

import datetime as dt
import itertools

import pytest
import taxii2client
import taxii2client.v21 as taxii2
from requests.exceptions import HTTPError
from tests.conformance.partners import Taxii2Client
from tests.conformance.served import PASSWORD, indicator

MISP_PAGE = 100
"""What the TAXII 2.1 import of misp-modules asks for."""
MISP_MOST = 1_000
"""Where it stops, and says nothing."""


@pytest.fixture
def kyiv(fresh):
    return Taxii2Client(fresh, "kyiv")


def queries(partner):
    """What was asked, page by page, but for `next`."""
    return [{name: value for name, value in query.items() if name != "next"} for query in partner.asked]


def published(node, count):
    items = [indicator() for _ in range(count)]
    node.publish(*items)
    return [item["id"] for item in items]


@pytest.mark.parametrize("per_request", [0, 7])
def test_a_limit_that_it_changes_on_page_2_is_taken(fresh_with, per_request):
    with fresh_with(taxii__page_default=3, taxii__page_limit=3) as served:
        ids = published(served, 8)
        kyiv = Taxii2Client(served, "kyiv")
        kyiv.page = per_request
        assert kyiv.poll() == ids
        # It asks for what it likes, then for as many as it got.
        first = {"limit": str(per_request)} if per_request else {}
        assert queries(kyiv) == [first, {"limit": "3"}, {"limit": "3"}]


def test_it_sends_the_date_that_it_began_with_beside_next_to_the_end(fresh, kyiv):
    published(fresh, 2)
    kyiv.poll()
    since = kyiv.cursor
    ids = published(fresh, 5)
    kyiv.asked.clear()
    assert kyiv.poll() == ids
    assert queries(kyiv) == [{"added_after": since, "limit": "2"}] * 3


def test_it_stops_where_there_is_no_more_and_not_before(fresh, kyiv):
    pages = taxii2.as_pages(kyiv.collection.get_objects, per_request=2)
    assert list(pages) == [{}]
    # As many as a page holds, and one more: there is no empty page at the end.
    for count, lengths in ((2, [2]), (2, [2, 2]), (1, [2, 2, 1])):
        published(fresh, count)
        found = list(taxii2.as_pages(kyiv.collection.get_objects, per_request=2))
        assert [len(page["objects"]) for page in found] == lengths
        assert [page["more"] for page in found] == [True] * (len(lengths) - 1) + [False]


def test_a_walk_that_was_broken_off_can_be_begun_anew_and_loses_nothing(fresh, kyiv):
    ids = published(fresh, 5)
    next(taxii2.as_pages(kyiv.collection.get_objects, per_request=2))
    kyiv.cursor = None
    assert kyiv.poll() == ids


def test_a_datetime_is_a_cursor_and_one_ahead_of_the_clock_gives_nothing(fresh, kyiv):
    ids = published(fresh, 2)
    ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    pages = list(taxii2.as_pages(kyiv.collection.get_objects, added_after=ago))
    assert [each["id"] for page in pages for each in page["objects"]] == ids
    assert kyiv.collection.get_objects(added_after=dt.datetime.now(dt.UTC) + dt.timedelta(days=400)) == {}


def test_held_items_are_no_objects_of_the_collection_by_any_call(fresh, kyiv):
    (shown,) = published(fresh, 1)
    number = fresh.pause("usa-ukr")
    (held,) = published(fresh, 1)
    collection = kyiv.collection
    for call in (collection.get_object, collection.object_versions):
        with pytest.raises(HTTPError, match="404"):
            call(held)
    assert [each["id"] for each in collection.get_manifest()["objects"]] == [shown]
    assert collection.get_objects(id=held) == {}
    fresh.resume(number)
    assert [each["id"] for each in collection.get_objects(id=held)["objects"]] == [held]


@pytest.mark.parametrize("discreet", [False, True])
def test_the_collection_stays_readable_under_its_id_and_title_and_tells_of_the_pause(fresh, discreet):
    fresh.pause("usa-ukr", reason="talks", discreet=discreet)
    with taxii2.Server(f"{fresh.base}/taxii2/", user="kyiv", password=PASSWORD) as server:
        (collection,) = server.default.collections
        assert (collection.id, collection.title) == (fresh.collections["usa-ukr", "UKR"], "Battlefield intelligence")
        assert collection.can_read
        assert (collection.description or "").endswith("" if discreet else ": talks")
        assert (collection.description is None) == discreet


def test_where_a_pause_is_refused_its_error_is_403_and_its_cursor_is_good_afterwards(fresh_with):
    with fresh_with(taxii__paused="refuse") as served:
        kyiv = Taxii2Client(served, "kyiv")
        ids = published(served, 3)
        number = []
        with pytest.raises(HTTPError, match="403"):
            kyiv.poll(lambda: number.append(served.pause("usa-ukr")))
        ids += published(served, 1)
        kyiv.collection.refresh()
        assert kyiv.collection.description.endswith(": talks")
        served.resume(number[0])
        # It raised before it gave its caller anything, so the caller begins anew.
        kyiv.cursor = None
        assert kyiv.poll() == ids


def misp(node, **config):
    """What the import of misp-modules does with taxii2-client: the same calls, the same arguments."""
    url = f"{node.base}{node.path()}"
    collection = taxii2client.Collection(url, user="kyiv", password=PASSWORD)
    pages = taxii2client.as_pages(collection.get_objects, per_request=MISP_PAGE, spec_version="2.1", **config)
    found = itertools.chain.from_iterable(page.get("objects", []) for page in pages)
    return [each["id"] for each in itertools.islice(found, MISP_MOST)]


def test_what_misps_import_asks_gives_all_versions_and_objects_without_a_spec_version(fresh):
    address = {"type": "ipv4-addr", "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd", "value": "198.51.100.3"}
    item = indicator()
    fresh.publish(item, indicator(id=item["id"], modified="2025-03-02T12:00:00.000Z"), address | {"labels": ["naval"]})
    assert misp(fresh, version="all") == [item["id"], item["id"], address["id"]]
    assert misp(fresh, type="ipv4-addr,report") == [address["id"]]


def test_misps_import_stops_at_a_thousand_and_goes_on_from_a_date_behind_them(fresh):
    ids = published(fresh, MISP_MOST + 150)
    assert misp(fresh) == ids[:MISP_MOST]
    collection = taxii2client.Collection(f"{fresh.base}{fresh.path()}", user="kyiv", password=PASSWORD)
    last = collection.get_manifest(limit=MISP_MOST)["objects"][-1]
    assert last["id"] == ids[MISP_MOST - 1]
    number = fresh.pause("usa-ukr")
    ids += published(fresh, 3)
    assert misp(fresh, added_after=last["date_added"]) == ids[MISP_MOST:-3]
    fresh.resume(number)
    assert misp(fresh, added_after=last["date_added"]) == ids[MISP_MOST:]
