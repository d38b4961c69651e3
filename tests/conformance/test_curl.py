"""curl: what somebody at a shell, or in a script of their own, is given."""

import base64

import pytest
from tests.conformance.partners import FIRST, LAST, Curl, curl, token_of
from tests.conformance.served import PASSWORD, TAXII, indicator

KYIV = ("--user", f"kyiv:{PASSWORD}")
BASIC = base64.b64encode(f"kyiv:{PASSWORD}".encode()).decode()


@pytest.fixture
def url(node, stocked):
    return f"{node.base}{node.path()}"


def test_the_way_from_discovery_to_the_first_object(node, stocked):
    _, discovery = curl(f"{node.base}/taxii2/", *KYIV)
    _, root = curl(f"{node.base}{discovery['default']}", *KYIV)
    assert root["versions"] == [TAXII]
    _, listed = curl(f"{node.base}{discovery['default']}collections/", *KYIV)
    (found,) = listed["collections"]
    _, page = curl(f"{node.base}{discovery['default']}collections/{found['id']}/objects/", *KYIV, query={"limit": "1"})
    assert len(page["objects"]) == 1
    assert page["more"]


@pytest.mark.parametrize("form", ["basic {basic}", "BASIC {basic}", "Bearer {token}", "Token {token}", "{token}"])
def test_every_login_is_taken_as_it_is_typed(fresh, form):
    name = "Authorization" if " " in form else "X-API-Key"
    header = f"{name}: {form.format(basic=BASIC, token=token_of(fresh, 'kyiv'))}"
    headers, _ = curl(f"{fresh.base}/taxii2/", "--header", header)
    assert headers["status"] == "200"


@pytest.mark.parametrize("login", [(), ("--user", "kyiv:wrong"), ("--header", "Authorization: Bearer no-such-token")])
def test_a_login_that_is_missing_or_wrong_is_401_with_an_error_resource(node, login):
    headers, error = curl(f"{node.base}/taxii2/", *login)
    assert (headers["status"], error["error_code"]) == ("401", "unauthorised")
    assert headers["content-type"] == TAXII


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/taxii+json;version=2.1", "200"),
        ("application/taxii+json; version=2.1", "200"),
        ("application/taxii+json", "200"),
        ("*/*", "200"),
        ("application/vnd.oasis.taxii+json; version=2.0", "406"),
        ("application/json", "406"),
    ],
)
def test_what_a_user_types_as_accept(url, accept, status):
    headers, _ = curl(f"{url}objects/", *KYIV, "--header", f"Accept: {accept}")
    assert (headers["status"], headers["content-type"]) == (status, TAXII)


@pytest.mark.parametrize("address", ["objects/", "objects", "manifest/", "manifest"])
def test_with_or_without_a_slash_at_the_end(url, address):
    headers, page = curl(f"{url}{address}", *KYIV)
    assert headers["status"] == "200"
    assert page["objects"]


def test_brackets_may_be_typed_or_encoded(url, stocked):
    _, report = stocked
    for asked in (
        curl(f"{url}objects/?match[type]=report", *KYIV, "--globoff"),
        curl(f"{url}objects/?match%5Btype%5D=report", *KYIV),
        curl(f"{url}objects/", *KYIV, query={"match[type]": "report"}),
    ):
        assert [each["id"] for each in asked[1]["objects"]] == [report]


def test_a_page_that_is_unpacked_by_curl_is_the_page(url):
    packed, page = curl(f"{url}objects/", *KYIV, "--compressed")
    plain, same = curl(f"{url}objects/", *KYIV)
    assert page == same
    assert packed["content-encoding"] in {"gzip", "zstd"}
    assert (packed[FIRST], packed[LAST]) == (plain[FIRST], plain[LAST])


def test_a_poll_with_nothing_new_repeats_the_date_that_was_asked(url):
    headers, _ = curl(f"{url}objects/", *KYIV)
    quiet, body = curl(f"{url}objects/", *KYIV, query={"added_after": headers[LAST]})
    assert (quiet["status"], body, quiet[FIRST], quiet[LAST]) == ("200", {}, headers[LAST], headers[LAST])


def test_next_alone_is_enough_and_goes_with_another_limit_and_may_be_used_again(url, stocked):
    ids, _ = stocked
    _, page = curl(f"{url}objects/", *KYIV, query={"limit": "1", "match[type]": "indicator"})
    for limit in ({}, {"limit": "100"}):
        _, rest = curl(f"{url}objects/", *KYIV, query={"next": page["next"], **limit})
        # The filter that the walk began with is in `next`.
        assert [each["id"] for each in rest["objects"]] == [*ids[2:], ids[0]]


def test_a_date_that_is_cut_to_milliseconds_repeats_nothing_where_items_come_one_by_one(fresh):
    kyiv = Curl(fresh, "kyiv")
    for _ in range(3):
        item = indicator()
        fresh.publish(item)
        assert kyiv.poll() == [item["id"]]
        kyiv.cursor = kyiv.cursor[:23] + "Z"


def test_a_request_that_cannot_be_read_is_400_and_says_what_is_wrong_with_it(url):
    headers, error = curl(f"{url}objects/", *KYIV, query={"added_after": "yesterday"})
    assert (headers["status"], error["error_code"]) == ("400", "parameter-malformed")
    assert "added_after" in error["description"]


@pytest.mark.parametrize(("mode", "words"), [("freeze", "paused since"), ("cut", "what was released before included")])
def test_a_pause_shows_in_the_description_and_nowhere_else(fresh, mode, words):
    path = f"{fresh.base}{fresh.path()}"
    fresh.publish(indicator())
    before, page = curl(f"{path}objects/", *KYIV)
    number = fresh.pause("usa-ukr", mode=mode)
    fresh.publish(indicator())
    _, told = curl(path, *KYIV)
    assert words in told["description"]
    during, same = curl(f"{path}objects/", *KYIV)
    assert during["status"] == "200"
    assert same == (page if mode == "freeze" else {})
    fresh.resume(number)
    assert "description" not in curl(path, *KYIV)[1]
    after, _ = curl(f"{path}objects/", *KYIV, query={"added_after": before[LAST]})
    assert after[FIRST] > before[LAST]


def test_where_a_pause_is_refused_curl_ends_with_an_error_and_the_error_says_why(fresh_with):
    with fresh_with(taxii__paused="refuse") as served:
        served.pause("usa-ukr")
        headers, error = curl(f"{served.base}{served.path()}objects/", *KYIV)
        assert (headers["status"], error["error_code"]) == ("403", "collection-paused")
        headers, _ = curl(f"{served.base}{served.path()}", *KYIV)
        assert headers["status"] == "200"


def test_a_page_is_filled_past_what_is_filtered_out_and_says_more_only_where_there_is_more_of_it(fresh):
    reports = []
    for number in range(5):
        item = indicator()
        made = {
            "type": "report",
            "spec_version": "2.1",
            "id": f"report--00000000-0000-4000-8000-00000000000{number}",
            "created": "2025-03-01T12:00:00.000Z",
            "modified": "2025-03-01T12:00:00.000Z",
            "name": "a made-up report",
            "labels": ["naval"],
            "published": "2025-03-01T12:00:00.000Z",
            "object_refs": [item["id"]],
        }
        fresh.publish(item, *[indicator() for _ in range(6)], made, *[indicator() for _ in range(3)])
        reports.append(made["id"])
    query, lengths, found = {"match[type]": "report", "limit": "2"}, [], []
    while True:
        _, page = curl(f"{fresh.base}{fresh.path()}objects/", *KYIV, query=query)
        lengths.append(len(page["objects"]))
        found += [each["id"] for each in page["objects"]]
        if not page["more"]:
            break
        query["next"] = page["next"]
    assert (lengths, found) == ([2, 2, 1], reports)


def test_dates_stand_on_whole_milliseconds_where_items_come_a_hundred_at_a_time(fresh):
    for _ in range(3):
        fresh.publish(*[indicator() for _ in range(100)])
        _, page = curl(f"{fresh.base}{fresh.path()}manifest/", *KYIV)
        last = page["objects"][-1]["date_added"]
        assert last.endswith("000Z")
    assert len(page["objects"]) == 300


def test_without_a_limit_a_page_has_a_thousand(fresh):
    fresh.publish(*[indicator() for _ in range(1_001)])
    _, page = curl(f"{fresh.base}{fresh.path()}objects/", *KYIV)
    assert len(page["objects"]) == 1_000
    assert page["more"]
