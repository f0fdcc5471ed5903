"""The HTTP protocol: its short cuts change nothing that a client could see, except the time."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from thin_api.protocol import WHOLE_BODY, Cycle, bounded_protocol, head_of
from thin_api.serve import bind
from thin_api.tests.shim_fixtures import until

pytestmark = pytest.mark.anyio


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body as it was read: at once, or in pieces; the path says how it answers."""
    whole = scope["extensions"][WHOLE_BODY]()
    body, how = (b"", b"pieces") if whole is None else (whole, b"whole")
    more = whole is None
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        more = message["more_body"]
    text = how + b":" + body
    headers = [(b"content-length", b"%d" % len(text)), (b"x-one", b"1")]
    if scope["path"] == "/chunks":
        headers = []
    if scope["path"] == "/evil":
        headers[1] = (b"x-one", b"1\r\nx-two: 2")
    if scope["path"] == "/short":
        text = text[:-1]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/fails":
        raise RuntimeError
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def connected(keep_alive: int = 60) -> AsyncIterator[Any]:
    """Run a server of the application; yields a function that opens a connection to it."""
    listening = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        application,
        http=bounded_protocol(30.0),
        timeout_keep_alive=keep_alive,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    try:
        await until(lambda: server.started)
        yield lambda: asyncio.open_connection(*listening.getsockname())
    finally:
        server.should_exit = True
        await task


def request(path: str = "/", body: bytes = b"", method: str = "POST", more: str = "") -> bytes:
    """Return an HTTP request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: h\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


CLOSING = "connection: close\r\n"


async def answers(opening: Any, *pieces: bytes) -> bytes:
    """Send pieces, a while apart, and return all that comes until the server hangs up."""
    reader, writer = await opening
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.1)
    data: bytes = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return data


async def test_a_body_is_whole_when_it_came_with_its_head_and_read_in_pieces_otherwise() -> None:
    async with connected() as connect:
        sent = request(body=b"abcdef", more=CLOSING)
        assert (await answers(connect(), sent)).endswith(b"\r\n\r\nwhole:abcdef")
        assert (await answers(connect(), sent[:-4], sent[-4:])).endswith(b"\r\n\r\npieces:abcdef")
        waits = request(body=b"abc", more=CLOSING + "expect: 100-continue\r\n")
        told = await answers(connect(), waits[:-3], waits[-3:])
        assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        assert told.endswith(b"pieces:abc")


async def test_requests_that_come_at_once_are_answered_in_order() -> None:
    async with connected() as connect:
        sent = [request(body=b"%d" % number) for number in range(5)]
        data = await answers(connect(), b"".join(sent), request(body=b"end", more=CLOSING))
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx-one: 1\r\n\r\n"
    assert data.startswith(b"".join(head + b"whole:%d" % number for number in range(5)))
    assert data.endswith(b"\r\nconnection: close\r\n\r\nwhole:end")


async def test_an_answered_request_is_forgotten_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        async with connected() as connect:
            sent = [request(body=b"%d" % number) for number in range(20)]
            await answers(connect(), b"".join(sent), request(body=b"end", more=CLOSING))
            left = sum(isinstance(found, Cycle) for found in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 1  # the connection's last


async def test_other_answers_are_uvicorn_s() -> None:
    async with connected() as connect:
        data = await answers(connect(), request("/", method="HEAD", more=CLOSING))
        assert data.startswith(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n")
        assert data.endswith(b"\r\n\r\n")
        data = await answers(connect(), request("/chunks", b"abc", more=CLOSING))
        assert b"transfer-encoding: chunked\r\n" in data
        assert data.endswith(b"\r\n9\r\nwhole:abc\r\n0\r\n\r\n")


@pytest.mark.parametrize("path", ["/evil", "/short", "/fails"])
async def test_an_answer_that_is_wrong_splits_nothing_and_ends_the_connection(path: str) -> None:
    async with connected() as connect:
        data = await answers(connect(), request(path, b"abc"))
    assert b"x-two" not in data
    assert not data.endswith(b"whole:abc")


async def test_an_idle_connection_lives_for_the_keep_alive_time_since_its_last_answer() -> None:
    async with connected(keep_alive=2) as connect:
        started = asyncio.get_running_loop().time()
        await answers(connect(), *[request(body=b"x") for _ in range(12)])
        lasted = asyncio.get_running_loop().time() - started
    assert lasted >= 1.1 + 1.9


def test_the_head_of_an_answer_is_made_only_of_what_is_plain() -> None:
    length = (b"content-length", b"3")
    assert head_of(200, (length,), True) == (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n", 3)
    for header in (
        (b"connection", b"close"),
        (b"transfer-encoding", b"chunked"),
        (b"X-Upper", b"1"),
        (b"x", b"1\r\ny: 2"),
        (b"x:", b"1"),
        (b"", b"1"),
        length,
    ):
        assert head_of(200, (length, header), True) is None
    assert head_of(200, ((b"x", b"1"),), True) is None
