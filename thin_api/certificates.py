"""Whose key signed it: an X.509 certificate checked up to a trusted root, at a given time.

The chain is built and checked by `cryptography` under the rules of the web's PKI: SHA-2
signatures, RSA keys of 2048 bits or more, validity, CA flags and key usages, path lengths, name
constraints. What is added here: the name the certificate has to bear, in the SAN and, where there
is one, in the CN; and an RSA key that may sign.

Revocation is not looked up: a revocation server that is away would stop deliveries.
"""

import re
import ssl
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

MAX_CERTIFICATES = 8  # served together
MAX_INTERMEDIATES = 4  # between a certificate and its root
MIN_KEY_BITS = 2048

Loader = Callable[[bytes], x509.Certificate]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


class Untrusted(Exception):
    """No certificate, or none to be trusted; args[0] says why in words of our own or OpenSSL's."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A trusted certificate's key; valid between two Unix times (seconds), as is its chain."""

    key: RSAPublicKey
    not_before: float
    not_after: float

    def is_valid_at(self, time: float) -> bool:
        """Whether the whole chain is valid at this Unix time."""
        return self.not_before <= time <= self.not_after

    def has_signed(self, signature: bytes, data: bytes) -> bool:
        """Whether this is the key's RSA signature: PKCS#1 v1.5 with SHA-256."""
        try:
            self.key.verify(signature, data, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def read_pem(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM text, a few at most. Raises Untrusted."""
    blocks = _PEM.findall(pem)
    if not 0 < len(blocks) <= MAX_CERTIFICATES:
        raise Untrusted(f"{len(blocks)} certificates")
    try:
        return [_load(x509.load_pem_x509_certificate, block) for block in blocks]
    except ValueError:
        raise Untrusted("not an X.509 certificate") from None


def read_trust_store(path: Path | None) -> Store:
    """Return the certificates that may issue others: a PEM file's, or else the system's roots.

    Whatever the file holds is trusted, an intermediate as well as a root. Raises Untrusted where
    there is nothing to trust.
    """
    if path is not None:
        try:
            blocks = _PEM.findall(path.read_bytes())
        except OSError as error:
            raise Untrusted(f"the trust store cannot be read: {error.strerror}") from None
        found = _readable(x509.load_pem_x509_certificate, blocks)
    else:
        roots = ssl.create_default_context().get_ca_certs(binary_form=True)
        # None where OpenSSL has them in a folder: then those that httpx brings.
        roots = roots or httpx.create_ssl_context().get_ca_certs(binary_form=True)
        found = _readable(x509.load_der_x509_certificate, roots)
    if not found:
        raise Untrusted("the trust store holds no certificate")
    return Store(found)


def check(
    certificates: list[x509.Certificate], store: Store, name: re.Pattern[str], time: float
) -> Signer:
    """Return the key of the certificate that bears the name, where it chains to the trust store.

    certificates: that one and its intermediates, in any order. name: what the whole name has to
    match. time: Unix time, seconds. Raises Untrusted.
    """
    try:
        for certificate in certificates:
            if subject := _name(certificate, name):
                others = [other for other in certificates if other != certificate]
                return _check(certificate, others, store, subject, time)
    except VerificationError as error:
        raise Untrusted(str(error).partition(" (encountered")[0]) from None
    except (
        ValueError,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    ):
        raise Untrusted("a certificate that cannot be read") from None
    raise Untrusted("no certificate of the name")


def _check(
    leaf: x509.Certificate,
    others: list[x509.Certificate],
    store: Store,
    subject: x509.DNSName,
    time: float,
) -> Signer:
    moment = datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
    policy = PolicyBuilder().store(store).time(moment).max_chain_depth(MAX_INTERMEDIATES)
    chain = policy.build_server_verifier(subject).verify(leaf, others)
    key = leaf.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise Untrusted("no RSA key of 2048 bits or more")
    if not _may_sign(leaf):
        raise Untrusted("the key is not for signatures")
    return Signer(
        key,
        max(certificate.not_valid_before_utc.timestamp() for certificate in chain),
        min(certificate.not_valid_after_utc.timestamp() for certificate in chain),
    )


def _name(certificate: x509.Certificate, name: re.Pattern[str]) -> x509.DNSName | None:
    """Return the certificate's name that matches, unless its CN is another one."""
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not all(isinstance(c.value, str) and name.fullmatch(c.value) for c in common):
        return None
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return None
    for value in extension.value.get_values_for_type(x509.DNSName):
        if name.fullmatch(value):
            return x509.DNSName(value)
    return None


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature


def _load(load: Loader, data: bytes) -> x509.Certificate:
    """Raises ValueError."""
    # What `cryptography` only warns of (a serial number of 0) it is going to refuse.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return load(data)
        except (x509.InvalidVersion, Warning) as error:
            raise ValueError(str(error)) from None


def _readable(load: Loader, found: Iterable[bytes]) -> list[x509.Certificate]:
    """Return the certificates that can be read: the system's roots hold some odd old ones."""
    certificates = []
    for data in found:
        try:
            certificates.append(_load(load, data))
        except ValueError:
            continue
    return certificates
