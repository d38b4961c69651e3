"""Partners' programs as they are: real clients, unmodified, each behind the one thing that tests want of them: a poll.

Whatever the client, its user keeps the date of the last page that had objects, and asks from there the next time. Each
answer that comes along is held to what clients need of every answer (`assert_answer`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
import stix2
import taxii2client.v21 as taxii2
from requests import Response
from requests.auth import AuthBase, HTTPBasicAuth
from stix2.datastore.taxii import TAXIICollectionSource
from taxii2client.common import TokenAuth
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, TAXII, Served

from relto.domain.moment import parse_timestamp
from relto.usecases.accounts import add_account

LAST = "x-taxii-date-added-last"
FIRST = "x-taxii-date-added-first"

PAGE = 2
"""Objects on a page: few, so that every walk has several."""


def assert_answer(headers: Mapping[str, str], body: Mapping, query: Mapping[str, str]) -> None:
    """What every list of objects owes every client that asked it by this query."""
    assert headers["content-type"] == TAXII
    asked = parse_timestamp(query["added_after"]) if "added_after" in query else None
    first, last = (parse_timestamp(headers[name]) if name in headers else None for name in (FIRST, LAST))
    objects = body.get("objects")
    assert objects != [], "an empty list is left out"
    if objects is not None:
        assert (asked or 0) < first <= last
        assert ("next" in body) == body["more"]
    else:
        assert body in ({}, {"more": False})
        assert first == last
        # Where a page of a walk turns out empty, the walk has a date without having been asked from one.
        assert first == asked or (asked is None and "next" in query)


class Partner(ABC):
    """One client with one account. `received`: the ids of what came, in order; `cursor`: what it goes on from."""

    page = PAGE

    def __init__(self, node: Served, name: str) -> None:
        self.received: list[str] = []
        self.cursor: str | None = None
        self.asked: list[dict[str, str]] = []
        self._after_page: list[Callable[[], object]] = []
        self.url = f"{node.base}{node.path()}"
        self.begin(node, name)

    @abstractmethod
    def begin(self, node: Served, name: str) -> None:
        """Sets the client up, as its user would."""

    def poll(self, *between: Callable[[], object]) -> list[str]:
        """Reads all that there is, and gives the ids. After each page, the next of `between` happens."""
        self._after_page = list(between)
        before = len(self.received)
        self.received += self.read()
        assert not self._after_page, "the walk had fewer pages than the test counts on"
        return self.received[before:]

    @abstractmethod
    def read(self) -> list[str]:
        """The ids of all that comes after the cursor, in order."""

    def saw(self, headers: Mapping[str, str], body: Mapping, query: Mapping[str, str]) -> None:
        """An answer to a request for objects, as it came over the wire."""
        assert_answer(headers, body, query)
        self.asked.append(dict(query))
        if body.get("objects"):
            self.cursor = headers[LAST]
        if self._after_page:
            self._after_page.pop(0)()


class Watched(AuthBase):
    """A login of `requests` that looks at what comes back: the one place where these clients let their user do so."""

    def __init__(self, login: AuthBase, partner: Partner) -> None:
        self.login = login
        self.partner = partner

    def __call__(self, request):
        request.register_hook("response", self.seen)
        return self.login(request)

    def seen(self, response: Response, **_: object) -> None:
        if response.ok and urlsplit(response.url).path.endswith("/objects/"):
            query = dict(parse_qsl(urlsplit(response.url).query))
            self.partner.saw(response.headers, response.json(), query)


class Taxii2Client(Partner):
    """`as_pages` of taxii2-client, logged in by name and password."""

    def begin(self, node: Served, name: str) -> None:
        self.collection = taxii2.Collection(self.url, auth=Watched(self.login(node, name), self))

    def login(self, node: Served, name: str) -> AuthBase:
        return HTTPBasicAuth(name, PASSWORD)

    def read(self) -> list[str]:
        asked = {"added_after": self.cursor} if self.cursor else {}
        pages = taxii2.as_pages(self.collection.get_objects, per_request=self.page, **asked)
        return [each["id"] for page in pages for each in page.get("objects", [])]


class Taxii2ClientWithToken(Taxii2Client):
    """The same, with `Authorization: Token …`."""

    def login(self, node: Served, name: str) -> AuthBase:
        return TokenAuth(token_of(node, name))


class Stix2Source(Taxii2Client):
    """The TAXII source of stix2, asked with a filter."""

    def read(self) -> list[str]:
        source = TAXIICollectionSource(self.collection, items_per_page=self.page)
        query = [stix2.Filter("added_after", "=", self.cursor)] if self.cursor else []
        return [each["id"] for each in source.query(query)]


class Curl(Partner):
    """curl, and a loop that follows `next`."""

    def begin(self, node: Served, name: str) -> None:
        self.login = ("--user", f"{name}:{PASSWORD}")

    def read(self) -> list[str]:
        ids = []
        query = {"limit": str(self.page)} | ({"added_after": self.cursor} if self.cursor else {})
        while True:
            headers, body = curl(f"{self.url}objects/", *self.login, query=query)
            ids += [each["id"] for each in body.get("objects", [])]
            self.saw(headers, body, query)
            if not body.get("more"):
                return ids
            query["next"] = body["next"]


PARTNERS = (Taxii2Client, Taxii2ClientWithToken, Stix2Source, Curl)


def token_of(node: Served, name: str) -> str:
    """A token of an account of the party of `name`, with the same rights."""
    opened = node.opened
    _, token = add_account(
        opened.node, opened.desk, f"{name}-token", party="UKR", roles=["reader"], by=ADMIN, token=True
    )
    return token


def require_curl() -> str:
    """Where curl is. Skips where there is none, and fails under CI, which installs it."""
    found = shutil.which("curl")
    if found is None:
        reason = "there is no curl: install it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        # A desk without curl can still test all else, and pytest's summary says that this was left out and why.
        pytest.skip(reason)
    return found


def curl(url: str, *options: str, query: Mapping[str, str] | None = None) -> tuple[dict[str, str], dict]:
    """The headers, in lower case and with `status`, and the body that curl got; `query` is encoded by curl itself."""
    encoded = [part for name, value in (query or {}).items() for part in ("--data-urlencode", f"{name}={value}")]
    done = subprocess.run(
        [require_curl(), "--silent", "--show-error", "--disable", "--include", "--get", *options, *encoded, url],
        capture_output=True,
        check=True,
        timeout=30,
        # Without a home there is no settings file of whoever runs the tests.
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers | {"status": status.split(" ")[1]}, json.loads(body) if body else {}
