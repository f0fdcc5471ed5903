"""PayPal's signature, checked offline: real deliveries, our own, and each way to be refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cachetools import TTLCache
from hypothesis import given
from hypothesis import strategies as st

from thin_api.settings import Settings
from thin_api.tests import certificate_maker as maker
from thin_api.tests.paypal_double import CERTS, PayPalDouble
from thin_api.tests.paypal_fixtures import double, outside_of, paypal_server, refusal
from thin_api.tests.shim_fixtures import NOW, NOWHERE, shared_folder, shared_json
from thin_api.tests.test_verify_shopify import flip
from thin_api.verify import (
    REFUSALS,
    Outside,
    paypal,
)

__all__ = ["double", "paypal_server"]

pytestmark = pytest.mark.anyio

BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}'
HEADERS = (paypal.ID, paypal.TIME, paypal.SIGNATURE, paypal.CERT_URL, paypal.ALGORITHM)


# -- real deliveries -------------------------------------------------------------------------------


def real_deliveries() -> Iterator[tuple[dict[str, Any], Outside, dict[str, str]]]:
    """Yield each vector with PayPal's answers as they were, and its headers."""
    published = shared_json("providers/vectors/paypal_cert_signature.json")
    folder = shared_folder() / "providers/vectors"
    served = {vector["cert_url"]: vector["cert_file"] for vector in published["vectors"]}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(folder / served[str(request.url)]).read_bytes())

    for vector in published["vectors"]:
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        yield (
            vector,
            Outside(Settings(), http, TTLCache(16, 60)),
            {
                paypal.ID: vector["transmission_id"],
                paypal.TIME: vector["transmission_time"],
                paypal.SIGNATURE: vector["transmission_sig"],
                paypal.CERT_URL: vector["cert_url"],
                paypal.ALGORITHM: vector["auth_algo"],
            },
        )


@pytest.fixture
def real_store(tmp_path: Path) -> Path:
    chain = shared_json("providers/vectors/paypal_cert_signature.json")["chain_files"]
    files = [shared_folder() / "providers/vectors" / name for name in chain]
    store = tmp_path / "store.pem"
    store.write_bytes(b"".join(file.read_bytes() for file in files))
    return store


async def test_real_deliveries_in_their_time(real_store: Path) -> None:
    seen = []
    for vector, outside, headers in real_deliveries():
        outside = replace(
            outside, settings=outside.settings.model_copy(update={"paypal_trust_store": real_store})
        )
        body, webhook_id = vector["body"].encode(), vector["webhook_id"]
        then = datetime.fromisoformat(vector["transmission_time"]).timestamp()
        reason = await refusal(outside, headers, body, "OTHER", webhook_id, now=then)
        if vector["expect"] != "valid":
            assert reason == "malformed_signature", vector
            # Neither does it help to say that it is SHA-256: the certificate is no good.
            headers[paypal.ALGORITHM] = "SHA256withRSA"
            reason = await refusal(outside, headers, body, webhook_id, now=then)
            assert reason == "bad_signature", vector
            seen.append(False)
            continue
        seen.append(True)
        assert reason is None, vector
        assert (await refusal(outside, headers, body, "OTHER", now=then)) == "bad_signature"
        assert (await refusal(outside, headers, body + b" ", webhook_id, now=then)) is not None
        # A retry days later is as good; years later the certificate has expired.
        assert (await refusal(outside, headers, body, webhook_id, now=then + 3 * 86400)) is None
        assert (await refusal(outside, headers, body, webhook_id)) == "bad_signature"
    assert sorted(seen) == [False, True, True]


async def test_real_deliveries_need_their_chain(real_store: Path, tmp_path: Path) -> None:
    strangers = tmp_path / "strangers.pem"
    strangers.write_bytes(maker.root().pem)
    for vector, outside, headers in real_deliveries():
        settings = outside.settings.model_copy(update={"paypal_trust_store": strangers})
        outside = replace(outside, settings=settings)
        body, then = vector["body"].encode(), 1_431_963_913.0
        assert (await refusal(outside, headers, body, vector["webhook_id"], now=then)) is not None


# -- our own ---------------------------------------------------------------------------------------


async def test_a_signed_delivery_is_accepted_whatever_its_body(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        for body in (BODY, b"", b"no JSON \xff", BODY * 10_000):
            headers = double.sign(body)
            assert (await refusal(outside, headers, body, double.webhook_id)) is None
            assert (await refusal(outside, headers, body, "NEW", double.webhook_id)) is None
    assert double.paths().count(f"{CERTS}CERT-double") == 1


async def test_only_a_configured_webhook_id_counts(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        headers = double.sign(BODY)
        for secrets in ((), ("",), ("2AB23456CD789012E",), (double.webhook_id.lower(),)):
            assert (await refusal(outside, headers, BODY, *secrets)) == "bad_signature"
        for bad in ("", "WEBHOOK_ID", "a|b"):
            headers = double.sign(BODY, webhook_id=bad)
            assert (await refusal(outside, headers, BODY, bad)) == "bad_signature"
        headers = double.sign(BODY, webhook_id="9ZZ23456CD789012E")  # authentic, not for us
        assert (await refusal(outside, headers, BODY, double.webhook_id)) == "bad_signature"


async def test_without_a_webhook_id_nothing_is_fetched() -> None:
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    headers[paypal.CERT_URL] = f"https://api.paypal.com{CERTS}CERT-1"
    for secrets in ((), ("", "WEBHOOK_ID")):
        assert (await refusal(NOWHERE, headers, BODY, *secrets)) == "bad_signature"


@pytest.mark.parametrize("age", [-365 * 86400, 0, 4 * 86400, 365 * 86400])
async def test_the_transmission_time_is_signed_but_has_no_window(
    double: PayPalDouble, age: float
) -> None:
    async with outside_of(double) as outside:
        headers = double.sign(BODY, time="2025-06-15T15:06:40.123Z")
        assert (await refusal(outside, headers, BODY, double.webhook_id, now=NOW + age)) is None


async def test_a_header_that_is_missing(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        for header in HEADERS:
            headers = double.sign(BODY)
            for wrong in ({**headers, header: ""}, {k: headers[k] for k in headers if k != header}):
                reason = await refusal(outside, wrong, BODY, double.webhook_id)
                assert reason == "missing_signature", header


@pytest.mark.parametrize(
    ("header", "values"),
    [
        (
            paypal.ALGORITHM,
            [
                "SHA1withRSA",
                "sha256withrsa",
                "SHA256withRSA ",
                "SHA256withRSA, SHA1withRSA",
                "none",
            ],
        ),
        (paypal.ID, ["a|b", "a b", "a" * 51, "a, a", "\u00e9", "1_2", "a\n"]),
        (
            paypal.TIME,
            [
                "1750000000",
                "2025-06-15",
                "2025-06-15T15:06:40",
                "2025-06-15T15:06:40Z|",
                "2025-06-15T15:06:40Z\n",
                "2025-06-15t15:06:40z",
                "\u0662025-06-15T15:06:40Z",
            ],
        ),
        (
            paypal.SIGNATURE,
            ["AAAA", "AAAA" * 85, "AAAA" * 171, "A" * 345, "-_" * 172, "\u00e9" * 344],
        ),
    ],
)
async def test_a_header_of_another_shape(header: str, values: list[str]) -> None:
    """Seen before anything is asked for."""
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    for value in values:
        wrong = {**headers, header: value}
        assert (await refusal(NOWHERE, wrong, BODY, "ID")) == "malformed_signature", value


async def test_the_signature_has_one_spelling(double: PayPalDouble) -> None:
    """The last character's unused bits: a lenient decoder takes any."""
    async with outside_of(double) as outside:
        headers = double.sign(BODY)
        sent = headers[paypal.SIGNATURE]
        assert sent.endswith("==")
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        other = alphabet[alphabet.index(sent[-3]) + 1]
        for spelt in (f"{sent[:-3]}{other}==", sent[:-2], sent + "=", f" {sent}", f"{sent}\n"):
            wrong = {**headers, paypal.SIGNATURE: spelt}
            reason = await refusal(outside, wrong, BODY, double.webhook_id)
            assert reason == "malformed_signature", spelt


async def test_each_signed_part_is_signed(double: PayPalDouble) -> None:
    async with outside_of(double) as outside:
        headers = double.sign(BODY)
        for header in (paypal.ID, paypal.TIME, paypal.SIGNATURE):
            for place in range(len(headers[header])):
                value = headers[header]
                other = "1" if value[place] != "1" else "2"
                wrong = {**headers, header: value[:place] + other + value[place + 1 :]}
                reason = await refusal(outside, wrong, BODY, double.webhook_id)
                assert reason in ("bad_signature", "malformed_signature"), (header, place)
        for place in range(8 * len(BODY)):
            reason = await refusal(outside, headers, flip(BODY, place), double.webhook_id)
            assert reason == "bad_signature", place
        for body in (b"", BODY + b"\n", BODY[:-1], BODY[::-1]):
            reason = await refusal(outside, headers, body, double.webhook_id)
            assert reason == "bad_signature"


async def test_another_key_does_not_sign(double: PayPalDouble) -> None:
    """A good signature of a certificate that is good, but another than the one named."""
    another = maker.make(maker.intermediate(), key=maker.rsa_key("another"))
    async with outside_of(double) as outside:
        headers = double.sign(BODY, signer=another)
        assert (await refusal(outside, headers, BODY, double.webhook_id)) == "bad_signature"
        headers[paypal.CERT_URL] = double.serve(another, maker.intermediate())
        assert (await refusal(outside, headers, BODY, double.webhook_id)) is None


@given(
    header=st.sampled_from(HEADERS),
    text=st.text(max_size=100) | st.text("abcXYZ019+/=-:.TZ|", max_size=800),
    body=st.binary(max_size=50),
)
async def test_arbitrary_header_text_never_crashes(header: str, text: str, body: bytes) -> None:
    headers = {**paypal.sign(body, "ID", topic=None, now=NOW), header: text}
    assert (await refusal(NOWHERE, headers, body, "ID", "s", "\udcff")) in REFUSALS
