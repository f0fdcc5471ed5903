"""Watching over a job that runs: its lease is prolonged, and it is cut off when it has to be."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from thin_api.settings import Settings

log = logging.getLogger("thin_api.worker")

TICK = 0.1
CANCEL_SECONDS = 5.0
EXTEND = "select api.extend_job_lease(%s, %s, %s, %s) as is_held"

Row = dict[str, Any]


class Lease(NamedTuple):
    """What proves that a job is ours."""

    tenant_id: UUID
    job_id: UUID
    token: UUID


def connect(address: str, settings: Settings) -> psycopg.Connection[Row]:
    """Open a connection; nothing of the session is used, so that PgBouncer may stand between."""
    return psycopg.connect(
        address,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=10,
        prepare_threshold=5 if settings.prepared_statements else None,
        application_name="hookledger-worker",
    )


class Watch:
    """A thread of its own with a connection of its own, while the worker's waits for a job.

    gave_up: whether the latest job was cut off because the worker is being stopped.
    """

    def __init__(self, address: str, settings: Settings, stop: threading.Event) -> None:
        self.gave_up = False
        self._address = address
        self._settings = settings
        self._stop = stop
        self._connection: psycopg.Connection[Row] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def over(self, running: psycopg.Connection[Row], lease: Lease) -> Iterator[None]:
        """Watch until the block ends."""
        self.gave_up = False
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(running, lease, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(
        self, running: psycopg.Connection[Row], lease: Lease, ended: threading.Event
    ) -> None:
        between = self._settings.worker_lease_seconds / 3
        beat_at = time.monotonic() + between
        patience = self._settings.shutdown_timeout_seconds
        cut_off_at: float | None = None
        while not ended.wait(TICK):
            now = time.monotonic()
            if self._stop.is_set() and cut_off_at is None:
                cut_off_at = now + patience
            if cut_off_at is not None and now >= cut_off_at:
                self.gave_up = True
                self._cut_off(running)
                cut_off_at = now + patience
            if now >= beat_at:
                is_held = self._beat(lease)
                beat_at = now + (1.0 if is_held is None else between)
                if is_held is False and not ended.is_set():
                    self._cut_off(running)  # somebody else has the job: all this is in vain

    def _beat(self, lease: Lease) -> bool | None:
        """Prolong the lease; None: the database could not be asked."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._address, self._settings)
            interval = f"{self._settings.worker_lease_seconds} seconds"
            row = self._connection.execute(EXTEND, (*lease, interval)).fetchone()
            return bool(row and row["is_held"])
        except psycopg.Error as error:
            log.warning("no heartbeat", extra={"error": error.sqlstate or type(error).__name__})
            return None

    def _cut_off(self, running: psycopg.Connection[Row]) -> None:
        try:
            running.cancel_safe(timeout=CANCEL_SECONDS)
        except psycopg.Error as error:
            log.warning("not cancelled", extra={"error": error.sqlstate or type(error).__name__})
