"""PayPal: RSA with a certificate that the delivery names, or asking PayPal ("postback").

Rules from developer.paypal.com/api/rest/webhooks and PayPal's SDKs. Signed, with RSA PKCS#1 v1.5
and SHA-256, is `<transmission id>|<transmission time>|<webhook id>|<CRC32 of the raw body>`, the
CRC32 unsigned and decimal. The webhook id is what PayPal gave the merchant's webhook; it is not
sent, so each of the endpoint's secrets, which are these ids, is tried. `WEBHOOK_ID` never counts:
under it anyone can have PayPal's simulator sign.

offline (default): the certificate is fetched from one of HOOKLEDGER_PAYPAL_CERT_HOSTS, has to be
issued to messageverificationcerts*.paypal.com and to chain to a trusted root at the time of
arrival. postback: PayPal's API is asked, and nothing is fetched. Either way what is cheap to see
comes first: headers that are there and well-formed, SHA256withRSA (SHA-1 is refused), and a
certificate URL on an allowed host. Where PayPal does not answer, the delivery is told to come
again, which it does up to 25 times within three days.

The transmission time is signed, but no window applies: nothing says that a retry is signed anew. A
replay is stopped by the dedup gate.

A CRC32 is no digest: whoever holds one authentic delivery can find another body of the same CRC32,
and so of the same signature. What cannot be changed is the transmission id. The procedure takes it
as what signs the delivery: a known transmission id with another body is a dead letter
(`delivery_id_conflict`). So a forged body has to come before the authentic one, from someone who
reads what PayPal sends here. Postback is no better in this: PayPal compares the same CRC32.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from thin_api.settings import Settings
from thin_api.verify import Delivery, Endpoint, Outside, Unverified, Verified
from thin_api.verify.paypal_api import is_confirmed
from thin_api.verify.paypal_certs import find_signer

name = "paypal"
SAMPLE = "PAYMENT.CAPTURE.COMPLETED"
DEMO_SETTINGS: Mapping[str, str] = {
    "verification": "postback",
    "client_id": "hookledger-demo",
    "client_secret": "hookledger-demo-secret",
}

ID, TIME, SIGNATURE = (f"paypal-transmission-{part}" for part in ("id", "time", "sig"))
CERT_URL, ALGORITHM = "paypal-cert-url", "paypal-auth-algo"
FORWARDED = frozenset({ID, TIME, CERT_URL, ALGORITHM})
ALIASES: Mapping[str, str] = {}

SHA256_WITH_RSA = "SHA256withRSA"
SIGNATURE_BYTES = range(256, 513)  # RSA keys of 2048 to 4096 bits
SIMULATOR = "WEBHOOK_ID"

# Nothing may hold a "|", else one signature would fit two deliveries.
_ID = re.compile(r"[A-Za-z0-9-]{1,50}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_WEBHOOK_ID = re.compile(r"[A-Za-z0-9_-]{1,50}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{340,684}={0,2}")
_URL = re.compile(r"https://([a-z0-9.:-]{1,255})/v1/notifications/certs/CERT-[A-Za-z0-9-]{1,128}")

# What `sign` names: it is not PayPal's, so offline it is refused without asking for it.
STAND_IN_CERT = "https://api.paypal.com/v1/notifications/certs/CERT-hookledger-stand-in"


@dataclass(frozen=True, slots=True)
class Transmission:
    """The headers of a delivery, well-formed, as they came."""

    id: str
    time: str
    signature: str
    cert_url: str

    def signed_bytes(self, webhook_id: str, body: bytes) -> bytes:
        """Return what PayPal signs."""
        return f"{self.id}|{self.time}|{webhook_id}|{zlib.crc32(body)}".encode("ascii")

    def members(self) -> dict[str, str]:
        """Return what PayPal is told of it when it is asked."""
        return {
            "auth_algo": SHA256_WITH_RSA,
            "cert_url": self.cert_url,
            "transmission_id": self.id,
            "transmission_sig": self.signature,
            "transmission_time": self.time,
        }


async def verify(delivery: Delivery, endpoint: Endpoint, outside: Outside) -> Verified:
    """Check the signature or ask PayPal; raise Unverified, Unreachable."""
    transmission = read_transmission(delivery.headers, outside.settings)
    now = delivery.received_at
    ids = [i for i in endpoint.secrets if _WEBHOOK_ID.fullmatch(i) and i != SIMULATOR]
    if endpoint.settings.get("verification") == "postback":
        members = transmission.members()
        if not await is_confirmed(members, delivery.body, ids, now, endpoint, outside):
            raise Unverified("bad_signature")
        return Verified("postback", delivery.body)
    if not ids or transmission.cert_url == STAND_IN_CERT:
        raise Unverified("bad_signature")
    signer = await find_signer(transmission.cert_url, now, endpoint, outside)
    signature = base64.b64decode(transmission.signature)
    matches = [
        signer.has_signed(signature, transmission.signed_bytes(webhook_id, delivery.body))
        for webhook_id in ids
    ]
    if not any(matches):
        raise Unverified("bad_signature")
    return Verified("signature", delivery.body)


def read_transmission(headers: Mapping[str, str], settings: Settings) -> Transmission:
    """Return the headers that verify a delivery. Raises Unverified; costs nothing to call."""
    values = [headers.get(header) for header in (ID, TIME, SIGNATURE, CERT_URL, ALGORITHM)]
    if not all(values):
        raise Unverified("missing_signature")
    sent_id, time, signature, url, algorithm = map(str, values)
    location = _URL.fullmatch(url)
    if (
        algorithm != SHA256_WITH_RSA
        or not _ID.fullmatch(sent_id)
        or not _TIME.fullmatch(time)
        or not _is_signature(signature)
        or location is None
    ):
        raise Unverified("malformed_signature")
    if location[1] not in settings.paypal_cert_hosts:
        raise Unverified("bad_signature")
    return Transmission(sent_id, time, signature, url)


def _is_signature(text: str) -> bool:
    """Whether it is the base64 of an RSA signature, in the one spelling that it has."""
    if not _BASE64.fullmatch(text):
        return False
    try:
        signature = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return len(signature) in SIGNATURE_BYTES and base64.b64encode(signature).decode() == text


# -- what is sent from here ------------------------------------------------------------------------


def sign(body: bytes, secret: str, *, topic: str | None, now: float) -> dict[str, str]:  # noqa: ARG001
    """Return the headers of a delivery that the stand-in confirms, and nobody else.

    PayPal's key is PayPal's: the signature is of the right shape only, made of the webhook id. The
    transmission id is derived from the body: the same body sent again is a redelivery.
    """
    sent = Transmission(
        str(UUID(bytes=hashlib.sha256(body).digest()[:16], version=1)),
        datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "",
        STAND_IN_CERT,
    )
    return {
        "content-type": "application/json",
        ID: sent.id,
        TIME: sent.time,
        SIGNATURE: _stand_in_signature(sent, secret, body),
        CERT_URL: sent.cert_url,
        ALGORITHM: SHA256_WITH_RSA,
        "paypal-auth-version": "v2",
    }


def stand_in_accepts(message: Mapping[str, object], raw_body: bytes) -> bool:
    """Whether `sign` made this: the answer of the stand-in's verify-webhook-signature.

    message: the question's members, of any type, webhook_event aside. raw_body: webhook_event as it
    stands in the question (`paypal_api.read_message` tells both).
    """
    values = {key: value for key, value in message.items() if isinstance(value, str)}
    sent = Transmission(
        values.get("transmission_id", ""),
        values.get("transmission_time", ""),
        values.get("transmission_sig", ""),
        values.get("cert_url", ""),
    )
    webhook_id = values.get("webhook_id", "")
    told = sent.members() | {"webhook_id": webhook_id}
    if (
        not webhook_id
        or sent.cert_url != STAND_IN_CERT
        or any(values.get(key) != value for key, value in told.items())
    ):
        return False
    expected = _stand_in_signature(sent, webhook_id, raw_body).encode()
    return hmac.compare_digest(expected, sent.signature.encode("utf-8", "surrogatepass"))


def _stand_in_signature(sent: Transmission, webhook_id: str, body: bytes) -> str:
    """Return the base64 of 256 bytes that only who knows the webhook id can make."""
    key = b"hookledger stand-in " + webhook_id.encode("utf-8", "surrogatepass")
    text = f"{sent.id}|{sent.time}|".encode("utf-8", "surrogatepass")
    data = text + hashlib.sha256(body).digest()
    parts = [hmac.digest(key, bytes([part]) + data, "sha512") for part in range(4)]
    return base64.b64encode(b"".join(parts)).decode()


def new_secret() -> str:
    """Return a random webhook id of PayPal's shape: 17 capital letters and digits."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(17))
