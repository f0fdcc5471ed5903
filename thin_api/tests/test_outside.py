"""Asking providers' servers: bounded in time, size and number, each provider on its own."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from thin_api import outside, samples
from thin_api.settings import Settings
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    assert_problem,
    count,
    new_target,
    running_shim,
    stripe_event,
    until,
)

pytestmark = pytest.mark.anyio

LIMIT = outside.MAX_ANSWER_BYTES
PACKED = gzip.compress(b"x" * 10 * LIMIT)


class Api:
    """A server of raw answers; `asked` are the requests that it has read."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.finish = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(request)
            await self.answer(request.split()[1], writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, as it should
        finally:
            writer.close()

    async def answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/large":
            writer.write(_response(b"x" * (LIMIT + 1)))
        elif path == "/full":
            writer.write(_response(b"x" * LIMIT))
        elif path == "/packed":
            writer.write(_response(PACKED, "content-encoding: gzip\r\n"))
        elif path == "/elsewhere":
            writer.write(_response(b"", f"location: {self.url}/full\r\n", 302))
        elif path == "/drip":
            writer.write(_response(b"", "content-length: 1000\r\n"))
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        else:
            await self.finish.wait()
            writer.write(_response(b"{}"))
        await writer.drain()


def _response(content: bytes, headers: str = "", status: int = 200) -> bytes:
    if "content-length" not in headers:
        headers += f"content-length: {len(content)}\r\n"
    return f"HTTP/1.1 {status} ok\r\n{headers}connection: close\r\n\r\n".encode() + content


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    served = Api()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    served.url = f"http://{host}:{port}"
    yield served
    served.finish.set()
    server.close()


@asynccontextmanager
async def clients(**changes: float) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """The clients of two providers."""
    outsides = outside.new_outsides(Settings().model_copy(update=changes), ["one", "two"])
    async with outsides["one"].http as one, outsides["two"].http as two:
        yield one, two


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/hang", httpx.ReadTimeout),
        ("/drip", httpx.ReadTimeout),
        ("/large", httpx.ReadError),
        ("/packed", httpx.DecodingError),
    ],
)
async def test_an_answer_is_bounded(api: Api, path: str, error: type[Exception]) -> None:
    async with clients(provider_timeout_seconds=0.4) as (http, _):
        started = time.monotonic()
        with pytest.raises(error):
            await http.get(api.url + path)
        assert time.monotonic() - started < 10


async def test_an_answer_up_to_the_limit_comes_whole_and_redirects_are_not_followed(
    api: Api,
) -> None:
    async with clients() as (http, _):
        assert len((await http.get(f"{api.url}/full")).content) == LIMIT
        async with http.stream("GET", f"{api.url}/full") as answer:
            assert sum([len(chunk) async for chunk in answer.aiter_raw()]) == LIMIT
        assert (await http.get(f"{api.url}/elsewhere")).status_code == 302
    assert len(api.asked) == 3
    assert "accept-encoding: identity" in api.asked[0].lower()


async def test_a_provider_has_a_quarter_of_what_is_handled_at_once(api: Api) -> None:
    async with clients(max_in_flight=8) as (one, two):
        waiting = [asyncio.create_task(one.get(f"{api.url}/wait")) for _ in range(2)]
        await until(lambda: len(api.asked) == 2)
        started = time.monotonic()
        with pytest.raises(httpx.PoolTimeout):
            await one.get(f"{api.url}/wait")
        assert time.monotonic() - started < 4
        assert len(api.asked) == 2
        others = asyncio.create_task(two.get(f"{api.url}/wait"))
        await until(lambda: len(api.asked) == 3)
        api.finish.set()
        answers = await asyncio.gather(*waiting, others)
        assert [answer.status_code for answer in answers] == [200] * 3
        assert (await one.get(f"{api.url}/wait")).status_code == 200


async def test_a_question_given_up_makes_room_for_the_next(api: Api) -> None:
    async with clients(max_in_flight=1) as (http, _):
        asking = asyncio.create_task(http.get(f"{api.url}/wait"))
        await until(lambda: len(api.asked) == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        api.finish.set()
        assert (await http.get(f"{api.url}/wait")).status_code == 200


async def test_an_api_that_hangs_delays_no_other_provider(database: Database, api: Api) -> None:
    toss, stripe = new_target(database, "toss"), new_target(database)
    bodies = [samples.load("toss") for _ in range(3)]
    async with running_shim(
        database, toss_api_url=api.url, max_in_flight=8, provider_timeout_seconds=5
    ) as shim:
        waiting = [
            asyncio.create_task(shim.deliver(toss, body, topic)) for topic, body in bodies[:2]
        ]
        await until(lambda: len(api.asked) == 2)
        async with asyncio.timeout(4):
            one_too_many = await shim.deliver(toss, bodies[2][1], bodies[2][0])
            assert_problem(one_too_many, 503, "provider_unreachable")
            for _ in range(5):
                answer = await shim.deliver(stripe, stripe_event())
                assert answer.json()["status"] == "accepted"
        for task in waiting:
            assert_problem(await task, 503, "provider_unreachable")
        assert len(api.asked) == 2
        metrics = await shim.metrics()
    assert 'outcome="unavailable",provider="toss",reason="provider_unreachable"} 3.0' in metrics
    assert count(database, "webhook_dedup_events", toss) == 0
    assert count(database, "dead_events", toss) == 0
