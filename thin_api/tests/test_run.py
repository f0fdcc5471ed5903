"""`hookledger run` and the commands around it, as a user types them."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest

from thin_api import osuser
from thin_api.tests.cluster import Database

COMMAND = str(Path(sys.executable).with_name("hookledger"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


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


def hookledger(
    *arguments: str, cwd: Path, env: dict[str, str], expect: int | None = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [COMMAND, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert expect is None or done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


@contextmanager
def running(cwd: Path, env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the system in a session of its own; yield it and what it printed once it serves."""
    process = subprocess.Popen(
        [COMMAND, "run"], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "psql dba" in line:
                break
        assert process.poll() is None, said
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Send a signal to the whole foreground group, as a terminal does."""
    os.killpg(process.pid, how)
    rest = process.communicate(timeout=60)[0]
    return process.returncode, rest


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_nothing_runs_yet(home: Path, environment: dict[str, str]) -> None:
    said = hookledger("dsn", "shim", cwd=home, env=environment, expect=1).stderr
    assert "no embedded server is running" in said
    said = hookledger("send", "shopify", cwd=home, env=environment, expect=1).stderr
    assert "make run" in said


def test_run_send_stop_run_again(home: Path, environment: dict[str, str]) -> None:
    with running(home, environment) as (process, said):
        urls = re.findall(r"http://\S+/webhooks/(shopify|stripe)/\S+", said)
        assert urls == ["shopify", "stripe"]
        assert (
            hookledger("send", "shopify", cwd=home, env=environment).stdout.count("accepted") == 1
        )
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
        for name in ("thin_api.serve", "postgres"):
            victim = next(
                p for p in psutil.Process(process.pid).children() if name in " ".join(p.cmdline())
            )
            victim.kill()
            deadline = time.monotonic() + 60
            while hookledger("send", "shopify", cwd=home, env=environment, expect=None).returncode:
                assert time.monotonic() < deadline, f"{name} did not come back"
                time.sleep(0.3)
            assert not victim.is_running()
        processes = family(process)
        code, rest = stop(process, signal.SIGINT)
        assert code == 0
        assert "PostgreSQL was gone" in rest
        assert not [p for p in processes if p.is_running()]


def test_demo_endpoints_follow_the_database(home: Path, environment: dict[str, str]) -> None:
    """A demo.json that this database never knew is made anew."""
    demo = home / ".hookledger" / "demo.json"
    text = demo.read_text()
    demo.write_text(re.sub(r'("tenant_id": ")[^"]+', rf"\g<1>{uuid4()}", text))
    with running(home, environment) as (process, _):
        assert demo.read_text() != text
        hookledger("send", "shopify", cwd=home, env=environment)
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
        hookledger("send", "shopify", "--secret", "wrong", cwd=home, env=env, expect=4)
        nowhere = ["--endpoint", str(uuid4()), "--secret", "s"]
        assert "404" in hookledger("send", "stripe", *nowhere, cwd=home, env=env, expect=4).stdout
        hookledger("send", "stripe", "--endpoint", "x", cwd=home, env=env, expect=2)
        hookledger("send", "nobody", cwd=home, env=env, expect=2)
        hookledger("send", "stripe", "--topic", "no.such", cwd=home, env=env, expect=2)
        stop(process, signal.SIGINT)
    hookledger("send", "stripe", cwd=home, env=env, expect=5)


@pytest.mark.parametrize(
    "command", ["", "run", "serve", "migrate", "drift", "dsn", "psql", "send", "docs"]
)
def test_every_command_explains_itself(command: str, home: Path) -> None:
    said = hookledger(*command.split(), "--help", cwd=home, env=dict(os.environ)).stdout
    assert "Usage" in said


def test_wrong_settings_are_one_line_each(home: Path, environment: dict[str, str]) -> None:
    wrong = {**environment, "HOOKLEDGER_PORT": "http", "HOOKLEDGER_LOG_LEVEL": "loud"}
    said = hookledger("run", cwd=home, env=wrong, expect=1).stderr
    assert "HOOKLEDGER_PORT: input should be a valid integer" in said
    assert "HOOKLEDGER_LOG_LEVEL: input should be" in said
    assert "Traceback" not in said
