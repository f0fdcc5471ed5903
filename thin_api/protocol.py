"""The HTTP protocol of the shim: uvicorn's, with bounds on the head of a request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


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

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first head: most connections that idle have sent nothing."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
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
        super().on_headers_complete()

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
