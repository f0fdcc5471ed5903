"""The cache of endpoints: rotation, references to secrets, endpoints that come and go."""

import asyncio
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from thin_api import samples
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import (
    Target,
    assert_problem,
    count,
    new_target,
    running_shim,
    running_stand_in,
    stripe_event,
)
from thin_api.verify import toss

pytestmark = pytest.mark.anyio


async def test_a_rotation_arrives_within_the_cache_time(database: Database) -> None:
    old = new_target(database)
    new = Target(old.provider, old.tenant_id, old.endpoint_id, "whsec_new")
    async with running_shim(database, endpoint_cache_seconds=0.5) as shim:
        assert (await shim.deliver(old, stripe_event())).status_code == 200
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            connection.execute(
                "select api.rotate_endpoint_secrets(%s, %s, %s)",
                (old.tenant_id, old.endpoint_id, [new.secret, old.secret]),
            )
            await asyncio.sleep(0.6)
            for target in (old, new):
                assert (await shim.deliver(target, stripe_event())).status_code == 200
            connection.execute(
                "select api.rotate_endpoint_secrets(%s, %s, %s)",
                (old.tenant_id, old.endpoint_id, [new.secret]),
            )
            await asyncio.sleep(0.6)
        assert (await shim.deliver(new, stripe_event())).status_code == 200
        assert_problem(await shim.deliver(old, stripe_event()), 401, "bad_signature")


async def test_a_new_endpoint_that_was_called_too_early(database: Database) -> None:
    """Unknown ids are remembered, but no longer than the cache time."""
    made = new_target(database)
    early = Target(made.provider, made.tenant_id, uuid4(), made.secret)
    async with running_shim(database, endpoint_cache_seconds=0.3) as shim:
        assert_problem(await shim.deliver(early, stripe_event()), 404, "unknown_endpoint")
        with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "update core.webhook_endpoints set endpoint_id = %s where endpoint_id = %s",
                (early.endpoint_id, made.endpoint_id),
            )
        await asyncio.sleep(0.4)
        assert (await shim.deliver(early, stripe_event())).status_code == 200


async def test_secrets_by_reference(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("whsec_from_file\n")
    monkeypatch.setenv("SHIM_TEST_SECRET", "whsec_from_env")
    stored = new_target(
        database, "stripe", f"file:{file}", "env:SHIM_TEST_SECRET", "env:SHIM_TEST_MISSING"
    )
    async with running_shim(database, endpoint_cache_seconds=0) as shim:
        for secret in ("whsec_from_file", "whsec_from_env"):
            target = Target("stripe", stored.tenant_id, stored.endpoint_id, secret)
            assert (await shim.deliver(target, stripe_event())).status_code == 200
        # A reference is never the key. Where none can be resolved the sender is asked to try later.
        assert_problem(await shim.deliver(stored, stripe_event()), 401, "bad_signature")
        file.unlink()
        monkeypatch.delenv("SHIM_TEST_SECRET")
        assert_problem(await shim.deliver(stored, stripe_event()), 503, "unavailable")


async def test_settings_by_reference(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Credentials among the settings are references too: here the key for Toss's API."""
    target = new_target(database, "toss", settings={"api_secret_key": "env:SHIM_TEST_TOSS_KEY"})
    (topic, body), (_, another) = samples.load("toss"), samples.load("toss")
    with running_stand_in() as apis:
        async with running_shim(database, endpoint_cache_seconds=0, **apis) as shim:
            monkeypatch.setenv("SHIM_TEST_TOSS_KEY", toss.DEMO_SETTINGS["api_secret_key"])
            assert (await shim.deliver(target, body, topic)).json()["status"] == "accepted"
            monkeypatch.setenv("SHIM_TEST_TOSS_KEY", "a wrong key")
            refused = await shim.deliver(target, another, topic)
            assert_problem(refused, 503, "provider_unreachable")
            monkeypatch.delenv("SHIM_TEST_TOSS_KEY")
            assert_problem(await shim.deliver(target, another, topic), 503, "unavailable")
            assert 'reason="secret_unresolved"} 1.0' in await shim.metrics()
    assert count(database, "webhook_dedup_events", target) == 1
    assert "a wrong key" not in caplog.text


async def test_an_endpoint_that_went_away_while_it_was_cached(database: Database) -> None:
    target = new_target(database)
    async with running_shim(database) as shim:
        assert (await shim.deliver(target, stripe_event())).status_code == 200
        with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "delete from core.webhook_endpoints where tenant_id = %s", (target.tenant_id,)
            )
        assert_problem(await shim.deliver(target, stripe_event()), 404, "unknown_endpoint")
