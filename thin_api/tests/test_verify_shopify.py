"""Shopify's signature: published vectors, our own, and properties."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.shim_fixtures import NOW, refusal, shared_json
from thin_api.verify import REFUSALS, forwarded, load_providers

pytestmark = pytest.mark.anyio

shopify = load_providers()["shopify"]
HEADER = "x-shopify-hmac-sha256"
BODY = b'{"id":1,"note":"\xc3\xa9"}'


def mac(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


async def test_published_vectors() -> None:
    published = shared_json("providers/vectors/shopify_hmac.json")
    for vector in published["vectors"]:
        headers = {HEADER: vector["hmac"]}
        reason = await refusal(shopify, headers, vector["body"].encode(), published["secret"])
        assert (reason is None) == (vector["expect"] == "valid"), vector


async def test_known_answer() -> None:
    """Computed with OpenSSL: printf '{}' | openssl dgst -sha256 -hmac hush -binary | base64."""
    headers = {HEADER: "UFwgrGBPZilFtmKh8TqcovA78LGYb1BdWu9I4Q2oyRg="}
    assert (await refusal(shopify, headers, b"{}", "hush")) is None
    assert (await refusal(shopify, headers, b"{} ", "hush")) == "bad_signature"


async def test_what_is_signed_here_is_accepted() -> None:
    headers = shopify.sign(BODY, "s", topic="orders/create", now=NOW)
    assert headers["x-shopify-topic"] == "orders/create"
    assert (await refusal(shopify, headers, BODY, "s")) is None
    again = shopify.sign(BODY, "s", topic="orders/create", now=NOW + 60)
    assert again["x-shopify-webhook-id"] == headers["x-shopify-webhook-id"]


@pytest.mark.parametrize("secrets", [("new", "old"), ("old", "new"), ("", "old")])
async def test_any_of_several_secrets(secrets: tuple[str, ...]) -> None:
    assert (await refusal(shopify, {HEADER: mac(BODY, "old")}, BODY, *secrets)) is None


@pytest.mark.parametrize("secrets", [(), ("",), ("new",)])
async def test_no_secret_that_fits(secrets: tuple[str, ...]) -> None:
    for signed_with in ("old", ""):
        headers = {HEADER: mac(BODY, signed_with)}
        assert (await refusal(shopify, headers, BODY, *secrets)) == "bad_signature"


async def test_empty_body_is_refused_even_when_signed() -> None:
    assert (await refusal(shopify, {HEADER: mac(b"", "s")}, b"", "s")) == "bad_signature"


async def test_base64_must_be_canonical() -> None:
    good = mac(BODY, "s")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    same_bytes = good[:42] + alphabet[alphabet.index(good[42]) + 1] + "="
    assert base64.b64decode(same_bytes) == base64.b64decode(good)
    wrong = [
        same_bytes,
        good.rstrip("="),
        good + "=",
        good + good,
        " " + good,
        good + "\n",
        good.replace("=", "\u00e9"),
        good[:20] + "\u0660" + good[21:],
        hmac.new(b"s", BODY, hashlib.sha256).hexdigest(),
        "=" * 44,
        "\ud800" * 44,
        f"{good}, {good}",
    ]
    for signature in wrong:
        assert (await refusal(shopify, {HEADER: signature}, BODY, "s")) == "malformed_signature"
    for missing in ({}, {HEADER: ""}):
        assert (await refusal(shopify, missing, BODY, "s")) == "missing_signature"


async def test_headers_without_x_are_verified_and_handed_on_with_it() -> None:
    headers = {
        "shopify-hmac-sha256": mac(BODY, "s"),
        "shopify-topic": "orders/paid",
        "shopify-event-id": "from the short name",
        "x-shopify-event-id": "from the long name",
        "authorization": "no business of the procedure",
    }
    assert (await refusal(shopify, headers, BODY, "s")) is None
    assert forwarded(shopify, headers) == {
        "x-shopify-topic": "orders/paid",
        "x-shopify-event-id": "from the long name",
    }
    # The family with the X decides where both carry a signature.
    headers[HEADER] = mac(BODY, "another")
    assert (await refusal(shopify, headers, BODY, "s")) == "bad_signature"


def test_new_secrets_differ() -> None:
    assert shopify.new_secret() != shopify.new_secret()


@given(body=st.binary(min_size=1, max_size=300), bit=st.integers(min_value=0))
async def test_any_flipped_bit_is_refused(body: bytes, bit: int) -> None:
    good = mac(body, "s")
    assert (await refusal(shopify, {HEADER: good}, body, "s")) is None
    assert (await refusal(shopify, {HEADER: good}, flip(body, bit), "s")) == "bad_signature"
    forged = flip(good.encode(), bit).decode("latin-1")
    assert (await refusal(shopify, {HEADER: forged}, body, "s")) in REFUSALS


@given(signature=st.text(max_size=100), body=st.binary(max_size=50))
async def test_arbitrary_header_text_never_crashes(signature: str, body: bytes) -> None:
    assert (await refusal(shopify, {HEADER: signature}, body, "s", "\udcff")) in REFUSALS


def flip(text: bytes, bit: int) -> bytes:
    """Return the text with one bit flipped, counted round and round."""
    at = bit % (len(text) * 8)
    changed = bytearray(text)
    changed[at // 8] ^= 1 << (at % 8)
    return bytes(changed)
