"""Who else is there while somebody looks at the console: clients of partners, and more accounts of the office."""

from __future__ import annotations

import httpx
from tests.actors import ADMIN
from tests.faces.console.browsing import Shown, password

from relto.usecases.accounts import add_account

TAXII = "application/taxii+json;version=2.1"

PARTIES = {"kyiv": "UKR", "lviv": "UKR", "london": "GBR", "paris": "FRA"}


def opened_account(shown: Shown, name: str, *roles: str) -> None:
    """An account of the host, with the password that those of the demonstration have."""
    add_account(
        shown.opened.node, shown.opened.desk, name, party="USA", roles=list(roles), by=ADMIN, password=password(name)
    )


def read(shown: Shown, who: str, agreement: str = "usa-ukr", limit: int = 5) -> None:
    """What a client of this account does: one page, from the beginning."""
    with httpx.Client(base_url=shown.base, auth=(who, password(who)), headers={"accept": TAXII}, timeout=30) as client:
        with shown.client("officer") as api:
            made = api.get(f"/agreements/{agreement}").json()
        collection = made["collections"][PARTIES[who]]
        answer = client.get(f"/exchange/collections/{collection}/objects/?limit={limit}")
        assert answer.status_code == 200, answer.text
