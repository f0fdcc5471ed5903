"""A signed order, its event, its job, its allocations, the summary: in real processes."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from thin_api import samples
from thin_api.tests.cluster import Database
from thin_api.tests.job_fixtures import new_tenant
from thin_api.tests.running import free_port
from thin_api.tests.shim_fixtures import new_target, rows, signed

T = TypeVar("T")
MODELS = 8
ALLOCATED = "select model, channel, currency, amount_minor from api.allocations"
SUMMARY = """
select model, channel, currency, event_revenue_minor, allocated_minor, is_balanced, drift_minor,
  as_of is not null
from api.allocation_summary
"""


@contextmanager
def process(
    database: Database, module: str, log: Path, *arguments: str, **settings: object
) -> Iterator[None]:
    """Run a part of the system as in production, its log in a file."""
    given = {f"HOOKLEDGER_{name.upper()}": str(value) for name, value in settings.items()}
    with log.open("w") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**database.environment, "HOOKLEDGER_HOST": "127.0.0.1", **given},
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
        finally:
            started.terminate()
            try:
                started.wait(30)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@contextmanager
def reader(database: Database, *tenants: object) -> Iterator[psycopg.Connection[Any]]:
    """Connect as a reporting login, bound to a tenant where one is given."""
    name = f"reader_{uuid4().hex[:12]}"
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as admin:
        create = sql.SQL("create role {} login password {} in role hookledger_reader")
        admin.execute(create.format(sql.Identifier(name), name))
        try:
            with psycopg.connect(database.dsn("dba"), autocommit=True) as dba:
                for tenant in tenants:
                    dba.execute("select api.bind_reader(%s, %s)", (tenant, name))
            login = make_conninfo(database.dsn("superuser"), user=name, password=name)
            with psycopg.connect(login, autocommit=True) as connection:
                yield connection
        finally:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def page(port: int, path: str = "/metrics") -> str:
    """Return a page of a process; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def metric(text: str, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that have these labels."""
    samples_of_it = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(s.rpartition(" ")[2]) for s in samples_of_it if all(w in s for w in wanted))


def log_lines(log: Path) -> list[dict[str, Any]]:
    """Return what a process logged."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_from_a_signed_order_to_a_balanced_row(database: Database, tmp_path: Path) -> None:
    target, other = new_target(database, "shopify"), new_tenant(database)
    shim_port, worker_port = free_port(), free_port()
    shim_log, worker_log = tmp_path / "shim.log", tmp_path / "worker.log"

    def eventually(what: str, ask: Callable[[], T | None], seconds: float = 60) -> T:
        """Ask until there is an answer; if none comes, tell all that is known."""
        deadline = time.monotonic() + seconds
        while True:
            if answer := ask():
                return answer
            if time.monotonic() > deadline:
                state = rows(database, "select task, key, status, sqlstate from core.jobs")
                pytest.fail(
                    f"not in {seconds} s: {what}\njobs: {state}"
                    f"\nshim:\n{shim_log.read_text()}\nworker:\n{worker_log.read_text()}"
                )
            time.sleep(0.1)

    with ExitStack() as stack:
        stack.enter_context(process(database, "thin_api.serve", shim_log, port=shim_port))
        stack.enter_context(
            process(
                database, "thin_api.cli", worker_log, "worker",
                worker_poll_seconds=0.1, worker_metrics_port=worker_port,
            )
        )  # fmt: skip
        eventually("shim is ready", lambda: page(shim_port, "/readyz"))
        eventually("worker is ready", lambda: page(worker_port))

        counted = {"provider": "shopify", "outcome": "accepted"}
        before = metric(page(shim_port), "hookledger_webhooks_total", **counted)
        topic, body = samples.load("shopify", "orders/create")
        request = urllib.request.Request(
            f"http://127.0.0.1:{shim_port}{target.path}", body, signed(target, body, topic)
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            receipt = json.load(answer)
        assert receipt["status"] == "accepted"

        # the event carries the receipt, the day's job succeeds, the summary follows
        events = rows(
            database,
            "select receipt_id::text, event_id::text, kind, amount_minor, currency"
            " from core.attribution_events where tenant_id = %s",
            target.tenant_id,
        )
        assert events == [(receipt["receipt_id"], receipt["event_id"], "sale", 11499, "USD")]
        ended = (
            "select 1 from core.jobs where tenant_id = %s and task = %s and status = 'succeeded'"
        )
        for task in ("recompute_window", "refresh_summary"):
            eventually(task, partial(rows, database, ended, target.tenant_id, task))

        # its tenant sees it, to the cent
        with reader(database, target.tenant_id) as owner:
            allocated = owner.execute(ALLOCATED).fetchall()
            summary = owner.execute(SUMMARY).fetchall()
        assert len({model for model, *_ in allocated}) == len(allocated) == MODELS
        assert {tuple(row[1:]) for row in allocated} == {("email", "USD", 11499)}
        assert len(summary) == MODELS
        assert {tuple(row[1:]) for row in summary} == {
            ("email", "USD", 11499, 11499, True, 0, True)
        }
        refreshed = "select count(*) from core.mv_allocation_summary where tenant_id = %s"
        assert rows(database, refreshed, target.tenant_id) == [(MODELS,)]

        # nobody else does: another tenant, its login that claims to be this one, no tenant at all
        for tenants in ((other,), ()):
            with reader(database, *tenants) as stranger:
                for claim in ("", str(target.tenant_id)):
                    stranger.execute(
                        "select set_config('app.current_tenant_id', %s, false)", (claim,)
                    )
                    assert stranger.execute(ALLOCATED).fetchall() == []
                    assert stranger.execute(SUMMARY).fetchall() == []
        with psycopg.connect(database.dsn("dba"), autocommit=True) as dba:
            assert dba.execute(SUMMARY).fetchall() == []
        with psycopg.connect(database.dsn("worker"), autocommit=True) as worker:
            worker.execute(
                "select set_config('app.current_tenant_id', %s, false)", (str(target.tenant_id),)
            )
            for change in (
                "update core.attribution_events set amount_minor = 0",
                "delete from core.attribution_events",
                "update api.events set amount_minor = 0",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    worker.execute(change)

        # metrics moved by exactly one
        assert metric(page(shim_port), "hookledger_webhooks_total", **counted) == before + 1
        done = {"task": "recompute_window", "outcome": "succeeded"}
        eventually(
            "job is counted", lambda: metric(page(worker_port), "hookledger_jobs_total", **done)
        )
        assert metric(page(worker_port), "hookledger_jobs_total", **done) == 1

    # the logs lead from the receipt to the job
    (webhook,) = [line for line in log_lines(shim_log) if line["message"] == "webhook"]
    assert (webhook["receipt_id"], webhook["outcome"]) == (receipt["receipt_id"], "accepted")
    days = rows(
        database,
        "select occurred_at at time zone 'UTC' from core.attribution_events where receipt_id = %s",
        receipt["receipt_id"],
    )
    worked = [line for line in log_lines(worker_log) if line["message"] == "job"]
    assert [
        (line["tenant_id"], line["key"], line["outcome"])
        for line in worked
        if line["task"] == "recompute_window"
    ] == [(str(target.tenant_id), f"{days[0][0]:%Y-%m-%d}", "succeeded")]
