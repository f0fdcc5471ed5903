"""Toss signs payouts and sellers; whether the key is text or hexadecimal is not documented."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.shim_fixtures import NOW, refusal, shared_json
from thin_api.tests.toss_double import webhook
from thin_api.verify import forwarded, toss

pytestmark = pytest.mark.anyio

HEX = "00112233445566778899aabbccddeeff" * 2
BODY = '{"eventType":"payout.changed","entityBody":{"id":"FPA_1","memo":"8월"}}'.encode()
TIME = "2026-03-03T09:00:00+09:00"


def v1(key: bytes, body: bytes = BODY, at: str = TIME) -> str:
    mac = hmac.new(key, body + b":" + at.encode(), hashlib.sha256).digest()
    return f"v1:{base64.b64encode(mac).decode()}"


async def ask(header: str, *keys: str, body: bytes = BODY, at: str = TIME) -> str | None:
    headers = {toss.SIGNATURE: header, toss.TIME: at}
    return await refusal(toss, headers, body, *(keys or (HEX,)))


async def test_constructed_vectors() -> None:
    published = shared_json("providers/constructed/toss/signature_vectors.json")
    at, body = published[toss.TIME], published["body"].encode()
    for name in ("v1_if_key_is_text", "v1_if_key_is_hex_decoded"):
        key = published["security_key"]
        assert (await ask(published[name], key, body=body, at=at)) is None
        assert (await ask(published[name], key, body=body + b" ", at=at)) == "bad_signature"
    example = published["published_header_example"].partition(" ")[0]
    assert (await ask(example, "x", body=body, at=at)) == "bad_signature"


async def test_known_answer() -> None:
    """Computed with OpenSSL: printf '{}:2026-03-03T09:00:00+09:00' | openssl dgst -hmac abc."""
    published = "v1:FS/CLKOE/KOQXHVbdXWMOw2EsnTOiLRusnoW51qLikE="
    assert (await ask(published, "abc", body=b"{}")) is None


async def test_a_key_is_text_or_hexadecimal() -> None:
    for key in (HEX.encode(), bytes.fromhex(HEX)):
        assert (await ask(v1(key))) is None
        assert (await ask(v1(key), "another", HEX)) is None
        assert (await ask(v1(key), HEX[:-1])) == "bad_signature"


async def test_one_of_two_signatures_is_enough() -> None:
    good, other = v1(HEX.encode()), v1(b"other")
    for header in (f"{good},{other}", f"{other},{good}", f"{other}, {good}", f"v2:x,,{good}"):
        assert (await ask(header)) is None
    assert (await ask(f"{other},{other}")) == "bad_signature"


async def test_what_else_is_signed_is_handed_on() -> None:
    for body in (b'{"eventType":"refund.changed"}', b"no JSON", b"[1]", b"x" * 300_000):
        assert (await ask(v1(HEX.encode(), body), body=body)) is None


@pytest.mark.parametrize(
    "header",
    [
        *("v1:", "v1", "x", "v1=abc", "v1:%%%", ",", "v0:" + v1(HEX.encode())[3:]),
        *(v1(HEX.encode())[:-1], v1(HEX.encode()) + "=", v1(HEX.encode())[3:]),
        *(v1(HEX.encode()).replace("v1:", "v1: "), v1(HEX.encode()) + "," * 2000),
        ",".join([v1(HEX.encode())] * 11),
    ],
)
async def test_malformed_signatures(header: str) -> None:
    assert (await ask(header)) == "malformed_signature"


async def test_the_time_is_signed() -> None:
    assert (await ask(v1(HEX.encode()), at="2026-03-03T09:00:01+09:00")) == "bad_signature"
    for at in ("", "now", "2026-03-03T09:00:00+09:00\u0661"):
        assert (await ask(v1(HEX.encode()), at=at)) == "malformed_signature"
    headers = {toss.SIGNATURE: v1(HEX.encode())}
    assert (await refusal(toss, headers, BODY, HEX)) == "malformed_signature"


async def test_an_empty_key_never_counts() -> None:
    assert (await ask(v1(b""), "")) == "bad_signature"
    assert (await ask("")) == "missing_signature"


async def test_what_is_signed_here_is_accepted() -> None:
    for topic in (None, "payout.changed"):
        headers = toss.sign(BODY, "abc", topic=topic, now=NOW)
        assert headers[toss.TIME] == "2025-06-16T00:06:40+09:00"
        assert (await refusal(toss, headers, BODY, "abc")) is None
        assert forwarded(toss, headers).keys() == toss.FORWARDED


async def test_a_payment_is_not_signed() -> None:
    for topic in (None, "PAYMENT_STATUS_CHANGED"):
        headers = toss.sign(webhook(), "abc", topic=topic, now=NOW)
        assert toss.SIGNATURE not in headers
        assert headers[toss.ID] == toss.sign(webhook(), "x", topic=topic, now=NOW + 9)[toss.ID]


async def test_new_secrets_are_security_keys() -> None:
    keys = {toss.new_secret() for _ in range(20)}
    assert len(keys) == 20
    assert {len(bytes.fromhex(key)) for key in keys} == {32}


@given(st.binary(max_size=200), st.text(max_size=50), st.text(max_size=50))
async def test_no_body_or_header_raises_anything_else(body: bytes, header: str, at: str) -> None:
    headers = {toss.SIGNATURE: header, toss.TIME: at}
    assert (await refusal(toss, headers, body, "k")) is not None
