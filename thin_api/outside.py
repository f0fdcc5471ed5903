"""What verifications may ask providers' servers for: bounded in time, size and number.

A provider whose API hangs must cost neither the webhooks of the others nor the shim its memory, so
each has a client of its own with a share of the requests that are handled at once. What is over it
fails at once and is answered 503; the sender delivers again.
"""

import asyncio
import ssl
from collections.abc import Iterable

import httpx
from cachetools import TTLCache

from thin_api.settings import Settings
from thin_api.verify import Outside

SHARE = 4  # a provider's questions may take a quarter of HOOKLEDGER_MAX_IN_FLIGHT
MAX_ANSWER_BYTES = 1024 * 1024
FETCHED_ENTRIES, FETCHED_SECONDS = 64, 3600.0


class BoundedTransport(httpx.AsyncBaseTransport):
    """Answers in full within `seconds`, or fails; `at_once` questions at the same time."""

    def __init__(self, inner: httpx.AsyncBaseTransport, at_once: int, seconds: float) -> None:
        self._inner = inner
        self._at_once = at_once
        self._seconds = seconds
        self._asking = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, read to its end; raise httpx.TransportError."""
        if self._asking >= self._at_once:
            raise httpx.PoolTimeout("too many questions at once", request=request)
        self._asking += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._whole_answer(request)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        finally:
            self._asking -= 1

    async def _whole_answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        content = bytearray()
        try:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise httpx.DecodingError("a packed answer was not asked for", request=request)
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MAX_ANSWER_BYTES:
                    raise httpx.ReadError("the answer is too large", request=request)
        finally:
            await answer.aclose()
        whole = httpx.ByteStream(bytes(content))  # not `content`, which counts as read already
        return httpx.Response(answer.status_code, headers=answer.headers, stream=whole)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def new_outsides(settings: Settings, providers: Iterable[str]) -> dict[str, Outside]:
    """Return what the verification of each provider may use beyond a delivery."""
    context = tls_context(settings)
    return {provider: new_outside(settings, context) for provider in providers}


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return what TLS trusts: the system's roots and, where it is set, the PayPal trust store."""
    context = ssl.create_default_context()
    if settings.paypal_trust_store is not None:
        context.load_verify_locations(cafile=settings.paypal_trust_store)
    return context


def new_outside(settings: Settings, context: ssl.SSLContext | None = None) -> Outside:
    """Return what the verification of one provider may use beyond a delivery."""
    at_once, seconds = max(1, settings.max_in_flight // SHARE), settings.provider_timeout_seconds
    inner = httpx.AsyncHTTPTransport(
        verify=context or tls_context(settings),
        limits=httpx.Limits(max_connections=at_once),
        trust_env=False,
    )
    http = httpx.AsyncClient(
        transport=BoundedTransport(inner, at_once, seconds),
        headers={"accept-encoding": "identity"},  # a small packed answer could unpack to a huge one
        follow_redirects=False,
        timeout=seconds,
        trust_env=False,
    )
    return Outside(settings, http, TTLCache(FETCHED_ENTRIES, FETCHED_SECONDS))
