"""`python -m thin_api.serve`: the shim under uvicorn.

Exit codes: 0 stopped by a signal, 3 refused to start (settings, database), 4 address not free.
"""

import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from thin_api import logs
from thin_api.app import create_app
from thin_api.database import dsn
from thin_api.migrate import head_revision
from thin_api.settings import ConfigurationError, load_settings

log = logging.getLogger("thin_api.serve")

REFUSED = 3
ADDRESS_IN_USE = 4
MAX_HEAD_BYTES = 64 * 1024
BACKLOG = 2048


class BoundedHeadProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself takes a request head of any size."""

    _head_bytes = 0

    def on_message_begin(self) -> None:
        """Start counting."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the request target."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(name, value)
        super().on_header(name, value)

    def _count(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts))
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("the request head is too large")  # uvicorn answers 400 and hangs up


class Server(uvicorn.Server):
    """uvicorn's server, which by itself heeds a signal only when it has started."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the database, listen, and say so."""
        await super().startup(sockets)
        log.info("serving", extra={"host": self.config.host, "port": self.config.port})

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: in order when webhooks may be under way, at once when none can be."""
        if not self.started:
            sys.exit(0)
        super().handle_exit(sig, frame)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket, which listens when the server starts; raise OSError if it is taken."""
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def main() -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    try:
        settings = load_settings()
        app = create_app(settings, dsn("shim", settings), head_revision())
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    logs.configure(settings.log_level)
    try:
        bound = bind(settings.host, settings.port)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        sys.stderr.write(f"cannot listen on {settings.host}:{settings.port}: {reason}\n")
        return ADDRESS_IN_USE
    server = Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=BoundedHeadProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
        )
    )
    # uvicorn raises the signal again when it has shut down; then this process ends in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        server.run(sockets=[bound])
    except SystemExit as stop:
        if stop.code:
            refusal = getattr(app.state, "refusal", "an error nobody foresaw, see the log")
            sys.stderr.write(f"the shim does not start: {refusal}\n")
            return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
