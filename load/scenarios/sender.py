"""Many webhooks at once, over real connections, in bounded number."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import httpx

from load.scenarios.webhooks import ASKED, Webhook

AT_ONCE = 100  # the shim's own limit is HOOKLEDGER_MAX_IN_FLIGHT, 256
ASKED_AT_ONCE = 12  # of each provider whose API is asked: a quarter of that is its share
TIMEOUT_SECONDS = 120.0

Answers = dict[Webhook, list["Answer"]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shim said. http_status 0: the connection failed."""

    http_status: int
    outcome: str
    receipt_id: str | None = None
    event_id: str | None = None


async def send_all(
    url: str,
    shots: Sequence[Webhook],
    *,
    at_once: int = AT_ONCE,
    answered: Callable[[], None] = lambda: None,
) -> Answers:
    """Send webhooks in this order, the same one as often as it stands there; return the answers."""
    answers: Answers = {webhook: [] for webhook in shots}
    shares = {provider: asyncio.Semaphore(ASKED_AT_ONCE) for provider in ASKED}
    async with AsyncExitStack() as stack:
        free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in new_clients(url, min(at_once, len(shots))):
            free.put_nowait(await stack.enter_async_context(client))

        async def shoot(webhook: Webhook) -> None:
            async with shares.get(webhook.target.provider, nullcontext()):
                client = await free.get()
                try:
                    answers[webhook].append(await deliver(client.post, webhook))
                finally:
                    free.put_nowait(client)
            answered()

        await asyncio.gather(*map(shoot, shots))
    return answers


def new_clients(url: str, number: int) -> Iterator[httpx.AsyncClient]:
    """Yield clients of one connection each: httpx's pool takes the longer the more it holds."""
    trusted = ssl.create_default_context()
    for _ in range(number):
        yield httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT_SECONDS, verify=trusted, trust_env=False
        )


async def deliver(post: Callable[..., Awaitable[httpx.Response]], webhook: Webhook) -> Answer:
    """Send one webhook, signed now."""
    try:
        response = await post(webhook.target.path, content=webhook.body, headers=webhook.headers())
    except httpx.TransportError as error:
        return Answer(0, type(error).__name__)
    try:
        told: dict[str, Any] = json.loads(response.content)
    except ValueError:
        told = {}
    if response.status_code == 200 and "receipt_id" in told:
        return Answer(200, told["status"], told["receipt_id"], told["event_id"])
    return Answer(response.status_code, str(told.get("code", "not of Hookledger")))
