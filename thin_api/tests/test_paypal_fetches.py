"""How often PayPal is asked for certificates: bounded, whatever is claimed."""

import asyncio
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509.verification import Store

from thin_api import certificates
from thin_api.certificates import Signer
from thin_api.tests import certificate_maker as maker
from thin_api.tests.paypal_double import CERTS, Answer, PayPalDouble
from thin_api.tests.paypal_fixtures import double, outside_of, paypal_server, refusal
from thin_api.tests.shim_fixtures import NOW, until
from thin_api.verify import Outside, paypal_certs

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


async def test_one_fetch_serves_all_who_wait_and_those_who_come_later(double: PayPalDouble) -> None:
    go = threading.Event()
    url = double.serve_as(Answer(PEM, hold=go))
    async with outside_of(double) as outside:
        waiting = asyncio.gather(*[ask(double, outside, url) for _ in range(20)])
        await until(lambda: len(double.asked) == 1)
        go.set()
        assert (await waiting) == [None] * 20
        assert (await ask(double, outside, url)) is None
        assert len(double.asked) == 1
        assert isinstance(outside.fetched[url], Signer)


@pytest.mark.parametrize("served", [PEM, maker.make(None).pem])
async def test_a_chain_is_checked_once_for_all_who_wait(
    double: PayPalDouble, served: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a while with the system's roots, and nothing else runs meanwhile."""
    go, checks = threading.Event(), []

    def read_trust_store(path: Path | None) -> Store:
        checks.append(path)
        return certificates.read_trust_store(path)

    monkeypatch.setattr(paypal_certs, "read_trust_store", read_trust_store)
    url = double.serve_as(Answer(served, hold=go))
    async with outside_of(double) as outside:
        waiting = asyncio.gather(*[ask(double, outside, url) for _ in range(20)])
        await until(lambda: len(double.asked) == 1)
        go.set()
        assert set(await waiting) == {None if served == PEM else "bad_signature"}
    assert checks == [double.ca_file]


async def test_who_hangs_up_does_not_stop_the_fetch_for_others(double: PayPalDouble) -> None:
    go = threading.Event()
    url = double.serve_as(Answer(PEM, hold=go))
    async with outside_of(double) as outside:
        first = asyncio.create_task(ask(double, outside, url))
        await until(lambda: len(double.asked) == 1)
        second = asyncio.create_task(ask(double, outside, url))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        go.set()
        assert (await second) is None
    assert len(double.asked) == 1


async def test_a_kept_certificate_counts_only_while_it_is_valid(double: PayPalDouble) -> None:
    end = datetime(2025, 6, 16, tzinfo=UTC)
    made = maker.make(maker.root(), until=end)
    url = double.serve(made)
    async with outside_of(double) as outside:
        headers = double.sign(BODY, signer=made, cert_url=url)
        secret = double.webhook_id
        assert (await refusal(outside, headers, BODY, secret, now=end.timestamp())) is None
        late = end.timestamp() + 1
        assert (await refusal(outside, headers, BODY, secret, now=late)) == "bad_signature"


async def test_a_refused_url_is_not_asked_for_again_at_once(
    double: PayPalDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paypal_certs, "REFUSED_SECONDS", 3)
    url = double.serve_as(Answer(b"", 404), "soon")
    async with outside_of(double) as outside:
        for _ in range(3):
            assert (await ask(double, outside, url)) == "bad_signature"
        assert len(double.asked) == 1
        double.serve(*GOOD, cert_id="soon")
        await asyncio.sleep(3.1)
        assert (await ask(double, outside, url)) is None


async def test_unknown_urls_are_fetched_a_few_at_once(double: PayPalDouble) -> None:
    go = threading.Event()
    known = double.serve(*GOOD)
    urls = [double.serve_as(Answer(PEM, hold=go)) for _ in range(20)]
    async with outside_of(double) as outside:
        assert (await ask(double, outside, known)) is None
        asked = [ask(double, outside, url, endpoint_id=n) for n, url in enumerate(urls)]
        waiting = asyncio.gather(*asked)
        await until(lambda: len(double.asked) == 1 + paypal_certs.AT_ONCE)
        assert (await ask(double, outside, known)) is None
        outside.fetched.clear()
        assert (await ask(double, outside, known)) is None  # it was trusted before
        go.set()
        reasons = await waiting
    assert reasons.count("unreachable") == 20 - paypal_certs.AT_ONCE
    assert reasons.count(None) == paypal_certs.AT_ONCE
    assert len(double.asked) == 2 + paypal_certs.AT_ONCE


async def test_a_flood_of_unknown_urls_is_bounded_and_hinders_no_other_endpoint(
    double: PayPalDouble, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paypal_certs, "_minute", lambda: 1)
    known = double.serve(*GOOD)
    async with outside_of(double) as outside:
        assert (await ask(double, outside, known)) is None
        with caplog.at_level(logging.ERROR):
            for n in range(100):
                url = f"https://{double.host}{CERTS}CERT-flood-{n}"
                expected = "bad_signature" if n < 9 else "unreachable"
                assert (await ask(double, outside, url)) == expected, n
        assert len(double.asked) == 10
        outside.fetched.clear()
        assert (await ask(double, outside, known)) is None  # what is known is still renewed
        assert (await ask(double, outside, double.serve(*GOOD))) == "unreachable"
        assert (await ask(double, outside, double.serve(*GOOD), endpoint_id=2)) is None
        monkeypatch.setattr(paypal_certs, "_minute", lambda: 2)
        assert (await ask(double, outside, double.serve(*GOOD))) is None
    messages = [record.message for record in caplog.records]
    assert messages == ["too many unknown PayPal certificates are asked for"]
