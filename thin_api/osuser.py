"""Files and processes of the embedded server: whose they are.

PostgreSQL refuses to run as root. Root (a container, usually) therefore runs it as an unprivileged
system user; everybody else runs it as themselves.
"""

import os
import pwd
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, TypedDict

from thin_api.settings import ConfigurationError

SYSTEM_USER = "hookledger"


class User(NamedTuple):
    """An unprivileged user that root runs the server as."""

    name: str
    uid: int
    gid: int


class RunAs(TypedDict, total=False):
    """Arguments for subprocess."""

    user: int
    group: int
    extra_groups: list[int]
    env: dict[str, str]


def server_user(pgdata: Path) -> User | None:
    """Return the user to run the server as; None: ourselves. Root keeps to the data's owner."""
    if os.geteuid() != 0:
        return None
    owner = pgdata.stat().st_uid if pgdata.exists() else 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        if owner:
            raise ConfigurationError(f"{pgdata} belongs to the unknown user {owner}") from None
        entry = _create_system_user()
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create_system_user() -> pwd.struct_passwd:
    say(f"PostgreSQL does not run as root: creating the system user {SYSTEM_USER!r} for it")
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false"]
    try:
        subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise ConfigurationError(
            f"PostgreSQL does not run as root and the user {SYSTEM_USER!r} could not be created "
            f"({said.strip()}): create it, run as an ordinary user, or set DATABASE_URL"
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


def own_name() -> str:
    """Return the name of the user this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ConfigurationError(
            f"the user id {os.geteuid()} has no name on this machine, which PostgreSQL needs: "
            "add it to /etc/passwd or set DATABASE_URL"
        ) from None


def run_as(user: User | None) -> RunAs:
    """Return subprocess arguments for a PostgreSQL program; it sees no PG* variable of ours."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if user is None:
        return {"env": env}
    return {"env": env, "user": user.uid, "group": user.gid, "extra_groups": []}


def open_path_to(path: Path) -> None:
    """Let others pass through (not list) the directories above a path: the server must reach it."""
    for directory in path.absolute().parents:
        for real in {directory, directory.resolve()}:
            mode = stat.S_IMODE(real.stat().st_mode)
            if not mode & stat.S_IXOTH:
                say(f"chmod o+x {real}: the database's user must pass through it")
                real.chmod(mode | stat.S_IXOTH)


def make_directory(path: Path) -> None:
    """Create the directory of everything we keep, for its owner alone (root: and the server)."""
    try:
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ConfigurationError(f"{path} is not a directory") from None
    except OSError:  # no permission, or a read-only file system
        raise not_writable(path) from None


def share_directory(path: Path) -> None:
    """Let the server's user pass through a directory of root's that was made for it."""
    if os.geteuid() == 0:
        path.chmod(0o711)


def make_private_directory(path: Path, user: User | None) -> None:
    """Create a directory for the server's user alone; refuse what somebody else put there."""
    make_directory(path.parent)
    owner = user.uid if user else os.geteuid()
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise not_writable(path)
        path.chmod(0o700)
    except (PermissionError, FileExistsError):
        raise not_writable(path) from None


def write_file(path: Path, text: str, user: User | None = None) -> None:
    """Write a file that only its owner may read: the user given, else the directory's owner.

    Whole or not at all: on a full disk the old one stays.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        with open(fresh, "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
        if user is not None:
            os.chown(fresh, user.uid, user.gid)
        else:
            give_to_owner(fresh)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def open_appending(path: Path) -> IO[str]:
    """Open a lock or log that only its owner may read. Raises ConfigurationError."""
    try:
        file = open(path, "a", encoding="utf-8", opener=_private)  # noqa: SIM115
    except PermissionError:
        raise not_writable(path) from None
    give_to_owner(path)
    return file


def give_to_owner(path: Path) -> None:
    """Leave what root writes to the owner of the directory, who shall still be able to use it."""
    if os.geteuid() == 0:
        directory = path.parent.stat()
        os.chown(path, directory.st_uid, directory.st_gid)


def not_writable(path: Path) -> ConfigurationError:
    """Return the error for a place that belongs to somebody else."""
    return ConfigurationError(
        f"no permission to write {path}: choose another directory with HOOKLEDGER_DATA_DIR, "
        "or run as the user it belongs to"
    )


def say(line: str) -> None:
    """Tell the operator, on stderr; it may lead to a file on a full disk."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201
