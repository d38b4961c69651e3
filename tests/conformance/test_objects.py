"""Objects, one object, its versions and the manifest: filters and pages (TAXII 2.1 sections 3.3 to 3.5, 5.3 to 5.8)."""

import re
from itertools import pairwise

import pytest
from tests.conformance.served import assert_refused, ids_of

MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
LISTS = ["objects/", "manifest/"]


@pytest.fixture
def client(node, stocked):
    with node.client() as client:
        client.base_url = f"{node.base}{node.path()}"
        yield client


def test_an_envelope_holds_the_latest_version_of_each_object_as_it_came(client, stocked):
    ids, report = stocked
    response = client.get("objects/")
    assert ids_of(response) == [*ids[1:], ids[0], report]
    assert response.json()["more"] is False
    assert "next" not in response.json()
    assert response.json()["objects"][4]["modified"] == "2025-03-02T12:00:00.000Z"


def test_a_manifest_has_one_record_for_each_version_with_dates_to_the_microsecond(client, stocked):
    ids, report = stocked
    response = client.get("manifest/", params={"match[version]": "all"})
    records = response.json()["objects"]
    assert [record["id"] for record in records] == [*ids, ids[0], report]
    assert all(MICROSECONDS.fullmatch(record["date_added"]) for record in records)
    assert all(one["date_added"] < other["date_added"] for one, other in pairwise(records))
    assert {record["media_type"] for record in records} == {"application/stix+json;version=2.1"}
    assert records[5]["version"] == "2025-03-02T12:00:00.000Z"


@pytest.mark.parametrize("path", [*LISTS, "objects/{}/", "objects/{}/versions/"])
def test_date_headers_are_those_of_the_first_and_last_record_of_the_page(client, stocked, path):
    records = client.get("manifest/", params={"match[version]": "all"}).json()["objects"]
    dates = {record["id"]: record["date_added"] for record in records}
    response = client.get(path.format(stocked[0][2]), params={"limit": 2})
    first = stocked[0][1] if path in LISTS else stocked[0][2]
    assert response.headers["x-taxii-date-added-first"] == dates[first]
    assert response.headers["x-taxii-date-added-last"] == dates[stocked[0][2]]


@pytest.mark.parametrize("path", LISTS)
def test_added_after_gives_what_is_strictly_later(client, stocked, path):
    ids, report = stocked
    date = client.get("manifest/").json()["objects"][2]["date_added"]
    assert ids_of(client.get(path, params={"added_after": date})) == [ids[4], ids[0], report]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_page_is_an_empty_resource_that_repeats_what_was_asked(client, path):
    last = client.get(path).headers["x-taxii-date-added-last"]
    for _ in range(3):
        response = client.get(path, params={"added_after": last})
        assert response.json() == {}
        assert response.headers["x-taxii-date-added-first"] == last
        assert response.headers["x-taxii-date-added-last"] == last


def test_an_empty_page_without_added_after_has_no_dates(client):
    response = client.get("objects/", params={"match[type]": "malware"})
    assert response.json() == {}
    assert not any(name.startswith("x-taxii") for name in response.headers)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7])
def test_a_walk_by_next_gives_each_object_once_and_next_stands_only_where_there_is_more(client, stocked, path, limit):
    ids, report = stocked
    found, params = [], {"limit": limit}
    while True:
        page = client.get(path, params=params)
        assert 0 < len(ids_of(page)) <= limit
        found += ids_of(page)
        assert ("next" in page.json()) == page.json()["more"]
        if not page.json()["more"]:
            break
        params["next"] = page.json()["next"]
    assert found == [*ids[1:], ids[0], report]


@pytest.mark.parametrize("path", LISTS)
def test_a_walk_by_added_after_gives_each_object_once(client, stocked, path):
    ids, report = stocked
    found, after = [], "2020-01-01T00:00:00Z"
    while page := ids_of(response := client.get(path, params={"limit": 2, "added_after": after})):
        found += page
        after = response.headers["x-taxii-date-added-last"]
    assert found == [*ids[1:], ids[0], report]


def test_next_survives_another_limit_a_retry_and_the_loss_of_the_filters(client, stocked):
    ids, _ = stocked
    first = client.get("objects/", params={"limit": 2, "match[type]": "indicator"}).json()
    rest = [ids[3], ids[4], ids[0]]
    for params in ({"limit": 7}, {}, {"limit": 3, "match[type]": "indicator"}, {"limit": 7}):
        assert ids_of(client.get("objects/", params={"next": first["next"], **params})) == rest


def test_next_with_a_filter_that_it_did_not_begin_with_is_400(client):
    first = client.get("objects/", params={"limit": 2, "match[type]": "indicator"}).json()
    response = client.get("objects/", params={"next": first["next"], "match[type]": "report"})
    assert_refused(response, 400, "cursor-filter-differs")


def test_next_with_another_added_after_counts_as_none(client, stocked):
    date = client.get("manifest/").json()["objects"][3]["date_added"]
    token = client.get("objects/", params={"limit": 1}).json()["next"]
    ids, report = stocked
    assert ids_of(client.get("objects/", params={"next": token, "added_after": date})) == [ids[0], report]


def test_next_of_another_reader_reads_from_the_beginning(node, client, stocked):
    token = client.get("objects/", params={"limit": 2}).json()["next"]
    with node.client("lviv") as other:
        found = ids_of(other.get(node.path() + "objects/", params={"next": token}))
    assert len(found) == 6


@pytest.mark.parametrize(
    "params",
    [
        {"match[id]": "indicator--00000000-0000-4000-8000-000000000001"},
        {"match[id]": "indicator--00000000-0000-4000-8000-000000000001,indicator--unknown,nonsense"},
        {"match[type]": "indicator", "match[id]": "indicator--00000000-0000-4000-8000-000000000001"},
    ],
)
@pytest.mark.parametrize("path", LISTS)
def test_match_id_gives_these_objects_and_unknown_ones_match_nothing(client, stocked, path, params):
    assert ids_of(client.get(path, params=params)) == [stocked[0][1]]


@pytest.mark.parametrize(
    ("types", "count"), [("indicator", 5), ("report", 1), ("report,indicator", 6), ("malware,x-unheard-of", 0)]
)
@pytest.mark.parametrize("path", LISTS)
def test_match_type_gives_these_types(client, path, types, count):
    assert len(ids_of(client.get(path, params={"match[type]": types}))) == count


@pytest.mark.parametrize(
    ("version", "modified"),
    [
        (None, ["2025-03-02T12:00:00.000Z"]),
        ("last", ["2025-03-02T12:00:00.000Z"]),
        ("first", ["2025-03-01T12:00:00.000Z"]),
        ("all", ["2025-03-01T12:00:00.000Z", "2025-03-02T12:00:00.000Z"]),
        ("first,last", ["2025-03-01T12:00:00.000Z", "2025-03-02T12:00:00.000Z"]),
        ("2025-03-01T12:00:00Z", ["2025-03-01T12:00:00.000Z"]),
        ("2025-03-02T12:00:00.000000000Z", ["2025-03-02T12:00:00.000Z"]),
        ("2025-03-01T12:00:00.000Z,last", ["2025-03-01T12:00:00.000Z", "2025-03-02T12:00:00.000Z"]),
        ("2024-01-01T00:00:00Z", []),
    ],
)
def test_match_version_has_all_its_values_for_lists_and_for_one_object(client, stocked, version, modified):
    id_ = stocked[0][0]
    params = {} if version is None else {"match[version]": version}
    one = client.get(f"objects/{id_}/", params=params)
    assert [each["modified"] for each in one.json().get("objects", [])] == modified
    assert one.status_code == 200
    listed = client.get("objects/", params={**params, "match[id]": id_})
    assert listed.json().get("objects") == one.json().get("objects")
    records = client.get("manifest/", params={**params, "match[id]": id_}).json().get("objects", [])
    assert [record["version"] for record in records] == modified


@pytest.mark.parametrize(("value", "count"), [("2.1", 6), ("2.0", 0), ("2.0,2.1", 6), ("3.0", 0)])
def test_match_spec_version_gives_the_listed_ones_only(client, stocked, value, count):
    params = {"match[spec_version]": value}
    assert len(ids_of(client.get("objects/", params=params))) == count
    assert len(ids_of(client.get("manifest/", params=params))) == count
    assert len(ids_of(client.get(f"objects/{stocked[0][1]}/", params=params))) == bool(count)


def test_an_old_version_does_not_come_back_because_the_new_one_is_filtered_away_by_date(client, stocked):
    records = client.get("manifest/", params={"match[version]": "all"}).json()["objects"]
    after_new = next(record["date_added"] for record in records if record["version"] == "2025-03-02T12:00:00.000Z")
    found = client.get("objects/", params={"match[id]": stocked[0][0], "added_after": after_new})
    assert found.json() == {}


def test_unknown_parameters_and_match_fields_are_ignored(client):
    plain = client.get("objects/").content
    assert client.get("objects/?match[colour]=red&x=1&match[colour]=blue&&=").content == plain


def test_brackets_and_commas_may_come_percent_encoded(client):
    encoded = client.get("objects/?match%5Btype%5D=report%2Cindicator&limit=1").json()
    plain = client.get("objects/?match[type]=report,indicator&limit=1").json()
    assert encoded["objects"] == plain["objects"]
    # Either goes on where the other does.
    following = [
        client.get("objects/", params={"limit": 1, "next": each["next"], "match[type]": "report,indicator"})
        for each in (encoded, plain)
    ]
    assert following[0].json()["objects"] == following[1].json()["objects"]


def test_a_limit_above_ours_is_capped_and_not_refused(client):
    assert len(ids_of(client.get("objects/", params={"limit": "9" * 30}))) == 6


@pytest.mark.parametrize("path", [*LISTS, "objects/indicator--00000000-0000-4000-8000-000000000001/"])
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "limit=",
        "limit=%D9%A3",
        "limit=1&limit=1",
        "added_after=yesterday",
        "added_after=2025-03-01",
        "added_after=2025-03-01T00:00:00+01:00",
        "added_after=2025-02-30T00:00:00Z",
        "added_after=",
        "added_after=2025-03-01T00:00:00Z&added_after=2025-03-01T00:00:00Z",
        "next=",
        "next=nonsense",
        "next=AAAA&next=AAAA",
        "match[version]=all,last",
        "match[version]=last,last",
        "match[version]=newest",
        "match[version]=",
        "match[version]=first&match[version]=last",
        "match[version]=2025-03-01T00:00:00Z,2025-03-01T00:00:00.000Z",
        "match[spec_version]=two",
        "match%5Bspec_version%5D=2.1&match[spec_version]=2.1",
        "limit=%ff",
    ],
)
def test_a_malformed_parameter_is_400(client, path, query):
    assert_refused(client.get(f"{path}?{query}"), 400)


@pytest.mark.parametrize("query", ["match[id]=", "match[id]=a,,b", "match[type]=", "match[type]=a&match[type]=b"])
@pytest.mark.parametrize("path", LISTS)
def test_a_malformed_match_is_400(client, path, query):
    assert_refused(client.get(f"{path}?{query}"), 400)


def test_an_unknown_object_is_404_and_a_known_one_that_is_filtered_away_is_an_empty_envelope(client, stocked):
    assert_refused(client.get("objects/indicator--00000000-0000-4000-8000-0000000000ff/"), 404, "object-unknown")
    assert_refused(client.get("objects/nonsense/versions/"), 404, "object-unknown")
    response = client.get(f"objects/{stocked[0][1]}/", params={"match[version]": "2001-01-01T00:00:00Z"})
    assert (response.status_code, response.json()) == (200, {})


def test_versions_ascend_and_are_paged_like_the_rest(client, stocked):
    id_ = stocked[0][0]
    whole = client.get(f"objects/{id_}/versions/").json()
    assert whole == {"more": False, "versions": ["2025-03-01T12:00:00.000Z", "2025-03-02T12:00:00.000Z"]}
    first = client.get(f"objects/{id_}/versions/", params={"limit": 1})
    assert (first.json()["more"], first.json()["versions"]) == (True, whole["versions"][:1])
    by_next = client.get(f"objects/{id_}/versions/", params={"limit": 1, "next": first.json()["next"]})
    last = first.headers["x-taxii-date-added-last"]
    by_date = client.get(f"objects/{id_}/versions/", params={"added_after": last})
    assert by_next.json() == by_date.json() == {"more": False, "versions": whole["versions"][1:]}


@pytest.mark.parametrize("coding", ["gzip", "zstd", "gzip, deflate, br"])
def test_a_long_body_is_packed_for_clients_that_take_it_and_says_so(client, coding):
    plain = client.get("objects/", headers={"accept-encoding": "identity"})
    packed = client.get("objects/", headers={"accept-encoding": coding})
    assert packed.headers["content-encoding"] == coding.partition(",")[0]
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.content == plain.content
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("accept", ["identity", "gzip;q=0", "br", "*;q=0", ""])
def test_a_body_stays_as_it_is_for_clients_that_take_nothing_else(client, accept):
    assert "content-encoding" not in client.get("objects/", headers={"accept-encoding": accept}).headers
