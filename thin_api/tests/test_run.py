"""`hookledger run` and the commands around it, as a user types them."""

import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
from typer.testing import CliRunner

from thin_api import osuser, samples
from thin_api.cli import app
from thin_api.tests.cluster import Database
from thin_api.tests.running import family, free_port, hookledger, running, stop
from thin_api.tests.shim_fixtures import of_no_payment
from thin_api.verify import load_providers


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A directory to work in; its .hookledger is the embedded server's."""
    with tempfile.TemporaryDirectory(prefix="hookledger-run-") as directory:
        osuser.share_directory(Path(directory))
        yield Path(directory)


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Without DATABASE_URL: the embedded server."""
    ours = {
        k: v for k, v in os.environ.items() if not k.startswith(("HOOKLEDGER_", "DATABASE_URL"))
    }
    return {**ours, "HOOKLEDGER_PORT": str(free_port())}


def test_nothing_runs_yet(home: Path, environment: dict[str, str]) -> None:
    said = hookledger("dsn", "shim", cwd=home, env=environment, expect=1).stderr
    assert "no embedded server is running" in said
    said = hookledger("send", "shopify", cwd=home, env=environment, expect=1).stderr
    assert "make run" in said


def test_run_send_stop_run_again(home: Path, environment: dict[str, str]) -> None:
    with running(home, environment) as (process, said):
        urls = re.findall(r"http://\S+/webhooks/(\w+)/\S+", said)
        assert urls == sorted(load_providers())
        assert "HOOKLEDGER_PAYPAL_API_URL, HOOKLEDGER_TOSS_API_URL" in said
        for provider in ("toss", "woocommerce"):  # every one: test_exit_codes_of_send
            said_of_it = hookledger("send", provider, cwd=home, env=environment).stdout
            assert "status      accepted" in said_of_it, said_of_it
        first = hookledger("send", "stripe", "--same", cwd=home, env=environment).stdout
        again = hookledger("send", "stripe", "--same", cwd=home, env=environment).stdout
        assert "accepted" in first
        assert "duplicate" in again
        receipt = re.compile(r"receipt_id\s+(\S+)")
        assert receipt.findall(first) == receipt.findall(again)
        assert "nothing to do" in hookledger("migrate", cwd=home, env=environment).stdout
        assert hookledger("drift", cwd=home, env=environment).stdout == "no drift\n"
        for role in ("owner", "shim", "worker", "dba", "superuser"):
            uri = hookledger("dsn", role, cwd=home, env=environment).stdout.strip()
            psycopg.connect(uri).close()
        taken = hookledger("run", cwd=home, env=environment, expect=1)
        assert f"port {environment['HOOKLEDGER_PORT']}" in taken.stderr
        processes = family(process)
        code, rest = stop(process, signal.SIGINT)
        assert (code, "stopped" in rest) == (0, True), rest
        assert not [p for p in processes if p.is_running()]
    with running(home, environment) as (process, said_again):
        assert re.findall(r"http://\S+", said) == re.findall(r"http://\S+", said_again)
        same = hookledger("send", "stripe", "--same", cwd=home, env=environment).stdout
        assert receipt.findall(same) == receipt.findall(first)
        processes = family(process)
        code, _ = stop(process, signal.SIGTERM)
        assert code == 0
        assert not [p for p in processes if p.is_running()]


def test_what_dies_is_started_again(home: Path, environment: dict[str, str]) -> None:
    with running(home, environment) as (process, _):
        for name, sent in (
            ("thin_api.serve", "shopify"),
            ("postgres", "shopify"),
            ("thin_api.standin", "toss"),
        ):
            victim = next(
                p for p in psutil.Process(process.pid).children() if name in " ".join(p.cmdline())
            )
            victim.kill()
            deadline = time.monotonic() + 60
            while hookledger("send", sent, cwd=home, env=environment, expect=None).returncode:
                assert time.monotonic() < deadline, f"{name} did not come back"
                time.sleep(0.02)
            assert not victim.is_running()
        victim = worker_of(process)
        victim.kill()
        deadline = time.monotonic() + 60
        while worker_of(process) == victim:
            assert time.monotonic() < deadline, "the worker did not come back"
            time.sleep(0.1)
        processes = family(process)
        code, rest = stop(process, signal.SIGINT)
        assert code == 0
        assert "worker ended (signal SIGKILL)" in rest
        assert "PostgreSQL was gone" in rest
        assert not [p for p in processes if p.is_running()]


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    """Wait for the worker that the system runs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in family(process):
            with suppress(psutil.Error):
                if found.is_running() and "thin_api.worker" in found.cmdline():
                    return found
        time.sleep(0.2)
    raise AssertionError("no worker")


def test_a_full_disk_ends_nothing_for_good(home: Path, environment: dict[str, str]) -> None:
    """No file can grow, of the supervisor and of the server it starts again; later they can."""
    forever = resource.RLIM_INFINITY
    with running(home, environment) as (process, _):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, forever))
        # What it writes anew is another than what is there, as after an upgrade.
        (home / ".hookledger" / "postgres" / "pg_hba.conf").write_text("local all all reject\n")
        next(p for p in family(process) if p.name() == "postgres").kill()
        assert process.stdout is not None
        for tried in range(2):
            for line in process.stdout:
                if "PostgreSQL is gone: [Errno 27] File too large" in line:
                    break
            assert process.poll() is None, tried
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (forever, forever))
        deadline = time.monotonic() + 60
        while hookledger("send", "stripe", cwd=home, env=environment, expect=None).returncode:
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.02)
        code, rest = stop(process, signal.SIGINT)
        assert code == 0
        assert "has been started again" in rest


def test_demo_endpoints_follow_the_database(home: Path, environment: dict[str, str]) -> None:
    """A demo.json that this database never knew is made anew."""
    demo = home / ".hookledger" / "demo.json"
    text = demo.read_text()
    demo.write_text(re.sub(r'("tenant_id": ")[^"]+', rf"\g<1>{uuid4()}", text))
    with running(home, environment) as (process, _):
        assert demo.read_text() != text
        hookledger("send", "shopify", cwd=home, env=environment)
        stop(process, signal.SIGINT)


def test_a_demo_of_an_older_release_gets_the_providers_it_lacks(
    home: Path, environment: dict[str, str]
) -> None:
    demo = home / ".hookledger" / "demo.json"
    before = json.loads(demo.read_text())
    kept = {name: before["endpoints"][name] for name in ("shopify", "stripe")}
    demo.write_text(json.dumps(before | {"endpoints": kept}))
    with running(home, environment) as (process, _):
        after = json.loads(demo.read_text())
        assert after["tenant_id"] == before["tenant_id"]
        assert after["endpoints"].keys() == load_providers().keys()
        assert kept.items() <= after["endpoints"].items()
        for provider in ("stripe", "toss", "paypal"):
            said = hookledger("send", provider, cwd=home, env=environment).stdout
            assert "accepted" in said
        stop(process, signal.SIGINT)


def test_run_with_the_apis_that_the_user_names(
    fresh_database: Database, home: Path, tmp_path: Path
) -> None:
    """No stand-in is started where it is not wanted: the API that is named is asked."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    apis = {"HOOKLEDGER_TOSS_API_URL": nowhere, "HOOKLEDGER_PAYPAL_API_URL": nowhere}
    env = {**fresh_database.environment, "HOOKLEDGER_PORT": str(free_port()), **apis}
    with running(home, env) as (process, said):
        assert "stand-in" not in said
        assert not [p for p in family(process) if "thin_api.standin" in " ".join(p.cmdline())]
        for provider in ("toss", "paypal"):
            said = hookledger("send", provider, cwd=home, env=env, expect=5).stdout
            assert "provider_unreachable" in said
        stop(process, signal.SIGINT)
    one = {**env, "HOOKLEDGER_PAYPAL_API_URL": ""}
    with running(home, one) as (process, said):
        assert "HOOKLEDGER_PAYPAL_API_URL for" in said
        assert "HOOKLEDGER_TOSS_API_URL" not in said
        hookledger("send", "toss", cwd=home, env=one, expect=5)
        assert "accepted" in hookledger("send", "paypal", cwd=home, env=one).stdout
        stop(process, signal.SIGINT)


def test_run_with_database_url(fresh_database: Database, home: Path) -> None:
    """No embedded server is started, and the one given stays."""
    env = {**fresh_database.environment, "HOOKLEDGER_PORT": str(free_port())}
    with running(home, env) as (process, _):
        assert "accepted" in hookledger("send", "stripe", cwd=home, env=env).stdout
        assert not [p for p in family(process) if "postgres" in p.name()]
        code, _ = stop(process, signal.SIGINT)
        assert code == 0
    psycopg.connect(fresh_database.dsn("superuser")).close()


def test_exit_codes_of_send(fresh_database: Database, home: Path, tmp_path: Path) -> None:
    env = {**fresh_database.environment, "HOOKLEDGER_PORT": str(free_port())}
    (tmp_path / "broken.json").write_text("{broken")
    with running(home, env) as (process, _):
        dead = ["send", "shopify", str(tmp_path / "broken.json"), "--topic", "orders/paid"]
        assert "dead" in hookledger(*dead, cwd=home, env=env, expect=3).stdout
        for provider in sorted(load_providers().keys() - {"toss"}):
            wrong = ["send", provider, "--secret", "wrong"]
            assert "bad_signature" in hookledger(*wrong, cwd=home, env=env, expect=4).stdout
        # Toss signs no payment: what its API does not know is not true.
        unknown = tmp_path / "unknown.json"
        unknown.write_bytes(of_no_payment(samples.load("toss")[1]))
        said = hookledger("send", "toss", str(unknown), cwd=home, env=env, expect=4).stdout
        assert "unconfirmed" in said
        for provider in load_providers():
            same = ["send", provider, "--same"]
            assert "accepted" in hookledger(*same, cwd=home, env=env).stdout
            assert "duplicate" in hookledger(*same, cwd=home, env=env).stdout
        nowhere = ["--endpoint", str(uuid4()), "--secret", "s"]
        assert "404" in hookledger("send", "stripe", *nowhere, cwd=home, env=env, expect=4).stdout
        hookledger("send", "stripe", "--endpoint", "x", cwd=home, env=env, expect=2)
        hookledger("send", "nobody", cwd=home, env=env, expect=2)
        hookledger("send", "stripe", "--topic", "no.such", cwd=home, env=env, expect=2)
        stop(process, signal.SIGINT)
    hookledger("send", "stripe", cwd=home, env=env, expect=5)


@pytest.mark.parametrize(
    "command",
    ["", "run", "serve", "worker", "migrate", "drift", "dsn", "psql", "send", "docs", "reconcile"],
)
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"])
    assert (done.exit_code, "Usage" in done.stdout) == (0, True), done.output


def test_wrong_settings_are_one_line_each(home: Path, environment: dict[str, str]) -> None:
    wrong = {**environment, "HOOKLEDGER_PORT": "http", "HOOKLEDGER_LOG_LEVEL": "loud"}
    said = hookledger("run", cwd=home, env=wrong, expect=1).stderr
    assert "HOOKLEDGER_PORT: input should be a valid integer" in said
    assert "HOOKLEDGER_LOG_LEVEL: input should be" in said
    assert "Traceback" not in said
