"""`/log/`: the checkpoint for anyone, hashes and what is one's own for accounts, all else for who sees everything."""

import base64
import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.actors import ADMIN
from tests.conformance.served import PASSWORD, assert_refused, indicator, serving
from tests.fakes.signer import SeedSigner, cosigner
from tests.logged import EVERY, deliveries
from tests.second import log_verifier as second

from relto.faces.cli import main
from relto.usecases.accounts import add_account
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.witnessing import add_witness, list_witnesses

TEXT = "text/plain; charset=utf-8"
SIGNING_SECONDS = 20


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node of which UKR and GBR have read, and which has signed that."""
    folder = tmp_path_factory.mktemp("node")
    with serving(folder, f"sqlite:///{folder / 'relto.db'}", http__public_url="https://relto.example:8443") as served:
        for name, roles in (("desk", ["contributor"]), ("officer", ["officer"])):
            add_account(
                served.opened.node, served.opened.desk, name, party="UKR", roles=roles, by=ADMIN, password=PASSWORD
            )
        served.publish(*[indicator() for _ in range(4)])
        for name, agreement, party in (("kyiv", "usa-ukr", "UKR"), ("london", "usa-gbr", "GBR")):
            with served.client(name) as client:
                for _ in range(2):
                    found = client.get(served.path(agreement, party) + "objects/?limit=2").json()
                    client.get(served.path(agreement, party) + f"objects/?limit=2&next={found.get('next', '')}")
        signed(served)
        yield served


def data_of(served):
    with served.opened.node.store.read() as snap:
        return [row.data for _, row in snap.leaves(limit=EVERY)]


def signed(served):
    """Returns when the server has signed all that there is: its tick does so each second."""
    for _ in range(SIGNING_SECONDS * 20):
        response = httpx.get(f"{served.base}/log/checkpoint")
        if response.status_code == 200 and size_of(response.content) == len(data_of(served)):
            return
        time.sleep(0.05)
    raise AssertionError(response.text)


def size_of(raw):
    return second.checkpoint(second.note(raw)[0])[1]


def vkeys(served):
    return httpx.get(f"{served.base}/log/keys").text.splitlines()


def get(served, path, name="kyiv", **more):
    with served.client(name) as client:
        return client.request(more.pop("method", "GET"), path, **more)


# For anyone.


def test_anyone_may_have_the_checkpoint_and_the_keys_and_check_one_by_the_other(node):
    response = httpx.get(f"{node.base}/log/checkpoint")
    assert (response.status_code, response.headers["content-type"]) == (200, TEXT)
    assert response.headers.get_list("cache-control") == ["no-cache"]
    (key,) = vkeys(node)
    text, found = second.signers(response.content, [key])
    origin, size, root = second.checkpoint(text)
    assert origin == "relto.example:8443/log" == key.partition("+")[0]
    assert found == {(key, None)}
    assert root == second.mth(data_of(node)[:size])
    keys = httpx.get(f"{node.base}/log/keys")
    assert keys.headers["content-type"] == TEXT
    assert keys.headers.get_list("cache-control") == ["no-cache"]
    assert (node.opened.config.data / "keys" / "log.vkey").read_text() == keys.text


def test_no_private_key_is_in_any_answer(node):
    private = (node.opened.config.data / "keys" / "log.key").read_text().splitlines()[1]
    for path in ("/log/checkpoint", "/log/keys", "/log/deliveries", "/log/consistency?old=1", "/log/tile/0/000.p/1"):
        assert private not in get(node, path, "watch").text


def test_what_is_asked_for_with_head_has_no_body(node):
    for path in ("/log/checkpoint", "/log/keys", "/log/deliveries", "/log/tile/0/000.p/1"):
        whole, bare = get(node, path), get(node, path, method="HEAD")
        assert (bare.status_code, bare.content) == (200, b"")
        assert bare.headers["content-length"] == str(len(whole.content)) or "content-encoding" in whole.headers


def test_before_the_first_checkpoint_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("relto.wiring.Opened.sign", lambda _: False)
    with serving(tmp_path, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        for path in ("/log/checkpoint", "/log/keys"):
            assert_refused(httpx.get(served.base + path), 404, "checkpoint-unknown")
        for path in ("/log/deliveries", "/log/consistency?old=0"):
            assert_refused(get(served, path), 404, "checkpoint-unknown")


# Who may see what.

SIGNED_IN = ["/log/consistency?old=1", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1", "/log/deliveries"]
SIGNED_IN += [
    "/log/proof?leaf=0",
    "/log/cosignature",
    "/log/cosigned",
    "/log/nothing",
    "/log",
    "/log/tile",
    "/log/tile/entries",
]


@pytest.mark.parametrize("path", SIGNED_IN)
def test_without_an_account_there_is_nothing_else(node, path):
    assert_refused(httpx.get(node.base + path), 401, "unauthorised")
    assert_refused(httpx.post(node.base + path), 401, "unauthorised")


def test_a_tile_is_for_every_account_and_never_changes(node):
    data = data_of(node)
    for name in ("kyiv", "desk", "officer", "london", "watch"):
        response = get(node, "/log/tile/0/000.p/9", name)
        assert response.content == b"".join(second.tile(0, 0, data[:9]))
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers.get_list("cache-control") == ["private, max-age=31536000, immutable"]


def test_leaves_are_for_who_sees_everything_and_not_there_for_anyone_else(node):
    found = get(node, "/log/tile/entries/000.p/3", "watch")
    assert found.status_code == 200
    assert found.content == b"".join(len(each).to_bytes(2, "big") + each for each in data_of(node)[:3])
    for name in ("kyiv", "officer", "agency", "bureau", "london"):
        there = assert_refused(get(node, "/log/tile/entries/000.p/3", name), 404, "tile-unknown")
        nowhere = assert_refused(get(node, "/log/tile/entries/999", name), 404, "tile-unknown")
        assert there["description"] == nowhere["description"]


def test_an_auditor_of_another_party_sees_its_own_alone(node):
    add_account(
        node.opened.node, node.opened.desk, "inspector", party="UKR", roles=["auditor", "admin"], by=ADMIN,
        password=PASSWORD,
    )  # fmt: skip
    assert_refused(get(node, "/log/tile/entries/000.p/3", "inspector"), 404, "tile-unknown")
    assert_refused(get(node, "/log/proof?leaf=0", "inspector"), 404, "leaf-unknown")
    assert get(node, "/log/deliveries", "inspector").json()["deliveries"]


def test_a_partner_proves_what_it_was_given_with_the_checkpoint_and_the_key_alone(node):
    items = {}
    with node.client("kyiv") as client:
        page = client.get(node.path() + "objects/").json()
        for each in page["objects"]:
            items[each["id"]] = each
    signed(node)
    note = httpx.get(f"{node.base}/log/checkpoint").content
    text, _ = second.signers(note, vkeys(node))
    _, size, root = second.checkpoint(text)
    document = get(node, "/log/deliveries").json()
    assert (document["size"], document["more"], document["after"]) == (size, False, size - 1)
    assert len(document["deliveries"]) >= 3
    for each in document["deliveries"]:
        leaf = each["leaf"].encode()
        proof = [second.base64(line) for line in each["proof"]]
        assert second.includes(second.sha256(b"\x00" + leaf), each["number"], size, proof, root)
        told = json.loads(leaf)
        digests = [bytes.fromhex(item) for item in each["items"]]
        assert (told["kind"], told["party"], told["items"]) == ("delivery", "UKR", len(digests))
        assert told["digest"] == hashlib.sha256(b"".join(digests)).hexdigest()
    with node.opened.node.store.read() as snap:
        bodies = {hashlib.sha256(each.raw).hexdigest() for each in snap.bodies_between(0, 99)}
    assert set(document["deliveries"][-1]["items"]) <= bodies
    assert len(document["deliveries"][-1]["items"]) == len(items) == 4


def test_a_receipt_can_be_checked_without_asking_again(node):
    data, keys = data_of(node), vkeys(node)
    for each in get(node, "/log/deliveries").json()["deliveries"]:
        receipt = get(node, f"/log/proof?leaf={each['number']}")
        assert receipt.headers["content-type"] == TEXT
        assert second.is_logged(
            receipt.content,
            data[each["number"]],
            origin="relto.example:8443/log",
            log_vkeys=keys,
            witness_vkeys=[],
            quorum=0,
        )
        assert_refused(get(node, f"/log/proof?leaf={each['number']}", "london"), 404, "leaf-unknown")
        assert_refused(get(node, f"/log/proof?leaf={each['number']}", "desk"), 403, "role-missing")
        assert_refused(get(node, f"/log/proof?leaf={each['number'] + 1}"), 404, "leaf-unknown")
        assert get(node, f"/log/proof?leaf={each['number'] + 1}", "watch").status_code == 200


def test_a_receipt_in_a_file_is_verified_with_the_key_alone(node, tmp_path, capsys):
    told = get(node, "/log/deliveries").json()["deliveries"][0]
    file, key = tmp_path / "receipt", tmp_path / "log.vkey"
    raw = get(node, f"/log/proof?leaf={told['number']}").content
    key.write_text("\n".join(vkeys(node)))

    def verified(content):
        file.write_bytes(content)
        capsys.readouterr()
        status = main(["log", "verify", "--receipt", str(file), "--key", str(key), "--json"])
        return status, json.loads(capsys.readouterr().out)

    status, document = verified(raw)
    assert (status, document["ok"], document["leaf"], document["kind"]) == (0, True, told["number"], "delivery")
    assert document["says"]["reader"] == json.loads(told["leaf"])["reader"]
    assert main(["log", "verify", "--receipt", str(file), "--key", str(key)]) == 0
    lines = raw.split(b"\n")
    other = base64.b64encode(told["leaf"].encode().replace(b"UKR", b"GBR"))
    for code, content in (
        ("proof-invalid", b""),
        ("proof-invalid", b"\n".join([lines[0], *lines[2:]])),
        ("entry-not-proven", b"\n".join([lines[0], b"extra " + other, *lines[2:]])),
        ("note-signature-wrong", raw.replace(lines[-2], lines[-2][:-6] + b"AAAAA=")),
    ):
        status, document = verified(content)
        assert (status, document["error"]["code"]) == (2, code)
    key.write_text(SeedSigner("relto.example:8443/log").key.text)
    assert verified(raw)[1]["error"]["code"] == "note-unsigned"
    file.unlink()
    assert main(["log", "verify", "--receipt", str(file), "--key", str(key)]) == 2


def test_nothing_of_where_an_item_stood_is_in_what_a_party_may_ask(node):
    with node.opened.node.store.read() as snap:
        places = [each.place for each in deliveries(snap)]
        data = [row.data for _, row in snap.leaves(limit=EVERY)]
    place_leaves = [leaf for leaf in data if b'"kind":"place"' in leaf]
    words = [b'"flow":', b'"stream":', b'"version":', b'"upto":', b'"last":', b'"track":', b'"way":', b'"place"']
    salts = [json.loads(leaf)["salt"].encode() for leaf in place_leaves]
    assert places
    for name in ("kyiv", "lviv", "officer"):
        body = get(node, "/log/deliveries", name).content
        assert b"delivery" in body
        inner = b"".join(each["leaf"].encode() for each in json.loads(body)["deliveries"])
        for word in [*words, *salts]:
            assert word not in inner
            assert word not in body
    assert not any(leaf in get(node, "/log/deliveries", "kyiv").content for leaf in place_leaves)


def test_deliveries_are_for_the_parties_that_they_went_to(node):
    assert {json.loads(each["leaf"])["reader"] for each in get(node, "/log/deliveries").json()["deliveries"]} == {
        "kyiv"
    }
    assert {
        json.loads(each["leaf"])["reader"] for each in get(node, "/log/deliveries", "london").json()["deliveries"]
    } == {"london"}
    # Who sees everything has the leaves; this address is for one's own.
    assert get(node, "/log/deliveries", "watch").json()["deliveries"] == []
    assert_refused(get(node, "/log/deliveries", "desk"), 403, "role-missing")
    assert_refused(get(node, "/log/deliveries", "bureau"), 403, "role-missing")


def test_deliveries_come_in_portions(node):
    whole = [each["number"] for each in get(node, "/log/deliveries").json()["deliveries"]]
    found, after = [], ""
    for _ in whole:
        portion = get(node, f"/log/deliveries?limit=1{after}").json()
        found += [each["number"] for each in portion["deliveries"]]
        after = f"&after={portion['after']}"
    assert found == whole
    assert portion["more"] is False


def test_a_checkpoint_is_consistent_with_the_one_that_a_partner_remembers(node):
    before = httpx.get(f"{node.base}/log/checkpoint").content
    old, old_root = second.checkpoint(second.note(before)[0])[1:]
    node.publish(indicator())
    signed(node)
    new, new_root = second.checkpoint(second.note(httpx.get(f"{node.base}/log/checkpoint").content)[0])[1:]
    for path in (f"/log/consistency?old={old}", f"/log/consistency?old={old}&new={new}"):
        found = get(node, path, "desk").json()
        assert (found["old"], found["new"]) == (old, new)
        proof = [second.base64(each) for each in found["proof"]]
        assert old < new
        assert second.consistent(old, old_root, new, new_root, proof)
    assert get(node, f"/log/consistency?old={old}&new={old + 1}", "desk").json()["new"] == old + 1
    assert_refused(get(node, f"/log/consistency?old={old}&new={new + 1}"), 404, "checkpoint-unknown")
    assert_refused(get(node, f"/log/consistency?old={new + 1}"), 400, "log-size-invalid")


# Cosigning.


def test_a_partner_cosigns_and_anyone_sees_it(node):
    witness = cosigner("cert.example")
    add_witness(node.opened.node, node.opened.desk, "UKR", witness.key.text, by=ADMIN)
    signed(node)
    text = second.note(httpx.get(f"{node.base}/log/checkpoint").content)[0]
    seconds = int(time.time())
    raw = f"{text}\n{witness.under(text, seconds).line}\n".encode()
    assert_refused(get(node, "/log/cosignature", "london", method="POST", content=raw), 403, "witness-missing")
    assert_refused(get(node, "/log/cosignature", "watch", method="POST", content=raw), 403, "witness-missing")
    response = get(node, "/log/cosignature", "desk", method="POST", content=raw)
    assert response.status_code == 200, response.text
    (told,) = response.json()["cosigned"]
    assert (told["name"], told["size"]) == ("cert.example", second.checkpoint(text)[1])
    note = httpx.get(f"{node.base}/log/checkpoint").content
    if second.note(note)[0] == text:
        _, found = second.signers(note, [*vkeys(node), witness.key.text])
        assert (witness.key.text, seconds) in found
    (seen,) = list_witnesses(node.opened.node)
    assert seen.size == second.checkpoint(text)[1]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "note-invalid"),
        (b"\xff\x00", 400, "note-invalid"),
        (b"\n\n", 400, "note-invalid"),
        (b"a\n1\nAA==\n\n\xe2\x80\x94 x AAAAAAA=\n", 400, "checkpoint-invalid"),
        (b"x" * 70_000, 413, "body-too-large"),
    ],
)
def test_what_is_no_cosignature_is_refused(node, content, status, code):
    assert_refused(get(node, "/log/cosignature", method="POST", content=content), status, code)


def test_a_cosignature_is_not_asked_for(node):
    response = get(node, "/log/cosignature")
    assert_refused(response, 405, "method-unknown")
    assert response.headers["allow"] == "POST"


# Whatever else is sent.


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/keys", "/log/deliveries", "/log/tile/0/000", "/log/proof"])
def test_nothing_can_be_done_there_but_to_ask(node, path):
    response = get(node, path, method="POST", content=b"{}")
    assert_refused(response, 405, "method-unknown")
    assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/999", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/0", "tile/00/000", "tile/64/000",
        "tile/0/x000/000", "tile/0/000/", "tile/0/%30%30%30", "tile/0/000.p/", "tile/-1/000", "tile/1/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/entries", "tile/entries/", "tile/entries/000.p/300",
        "tile/" + "9" * 5_000, "tile/0/000%0a", "tile/0/000%00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["kyiv", "watch"])
def test_a_path_that_is_no_tile_s_leads_nowhere(node, path, name):
    assert_refused(get(node, f"/log/{path}", name), 404, "tile-unknown")


@pytest.mark.parametrize("path", ["/log", "/log/", "/log/checkpoints", "/log/checkpoint/x", "/log//keys", "/log/tile"])
def test_an_address_that_is_none_is_not_there(node, path):
    assert_refused(get(node, path), 404, "address-unknown")


def test_other_addresses_that_begin_alike_are_not_the_log_s(node):
    assert_refused(httpx.get(f"{node.base}/logs"), 404, "address-unknown")


@pytest.mark.parametrize(
    "query",
    [
        "deliveries?after=-1", "deliveries?after=01", "deliveries?after=1.0", "deliveries?after=9223372036854775808",
        "deliveries?limit=0", "deliveries?limit=201", "deliveries?limit=", "deliveries?party=GBR", "deliveries?after",
        "deliveries?after=1&after=2", "deliveries?after=%ff", "deliveries?" + "a" * 2_000, "proof", "proof?leaf=",
        "proof?leaf=-1", "proof?leaf=x", "proof?leaf=" + "9" * 50, "consistency", "consistency?new=1",
        "consistency?old=1&new=x", "consistency?old=%31%00", "consistency?old=1;new=2",
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused(node, query):
    assert_refused(get(node, f"/log/{query}", "watch"), 400, "parameter-malformed")


@pytest.mark.parametrize("query", ["deliveries?after=9223372036854775807", "deliveries?after=999999999999"])
def test_beyond_the_end_there_is_nothing_yet(node, query):
    assert get(node, f"/log/{query}").json()["deliveries"] == []


def test_the_largest_numbers_lead_nowhere(node):
    assert_refused(get(node, "/log/proof?leaf=9223372036854775807", "watch"), 404, "leaf-unknown")
    assert_refused(get(node, "/log/consistency?old=0&new=9223372036854775807"), 404, "checkpoint-unknown")


def test_who_waits_in_vain_is_told_to_come_back(node, monkeypatch):
    monkeypatch.setattr("relto.faces.log.face.WAITING_MAX", 0)
    assert_refused(get(node, "/log/checkpoint"), 503, "unavailable")
    assert_refused(get(node, "/log/deliveries"), 503, "unavailable")


def test_no_party_keeps_the_others_waiting(node, monkeypatch):
    monkeypatch.setattr("relto.faces.log.face.WAITING_OF_ONE", 2)
    under_way, may_go = threading.Semaphore(0), threading.Event()
    consistency = disclosing.consistency

    def slow(*args):
        under_way.release()
        assert may_go.wait(30)
        return consistency(*args)

    monkeypatch.setattr(disclosing, "consistency", slow)
    with ThreadPoolExecutor(3) as pool:
        slowed = [pool.submit(get, node, "/log/consistency?old=1") for _ in range(2)]
        try:
            for _ in slowed:
                assert under_way.acquire(timeout=30)
            assert_refused(get(node, "/log/consistency?old=1"), 503, "unavailable")
            other = pool.submit(get, node, "/log/deliveries", "london")
        finally:
            may_go.set()
        assert [each.result().status_code for each in (*slowed, other)] == [200, 200, 200]
    assert get(node, "/log/consistency?old=1").status_code == 200


def test_requests_are_counted_by_route(node):
    for path in ("checkpoint", "keys", "deliveries", "tile/0/000.p/1", "tile/entries/000.p/1"):
        get(node, f"/log/{path}", "watch")
    lines = httpx.get(f"{node.base}/metrics").text
    for route in ("log-checkpoint", "log-keys", "log-tile", "log-entries", "log-deliveries"):
        assert f'relto_http_requests_total{{route="{route}",status="200"}}' in lines
