"""Stripe's signature: published vectors, our own, and properties."""

import hashlib
import hmac
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.shim_fixtures import NOW, refusal, shared_json
from thin_api.tests.test_verify_shopify import flip
from thin_api.verify import REFUSALS, forwarded, load_providers

pytestmark = pytest.mark.anyio

stripe = load_providers()["stripe"]
HEADER = "stripe-signature"
BODY = b'{\n  "id": "evt_1",\n  "object": "event"\n}'
SECRET = "whsec_abc"
T = int(NOW)


def v1(body: bytes = BODY, secret: str = SECRET, t: object = T) -> str:
    return hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()


async def ask(header: str, *secrets: str, body: bytes = BODY, now: float = NOW) -> str | None:
    return await refusal(stripe, {HEADER: header}, body, *(secrets or (SECRET,)), now=now)


async def test_published_vectors() -> None:
    published = shared_json("providers/vectors/stripe_signature.json")
    for vector in published["vectors"]:
        body = (published["body"] + vector.get("body_suffix", "")).encode()
        now = float(vector.get("now", published["timestamp"]))
        reason = await ask(vector["header"], published["secret"], body=body, now=now)
        assert (reason is None) == (vector["expect"] == "valid"), vector


async def test_known_answer() -> None:
    """Computed with OpenSSL: printf '1750000000.{}' | openssl dgst -sha256 -hmac whsec_abc."""
    signature = "4ed368f3f44c120cb61796bd91d244e35086fddda9961d1d6f09f1069b35c948"
    assert (await ask(f"t=1750000000,v1={signature}", body=b"{}")) is None


async def test_what_is_signed_here_is_accepted() -> None:
    headers = stripe.sign(BODY, SECRET, topic=None, now=NOW)
    assert (await refusal(stripe, headers, BODY, SECRET)) is None
    assert forwarded(stripe, headers) == {}


async def test_the_whole_secret_is_the_key() -> None:
    assert (await ask(f"t={T},v1={v1(secret='abc')}")) == "bad_signature"


async def test_several_signatures_and_secrets() -> None:
    other = "0" * 64
    for header in (
        f"t={T},v1={other},v1={v1()}",
        f"v1={v1()},t={T},v1={other}",
        f"t={T},v1={v1()}, t={T},v1={v1()}",  # the header twice, joined on the way
        f"t={T},v1=short,v1={v1()},v0=x,v2=y,,=,novalue",
    ):
        assert (await ask(header)) is None
        assert (await ask(header, "new", SECRET)) is None
        assert (await ask(header, "", "new")) == "bad_signature"


async def test_v0_never_counts() -> None:
    assert (await ask(f"t={T},v0={v1()}")) == "malformed_signature"
    assert (await ask(f"t={T},v0={v1()},v1={'0' * 64}")) == "bad_signature"


async def test_an_empty_secret_never_counts() -> None:
    assert (await ask(f"t={T},v1={v1(secret='')}", "")) == "bad_signature"


@pytest.mark.parametrize(
    ("age", "reason"),
    [(300, None), (301, "stale_timestamp"), (10**6, "stale_timestamp"), (-(10**6), None)],
)
async def test_only_old_timestamps_are_stale(age: int, reason: str | None) -> None:
    assert (await ask(f"t={T},v1={v1()}", now=NOW + age)) == reason


async def test_an_unsigned_timestamp_is_bad_not_stale() -> None:
    assert (await ask(f"t={T - 1000},v1={v1()}")) == "bad_signature"


async def test_malformed() -> None:
    good = v1()
    for header in (
        "t",
        ",,",
        "t,v1=,v0=",
        f"v1={good}",
        f"t=,v1={good}",
        f"t={T}",
        f"t={T},v1=",
        f"t={T},v1={good.upper()}",
        f"t={T},v1={good}0",
        f"t={T},v1= {good}",
        f"t={T}, v1={good}",
        f"t= {T},v1={good}",
        f"t=+{T},v1={good}",
        f"t=0{T},v1={good}",
        f"t={T}.0,v1={good}",
        f"t=1_750_000_000,v1={good}",
        f"t=-{T},v1={good}",
        f"t=\u0661,v1={good}",
        f"t={'9' * 4000},v1={good}",
        f"t={T},t={T},v1={good}",
        f"t={T},v1=\u00e9{good[1:]}",
        f"t={T}," + ",".join([f"v1={good}"] * 17),
        f"t={T},v1={good}," + "x" * 5000,
    ):
        assert (await ask(header)) == "malformed_signature", header
    for missing in ({}, {HEADER: ""}):
        assert (await refusal(stripe, missing, BODY, SECRET)) == "missing_signature"


async def test_a_long_list_costs_little() -> None:
    header = f"t={T}," + ",".join([f"v1={'0' * 64}"] * 100_000)
    started = time.thread_time()
    assert (await ask(header)) == "malformed_signature"
    assert time.thread_time() - started < 0.1


@given(body=st.binary(max_size=300), bit=st.integers(min_value=0))
async def test_any_flipped_bit_is_refused(body: bytes, bit: int) -> None:
    header = f"t={T},v1={v1(body)}"
    assert (await ask(header, body=body)) is None
    if body:
        assert (await ask(header, body=flip(body, bit))) == "bad_signature"
    forged = flip(header.encode(), bit).decode("latin-1")
    assert (await ask(forged, body=body)) in REFUSALS


@given(
    header=st.text(max_size=200)
    | st.lists(st.sampled_from(["t", "v1", "v0", "=", ",", "1", " ", "\u0661", v1()])).map("".join),
    body=st.binary(max_size=50),
)
async def test_arbitrary_header_text_never_crashes(header: str, body: bytes) -> None:
    assert (await ask(header, "s", "\udcff", body=body)) in REFUSALS
