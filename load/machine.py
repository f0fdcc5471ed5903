"""Where a run was made: hardware, versions, settings."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg

from load.system import System
from thin_api import ROOT, __version__

SETTINGS = (
    "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "wal_compression",
    "default_toast_compression", "max_wal_size", "jit",
)  # fmt: skip
PACKAGES = ("locust", "geventhttpclient", "uvicorn", "uvloop", "httptools", "starlette", "psycopg")


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _revision() -> str:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return "unknown"
    said = subprocess.run(
        [git, "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def _filesystem(path: Path) -> str:
    best = ""
    kind = "unknown"
    for partition in psutil.disk_partitions(all=True):
        if str(path).startswith(partition.mountpoint) and len(partition.mountpoint) > len(best):
            best, kind = partition.mountpoint, partition.fstype
    return kind


def describe(system: System) -> dict[str, Any]:
    """Return what a reader needs to judge the figures."""
    with psycopg.connect(system.dsn("superuser")) as connection:
        settings = {name: connection.execute(f"show {name}").fetchone()[0] for name in SETTINGS}  # type: ignore[index]
        server = connection.info.server_version
    return {
        "hookledger": __version__,
        "revision": _revision(),
        "hardware": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "filesystem": _filesystem(system.server.home),
            "load_average_before": [round(x, 2) for x in os.getloadavg()],
        },
        "versions": {
            "python": platform.python_version(),
            "postgresql": f"{server // 10_000}.{server % 10_000}",
            "kernel": platform.release(),
            **{name: version(name) for name in PACKAGES},
        },
        "postgresql_settings": settings,
    }
