"""The worker's Prometheus metrics, on a port of its own when one is set."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_BUCKETS = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300)


class WorkerMetrics:
    """Jobs by task and outcome. Tasks are names of functions; no tenant, key or id is a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._jobs = Counter(
            "hookledger_jobs",
            "Attempts at jobs that ended, by outcome.",
            ("task", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "hookledger_job_seconds",
            "Duration of an attempt, in seconds.",
            ("task",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._round = Gauge(
            "hookledger_worker_asked_timestamp_seconds",
            "When the worker last asked what is due, as Unix time.",
            registry=self.registry,
        )
        self._away = Counter(
            "hookledger_worker_database_away",
            "How often the database could not be reached.",
            registry=self.registry,
        )

    def count(self, task: str, outcome: str, seconds: float) -> None:
        """Count one attempt that ended."""
        self._jobs.labels(task, outcome).inc()
        self._seconds.labels(task).observe(seconds)

    def round(self) -> None:
        """Note that the queue was asked."""
        self._round.set(time.time())

    def away(self) -> None:
        """Count one failure to reach the database."""
        self._away.inc()

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[None]:
        """Serve `/metrics` meanwhile; without a port serve nothing. Raises OSError."""
        if port is None:
            yield
            return
        server, thread = start_http_server(port, addr=host, registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
