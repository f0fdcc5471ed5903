"""What the shim refuses to start with: wrong roles, another schema, no database."""

import psycopg
import pytest

from thin_api.app import create_app
from thin_api.database import to_uri
from thin_api.db import Refused
from thin_api.revisions import head_revision
from thin_api.settings import Settings
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import running_shim

pytestmark = pytest.mark.anyio

MARKED = "hookledger_test_marked"


async def refused(dsn: str, revision: str | None = None) -> str:
    """Start an application that must refuse, and return what it says."""
    settings = Settings(startup_timeout_seconds=0.2)
    app = create_app(settings, dsn, revision or head_revision())
    with pytest.raises(Refused):
        async with app.router.lifespan_context(app):
            pass
    assert "\n" not in app.state.refusal
    return str(app.state.refusal)


async def test_refuses_a_superuser(database: Database) -> None:
    assert "is a superuser" in await refused(database.dsn("superuser"))
    hidden = f"{database.dsn('superuser')}&options=-c%20role%3Dhookledger_shim"
    assert "is a superuser" in await refused(hidden)


async def test_refuses_bypassrls(database: Database) -> None:
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute("alter role hookledger_shim bypassrls")
        try:
            assert "has BYPASSRLS" in await refused(database.dsn("shim"))
        finally:
            connection.execute("alter role hookledger_shim nobypassrls")


async def test_refuses_another_revision(database: Database) -> None:
    said = await refused(database.dsn("shim"), "another")
    assert head_revision() in said
    assert "migrate" in said


async def test_refuses_a_role_without_rights(database: Database) -> None:
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        connection.execute(f"drop role if exists {MARKED}")
        connection.execute(f"create role {MARKED} login password 'x'")
        try:
            parameters = psycopg.conninfo.conninfo_to_dict(database.dsn("shim"))
            stranger = to_uri(parameters | {"user": MARKED, "password": "x"})
            assert "api.health() failed (42501)" in await refused(stranger)
        finally:
            connection.execute(f"drop role {MARKED}")


async def test_refuses_without_a_database() -> None:
    said = await refused("postgresql://nobody@127.0.0.1:1/nowhere")
    assert said.startswith("no database connection within 0.2 s:")


async def test_not_ready_after_a_migration_to_another_revision(database: Database) -> None:
    async with running_shim(database) as shim:
        with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
            connection.execute("update core.alembic_version set version_num = 'newer'")
            try:
                response = await shim.client.get("/readyz")
                assert response.status_code == 503
                assert response.json()["code"] == "not_ready"
            finally:
                connection.execute(
                    "update core.alembic_version set version_num = %s", (head_revision(),)
                )
        assert (await shim.client.get("/readyz")).status_code == 200
