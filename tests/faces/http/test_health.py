"""`/healthz`, `/readyz` and `/metrics`: a word for anybody, numbers for those who may have them."""

import httpx
import pytest
from tests.conformance.served import PASSWORD, assert_refused, indicator, serving


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}") as served:
        yield served


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/"])
def test_a_word_needs_no_login(node, path):
    response = httpx.get(node.base + path)
    assert (response.status_code, response.text) == (200, "ok\n")
    assert httpx.head(node.base + path).status_code == 200
    assert httpx.head(node.base + path).content == b""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_can_be_done_there_but_to_ask(node, path):
    response = httpx.post(node.base + path)
    assert_refused(response, 405)
    assert response.headers["allow"] == "GET, HEAD"


def test_numbers_count_requests_pages_items_and_refused_logins(node):
    def numbers():
        lines = httpx.get(f"{node.base}/metrics").text.splitlines()
        return {name: float(value) for name, _, value in (each.rpartition(" ") for each in lines if each[0] != "#")}

    node.publish(*[indicator() for _ in range(3)])
    before = numbers()
    with node.client() as client:
        client.get(node.path() + "objects/")
    httpx.get(f"{node.base}/taxii2/")
    after = numbers()

    def grown(name):
        return after[name] - before.get(name, 0)

    assert grown("relto_pages_total") == 1
    assert grown("relto_items_delivered_total") == 3
    assert grown('relto_logins_refused_total{reason="nothing"}') == 1
    assert grown('relto_http_requests_total{route="objects",status="200"}') == 1
    assert grown('relto_http_request_seconds_count{route="objects"}') == 1


def test_numbers_tell_what_the_node_holds_back_and_when_partners_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("relto.faces.http.health.FIGURES_SECONDS", 0.0)
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:

        def numbers():
            lines = httpx.get(f"{served.base}/metrics").text.splitlines()
            return {name: float(value) for name, _, value in (each.rpartition(" ") for each in lines if each[0] != "#")}

        before = numbers()
        served.pause("usa-ukr", review_us=1)
        served.publish(*[indicator() for _ in range(3)])
        served.opened.sign()
        after = numbers()
        (tmp_path / "keys" / "log.key").unlink()
        lost = numbers()
    flow = 'agreement="usa-ukr",to="UKR"'
    assert (
        after['relto_places{kind="webhook",state="failing"}']
        == after['relto_places{kind="mailbox",state="active"}']
        == 0
    )
    assert before[f"relto_items_held{{{flow}}}"] == 0
    assert after[f"relto_items_held{{{flow}}}"] == 3
    decided = 'relto_classes_decided{agreement="usa-ukr",outcome="hold",to="UKR"}'
    assert after[decided] > before[decided] == 0
    assert after['relto_pauses{state="running"}'] == after['relto_overdue{date="review"}'] == 1
    assert after['relto_acts_waiting{state="proposed"}'] == 0
    assert after["relto_items_stored"] == before["relto_items_stored"] + 3
    assert after["relto_last_item_age_seconds"] < 60
    assert after["relto_log_leaves"] > before["relto_log_leaves"]
    assert after["relto_log_leaves_unsigned"] <= after["relto_log_leaves"]
    assert 0 <= after["relto_log_checkpoint_age_seconds"] < 60
    assert 0 <= after["relto_log_unsigned_age_seconds"] < 60
    assert "relto_log_timestamp_age_seconds" not in after
    assert after["relto_log_key_usable"] == 1
    assert lost["relto_log_key_usable"] == 0


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8443", "127.0.0.1", "127.8.0.1:80", "[::1]:8443", "[::1]"])
def test_numbers_are_for_whoever_asks_the_machine_itself(node, host):
    assert httpx.get(f"{node.base}/metrics", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["relto.example.org", "relto.example.org:443", "192.0.2.7", "[2001:db8::1]", "127.0.0.1.evil"]
)
def test_numbers_by_the_name_that_others_know_it_by_need_a_role(node, host):
    """Whoever asks for that came through a proxy on the machine, or was led here by a page."""
    assert_refused(httpx.get(f"{node.base}/metrics", headers={"host": host}), 401)
    assert httpx.get(f"{node.base}/metrics", headers={"host": host}, auth=("watch", PASSWORD)).status_code == 200


def test_numbers_for_a_listed_proxy_need_a_role(tmp_path):
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", proxy__addresses="127.0.0.1") as served:
        assert_refused(httpx.get(f"{served.base}/metrics"), 401)


@pytest.mark.parametrize("header", ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"])
def test_numbers_through_a_proxy_need_a_role(node, header):
    url, proxied = f"{node.base}/metrics", {header: "198.51.100.7"}
    assert_refused(httpx.get(url, headers=proxied), 401)
    assert_refused(httpx.get(url, headers=proxied, auth=("kyiv", PASSWORD)), 403, "role-missing")
    assert httpx.get(url, headers=proxied, auth=("watch", PASSWORD)).status_code == 200
