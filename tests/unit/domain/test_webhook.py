"""A call is signed so that a receiver who knows the standard can check it; a webhook never shows its secrets."""

from __future__ import annotations

import base64
import contextlib
import json

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.fakes.receiver import verified

from relto.domain.dispatch import Health
from relto.domain.endpoint import Reach
from relto.domain.errors import BadInput
from relto.domain.notice import Notice
from relto.domain.webhook import (
    SECRETS_MAX,
    Secret,
    Webhook,
    message_id,
    payload,
    secret_bytes,
    secret_from,
    signed,
    webhook_url,
)

AT = 1_741_176_000_000_000
DAY = 86_400_000_000
ID = "6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
NOTICE = Notice(4, ID, AT, "UKR", "pause-amended", "usa-ukr", "imagery too", {"since": "x"}, 2, act=9, about="pause:7")

secrets = st.binary(min_size=24, max_size=64).map(lambda raw: "whsec_" + base64.b64encode(raw).decode())
ids = st.from_regex(r"msg_[0-9a-f]{1,32}", fullmatch=True)


def hook(**other):
    parts = {
        "id": ID, "party": "UKR", "url": "https://partner.example/h", "secrets": (Secret(secret_from(b"a"), AT),),
        "kinds": (), "made_at": AT, "made_by": "admin",
    }  # fmt: skip
    return Webhook(**{**parts, **other})


def test_the_signature_is_the_one_that_the_standards_libraries_agree_on() -> None:
    headers = signed(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=1_614_265_330_000_000,
        body=b'{"test": 2432232314}',
    )
    assert headers == (
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    )


@given(st.lists(secrets, min_size=1, max_size=SECRETS_MAX), ids, st.integers(0, 2**40), st.binary(max_size=100))
def test_each_secret_alone_checks_what_all_of_them_signed(known, identifier, seconds, body) -> None:
    headers = dict(signed(known, id=identifier, at=seconds * 1_000_000 + 7, body=body))
    assert all(verified(headers, body, secret, now=seconds) for secret in known)


@given(secrets, secrets, ids, st.binary(max_size=100), st.data())
def test_whatever_is_changed_is_noticed(secret, other, identifier, body, data) -> None:
    headers = dict(signed([secret], id=identifier, at=AT, body=body))
    now = AT // 1_000_000
    assert verified(headers, body, secret, now=now)
    assert not verified(headers, body + b" ", secret, now=now)
    assert not verified({**headers, "webhook-id": identifier + "0"}, body, secret, now=now)
    assert not verified({**headers, "webhook-timestamp": str(now + 1)}, body, secret, now=now)
    assert not verified(headers, body, secret, now=now + 301)
    assert other == secret or not verified(headers, body, other, now=now)
    place = data.draw(st.integers(3, len(headers["webhook-signature"]) - 3))
    text = headers["webhook-signature"]
    changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    assert not verified({**headers, "webhook-signature": changed}, body, secret, now=now)


def test_an_id_with_a_full_stop_is_never_signed() -> None:
    with pytest.raises(AssertionError):
        signed([secret_from(b"a")], id="msg.1", at=AT, body=b"")


@given(st.binary(max_size=80))
def test_a_secret_from_any_chance_has_32_bytes_and_differs(chance) -> None:
    secret = secret_from(chance)
    assert len(secret_bytes(secret)) == 32
    assert secret_from(chance + b"x") != secret


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_" + "ü" * 40,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8I\nLPZIo2LaLaSw",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ],
)
def test_what_is_no_secret_is_refused_without_being_shown(text) -> None:
    with pytest.raises(BadInput) as caught:
        secret_bytes(text)
    assert caught.value.code == "webhook-secret-invalid"
    assert len(text) < 10 or text not in f"{caught.value.message} {caught.value.data}"


def test_the_body_says_what_the_party_may_see_and_no_more() -> None:
    assert json.loads(payload(NOTICE)) == {
        "type": "notice.pause_amended",
        "timestamp": "2025-03-05T12:00:00.000000Z",
        "data": {
            "party": "UKR",
            "notice": 4,
            "at": "2025-03-05T12:00:00.000000Z",
            "kind": "pause-amended",
            "subject": "usa-ukr",
            "text": "imagery too",
            "regards": 2,
            "data": {"since": "x"},
        },
    }
    assert message_id(NOTICE) == "msg_6f0d7c2e0a5b4b399d0e5f2d3b8e1a44"


@pytest.mark.parametrize(
    ("party", "kinds", "state", "wanted"),
    [
        ("UKR", (), "active", True),
        ("UKR", ("pause-amended", "resume"), "active", True),
        ("UKR", ("resume",), "active", False),
        ("GBR", (), "active", False),
        ("UKR", (), "disabled", False),
    ],
)
def test_a_webhook_is_called_with_what_it_wants_of_its_own_party(party, kinds, state, wanted) -> None:
    assert hook(party=party, kinds=kinds, state=state).wants(NOTICE) is wanted


def test_rotation_leaves_no_gap_and_lets_the_old_secret_lapse() -> None:
    first, second, third = (secret_from(each) for each in (b"1", b"2", b"3"))
    webhook = hook(secrets=(Secret(first, AT),)).rotated(second, at=AT + 5, keep_us=DAY)
    assert webhook.alive(AT + 5) == (second, first)
    assert webhook.alive(AT + 5 + DAY) == (second,)
    again = webhook.rotated(third, at=AT + 6, keep_us=2 * DAY)
    assert again.alive(AT + 6) == (third, second, first)
    # What was to lapse tomorrow does not live longer for it.
    assert again.alive(AT + 5 + DAY) == (third, second)
    assert len(again.rotated(secret_from(b"4"), at=AT + 7, keep_us=DAY).secrets) == SECRETS_MAX
    assert again.rotated(secret_from(b"4"), at=AT + 7, keep_us=0).alive(AT + 7) == (secret_from(b"4"),)
    assert again.rotated(secret_from(b"4"), at=AT + 3 * DAY, keep_us=DAY).alive(AT + 3 * DAY) == (
        secret_from(b"4"),
        third,
    )


def test_a_webhook_comes_back_from_its_text_and_its_secrets_are_not_in_its_repr() -> None:
    webhook = hook(kinds=("pause",)).disabled("it answered 410")
    assert Webhook.parse(webhook.as_text()) == webhook
    assert webhook.secrets[0].text not in repr(webhook)
    assert webhook.enabled().is_active
    assert hook(health=Health(failures=3, failing_since=AT, quiet_until=AT, failed=7)).enabled().health == Health(
        failed=7
    )


@pytest.mark.parametrize("other", [{"url": "ftp://x/"}, {"party": "u"}, {"kinds": ("nil",)}, {"secrets": ()}])
def test_a_webhook_that_cannot_be_is_refused(other) -> None:
    with pytest.raises(BadInput):
        hook(**other)


@given(st.binary(max_size=100), st.data())
def test_whatever_is_read_is_a_webhook_or_bad_input(raw, data) -> None:
    damaged = bytearray(hook().as_text().encode())
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for each in (raw, bytes(damaged)):
        with contextlib.suppress(BadInput):
            Webhook.parse(each)


def test_a_url_that_this_node_may_not_call_is_refused_when_it_is_made() -> None:
    assert webhook_url("https://partner.example/h", Reach()) == "https://partner.example/h"
    assert webhook_url("http://localhost:9/h", Reach(private=True)) == "http://localhost:9/h"
    for url, reach in (
        ("http://partner.example/h", Reach(private=True)),
        ("https://10.0.0.1/h", Reach(plain=True)),
        ("https://localhost/h", Reach()),
        ("http://10.0.0.1/h", Reach(private=True)),
    ):
        with pytest.raises(BadInput) as caught:
            webhook_url(url, reach)
        assert caught.value.code == "webhook-url-refused"
