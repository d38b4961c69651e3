"""Discovery, the API root and collections (TAXII 2.1 sections 4 and 5.1, 5.2), and how they are asked for."""

import re
import uuid

import httpx
import pytest
from tests.conformance.served import TAXII, assert_refused

ADDRESSES = ["/taxii2/", "/exchange/", "/exchange/collections/"]


def test_discovery_is_at_the_root_of_the_host_and_names_a_default_among_its_roots(node):
    with node.client() as client:
        found = client.get("/taxii2/").json()
    assert found["title"]
    assert found["default"] in found["api_roots"]
    assert all(re.fullmatch(r"/[^/]+/", root) for root in found["api_roots"])


def test_the_api_root_has_a_title_the_versions_and_the_greatest_length_of_a_body(node):
    with node.client() as client:
        found = client.get("/exchange/").json()
    assert found["title"]
    assert TAXII in found["versions"]
    assert found["max_content_length"] == 104_857_600


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_response_names_type_and_version_to_the_letter_and_is_no_business_of_caches(node, path):
    with node.client() as client:
        headers = client.get(path).headers
    assert headers["content-type"] == "application/taxii+json;version=2.1"
    assert headers["cache-control"] == "private, no-store"
    assert "date" in headers
    assert "server" not in headers
    assert not any(name.startswith("x-taxii") for name in headers)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_missing_slash_at_the_end_is_tolerated(node, path):
    with node.client() as client:
        assert client.get(path.rstrip("/")).content == client.get(path).content


def test_a_reader_sees_one_collection_for_each_agreement_and_can_only_read_it(node):
    with node.client("kyiv") as client:
        (found,) = client.get("/exchange/collections/").json()["collections"]
        assert client.get(f"/exchange/collections/{found['id']}/").json() == found
        assert client.get(f"/exchange/collections/{found['alias']}/").json() == found
    assert uuid.UUID(found["id"]).version == 4
    assert (found["title"], found["alias"]) == ("Battlefield intelligence", "usa-ukr")
    assert (found["can_read"], found["can_write"]) == (True, False)
    assert found["media_types"] == ["application/stix+json;version=2.1"]
    assert "description" not in found


def test_a_contributor_sees_its_partys_own_collection_and_can_write_it(node):
    with node.client("agency") as client:
        (found,) = client.get("/exchange/collections/").json()["collections"]
    assert (found["alias"], found["can_read"], found["can_write"]) == ("own", True, True)


def test_who_has_no_collection_gets_no_empty_list(node):
    with node.client("watch") as client:
        assert client.get("/exchange/collections/").json() == {}


def test_the_list_of_collections_keeps_its_order(node):
    with node.client("kyiv") as client:
        assert len({client.get("/exchange/collections/").content for _ in range(3)}) == 1


@pytest.mark.parametrize(
    "accept",
    [
        TAXII,
        "application/taxii+json",
        "application/taxii+json; version=2.1",
        'application/taxii+json;version="2.1"',
        "application/taxii+json;version=2.1;q=0.2, text/html",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/*",
        "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
        "APPLICATION/TAXII+JSON;VERSION=2.1",
    ],
)
@pytest.mark.parametrize("path", ADDRESSES)
def test_an_accept_that_holds_our_type_in_any_form_is_never_refused(node, path, accept):
    with node.client(accept=accept) as client:
        assert client.get(path).status_code == 200


def test_a_request_without_accept_gets_what_we_have(node):
    with node.client() as client:
        del client.headers["accept"]
        assert client.get("/taxii2/").status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/taxii+json;version=2.0",
        "application/json",
        "application/taxii+json;q=0",
        "nonsense",
        ";;,,",
    ],
)
@pytest.mark.parametrize("path", ADDRESSES)
def test_an_accept_that_names_nothing_that_we_have_is_406(node, path, accept):
    with node.client(accept=accept) as client:
        assert_refused(client.get(path), 406)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_a_method_that_an_address_does_not_have_is_405_and_allow_names_the_others(node, method, path):
    with node.client() as client:
        response = client.request(method, path)
    assert_refused(response, 405)
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    [
        "/exchange/nothing/",
        "/exchange/collections/x/y/",
        "/exchange/collections//",
        "/exchange//collections/",
        "/taxii2/x/",
        "/taxii/",
        "/taxii2x",
        "/",
        "/exchange/collections/%ff/",
        "/exchange/%2e%2e/taxii2/",
        "/exchange/collections/" + "a" * 3_000,
    ],
)
def test_an_address_with_nothing_is_404(node, path):
    with node.client() as client:
        assert_refused(client.get(path), 404)


@pytest.mark.parametrize("path", [*ADDRESSES, "/exchange/nothing/", "/exchange/collections/own/objects/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_stranger_gets_401_before_anything_else_and_is_told_how_to_log_in(node, path, method):
    with node.client(None, accept="text/html") as client:
        response = client.request(method, path)
    assert_refused(response, 401)
    assert [value.partition(" ")[0] for value in response.headers.get_list("www-authenticate")] == ["Basic", "Bearer"]


def test_ranges_of_taxii_2_0_are_gone(node):
    with node.client(range="items=0-1") as client:
        response = client.get(node.path() + "objects/")
    assert response.status_code == 200
    assert not {"content-range", "accept-ranges"} & set(response.headers)


def test_a_request_without_a_user_agent_is_served(node):
    with node.client() as client:
        del client.headers["user-agent"]
        assert client.get("/taxii2/").status_code == 200


def test_http_1_0_is_served(node):
    with httpx.Client(base_url=node.base) as client:
        host, port = client.base_url.host, client.base_url.port
    import socket

    with socket.create_connection((host, port), timeout=10) as plain:
        plain.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := plain.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nok\n")
