"""The shim and what it is compared with, round by round: no database, pgbench, a peer in Python."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from load import pgbench
from load.kinds import KINDS, Kind, send_new
from load.measure import report_of
from load.system import Shim, System, running_shim

PEERS = {f"peer, {n} worker{'s' * (n > 1)}": n for n in (1, 2)}
# What is faster sends more, so that a round of each takes seconds.
SHARES = {"null": 3.0, **dict.fromkeys(PEERS, 1 / 3)}
PEER_USERS = 64
"""The peer is a tenth faster with so many than with the 128 of the gate."""
PGBENCH_CLIENTS = 8

Key = tuple[str, str]
"""Name of the kind, and who took the webhooks."""


def prepare_peer(system: System) -> dict[str, str]:
    """Create the peer's tables; return its environment."""
    from load.peers.fastapi_peer import metadata

    url = system.dsn("superuser").replace("postgresql://", "postgresql+{}://")
    engine = create_engine(url.format("psycopg"))
    with engine.begin() as connection:
        connection.execute(CreateSchema("peer", if_not_exists=True))
        metadata.create_all(connection)
    engine.dispose()
    return {"PEER_DATABASE_URL": url.format("asyncpg")}


class Rivals:
    """All of them running on a system; a figure (webhooks per second) a round of each."""

    def __init__(
        self, system: System, stack: ExitStack, users: int, say: Callable[[str], None]
    ) -> None:
        """Start them, until the stack is closed. say: told every figure."""
        self.system, self.users, self._say = system, users, say
        self.rates: dict[Key, list[float]] = {}
        self.runs: dict[Key, list[dict[str, Any]]] = {}
        system.create_endpoints(["stripe", "shopify"])
        pgbench.put_bodies(system, KINDS)
        peer = prepare_peer(system)

        def start(module: str, **variables: str) -> Shim:
            return stack.enter_context(running_shim(system, module=module, variables=variables))

        self.shims = {"null": start("load.null"), "shim": start("thin_api.serve")} | {
            who: start("load.peers.fastapi_peer", PEER_WORKERS=str(workers), **peer)
            for who, workers in PEERS.items()
        }

    def round(self, count: int, seconds: int) -> None:
        """Measure each once, one right after the other. count: Stripe events for the shim."""
        for kind in KINDS:
            fewer = 1 if kind.provider == "stripe" else 4
            for who in self.shims:
                self._send(kind, who, round(count * SHARES.get(who, 1) / fewer))
            told = pgbench.ingest(self.system, kind, seconds, clients=PGBENCH_CLIENTS)
            self._note(kind, "pgbench", told.per_second)

    def _send(self, kind: Kind, who: str, count: int) -> None:
        endpoints = [e for e in self.system.endpoints if e.provider == kind.provider]
        users = min(PEER_USERS, self.users) if who in PEERS else self.users
        run = send_new(self.system, self.shims[who], kind, endpoints, count, users=users)
        self._note(kind, who, run.rate)
        self.runs.setdefault((kind.name, who), []).append(report_of(run))

    def _note(self, kind: Kind, who: str, rate: float) -> None:
        self.rates.setdefault((kind.name, who), []).append(rate)
        self._say(f"    {kind.name:<14} {who:<16} {rate:8.0f}/s")

    def median(self, kind: Kind, who: str) -> float:
        """Return what stands for the rounds."""
        return statistics.median(self.rates[kind.name, who])

    def ratio(self, kind: Kind, *others: str) -> float:
        """Return the shim's rate divided by that of the fastest of the others."""
        return self.median(kind, "shim") / max(self.median(kind, who) for who in others)

    def wal_bytes(self, kind: Kind) -> float:
        """Return how much WAL one of the shim's webhooks wrote."""
        runs = self.runs[kind.name, "shim"]
        return float(statistics.median(run["wal_bytes_per_webhook"] for run in runs))
