"""WooCommerce's signature and ping: computed vectors, our own, and properties."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.shim_fixtures import (
    NOW,
    SuiteDatabase,
    count,
    new_target,
    refusal,
    running_shim,
    shared_folder,
    shared_json,
)
from thin_api.verify import REFUSALS, Acknowledged, forwarded, load_providers
from thin_api.verify.woocommerce import decoded

pytestmark = pytest.mark.anyio

woocommerce = load_providers()["woocommerce"]
HEADER = "x-wc-webhook-signature"
BODY = rb'{"id":1,"note":"\u00e9","url":"https:\/\/shop.example.com"}'


def mac(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


async def test_computed_vectors() -> None:
    vectors = shared_json("providers/constructed/woocommerce/signature_vectors.json")["vectors"]
    for vector in vectors:
        headers = {HEADER: vector["signature"]}
        body = (shared_folder() / "providers" / vector["file"]).read_bytes()
        stored = vector.get("secret_stored") or vector["secret"]
        assert (await refusal(woocommerce, headers, body, stored)) is None, vector
        assert (await refusal(woocommerce, headers, body, decoded(stored))) is None, vector
        assert (await refusal(woocommerce, headers, body + b"\n", stored)) == "bad_signature"


async def test_known_answer() -> None:
    """Computed with OpenSSL: printf '{}' | openssl dgst -sha256 -hmac hush -binary | base64."""
    headers = {HEADER: "UFwgrGBPZilFtmKh8TqcovA78LGYb1BdWu9I4Q2oyRg="}
    assert (await refusal(woocommerce, headers, b"{}", "hush")) is None
    assert (await refusal(woocommerce, headers, b"{} ", "hush")) == "bad_signature"


async def test_what_is_signed_here_is_accepted() -> None:
    headers = woocommerce.sign(BODY, "s", topic="order.created", now=NOW)
    assert (headers["x-wc-webhook-resource"], headers["x-wc-webhook-event"]) == ("order", "created")
    assert (await refusal(woocommerce, headers, BODY, "s")) is None
    again = woocommerce.sign(BODY, "s", topic="order.created", now=NOW + 60)
    assert again == headers
    other = woocommerce.sign(BODY + b" ", "s", topic="order.created", now=NOW)
    assert other["x-wc-webhook-delivery-id"] != headers["x-wc-webhook-delivery-id"]


def test_every_header_that_is_sent_is_handed_on_but_the_signature() -> None:
    headers = woocommerce.sign(BODY, "s", topic=None, now=NOW) | {"authorization": "no business"}
    expected = {name for name in headers if name.startswith("x-wc-webhook-")} - {HEADER}
    assert forwarded(woocommerce, headers).keys() == expected
    assert len(expected) == 6


@pytest.mark.parametrize(
    ("stored", "effective"),
    [
        ("a&amp;b&#039;c", "a&b'c"),
        ("&lt;&gt;&quot;", '<>"'),
        ("&#39;&#0039;&#x27;&#X0027;", "''''"),
        ("&#34;&#x22;&#60;&#062;&#38;&#x26;", '""<>&&'),
        ("&amp;lt;", "&lt;"),  # one pass: what comes out is not decoded again
        ("&AMP;&apos;&#x3c;&#x3e;&nbsp;&amp &#3 9;", "&AMP;&apos;&#x3c;&#x3e;&nbsp;&amp &#3 9;"),
        ("plain & simple", "plain & simple"),
    ],
)
async def test_entities_in_a_secret(stored: str, effective: str) -> None:
    """WooCommerce signs with what wp_specialchars_decode(…, ENT_QUOTES) makes of it."""
    assert decoded(stored) == effective
    assert (await refusal(woocommerce, {HEADER: mac(BODY, effective)}, BODY, stored)) is None
    assert (await refusal(woocommerce, {HEADER: mac(BODY, stored)}, BODY, stored)) is None
    signed = woocommerce.sign(BODY, stored, topic=None, now=NOW)
    assert signed[HEADER] == mac(BODY, effective)


async def test_a_secret_is_never_encoded() -> None:
    assert (await refusal(woocommerce, {HEADER: mac(BODY, "a&amp;b")}, BODY, "a&b")) is not None


@pytest.mark.parametrize("secrets", [("new", "old"), ("old", "new"), ("", "old")])
async def test_any_of_several_secrets(secrets: tuple[str, ...]) -> None:
    assert (await refusal(woocommerce, {HEADER: mac(BODY, "old")}, BODY, *secrets)) is None


@pytest.mark.parametrize("secrets", [(), ("",), ("new",)])
async def test_no_secret_that_fits(secrets: tuple[str, ...]) -> None:
    for signed_with in ("old", ""):
        headers = {HEADER: mac(BODY, signed_with)}
        assert (await refusal(woocommerce, headers, BODY, *secrets)) == "bad_signature"


async def test_an_empty_body_counts_when_signed() -> None:
    """WooCommerce signs one where PHP cannot encode the order: a dead letter, not a 401."""
    assert (await refusal(woocommerce, {HEADER: mac(b"", "s")}, b"", "s")) is None
    assert (await refusal(woocommerce, {}, b"", "s")) == "missing_signature"


async def test_base64_must_be_canonical() -> None:
    good = mac(BODY, "s")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    same_bytes = good[:42] + alphabet[alphabet.index(good[42]) + 1] + "="
    assert base64.b64decode(same_bytes) == base64.b64decode(good)
    wrong = [
        same_bytes,
        good.rstrip("="),
        " " + good,
        good + "\n",
        good[:20] + "\u0660" + good[21:],
        hmac.new(b"s", BODY, hashlib.sha256).hexdigest(),
        "=" * 44,
        f"{good}, {good}",
    ]
    for signature in wrong:
        headers = {HEADER: signature}
        assert (await refusal(woocommerce, headers, BODY, "s")) == "malformed_signature"


# -- the ping --------------------------------------------------------------------------------------

PING = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("body", [b"webhook_id=9", b"webhook_id=0", b"webhook_id=12345678901"])
async def test_a_ping_is_acknowledged(body: bytes) -> None:
    with pytest.raises(Acknowledged):
        await refusal(woocommerce, PING, body, "s")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"webhook_id=",
        b"webhook_id=9\n",
        b" webhook_id=9",
        b"webhook_id=-9",
        b"webhook_id=9&order=1",
        b"webhook_id=9&webhook_id=9",
        b"webhook_id=nine",
        b"webhook_id=" + "\u0669".encode(),
        b"webhook_id=" + b"9" * 21,
        b"WEBHOOK_ID=9",
        b'{"webhook_id":9}',
        BODY,
    ],
)
async def test_what_only_resembles_a_ping_is_refused(body: bytes) -> None:
    assert (await refusal(woocommerce, PING, body, "s")) == "missing_signature"


@pytest.mark.parametrize("name", ["x-wc-webhook-topic", "x-wc-webhook-source", "x-wc-webhook-id"])
async def test_a_delivery_is_no_ping(name: str) -> None:
    assert (await refusal(woocommerce, PING | {name: ""}, b"webhook_id=9", "s")) is not None


async def test_a_signed_ping_body_is_judged_by_its_signature() -> None:
    wrong = {HEADER: mac(b"webhook_id=9", "another")}
    assert (await refusal(woocommerce, wrong, b"webhook_id=9", "s")) == "bad_signature"


async def test_a_ping_is_answered_200_and_leaves_nothing(database: SuiteDatabase) -> None:
    target = new_target(database, "woocommerce")
    async with running_shim(database) as shim:
        answer = await shim.client.post(target.path, content=b"webhook_id=9", headers=PING)
        assert answer.status_code == 200
        forged = await shim.client.post(target.path, content=b'{"id": 9}', headers=PING)
        assert forged.status_code == 401
    tables = ("webhook_dedup_events", "attribution_events", "dead_events", "revenue_ledger")
    assert [count(database, table, target) for table in tables] == [0, 0, 0, 0]


# -- properties ------------------------------------------------------------------------------------


def test_new_secrets_are_as_wordpress_makes_them() -> None:
    made = {woocommerce.new_secret() for _ in range(200)}
    assert len(made) == 200
    assert {len(secret) for secret in made} == {50}
    assert all(secret == secret.strip() for secret in made)


@given(body=st.binary(max_size=300), secret=st.text(min_size=1, max_size=60))
async def test_every_secret_signs_and_verifies(body: bytes, secret: str) -> None:
    headers = woocommerce.sign(body, secret, topic=None, now=NOW)
    assert (await refusal(woocommerce, headers, body, secret)) is None


@given(body=st.binary(min_size=1, max_size=300), bit=st.integers(min_value=0))
async def test_any_flipped_bit_is_refused(body: bytes, bit: int) -> None:
    good = mac(body, "s")
    assert (await refusal(woocommerce, {HEADER: good}, body, "s")) is None
    assert (await refusal(woocommerce, {HEADER: good}, flip(body, bit), "s")) == "bad_signature"
    forged = flip(good.encode(), bit).decode("latin-1")
    assert (await refusal(woocommerce, {HEADER: forged}, body, "s")) in REFUSALS


@given(signature=st.text(max_size=100), body=st.binary(max_size=50))
async def test_arbitrary_header_text_never_crashes(signature: str, body: bytes) -> None:
    assert (await refusal(woocommerce, {HEADER: signature}, body, "s", "\udcff")) in REFUSALS


def flip(text: bytes, bit: int) -> bytes:
    """Return the text with one bit flipped, counted round and round."""
    at = bit % (len(text) * 8)
    changed = bytearray(text)
    changed[at // 8] ^= 1 << (at % 8)
    return bytes(changed)
