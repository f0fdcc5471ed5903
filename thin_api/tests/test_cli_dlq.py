"""`hookledger dlq` against a real database: tables, JSON, filters, pacing, exit codes.

Most commands run in this process, since starting one costs more than what it does.
"""

import json
import os
import pty
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from thin_api import cli
from thin_api.demo import demo_file, ensure_demo
from thin_api.settings import ConfigurationError
from thin_api.tests import running
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import Target, count, new_target, rows

INGEST = "select status from api.ingest_webhook(%s, %s, %s, %s, 'signature')"


@dataclass(frozen=True)
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> list[Any]:
        """The objects it wrote, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Desk:
    """A tenant with dead letters, and the commands about them."""

    database: Database
    target: Target

    def dlq(self, *arguments: str, tenant: UUID | None = None) -> Told:
        """Run a command, its output going nowhere near a terminal."""
        chosen = ["--tenant", str(tenant or self.target.tenant_id)]
        done = CliRunner().invoke(
            cli.app, ["dlq", *arguments, *chosen], env=self.database.environment
        )
        if isinstance(done.exception, ConfigurationError):  # as main() says it
            return Told(1, done.stdout, f"hookledger: {done.exception}\n")
        return Told(done.exit_code, done.stdout, done.stderr)

    def run(self, *arguments: str, **changes: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as a person does, in a process of its own."""
        return subprocess.run(
            [running.COMMAND, "dlq", *arguments, "--tenant", str(self.target.tenant_id)],
            **{"env": self.database.environment, "text": True, "timeout": 120, **changes},
        )

    def send(self, name: str, body: bytes) -> None:
        """Let a delivery die."""
        with psycopg.connect(self.database.dsn("dba"), autocommit=True) as connection:
            headers = Jsonb({"webhook-id": name})
            call = (self.target.tenant_id, self.target.endpoint_id, headers, body)
            assert connection.execute(INGEST, call).fetchall() == [("dead",)]

    def order(self, name: str, currency: str) -> None:
        """Let an order in a currency that is not known die."""
        data = {"object_id": name, "currency": currency, "amount_minor": 5}
        data["occurred_at"] = "2026-03-01T10:00:00Z"
        self.send(name, json.dumps({"type": "order.paid", "data": data}).encode())

    def learn(self, currency: str) -> None:
        """Make a currency known."""
        statement = "insert into core.currencies (currency, exponent) values (%s, 2)"
        with psycopg.connect(self.database.dsn("superuser"), autocommit=True) as connection:
            connection.execute(statement, [currency])

    def ids(self) -> list[str]:
        """All dead letters, in the order of their arrival."""
        query = """select dead_event_id::text from core.dead_events where tenant_id = %s
                    order by first_failed_at, dead_event_id"""
        return [row[0] for row in rows(self.database, query, self.target.tenant_id)]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, new_target(database, "standard", settings={}))


def test_a_list_is_a_full_table_without_colours_through_a_pipe(desk: Desk) -> None:
    desk.order("o-1", "XQA")
    desk.send("b-1", b'{"type": ')
    told = desk.run("list", capture_output=True, check=True)
    assert told.stderr == ""
    assert "\x1b" not in told.stdout
    lines = [line for line in told.stdout.splitlines() if "standard" in line]
    assert [line.split()[0] for line in lines] == desk.ids()[::-1]
    assert "currency_unknown" in lines[1]
    assert "…" not in told.stdout


def test_a_list_fills_a_terminal(desk: Desk) -> None:
    desk.order("o-1", "XQA")
    master, slave = pty.openpty()
    environment = {**desk.database.environment, "TERM": "xterm-256color", "COLUMNS": "150"}
    desk.run("list", env=environment, stdout=slave, check=True)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert "\x1b[" in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert 100 < max(len(line) for line in lines) <= 150
    assert desk.ids()[0] in shown  # an id is never cut: it is what the other commands need


def test_filters_and_limits(desk: Desk) -> None:
    for number in range(3):
        desk.order(f"o-{number}", "XQB")
    desk.send("b-1", b'{"type": ')
    by_reason = desk.dlq("list", "--json", "--reason", "invalid_json").json()
    assert [row["dead_event_id"] for row in by_reason] == desk.ids()[3:]
    for options, number in (
        (["--topic", "order.paid"], 3),
        (["--provider", "shopify"], 0),
        (["--status", "resolved"], 0),
        (["--from", "2020-01-01T00:00:00Z", "--to", "2021-01-01T00:00:00+02:00"], 0),
        (["--from", "2020-01-01"], 4),
        (["--limit", "2"], 2),
        (["--limit", "2", "--all-pages"], 4),
    ):
        assert len(desk.dlq("list", "--json", *options).json()) == number, options
    assert desk.dlq("list", "--provider", "shopify").out == "no dead letters\n"


def test_show_tells_everything(desk: Desk) -> None:
    desk.order("o-1", "XQC")
    (letter,) = desk.ids()
    assert desk.dlq("replay", letter).code == 3
    told = desk.dlq("show", letter, "--json").json()[0]
    assert told["payload"]["data"]["object_id"] == "o-1"
    assert [(a["attempt"], a["outcome"]) for a in told["attempts_made"]] == [(2, "failed")]
    assert len(told["body_sha256"]) == 64
    text = desk.dlq("show", letter).out
    assert '"object_id": "o-1"' in text
    assert "currency_unknown" in text


def test_replay_paced_and_resumed_under_one_key(desk: Desk) -> None:
    for number in range(6):
        desk.order(f"o-{number}", "XQD")
    desk.send("b-1", b'{"type": ')
    dry = desk.dlq("replay", "--dry-run", "--json").json()[0]
    assert (dry["matched"], dry["request_key"]) == (7, None)
    assert count(desk.database, "dead_event_attempts", desk.target) == 0
    desk.learn("XQD")

    # As if it was interrupted after two.
    first = desk.dlq("replay", "--request-key", "k", "--limit", "2", "--json")
    assert (first.code, first.json()[0]["replayed"], first.err) == (0, 2, "")
    started = time.monotonic()
    rest = desk.dlq("replay", "--request-key", "k", "--rate", "2", "--json")
    assert time.monotonic() - started > 1.5  # five at two a second
    assert rest.code == 3
    assert rest.json() == [
        {
            "request_key": "k",
            "matched": 5,
            "replayed": 4,
            "skipped": 0,
            "failed": 1,
            "first_error": "not_replayable",
        }
    ]
    again = desk.dlq("replay", "--request-key", "k", "--json")
    assert (again.code, again.json()[0]["failed"]) == (0, 0)
    assert count(desk.database, "dead_event_attempts", desk.target) == 7
    anew = desk.dlq("replay")
    assert anew.code == 3
    assert "failed      1\n" in anew.out
    assert "--request-key cli-" in anew.err


def test_a_bulk_replay_leaves_conflicts_to_a_decision(desk: Desk) -> None:
    desk.order("o-1", "XQE")
    body = json.dumps({"type": "order.paid", "data": {"object_id": "other"}}).encode()
    desk.send("o-1", body)
    told = desk.dlq("replay", "--json").json()[0]
    assert (told["matched"], told["skipped"], told["failed"]) == (2, 1, 1)
    named = desk.dlq("replay", "--json", "--reason", "delivery_id_conflict").json()[0]
    assert (named["skipped"], named["failed"], named["first_error"]) == (0, 1, "missing_field")


def test_what_needs_a_decision_does_not_use_up_the_limit(desk: Desk) -> None:
    desk.order("o-1", "XQK")
    body = json.dumps({"type": "order.paid", "data": {"object_id": "other"}}).encode()
    desk.send("o-1", body)
    desk.dlq("replay", desk.ids()[0])  # tried more often than the conflict, which never is
    told = desk.dlq("replay", "--limit", "1", "--json").json()[0]
    assert (told["skipped"], told["failed"]) == (0, 1)


def test_a_pipe_that_ends_early_is_no_complaint(desk: Desk) -> None:
    for number in range(3):
        desk.order(f"o-{number}", "XQH")
    reading, writing = os.pipe()
    os.close(reading)
    told = desk.run("list", "--json", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (told.returncode, told.stderr) == (1, "")


def test_discard_and_reopen(desk: Desk) -> None:
    desk.order("o-1", "XQF")
    desk.order("o-2", "XQF")
    both = desk.ids()
    assert desk.dlq("discard", *both, "--reason", "test orders").out == "discarded: 2\n"
    assert desk.dlq("list").out == "no dead letters\n"
    (one, two) = desk.dlq("list", "--status", "discarded", "--json").json()
    assert {one["resolution_note"], two["resolution_note"]} == {"test orders"}
    assert desk.dlq("reopen", both[0], "--reason", "a real one").out == "re-opened: 1\n"
    # All or none: the second waits for nothing, so the first stays as it is.
    refused = desk.dlq("reopen", both[1], both[0], "--reason", "x")
    assert refused.code == 1
    assert "HL066" in refused.err
    assert len(desk.dlq("list", "--status", "discarded", "--json").json()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list", "--status", "dead"], 1, "HL061"),
        (["list", "--from", "yesterday"], 2, "--from"),
        (["list", "--limit", "0"], 2, "--limit"),
        (["replay", "--rate", "0"], 2, "--rate"),
        (["replay", "--reason", "no_such_reason"], 1, "HL061"),
        (["replay", "not-an-id"], 2, "UUID"),
        (["replay", "--request-key", "a b"], 2, "--request-key"),
        (["show", str(uuid4())], 1, "no such dead letter"),
        (["discard", str(uuid4())], 2, "--reason"),
        (["discard", str(uuid4()), "--reason", "x"], 1, "HL060"),
        (["discard", str(uuid4()), "--reason", "for jane.roe@example.com"], 1, "HL067"),
    ],
)
def test_refusals_say_why_in_one_line(
    desk: Desk, arguments: list[str], code: int, said: str
) -> None:
    told = desk.dlq(*arguments)
    assert told.code == code
    assert said in told.err
    assert "Traceback" not in told.err
    assert "jane" not in told.err
    if code == 1:
        assert told.err.count("\n") == 1


def test_another_tenant_sees_nothing_of_it(desk: Desk) -> None:
    desk.order("o-1", "XQG")
    other = new_target(desk.database, "standard", settings={}).tenant_id
    assert desk.dlq("list", "--json", tenant=other).out == ""
    (letter,) = desk.ids()
    assert desk.dlq("show", letter, tenant=other).code == 1
    assert desk.dlq("replay", letter, "--json", tenant=other).json()[0]["matched"] == 0
    assert desk.dlq("discard", letter, "--reason", "x", tenant=other).code == 1
    assert len(desk.dlq("list", "--json").json()) == 1


def test_a_refusal_of_a_process_is_one_line_and_a_code(desk: Desk) -> None:
    told = desk.run("list", "--status", "dead", capture_output=True, check=False)
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr.startswith("hookledger: the filter holds an unknown key or a wrong value")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["", "list", "show", "replay", "discard", "reopen"])
def test_help_names_the_exit_codes(command: str) -> None:
    done = CliRunner().invoke(cli.app, ["dlq", *command.split(), "--help"])
    assert done.exit_code == 0
    assert "Exit codes" in done.stdout


def test_without_a_demo_tenant_one_must_be_named(desk: Desk, tmp_path: Path) -> None:
    environment = {**desk.database.environment, "HOOKLEDGER_DATA_DIR": str(tmp_path)}
    done = CliRunner().invoke(cli.app, ["dlq", "list"], env=environment)
    assert isinstance(done.exception, ConfigurationError)
    assert "name --tenant" in str(done.exception)


def test_the_demo_tenant_is_the_default(desk: Desk) -> None:
    demo = ensure_demo(desk.database.settings)
    environment = desk.database.environment
    try:
        done = CliRunner().invoke(cli.app, ["dlq", "list"], env=environment)
        assert (done.exit_code, done.stdout) == (0, "no dead letters\n")
        named = desk.dlq("list", tenant=demo.tenant_id)
        assert named.out == done.stdout
    finally:
        demo_file(desk.database.settings).unlink()
