"""Certificates made for a test: good ones, and each way to be bad."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "messageverificationcerts.paypal.com"
SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(which: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the key of this name, made once: it takes a while."""
    assert which
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make(
    issuer: Made | None,
    *,
    name: str | None = NAME,
    common_name: str | None = None,
    named: bool | None = None,
    key: Key | None = None,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    ca: bool = False,
    path_length: int | None = None,
    usages: frozenset[str] | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = (SERVER, CLIENT),
    algorithm: SHA256 | SHA384 | None = None,
) -> Made:
    """Return a certificate of the issuer, or a self-signed one.

    name: the SAN, None for none. common_name: by default the same; "" for none. named: whether it
    has a SAN; by default a CA has none. usages: what the key may do; by default what a CA, or else
    a signer, needs.
    """
    key = key or rsa_key(f"leaf {name}")
    common = name if common_name is None else common_name
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])
    issuing = issuer.key if issuer else key
    usages = usages if usages is not None else _default_usages(ca)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(_key_usage(usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
    )
    if name and (not ca if named is None else named):
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=not common)
    if purposes and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return Made(builder.sign(issuing, algorithm or SHA256()), key)


def _default_usages(ca: bool) -> frozenset[str]:
    return frozenset(
        {"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "key_encipherment"}
    )


def _key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{usage: usage in usages for usage in every})


@cache
def root() -> Made:
    """Return the root that tests trust."""
    return make(None, name="A root", key=rsa_key("root"), ca=True)


@cache
def intermediate() -> Made:
    """Return what the root lets issue certificates."""
    return make(root(), name="An issuer", key=rsa_key("issuer"), ca=True, path_length=0)


@cache
def signer() -> Made:
    """Return a certificate as PayPal's."""
    return make(intermediate())
