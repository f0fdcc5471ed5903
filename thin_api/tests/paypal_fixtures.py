"""What the tests of PayPal share: a running double, and asking the verifier."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from thin_api.outside import new_outsides
from thin_api.settings import Settings
from thin_api.tests.paypal_double import PayPalDouble, running_paypal
from thin_api.tests.shim_fixtures import NOW
from thin_api.verify import (
    Delivery,
    Endpoint,
    Outside,
    Unreachable,
    Unverified,
    Verified,
    paypal,
    paypal_certs,
)


@pytest.fixture(scope="module")
def paypal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayPalDouble]:
    """A PayPal for this module's tests."""
    with running_paypal(tmp_path_factory.mktemp("paypal")) as running:
        yield running


@pytest.fixture
def double(paypal_server: PayPalDouble) -> PayPalDouble:
    """The PayPal, as if nothing had been asked yet."""
    paypal_server.renew()
    paypal_certs._said.clear()
    return paypal_server


@asynccontextmanager
async def outside_of(
    double: PayPalDouble, *, unbounded: bool = False, **changes: Any
) -> AsyncIterator[Outside]:
    """What a shim has whose settings lead to the double; unbounded: its client bounds nothing."""
    settings = Settings().model_copy(update={**double.settings, **changes})
    outside = new_outsides(settings, ["paypal"])["paypal"]
    if unbounded:
        context = ssl.create_default_context(cafile=str(double.ca_file))
        plain = httpx.AsyncClient(verify=context, timeout=None, trust_env=False)  # noqa: S113
        outside = replace(outside, http=plain)
    async with outside.http:
        yield outside


async def refusal(
    outside: Outside,
    headers: dict[str, str],
    body: bytes,
    *secrets: str,
    now: float = NOW,
    settings: dict[str, str] | None = None,
    endpoint_id: int = 1,
) -> str | None:
    """Return why it is refused ("unreachable": told to come again), or None."""
    endpoint = Endpoint(UUID(int=endpoint_id), UUID(int=2), "paypal", secrets, settings or {})
    try:
        verified = await paypal.verify(Delivery(headers, body, now), endpoint, outside)
    except Unverified as unverified:
        return unverified.reason
    except Unreachable:
        return "unreachable"
    assert verified == Verified("postback" if settings else "signature", body)
    return None


async def ask_back(
    double: PayPalDouble,
    outside: Outside,
    body: bytes,
    *secrets: str,
    signed: bytes | None = None,
    now: float = NOW,
    **settings: str | None,
) -> str | None:
    """Deliver to an endpoint that asks PayPal; settings are changed, or left out where None.

    signed: what PayPal signed, where it is another body.
    """
    headers = double.sign(body if signed is None else signed)
    chosen = {k: v for k, v in {**double.postback, **settings}.items() if v is not None}
    secrets = secrets or (double.webhook_id,)
    return await refusal(outside, headers, body, *secrets, now=now, settings=chosen)
