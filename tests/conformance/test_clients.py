"""Real clients, unmodified: taxii2-client, and the TAXII source and sink of stix2."""

import pytest
import stix2
import taxii2client.v21 as taxii2
from requests.exceptions import HTTPError
from stix2.datastore.taxii import TAXIICollectionSink, TAXIICollectionSource
from taxii2client.common import TokenAuth
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, indicator

from relto.usecases.accounts import add_account


@pytest.fixture
def collection(node, stocked):
    with_slash = f"{node.base}{node.path()}"
    with taxii2.Collection(with_slash, user="kyiv", password=PASSWORD) as found:
        yield found


@pytest.fixture
def own(node):
    # The client wants to see the id in the URL; an alias will not do.
    with taxii2.Server(f"{node.base}/taxii2/", user="agency", password=PASSWORD) as server:
        yield server.default.collections[0]


def test_taxii2_client_finds_the_collection_from_discovery(node):
    with taxii2.Server(f"{node.base}/taxii2/", user="kyiv", password=PASSWORD) as server:
        assert server.default.url == f"{node.base}/exchange/"
        (root,) = server.api_roots
        assert root.max_content_length == 104_857_600
        (found,) = root.collections
        assert (found.title, found.can_read, found.can_write) == ("Battlefield intelligence", True, False)


@pytest.mark.parametrize("per_request", [1, 2, 4, 100])
def test_taxii2_client_walks_pages_of_objects_to_the_end(collection, stocked, per_request):
    ids, report = stocked
    pages = list(taxii2.as_pages(collection.get_objects, per_request=per_request))
    assert [each["id"] for page in pages for each in page["objects"]] == [*ids[1:], ids[0], report]


@pytest.mark.parametrize("per_request", [1, 3, 100])
def test_taxii2_client_walks_pages_of_the_manifest_to_the_end(collection, per_request):
    pages = list(taxii2.as_pages(collection.get_manifest, per_request=per_request, version="all"))
    assert len([each for page in pages for each in page["objects"]]) == 7


def test_taxii2_client_polls_from_its_last_date(collection):
    last = collection.get_manifest()["objects"][-1]["date_added"]
    assert collection.get_objects(added_after=last) == {}


def test_taxii2_client_gets_one_object_and_its_versions(collection, stocked):
    ids, _ = stocked
    assert len(collection.get_object(ids[0])["objects"]) == 1
    assert len(collection.object_versions(ids[0])["versions"]) == 2
    assert len(collection.get_object(ids[0], version="all")["objects"]) == 2
    with pytest.raises(HTTPError, match="404"):
        collection.get_object("indicator--00000000-0000-4000-8000-0000000000ff")


def test_taxii2_client_adds_waits_for_the_status_and_deletes(own):
    item = indicator()
    status = own.add_objects({"objects": [item, {"type": "indicator", "id": "x"}]}, wait_for_completion=True)
    assert (status.status, status.success_count, status.failure_count) == ("complete", 1, 1)
    status.refresh()
    assert status.successes[0]["id"] == item["id"]
    assert own.get_object(item["id"])["objects"] == [item]
    own.delete_object(item["id"])
    with pytest.raises(HTTPError, match="404"):
        own.get_object(item["id"])


def test_taxii2_client_logs_in_with_a_token(node):
    opened = node.opened
    _, token = add_account(opened.node, opened.desk, "feed", party="UKR", roles=["reader"], by=ADMIN, token=True)
    with taxii2.Server(f"{node.base}/taxii2/", auth=TokenAuth(token)) as server:
        assert len(server.api_roots[0].collections) == 1


def test_stix2_reads_by_id_by_type_and_all_versions(collection, stocked):
    ids, report = stocked
    source = TAXIICollectionSource(collection, allow_custom=True)
    assert source.get(ids[1])["id"] == ids[1]
    assert len(source.all_versions(ids[0])) == 2
    assert [each["id"] for each in source.query([stix2.Filter("type", "=", "report")])] == [report]


def test_stix2_writes(own):
    made = stix2.v21.Malware(name="a made-up worm", is_family=False)
    TAXIICollectionSink(own).add(made)
    assert TAXIICollectionSource(own).get(made.id) == made
