"""Locust users that send webhooks.

`locust -f load/locustfile.py` sends signed samples to the demo tenant of a running `make run`. The
gate runs `Prepared` instead, whose requests were made beforehand: what a client has to do while the
clock runs is taken from the machine that is measured.
"""

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import gevent
from locust import FastHttpUser, constant, events, task
from locust.exception import StopUser

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
TIMEOUT_SECONDS = 30.0


class Broken(Exception):
    """The connection broke, or what came is no HTTP answer."""


def _answer(sock: Any) -> tuple[int, bytes]:
    """Return status and body of one answer; raise Broken, OSError."""
    data = sock.recv(65536)
    while (end := data.find(b"\r\n\r\n")) < 0:
        more = sock.recv(65536)
        if not more:
            raise Broken
        data += more
    length = _LENGTH.search(data, 0, end + 2)
    if length is None or not data.startswith(b"HTTP/1.1 "):
        raise Broken
    while len(data) < end + 4 + int(length[1]):
        more = sock.recv(65536)
        if not more:
            raise Broken
        data += more
    return int(data[9:12]), data[end + 4 :]


class Prepared(FastHttpUser):
    """Sends requests that are complete already, over one connection, as fast as it is answered.

    deliveries: what all users of this process send, each once. results: (delivery, start, seconds,
    status, body), status 0 for a broken connection and -1 for a timeout. go: an event to wait for.
    arrivals: when each is due, or None: as soon as a user is free.
    """

    abstract = True
    wait_time = constant(0)
    connection_timeout = network_timeout = TIMEOUT_SECONDS
    deliveries: Iterator[Any]
    results: list[tuple[Any, float, float, int, bytes]]
    go: Any
    connected: list[int]
    arrivals: Iterator[float] | None = None

    def _connect(self) -> Any:
        pool = self.client.client.clientpool.get_client(str(self.client.base_url))
        return pool._connection_pool.get_socket()

    @task
    def send_all(self) -> None:
        """Send until nothing is left."""
        sock = self._connect()
        self.connected.append(1)
        self.go.wait()
        clock, log = time.monotonic, self.environment.stats.log_request
        for delivery in self.deliveries:
            if self.arrivals is None:
                started = clock()
            else:
                # From when it was due: one that waits for a free user is late, and a sender's wait.
                started = next(self.arrivals)
                gevent.sleep(max(0.0, started - clock()))
            try:
                sock.sendall(delivery.request)
                status, body = _answer(sock)
            except TimeoutError:
                status, body = -1, b""
            except (OSError, Broken):
                status, body = 0, b""
            seconds = clock() - started
            self.results.append((delivery, started, seconds, status, body))
            log("POST", delivery.kind, seconds * 1000, len(body))
            if status != 200:
                self.environment.stats.log_error("POST", delivery.kind, str(status))
                sock.close()
                sock = self._connect()
        raise StopUser


class Demo(FastHttpUser):
    """Sends fresh samples of every provider that signs, to the demo endpoints."""

    wait_time = constant(0)
    host = os.environ.get("HOOKLEDGER_URL", "http://127.0.0.1:8000")

    def on_start(self) -> None:
        """Read the demo tenant's endpoints."""
        from thin_api.demo import load_demo
        from thin_api.settings import load_settings

        self.demo = load_demo(load_settings())

    @task(4)
    def stripe(self) -> None:
        """Send a payment."""
        self._deliver("stripe")

    @task(1)
    def shopify(self) -> None:
        """Send an order."""
        self._deliver("shopify")

    @task(1)
    def standard(self) -> None:
        """Send an own event."""
        self._deliver("standard")

    def _deliver(self, provider: str) -> None:
        from thin_api.samples import load
        from thin_api.verify import load_providers

        endpoint = self.demo.endpoints[provider]
        topic, body = load(provider)
        headers = load_providers()[provider].sign(
            body, endpoint.secret, topic=topic, now=time.time()
        )
        path = f"/webhooks/{provider}/{endpoint.endpoint_id}"
        name = f"{provider} {topic}"
        self.client.post(path, data=body, headers=headers, name=name)  # type: ignore[arg-type]


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: Any) -> None:
    parser.set_defaults(users=16, spawn_rate=16)
