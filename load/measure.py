"""One measured run: start the clients, count what everything costs meanwhile."""

import pickle
import resource
import statistics
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg

from load.mix import Delivery
from load.system import Shim, System
from thin_api import ROOT

SAMPLE_SECONDS = 0.05
WAITS = """
select coalesce(wait_event_type || ': ' || wait_event, 'running'), count(*)
  from pg_stat_activity
 where application_name in ('hookledger-shim', 'hookledger-peer') and state = 'active'
 group by 1
"""


@dataclass(frozen=True)
class Result:
    """What a client was answered. status 0: the connection broke, -1: timeout.

    started: when it was sent, or was due.
    """

    delivery: Delivery
    started: float
    seconds: float
    status: int
    body: bytes


@dataclass
class Run:
    """A run and its cost. CPU in seconds, by who used it."""

    results: list[Result]
    cpu: dict[str, float]
    waits: Counter[str] = field(default_factory=Counter)
    wal_bytes: int = 0

    @property
    def elapsed(self) -> float:
        """From the first request to the last answer, in seconds."""
        return max(r.started + r.seconds for r in self.results) - self.started

    @property
    def started(self) -> float:
        """When the first request was sent."""
        return min(r.started for r in self.results)

    @property
    def rate(self) -> float:
        """Webhooks per second."""
        return len(self.results) / self.elapsed

    def latency_ms(self) -> dict[str, float]:
        """Latency by percentile."""
        ordered = sorted(r.seconds * 1000 for r in self.results)
        at = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
        found = {n: ordered[min(len(ordered) - 1, int(q * len(ordered)))] for n, q in at.items()}
        return {n: round(v, 2) for n, v in {**found, "max": ordered[-1]}.items()} | {
            "mean": round(statistics.fmean(ordered), 2)
        }


def _cpu(processes: Sequence[psutil.Process]) -> float:
    spent = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent


class _Waits(threading.Thread):
    """Looks at pg_stat_activity while the run lasts."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self._dsn = dsn
        self._over = threading.Event()
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self._over.wait(SAMPLE_SECONDS):
                for event, count in connection.execute(WAITS):
                    self.seen[event] += count

    def finish(self) -> Counter[str]:
        self._over.set()
        self.join()
        return self.seen


def wal_position(system: System) -> int:
    """Return how many bytes of WAL were ever written."""
    with psycopg.connect(system.dsn("superuser")) as connection:
        row = connection.execute("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()
    return int(row[0]) if row else 0


def send(
    system: System,
    shim: Shim,
    deliveries: Sequence[Delivery],
    *,
    users: int = 64,
    processes: int = 1,
    pace: float = 0,
    timeout: float = 300,
    watch: bool = True,
) -> Run:
    """Send everything with so many users in so many processes.

    pace: webhooks a second, each due at a random moment of its own, whatever became of those
    before, its latency counted from then; 0: as fast as they go.
    Replays go to the process of their original, so that they cannot overtake it.
    """
    folder = system.server.home
    clients = []
    for number in range(processes):
        path = folder / f"client-{uuid4().hex}"
        share = [d for d in deliveries if d.number % processes == number]
        path.write_bytes(pickle.dumps(share, protocol=5))
        arguments = [str(path), shim.host, str(users // processes), str(pace / processes)]
        clients.append((path, subprocess.Popen(
            [sys.executable, "-m", "load.client", *arguments], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)))  # fmt: skip
    try:
        for _, client in clients:
            assert client.stdout is not None  # noqa: S101
            if client.stdout.readline() != "ready\n":
                raise RuntimeError(client.communicate()[1])
        waits = _Waits(system.dsn("superuser"))
        if watch:
            waits.start()
        wal = wal_position(system)
        before = {"shim": _cpu(shim.processes), "postgres": _cpu(system.processes)}
        client_before = {c.pid: _cpu([psutil.Process(c.pid)]) for _, c in clients}
        for _, client in clients:
            assert client.stdin is not None  # noqa: S101
            client.stdin.write("go\n")
            client.stdin.flush()
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        for path, client in clients:
            _, said = client.communicate(timeout=timeout)
            if client.returncode or not path.with_suffix(".results").exists():
                raise RuntimeError(f"a client ended with {client.returncode}: {said}")
        cpu = {
            "shim": _cpu(shim.processes) - before["shim"],
            "postgres": _cpu(system.processes) - before["postgres"],
        }
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu["client"] = (
            used.ru_utime + used.ru_stime - children.ru_utime - children.ru_stime
            - sum(client_before.values())
        )  # fmt: skip
        seen = waits.finish() if watch else Counter()
        results = [
            Result(*result)
            for path, _ in clients
            for result in pickle.loads(path.with_suffix(".results").read_bytes())  # noqa: S301
        ]
        rounded = {name: round(seconds, 3) for name, seconds in cpu.items()}
        return Run(results, rounded, seen, wal_position(system) - wal)
    finally:
        for path, client in clients:
            if client.poll() is None:
                client.kill()
                client.communicate()
            for left in (path, path.with_suffix(".results")):
                Path(left).unlink(missing_ok=True)


def report_of(run: Run) -> dict[str, Any]:
    """Return a run's figures as JSON holds them."""
    n = len(run.results)
    total = sum(run.waits.values()) or 1
    return {
        "webhooks": n,
        "elapsed_s": round(run.elapsed, 3),
        "per_second": round(run.rate, 1),
        "latency_ms": run.latency_ms(),
        "cpu_s": run.cpu,
        "cpu_us_per_webhook": {name: round(s / n * 1e6) for name, s in run.cpu.items()},
        "wal_bytes_per_webhook": round(run.wal_bytes / n),
        "waits": {name: round(k / total, 3) for name, k in run.waits.most_common()},
        "http": dict(Counter(str(r.status) for r in run.results)),
    }
