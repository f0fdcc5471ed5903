"""The connection pool, and the one place where a database error gets its meaning.

Errors are told apart by SQLSTATE alone. Whatever is not understood is the infrastructure's fault
(503): the sender redelivers and nothing is lost.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal, get_args

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from thin_api.settings import Settings

RETRYABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock: the other one went on
MAX_TRIES = 4
APPLICATION_NAME = "hookledger-shim"


Cause = Literal[
    "pool_exhausted", "deadline", "connection_lost", "database_error", "secret_unresolved"
]


CAUSES: frozenset[str] = frozenset(get_args(Cause))


class Unavailable(Exception):
    """The database did not do it. Carries a cause and perhaps a SQLSTATE, never an error text."""

    def __init__(self, cause: Cause, sqlstate: str | None = None) -> None:
        super().__init__(cause, sqlstate)
        self.cause: Cause = cause
        self.sqlstate = sqlstate


class Refused(Exception):
    """The shim must not run against this database; the message is one line for the operator."""


class Raised(Exception):
    """A database function raised one of our own codes (class HL)."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


Statement = tuple[str, Sequence[object]]
Pool = AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]


class Database:
    """Calls database functions over a pool: one call, one transaction, then committed."""

    def __init__(self, dsn: str, settings: Settings, revision: str) -> None:
        self._dsn = dsn
        self._settings = settings
        self._revision = revision
        self._deadline = settings.statement_timeout_seconds + 1.0
        self._purging: asyncio.Task[None] | None = None
        kwargs: dict[str, Any] = {
            "autocommit": True,
            "application_name": APPLICATION_NAME,
            "connect_timeout": max(2, round(settings.pool_timeout_seconds)),
            "tcp_user_timeout": round(self._deadline * 1000),
        }
        if settings.prepared_statements:
            given = conninfo_to_dict(dsn).get("options") or ""
            timeout = round(settings.statement_timeout_seconds * 1000)
            kwargs["options"] = f"{given} -c statement_timeout={timeout}".strip()
        else:
            # PgBouncer in transaction mode takes no such option: the deadline in `_execute` holds.
            kwargs["prepare_threshold"] = None
        self._kwargs = kwargs
        self.pool: Pool = AsyncConnectionPool(
            dsn,
            kwargs=kwargs,
            min_size=settings.pool_min_size,
            max_size=settings.pool_max_size,
            timeout=settings.pool_timeout_seconds,
            # Give up soon and let the next request try anew, instead of backing off for minutes.
            reconnect_timeout=settings.pool_timeout_seconds,
            open=False,
            name=APPLICATION_NAME,
        )

    async def open(self) -> None:
        """Open the pool, wait a bounded time for the database, check it; raise Refused."""
        await self._await_database()
        await self.pool.open()
        try:
            await self._check_role()
            await self._check_revision()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close(timeout=2.0)

    async def row(self, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """Run one statement and return its first row; raise Raised or Unavailable.

        Deadlocks and serialization failures are tried again, with jitter. So is, once, a call whose
        connection broke: had it been committed after all, the dedup gate answers with the same
        receipt.
        """
        tries, reconnected = 0, False
        while True:
            tries += 1
            try:
                return await self._execute(query, parameters)
            except (PoolTimeout, PoolClosed):
                raise Unavailable("pool_exhausted") from None
            except TimeoutError:
                raise Unavailable("deadline") from None
            except psycopg.Error as error:
                sqlstate = error.sqlstate
                if sqlstate is not None and sqlstate.startswith("HL"):
                    raise Raised(sqlstate) from None
                if sqlstate in RETRYABLE and tries < MAX_TRIES:
                    await asyncio.sleep(random.uniform(0.005, 0.02) * 2**tries)  # noqa: S311
                elif not _is_connection_lost(error):
                    raise Unavailable("database_error", sqlstate) from None
                elif reconnected:
                    raise Unavailable("connection_lost", sqlstate) from None
                else:
                    reconnected = True
                    await self._purge()

    async def transaction(self, statements: Sequence[Statement]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction and return all rows; raise Raised or Unavailable.

        Nothing is tried again. Several are sent in one go: without a synchronisation between them
        they are one implicit transaction, committed before the last one's rows are returned.
        """
        try:
            async with self.pool.connection() as connection, asyncio.timeout(self._deadline):
                if len(statements) == 1:
                    cursor = await connection.execute(*statements[0])
                    return await cursor.fetchall()
                async with connection.pipeline():
                    cursors = [await connection.execute(*statement) for statement in statements]
                return [row for cursor in cursors for row in await cursor.fetchall()]
        except (PoolTimeout, PoolClosed):
            raise Unavailable("pool_exhausted") from None
        except TimeoutError:
            raise Unavailable("deadline") from None
        except psycopg.Error as error:
            if error.sqlstate is not None and error.sqlstate.startswith("HL"):
                raise Raised(error.sqlstate) from None
            lost = _is_connection_lost(error)
            cause: Cause = "connection_lost" if lost else "database_error"
            raise Unavailable(cause, error.sqlstate) from None

    async def health(self) -> dict[str, Any]:
        """Return api.health(); raise Unavailable, or Refused for another schema revision."""
        row = await self.row("select api.health()")
        health: dict[str, Any] = row[0] if row else {}
        found = health.get("revision")
        if found != self._revision:
            raise Refused(
                f"the database has schema revision {found}, this program needs {self._revision}: "
                "run `hookledger migrate` with the same version"
            )
        return health

    async def _execute(self, query: str, parameters: Sequence[object]) -> tuple[Any, ...] | None:
        async with self.pool.connection() as connection:
            async with asyncio.timeout(self._deadline):
                cursor = await connection.execute(query, parameters)
                return await cursor.fetchone()

    async def _purge(self) -> None:
        """Throw the broken connections out of the pool, once for all who noticed at this moment."""
        if self._purging is None or self._purging.done():
            self._purging = asyncio.create_task(self._check_pool())
        # Never cancelled: pool.check() would lose the connections that it holds.
        await asyncio.wait({self._purging}, timeout=self._settings.pool_timeout_seconds)

    async def _check_pool(self) -> None:
        with suppress(psycopg.Error):
            await self.pool.check()

    async def _await_database(self) -> None:
        limit = self._settings.startup_timeout_seconds
        give_up_at = time.monotonic() + limit
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._dsn, **self._kwargs)
            except psycopg.OperationalError as error:
                if time.monotonic() >= give_up_at:
                    # libpq's own text: host, port, role. There is no payload yet to be shown.
                    text = " ".join(str(error).split())
                    raise Refused(f"no database connection within {limit:g} s: {text}") from None
                await asyncio.sleep(0.5)
            else:
                await connection.close()
                return

    async def _check_role(self) -> None:
        row = await self.row(
            "select rolname, rolsuper, rolbypassrls from pg_catalog.pg_roles"
            " where rolname in (current_user, session_user)"
            " order by rolsuper desc, rolbypassrls desc"
        )
        role, is_superuser, bypasses = row or ("?", True, True)
        if is_superuser or bypasses:
            kind = "is a superuser" if is_superuser else "has BYPASSRLS"
            raise Refused(f"the role {role} {kind}: row-level security would not bind it")

    async def _check_revision(self) -> None:
        try:
            await self.health()
        except (Raised, Unavailable) as error:
            code = error.sqlstate or "unavailable"
            raise Refused(f"api.health() failed ({code}): run `hookledger migrate`") from None


def _is_connection_lost(error: psycopg.Error) -> bool:
    """Class 08, shutdown and crash (57P01-57P03), or no SQLSTATE at all from a broken socket."""
    sqlstate = error.sqlstate
    if sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return sqlstate.startswith("08") or sqlstate in {"57P01", "57P02", "57P03"}
