"""pgTAP: getting it, running a file of it, and reading what it says."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from thin_api import ROOT

SUITES = ROOT / "tests_pgtap"
HELPERS = SUITES / "00_helpers"
PACKAGE = "postgresql-15-pgtap"
INSTALLED = Path("/usr/share/postgresql/15/extension")
RESULT = re.compile(
    r"^(?P<not>not )?ok (?P<number>\d+)(?: - (?P<what>.*?))?(?P<todo> # (TODO|SKIP).*)?$"
)
PLAN = re.compile(r"^1\.\.(?P<count>\d+)")


def extension_dir(cache: Path) -> Path:
    """Return a folder `extension` with pgTAP's files, for 18's extension_control_path.

    They are plain SQL and come from Debian's package: the installed one, or else one that apt
    downloads. Raises RuntimeError when neither is to be had.
    """
    target = cache / "extension"
    with (
        cache.with_name(f"{cache.name}.lock").open("w") as lock,
        tempfile.TemporaryDirectory() as scratch,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # the suites of both versions start at the same time
        if (target / "pgtap.control").exists():
            return target
        source = INSTALLED
        if not (source / "pgtap.control").exists():
            source = Path(scratch) / "unpacked" / INSTALLED.relative_to("/")
            _download(Path(scratch))
        fresh = cache.with_name(f"{cache.name}.new") / "extension"
        shutil.rmtree(fresh.parent, ignore_errors=True)
        fresh.mkdir(parents=True)
        for file in source.glob("pgtap*"):
            shutil.copy(file, fresh)
        shutil.rmtree(cache, ignore_errors=True)
        fresh.parent.rename(cache)
    return target


def _download(scratch: Path) -> None:
    try:
        # As root apt would hand the download to a user who may not write here.
        apt = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
        subprocess.run(apt, cwd=scratch, check=True, capture_output=True, text=True)
        package = next(scratch.glob("*.deb"))
        unpack = ["dpkg-deb", "-x", str(package), str(scratch / "unpacked")]
        subprocess.run(unpack, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise RuntimeError(
            f"pgTAP is needed: apt-get install {PACKAGE} (Debian), or put its extension files into "
            f"{INSTALLED}; downloading it failed: {said.strip()}"
        ) from None


def install(dsn: str) -> None:
    """Make a database ready for the suites: extensions and our helpers, all in the schema `tap`."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema tap")
        connection.execute("grant usage on schema tap to public")
        connection.execute("create extension pgtap schema tap")
        found = connection.execute(
            "select from pg_catalog.pg_available_extensions where name = 'plpgsql_check'"
        )
        if found.fetchone():
            connection.execute("create extension plpgsql_check schema tap")
        connection.execute("set search_path = tap, pg_catalog")
        for file in sorted(HELPERS.glob("*.sql")):
            connection.execute(file.read_bytes())


@dataclass(frozen=True)
class Assertion:
    """One line of TAP with the diagnostics after it."""

    what: str
    passed: bool
    diagnostics: str


@dataclass(frozen=True)
class Outcome:
    """What a file said. problem: why it cannot be believed, however many assertions passed."""

    assertions: list[Assertion]
    problem: str | None


def run(psql: Path, dsn: str, file: Path) -> Outcome:
    """Run one file with psql; the search path finds pgTAP and the helpers, and nothing of ours."""
    command: list[str | Path] = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    done = subprocess.run(
        [*command, "-c", "set search_path = tap, public", "-f", file, dsn],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return read(done.stdout, done.stderr if done.returncode else "")


def read(output: str, error: str = "") -> Outcome:
    """Read TAP. A problem: not one plan, other numbers than planned. Todo and skip do not pass."""
    plans: list[int] = []
    assertions: list[Assertion] = []
    numbers: list[int] = []
    for line in output.splitlines():
        if result := RESULT.match(line):
            numbers.append(int(result["number"]))
            what = (result["what"] or f"assertion {result['number']}").strip()
            passed = not result["not"] and not result["todo"]
            assertions.append(Assertion(what, passed, result["todo"] or ""))
        elif plan := PLAN.match(line):
            plans.append(int(plan["count"]))
        elif line.startswith("#") and assertions:
            last = assertions[-1]
            assertions[-1] = Assertion(last.what, last.passed, f"{last.diagnostics}\n{line}")
    problem = None
    if error:
        problem = error.strip()
    elif len(plans) != 1:
        problem = f"{len(plans)} plans instead of one"
    elif numbers != list(range(1, plans[0] + 1)):
        problem = f"planned {plans[0]} assertions, ran {len(numbers)}"
    return Outcome(assertions, problem)
