"""Fetching PayPal's certificates: from allowed places only, checked, and bounded."""

import gzip
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from thin_api.tests import certificate_maker as maker
from thin_api.tests.paypal_double import CERTS, Answer, PayPalDouble
from thin_api.tests.paypal_fixtures import double, outside_of, paypal_server, refusal
from thin_api.tests.shim_fixtures import NOW, NOWHERE
from thin_api.verify import Outside, paypal, paypal_certs

__all__ = ["double", "paypal_server"]

pytestmark = pytest.mark.anyio

BODY = b"{}"
GOOD = (maker.signer(), maker.intermediate())
PEM = b"".join(made.pem for made in GOOD)


async def ask(double: PayPalDouble, outside: Outside, url: str, **options: float) -> str | None:
    headers = double.sign(BODY, cert_url=url)
    return await refusal(
        outside,
        headers,
        BODY,
        double.webhook_id,
        now=options.get("now", NOW),
        endpoint_id=int(options.get("endpoint_id", 1)),
    )


# -- where from ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/v1/notifications/certs/CERT-1",
        "HTTPS://{host}/v1/notifications/certs/CERT-1",
        "//{host}/v1/notifications/certs/CERT-1",
        "file:///v1/notifications/certs/CERT-1",
        "https://user@{host}/v1/notifications/certs/CERT-1",
        "https://user:password@{host}/v1/notifications/certs/CERT-1",
        "https://example.com@{host}/v1/notifications/certs/CERT-1",
        "https://{host}\\@example.com/v1/notifications/certs/CERT-1",
        "https://{host}/v1/notifications/certs/CERT-1?x=1",
        "https://{host}/v1/notifications/certs/CERT-1#x",
        "https://{host}/v1/notifications/certs/CERT-1/",
        "https://{host}/v1/notifications/certs/CERT-",
        "https://{host}/v1/notifications/certs/cert-1",
        "https://{host}/v1/notifications/certs/1",
        "https://{host}/v1/notifications/certs/CERT-1/../../../x",
        "https://{host}/v1/notifications/certs/CERT-%2e%2e",
        "https://{host}/v1/notifications/certs/CERT-..",
        "https://{host}/v1/notifications/certs/CERT-1%00",
        "https://{host}/v1/notifications/certs/CERT-1\n",
        "https://{host}/v1/notifications/certs/CERT-1 ",
        " https://{host}/v1/notifications/certs/CERT-1",
        "https://{host}/v1/notifications/certs/CERT-\u00e9",
        "https://{host}/v1/notifications/certs/CERT-" + "1" * 129,
        "https://{host}/v1//notifications/certs/CERT-1",
        "https://{host}/v2/notifications/certs/CERT-1",
        "https://{host}/v1/notifications/webhooks/CERT-1",
        "https://{host}/x/v1/notifications/certs/CERT-1",
        "https://{host}, https://{host}/v1/notifications/certs/CERT-1",
        "https:///v1/notifications/certs/CERT-1",
        "https://{host}",
        "nonsense",
    ],
)
async def test_a_url_of_another_shape_is_never_asked(url: str) -> None:
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    headers[paypal.CERT_URL] = url.replace("{host}", "api.paypal.com")
    assert (await refusal(NOWHERE, headers, BODY, "ID")) == "malformed_signature"


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "paypal.com",
        "www.paypal.com",
        "api.paypal.com.",
        "api.paypal.com.example.com",
        "xapi.paypal.com",
        "api-paypal.com",
        "api.paypal.com:443",
        "api.paypal.com:8443",
        "api.paypal.com:",
        "localhost",
        "127.0.0.1",
        "169.254.169.254",
        "2130706433",
    ],
)
async def test_another_host_is_never_asked(host: str) -> None:
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    headers[paypal.CERT_URL] = f"https://{host}{CERTS}CERT-1"
    assert (await refusal(NOWHERE, headers, BODY, "ID")) == "bad_signature"


async def test_only_the_configured_hosts_are_asked(double: PayPalDouble) -> None:
    async with outside_of(double, paypal_cert_hosts=("localhost", "localhost:1")) as outside:
        assert (await ask(double, outside, double.serve(*GOOD))) == "bad_signature"
    async with outside_of(double, paypal_cert_hosts=("example.com", double.host)) as outside:
        assert (await ask(double, outside, double.serve(*GOOD))) is None
    assert len(double.asked) == 1


# -- what is served --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(double: PayPalDouble, status: int) -> None:
    elsewhere = double.serve(*GOOD)
    url = double.serve_as(Answer(b"", status, {"location": elsewhere}))
    async with outside_of(double) as outside:
        assert (await ask(double, outside, url)) == "bad_signature"
        assert len(double.asked) == 1
        assert (await ask(double, outside, elsewhere)) is None


@pytest.mark.parametrize("unbounded", [False, True])
async def test_what_is_served_has_a_limit(double: PayPalDouble, unbounded: bool) -> None:
    full = PEM + b"\n" * (paypal_certs.MAX_BYTES - len(PEM))
    async with outside_of(double, unbounded=unbounded) as outside:
        for served, reason in ((full, None), (full + b"\n", "bad_signature")):
            assert (await ask(double, outside, double.serve_as(Answer(served)))) == reason
        # What is too large for any answer is cut off before it is seen what it is.
        reason = "bad_signature" if unbounded else "unreachable"
        assert (await ask(double, outside, double.serve_as(Answer(full * 20)))) == reason


async def test_a_packed_answer_is_not_unpacked(double: PayPalDouble) -> None:
    packed = Answer(gzip.compress(PEM), headers={"content-encoding": "gzip"})
    async with outside_of(double, unbounded=True) as outside:
        assert (await ask(double, outside, double.serve_as(packed))) == "bad_signature"


@pytest.mark.parametrize("unbounded", [False, True])
async def test_a_slow_server_is_given_up_as_a_whole(double: PayPalDouble, unbounded: bool) -> None:
    """A byte now and then keeps every single read short."""
    async with outside_of(double, unbounded=unbounded, provider_timeout_seconds=0.5) as outside:
        for answer in (Answer(PEM, pause=0.1), Answer(PEM, pause=30)):
            started = time.monotonic()
            assert (await ask(double, outside, double.serve_as(answer))) == "unreachable"
            assert time.monotonic() - started < 10
        assert (await ask(double, outside, double.serve(*GOOD))) is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_failure_of_paypal_is_tried_again(double: PayPalDouble, status: int) -> None:
    url = double.serve_as(Answer(PEM, status), "later")
    async with outside_of(double) as outside:
        assert (await ask(double, outside, url)) == "unreachable"
        double.serve(*GOOD, cert_id="later")
        assert (await ask(double, outside, url)) is None


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 410])
async def test_what_paypal_does_not_have_is_refused(double: PayPalDouble, status: int) -> None:
    body = b"" if status == 204 else PEM
    async with outside_of(double) as outside:
        url = double.serve_as(Answer(body, status))
        assert (await ask(double, outside, url)) == "bad_signature"


async def test_nobody_answers(double: PayPalDouble) -> None:
    async with outside_of(double, paypal_cert_hosts=("localhost:1",)) as outside:
        url = f"https://localhost:1{CERTS}CERT-1"
        assert (await ask(double, outside, url)) == "unreachable"


async def test_a_server_that_cannot_prove_its_name_is_not_asked(
    double: PayPalDouble, tmp_path: Path
) -> None:
    strangers = tmp_path / "strangers.pem"
    strangers.write_bytes(maker.make(None, name="Other", ca=True).pem)
    async with outside_of(double, paypal_trust_store=strangers) as outside:
        assert (await ask(double, outside, double.serve(*GOOD))) == "unreachable"
    assert double.asked == []


LONG_AGO, FAR_OFF = datetime(2021, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
NO_CA = maker.make(maker.root(), name="issuer.example.com", key=maker.rsa_key("issuer"))
STRANGER = maker.make(None, name="A root", key=maker.rsa_key("stranger"), ca=True)
BAD: dict[str, tuple[maker.Made, ...]] = {
    "self-signed": (maker.make(None),),
    "wrong name": (maker.make(maker.root(), name="www.paypal.com"),),
    "expired": (maker.make(maker.root(), until=LONG_AGO),),
    "not yet valid": (maker.make(maker.root(), since=FAR_OFF),),
    "a CA": (maker.make(maker.root(), ca=True, named=True),),
    "unknown root": (maker.make(STRANGER), STRANGER),
    "issuer no CA": (maker.make(NO_CA), NO_CA),
    "issuer missing": (maker.signer(),),
    "weak key": (maker.make(maker.root(), key=maker.rsa_key("weak", 1024)),),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_certificate_is_refused_though_it_signs(
    double: PayPalDouble, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with outside_of(double) as outside:
        url = double.serve(*BAD[what])
        headers = double.sign(BODY, signer=BAD[what][0], cert_url=url)
        if what == "weak key":  # its own is too short to be looked at
            headers[paypal.SIGNATURE] = double.sign(BODY)[paypal.SIGNATURE]
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                reason = await refusal(outside, headers, BODY, double.webhook_id)
                assert reason == "bad_signature"
    assert [record.message for record in caplog.records] == [
        "a certificate that PayPal serves is not trusted"
    ]
    assert len(double.asked) == 1


@pytest.mark.parametrize("served", [b"", b"{}", b"<html>no</html>", maker.signer().key_pem])
async def test_what_is_no_certificate_is_refused(double: PayPalDouble, served: bytes) -> None:
    async with outside_of(double) as outside:
        assert (await ask(double, outside, double.serve_as(Answer(served)))) == "bad_signature"


async def test_a_trust_store_that_is_gone_loses_nothing(
    double: PayPalDouble, tmp_path: Path
) -> None:
    async with outside_of(double) as outside:
        settings = outside.settings.model_copy(update={"paypal_trust_store": tmp_path / "gone"})
        url = double.serve(*GOOD)
        assert (await ask(double, replace(outside, settings=settings), url)) == "unreachable"
        assert (await ask(double, outside, url)) is None
