"""Adding and deleting objects, and status (TAXII 2.1 sections 4.3, 5.5 and 5.7)."""

import gzip
import json
import uuid

import pytest
import zstandard
from tests.conformance.served import TAXII, assert_refused, ids_of, indicator

OWN = "/exchange/collections/own/objects/"


@pytest.fixture
def agency(node):
    with node.client("agency", **{"content-type": TAXII}) as client:
        yield client


def envelope(*objects) -> bytes:
    return json.dumps({"objects": objects}).encode()


def test_a_post_is_202_with_a_status_that_adds_up_and_what_it_gave_can_be_read(node, agency):
    good, other = indicator(), indicator()
    response = agency.post(OWN, content=envelope(good, {"type": "indicator"}, other))
    assert response.status_code == 202
    assert response.headers["content-type"] == TAXII
    assert not any(name.startswith("x-taxii") for name in response.headers)
    status = response.json()
    assert uuid.UUID(status["id"]).version == 4
    assert status["status"] == "complete"
    assert (status["total_count"], status["success_count"], status["failure_count"], status["pending_count"]) == (
        3,
        2,
        1,
        0,
    )
    assert [each["id"] for each in status["successes"]] == [good["id"], other["id"]]
    assert status["successes"][0]["version"] == good["modified"]
    assert status["failures"][0]["id"] == "envelope#1"
    assert status["failures"][0]["message"].startswith("stix-2.0: ")
    assert "pendings" not in status
    assert agency.get(f"/exchange/status/{status['id']}/").json() == status
    for client in (agency, node.client("kyiv")):
        path = OWN if client is agency else node.path() + "objects/"
        assert ids_of(client.get(f"{path}{good['id']}/")) == [good["id"]]
    client.close()


def test_what_was_posted_comes_back_byte_for_byte(node, agency):
    id_ = f"indicator--{uuid.uuid4()}"
    raw = json.dumps(
        indicator(id=id_, x_note="caf\u00e9 \\u00e9", x_number=1.50), indent=3, ensure_ascii=False
    ).encode()
    assert agency.post(OWN, content=b'{"more": false, "objects":[ ' + raw + b" ]}").json()["success_count"] == 1
    with node.client("kyiv") as client:
        assert raw in client.get(node.path() + f"objects/{id_}/").content


def test_an_exact_duplicate_is_a_success_and_stored_once(agency):
    item = indicator()
    for _ in range(2):
        assert agency.post(OWN, content=envelope(item, item)).json()["success_count"] == 2
    assert len(ids_of(agency.get(f"{OWN}{item['id']}/", params={"match[version]": "all"}))) == 1


def test_the_same_version_with_other_content_fails_by_name_and_replaces_nothing(agency):
    item = indicator()
    agency.post(OWN, content=envelope(item))
    status = agency.post(OWN, content=envelope({**item, "name": "another name"})).json()
    assert (status["success_count"], status["failure_count"]) == (0, 1)
    assert status["failures"][0]["message"].startswith("version-conflict: ")
    assert status["failures"][0]["version"] == item["modified"]
    assert agency.get(f"{OWN}{item['id']}/").json()["objects"][0]["name"] == item["name"]


def test_an_older_version_that_arrives_late_does_not_become_the_last(agency):
    item = indicator(modified="2025-03-02T12:00:00.000Z")
    agency.post(OWN, content=envelope(item))
    agency.post(OWN, content=envelope({**item, "modified": "2025-03-01T12:00:00.000Z"}))
    assert agency.get(f"{OWN}{item['id']}/").json()["objects"][0]["modified"] == item["modified"]


def test_a_bundle_is_taken_as_an_envelope(agency):
    item = indicator()
    bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": [item]}
    assert agency.post(OWN, content=json.dumps(bundle).encode()).json()["success_count"] == 1


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes)]
)
def test_a_body_may_come_packed(agency, coding, pack):
    response = agency.post(OWN, content=pack(envelope(indicator())), headers={"content-encoding": coding})
    assert response.json()["success_count"] == 1


def test_a_body_may_come_in_chunks(agency):
    body = envelope(indicator())
    assert agency.post(OWN, content=iter([body[:20], body[20:]])).json()["success_count"] == 1


@pytest.mark.parametrize("type_", [TAXII, "application/taxii+json", "application/taxii+json; version=2.1"])
def test_our_content_type_is_taken_in_every_form(agency, type_):
    assert agency.post(OWN, content=envelope(indicator()), headers={"content-type": type_}).status_code == 202


@pytest.mark.parametrize(
    "type_", ["application/json", "application/taxii+json;version=2.0", "text/plain", "", f"{TAXII}, text/plain"]
)
def test_another_content_type_is_415(agency, type_):
    assert_refused(agency.post(OWN, content=envelope(indicator()), headers={"content-type": type_}), 415)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "nonsense"])
def test_an_unknown_content_encoding_is_415_and_names_those_that_are_known(agency, coding):
    response = agency.post(OWN, content=envelope(indicator()), headers={"content-encoding": coding})
    assert_refused(response, 415, "encoding-unknown")
    assert response.headers["accept-encoding"] == "gzip, zstd"


def test_a_post_whose_accept_names_nothing_that_we_have_is_406(agency):
    assert_refused(agency.post(OWN, content=envelope(indicator()), headers={"accept": "text/html"}), 406)


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"{}", b'{"objects": []}', b'{"more": true}', b"[1]", b'{"objects": 7}', b"[" * 9_999]
)
def test_an_envelope_with_nothing_in_it_is_422(agency, body):
    assert_refused(agency.post(OWN, content=body), 422)


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b'{"objects": [',
        b'{"objects": [{}]',
        b'{"objects": [{}]} x',
        b'{"objects": [{"a": "\xff\xfe"}]}\xff',
        b'{"objects": [NaN]}',
        b'{"objects": [{"a": "\\ud800"}]}',
        b"{'objects': []}",
        b"\x00\x01\x02",
    ],
)
def test_a_body_that_is_no_json_is_400(agency, body):
    assert_refused(agency.post(OWN, content=body), 400)


@pytest.mark.parametrize(
    "broken",
    [
        7,
        None,
        "text",
        [],
        {},
        {"type": 7},
        {"type": "indicator", "id": 7, "spec_version": "2.1"},
        indicator(id="indicator--nonsense"),
        indicator(pattern="[unfinished"),
        indicator(valid_from=None),
        indicator(modified="2999-01-01T00:00:00Z"),
        indicator(spec_version="2.0"),
        indicator(object_marking_refs="not a list"),
        {"type": "bundle", "id": f"bundle--{uuid.uuid4()}"},
    ],
)
def test_an_unusable_object_fails_alone_and_the_rest_goes_in(agency, broken):
    good = indicator()
    status = agency.post(OWN, content=envelope(broken, good)).json()
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    failure = status["failures"][0]
    assert isinstance(failure["id"], str)
    assert isinstance(failure["version"], str)
    assert failure["message"]
    assert status["successes"][0]["id"] == good["id"]


def test_a_failure_tells_nothing_of_what_others_gave(node, agency):
    other = indicator()
    node.publish(other, by="FRA")
    status = agency.post(OWN, content=envelope({**other, "name": "another"})).json()
    assert (status["success_count"], status["failure_count"]) == (1, 0)


def test_a_status_is_for_the_party_that_posted_only(node, agency):
    id_ = agency.post(OWN, content=envelope(indicator())).json()["id"]
    with node.client("bureau") as same, node.client("kyiv") as another:
        assert same.get(f"/exchange/status/{id_}/").status_code == 200
        assert_refused(another.get(f"/exchange/status/{id_}/"), 404, "status-unknown")
        assert_refused(another.get(f"/exchange/status/{uuid.uuid4()}/"), 404, "status-unknown")


def test_who_may_read_but_not_write_gets_403_and_who_may_neither_404(node):
    with node.client("kyiv", **{"content-type": TAXII}) as client:
        id_ = str(uuid.uuid4())
        assert_refused(client.post(node.path() + "objects/", content=b"x"), 403, "collection-read-only")
        assert_refused(client.delete(node.path() + f"objects/indicator--{id_}/"), 403, "collection-read-only")
        for path in ("own", node.collections["usa-gbr", "GBR"], id_):
            assert_refused(
                client.post(f"/exchange/collections/{path}/objects/", content=b"x"), 404, "collection-unknown"
            )
            assert_refused(client.delete(f"/exchange/collections/{path}/objects/{id_}/"), 404, "collection-unknown")


def test_a_deleted_object_is_gone_from_everywhere(node, agency):
    item = indicator()
    agency.post(OWN, content=envelope(item, {**item, "modified": "2025-03-02T12:00:00.000Z"}))
    response = agency.delete(f"{OWN}{item['id']}/")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == TAXII
    assert not any(name.startswith("x-taxii") for name in response.headers)
    with node.client("kyiv") as client:
        for one, path in ((agency, "/exchange/collections/own/"), (client, node.path())):
            assert_refused(one.get(f"{path}objects/{item['id']}/"), 404, "object-unknown")
            assert_refused(one.get(f"{path}objects/{item['id']}/versions/"), 404, "object-unknown")
            for kind in ("objects/", "manifest/"):
                assert one.get(path + kind, params={"match[id]": item["id"], "match[version]": "all"}).json() == {}
    assert_refused(agency.delete(f"{OWN}{item['id']}/"), 404, "object-unknown")


@pytest.mark.parametrize(
    ("version", "left"),
    [
        ("first", ["02", "03"]),
        ("last", ["01", "02"]),
        ("all", []),
        ("2025-03-02T00:00:00Z", ["01", "03"]),
        ("first,last", ["02"]),
    ],
)
def test_versions_can_be_deleted_one_by_one(agency, version, left):
    item = indicator()
    moments = {day: f"2025-03-{day}T00:00:00.000Z" for day in ("01", "02", "03")}
    agency.post(
        OWN, content=envelope(*[{**item, "created": moments["01"], "modified": each} for each in moments.values()])
    )
    assert agency.delete(f"{OWN}{item['id']}/", params={"match[version]": version}).status_code == 200
    response = agency.get(f"{OWN}{item['id']}/versions/")
    if left:
        assert response.json()["versions"] == [moments[day] for day in left]
    else:
        assert_refused(response, 404)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"match[version]": "2001-01-01T00:00:00Z"}, 404),
        ({"match[spec_version]": "2.0"}, 404),
        ({"match[version]": "newest"}, 400),
        ({"match[version]": "all,last"}, 400),
    ],
)
def test_a_deletion_that_names_nothing_deletes_nothing(agency, params, status):
    item = indicator()
    agency.post(OWN, content=envelope(item))
    assert_refused(agency.delete(f"{OWN}{item['id']}/", params=params), status)
    assert ids_of(agency.get(f"{OWN}{item['id']}/")) == [item["id"]]


def test_a_deleted_version_does_not_come_back_by_being_posted_again(agency):
    item = indicator()
    agency.post(OWN, content=envelope(item))
    agency.delete(f"{OWN}{item['id']}/")
    status = agency.post(OWN, content=envelope(item)).json()
    assert status["failures"][0]["message"].startswith("version-withdrawn: ")
    assert_refused(agency.get(f"{OWN}{item['id']}/"), 404)
