"""The TAXII source and sink of stix2, unmodified: its filters, and what it makes of a pause."""

import pytest
import stix2
import taxii2client.v21 as taxii2
from requests.exceptions import HTTPError
from stix2.datastore.taxii import TAXIICollectionSink, TAXIICollectionSource, TAXIICollectionStore
from tests.conformance.partners import Stix2Source
from tests.conformance.served import PASSWORD, indicator

REPORT = {
    "type": "report",
    "spec_version": "2.1",
    "id": "report--00000000-0000-4000-8000-000000000009",
    "created": "2025-03-01T12:00:00.000Z",
    "modified": "2025-03-01T12:00:00.000Z",
    "name": "a made-up report",
    "labels": ["naval"],
    "published": "2025-03-01T12:00:00.000Z",
}
OLD, NEW = "2025-03-01T12:00:00.000Z", "2025-03-02T12:00:00.000Z"


def collection(node, name="kyiv"):
    return taxii2.Collection(f"{node.base}{node.path()}", user=name, password=PASSWORD)


@pytest.fixture
def own(fresh):
    """The collection in which the agency puts what it gives."""
    with taxii2.Server(f"{fresh.base}/taxii2/", user="agency", password=PASSWORD) as server:
        yield server.default.collections[0]


def found(source, *filters):
    query = [stix2.Filter(*each) for each in filters]
    return [(each["id"], each["modified"].isoformat()[:10]) for each in source.query(query)]


@pytest.mark.parametrize("page", [1, 2, 5000])
def test_its_filters_narrow_what_it_gets(fresh, page):
    a, b, c = indicator(), indicator(), indicator()
    newer = indicator(id=a["id"], modified=NEW)
    kyiv = Stix2Source(fresh, "kyiv")
    fresh.publish(a, b)
    kyiv.poll()
    fresh.publish(newer, c, REPORT | {"object_refs": [b["id"]]})
    source = TAXIICollectionSource(collection(fresh), items_per_page=page)
    first, second = OLD[:10], NEW[:10]
    a_old, a_new, b_, c_ = (a["id"], first), (a["id"], second), (b["id"], first), (c["id"], first)
    report = (REPORT["id"], first)
    assert found(source) == [b_, a_new, c_, report]
    assert found(source, ("type", "=", "report")) == [report]
    assert found(source, ("type", "=", "report,indicator")) == [b_, a_new, c_, report]
    assert found(source, ("type", "=", "malware")) == []
    assert found(source, ("id", "=", a["id"])) == [a_new]
    assert found(source, ("id", "=", f"{a['id']},{c['id']}")) == [a_new, c_]
    assert found(source, ("version", "=", "all")) == [a_old, b_, a_new, c_, report]
    assert found(source, ("version", "=", "first")) == [a_old, b_, c_, report]
    assert found(source, ("version", "=", OLD), ("id", "=", a["id"])) == [a_old]
    assert found(source, ("added_after", "=", kyiv.cursor)) == [a_new, c_, report]
    assert found(source, ("added_after", "=", kyiv.cursor), ("type", "=", "indicator"), ("version", "=", "all")) == [
        a_new,
        c_,
    ]
    # What no server can filter it filters itself, page by page.
    assert found(source, ("name", "=", "a made-up report")) == [report]


def test_while_the_newest_version_is_held_the_one_before_it_is_the_last(fresh):
    item = indicator()
    newer = indicator(id=item["id"], modified=NEW)
    fresh.publish(item)
    number = fresh.pause("usa-ukr")
    fresh.publish(newer)
    source = TAXIICollectionSource(collection(fresh))
    old = [(item["id"], OLD[:10])]
    assert source.get(item["id"])["modified"].isoformat()[:10] == OLD[:10]
    assert [each["modified"].isoformat()[:10] for each in source.all_versions(item["id"])] == [OLD[:10]]
    assert found(source) == found(source, ("version", "=", "all")) == old
    assert found(source, ("version", "=", NEW)) == []
    fresh.resume(number)
    assert source.get(item["id"])["modified"].isoformat()[:10] == NEW[:10]
    assert [each["modified"].isoformat()[:10] for each in source.all_versions(item["id"])] == [OLD[:10], NEW[:10]]


@pytest.mark.parametrize("mode", ["freeze", "cut"])
def test_what_a_pause_keeps_back_is_none_by_id_and_absent_from_every_query(fresh, mode):
    shown, held = indicator(), indicator()
    fresh.publish(shown)
    number = fresh.pause("usa-ukr", mode=mode)
    fresh.publish(held, REPORT | {"object_refs": [held["id"]]})
    source = TAXIICollectionSource(collection(fresh))
    first = (shown["id"], OLD[:10])
    rest = [] if mode == "cut" else [first]
    assert source.get(held["id"]) is None
    assert source.all_versions(held["id"]) == []
    assert (source.get(shown["id"]) is None) == (mode == "cut")
    assert found(source) == rest
    assert found(source, ("type", "=", "report")) == []
    fresh.resume(number)
    assert found(source) == [first, (held["id"], OLD[:10]), (REPORT["id"], OLD[:10])]


def test_where_a_pause_is_refused_its_query_raises_and_its_object_is_an_error(fresh_with):
    with fresh_with(taxii__paused="refuse") as served:
        item = indicator()
        served.publish(item)
        number = served.pause("usa-ukr")
        source = TAXIICollectionSource(collection(served))
        with pytest.raises(HTTPError, match="403"):
            source.query()
        with pytest.raises(stix2.datastore.DataSourceError):
            source.get(item["id"])
        served.resume(number)
        assert found(source) == [(item["id"], OLD[:10])]


def test_what_its_sink_gives_during_a_pause_reaches_its_source_after_the_resume(fresh, own):
    number = fresh.pause("usa-ukr")
    made = [
        stix2.v21.Indicator(
            name=f"a made-up indicator {each}",
            labels=["naval"],
            pattern="[ipv4-addr:value = '198.51.100.7']",
            pattern_type="stix",
            valid_from=OLD,
        )
        for each in range(3)
    ]
    TAXIICollectionSink(own).add(made)
    kyiv = Stix2Source(fresh, "kyiv")
    assert kyiv.poll() == []
    fresh.resume(number)
    assert kyiv.poll() == [each.id for each in made]
    assert TAXIICollectionSource(collection(fresh)).get(made[0].id) == made[0]


def test_its_store_reads_and_writes_what_is_its_own_and_no_pause_is_in_its_way(fresh, own):
    fresh.pause("usa-ukr")
    store = TAXIICollectionStore(own)
    made = stix2.v21.Malware(name="a made-up worm", is_family=False)
    store.add(made)
    assert store.get(made.id) == made
    assert store.query([stix2.Filter("type", "=", "malware")]) == [made]


def test_a_collection_that_can_only_be_read_makes_no_sink(fresh):
    with pytest.raises(stix2.datastore.DataSourceError, match="write access"):
        TAXIICollectionSink(collection(fresh))
