"""Certificates as files: PayPal's own of 2015, what is none, and trust stores."""

import re
from datetime import UTC, datetime
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import Store

from thin_api.certificates import Untrusted, check, read_pem, read_trust_store
from thin_api.tests.certificate_maker import intermediate, root, signer
from thin_api.tests.shim_fixtures import NOW, shared_folder
from thin_api.verify.paypal_certs import NAME as PAYPAL

IN_2015 = datetime(2015, 5, 18, 15, 45, 13, tzinfo=UTC).timestamp()

# -- PayPal's own ----------------------------------------------------------------------------------


def real(name: str) -> bytes:
    file = shared_folder() / "providers/vectors/certs" / name
    if not file.exists():
        pytest.skip(f"{file.name} is not here (set HOOKLEDGER_SHARED)")
    return file.read_bytes()


LEAF, SELF_SIGNED = "CERT-360caa42-fca2a594-a5cafa77.pem", "CERT-360caa42-35c2ed1e-21e9a5d6.pem"
ISSUER = "DigiCertSHA2ExtendedValidationServerCA.crt.pem"
ROOT = "DigiCertHighAssuranceEVRootCA.crt.pem"


def store_of(tmp_path: Path, *names: str) -> Store:
    file = tmp_path / "store.pem"
    file.write_bytes(b"".join(map(real, names)))
    return read_trust_store(file)


def test_the_real_chain_is_trusted_in_its_time_only(tmp_path: Path) -> None:
    served, store = read_pem(real(LEAF) + real(ISSUER)), store_of(tmp_path, ROOT)
    found = check(served, store, PAYPAL, IN_2015)
    since, until = datetime(2015, 3, 18, tzinfo=UTC), datetime(2017, 3, 22, 12, tzinfo=UTC)
    assert (found.not_before, found.not_after) == (since.timestamp(), until.timestamp())
    for time in (since.timestamp(), until.timestamp()):
        assert check(served, store, PAYPAL, time) == found
    for time in (since.timestamp() - 1, until.timestamp() + 1, NOW):
        with pytest.raises(Untrusted, match="not valid at validation time"):
            check(served, store, PAYPAL, time)


def test_a_trust_store_may_hold_the_issuer_that_paypal_does_not_serve(tmp_path: Path) -> None:
    served = read_pem(real(LEAF))
    for names in ((ISSUER,), (ROOT, ISSUER)):
        assert check(served, store_of(tmp_path, *names), PAYPAL, IN_2015)
    with pytest.raises(Untrusted, match="candidates exhausted"):
        check(served, store_of(tmp_path, ROOT), PAYPAL, IN_2015)


def test_the_certificate_of_2014_is_refused_even_where_it_is_trusted(tmp_path: Path) -> None:
    for names in ((ROOT,), (SELF_SIGNED,)):
        for name in (PAYPAL, re.compile(".*")):
            with pytest.raises(Untrusted, match="no certificate of the name"):
                check(read_pem(real(SELF_SIGNED)), store_of(tmp_path, *names), name, IN_2015)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"{}",
        b"<html>",
        signer().certificate.public_bytes(Encoding.DER),
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        signer().key_pem,
        signer().pem[:-10],
        signer().pem * 9,
    ],
)
def test_what_is_no_certificate(pem: bytes) -> None:
    with pytest.raises(Untrusted):
        read_pem(pem)


def test_text_around_certificates_is_no_matter() -> None:
    pem = b"subject=x\n" + signer().pem.replace(b"\n", b"\r\n") + b"\nissuer=y\n" + root().pem
    assert read_pem(pem) == [signer().certificate, root().certificate]


# -- the trust store -------------------------------------------------------------------------------


def test_without_a_file_the_systems_roots_are_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.pem"
    own.write_bytes(root().pem)
    served = read_pem(signer().pem + intermediate().pem)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert check(served, read_trust_store(None), PAYPAL, NOW)
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    with pytest.raises(Untrusted):
        check(served, read_trust_store(None), PAYPAL, NOW)


def test_a_trust_store_without_a_certificate_is_no_trust_store(tmp_path: Path) -> None:
    with pytest.raises(Untrusted, match="cannot be read: No such file"):
        read_trust_store(tmp_path / "nothing.pem")
    (tmp_path / "empty.pem").write_text("# later\n")
    with pytest.raises(Untrusted, match="holds no certificate"):
        read_trust_store(tmp_path / "empty.pem")
