"""How each role reaches the database, and the passwords of the login roles."""

import json
import secrets
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from thin_api import osuser
from thin_api.embedded import Server
from thin_api.settings import LOGIN_ROLES, ConfigurationError, LoginRole, Settings, load_settings

Role = Literal["owner", "superuser", "shim", "worker", "dba"]

EMBEDDED_DATABASE = "hookledger"
OLDEST_MAJOR = 15
# What identifies the migrator's own login and must not go along with another user name.
IDENTITY = ("user", "password", "passfile", "sslcert", "sslkey", "sslpassword", "require_auth")


def role_name(role: Role) -> str:
    """Return the name of a role in the database."""
    return f"hookledger_{role}"


def embedded_server(settings: Settings) -> Server | None:
    """Return the embedded server (running or not) that these settings mean; None: DATABASE_URL."""
    return None if settings.database_url else Server(settings.data_dir)


def base_dsn(settings: Settings) -> str:
    """Return the migrator's URI: DATABASE_URL, or the superuser of the running embedded server.

    Raises ConfigurationError when no embedded server runs.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = Server(settings.data_dir)
    if server.postmaster is None:
        raise ConfigurationError(
            f"no embedded server is running in {settings.data_dir}: "
            "start one with `make run`, or set DATABASE_URL"
        )
    return server.dsn(EMBEDDED_DATABASE)


def dsn(role: Role, settings: Settings | None = None) -> str:
    """Return a libpq URI for a role, with its password.

    Raises ConfigurationError: no server runs, no password is known yet, or `superuser` is asked for
    a server that is not ours.
    """
    settings = settings or load_settings()
    if role == "superuser":
        if settings.database_url is not None:
            raise ConfigurationError(
                "superuser: of the embedded server only, and DATABASE_URL is set"
            )
        return base_dsn(settings)
    if role == "owner":
        parameters = conninfo_to_dict(base_dsn(settings))
        options = f"{parameters.get('options') or ''} -c role={role_name('owner')}"
        return to_uri({**parameters, "options": options.strip()})
    if url := settings.url_of(role):
        return url
    return _login_dsn(base_dsn(settings), role, _password(settings, role))


def _login_dsn(base: str, role: LoginRole, password: str) -> str:
    shared = {name: v for name, v in conninfo_to_dict(base).items() if name not in IDENTITY}
    return to_uri({**shared, "user": role_name(role), "password": password})


def to_uri(parameters: dict[str, Any]) -> str:
    """Write connection parameters as a URI; sockets and host lists go into its query."""
    rest = {name: str(value) for name, value in parameters.items() if value is not None}
    user, password = rest.pop("user", ""), rest.pop("password", "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    database = quote(rest.pop("dbname", ""), safe="")
    host, port = rest.get("host", ""), rest.get("port", "")
    place = ""
    if host and not any(mark in host for mark in "/,@") and "," not in port:
        place = f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
        rest.pop("host")
        rest.pop("port", None)
    query = urlencode(rest, quote_via=quote, safe="")
    return f"postgresql://{login}{'@' if login else ''}{place}/{database}" + (query and f"?{query}")


# -- passwords -----------------------------------------------------------------------------------


def _credentials_file(settings: Settings) -> Path:
    return settings.data_dir / "credentials.json"


def _generated(settings: Settings) -> dict[str, str]:
    path = _credentials_file(settings)
    try:
        return cast("dict[str, str]", json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError:
        raise osuser.not_writable(path) from None


def _configured(settings: Settings, role: LoginRole) -> str | None:
    """The password from the settings, else from the login's own address."""
    password = settings.password_of(role)
    if password is None and (url := settings.url_of(role)):
        found = conninfo_to_dict(url).get("password")
        password = None if found is None else str(found)
    return password


def _password(settings: Settings, role: LoginRole) -> str:
    """As configured, else what `migrate` generated."""
    password = _configured(settings, role) or _generated(settings).get(role)
    if not password:
        raise ConfigurationError(
            f"no password for {role_name(role)}: run `make migrate`, "
            f"or set HOOKLEDGER_{role.upper()}_PASSWORD"
        )
    return password


def secure_logins(settings: Settings) -> list[str]:
    """Make every login role reachable with its password; return the roles that needed a new one.

    A password is only set when logging in with it fails, and goes to the server as a SCRAM verifier
    computed here: the clear text appears in no statement and no log. Raises ConfigurationError.
    """
    generated = _generated(settings)
    missing = {
        role: secrets.token_urlsafe(24)
        for role in LOGIN_ROLES
        if role not in generated and not _configured(settings, role)
    }
    if missing:
        osuser.make_directory(settings.data_dir)
        text = json.dumps({**missing, **generated}, indent=2)
        osuser.write_file(_credentials_file(settings), text + "\n")
    base = base_dsn(settings)
    changed = []
    for role in LOGIN_ROLES:
        password = _password(settings, role)
        login = _login_dsn(base, role, password)
        if _login_error(login) is None:
            continue
        _set_password(base, role, password)
        if error := _login_error(login):
            raise ConfigurationError(f"{role_name(role)} cannot log in: {error}")
        changed.append(role_name(role))
    return changed


def _login_error(login: str) -> str | None:
    try:
        psycopg.connect(login, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None


def _set_password(base: str, role: LoginRole, password: str) -> None:
    name = role_name(role)
    with psycopg.connect(base, prepare_threshold=None) as connection:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("alter role {} password {}").format(
                sql.Identifier(name), sql.Literal(verifier.decode())
            )
        )


# -- the database itself -------------------------------------------------------------------------


def create_embedded_database(server: Server) -> None:
    """Create the database of a new embedded server."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        query = "select from pg_catalog.pg_database where datname = %s"
        if connection.execute(query, [EMBEDDED_DATABASE]).fetchone() is None:
            connection.execute(
                sql.SQL("create database {}").format(sql.Identifier(EMBEDDED_DATABASE))
            )


def check_server(base: str) -> None:
    """Raise ConfigurationError when the server cannot be reached or is not one we support."""
    try:
        connection = psycopg.connect(base, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ConfigurationError(f"the database cannot be reached: {str(error).strip()}") from None
    with connection:
        version = connection.info.server_version
        row = connection.execute("show server_encoding").fetchone()
    encoding = row[0] if row else "unknown"
    if version < OLDEST_MAJOR * 10_000:
        major = f"{version // 10_000}.{version % 10_000}"
        raise ConfigurationError(
            f"the server is PostgreSQL {major}: {OLDEST_MAJOR} or newer is needed"
        )
    if encoding != "UTF8":
        raise ConfigurationError(
            f"the database's encoding is {encoding}: create it with encoding 'UTF8'"
        )
