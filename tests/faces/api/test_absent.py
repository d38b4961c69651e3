"""What an account may not see looks, at each address, like what is not there."""

import json

import pytest
from tests.conformance.served import indicator
from tests.faces.api.conftest import client


def scrubbed(response, *names):
    text = response.text
    for name in names:
        text = text.replace(f"`{name}`", "`NAME`").replace(f'"{name}"', '"NAME"')
    value = json.loads(text)
    value.pop("error_id", None)
    return response.status_code, value


ABSENT = [
    ("GET", "/agreements/{agreement}", None),
    ("GET", "/agreements/{agreement}/history", None),
    ("GET", "/agreements/{agreement}/diff?old=1&new=1", None),
    ("POST", "/agreements/{agreement}/end", {}),
    ("POST", "/agreements/{agreement}/redeliver", {"recipient": "GBR", "since": "1d"}),
    ("GET", "/status?name={agreement}", None),
    ("POST", "/pauses", {"agreements": ["{agreement}"], "reason": "x"}),
    ("POST", "/previews/pause", {"agreements": ["{agreement}"]}),
    ("GET", "/pauses/{pause}", None),
    ("GET", "/pauses/{pause}/impact", None),
    ("GET", "/pauses/{pause}/impact?at=1s", None),
    ("POST", "/pauses/{pause}/amend", {"reason": "x"}),
    ("POST", "/pauses/resume", {"pauses": ["{pause}"]}),
    ("POST", "/previews/resume", {"pauses": ["{pause}"]}),
    ("POST", "/pauses/{pause}/conditions", {"text": "x"}),
    ("POST", "/pauses/{pause}/conditions/1", {"state": "met"}),
    ("GET", "/acts/{act}", None),
    ("POST", "/acts/{act}/approve", {}),
    ("POST", "/acts/{act}/reject", {"reason": "x"}),
    ("POST", "/acts/{act}/withdraw", {}),
    ("GET", "/readers?agreement={agreement}", None),
    ("GET", "/readers/{reader}", None),
    ("GET", "/readers/{reader}/owed/{agreement}", None),
    ("POST", "/readers/{reader}/skip/{agreement}", {}),
    ("POST", "/readers/{reader}/set", {"repair": True}),
    ("POST", "/accounts/{reader}/revoke", None),
    ("POST", "/accounts/{reader}/password", {"password": "correct horse"}),
    ("POST", "/accounts/{reader}/rotate", {}),
    ("POST", "/accounts/{reader}/rotate", {"token": "1"}),
    ("POST", "/accounts/{reader}/tokens", {}),
    ("POST", "/accounts/{reader}/openid", {"subject": "1", "issuer": "https://id.example.org"}),
    ("GET", "/accounts/{reader}/credentials/token", None),
    ("POST", "/accounts/{reader}/credentials/token/1/revoke", None),
    ("GET", "/accounts/{reader}/sessions", None),
    ("POST", "/accounts/{reader}/sessions/end", None),
    ("POST", "/webhooks/{webhook}/rotate", {}),
    ("POST", "/webhooks/{webhook}/enable", {}),
    ("POST", "/webhooks/{webhook}/remove", {}),
    ("POST", "/mailboxes/{mailbox}/enable", {}),
    ("POST", "/mailboxes/{mailbox}/remove", {}),
    ("GET", "/backlog?pause={pause}", None),
    ("POST", "/backlog/release", {"pause": "{pause}"}),
    ("POST", "/backlog/discard", {"pause": "{pause}", "topics": ["naval"]}),
    ("POST", "/backlog/release", {"items": ["{item}"]}),
    ("GET", "/explain?item={item}&party=UKR", None),
    ("GET", "/explain?item={item}&party=GBR", None),
    ("POST", "/items/withhold", {"items": ["{item}"], "agreement": "usa-ukr", "reason": "x"}),
    ("POST", "/items/withhold", {"items": ["{item}"], "agreement": "{agreement}", "reason": "x"}),
    ("POST", "/items/release", {"items": ["{item}"], "reason": "x"}),
    ("POST", "/items/recall", {"items": ["{item}"], "reason": "x"}),
]


@pytest.fixture(scope="module")
def hidden(api):
    """A pause of the agreement with Britain, which Ukraine's accounts do not see."""
    with client(api) as http:
        made = http.post("/api/v1/pauses", json={"agreements": ["usa-gbr"], "reason": "not for Ukraine"}).json()
        webhook = http.post("/api/v1/webhooks", json={"url": "https://cert.example.org/"}).json()
        mailbox = http.post("/api/v1/mailboxes", json={"address": "duty@cert.example.org"}).json()
    # Of a topic that no agreement with Ukraine asks for.
    item = indicator(labels=("space",))
    api.publish(item)
    return {
        "agreement": "usa-gbr",
        "pause": made["pause"],
        "act": made["act"],
        "reader": "london",
        "webhook": webhook["webhook"],
        "mailbox": mailbox["mailbox"],
        "item": item["id"],
    }


@pytest.mark.parametrize("name", ["reader", "contributor", "foreign"])
@pytest.mark.parametrize(("method", "path", "body"), ABSENT)
def test_what_an_account_may_not_see_looks_like_what_is_not_there(api, hidden, name, method, path, body):
    nothing = {
        "agreement": "xyz-xyz",
        "pause": "998",
        "act": "99999",
        "reader": "nobody",
        "webhook": "wh_nothing",
        "mailbox": "mb_nothing",
        "item": "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000001",
    }

    def asked(names):
        text = json.dumps(body)
        for key, value in names.items():
            text = text.replace(f"{{{key}}}", value)
        content = None if body is None else text
        headers = {"content-type": "application/json"} if content else {}
        with client(api, name) as http:
            response = http.request(method, "/api/v1" + path.format_map(names), content=content, headers=headers)
        return scrubbed(response, *names.values())

    assert asked(hidden) == asked(nothing)
