"""The console without a browser: pages are asked for, and forms sent, as HTTP alone has it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from tests.conformance.served import Served

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
QUESTION = re.compile(r'<form class="question[^>]*>(.*?)</form>', re.DOTALL)
MOMENT = re.compile(r'<time[^>]*>[^<]*</time>|<path class="now"[^>]*>')


@dataclass
class Desk:
    """One account before the console."""

    client: httpx.Client

    def get(self, address: str, status: int = 200) -> str:
        """The page."""
        response = self.client.get(address)
        assert response.status_code == status, (address, response.status_code, text_of(response.text))
        return response.text

    def ask(self, address: str, /, **fields: object) -> httpx.Response:
        """What a form is answered with: a question, or what was wrong with it. Lists are fields that stand often."""
        return self.client.post(address, data={"csrf_token": "", **fields})

    def question(self, address: str, /, **fields: object) -> str:
        """What is asked before anything is done."""
        response = self.ask(address, **fields)
        assert response.status_code == 200, text_of(response.text)
        return text_of(QUESTION.search(response.text)[1])

    def answer(self, address: str, response: httpx.Response, /, **typed: str) -> httpx.Response:
        """The question, answered with yes; `typed`: what it asks to be typed."""
        asked = QUESTION.search(response.text)
        assert asked is not None, text_of(response.text)
        fields: dict[str, list[str]] = {}
        for name, value in HIDDEN.findall(asked[1]):
            fields.setdefault(name, []).append(html.unescape(value))
        return self.client.post(address, data={**fields, **typed})

    def act(self, address: str, /, **fields: object) -> httpx.Response:
        """Asked and answered."""
        return self.answer(address, self.ask(address, **fields))


@contextmanager
def desk(served: Served, name: str) -> Iterator[Desk]:
    """The console, as this account sees it."""
    with served.client(name, accept="text/html") as client:
        yield Desk(client)


def text_of(page: str) -> str:
    """What a page says, in one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def timeless(page: str) -> str:
    """A page as it is, but for its moments."""
    return MOMENT.sub("<time/>", page)
