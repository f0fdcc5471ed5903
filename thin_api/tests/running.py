"""`hookledger` in processes of its own, as a user starts it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

COMMAND = str(Path(sys.executable).with_name("hookledger"))


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


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
    rest = process.communicate(timeout=60)[0]
    return process.returncode, rest


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return every process below this one."""
    return psutil.Process(process.pid).children(recursive=True)
