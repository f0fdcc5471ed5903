"""Standard Webhooks' headers: what is malformed, stale, changed or of another family is refused."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thin_api.tests.shim_fixtures import NOW, refusal
from thin_api.tests.test_verify_shopify import flip
from thin_api.tests.test_verify_standard import (
    BODY,
    ID,
    SECRET,
    WHPK,
    T,
    ask,
    b64,
    family,
    standard,
    v1,
    v1a,
)
from thin_api.verify import REFUSALS, forwarded

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (300, None),
        (-300, None),
        (301, "stale_timestamp"),
        (-301, "stale_timestamp"),
        (10**6, "stale_timestamp"),
        (-(10**6), "stale_timestamp"),
    ],
)
async def test_old_and_future_timestamps_are_stale(age: int, reason: str | None) -> None:
    assert (await ask(v1(), now=NOW + age)) == reason
    assert (await ask(v1a(), WHPK, now=NOW + age)) == reason


async def test_an_unsigned_timestamp_is_bad_not_stale() -> None:
    headers = family(v1(), timestamp=T - 1000)
    assert (await refusal(standard, headers, BODY, SECRET)) == "bad_signature"


async def test_base64_has_one_spelling() -> None:
    """Lenient decoders take each of these for the signature itself."""
    good = v1()
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = good[:-2] + last[last.index(good[-2]) + 1] + "="
    assert base64.b64decode(twin[3:]) == base64.b64decode(good[3:])
    for listed in (twin, good[:-1], good + "=", good + "\n", good[:9] + "\n" + good[9:]):
        assert (await ask(listed)) == "malformed_signature", listed
    assert (await ask(v1a()[:-2], WHPK)) == "malformed_signature"


async def test_malformed() -> None:
    good = v1()
    for listed in (
        "v1",
        "v1,",
        " ",
        ",",
        f"V1,{good[3:]}",
        f"v1 ,{good[3:]}",
        f"v1,{good[3:]},",
        f"v1,v1,{good[3:]}",
        f"v2,{good[3:]}",
        f"v1a,{good[3:]}",
        f"v1={good[3:]}",
        good[3:],
        f"v1,{'A' * 4000}",
        f"v1,\u00e9{good[4:]}",
        " ".join([good] * 11),
        f"{good} " + "x" * 4096,
    ):
        assert (await ask(listed)) == "malformed_signature", listed
    for timestamp in (
        f"0{T}",
        f"+{T}",
        f"-{T}",
        f"{T}.0",
        f" {T}",
        f"{T} ",
        "1_750_000_000",
        "\u0661",
        "1e9",
        "0",
        "9" * 4000,
        f"{T}, {T}",  # the header twice, joined on the way
    ):
        headers = family(v1(timestamp=timestamp) if timestamp.isascii() else good, ID, timestamp)
        assert (await refusal(standard, headers, BODY, SECRET)) == "malformed_signature", timestamp
    for message_id in ("msg.1", ".", " ", "a b", "a\tb", "m\u00e9", "a, a", "x" * 257):
        headers = family(v1(message_id=message_id), message_id)
        assert (await refusal(standard, headers, BODY, SECRET)) == "malformed_signature", message_id


@pytest.mark.parametrize("missing", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("prefix", ["webhook", "svix"])
async def test_each_header_is_needed(missing: str, prefix: str) -> None:
    headers = family(v1(), prefix=prefix)
    assert (await refusal(standard, headers, BODY, SECRET)) is None
    headers[f"{prefix}-{missing}"] = ""
    assert (await refusal(standard, headers, BODY, SECRET)) == "missing_signature"
    del headers[f"{prefix}-{missing}"]
    assert (await refusal(standard, headers, BODY, SECRET)) == "missing_signature"


async def test_a_full_stop_never_moves_between_the_parts() -> None:
    """`a.1` + body would be signed like `a` + `1.` + body, were a full stop allowed."""
    signature = v1(b"x", message_id="a.b")
    for message_id, timestamp, body in (("a.b", str(T), b"x"), ("a", f"b.{T}", b"x")):
        headers = family(signature, message_id, timestamp)
        assert (await refusal(standard, headers, body, SECRET)) == "malformed_signature"
    # What follows the timestamp is body, full stops and all.
    assert (await refusal(standard, family(v1(b"1.2.3")), b"1.2.3", SECRET)) is None


async def test_svix_headers_are_the_same_under_another_name() -> None:
    headers = family(v1(), prefix="svix")
    assert (await refusal(standard, headers, BODY, SECRET)) is None
    assert forwarded(standard, headers) == {"webhook-id": ID}


async def test_one_family_is_used_for_the_whole_check() -> None:
    """The id handed on is always the signed one: else a replay could come under a new id."""
    own, svix = family(v1()), family(v1(message_id="msg_svix"), "msg_svix", prefix="svix")
    both = own | svix
    assert (await refusal(standard, both, BODY, SECRET)) is None
    assert forwarded(standard, both) == {"webhook-id": ID}
    forged = {**svix, "webhook-id": "msg_new"}
    assert forwarded(standard, forged) == {"webhook-id": "msg_new"}
    for headers in (
        forged,
        {**both, "webhook-id": "msg_new"},
        {**both, "webhook-id": ""},
        {**both, "webhook-signature": ""},
        {**both, "webhook-timestamp": "", "svix-id": ID},
        {**svix, "svix-signature": v1(), "webhook-signature": v1()},
    ):
        assert (await refusal(standard, headers, BODY, SECRET)) in REFUSALS, headers


async def test_a_long_list_costs_little() -> None:
    for listed in (" ".join([v1()] * 50_000), "," * 10**6, "v1," * 10**6):
        started = time.thread_time()
        assert (await ask(listed)) == "malformed_signature"
        assert time.thread_time() - started < 0.1


async def test_every_changed_byte_is_refused() -> None:
    """Each bit of body, id, timestamp and signature, of both kinds."""
    for signature, secret in ((v1(), SECRET), (v1a(), WHPK)):
        for bit in range(len(BODY) * 8):
            assert (await ask(signature, secret, body=flip(BODY, bit))) == "bad_signature"
        for body in (BODY[:-1], BODY + b"\n", b""):
            assert (await ask(signature, secret, body=body)) == "bad_signature"
        headers = family(signature)
        for name, value in headers.items():
            for bit in range(len(value) * 8):
                forged = headers | {name: flip(value.encode(), bit).decode("latin-1")}
                assert (await refusal(standard, forged, BODY, secret)) in REFUSALS, forged


@given(body=st.binary(max_size=300), message_id=st.from_regex(r"[!-\-/-~]{1,40}", fullmatch=True))
async def test_any_body_and_id_can_be_signed(body: bytes, message_id: str) -> None:
    headers = family(v1(body, message_id=message_id), message_id)
    assert (await refusal(standard, headers, body, SECRET)) is None
    headers = family(v1a(body, message_id=message_id), message_id)
    assert (await refusal(standard, headers, body, WHPK)) is None


@given(
    listed=st.text(max_size=200)
    | st.lists(st.sampled_from(["v1", "v1a", "v2", ",", " ", "=", "AAAA", "\u0661", v1()])).map(
        "".join
    ),
    message_id=st.text(max_size=20),
    timestamp=st.text(max_size=20) | st.integers().map(str),
)
async def test_arbitrary_header_text_never_crashes(
    listed: str, message_id: str, timestamp: str
) -> None:
    headers = family(listed, message_id, timestamp)
    other = ("whsec_" + b64(bytes(32)), "\udcff", WHPK)
    assert (await refusal(standard, headers, BODY, *other)) in REFUSALS
