"""Time stamp tokens: good ones say when; whatever is wrong with one, it is refused by a code of its own."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as values
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.stamper import AT, AT_US, CODE, STAMPS, TWO, Stamper, between, hold, named, root, stamper

from relto.adapters.authority.token import TOKEN_BYTES_MAX, authority_of, checked, claimed, nonce_of, read_roots
from relto.domain.errors import BadInput
from relto.domain.stamp import Stamp

OPENSSL = json.loads((Path(__file__).parents[3] / "vectors" / "timestamps" / "openssl.json").read_text("utf-8"))
DIGEST = hashlib.sha256(b"note\n").digest()
ROOTS = [root().der]
GOOD = Stamper()
TOKEN = GOOD.token(DIGEST, nonce=5)
SAID = Stamp(AT_US, "CN=Stamper ec", 1_500_000, 7)


def code_of(token, digest=DIGEST, roots=ROOTS):
    with pytest.raises(BadInput) as caught:
        checked(token, digest, roots)
    return caught.value.code


def by(holder, *others, **fields):
    return Stamper(by=holder, shown=(holder, *(others or (between(),))), **fields)


def outcome(token, digest=DIGEST, roots=ROOTS):
    """What a token says, or None where it is refused: nothing else may happen."""
    try:
        return checked(token, digest, roots)
    except BadInput:
        return None


def test_a_good_token_says_when_who_how_exactly_and_under_which_number():
    assert checked(TOKEN, DIGEST, ROOTS) == SAID
    assert nonce_of(TOKEN) == 5
    assert nonce_of(GOOD.token(DIGEST)) is None


def test_an_accuracy_that_is_not_said_is_none():
    assert checked(replace(GOOD, accuracy=None).token(DIGEST), DIGEST, ROOTS).accuracy_us is None


@pytest.mark.parametrize("ess", [("sha1",), ("sha512",), ("sha1", "sha256")], ids="+".join)
def test_its_certificate_may_be_named_in_the_old_way_and_in_the_new(ess):
    assert checked(replace(GOOD, ess=ess).token(DIGEST), DIGEST, ROOTS) == SAID


@pytest.mark.parametrize("signature", ["plain", "named", "pss"])
@pytest.mark.parametrize("hashed", ["sha256", "sha384", "sha512"])
def test_rsa_signs_in_each_usual_way(signature, hashed):
    token = by(stamper("rsa"), signature=signature, hashed=hashed).token(DIGEST)
    assert checked(token, DIGEST, ROOTS).authority == "CN=Stamper rsa"


@pytest.mark.parametrize("vector", OPENSSL["tokens"], ids=lambda vector: vector["named"])
def test_tokens_of_openssl_say_what_it_says_of_them(vector):
    digest = hashlib.sha256(OPENSSL["message"].encode()).digest()
    said = Stamp(vector["at"], OPENSSL["authority"], OPENSSL["accuracy_us"], vector["serial"])
    token = base64.b64decode(vector["token"])
    assert checked(token, digest, [base64.b64decode(OPENSSL["root"])]) == said
    assert checked(in_ber(token), digest, [base64.b64decode(OPENSSL["root"])]) == said


def test_any_of_several_roots_will_do():
    assert checked(TOKEN, DIGEST, [root("Elsewhere").der, *ROOTS]) == SAID


def test_certificates_that_do_not_belong_to_it_are_passed_over():
    token = replace(GOOD, shown=(root("Elsewhere"), *GOOD.shown, root())).token(DIGEST)
    assert checked(token, DIGEST, ROOTS) == SAID


def test_the_authority_may_be_named_by_its_key():
    more = ((x509.SubjectKeyIdentifier(b"k" * 20), False),)
    holder = hold("Stamper ec", between(), usage=STAMPS, more=more)

    def by_key(signed):
        signed["signer_infos"][0]["sid"] = cms.SignerIdentifier("subject_key_identifier", core.OctetString(b"k" * 20))

    assert checked(by(holder, bend=by_key).token(DIGEST), DIGEST, ROOTS) == SAID
    assert code_of(by(stamper(), bend=by_key).token(DIGEST)) == "timestamp-invalid"


def test_it_may_name_an_authority_and_then_that_of_its_certificate():
    def naming(name):
        value = values.Name.build({"common_name": name})
        return replace(GOOD, info={"tsa": values.GeneralName("directory_name", value)}).token(DIGEST)

    assert checked(naming("Stamper ec"), DIGEST, ROOTS) == SAID
    assert code_of(naming("Somebody else")) == "timestamp-invalid"
    more = ((x509.SubjectAlternativeName([x509.DNSName("time.example"), x509.DirectoryName(named("Other"))]), False),)
    holder = hold("Stamper ec", between(), usage=STAMPS, more=more)
    other = values.GeneralName("directory_name", values.Name.build({"common_name": "Other"}))
    assert checked(by(holder, info={"tsa": other}).token(DIGEST), DIGEST, ROOTS) == SAID


# What it is of.


def test_a_token_of_other_bytes_is_refused():
    assert code_of(TOKEN, digest=hashlib.sha256(b"other").digest()) == "timestamp-other"
    imprint = {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": DIGEST}
    assert code_of(replace(GOOD, info={"message_imprint": imprint}).token(DIGEST)) == "timestamp-other"


# Its form.


def two_signatures(signed):
    signed["signer_infos"].append(signed["signer_infos"][0].copy())


def no_signature(signed):
    signed["signer_infos"] = []


def another_content(signed):
    signed["encap_content_info"] = {"content_type": "data", "content": b"x"}


FORMS = {
    "of a version to come": replace(GOOD, info={"version": 2}),
    "with an extension that must be understood": replace(
        GOOD, info={"extensions": [{"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}]}
    ),
    "with an accuracy of 1,000 milliseconds": replace(GOOD, accuracy={"millis": 1_000}),
    "with two signatures": replace(GOOD, bend=two_signatures),
    "with no signature": replace(GOOD, bend=no_signature),
    "of something else": replace(GOOD, bend=another_content),
    "without its certificate": replace(GOOD, shown=(between(),)),
    "that does not say which certificate it means": replace(GOOD, ess=()),
    "that says so twice": replace(GOOD, ess=("sha256", "sha512")),
    "that does not say what kind of thing was signed": replace(GOOD, without=("content_type",)),
    "that does not say what was signed": replace(GOOD, without=("message_digest",)),
    "with too many certificates": replace(GOOD, shown=(*GOOD.shown, *[root()] * 15)),
}


@pytest.mark.parametrize("bad", FORMS.values(), ids=FORMS)
def test_a_token_of_another_form_is_refused(bad):
    assert code_of(bad.token(DIGEST)) == "timestamp-invalid"


def test_an_extension_that_need_not_be_understood_is_passed_over():
    extensions = [{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}]
    assert checked(replace(GOOD, info={"extensions": extensions}).token(DIGEST), DIGEST, ROOTS) == SAID


@pytest.mark.parametrize("text", [b"20260305120000+0100", b"202603051200Z", b"20260335120000Z", b"20260305120000"])
def test_a_time_that_is_not_utc_with_seconds_is_refused(text):
    value = core.GeneralizedTime(contents=text)
    assert code_of(replace(GOOD, info={"gen_time": value}).token(DIGEST)) == "timestamp-invalid"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\x30",
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        TOKEN + b"\x00",
        TOKEN[:-1],
        b"\x30\x00",
        b"<html>",
        b"\x30\x80" * 5_000,
        b"\x30" * (TOKEN_BYTES_MAX + 1),
    ],
    ids=range(11),
)
def test_garbage_is_no_token(raw):
    assert code_of(raw) == "timestamp-invalid"


# Who signed it.


def resigned(signed):
    other = Stamper(by=stamper("rsa")).token(DIGEST)
    theirs = cms.ContentInfo.load(other)["content"]["signer_infos"][0]
    signed["signer_infos"][0]["signature"] = theirs["signature"].native


def another_time(signed):
    info = signed["encap_content_info"]["content"].parsed.copy()
    info["gen_time"] = AT.replace(year=2025)
    signed["encap_content_info"] = {"content_type": "tst_info", "content": info}


def hashed_otherwise(signed):
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha512_ecdsa"}


impostor = hold("Stamper ec", between(), usage=STAMPS)

UNTRUSTED = {
    "whose signature is another's": replace(GOOD, bend=resigned),
    "whose time was changed": replace(GOOD, bend=another_time),
    "that meant another certificate of the same key": replace(GOOD, meant=impostor),
    "that meant another by the old way alone": replace(GOOD, ess=("sha1",), meant=impostor),
    "that is hashed with SHA-1": replace(GOOD, hashed="sha1"),
    "signed by a key of 1,024 bits": by(hold("Short", between(), usage=STAMPS, kind="rsa1024")),
    "of a certificate for two purposes": by(hold("Two", between(), usage=TWO)),
    "of a certificate for another purpose": by(hold("Code", between(), usage=CODE)),
    "of a certificate for any purpose": by(hold("Any", between())),
    "of a certificate whose purpose is not critical": by(hold("Not critical", between(), usage=STAMPS, critical=False)),
    "of a certificate that had expired": by(hold("Old", between(), usage=STAMPS, days=(-10, -1))),
    "of a certificate that was not good yet": by(hold("New", between(), usage=STAMPS, days=(1, 10))),
    "of a certificate that nobody issued": by(hold("Alone", usage=STAMPS)),
    "whose authority in between is missing": Stamper(shown=(stamper(),)),
}


@pytest.mark.parametrize("bad", UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_token_that_nobody_who_is_trusted_signed_is_refused(bad):
    assert code_of(bad.token(DIGEST)) == "timestamp-untrusted"


def test_a_token_that_is_hashed_and_signed_in_two_ways_is_refused():
    assert code_of(replace(GOOD, bend=hashed_otherwise).token(DIGEST)) == "timestamp-invalid"


def usage(**said):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return ((x509.KeyUsage(**{name: said.get(name, False) for name in (*names, *more)}), True),)


CHAINS = {
    "an issuer that is no authority": hold("Plain", root(), usage=STAMPS, critical=False),
    "an authority for other purposes": hold("For code", root(), ca=True, usage=CODE, critical=False),
    "an authority that had expired": hold("Old between", root(), ca=True, days=(-10, -1)),
    "an authority that may not certify": hold("May not", root(), ca=True, more=usage(digital_signature=True)),
}


@pytest.mark.parametrize("issuer", CHAINS.values(), ids=CHAINS)
def test_a_chain_through_someone_who_may_not_is_refused(issuer):
    holder = hold("Stamper ec", issuer, usage=STAMPS)
    assert code_of(by(holder, issuer).token(DIGEST)) == "timestamp-untrusted"


def test_a_key_that_may_sign_signs_and_one_that_may_not_does_not():
    for said, expected in (("digital_signature", SAID), ("content_commitment", SAID), ("key_encipherment", None)):
        holder = hold("Stamper ec", between(), usage=STAMPS, more=usage(**{said: True}))
        assert outcome(by(holder).token(DIGEST)) == expected


def test_a_token_that_leads_to_another_root_is_refused():
    assert code_of(TOKEN, roots=[root("Elsewhere").der]) == "timestamp-untrusted"
    assert code_of(TOKEN, roots=[hold("Root", ca=True, kind="rsa").der]) == "timestamp-untrusted"
    assert code_of(TOKEN, roots=[hold("Root", ca=True, days=(-10, -1)).der]) == "timestamp-untrusted"
    assert code_of(TOKEN, roots=[]) == "timestamp-untrusted"


# Whatever else.


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_a_byte_that_is_changed_is_noticed_or_says_nothing(flip):
    said = {outcome(TOKEN[:at] + bytes([TOKEN[at] ^ flip]) + TOKEN[at + 1 :]) for at in range(len(TOKEN))}
    assert said <= {None, SAID}


@given(st.integers(0, len(TOKEN) - 1), st.integers(1, 255), st.booleans())
def test_any_change_of_a_byte_is_noticed_or_says_nothing(at, flip, is_ber):
    token = BER if is_ber else TOKEN
    assert outcome(token[:at] + bytes([token[at] ^ flip]) + token[at + 1 :]) in (None, SAID)


@given(st.data())
def test_what_is_cut_out_or_put_in_is_noticed_or_says_nothing(data):
    start = data.draw(st.integers(0, len(TOKEN)))
    end = data.draw(st.integers(start, min(start + 40, len(TOKEN))))
    assert outcome(TOKEN[:start] + data.draw(st.binary(max_size=40)) + TOKEN[end:]) in (None, SAID)


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(raw):
    assert outcome(raw) is None


# Roots.


def test_roots_are_read_from_pem(tmp_path):
    file = tmp_path / "roots.pem"
    file.write_bytes(root().pem + b"\ncomment\n" + root("Elsewhere").pem)
    assert read_roots(file) == (root().der, root("Elsewhere").der)


@pytest.mark.parametrize("content", [None, b"", b"none", b"-----BEGIN CERTIFICATE-----\nx\n", b"x" * 1_048_577])
def test_a_file_without_roots_is_refused(tmp_path, content):
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_roots(file)
    assert caught.value.code == "ca-unusable"


# The form in which some authorities write: lengths that are not said before, and content in pieces.


def parts(raw):
    found, at = [], 0
    while at < len(raw):
        start, size, at = at, raw[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(raw[at : at + width], "big"), at + width
        found.append((raw[at : at + size], raw[start : at + size]))
        at += size
    return found


def open_ended(tag, *within):
    return bytes([tag, 0x80]) + b"".join(within) + b"\x00\x00"


def in_ber(token):
    ((outer, _),) = parts(token)
    (_, kind), (inner, _) = parts(outer)
    ((signed, _),) = parts(inner)
    (_, version), (_, digests), (held, _), *rest = parts(signed)
    (_, content_kind), (tagged, _) = parts(held)
    ((content, _),) = parts(tagged)
    pieces = [content[at : at + 50] for at in range(0, len(content), 50)]
    octets = open_ended(0x24, *(bytes([4, len(piece)]) + piece for piece in pieces))
    held = open_ended(0x30, content_kind, open_ended(0xA0, octets))
    signed = open_ended(0x30, version, digests, held, *(whole for _, whole in rest))
    return open_ended(0x30, kind, open_ended(0xA0, signed))


BER = in_ber(TOKEN)


def test_a_token_in_ber_says_the_same():
    assert BER != TOKEN
    assert checked(BER, DIGEST, ROOTS) == SAID


# Without anybody to trust.


def test_what_a_token_says_of_itself_is_the_same_and_needs_no_root():
    assert claimed(TOKEN, DIGEST) == SAID
    assert authority_of(TOKEN) == SAID.authority
    with pytest.raises(BadInput) as caught:
        checked(TOKEN, DIGEST, [])
    assert caught.value.code == "timestamp-untrusted"


def test_of_other_bytes_it_says_nothing():
    with pytest.raises(BadInput) as caught:
        claimed(TOKEN, bytes(32))
    assert caught.value.code == "timestamp-other"


def test_a_signature_that_is_not_that_of_its_certificate_is_none_whomever_one_trusts():
    def bend(signed):
        made = signed["signer_infos"][0]["signature"].native
        signed["signer_infos"][0]["signature"] = made[:-1] + bytes([made[-1] ^ 1])

    with pytest.raises(BadInput) as caught:
        claimed(Stamper(bend=bend).token(DIGEST), DIGEST)
    assert caught.value.code == "timestamp-untrusted"


@pytest.mark.parametrize("token", [b"", b"x", b"\x30\x00", TOKEN[:-1], b"\x00" * 70_000])
def test_who_signed_what_is_no_token_cannot_be_told(token):
    assert authority_of(token) == ""
