"""Two DBAs who change the same channel rule, or add the last one, at the same moment."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import rows, until

SET = 'select api.set_channel_rule(%s, %s, %s, \'{"source": "partner"}\')'
WAITING = (
    "select count(*) from pg_stat_activity"
    " where wait_event_type = 'Lock' and datname = current_database()"
)
VERSIONS = (
    "select version, channel_code, valid_to is null from core.channel_rules"
    " where tenant_id = %s and rule_name = 'x' order by version"
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def tenant(database: Database) -> UUID:
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        ((created,),) = connection.execute("select api.create_tenant('Races')").fetchall()
    assert isinstance(created, UUID)
    return created


def set_rule(connection: psycopg.Connection[Any], *arguments: object) -> int | str | None:
    """Return the version, or the SQLSTATE of the refusal."""
    try:
        ((version,),) = connection.execute(SET, arguments).fetchall()
    except psycopg.Error as error:
        return error.sqlstate
    return int(version)


async def meet(
    database: Database, first: tuple[object, ...], second: tuple[object, ...], *, commit: bool
) -> tuple[int | str | None, int | str | None]:
    """Return what both get, when the second asks while the first is not committed yet."""

    def ask() -> int | str | None:
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            return set_rule(connection, *second)

    with ThreadPoolExecutor() as pool, psycopg.connect(database.dsn("dba")) as connection:
        got = set_rule(connection, *first)
        later: Future[int | str | None] = pool.submit(ask)
        await until(lambda: rows(database, WAITING) == [(1,)])
        if commit:
            connection.commit()
        else:
            connection.rollback()
        return got, later.result()


async def test_the_second_change_is_the_next_version(database: Database, tenant: UUID) -> None:
    got = await meet(database, (tenant, "x", "email"), (tenant, "x", "sms"), commit=True)
    assert got == (1, 2)
    assert rows(database, VERSIONS, tenant) == [(1, "email", False), (2, "sms", True)]


async def test_the_same_twice_is_one_version(database: Database, tenant: UUID) -> None:
    got = await meet(database, (tenant, "x", "email"), (tenant, "x", "email"), commit=True)
    assert got == (1, 1)
    assert rows(database, VERSIONS, tenant) == [(1, "email", True)]


async def test_what_is_rolled_back_leaves_no_version(database: Database, tenant: UUID) -> None:
    got = await meet(database, (tenant, "x", "email"), (tenant, "x", "sms"), commit=False)
    assert got == (1, 1)
    assert rows(database, VERSIONS, tenant) == [(1, "sms", True)]


async def test_there_is_room_for_one_more_only(database: Database, tenant: UUID) -> None:
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        for number in range(499):
            assert set_rule(connection, tenant, f"r{number}", "email") == 1
    got = await meet(database, (tenant, "x", "email"), (tenant, "y", "sms"), commit=True)
    assert got == (1, "HL033")
