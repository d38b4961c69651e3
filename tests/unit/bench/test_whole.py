"""The verdict of `bench.whole` is shown journals by hand; its clients are shown pages by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bench.client import Answer, Failed
from bench.whole.clients import KINDS, PAGES_MAX, Page
from bench.whole.journal import ACKNOWLEDGED, IN_DOUBT, REFUSED, Act, Asked, Journal, Wrote
from bench.whole.link import Site, authorization
from bench.whole.load import page_of
from bench.whole.objects import Source
from bench.whole.table import table
from bench.whole.verdict import judged
from bench.whole.writing import outcomes

START = "2026-03-04T11:00:00.000000Z"
NOON = datetime(2026, 3, 4, 12, 0, 0, 123_456, tzinfo=UTC)


def at(second, micro=0):
    return f"2026-03-04T12:00:{second:02}.{micro:06}Z"


def key(name, second=0):
    return name, f"2026-03-04T12:00:{second:02}.000Z"


def wrote(when, *keys, outcome=ACKNOWLEDGED):
    return Wrote(list(keys), when, when + 0.5, outcome)


def asked(when, *keys, walk=None, after=START, dates=None, status=200, reader="kyiv", **more):
    first, last = dates or (None, None)
    page = Asked(reader, walk or int(when), after, when, when + 0.5, status, list(keys), first, last)
    page.ends = status == 200
    for name, value in more.items():
        setattr(page, name, value)
    return page


def kind_of(*entries, kind="last-date", acts=(), audit=None, unfinished=()):
    journal = Journal({"kyiv": kind}, unfinished=list(unfinished), audit=audit)
    journal.wrote = [each for each in entries if isinstance(each, Wrote)]
    journal.asked = [each for each in entries if isinstance(each, Asked)]
    journal.acts = list(acts)
    verdict = judged(journal)
    assert table(verdict)
    assert verdict.document()["lost"] == verdict.lost
    return verdict.kinds[0]


A, B = key("a"), key("b")
BOTH = wrote(1, A, B)


def test_who_got_everything_lost_nothing():
    found = kind_of(BOTH, asked(5, A, B))
    assert (found.owed, found.got, found.lost.all, found.repeated.all) == (2, 2, 0, 0)


def test_what_never_came_is_lost():
    found = kind_of(BOTH, asked(5, A))
    assert (found.got, found.lost.all, found.lost.passed_over, found.objects_lost) == (1, 1, 1, 1)


def test_what_nobody_finds_is_gone():
    assert kind_of(BOTH, asked(5, A), audit={A: at(1)}).lost.gone == 1
    assert kind_of(BOTH, asked(5, A), audit={A: at(1), B: at(2)}).lost.gone == 0


@pytest.mark.parametrize("outcome", [REFUSED, IN_DOUBT])
def test_what_was_not_acknowledged_is_owed_to_nobody_and_may_be_given(outcome):
    found = kind_of(wrote(1, A), wrote(2, B, outcome=outcome), asked(5, A))
    assert (found.owed, found.lost.all) == (1, 0)
    found = kind_of(wrote(1, A), wrote(2, B, outcome=outcome), asked(5, A, B), asked(6, B, after=at(9)))
    assert (found.lost.all, found.repeated.all) == (0, 1)


def test_a_later_version_does_for_an_earlier_one_and_not_the_other_way_round():
    versions = [wrote(1, key("a", 1)), wrote(2, key("a", 2))]
    assert kind_of(*versions, asked(5, key("a", 2))).lost.all == 0
    found = kind_of(*versions, asked(5, key("a", 1)))
    assert (found.owed, found.lost.all) == (1, 1)
    later = wrote(3, key("a", 3), outcome=IN_DOUBT)
    assert kind_of(*versions, later, asked(5, key("a", 3))).lost.all == 0


def test_what_a_client_threw_away_it_has_not_got():
    found = kind_of(BOTH, asked(5, A, B, thrown=True))
    assert (found.got, found.lost.all) == (0, 2)
    found = kind_of(BOTH, asked(5, A, B, thrown=True, dates=(at(1), at(2))), asked(6, A, B, after=at(30)))
    assert (found.lost.all, found.repeated.by_the_server, found.repeated.asked_again) == (0, 0, 2)


def test_an_error_that_a_client_moved_past_is_told_apart():
    audit = {A: at(10), B: at(11)}
    error = asked(20, status=503, moved_on=True, after=at(9))
    passed = [asked(3, A, after=START), asked(21, after=at(20))]
    assert kind_of(BOTH, passed[0], error, passed[1], audit=audit).lost.after_an_error == 1
    # The error came later, when the cursor was past the object already.
    late = [asked(3, A, after=START), asked(12, after=at(12)), asked(20, status=503, moved_on=True, after=at(13))]
    assert kind_of(BOTH, *late, asked(21, after=at(20)), audit=audit).lost.passed_over == 1
    # Without a date, an error after the object was there is taken for the cause.
    assert kind_of(BOTH, passed[0], error, passed[1]).lost.after_an_error == 1


def test_what_an_unfinished_reader_lacks_is_not_judged():
    found = kind_of(BOTH, asked(5, A), unfinished=["kyiv"])
    assert (found.lost.all, found.lost.unread) == (0, 1)


@pytest.mark.parametrize(
    ("again", "whose"),
    [
        (asked(9, A, after=at(2)), "by_the_server"),
        (asked(9, A, after=at(3)), "by_the_server"),
        (asked(9, A, after=at(1)), "asked_again"),
        (asked(9, A, after=at(1, 999_999)), "asked_again"),
        (asked(9, A, walk=5), "by_the_server"),
        (asked(9, A, after=at(3), stale=True), "asked_again"),
        (asked(9, A, forgot=True), "for_want_of_a_date"),
    ],
)
def test_by_whose_doing_something_came_again(again, whose):
    first = asked(5, A, B, dates=(at(1), at(2)))
    found = kind_of(BOTH, first, again)
    assert (found.repeated.all, getattr(found.repeated, whose)) == (1, 1)


def test_without_dates_nobody_can_say_by_whose_doing():
    assert kind_of(BOTH, asked(5, A), asked(6, A, after=at(9))).repeated.nobody_can_say == 1


def test_a_page_that_was_asked_again_within_a_broken_walk_is_no_fault_of_the_server():
    pages = [asked(5, A, walk=1), asked(6, walk=1, status=503), asked(7, A, B, walk=1)]
    assert kind_of(BOTH, *pages).repeated.asked_again == 1


def test_what_others_wrote_is_not_judged():
    found = kind_of(BOTH, asked(5, A, B, ("x", "")), asked(6, ("x", ""), after=at(9)))
    assert found.repeated.all == 0


PAUSED = [Act("pause", 10.0, 11.0, succeeded=True), Act("resume", 20.0, 21.0, succeeded=True)]


@pytest.mark.parametrize(
    ("written", "read", "shown"),
    [(12, 14, 1), (8, 14, 0), (10.2, 14, 0), (12, 19.8, 0), (12, 22, 0), (22, 23, 0)],
)
def test_only_what_was_written_and_given_within_one_pause_is_shown(written, read, shown):
    assert kind_of(wrote(written, A), asked(read, A), acts=PAUSED).shown == shown


def test_a_pause_that_failed_holds_nothing():
    acts = [Act("pause", 10.0, 11.0, succeeded=False, said="no"), PAUSED[1]]
    assert kind_of(wrote(12, A), asked(14, A), acts=acts).shown == 0


# The clients.


def walked(kind, *pages, limit=100):
    """What a client of that kind asks, page after page; the last query is the one after them."""
    client = KINDS[kind](START, limit=limit)
    queries = []
    for number, page in enumerate(pages):
        now = NOON + timedelta(seconds=number)
        queries.append(client.ask(now))
        if isinstance(page, Page):
            client.take(page, now)
        else:
            client.fail(answered=page)
    return [*queries, client.ask(NOON + timedelta(seconds=len(pages)))]


FULL = Page([A, B], more=True, next="n1", first=at(1), last=at(2))
LAST = Page([key("c", 7)], first=at(3), last=at(3, 456))
EMPTY = Page(lists=False)


def test_the_script_keeps_the_last_date_of_a_whole_walk():
    queries = walked("last-date", FULL, LAST, EMPTY)
    assert queries[1] == {"added_after": START, "limit": "2", "next": "n1"}
    assert queries[2] == {"added_after": at(3, 456), "limit": "100"}
    assert queries[3] == queries[2]
    assert walked("last-date", FULL, True)[2] == {"added_after": START, "limit": "100"}


def test_the_connector_keeps_its_own_clock_and_never_lets_go_of_a_token():
    queries = walked("own-clock", FULL, LAST)
    assert queries[1] == {"added_after": START, "next": "n1"}
    assert queries[2] == {"added_after": at(0), "next": "n1"}


def test_the_connector_moves_on_after_errors_and_not_where_no_answer_came():
    assert walked("own-clock", FULL, True)[2]["added_after"] == at(0)
    assert walked("own-clock", FULL, False)[2]["added_after"] == START


def test_the_feed_cuts_its_date_and_keeps_its_token_through_errors():
    queries = walked("date-cut", FULL, True, LAST)
    assert queries[1] == queries[2] == {"added_after": START, "next": "n1"}
    assert queries[3] == {"added_after": "2026-03-04T12:00:03.000Z"}
    assert walked("date-cut", FULL, EMPTY)[2] == {"added_after": START}
    assert walked("date-cut", Page([A]))[1] == {"added_after": "2026-03-04T12:00:00.123Z"}
    assert not KINDS["date-cut"].at_once


def test_the_largest_modified_may_go_back():
    queries = walked("largest-modified", Page([key("a", 5), key("b", 9)]), Page([key("c", 3)]), EMPTY)
    assert [query["added_after"] for query in queries] == [START, at(9)[:-4] + "Z", at(3)[:-4] + "Z", at(3)[:-4] + "Z"]
    assert walked("largest-modified", Page([], more=True, next="n"))[1] == {"added_after": START, "limit": "100"}


def test_the_header_of_each_page_is_kept_and_forgotten_where_it_is_missing():
    queries = walked("page-header", FULL, True, LAST, EMPTY)
    assert queries[1] == {"next": "n1", "limit": "100"}
    assert queries[2] == {"added_after": at(2), "limit": "100"}
    assert queries[3] == {"added_after": at(3, 456), "limit": "100"}
    assert queries[4] == {"added_after": START, "limit": "100"}


@pytest.mark.parametrize("kind", ["last-date", "own-clock", "largest-modified"])
def test_more_without_next_is_where_clients_loop(kind):
    client = KINDS[kind](START, limit=10)
    client.ask(NOON)
    client.take(Page([A], more=True), NOON)
    assert (client.stuck, client.walking) == (1, False)


def test_a_next_that_never_ends_is_given_up():
    client = KINDS["page-header"](START, limit=10)
    for _ in range(PAGES_MAX):
        client.ask(NOON)
        client.take(Page([A], next="n", last=at(1)), NOON)
    assert (client.stuck, client.walking) == (1, False)


# What comes from outside.


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b'{"objects":7}', b'{"objects":[{}]}', b'{"objects":[{"id":7}]}', b"\xff"]
)
def test_a_body_that_is_no_envelope_is_an_error(body):
    assert page_of(Answer(200, {}, body, 0.0)) is None


def test_an_envelope_is_read_as_far_as_it_goes():
    page = page_of(Answer(200, {"x-taxii-date-added-last": "soon"}, b'{"objects":[{"id":"a"}],"more":1,"next":7}', 0.0))
    assert page == Page([("a", "")])
    assert page_of(Answer(200, {}, b"{}", 0.0)) == Page([], lists=False)
    assert page_of(Answer(503, {}, b"{}", 0.0)) is None


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"status": "pending", "failure_count": 0},
        {"status": "complete", "failure_count": 2, "failures": [{"id": "a"}]},
    ],
)
def test_a_status_that_does_not_add_up_leaves_in_doubt(status):
    assert outcomes([A, B], status) == {IN_DOUBT: [A, B]}


@pytest.mark.parametrize("url", ["", "taxii.example", "ftp://taxii.example/", "http://"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(Failed):
        Site.of(url)


def test_credentials_without_a_password_are_refused():
    with pytest.raises(Failed):
        authorization("nobody")


def test_objects_are_never_the_same_and_their_versions_go_up():
    source = Source(7, ["mine"], ahead=timedelta())
    seen = {}
    for _ in range(200):
        keys, envelope = source.drawn(4)
        assert len({stix_id for stix_id, _ in keys}) == 4
        assert envelope.count(b'"relto-whole","mine"') == 4
        for stix_id, modified in keys:
            assert seen.get(stix_id, "") < modified
            seen[stix_id] = modified
    assert len(seen) < 800
