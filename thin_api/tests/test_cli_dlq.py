"""`hookledger dlq` against a real database: tables, JSON, filters, refusals, exit codes."""

import os
import pty
import re
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from thin_api import cli
from thin_api.demo import demo_file, ensure_demo
from thin_api.settings import ConfigurationError
from thin_api.tests.dlq_fixtures import Desk
from thin_api.tests.dlq_fixtures import desk as desk
from thin_api.tests.shim_fixtures import new_target


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


def test_a_pipe_that_ends_early_is_no_complaint(desk: Desk) -> None:
    for number in range(3):
        desk.order(f"o-{number}", "XQH")
    reading, writing = os.pipe()
    os.close(reading)
    told = desk.run("list", "--json", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (told.returncode, told.stderr) == (1, "")


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
