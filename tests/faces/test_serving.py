"""The server as a process: it begins, encrypts, shares its socket, counts, and ends when it is told to."""

import datetime as dt
import json
import os
import signal
import ssl
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.conformance.served import PASSWORD, TAXII, indicator, made
from tests.fakes.processes import running

from relto.config import load
from relto.domain.errors import BadInput, Unreachable
from relto.faces.serving import serve
from relto.wiring import open_node


@pytest.fixture
def data(tmp_path):
    made(load(tmp_path, environment={}))
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_until_a_signal_ends_it_and_ends_with_0(data, workers, number):
    with running(data, server__workers=workers) as (process, url):
        assert httpx.get(f"{url}/healthz").text == "ok\n"
        assert httpx.get(f"{url}/readyz").text == "ok\n"
        assert httpx.get(f"{url}/taxii2/", auth=("kyiv", PASSWORD)).status_code == 200
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
        assert (process.returncode, told) == (0, "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_a_worker_that_is_killed_is_replaced_and_their_numbers_are_added_up(data):
    with running(data, server__workers=2) as (process, url):
        assert httpx.get(f"{url}/healthz").status_code == 200
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        first, second = children.read_text().split()
        os.kill(int(first), signal.SIGKILL)
        for _ in range(1_000):
            now = children.read_text().split()
            if len(now) == 2 and first not in now:
                break
            time.sleep(0.02)
        assert second in now
        assert first not in now
        for _ in range(20):
            assert httpx.get(f"{url}/healthz").status_code == 200
        line = 'relto_http_requests_total{route="healthz",status="200"} '
        (count,) = [each for each in httpx.get(f"{url}/metrics").text.splitlines() if each.startswith(line)]
        assert float(count.removeprefix(line)) == 21


def test_the_clock_of_a_client_is_told_alike_by_every_process(data):
    def told(ahead):
        """Whether all processes tell it; each connection may be another's."""
        for _ in range(500):
            lines = [httpx.get(f"{url}/metrics").text.splitlines() for _ in range(3)]
            found = [[line for line in each if line.startswith("relto_reader_clock_ahead_seconds{")] for each in lines]
            values = [float(line.rpartition(" ")[2]) for each in found for line in each]
            if len(values) == 3 and all((value > 0) == ahead for value in values):
                return True
            time.sleep(0.02)
        return False

    with running(data, server__workers=2) as (_, url):
        for ahead in (True, False, True):
            for number in range(4):
                # Minutes ahead; or two days ago, which is before what it asked then, and so no clock.
                asked = dt.datetime.now(dt.UTC) + (dt.timedelta(minutes=5 + number) if ahead else dt.timedelta(days=-2))
                response = httpx.get(
                    f"{url}/exchange/collections/usa-ukr/objects/",
                    params={"added_after": asked.isoformat().replace("+00:00", "Z")},
                    auth=("kyiv", PASSWORD),
                )
                assert response.status_code == 200
            assert told(ahead)


def test_what_one_process_takes_in_every_process_gives(data):
    with running(data, server__workers=2) as (_, url):
        item = indicator()
        body = json.dumps({"objects": [item]}).encode()
        post = httpx.post(
            f"{url}/exchange/collections/own/objects/",
            content=body,
            headers={"content-type": TAXII},
            auth=("agency", PASSWORD),
        )
        assert post.status_code == 202
        for _ in range(10):
            found = httpx.get(f"{url}/exchange/collections/usa-ukr/objects/", auth=("kyiv", PASSWORD))
            assert [each["id"] for each in found.json()["objects"]] == [item["id"]]


def test_a_change_of_topics_in_the_data_folder_counts_from_the_next_start(data):
    (data / "topics.yaml").write_text("topics: {other: {labels: [other]}}\n")
    with running(data) as (_, url):
        assert httpx.get(f"{url}/readyz").status_code == 200
    with open_node(load(data, environment={})) as opened, opened.node.store.read() as snap:
        assert snap.setting("topics") == "topics: {other: {labels: [other]}}\n"


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made_out = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made_out.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return cert_file, key_file


def client_context(certificate):
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.check_hostname = False
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_encrypts_with_tls_1_2_and_1_3(data, certificate, version):
    with running(data, tls__cert=str(certificate[0]), tls__key=str(certificate[1])) as (_, url):
        assert url.startswith("https://")
        context = client_context(certificate)
        context.minimum_version = context.maximum_version = version
        response = httpx.get(f"{url}/taxii2/", auth=("kyiv", PASSWORD), verify=context)
        assert response.json()["api_roots"] == ["/exchange/"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_it_refuses_tls_1_1_and_ciphers_without_forward_secrecy(data, certificate):
    with running(data, tls__cert=str(certificate[0]), tls__key=str(certificate[1])) as (_, url):
        old, weak = client_context(certificate), client_context(certificate)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("ECDHE+AES+SHA1:@SECLEVEL=0")
        for context in (old, weak):
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}/healthz", verify=context)


def test_a_certificate_that_cannot_be_used_is_said_before_anything_is_served(data):
    broken = data / "broken.pem"
    broken.write_text("nonsense")
    arguments = {"tls.cert": str(broken), "tls.key": str(broken)}
    with pytest.raises(BadInput) as refused:
        serve(load(data, environment={}, arguments=arguments))
    assert refused.value.code == "tls-unusable"


def test_an_address_that_is_taken_is_said(data):
    with running(data) as (_, url):
        port = int(url.rpartition(":")[2])
        with pytest.raises(Unreachable) as refused:
            serve(load(data, environment={}, arguments={"server.port": port}))
    assert refused.value.code == "listen-failed"


def test_a_node_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Unreachable) as refused:
        serve(load(tmp_path / "nothing", environment={}))
    assert refused.value.code == "database-missing"
