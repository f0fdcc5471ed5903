"""The embedded server: started once, shared, stopped by the last; what is wrong is named."""

import os
import resource
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from thin_api import osuser, pgdata
from thin_api.embedded import Server, temporary_server
from thin_api.settings import ConfigurationError


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with temporary_server() as running:
        yield running


def answers(server: Server) -> bool:
    try:
        psycopg.connect(server.dsn()).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_last_user_stops_it(server: Server) -> None:
    first = server.postmaster
    assert first is not None
    with Server(server.home) as second:
        assert second.postmaster == first
    assert server.postmaster == first, "still held by its starter"
    other = Server(server.home)
    other.acquire()
    server.release()
    assert answers(other), "the starter left, the other one still uses it"
    other.release()
    assert other.postmaster is None
    assert not answers(other)
    server.acquire()
    assert answers(server)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT])
def test_a_killed_server_starts_again(server: Server, how: signal.Signals) -> None:
    process = server.postmaster
    assert process is not None
    process.send_signal(how)
    process.wait(30)
    assert server.restart_if_down()
    assert not server.restart_if_down()
    assert answers(server)


def test_a_pid_taken_over_by_another_process_is_not_the_server(server: Server) -> None:
    server.stop()
    pid_file = server.pgdata / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    assert server.postmaster is None
    assert server.restart_if_down()
    assert answers(server)


def test_a_disk_too_full_for_the_configuration_leaves_the_old_one(server: Server) -> None:
    """What is not written whole is not written; and the next try, with room, succeeds."""
    server.stop()
    conf = server.pgdata / "hookledger.conf"
    before = conf.read_text()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            server.restart_if_down()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert conf.read_text() == before
    assert not [p.name for p in server.pgdata.iterdir() if p.name.endswith(".new")]
    assert server.restart_if_down()
    assert answers(server)


def test_nobody_but_its_user_reaches_it(server: Server) -> None:
    socket_dir = Path(server.dsn().partition("host=")[2].partition("&")[0].replace("%2F", "/"))
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.pgdata.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.log_path.stat().st_mode) == 0o600
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("create role somebody login")
        shown = {
            name: connection.execute(f"show {name}").fetchone()
            for name in ("listen_addresses", "log_statement", "log_error_verbosity", "fsync")
        }
        connection.commit()
        with pytest.raises(psycopg.OperationalError, match=r"no password|authentication failed"):
            psycopg.connect(server.dsn(user="somebody"))
        connection.execute("drop role somebody")
    assert shown == {
        "listen_addresses": ("",), "log_statement": ("none",), "log_error_verbosity": ("terse",),
        "fsync": ("on",),
    }  # fmt: skip


def test_an_error_in_a_statement_leaves_no_data_in_the_log(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create temp table t (mail text unique)")
        for _ in range(2):
            with pytest.raises(psycopg.Error):
                connection.execute(
                    "insert into t values ('jane@example.com'), (%s)", ["jane@example.com"]
                )
    log = server.log_path.read_text()
    assert "duplicate key" in log
    assert "jane" not in log


def test_utf8_with_a_locale_that_no_system_needs(server: Server) -> None:
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute(
            "select pg_encoding_to_char(encoding), datlocprovider, upper('ß é')"
            " from pg_database where datname = current_database()"
        ).fetchone()
    assert row is not None
    assert row[0] == "UTF8"
    assert row[2] == "ß É"


def test_a_long_path_puts_the_socket_elsewhere() -> None:
    home = Path("/srv") / ("x" * 90)
    elsewhere = pgdata.socket_directory(home)
    assert home not in elsewhere.parents
    assert elsewhere == pgdata.socket_directory(home)
    assert pgdata.socket_directory(Path("/srv/x")) == Path("/srv/x/run")


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ConfigurationError, match=r"written by PostgreSQL 9\.6"):
        pgdata.initialise(tmp_path / "postgres", pgdata.embedded_binaries(), None)


def test_a_server_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"did not start .*(?s:.)*nonsense"),
        temporary_server(nonsense="on"),
    ):
        pass


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigurationError, match="taken is not a directory"):
        Server(tmp_path / "taken").acquire()


def test_somebody_elses_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError, match="no permission to write"):
        osuser.make_private_directory(tmp_path / "link", None)


def test_no_process_is_left() -> None:
    with temporary_server() as short:
        process = short.postmaster
        assert process is not None
        children = process.children(recursive=True)
    assert not process.is_running()
    assert not any(child.is_running() for child in children)
    listed = subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout
    assert str(short.home) not in listed
