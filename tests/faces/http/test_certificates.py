"""Client certificates over real TLS connections, and from the header of a listed proxy."""

import base64
import ssl
from urllib.parse import quote

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, TAXII, assert_refused, made, serving
from tests.fakes.authority import Authority, der
from tests.fakes.processes import running

from relto.config import load
from relto.domain.errors import BadInput
from relto.faces.serving import serve
from relto.usecases.accounts import add_certificate, revoke, revoke_credential
from relto.wiring import open_node


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    data = tmp_path_factory.mktemp("node")
    made(load(data, environment={}))
    return data


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder)


@pytest.fixture(scope="module")
def tls(folder, authority):
    cert, key = authority.issue("localhost", server=True)
    return {"tls__cert": str(cert), "tls__key": str(key), "tls__client_ca": str(authority.file)}


@pytest.fixture(scope="module")
def server(folder, tls):
    with running(folder, tls__client_certificates="optional", **tls) as (_, url):
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def opened(folder):
    with open_node(load(folder, environment={})) as node:
        yield node


def context(authority, pair=None, version=None):
    made_up = ssl.create_default_context(cafile=str(authority.file))
    if pair is not None:
        made_up.load_cert_chain(*map(str, pair))
    if version is not None:
        made_up.minimum_version = made_up.maximum_version = version
    return made_up


def asked(url, authority, pair=None, version=None, **more):
    with httpx.Client(verify=context(authority, pair, version)) as client:
        return client.get(f"{url}/exchange/collections/", **more)


def enrolled(opened, pair, name="kyiv", **more):
    return add_certificate(opened.node, opened.desk, name, pair[0].read_bytes(), by=ADMIN, **more)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_account_comes_in_by_its_certificate_and_by_no_other(server, authority, opened, version):
    pair, other = authority.issue("feed"), authority.issue("feed")
    enrolled(opened, pair)
    response = asked(server, authority, pair, version)
    assert [each["alias"] for each in response.json()["collections"]] == ["usa-ukr"]
    assert_refused(asked(server, authority, other, version), 401)
    assert_refused(asked(server, authority, None, version), 401)


def test_what_authorization_says_counts_before_a_certificate(server, authority, opened):
    pair = authority.issue("feed")
    enrolled(opened, pair)
    assert asked(server, authority, pair, auth=("london", PASSWORD)).json()["collections"][0]["alias"] == "usa-gbr"
    assert_refused(asked(server, authority, pair, auth=("london", "wrong")), 401)


def test_a_certificate_leaves_the_roles_of_its_scopes(server, authority, opened):
    pair = authority.issue("agency")
    enrolled(opened, pair, "agency", scopes=["read"])
    with httpx.Client(verify=context(authority, pair)) as client:
        document = client.get(f"{server}/session").json()
        assert (document["how"], document["roles"], document["scopes"]) == ("certificate", ["reader"], ["read"])
        response = client.post(
            f"{server}/exchange/collections/own/objects/", json={"objects": []}, headers={"content-type": TAXII}
        )
        assert_refused(response, 404)


def test_a_browser_that_shows_a_certificate_changes_nothing_for_another_site(server, authority, opened):
    pair = authority.issue("bureau")
    enrolled(opened, pair, "bureau")
    url = f"{server}/exchange/collections/own/objects/"
    with httpx.Client(verify=context(authority, pair)) as client:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert_refused(client.post(url, headers={"content-type": TAXII, **headers}), 403, "cross-site")
        assert client.post(url, json={"objects": []}, headers={"content-type": TAXII}).status_code == 422


@pytest.mark.parametrize("days", [(-3, -1), (1, 3)])
def test_tls_lets_no_certificate_in_that_is_expired_or_not_good_yet(server, authority, days):
    pair = authority.issue("feed", days=days)
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
        asked(server, authority, pair)
    assert asked(server, authority, auth=("kyiv", PASSWORD)).status_code == 200


def test_tls_lets_no_certificate_of_another_authority_in_whatever_name_it_bears(server, authority, opened, tmp_path):
    pair = authority.issue("feed")
    row = enrolled(opened, pair, by_name=True)
    assert asked(server, authority, authority.issue("feed")).status_code == 200
    forged = Authority(tmp_path).issue("feed")
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
        asked(server, authority, forged)
    revoke_credential(opened.node, opened.desk, "kyiv", str(row.id), kind="certificate", by=ADMIN)


def test_revoking_counts_on_a_connection_that_is_open(server, authority, opened):
    pair, mine = authority.issue("one"), authority.issue("two")
    row = enrolled(opened, pair, "lviv")
    enrolled(opened, mine, "lviv")
    with (
        httpx.Client(verify=context(authority, pair)) as first,
        httpx.Client(verify=context(authority, mine)) as second,
    ):
        clients = (first, second)
        assert [each.get(f"{server}/taxii2/").status_code for each in clients] == [200, 200]
        revoke_credential(opened.node, opened.desk, "lviv", str(row.id), kind="certificate", by=ADMIN)
        assert [each.get(f"{server}/taxii2/").status_code for each in clients] == [401, 200]
        revoke(opened.node, opened.desk, "lviv", by=ADMIN)
        assert [each.get(f"{server}/taxii2/").status_code for each in clients] == [401, 401]


def test_where_certificates_are_required_nobody_comes_without(folder, tls, authority):
    with running(folder, tls__client_certificates="required", **tls) as (_, address):
        url = address.replace("127.0.0.1", "localhost")
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
            asked(url, authority, auth=("kyiv", PASSWORD))
        assert asked(url, authority, authority.issue("any"), auth=("kyiv", PASSWORD)).status_code == 200


def test_where_they_are_off_none_is_asked_for(folder, tls, authority, opened):
    pair = authority.issue("feed")
    enrolled(opened, pair)
    with running(folder, **{name: value for name, value in tls.items() if name != "tls__client_ca"}) as (_, address):
        assert_refused(asked(address.replace("127.0.0.1", "localhost"), authority, pair), 401)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"tls.client_certificates": "optional"}, "tls.cert"),
        ({"tls.client_certificates": "optional", "tls.cert": "c", "tls.key": "k"}, "tls.client_ca"),
        ({"proxy.client_certificate_header": "client-cert"}, "proxy.addresses"),
        ({"proxy.addresses": "10.0.0.0/8, proxy.example"}, "proxy.addresses"),
        ({"proxy.addresses": "0.0.0.0/0"}, "proxy.addresses"),
        ({"proxy.addresses": "::/0"}, "proxy.addresses"),
    ],
)
def test_settings_that_cannot_be_together_are_refused(tmp_path, settings, key):
    with pytest.raises(BadInput) as refused:
        load(tmp_path, environment={}, arguments=settings)
    assert (refused.value.code, refused.value.data["key"]) == ("config-value", key)


def test_authorities_that_cannot_be_used_are_said_before_anything_is_served(folder, tls, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("nonsense")
    arguments = {name.replace("__", "."): value for name, value in tls.items()}
    arguments |= {"tls.client_ca": str(broken), "tls.client_certificates": "optional"}
    with pytest.raises(BadInput) as refused:
        serve(load(folder, environment={}, arguments=arguments))
    assert refused.value.code == "tls-unusable"


# From a proxy.


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxied")
    settings = {"proxy__addresses": "127.0.0.1", "proxy__client_certificate_header": "Client-Cert"}
    with serving(folder, f"sqlite:///{folder / 'relto.db'}", **settings) as served:
        yield served


def by_header(node, value):
    return httpx.get(f"{node.base}/exchange/collections/", headers={"client-cert": value})


def forms(pair):
    return f":{base64.b64encode(der(pair[0])).decode()}:", quote(pair[0].read_text(), safe="")


def test_a_listed_proxy_hands_certificates_on(proxied, authority):
    pair, other = authority.issue("feed"), authority.issue("feed")
    enrolled(proxied.opened, pair)
    for value in forms(pair):
        assert by_header(proxied, value).status_code == 200
    for value in (*forms(other), "", ":", ":AAAA:", "nonsense", forms(pair)[0] * 2):
        assert_refused(by_header(proxied, value), 401)


@pytest.mark.parametrize("days", [(-3, -1), (1, 3)])
def test_a_certificate_that_is_not_good_now_is_refused_though_the_proxy_let_it_in(proxied, authority, days):
    good, pair = authority.issue(f"feed-{days[0]}"), authority.issue(f"feed-{days[0]}", days=days)
    enrolled(proxied.opened, good, by_name=True)
    assert by_header(proxied, forms(good)[0]).status_code == 200
    assert_refused(by_header(proxied, forms(pair)[0]), 401)


def test_a_header_of_anybody_who_is_not_listed_counts_for_nothing(tmp_path, authority):
    pair = authority.issue("feed")
    settings = {"proxy__addresses": "192.0.2.1", "proxy__client_certificate_header": "Client-Cert"}
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}", **settings) as served:
        enrolled(served.opened, pair)
        for value in forms(pair):
            assert_refused(by_header(served, value), 401)
