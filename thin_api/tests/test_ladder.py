"""`python -m load.ladder` and `load.bomb`, as an operator starts them, in small."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer
from typer.testing import CliRunner, Result

from load import bomb, ladder
from load.scenarios import books
from load.scenarios.books import Books, judge
from load.scenarios.sender import Answer
from load.scenarios.webhooks import Target, Webhook
from thin_api import ROOT
from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import count, new_target
from thin_api.tests.test_serve import served

LADDER = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S9"]


def test_every_rung_at_its_smallest(fresh_database: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "load.ladder", "--sizes", "50", "--seed", "11"],
        cwd=ROOT, env=fresh_database.environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["scenario"] for line in lines] == LADDER
    for line in lines:
        assert (line["n"], line["seed"], line["verdict"]) == (50, 11, "pass")
        assert line["expected"] == line["found"]
        assert line["elapsed_s"] > 0
        told = Counter(line["found"])
        assert sum(told[name] for name in told if name[:3].isdigit()) == 50
    assert "left behind: nothing" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["S8"], "no S8"),
        (["--sizes", "many"], "--sizes"),
        (["--url", "http://127.0.0.1:1"], "belong together"),
    ],
)
def test_wrong_usage_of_the_ladder_is_told(arguments: list[str], said: str) -> None:
    done = invoke(ladder.main, *arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def invoke(command: Callable[..., None], *arguments: str) -> Result:
    """Run a command of one function, as `typer.run` does."""
    app = typer.Typer()
    app.command()(command)
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, arguments)


# -- the bomb --------------------------------------------------------------------------------------


def test_a_bomb_is_booked_once(database: Database, tmp_path: Path) -> None:
    target = new_target(database, "woocommerce")
    for name, text in {"secret": target.secret, "dsn": database.dsn("dba")}.items():
        (tmp_path / name).write_text(text)
    with served(database, tmp_path / "log") as (url, _):
        arguments = ["--provider", "woocommerce", "--url", url + target.path]
        arguments += ["--dsn", f"file:{tmp_path / 'dsn'}", "--count", "60", "--json"]
        done = invoke(bomb.main, *arguments, "--secret", f"file:{tmp_path / 'secret'}")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["verdict"] == "pass"
        assert told["answers"] == {"200 duplicate": 59, "200 accepted": 1}
        wanted = {"deliveries": 1, "seen_count": 60, "events": 1, "ledger_entries": 1}
        assert told["database"] == wanted | {"dead_letters": 0}
        assert len(told["receipts"]) == 1
        assert target.secret not in done.output
        assert "invented-goods" not in done.output

        (tmp_path / "secret").write_text("another")
        done = invoke(bomb.main, *arguments, "--secret", f"file:{tmp_path / 'secret'}")
        assert done.exit_code == 1
        assert json.loads(done.stdout)["answers"] == {"401 bad_signature": 60}
    assert count(database, "attribution_events", target) == 1


def test_a_bomb_is_not_aimed_by_mistake() -> None:
    path = f"/webhooks/stripe/{UUID(int=7)}"
    own = ["--url", f"http://127.0.0.1:1{path}", "--provider", "stripe"]
    theirs = ["--url", f"https://hooks.example.com{path}", "--provider", "stripe"]
    fake = ["--url", f"http://127.0.0.1.example.com{path}", "--provider", "stripe"]
    given = ["--secret", "env:HOME"]
    for arguments, said in (
        ([*theirs, *given], "is not this machine"),
        ([*fake, *given], "is not this machine"),
        ([*own, "--secret", "whsec_visible"], "not the value itself"),
        ([*own, "--secret", "env:NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"),
        ([*own, *given, "--dsn", "postgresql://u:p@h/d"], "not the value itself"),
        ([*own[:3], "shopify", *given], "of 'stripe'"),
        (["--url", "http://127.0.0.1:1/x", *own[2:], *given], "ENDPOINT_ID is needed"),
        ([*own, *given, "--count", "1"], "--count"),
    ):
        done = invoke(bomb.main, *arguments)
        assert (done.exit_code, said in done.stderr) == (2, True), (arguments, done.stderr)
        assert "visible" not in done.output
    assert invoke(bomb.main, *own, *given, "--count", "2").exit_code == 1, "nobody listens"


# -- the verdict can fail --------------------------------------------------------------------------


def honest(database: Database) -> tuple[Webhook, list[Answer], Books]:
    """Return a sale that was sent twice, its answers, and books that agree with them."""
    found = new_target(database)
    target = Target("stripe", found.tenant_id, found.endpoint_id, "s")
    webhook = Webhook(target, b"{}", amount_minor=100, planted=("Zebulon",))
    answers = [Answer(200, outcome, "r", "e") for outcome in ("accepted", "duplicate")]
    delivery = {"receipt_id": "r", "event_id": "e", "seen_count": 2, "outcome": "done"}
    event = {"event_id": "e", "receipt_id": "r", "amount_minor": 100, "provider": "stripe"}
    entry = {"event_id": "e", "kind": "sale", "amount_minor": 100}
    return webhook, answers, Books([delivery], [event], [entry], [], "")


def test_the_verdict_of_agreeing_books_is_good(database: Database) -> None:
    webhook, answers, its = honest(database)
    verdict = judge({webhook: answers}, {webhook.target.tenant_id: its})
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []},
        {"revenue": []},
        {"deliveries": []},
        {"events": "twice"},
        {"revenue": "twice"},
        {"dead": [{"receipt_id": "x", "reason": "invalid_json", "status": "retrying"}]},
        {"texts": "for Zebulon"},
        {"revenue": [{"event_id": "e", "kind": "sale", "amount_minor": 99}]},
        {"revenue": [{"event_id": "another", "kind": "sale", "amount_minor": 100}]},
        {"events": [{"event_id": "e", "receipt_id": "another", "amount_minor": 100}]},
    ],
    ids=str,
)
def test_the_verdict_of_other_books_is_bad(database: Database, wrong: dict[str, Any]) -> None:
    webhook, answers, its = honest(database)
    for name, value in wrong.items():
        changed = getattr(its, name) * 2 if value == "twice" else value
        its = replace(its, **dict[str, Any]({name: changed}))
    assert not judge({webhook: answers}, {webhook.target.tenant_id: its}).passed


@pytest.mark.parametrize(
    "second",
    [
        Answer(503, "unavailable"),
        Answer(0, "ReadTimeout"),
        Answer(200, "accepted", "r", "e"),
        Answer(200, "duplicate", "another", "e"),
        Answer(200, "duplicate", "r", "another"),
    ],
    ids=str,
)
def test_the_verdict_of_other_answers_is_bad(database: Database, second: Answer) -> None:
    webhook, (first, _), its = honest(database)
    verdict = judge({webhook: [first, second]}, {webhook.target.tenant_id: its})
    assert not verdict.passed


def test_complaints_are_bounded(database: Database) -> None:
    webhook, answers, its = honest(database)
    many = {replace(webhook): answers for _ in range(50)}
    found = judge(many, {webhook.target.tenant_id: replace(its, events=[])}).complaints
    assert len(found) == books.MOST_COMPLAINTS
