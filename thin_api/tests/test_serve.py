"""`python -m thin_api.serve` as a process: start, serve, stop, and how it refuses."""

import gc
import json
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from thin_api.run import is_ready
from thin_api.serve import YOUNG_OBJECTS, spare_collections
from thin_api.tests.cluster import Database
from thin_api.tests.llm_fixtures import new_spender
from thin_api.tests.running import free_port
from thin_api.tests.shim_fixtures import (
    NO_TLS,
    new_target,
    signed,
    stripe_event,
)


def environment(database: Database, **variables: str) -> dict[str, str]:
    """Return the environment of a shim that uses the test database."""
    return database.environment | {"HOOKLEDGER_STARTUP_TIMEOUT_SECONDS": "120"} | variables


@contextmanager
def served(
    database: Database, log: Path, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the shim; yields its address and its process, and stops it."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "thin_api.serve"],
            env=environment(database, HOOKLEDGER_PORT=str(port), **variables),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 180
        while not is_ready(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield url, process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)


def run_to_its_end(database: Database, **variables: str) -> tuple[int, str]:
    """Run a shim that does not start; return its exit code and what it said on stderr."""
    result = subprocess.run(
        [sys.executable, "-m", "thin_api.serve"],
        env=environment(database, **variables),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return result.returncode, result.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_a_signal(database: Database, tmp_path: Path, how: signal.Signals) -> None:
    target, body = new_target(database), stripe_event()
    log = tmp_path / "log"
    with served(database, log) as (url, process):
        response = httpx.post(url + target.path, content=body, headers=signed(target, body))
        assert response.json()["status"] == "accepted"
        assert "server" not in response.headers
        process.send_signal(how)
        assert process.wait(60) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["message"] for line in lines] == ["serving", "webhook"]
    assert lines[1]["receipt_id"] == response.json()["receipt_id"]


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def listens(url: str) -> bool:
    """Say whether a shim takes connections."""
    try:
        return httpx.get(url + "/healthz", verify=NO_TLS).is_success
    except httpx.TransportError:
        return False


def test_a_request_under_way_is_finished_first(database: Database, tmp_path: Path) -> None:
    target, body = new_target(database), stripe_event()
    with served(database, tmp_path / "log") as (url, process):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            headers = signed(target, body) | {"content-length": str(len(body)), "host": "shim"}
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            connection.sendall(f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode() + body[:10])
            eventually(
                lambda: b"bodies_arriving 1.0" in httpx.get(url + "/metrics", verify=NO_TLS).content
            )
            process.terminate()
            eventually(lambda: not listens(url))
            connection.sendall(body[10:])
            with connection.makefile("rb") as stream:
                answer = stream.read()  # head and body may come in two segments; then it hangs up
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"accepted"' in answer
        assert process.wait(60) == 0


def test_a_body_over_the_limit_and_a_head_over_the_limit(
    database: Database, tmp_path: Path
) -> None:
    target = new_target(database)
    body = b" " * (3 * 1024 * 1024)

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    with served(database, tmp_path / "log") as (url, process):
        before = psutil.Process(process.pid).memory_info().rss
        with httpx.Client() as client:
            for content in (body, pieces()):
                response = client.post(
                    url + target.path, content=content, headers=signed(target, body)
                )
                assert response.status_code == 413
                assert response.json()["code"] == "body_too_large"
        assert httpx.get(url + "/healthz", headers={"x": "y" * 70_000}).status_code == 400
        assert httpx.get(f"{url}/{'y' * 65_400}", headers={"x": "y" * 200}).status_code == 400
        assert httpx.get(url + "/healthz", headers={"x": "y" * 30_000}).status_code == 200
        assert psutil.Process(process.pid).memory_info().rss - before < 32 * 1024 * 1024


def test_refuses_a_superuser(database: Database) -> None:
    code, said = run_to_its_end(
        database,
        HOOKLEDGER_SHIM_DATABASE_URL=database.dsn("superuser"),
        HOOKLEDGER_PORT=str(free_port()),
    )
    assert code == 3
    assert said.startswith("the shim does not start: the role ")
    assert said.count("\n") == 1


def until_it_heeds(pid: int, number: signal.Signals) -> None:
    """Wait until a process has a handler for this signal: before, its modules are being loaded."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
        if int(caught, 16) >> (number - 1) & 1:
            return
        time.sleep(0.05)
    raise AssertionError(f"no handler for {number.name}")


def test_a_signal_ends_the_wait_for_a_database(database: Database) -> None:
    """It must not sit out the time that a database gets to come up."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nowhere"
    env = environment(
        database,
        HOOKLEDGER_SHIM_DATABASE_URL=nowhere,
        HOOKLEDGER_STARTUP_TIMEOUT_SECONDS="600",
        HOOKLEDGER_PORT=str(free_port()),
    )
    with subprocess.Popen([sys.executable, "-m", "thin_api.serve"], env=env) as process:
        until_it_heeds(process.pid, signal.SIGTERM)
        process.terminate()
        assert process.wait(60) == 0


def test_refuses_a_port_that_is_taken(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = run_to_its_end(database, HOOKLEDGER_PORT=port)
    assert code == 4
    assert said == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_refuses_wrong_settings(database: Database) -> None:
    code, said = run_to_its_end(database, HOOKLEDGER_MAX_BODY_BYTES="many")
    assert code == 3
    assert "HOOKLEDGER_MAX_BODY_BYTES" in said


def test_openapi_holds(database: Database, tmp_path: Path) -> None:
    """Schemathesis against a served shim: what it answers is what the document says."""
    target, spender = new_target(database), new_spender(database, 10**15)
    statuses: Counter[tuple[str, int]] = Counter()
    with served(database, tmp_path / "log") as (url, _):
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]

        def send(case: Any, known: bool, authentic: bool) -> None:
            headers = {}
            if "provider" in case.path_parameters and known:
                case.path_parameters["provider"] = "stripe"
                if "endpoint_id" in case.path_parameters:
                    case.path_parameters["endpoint_id"] = str(target.endpoint_id)
                else:
                    case.headers["X-Hookledger-Endpoint"] = str(target.endpoint_id)
                sent = requests.Request(**case.as_transport_kwargs(base_url=url)).prepare().body
                body = sent if isinstance(sent, bytes) else str(sent or "").encode()
                headers = signed(target, body) if authentic else {}
            elif case.path.startswith("/llm/"):
                headers = spender.authorization if authentic else {}
                if known and isinstance(case.body, dict) and "model" in case.body:
                    case.body["model"] = "cheap"
            # No schema can tell which models have a price, or that a name looks like personal data.
            # The key is given beside the case, where the check for it does not look.
            excluded = (
                [positive_data_acceptance, ignored_auth] if case.path.startswith("/llm/") else []
            )
            response = case.call_and_validate(headers=headers, excluded_checks=excluded)
            statuses[case.operation.label, response.status_code] += 1

        for operation in operations:
            # Each way to ask has its share: none is left to chance.
            posts = operation.method.upper() == "POST"
            for known, authentic in product((True, False) if posts else (False,), repeat=2):
                told = {"known": st.just(known), "authentic": st.just(authentic)}
                some = settings(
                    max_examples=13, deadline=None, suppress_health_check=list(HealthCheck)
                )
                some(given(case=operation.as_strategy(), **told)(send))()
    for route in ("/webhooks/{provider}/{endpoint_id}", "/api/webhooks/{provider}/{topic}"):
        assert {(f"POST {route}", status) for status in (200, 401, 404)} <= set(statuses)
    assert {("POST /llm/reservations", status) for status in (200, 401, 422)} <= set(statuses)
    assert ("GET /readyz", 200) in statuses


def test_what_was_loaded_is_left_out_of_later_collections() -> None:
    before = gc.get_threshold()
    try:
        spare_collections()
        assert gc.get_freeze_count() > YOUNG_OBJECTS
        assert gc.get_threshold() == (YOUNG_OBJECTS, *before[1:])
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
