"""Addresses: one is asked, within limits, and nothing leads to another scheme."""

import httpx2
import pytest

from relto.adapters.press import BYTES_MAX, TrafilaturaPress, address, fetched
from relto.domain.errors import BadInput, Unreachable

URL = "https://news.example/talks"


def answering(*answers):
    """A network in which each request gets the next answer; what was asked is kept."""
    asked = []
    left = list(answers)

    def handle(request):
        asked.append(request)
        answer = left.pop(0) if left else httpx2.Response(500)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx2.MockTransport(handle), asked


def page(text="<p>hello</p>", **headers):
    return httpx2.Response(
        200, headers={"content-type": "text/html; charset=utf-8", **headers}, stream=httpx2.ByteStream(text.encode())
    )


def test_a_page_is_fetched_with_its_kind():
    network, asked = answering(page("<p>hello</p>"))
    assert fetched(URL, transport=network) == (b"<p>hello</p>", "text/html; charset=utf-8")
    assert [str(each.url) for each in asked] == [URL]
    assert "cookie" not in asked[0].headers
    assert asked[0].headers["accept-encoding"] == "identity"


def test_a_few_redirects_are_followed_and_cookies_are_not_carried():
    moved = httpx2.Response(302, headers={"location": "/there", "set-cookie": "a=b"})
    network, asked = answering(moved, page())
    assert fetched(URL, transport=network)[0] == b"<p>hello</p>"
    assert str(asked[1].url) == "https://news.example/there"
    assert "cookie" not in asked[1].headers


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://news.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://u:p@news.example/",
    ],
)
def test_a_redirect_to_another_scheme_is_refused(location):
    network, asked = answering(httpx2.Response(301, headers={"location": location}), page())
    with pytest.raises(BadInput) as refused:
        fetched(URL, transport=network)
    assert refused.value.code == "article-url"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answers",
    [
        [httpx2.Response(302, headers={"location": URL})] * 9,
        [httpx2.Response(302)],
        [httpx2.Response(404)],
        [httpx2.Response(500)],
        [httpx2.ConnectError("no route")],
        [httpx2.ReadTimeout("slow")],
        [
            httpx2.Response(
                200, headers={"content-type": "text/html", "content-encoding": "gzip"}, stream=httpx2.ByteStream(b"x")
            )
        ],
    ],
)
def test_what_cannot_be_had_is_unreachable(answers):
    network, asked = answering(*answers)
    with pytest.raises(Unreachable) as refused:
        fetched(URL, transport=network)
    assert refused.value.code == "article-unreachable"
    assert len(asked) <= address.REDIRECTS_MAX + 1


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/json", "text/javascript"])
def test_what_is_no_page_is_refused_by_its_kind(kind):
    network, _ = answering(page(**{"content-type": kind}))
    with pytest.raises(BadInput) as refused:
        fetched(URL, transport=network)
    assert refused.value.code == "article-kind"


def test_a_page_without_end_is_refused_before_it_ends():
    sent = []

    async def endless():
        while True:
            sent.append(1)
            yield b"x" * 1_000_000

    network, _ = answering(httpx2.Response(200, headers={"content-type": "text/plain"}, content=endless()))
    with pytest.raises(BadInput) as refused:
        fetched(URL, transport=network)
    assert refused.value.code == "article-large"
    assert len(sent) <= BYTES_MAX // 1_000_000 + 2


def test_a_page_that_drips_is_given_up(monkeypatch):
    import asyncio

    monkeypatch.setattr(address, "SECONDS", 0.05)

    async def dripping():
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    network, _ = answering(httpx2.Response(200, headers={"content-type": "text/plain"}, content=dripping()))
    with pytest.raises(Unreachable) as refused:
        fetched(URL, transport=network)
    assert refused.value.code == "article-unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "talks",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://news.example/a",
        "javascript:alert(1)",
        "http://",
        "https:///a",
        "https://u:p@news.example/",
        "https://u@news.example/",
        "https://news.example/a b",
        "https://news.example/\n",
        "https://news.example:99999/",
        "https://[::1/",
        "https://news.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_a_page_is_asked_for_nothing(url):
    network, asked = answering(page())
    with pytest.raises(BadInput) as refused:
        fetched(url, transport=network)
    assert refused.value.code == "article-url"
    assert asked == []


def test_an_address_within_the_house_is_asked_like_any_other():
    network, asked = answering(page())
    fetched("http://127.0.0.1:8000/a", transport=network)
    assert len(asked) == 1


def test_nobody_at_home_is_unreachable():
    with pytest.raises(Unreachable) as refused:
        TrafilaturaPress().fetch("http://127.0.0.1:9/a")
    assert refused.value.code == "article-unreachable"
