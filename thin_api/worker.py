"""`python -m thin_api.worker`: a loop around the functions of the job queue.

Whose turn it is, what is due, what fails and when it is tried again is decided in the database.
The worker claims a job (committed, so that everybody sees who has it), runs it, and prolongs its
lease meanwhile from a second connection. Any number of workers may run.

Exit codes: 0 stopped or drained, 1 the database is away (when draining), 3 refused to start
(settings, revision), 4 the port for metrics is taken.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from thin_api import logs
from thin_api.database import dsn
from thin_api.revisions import head_revision
from thin_api.settings import ConfigurationError, Settings, load_settings
from thin_api.watch import Lease, Watch, connect
from thin_api.worker_metrics import WorkerMetrics

log = logging.getLogger("thin_api.worker")

STOPPED, AWAY, REFUSED, ADDRESS_IN_USE = 0, 1, 3, 4
TENANTS_AT_ONCE = 100
TURN_SECONDS = 1.0
"""How long a tenant with much to do is served before the next one gets its turn."""
FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0  # seconds before the database is tried again

HEALTH = "select api.health() ->> 'revision' as revision"
TENANTS = "select t as tenant_id from api.tenants_with_due_jobs(%s, %s) as t"
LEASE = "select * from api.lease_next_job(%s, %s, %s, %s)"
RUN = "select * from api.run_leased_job(%s, %s, %s)"
RELEASE = "select api.release_leased_job(%s, %s, %s, %s)"
TIMEOUT = "select set_config('statement_timeout', %s, true)"

Row = dict[str, Any]
OUTCOMES = {"succeeded": "succeeded", "pending": "retried", "dead": "dead"}


@dataclass(frozen=True)
class Limits:
    """When to end by itself. jobs: after so many; drain: when nothing is due."""

    jobs: int | None = None
    drain: bool = False


class Worker:
    """One worker; `stop` may be set from a signal handler or another thread."""

    def __init__(self, settings: Settings, address: str, metrics: WorkerMetrics) -> None:
        self.stop = threading.Event()
        self.name = f"{socket.gethostname()[:100]}:{os.getpid()}"
        self._settings = settings
        self._address = address
        self._metrics = metrics
        self._queues = list(settings.worker_queues)
        self._done = 0

    def run(self, limits: Limits, revision: str) -> int:
        """Work until stopped, or as far as the limits say; return the exit code."""
        delay = FIRST_DELAY
        while not self.stop.is_set():
            try:
                with connect(self._address, self._settings) as connection:
                    found = _one(connection, HEALTH)["revision"]
                    if found != revision:
                        raise ConfigurationError(
                            f"the database is at revision {found}, this program needs {revision}: "
                            "run `make migrate`"
                        )
                    delay = FIRST_DELAY
                    log.info("working", extra={"worker": self.name, "queues": self._queues})
                    self._work(connection, limits)
                    break
            except psycopg.errors.QueryCanceled:
                continue  # a cancellation that came when the job it was meant for had just ended
            except psycopg.Error as error:
                log.warning("interrupted", extra={"error": _cause(error)})
                if limits.drain or limits.jobs is not None:
                    return AWAY
                self._metrics.away()
                self.stop.wait(delay)
                delay = min(delay * 2, LONGEST_DELAY)
        log.info("stopped", extra={"worker": self.name, "jobs": self._done})
        return STOPPED

    def _work(self, connection: psycopg.Connection[Row], limits: Limits) -> None:
        with Watch(self._address, self._settings, self.stop) as watch:
            while not self.stop.is_set():
                asked = connection.execute(TENANTS, (self._queues, TENANTS_AT_ONCE)).fetchall()
                self._metrics.round()
                before = self._done
                for row in asked:
                    self._serve(connection, watch, row["tenant_id"], limits)
                    if self.stop.is_set() or self._enough(limits):
                        return
                if self._done == before:  # nothing is due, or what is due others have in hand
                    if limits.drain or limits.jobs is not None:
                        return
                    self.stop.wait(self._settings.worker_poll_seconds)

    def _enough(self, limits: Limits) -> bool:
        return limits.jobs is not None and self._done >= limits.jobs

    def _serve(
        self, connection: psycopg.Connection[Row], watch: Watch, tenant: UUID, limits: Limits
    ) -> None:
        """Run jobs of a tenant for the length of its turn."""
        turn_ends = time.monotonic() + TURN_SECONDS
        while not self.stop.is_set():
            interval = f"{self._settings.worker_lease_seconds} seconds"
            leased = connection.execute(LEASE, (tenant, self._queues, interval, self.name))
            job = leased.fetchone()
            if job is None:
                return
            self._run(connection, watch, job)
            self._done += 1
            if time.monotonic() > turn_ends or self._enough(limits):
                return

    def _run(self, connection: psycopg.Connection[Row], watch: Watch, job: Row) -> None:
        lease = Lease(job["tenant_id"], job["job_id"], job["lease_token"])
        milliseconds = str(int(self._settings.worker_job_seconds * 1000))
        start = time.monotonic()
        outcome, error = "lost", None
        try:
            with watch.over(connection, lease), connection.transaction():
                # Local to the transaction, so that it holds through PgBouncer, too.
                connection.execute(TIMEOUT, (milliseconds,))
                done = _one(connection, RUN, *lease)
            outcome, error = OUTCOMES[done["status"]], done["sqlstate"]
        except psycopg.Error as raised:
            if connection.broken:
                self._tell(job, "aborted", _cause(raised), start)
                raise
            error = _cause(raised)
            if watch.gave_up:  # the worker is being stopped: the attempt does not count
                if _one(connection, RELEASE, *lease, None)["release_leased_job"]:
                    outcome = "released"
            elif _one(connection, RELEASE, *lease, error)["release_leased_job"]:
                outcome = "retried"
        self._tell(job, outcome, error, start)

    def _tell(self, job: Row, outcome: str, error: str | None, start: float) -> None:
        seconds = time.monotonic() - start
        self._metrics.count(job["task"], outcome, seconds)
        level = {"dead": logging.ERROR, "succeeded": logging.INFO}.get(outcome, logging.WARNING)
        told = {name: job[name] for name in ("tenant_id", "job_id", "queue", "task", "key")}
        told |= {"attempt": job["attempts"], "outcome": outcome, "error": error}
        log.log(level, "job", extra={**told, "ms": round(seconds * 1000, 1)})


def _one(connection: psycopg.Connection[Row], query: LiteralString, *parameters: object) -> Row:
    row = connection.execute(query, parameters).fetchone()
    if row is None:
        raise psycopg.DataError("no row")
    return row


def _cause(error: psycopg.Error) -> str:
    return error.sqlstate or type(error).__name__


def main(limits: Limits = Limits()) -> int:  # frozen
    """Work until SIGINT or SIGTERM, or as far as the limits say; return the exit code."""
    try:
        settings = load_settings()
        address = dsn("worker", settings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    logs.configure(settings.log_level)
    metrics = WorkerMetrics()
    worker = Worker(settings, address, metrics)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not in this thread: it may hold the event's own lock at this moment.
        signal.signal(number, lambda *_: threading.Thread(target=worker.stop.set).start())
    try:
        with metrics.served(settings.host, settings.worker_metrics_port):
            return worker.run(limits, head_revision())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        port = settings.worker_metrics_port
        sys.stderr.write(f"cannot listen on {settings.host}:{port}: {reason}\n")
        return ADDRESS_IN_USE
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
