"""`hookledger budget` as a DBA runs it."""

import json
from pathlib import Path
from uuid import uuid4

import psycopg

from thin_api.tests.cluster import Database
from thin_api.tests.llm_fixtures import new_spender, reserve
from thin_api.tests.running import hookledger


def test_the_state_of_budgets(database: Database, tmp_path: Path) -> None:
    spender = new_spender(database, 2_500_000, calls_per_minute=2)
    spender.set_budget(1_000, "model:cheap", "rolling")
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        reserve(connection, spender, "c-1", 600)
        connection.execute("select api.settle_llm_call(%s, 'c-1', 1200, 0)", [spender.tenant_id])
        reserve(connection, spender, "c-2", 10, "dear")
        reserve(connection, spender, "c-3", 10, "dear")
    arguments = ("budget", str(spender.tenant_id))
    shown = hookledger(*arguments, "--json", cwd=tmp_path, env=database.environment).stdout
    both = {budget["scope"]: budget for budget in json.loads(shown)["budgets"]}
    everything, cheap = both["all"], both["model:cheap"]
    assert everything["settled_micros"] == cheap["settled_micros"] == 1200
    assert (everything["reserved_micros"], everything["remaining_micros"]) == (100, 2_498_700)
    assert cheap["remaining_micros"] == -200
    assert (everything["circuit"], cheap["circuit"]) == ("open", "none")
    assert everything["resets_at"].endswith("T00:00:00+00:00")

    table = hookledger(*arguments, cwd=tmp_path, env=database.environment).stdout
    for text in ("2.498700", "-0.000200", "open until", "model:cheap", "rolling", " 00:00"):
        assert text in table, table


def test_a_tenant_without_budgets_and_none_at_all(database: Database, tmp_path: Path) -> None:
    spender = new_spender(database)
    with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
        connection.execute("select api.remove_llm_budget(%s, 'all')", [spender.tenant_id])
    env = database.environment
    done = hookledger("budget", str(spender.tenant_id), cwd=tmp_path, env=env)
    assert "refused" in done.stdout
    done = hookledger("budget", str(uuid4()), cwd=tmp_path, env=env, expect=1)
    assert "there is no tenant" in done.stderr
    hookledger("budget", "not-an-id", cwd=tmp_path, env=env, expect=2)
