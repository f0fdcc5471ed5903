"""Senders that take their time: they hold up nobody else, and not for ever."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from thin_api import intake
from thin_api.intake import Intake
from thin_api.problems import ProblemError
from thin_api.protocol import TIMED_OUT
from thin_api.settings import Settings
from thin_api.tests import bodies
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import NO_TLS, Target, count, new_target, signed, until
from thin_api.tests.test_serve import served

pytestmark = pytest.mark.anyio

SLOW, IDLE, WEBHOOKS = 300, 500, 60
LIMITS = {"HOOKLEDGER_BODY_TIMEOUT_SECONDS": "6", "HOOKLEDGER_HEAD_TIMEOUT_SECONDS": "3"}
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connections(url: str, number: int) -> AsyncIterator[list[Connection]]:
    """Open many connections to a shim, and close them in the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    host, port = url.removeprefix("http://").split(":")
    opened: list[Connection] = []
    try:
        while len(opened) < number:
            opened.append(await asyncio.open_connection(host, int(port)))
        yield opened
    finally:
        for _, writer in opened:
            writer.close()


def head(target: Target, body: bytes) -> bytes:
    """Return the head of a correctly signed request."""
    headers = signed(target, body) | {"content-length": str(len(body)), "host": "shim"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {target.path} HTTP/1.1\r\n{lines}\r\n".encode()


async def drip(connection: Connection, at_once: bytes, slowly: bytes) -> bytes:
    """Send the first part, then a byte a second until the shim hangs up; return its answer."""
    reader, writer = connection
    writer.write(at_once)

    async def send() -> None:
        for byte in slowly:
            writer.write(bytes([byte]))
            await asyncio.sleep(1)

    sending = asyncio.create_task(send())
    answer = b""
    try:
        async with asyncio.timeout(60):
            with suppress(ConnectionError):  # it hung up on a byte that was under way
                while piece := await reader.read(65_536):
                    answer += piece
    finally:
        sending.cancel()
    return answer


async def deliver_all(url: str, target: Target) -> list[int]:
    """Send webhooks, a few at a time; return the statuses."""
    gate = asyncio.Semaphore(8)
    async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:

        async def deliver() -> int:
            async with gate:
                body = bodies.order()
                headers = signed(target, body)
                return (await client.post(target.path, content=body, headers=headers)).status_code

        return await asyncio.gather(*(deliver() for _ in range(WEBHOOKS)))


async def gauge(url: str, name: str) -> float:
    """Return a gauge of the shim's metrics."""
    async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=30) as client:
        page = (await client.get("/metrics")).text
    return next(float(line.split()[1]) for line in page.splitlines() if line.startswith(name))


async def test_slow_bodies_are_not_work_and_end_with_408(
    database: Database, tmp_path: Path
) -> None:
    """More of them than webhooks may be worked on, each a byte a second."""
    target, body = new_target(database, "shopify"), bodies.order()
    with served(database, tmp_path / "log", **LIMITS) as (url, _):
        async with connections(url, SLOW) as slow:
            answers = asyncio.gather(*(drip(c, head(target, body), body) for c in slow))

            async def all_arrive() -> bool:
                return await gauge(url, "hookledger_bodies_arriving") == SLOW

            await until(all_arrive, 30)
            assert await gauge(url, "hookledger_webhooks_in_flight") == 0
            assert await deliver_all(url, target) == [200] * WEBHOOKS
            for answer in await answers:
                assert answer.startswith(b"HTTP/1.1 408 ")
                assert b'"code":"body_timeout"' in answer
        assert await gauge(url, "hookledger_bodies_arriving") == 0
    assert count(database, "attribution_events", target) == WEBHOOKS


async def test_idle_connections_and_slow_heads_are_closed(
    database: Database, tmp_path: Path
) -> None:
    target, body = new_target(database, "shopify"), bodies.order()
    with served(database, tmp_path / "log", **LIMITS) as (url, _):
        async with connections(url, IDLE + 100) as opened:
            idle, slow = opened[:IDLE], opened[IDLE:]
            start, rest = head(target, body)[:20], head(target, body)[20:]
            slow_heads = asyncio.gather(*(drip(connection, start, rest) for connection in slow))
            ends = asyncio.gather(*(drip(connection, b"", b"") for connection in idle))
            assert await deliver_all(url, target) == [200] * WEBHOOKS
            assert {answer[:13] for answer in await slow_heads} == {b"HTTP/1.1 408 "}
            assert set(await ends) == {b""}, "nobody asked anything, nobody is answered"
            assert await deliver_all(url, target) == [200] * WEBHOOKS
    assert count(database, "attribution_events", target) == 2 * WEBHOOKS


async def webhooks_with_a_pause(connection: Connection, target: Target) -> float:
    """Send two webhooks, three seconds apart; return how long the connection idled at the end."""
    reader, writer = connection
    for pause in (3.0, 0.0):
        body = bodies.order()
        writer.write(head(target, body) + body)
        answer = await asyncio.wait_for(reader.readuntil(b'"reason":null}'), 30)
        assert answer.startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(pause)
    idle_since = time.monotonic()
    assert await asyncio.wait_for(reader.read(), 60) == b""
    return time.monotonic() - idle_since


async def test_what_is_neither_a_head_nor_a_body_keeps_no_connection_open(
    database: Database, tmp_path: Path
) -> None:
    """Blank lines, the rest of a refused body, half a second head; and a pause is none of these."""
    target, body = new_target(database, "shopify"), bodies.order()
    refused = Target("shopify", target.tenant_id, target.tenant_id, target.secret)
    limits = {"HOOKLEDGER_HEAD_TIMEOUT_SECONDS": "1.5", "HOOKLEDGER_KEEP_ALIVE_SECONDS": "9"}
    with served(database, tmp_path / "log", **limits) as (url, _):
        async with connections(url, 4) as (blank, early, half, patient):
            idled, *answers = await asyncio.gather(
                webhooks_with_a_pause(patient, target),
                drip(blank, head(target, body) + body, b"\r\n" * 60),
                drip(early, head(refused, body), body),
                drip(half, head(target, body) + body + b"POST /", b"x" * 60),
            )
    assert idled > 4
    assert [answer[9:12] for answer in answers] == [b"200", b"404", b"200"]
    assert b"408 Request Timeout" not in answers[0] + answers[1]
    assert answers[2].endswith(TIMED_OUT)


# -- the bounds on bodies themselves ---------------------------------------------------------------


def pieces(*sizes: int, then: Callable[[], Awaitable[Any]] | None = None) -> Any:
    """Return a `receive` that hands over pieces of these sizes, then waits or ends."""
    waiting = list(sizes)

    async def receive() -> Any:
        if waiting:
            more = len(waiting) > 1 or then is not None
            return {"type": "http.request", "body": b"x" * waiting.pop(0), "more_body": more}
        assert then is not None
        return await then()

    return receive


async def code(reading: Awaitable[bytes]) -> str:
    """Return the problem that a reading ends with."""
    with pytest.raises(ProblemError) as caught:
        await reading
    return caught.value.code


async def test_bodies_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODIES", 2)
    bodies_in = Intake(Settings(max_in_flight=3, body_timeout_seconds=60))
    slow = [asyncio.create_task(bodies_in.read(None, pieces(then=asyncio.Event().wait)))
            for _ in range(6)]  # fmt: skip
    await asyncio.sleep(0)
    assert bodies_in.arriving == 6
    assert await code(bodies_in.read(None, pieces(10))) == "overloaded"
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await bodies_in.read(None, pieces(10, 10)) == b"x" * 20
    assert bodies_in.arriving == 0


async def test_large_bodies_are_bounded_in_bytes_and_small_ones_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "LARGE_TOTAL_BYTES", 100_000)
    bodies_in = Intake(Settings(body_timeout_seconds=60))
    small, forever = intake.SMALL_BYTES, asyncio.Event().wait
    large = asyncio.create_task(bodies_in.read(None, pieces(small, 99_999, then=forever)))
    await asyncio.sleep(0)
    assert await code(bodies_in.read(None, pieces(small, 2))) == "overloaded"
    assert len(await bodies_in.read(None, pieces(small, 1))) == small + 1
    assert len(await bodies_in.read(None, pieces(small // 2, small // 2))) == small
    large.cancel()
    await asyncio.gather(large, return_exceptions=True)
    assert len(await bodies_in.read(None, pieces(small, 100_000))) == small + 100_000


async def test_a_slow_body_ends_when_its_time_is_over() -> None:
    bodies_in = Intake(Settings(body_timeout_seconds=0.3))

    async def trickle() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    started = time.monotonic()
    assert await code(bodies_in.read(None, pieces(then=trickle))) == "body_timeout"
    assert time.monotonic() - started >= 0.3
    assert bodies_in.arriving == 0
