"""The HTTP protocol of the shim: uvicorn's, with bounds on the head of a request.

It also takes two short cuts, for what nearly every webhook is: a body that is complete when it is
asked for need not be waited for, and head and body of an answer leave in one write.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from weakref import ref

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

WHOLE_BODY = "hookledger.whole_body"
MAX_HEAD_BYTES = 64 * 1024
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


Headers = tuple[tuple[bytes, bytes], ...]
_IN_A_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_IN_A_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


@lru_cache(maxsize=256)
def head_of(status: int, headers: Headers, keep_alive: bool) -> tuple[bytes, int] | None:
    """Return the head of an answer and the length that it promises.

    None unless the names are plain, the length is told, and nothing is told about the connection.
    """
    lines, length = [STATUS_LINE[status]], None
    for name, value in headers:
        plain = _IN_A_NAME.fullmatch(name) and _IN_A_VALUE.fullmatch(value)
        if not plain or name in (b"connection", b"transfer-encoding"):
            return None
        if name == b"content-length":
            if length is not None:
                return None
            length = int(value)
        lines.append(name + b": " + value + b"\r\n")
    if length is None:
        return None
    closing = b"" if keep_alive else b"connection: close\r\n"
    return b"".join((*lines, closing, b"\r\n")), length


class Cycle(RequestResponseCycle):
    """A request and its answer."""

    _start: Any = None  # an answer's head that waits for the body
    _asked = False  # for the body

    def whole_body(self) -> bytes | None:
        """Return the body when it is complete and was not asked for: receive() would not wait."""
        if self.more_body or self._asked or self.disconnected or self.response_complete:
            return None
        self._asked = True
        self.message_event.clear()
        whole, self.body = bytes(self.body), bytearray()
        return whole

    async def receive(self) -> Any:
        """Return the next piece of the body."""
        self._asked = True
        return await super().receive()

    async def send(self, message: Any) -> None:
        """Send an answer in one write if it is whole and simple, else as uvicorn does."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._start = message  # a second one is uvicorn's 500, after an error
            return
        start, self._start = self._start, None
        if start is not None:
            if self._send_whole(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _send_whole(self, start: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
        if (
            message["type"] != "http.response.body"
            or message.get("more_body")
            or self.disconnected
            or self.flow.write_paused
            or self.scope["method"] == "HEAD"
            or self.default_headers
        ):
            return False
        head = head_of(start["status"], tuple(map(tuple, start["headers"])), self.keep_alive)
        body = message.get("body", b"")
        if head is None or head[1] != len(body):
            return False
        self.waiting_for_100_continue = False
        self.response_started = self.response_complete = True
        self.transport.write(head[0] + body)
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


def offer_of(cycle: Cycle) -> Callable[[], bytes | None]:
    """Return what a request's scope holds, from which its whole body can be had.

    It does not keep the request, which keeps the scope: in a cycle each of them would wait for the
    garbage collector, which then took a sixth of the shim's time.
    """
    request = ref(cycle)

    def whole_body() -> bytes | None:
        found = request()
        return None if found is None else found.whole_body()

    return whole_body


class BoundedHeadProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself takes a request head of any size, for any time.

    The clock runs from the opening of the connection to the end of the first head, later from
    whatever comes after an answer; the pause in between is uvicorn's keep-alive. The body of a
    request that was answered early (404) counts as such: nobody reads it.
    """

    head_timeout_seconds = 10.0
    _head_bytes = 0
    _in_head = False
    _head_timer: asyncio.TimerHandle | None = None
    _idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first head: most connections that idle have sent nothing."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the clock, which the end of a head stops, unless a request is being handled."""
        super().data_received(data)
        idle = self.cycle is None or self.cycle.response_complete
        unclocked = self._head_timer is None and (self._in_head or idle)
        if unclocked and not self.transport.is_closing():
            self._start_clock()

    def on_message_begin(self) -> None:
        """Start counting."""
        self._head_bytes = 0
        self._in_head = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request target."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock: the body has one of its own."""
        self._in_head = False
        self._stop_clock()
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # its task has not begun
            cycle: Any = self.cycle
            cycle.__class__ = Cycle
            cycle.scope["extensions"] = {WHOLE_BODY: offer_of(cycle)}

    def on_response_complete(self) -> None:
        """Begin to be idle; a timer that was set after an earlier answer goes on."""
        busy = bool(self.pipeline)  # with a request that came before this answer
        if busy or self.timeout_keep_alive_task is None or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
        self._idle_since = None if busy else self.loop.time()

    def _unset_keepalive_if_required(self) -> None:
        """Be busy. A timer costs more to cancel and set anew, each request, than to leave alone."""
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        """Hang up if nothing came for the whole time, else look again when it could be over."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # the end of the answer sets it anew
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            later = self.loop.call_later(left, self.timeout_keep_alive_handler)
            self.timeout_keep_alive_task = later
        else:
            super().timeout_keep_alive_handler()

    def _count(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts))
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("the request head is too large")  # uvicorn answers 400 and hangs up

    def _start_clock(self) -> None:
        self._head_timer = self.loop.call_later(self.head_timeout_seconds, self._give_up)

    def _stop_clock(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        """Hang up, after the answer that is due; say why when a part of a head has come."""
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False  # a second request, begun before the first was answered
            return
        if self._in_head:
            self.transport.write(TIMED_OUT)
        self.transport.close()


def bounded_protocol(head_timeout_seconds: float) -> type[BoundedHeadProtocol]:
    """Return the protocol with this limit; uvicorn makes the instances by itself."""
    limit = {"head_timeout_seconds": head_timeout_seconds}
    return type("BoundedHead", (BoundedHeadProtocol,), limit)
