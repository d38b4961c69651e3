"""What an account may not see does not exist for it: by bytes, by headers and by time."""

import statistics
import time
import uuid

import pytest
from tests.conformance.served import TAXII, assert_refused, indicator

PATHS = ["", "objects/", "manifest/", "objects/{id}/", "objects/{id}/versions/"]


@pytest.fixture(scope="module")
def item(node):
    """An object of another party's collection."""
    value = indicator()
    node.publish(value)
    return value["id"]


def blurred(response):
    """A response without what must differ: its error id and its date, which have a fixed length."""
    error = response.json()
    assert len(error["error_id"]) == 16
    assert len(response.headers["date"]) == 29
    body = response.text.replace(error["error_id"], "-" * 16)
    return response.status_code, body, [pair for pair in response.headers.multi_items() if pair[0] != "date"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_partys_collection_is_one_that_never_was(node, item, method, path):
    path = path.format(id=item)
    others = [node.collections["usa-gbr", "GBR"], "usa-gbr", "own"]
    with node.client("kyiv", **{"content-type": TAXII}) as client:
        unknown = blurred(client.request(method, f"/exchange/collections/{uuid.uuid4()}/{path}"))
        assert unknown[0] in {404, 405}
        for other in others:
            assert blurred(client.request(method, f"/exchange/collections/{other}/{path}")) == unknown


def test_the_id_of_an_own_collection_is_unknown_to_others(node):
    with node.client("agency") as agency, node.client("kyiv") as kyiv:
        (own,) = agency.get("/exchange/collections/").json()["collections"]
        assert_refused(kyiv.get(f"/exchange/collections/{own['id']}/"), 404, "collection-unknown")


def test_an_object_that_is_withheld_answers_like_one_that_never_was(node):
    secret = indicator(labels=["early-warning"])
    node.publish(secret)
    path = f"/exchange/collections/{node.collections['usa-gbr', 'GBR']}/objects/"
    with node.client("london") as client:
        for tail in ("", "versions/"):
            unknown = blurred(client.get(f"{path}indicator--{uuid.uuid4()}/{tail}"))
            assert blurred(client.get(f"{path}{secret['id']}/{tail}")) == unknown
        assert client.get(path, params={"match[id]": secret["id"]}).json() == {}


def test_a_wrong_name_and_a_wrong_password_are_told_alike(node):
    def told(auth):
        with node.client(None) as client:
            return blurred(client.get("/taxii2/", auth=auth))

    assert told(("kyiv", "wrong")) == told(("nobody", "wrong")) == told(None)


def test_neither_counts_nor_cursors_tell_what_is_withheld(node):
    path = node.path("usa-gbr", "GBR") + "objects/"
    with node.client("london") as client:
        everything = len(client.get(path).json()["objects"])
        node.publish(*[indicator(labels=["early-warning"]) for _ in range(3)])
        page = client.get(path, params={"limit": everything}).json()
        assert (len(page["objects"]), page["more"]) == (everything, False)


@pytest.mark.parametrize("path", ["", "objects/", "objects/{id}/"])
def test_another_partys_collection_takes_as_long_as_one_that_never_was(node, item, path):
    """The one test that measures time: medians of 200 requests, taken in turn, within 10 % (in one of five goes)."""
    path = path.format(id=item)
    other = f"/exchange/collections/{node.collections['usa-gbr', 'GBR']}/{path}"

    def ratio(client):
        taken = {True: [], False: []}
        for turn in range(400):
            url = other if turn % 2 else f"/exchange/collections/{uuid.uuid4()}/{path}"
            began = time.perf_counter()
            client.get(url)
            taken[bool(turn % 2)].append(time.perf_counter() - began)
        return statistics.median(taken[True]) / statistics.median(taken[False])

    with node.client("kyiv") as client:
        found = []
        while len(found) < 5 and not any(0.9 < each < 1.1 for each in found):
            found.append(ratio(client))
    assert any(0.9 < each < 1.1 for each in found), found
