"""Standard Webhooks' signatures: published vectors, our own, and which secrets count."""

import base64
import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from thin_api.tests.shim_fixtures import NOW, refusal, shared_json
from thin_api.verify import REFUSALS, forwarded, load_providers

pytestmark = pytest.mark.anyio

standard = load_providers()["standard"]
BODY = b'{"type":"order.paid","data":{"note":"\xc3\xa9"}}'
T = int(NOW)
ID = "msg_2abc"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


KEY = bytes(range(32))
SECRET = "whsec_" + b64(KEY)
SEED = bytes(range(1, 33))
PRIVATE = Ed25519PrivateKey.from_private_bytes(SEED)
WHSK = "whsk_" + b64(SEED)
WHPK = "whpk_" + b64(PRIVATE.public_key().public_bytes_raw())


def content(body: bytes, message_id: str, timestamp: object) -> bytes:
    return f"{message_id}.{timestamp}.".encode("latin-1") + body


def v1(body: bytes = BODY, key: bytes = KEY, message_id: str = ID, timestamp: object = T) -> str:
    digest = hmac.new(key, content(body, message_id, timestamp), hashlib.sha256).digest()
    return f"v1,{b64(digest)}"


def v1a(body: bytes = BODY, message_id: str = ID, timestamp: object = T) -> str:
    return f"v1a,{b64(PRIVATE.sign(content(body, message_id, timestamp)))}"


def family(
    signature: str, message_id: str = ID, timestamp: object = T, prefix: str = "webhook"
) -> dict[str, str]:
    return {
        f"{prefix}-id": message_id,
        f"{prefix}-timestamp": str(timestamp),
        f"{prefix}-signature": signature,
    }


async def ask(signature: str, *secrets: str, body: bytes = BODY, now: float = NOW) -> str | None:
    return await refusal(standard, family(signature), body, *(secrets or (SECRET,)), now=now)


async def test_published_vectors() -> None:
    published = shared_json("providers/vectors/standard_webhooks.json")
    for vector in published["vectors"]:
        for prefix in ("webhook", "svix"):
            headers = family(vector["signature"], vector["id"], vector["timestamp"], prefix)
            body, now = vector["body"].encode(), float(vector["timestamp"])
            reason = await refusal(standard, headers, body, vector["secret"], now=now)
            assert (reason is None) == (vector["expect"] == "valid"), vector
            assert reason is None or reason in REFUSALS


async def test_the_specifications_example_is_well_formed() -> None:
    """Its secret is not published: the signature is read, and does not match another secret."""
    published = shared_json("providers/vectors/standard_webhooks.json")
    for example in published["parse_only"]:
        headers = family(example["signature"], example["id"], example["timestamp"])
        body, now = example["body_minified"].encode(), float(example["timestamp"])
        reason = await refusal(standard, headers, body, SECRET, WHPK, now=now)
        assert reason == "bad_signature"


@pytest.mark.parametrize(
    ("secret", "signature"),
    [
        (
            "whsec_YSBrZXkgb2YgdHdlbnR5LXNpeCBieXRlcyE=",
            "v1,BtzHhw0+pwAozW2f5OMzT77TRgIoxICS75Uoa39uyYM=",
        ),
        (
            "whpk_15pUbh5KPExqjubJL1RDFRdoStZVIrK+fYATKAL0iKs=",
            (
                "v1a,/pGf1i8RC1kl8Ilbve5tdvTTvmb1OMD0KVt9zIdA/CHPaX0KC6erWRrgTBJKk0SQHvwBti1i2wmM"
                "vILTq674AQ=="
            ),
        ),
    ],
    ids=["v1", "v1a"],
)
async def test_known_answers(secret: str, signature: str) -> None:
    """Computed with OpenSSL (dgst -mac HMAC, pkeyutl -sign) over 'msg_known.1750000000.{}'."""
    headers = family(signature, "msg_known", 1750000000)
    assert (await refusal(standard, headers, b"{}", secret)) is None
    assert (await refusal(standard, headers, b"{} ", secret)) == "bad_signature"


@pytest.mark.parametrize(
    ("signing", "verifying"),
    [(SECRET, SECRET), (WHSK, WHPK), ("whsk_" + b64(SEED + bytes(32)), WHPK)],
    ids=["shared", "seed", "seed and public key"],
)
async def test_what_is_signed_here_is_accepted(signing: str, verifying: str) -> None:
    headers = standard.sign(BODY, signing, topic="order.paid", now=NOW)
    assert (await refusal(standard, headers, BODY, verifying)) is None
    assert forwarded(standard, headers) == {"webhook-id": headers["webhook-id"]}
    again = standard.sign(BODY, signing, topic=None, now=NOW + 60)
    assert again["webhook-id"] == headers["webhook-id"]
    other = standard.sign(BODY + b" ", signing, topic=None, now=NOW)
    assert other["webhook-id"] != headers["webhook-id"]


async def test_a_new_secret_works_and_is_new() -> None:
    secret = standard.new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    headers = standard.sign(BODY, secret, topic=None, now=NOW)
    assert (await refusal(standard, headers, BODY, secret)) is None
    assert (await refusal(standard, headers, BODY, standard.new_secret())) == "bad_signature"


async def test_any_of_several_signatures_and_secrets_may_match() -> None:
    other = v1(key=bytes(32))
    for listed in (
        f"{other} {v1()}",
        f"{v1()} {other}",
        f"{v1a()} {v1()}",
        f" {v1()}  {other} ",
        f"v2,x nonsense v1 , v1, v1,short v1a,short {v1()} v1b,{'A' * 43}=",
        f"{v1()} " + " ".join(f"v{i},AAAA" for i in range(2, 100)),
    ):
        assert (await ask(listed)) is None, listed
        assert (await ask(listed, standard.new_secret(), WHPK, SECRET)) is None
        assert (await ask(listed, standard.new_secret())) == "bad_signature"
    assert (await ask(f"{other} {v1a()}", SECRET, WHPK)) is None
    assert (await ask(other, SECRET, WHPK)) == "bad_signature"


async def test_a_version_counts_for_its_own_kind_of_key_only() -> None:
    public = base64.b64decode(WHPK.removeprefix("whpk_"))
    for key in (public, WHPK.encode(), WHPK.removeprefix("whpk_").encode(), b""):
        assert (await ask(v1(key=key), WHPK)) == "bad_signature"
    assert (await ask(v1(key=SEED), WHSK)) == "bad_signature"
    assert (await ask(v1a(), WHSK)) == "bad_signature"
    assert (await ask(v1a(), SECRET, WHPK.removeprefix("whpk_"))) == "bad_signature"


@pytest.mark.parametrize("size", [24, 25, 26, 64])
@pytest.mark.parametrize("prefix", ["whsec_", ""])
async def test_secrets_of_the_specified_sizes(size: int, prefix: str) -> None:
    key = bytes(range(size))
    for secret in (prefix + b64(key), prefix + b64(key).rstrip("=")):
        assert (await ask(v1(key=key), secret)) is None


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_" + b64(bytes(23)),
        "whsec_" + b64(bytes(65)),
        "whsec_" + b64(bytes(32)).replace("A", "_"),
        "whsec_" + b64(bytes(32)) + " ",
        "whsec_not base64",
        "whsec_whsec_" + b64(bytes(32)),
        "WHSEC_" + b64(bytes(32)),
        "whpk_" + b64(bytes(31)),
        "whpk_",
        "whsk_" + b64(bytes(32)),
        "a test secret",
        "\u00e9" * 32,
        "\udcff" * 32,
    ],
)
async def test_a_secret_that_cannot_be_decoded_never_counts(secret: str) -> None:
    for key in (b"", bytes(23), bytes(32), bytes(65), secret.encode("utf-8", "surrogateescape")):
        assert (await ask(f"{v1(key=key)} {v1a()}", secret)) == "bad_signature"
    assert (await ask(v1(), secret, SECRET)) is None
    headers = standard.sign(BODY, secret, topic=None, now=NOW)
    if not secret.startswith("whsk_"):
        assert (await refusal(standard, headers, BODY, secret)) == "bad_signature"
