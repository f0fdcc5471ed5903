"""`python -m thin_api.serve`: the shim under uvicorn.

Exit codes: 0 stopped by a signal, 3 refused to start (settings, database), 4 address not free.
"""

import gc
import logging
import resource
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

import uvicorn

from thin_api import logs
from thin_api.app import create_app
from thin_api.database import dsn
from thin_api.protocol import bounded_protocol
from thin_api.revisions import head_revision
from thin_api.settings import ConfigurationError, load_settings

log = logging.getLogger("thin_api.serve")

REFUSED = 3
ADDRESS_IN_USE = 4
BACKLOG = 2048
MOST_FILES = 65_536
YOUNG_OBJECTS = 10_000
"""So many more before the next collection: a few hundred webhooks under way hold that many."""


class Server(uvicorn.Server):
    """uvicorn's server, which by itself heeds a signal only when it has started."""

    gave_up = False
    """Asked to stop before it served: uvicorn may take the exit for a failed start."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the database, listen, and say so."""
        await super().startup(sockets)
        spare_collections()
        log.info("serving", extra={"host": self.config.host, "port": self.config.port})

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: in order when webhooks may be under way, at once when none can be."""
        if not self.started:
            self.gave_up = True
            sys.exit(0)
        super().handle_exit(sig, frame)


def spare_collections() -> None:
    """Let the garbage collector do less: what was loaded stays, and webhooks leave no cycles.

    To walk what was loaded took 70 ms, every so many webhooks, and stopped all of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


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


def raise_file_limit() -> None:
    """Take as many open files as we may: each connection is one, also of those that idle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    try:
        settings = load_settings()
        app = create_app(settings, dsn("shim", settings), head_revision())
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    logs.configure(settings.log_level)
    raise_file_limit()
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
            http=bounded_protocol(settings.head_timeout_seconds),
            timeout_keep_alive=settings.keep_alive_seconds,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # nobody asks who the client is
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
        if stop.code and not server.gave_up:
            refusal = getattr(app.state, "refusal", "an error nobody foresaw, see the log")
            sys.stderr.write(f"the shim does not start: {refusal}\n")
            return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
