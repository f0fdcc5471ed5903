"""What `hookledger dlq` does in the database, as hookledger_dba and one transaction at a time."""

import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from thin_api import database
from thin_api.settings import ConfigurationError, Settings

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]

LISTED = (
    "dead_event_id", "receipt_id", "position", "provider", "topic", "stage", "reason", "sqlstate",
    "detail", "status", "attempts", "seen_count", "body_bytes", "first_failed_at",
    "last_failed_at", "next_attempt_at", "needs_decision", "resolution_note", "resolved_by",
)  # fmt: skip
CONDITIONS: dict[str, LiteralString] = {
    "dead_event_ids": "dead_event_id = any (%(dead_event_ids)s::uuid[])",
    "provider": "provider = %(provider)s",
    "topic": "topic = %(topic)s",
    "reason": "reason = %(reason)s",
    "status": "status = %(status)s",
    "received_from": "first_failed_at >= %(received_from)s::timestamptz",
    "received_to": "first_failed_at < %(received_to)s::timestamptz",
}
WAITING = "status in ('open', 'retrying')"
TRIED = """exists (
  select from api.dead_event_attempts as a
   where a.dead_event_id = d.dead_event_id and starts_with(a.request_key, %(key)s || ':'))"""
REPLAY = "select * from api.replay_dead_events(%s, %s, %s, %s, %s)"
BATCH = 50
TRIES = 4


class RefusedError(ConfigurationError):
    """The database refused the call, or could not be reached; says why in one line."""


@dataclass(slots=True)
class Replayed:
    """What a replay of any number of batches did; a dry run has no request key."""

    request_key: str | None
    matched: int = 0
    replayed: int = 0
    skipped: int = 0
    failed: int = 0
    first_error: str | None = None

    def add(self, row: Row) -> None:
        """Add what one batch did."""
        self.replayed += row["replayed"]
        self.skipped += row["skipped"]
        self.failed += row["failed"]
        self.first_error = self.first_error or row["first_error"]


@dataclass(frozen=True, slots=True)
class Queue:
    """The dead-letter queue of one tenant."""

    connection: Connection
    tenant_id: UUID

    def rows(self, query: sql.Composed, parameters: Mapping[str, object]) -> list[Row]:
        """Return what a query tells of this tenant."""
        return list(self.stream(query, parameters))

    def stream(
        self, query: sql.Composed, parameters: Mapping[str, object]
    ) -> Generator[Row, None, None]:
        """Yield the rows as they come, however many; the tenant is set for this transaction.

        Who stops early closes it: the transaction ends with it.
        """
        with explained(), self.connection.transaction():
            tenant = "select set_config('app.current_tenant_id', %s, true)"
            self.connection.execute(tenant, [str(self.tenant_id)])
            with self.connection.cursor("dlq") as cursor:
                cursor.execute(query, parameters)
                yield from cursor

    def list(self, wanted: Mapping[str, object], limit: int | None) -> Generator[Row, None, None]:
        """Yield dead letters, the newest first; without a status or ids those that wait."""
        query = sql.SQL(
            "select {} from api.dead_events as d where {} "
            "order by first_failed_at desc, dead_event_id desc limit %(limit)s"
        ).format(sql.SQL(", ").join(map(sql.Identifier, LISTED)), where(wanted))
        return self.stream(query, {**wanted, "limit": limit})

    def show(self, dead_event_id: UUID) -> Row:
        """Return everything about one dead letter, with what was done about it."""
        wanted = {"id": dead_event_id}
        columns = sql.SQL(
            "attempt, attempted_at, attempted_by, request_key, outcome, reason, sqlstate, note"
        )
        query = sql.SQL("select {} from {} where dead_event_id = %(id)s {}")
        letters, attempts = (
            sql.Identifier("api", n) for n in ("dead_events", "dead_event_attempts")
        )
        found = self.rows(query.format(sql.SQL("*"), letters, sql.SQL("")), wanted)
        if not found:
            raise RefusedError(f"no such dead letter of this tenant: {dead_event_id}")
        made = self.rows(query.format(columns, attempts, sql.SQL("order by attempted_at")), wanted)
        return {**found[0], "attempts_made": made}

    def to_replay(self, wanted: Mapping[str, object], key: str, limit: int | None) -> Sequence[Row]:
        """Return what a replay under this key still has to do, the least tried first.

        What needs a decision comes last, so that a limit is not used up by what is skipped.
        """
        query = sql.SQL(
            "select dead_event_id, needs_decision from api.dead_events as d where {} and not {} "
            "order by needs_decision, attempts, first_failed_at, dead_event_id limit %(limit)s"
        ).format(where(wanted), sql.SQL(TRIED))
        return self.rows(query, {**wanted, "key": key, "limit": limit})

    def count(self, wanted: Mapping[str, object]) -> int:
        """Return how many dead letters a replay would be about: a dry run."""
        return int(self._replay([self.tenant_id, Jsonb(dict(wanted)), None, True, None])["matched"])

    def replay(
        self,
        rows: Sequence[Row],
        done: Replayed,
        rate: float,
        progress: Callable[[int], None],
    ) -> None:
        """Replay these rows in batches, not faster than `rate` a second.

        Each batch has a request key of its own, made of the rows it names: whoever repeats it after
        a lost connection gets the first result.
        """
        size = max(1, min(BATCH, int(rate)))
        started = time.monotonic()
        for first in range(0, len(rows), size):
            ids = [str(row["dead_event_id"]) for row in rows[first : first + size]]
            digest = hashlib.sha256(",".join(ids).encode()).hexdigest()[:16]
            filters = Jsonb({"dead_event_ids": ids})
            done.add(
                self._replay(
                    [self.tenant_id, filters, len(ids), False, f"{done.request_key}:{digest}"]
                )
            )
            progress(len(ids))
            if first + size < len(rows):
                time.sleep(max(0.0, (first + size) / rate - (time.monotonic() - started)))

    def _replay(self, parameters: Sequence[object]) -> Row:
        """Call the function; a deadlock or serialization failure did nothing, so it is repeated."""
        for tries in range(1, TRIES + 1):
            try:
                with self.connection.transaction():
                    row = self.connection.execute(REPLAY, parameters).fetchone()
            except psycopg.errors.OperationalError as error:
                if error.sqlstate is None or not error.sqlstate.startswith("40") or tries == TRIES:
                    raise refusal(error) from None
                time.sleep(0.1 * tries)
            except psycopg.Error as error:
                raise refusal(error) from None
            else:
                assert row is not None  # noqa: S101  # a function with OUT parameters: one row
                return row
        raise AssertionError("unreachable")

    def decide(self, function: str, dead_event_ids: Sequence[UUID], reason: str) -> None:
        """Discard or re-open these, all or none."""
        call = sql.SQL("select {}(%s, %s, %s)").format(sql.Identifier("api", function))
        with explained(), self.connection.transaction():
            for dead_event_id in dead_event_ids:
                self.connection.execute(call, [self.tenant_id, dead_event_id, reason])


def where(wanted: Mapping[str, object]) -> sql.Composed:
    """Write the filter as a condition on api.dead_events."""
    conditions: list[LiteralString] = [CONDITIONS[key] for key in wanted]
    if "status" not in wanted and "dead_event_ids" not in wanted:
        conditions.append(WAITING)
    return sql.SQL(" and ").join(map(sql.SQL, conditions))


@contextmanager
def opened(settings: Settings, tenant_id: UUID) -> Iterator[Queue]:
    """Open a tenant's queue as hookledger_dba."""
    dsn = database.dsn("dba", settings)
    with explained():
        connection = psycopg.connect(
            dsn,
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
            connect_timeout=10,
            application_name="hookledger dlq",
        )
    with connection:
        yield Queue(connection, tenant_id)


@contextmanager
def explained() -> Iterator[None]:
    """Say in one line what the database refused."""
    try:
        yield
    except psycopg.Error as error:
        raise refusal(error) from None


def refusal(error: psycopg.Error) -> RefusedError:
    """Return a refusal in the catalogue's words, or the server's where it has none."""
    said = error.diag
    if error.sqlstate is None or not said.message_primary:
        return RefusedError(f"the database cannot be reached: {str(error).strip()}")
    details = [text for text in (said.message_detail, said.message_hint) if text]
    return RefusedError(f"{said.message_primary} ({'; '.join([error.sqlstate, *details])})")
