"""Chains of certificates: good ones, and each way to be bad."""

import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import SignatureAlgorithmOID
from cryptography.x509.verification import Store

from thin_api.certificates import Signer, Untrusted, check, read_pem
from thin_api.tests.certificate_maker import (
    CLIENT,
    NAME,
    SINCE,
    UNTIL,
    Made,
    intermediate,
    make,
    root,
    rsa_key,
    signer,
)
from thin_api.tests.shim_fixtures import NOW
from thin_api.verify.paypal_certs import NAME as PAYPAL

# Their DER: 1.2.840.113549.1.1.11 and .5
RSA_WITH_SHA256, RSA_WITH_SHA1 = (bytes.fromhex(f"06092a864886f70d0101{n}") for n in ("0b", "05"))
CODE_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.3")


def trusted(*served: Made, by: Made | None = None, at: float = NOW) -> Signer:
    certificates = read_pem(b"".join(made.pem for made in served))
    return check(certificates, Store([(by or root()).certificate]), PAYPAL, at)


def why_not(*served: Made, by: Made | None = None, at: float = NOW) -> str:
    with pytest.raises(Untrusted) as untrusted:
        trusted(*served, by=by, at=at)
    return str(untrusted.value)


def test_a_good_chain() -> None:
    found = trusted(signer(), intermediate())
    assert (found.not_before, found.not_after) == (SINCE.timestamp(), UNTIL.timestamp())
    signature = rsa_key(f"leaf {NAME}").sign(b"data", padding.PKCS1v15(), SHA256())
    assert found.has_signed(signature, b"data")
    assert not found.has_signed(signature, b"date")
    assert not found.has_signed(signature[:-1], b"data")
    assert trusted(make(root()))  # without an intermediate
    assert trusted(intermediate(), signer())  # in another order
    assert trusted(signer(), intermediate(), make(None, name="x.example.com"))
    assert trusted(make(root(), algorithm=SHA384()))


@pytest.mark.parametrize(
    "name",
    ["messageverificationcerts.sandbox.paypal.com", "messageverificationcerts-2.paypal.com"],
)
def test_names_of_paypal(name: str) -> None:
    assert trusted(make(root(), name=name))
    assert trusted(make(root(), name=name, common_name=""))


@pytest.mark.parametrize(
    "name",
    [
        "paypal.com",
        "www.paypal.com",
        "api.paypal.com",
        "*.paypal.com",
        "messageverificationcerts.paypal.com.example.com",
        "messageverificationcerts.example.com",
        "messageverificationcertspaypal.com",
        "messageverificationcerts.notpaypal.com",
        "messageverificationcerts.paypalxcom",
        "x.messageverificationcerts.paypal.com",
        "messageverificationcerts.*.paypal.com",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    assert why_not(make(root(), name=name)) == "no certificate of the name"
    assert why_not(make(root(), name=name, common_name=NAME)) == "no certificate of the name"
    assert why_not(make(root(), common_name=name)) == "no certificate of the name"


def test_a_common_name_alone_is_refused() -> None:
    assert why_not(make(root(), name=None, common_name=NAME)) == "no certificate of the name"


def test_a_self_signed_certificate_is_refused() -> None:
    assert "candidates exhausted" in why_not(make(None))


def test_an_unknown_root_is_refused_whatever_its_name() -> None:
    another = make(None, name="A root", key=rsa_key("another"), ca=True)
    assert "candidates exhausted" in why_not(make(another))
    assert "candidates exhausted" in why_not(make(another), another)
    issuer = make(another, name="An issuer", key=rsa_key("issuer"), ca=True, path_length=0)
    assert "candidates exhausted" in why_not(signer(), issuer)


def test_a_missing_intermediate_is_refused() -> None:
    assert "candidates exhausted" in why_not(signer())


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("which", ["leaf", "issuer", "root"])
def test_every_certificate_of_the_chain_has_to_be_valid_at_the_time(which: str, late: bool) -> None:
    day = datetime(2025, 6, 15, tzinfo=UTC)
    near, far = (day.timestamp() + side for side in ((-1, 1) if late else (1, -1)))

    def dated(name: str, issuer: Made | None, as_: str, *, ca: bool = True) -> Made:
        since, until = (SINCE, day) if late else (day, UNTIL)
        if name != which:
            since, until = SINCE, UNTIL
        return make(issuer, name=as_, key=rsa_key(name), ca=ca, since=since, until=until)

    top = dated("root", None, "A root")
    between = dated("issuer", top, "An issuer")
    leaf = dated("leaf", between, NAME, ca=False)
    found = trusted(leaf, between, by=top, at=near)
    assert found.is_valid_at(near)
    assert not found.is_valid_at(far)
    reason = why_not(leaf, between, by=top, at=far)
    assert reason == "validation failed: cert is not valid at validation time" or (
        which != "leaf" and "candidates exhausted" in reason
    )


@pytest.mark.parametrize(
    ("ca", "usages"),
    [
        (True, {"digital_signature", "key_cert_sign"}),
        (True, {"digital_signature"}),
        (False, {"digital_signature", "key_cert_sign"}),
    ],
)
def test_a_ca_is_no_signer(ca: bool, usages: set[str]) -> None:
    made = make(root(), ca=ca, named=True, usages=frozenset(usages))
    assert "validation failed" in why_not(made)
    assert "validation failed" in why_not(made, by=made)  # nor where it is trusted itself


def test_an_intermediate_has_to_be_a_ca() -> None:
    for usages in (None, frozenset({"digital_signature", "key_cert_sign"})):
        no_ca = make(root(), name="issuer.example.com", key=rsa_key("issuer"), usages=usages)
        leaf = make(no_ca)
        assert "candidates exhausted" in why_not(leaf, no_ca)
        assert "candidates exhausted" in why_not(leaf, by=no_ca)
    cannot_sign = make(
        root(), name="An issuer", key=rsa_key("issuer"), ca=True, usages=frozenset({"crl_sign"})
    )
    assert "candidates exhausted" in why_not(make(cannot_sign), cannot_sign)


def test_a_path_is_no_longer_than_a_ca_allows() -> None:
    below = make(intermediate(), name="Below", key=rsa_key("below"), ca=True)
    assert "candidates exhausted" in why_not(make(below), below, intermediate())


def test_a_signature_with_sha1_is_refused() -> None:
    """`cryptography` makes none any more, so one is made of a good one: other OIDs, signed anew."""
    good = make(root()).certificate
    body, whole = good.tbs_certificate_bytes, good.public_bytes(Encoding.DER)
    rest = whole[whole.index(body) + len(body) : -len(good.signature)]
    body, rest = (part.replace(RSA_WITH_SHA256, RSA_WITH_SHA1) for part in (body, rest))
    key = root().key
    assert isinstance(key, RSAPrivateKey)
    signature = key.sign(body, padding.PKCS1v15(), SHA1())  # noqa: S303
    head = whole[: whole.index(good.tbs_certificate_bytes)]
    weak = x509.load_der_x509_certificate(head + body + rest + signature)
    assert weak.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA1
    with pytest.raises(Untrusted, match="Forbidden signature algorithm"):
        check([weak], Store([root().certificate]), PAYPAL, NOW)


def test_a_weak_or_other_key_is_refused() -> None:
    for key in (rsa_key("weak", 1024), ec.generate_private_key(ec.SECP256R1())):
        assert why_not(make(root(), key=key))


def test_a_key_that_is_for_other_things_is_refused() -> None:
    other = make(root(), usages=frozenset({"key_encipherment"}))
    assert why_not(other) == "the key is not for signatures"
    assert "EKU" in why_not(make(root(), purposes=(CODE_SIGNING,)))
    assert "EKU" in why_not(make(root(), purposes=(CLIENT,)))


def test_any_flipped_bit_of_a_certificate_is_refused() -> None:
    der = signer().certificate.public_bytes(Encoding.DER)
    other = intermediate().certificate.public_bytes(Encoding.DER)
    store = Store([root().certificate])
    assert check(read_pem(_pem(der) + _pem(other)), store, PAYPAL, NOW)
    for place in range(len(der)):
        forged = bytearray(der)
        forged[place] ^= 1 << place % 8
        pem = b"".join(map(_pem, (bytes(forged), other)))
        with pytest.raises(Untrusted):
            check(read_pem(pem), store, PAYPAL, NOW)


def _pem(der: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(der).encode()
