"""What a webhook costs the backend that records it, in CPU time: called as the shim calls.

The time of one process counts what it worked, not what it waited for, nor what the client did.
"""

import time
from pathlib import Path

import psutil
import psycopg
from psycopg.types.json import Jsonb

from load.kinds import Kind
from load.mix import TOPICS, Bodies, Endpoint
from load.system import System
from thin_api.verify import forwarded, load_providers

ALONE = "select status from api.ingest_webhook(%s, %s, %s, %b, 'signature')"
GROUP = "select status from api.ingest_webhooks(%s, %b, %b, %b, array_fill('signature'::text, %s))"


def cpu_seconds(pid: int) -> float:
    """Return how long a process ran so far; in ticks of 10 ms unless the kernel says more."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9
    except OSError:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system


class Session:
    """A session of the shim's login that records new webhooks of a kind."""

    def __init__(self, connection: psycopg.Connection, kind: Kind, endpoint: Endpoint) -> None:
        self._connection, self._kind, self._endpoint = connection, kind, endpoint
        self._bodies = Bodies(kind.mix(1))
        self._provider = load_providers()[kind.provider]

    def cpu_us(self, group: int, seconds: float) -> float:
        """Return microseconds of CPU for each webhook in groups of that size, one commit each."""
        pid, count = self._connection.info.backend_pid, 0
        until, before = time.monotonic() + seconds, cpu_seconds(pid)
        while time.monotonic() < until:
            self.record(group)
            count += group
        return (cpu_seconds(pid) - before) / count * 1e6

    def record(self, group: int) -> None:
        """Record so many in one transaction."""
        made = [self._new() for _ in range(group)]
        tenant, endpoint = self._endpoint.tenant_id, self._endpoint.endpoint_id
        if group == 1:
            told = self._connection.execute(ALONE, (tenant, endpoint, *made[0]))
        else:
            headers, bodies = ([pair[i] for pair in made] for i in (0, 1))
            arrays = ([endpoint] * group, headers, bodies, [group])
            told = self._connection.execute(GROUP, (tenant, *arrays))
        if told.fetchall() != [("accepted",)] * group:
            raise RuntimeError(f"{self._kind.name}: not all of a group of {group} were accepted")

    def _new(self) -> tuple[Jsonb, bytes]:
        body = self._bodies.new(self._kind.provider).encode()
        topic, secret = TOPICS[self._kind.provider], self._endpoint.secret
        headers = self._provider.sign(body, secret, topic=topic, now=time.time())
        return Jsonb(forwarded(self._provider, headers)), body


def session_of(connection: psycopg.Connection, system: System, kind: Kind) -> Session:
    """Return a session on the kind's first endpoint, warmed up; its commits wait for no disk."""
    connection.execute("set synchronous_commit = off")
    endpoint = next(e for e in system.endpoints if e.provider == kind.provider)
    session = Session(connection, kind, endpoint)
    for group in (1, 32) * 10:
        session.record(group)
    return session
