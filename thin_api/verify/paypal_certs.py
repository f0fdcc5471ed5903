"""Fetches PayPal's signing certificates, which a delivery names by URL.

The URL is the sender's word, so anyone may make us ask PayPal for what is not there. That is
bounded: a fetch in time and size, one for all who wait for the same URL, no redirects; a few at
once; a few unknown URLs per endpoint and minute; what is no certificate of PayPal's is not asked
for again for a minute. What is over these bounds is answered 503, because a genuine delivery may
be among it. A certificate that was trusted once is outside all of them, so that a flood of unknown
URLs holds up only a certificate that is new to this process.

A trusted certificate is kept in `Outside.fetched`: for an hour, and while its chain is valid.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import httpx
from cachetools import LRUCache, TTLCache

from thin_api.certificates import Signer, Untrusted, check, read_pem, read_trust_store
from thin_api.verify import Endpoint, Outside, Unreachable, Unverified

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024  # a certificate is about 3 kB, a chain of them 8 kB
AT_ONCE = 4
UNKNOWN_PER_MINUTE = 10  # by endpoint
REFUSED_ENTRIES, REFUSED_SECONDS = 1024, 60.0

NAME = re.compile(r"messageverificationcerts[a-z0-9.-]*\.paypal\.com", re.IGNORECASE)

Result = TypeVar("Result")

_said: TTLCache[tuple[object, str], bool] = TTLCache(1024, 600.0)


def say(message: str, endpoint: Endpoint, **fields: object) -> None:
    """Log what concerns every delivery of an endpoint: now and then, not each time."""
    if (endpoint.endpoint_id, message) not in _said:
        _said[endpoint.endpoint_id, message] = True
        log.error(message, extra={"endpoint_id": str(endpoint.endpoint_id)} | fields)


class Shared(Generic[Result]):
    """Runs a job once for all who ask for it meanwhile; who gives up waiting does not stop it."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        """Return how many jobs are running."""
        return len(self._running)

    def __contains__(self, key: str) -> bool:
        """Whether a job is running under this key."""
        return key in self._running

    async def result(self, key: str, job: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Return what the job of this key returns, or raise what it raises."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(job())
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: str, task: asyncio.Task[Result]) -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more


class _Fetching:
    """What one shim remembers of its fetches."""

    def __init__(self) -> None:
        self.running = Shared[bytes]()
        self.trusted: LRUCache[str, bool] = LRUCache(64)
        self.refused: TTLCache[str, bool] = TTLCache(REFUSED_ENTRIES, REFUSED_SECONDS)
        self.unknown: TTLCache[tuple[object, int], int] = TTLCache(4096, 120.0)


_fetching: WeakKeyDictionary[httpx.AsyncClient, _Fetching] = WeakKeyDictionary()


async def find_signer(url: str, now: float, endpoint: Endpoint, outside: Outside) -> Signer:
    """Return the trusted key of the certificate under an allowed URL.

    now: Unix time, seconds, at which its chain has to be valid. Raises Unverified for what is no
    certificate of PayPal's, Unreachable where it could not be fetched or looked at now.
    """
    if signer := _kept(url, now, outside):
        return signer
    state = _fetching.setdefault(outside.http, _Fetching())
    if url in state.refused:
        raise Unverified("bad_signature")
    if url not in state.running and not _may_fetch(url, state, endpoint):
        say("too many unknown PayPal certificates are asked for", endpoint)
        raise Unreachable
    try:
        pem = await state.running.result(url, lambda: _fetch(url, outside))
        if url in state.refused:  # by another one who waited: a chain is not checked for each
            raise Unverified("bad_signature")
        signer = _kept(url, now, outside) or _check(pem, now, endpoint, outside)
    except Unverified:
        state.refused[url] = True
        raise
    outside.fetched[url] = signer
    state.trusted[url] = True
    return signer


def _kept(url: str, now: float, outside: Outside) -> Signer | None:
    signer: Signer | None = outside.fetched.get(url)
    return signer if signer is not None and signer.is_valid_at(now) else None


def _may_fetch(url: str, state: _Fetching, endpoint: Endpoint) -> bool:
    if url in state.trusted:
        return True
    key = (endpoint.endpoint_id, _minute())
    asked = state.unknown.get(key, 0)
    if len(state.running) >= AT_ONCE or asked >= UNKNOWN_PER_MINUTE:
        return False
    state.unknown[key] = asked + 1
    return True


def _minute() -> int:
    return int(time.monotonic() // 60)


def _check(pem: bytes, now: float, endpoint: Endpoint, outside: Outside) -> Signer:
    try:
        store = read_trust_store(outside.settings.paypal_trust_store)
    except Untrusted as untrusted:
        say("no PayPal certificate can be checked", endpoint, error=str(untrusted))
        raise Unreachable from None
    try:
        return check(read_pem(pem), store, NAME, now)
    except Untrusted as untrusted:
        # Where PayPal serves no intermediate, HOOKLEDGER_PAYPAL_TRUST_STORE has to hold it.
        say("a certificate that PayPal serves is not trusted", endpoint, error=str(untrusted))
        raise Unverified("bad_signature") from None


async def _fetch(url: str, outside: Outside) -> bytes:
    """Return what is served. Raises Unreachable, or Unverified for what can be no certificate."""
    headers = {"accept": "*/*", "accept-encoding": "identity"}
    try:
        async with (
            asyncio.timeout(outside.settings.provider_timeout_seconds),
            outside.http.stream("GET", url, headers=headers, follow_redirects=False) as answer,
        ):
            if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
                raise Unreachable
            pem = await read_bounded(answer, MAX_BYTES) if answer.status_code == 200 else None
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("PayPal did not serve a certificate", extra={"error": type(error).__name__})
        raise Unreachable from None
    if pem is None:
        raise Unverified("bad_signature")
    return pem


async def read_bounded(answer: httpx.Response, limit: int) -> bytes | None:
    """Return an answer's body; None for one that is packed, or longer than this many bytes."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        return None
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
