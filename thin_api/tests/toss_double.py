"""A Toss for tests: a real HTTP server on loopback that answers, or misbehaves, as it is told.

Bytes are written by hand, because no HTTP library would send half of what is sent here.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from thin_api.outside import new_outsides
from thin_api.settings import Settings
from thin_api.verify import Delivery, Endpoint, Unreachable, Unverified, Verified, toss

KEY = "test_sk_double"
LATER = 1_772_600_000.0  # Unix time after the webhooks here were made


def payment(key: str = "tdouble_1", **changes: Any) -> dict[str, Any]:
    """Return a Payment object as Toss's API answers it: a card payment of 39,000 won."""
    return {
        "mId": "tdouble",
        "lastTransactionKey": f"TX{key}",
        "paymentKey": key,
        "orderId": f"order-{key}",
        "orderName": "세작 녹차 외 1건",
        "status": "DONE",
        "requestedAt": "2026-03-02T23:13:41+09:00",
        "approvedAt": "2026-03-02T23:14:06+09:00",
        "card": {"number": "41111111****111*", "approveNo": "00000000", "amount": 39000},
        "virtualAccount": None,
        "cancels": None,
        "secret": None,
        "receipt": {"url": f"https://dashboard.example.com/receipt/{key}"},
        "currency": "KRW",
        "totalAmount": 39000,
        "balanceAmount": 39000,
        "method": "카드",
        "version": "2022-11-16",
        "metadata": None,
    } | changes


def webhook(key: str = "tdouble_1", **changes: Any) -> bytes:
    """Return PAYMENT_STATUS_CHANGED as it is sent: unsigned, so it may claim anything."""
    event = {
        "createdAt": "2026-03-02T23:14:06.65327",
        "eventType": "PAYMENT_STATUS_CHANGED",
        "data": payment(key, **changes),
    }
    return json.dumps(event, ensure_ascii=False).encode()


def deposit(key: str = "tdouble_1", **changes: Any) -> bytes:
    """Return DEPOSIT_CALLBACK as it is sent: without eventType, paymentKey and amount."""
    event = {
        "createdAt": "2026-03-02T23:20:00.000000",
        "secret": "ps_double",
        "status": "DONE",
        "transactionKey": f"TX{key}",
        "orderId": f"order-{key}",
    }
    return json.dumps(event | changes).encode()


@dataclass
class TossDouble:
    """What Toss knows and how it behaves; `requests` is what it was asked.

    status and body answer every request where they are set; else the payments do. head: further
    header lines. delay: seconds before an answer, drip: between its bytes. hang_up: closes without
    an answer.
    """

    url: str = ""
    payments: list[Mapping[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    status: int | None = None
    body: bytes | None = None
    head: str = ""
    delay: float = 0
    drip: float = 0
    hang_up: bool = False
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    def asked(self) -> list[str]:
        """Return the targets of all requests."""
        return [target for _, target, _ in self.requests]

    def _answer(self, target: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        expected = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
        if self.status is not None or self.body is not None:
            return self.status or 200, self.body or b"{}"
        if headers.get("authorization") != expected:
            return 401, b'{"code":"UNAUTHORIZED_KEY"}'
        for known in self.payments:
            paths = (
                f"/v1/payments/{known['paymentKey']}",
                f"/v1/payments/orders/{known['orderId']}",
            )
            if target in paths:
                return 200, json.dumps(known, ensure_ascii=False).encode()
        return 404, b'{"code":"NOT_FOUND_PAYMENT"}'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            pairs = [line.partition(": ") for line in lines[1:] if line]
            headers = {name.lower(): value for name, _, value in pairs}
            self.requests.append((method, target, headers))
            await asyncio.sleep(self.delay)
            if not self.hang_up:
                status, body = self._answer(target, headers)
                head = f"HTTP/1.1 {status} X\r\nconnection: close\r\n{self.head}"
                if "content-length" not in self.head:
                    head += f"content-length: {len(body)}\r\n"
                writer.write(f"{head}\r\n".encode())
                if self.drip:
                    for byte in body:
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(self.drip)
                else:
                    writer.write(body)
                await writer.drain()


@asynccontextmanager
async def running_double(*payments: Mapping[str, Any]) -> AsyncIterator[TossDouble]:
    """Run it, knowing these payments."""
    double = TossDouble(payments=list(payments))
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
        for task in double.serving:
            task.cancel()
        await asyncio.gather(*double.serving, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def asking(
    *payments: Mapping[str, Any], seconds: float = 30.0, now: float = LATER, **settings: str
) -> AsyncIterator[tuple[TossDouble, Any]]:
    """Yield the double, and a function that verifies a body with it.

    The function returns what was verified, or why it was not. seconds: how long Toss may take.
    settings: further settings of the endpoint.
    """
    async with running_double(*payments) as double:
        around = Settings(toss_api_url=double.url + "/", provider_timeout_seconds=seconds)
        outside = new_outsides(around, ["toss"])["toss"]
        values = {"api_secret_key": KEY} | settings
        endpoint = Endpoint(uuid4(), uuid4(), "toss", ("a key",), values)

        async def verify(body: bytes, headers: Mapping[str, str] | None = None) -> Verified | str:
            try:
                return await toss.verify(Delivery(headers or {}, body, now), endpoint, outside)
            except Unverified as unverified:
                return unverified.reason
            except Unreachable:
                return "unreachable"

        async with outside.http:
            yield double, verify
