"""`hookledger` in processes of its own, as a user starts it."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

COMMAND = str(Path(sys.executable).with_name("hookledger"))
PORTS = range(15_000, 32_000)  # below those that the kernel gives to connections and to port 0


def free_port() -> int:
    """Return a port that is free, and that no other process of the tests is given."""
    for port in random.sample(PORTS, len(PORTS)):
        claim = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            claim.bind(f"\0hookledger-test-port-{port}")  # until this process ends
            socket.create_server(("127.0.0.1", port)).close()
            claim.detach()
            return port
        claim.close()
    raise AssertionError("no port is free")


def hookledger(
    *arguments: str, cwd: Path, env: dict[str, str], expect: int | None = 0
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; `expect` is its exit code, None any."""
    done = subprocess.run(
        [COMMAND, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert expect is None or done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


@contextmanager
def running(cwd: Path, env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the system in a session of its own; yield it and what it printed once it serves."""
    patient = {"HOOKLEDGER_STARTUP_TIMEOUT_SECONDS": "120", **env}
    process = subprocess.Popen(
        [COMMAND, "run"], cwd=cwd, env=patient, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
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
        if process.poll() is None:  # the test failed: nothing that holds the pipe may stay
            children = family(process)
            process.kill()
            for child in children:
                with suppress(psutil.NoSuchProcess):
                    child.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Send a signal to the whole foreground group, as a terminal does."""
    os.killpg(process.pid, how)
    rest = process.communicate(timeout=120)[0]
    return process.returncode, rest


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return every process below this one."""
    return psutil.Process(process.pid).children(recursive=True)
