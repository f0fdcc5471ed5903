"""Settings of the process: environment variables prefixed `HOOKLEDGER_`, and `DATABASE_URL`."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LoginRole = Literal["shim", "worker", "dba"]
Queue = Literal["attribution", "maintenance", "housekeeping"]
LOGIN_ROLES: tuple[LoginRole, ...] = ("shim", "worker", "dba")


class ConfigurationError(Exception):
    """Something the operator can put right; the message says what and how."""


def resolve_secret(reference: str) -> str:
    """Return what a secret reference stands for: `env:NAME`, `file:PATH`, or the literal itself.

    A file's trailing line break is not part of the secret. Raises ConfigurationError, which names
    the variable or file, when there is nothing to read; a message never repeats a literal.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(rest, "")
        if not value:
            raise ConfigurationError(f"secret env:{rest}: the variable {rest} is not set or empty")
        return value
    if scheme == "file":
        try:
            value = Path(rest).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ConfigurationError(f"secret file:{rest}: {reason}") from None
        if not value:
            raise ConfigurationError(f"secret file:{rest}: the file is empty")
        return value
    return reference


def _database_url(reference: SecretStr | None) -> SecretStr | None:
    """Resolve a reference; take SQLAlchemy's `postgresql+psycopg://` as well as libpq's forms."""
    if reference is None or not reference.get_secret_value():
        return None
    try:
        url = resolve_secret(reference.get_secret_value())
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("not a PostgreSQL address: postgresql://user:password@host:5432/database")
    return SecretStr(f"postgresql://{rest}")


def _split_commas(value: object) -> object:
    return (
        tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value
    )


DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database_url)]


class Settings(BaseSettings):
    """One field per variable; an unknown `HOOKLEDGER_` variable is left alone."""

    model_config = SettingsConfigDict(
        env_prefix="HOOKLEDGER_",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    database_url: DatabaseUrl = Field(default=None, validation_alias="DATABASE_URL")
    """The server to use instead of the embedded one, with a login that may create roles."""
    shim_database_url: DatabaseUrl = None
    """Whole address for the shim's login, for example through PgBouncer."""
    worker_database_url: DatabaseUrl = None
    dba_database_url: DatabaseUrl = None

    shim_password: SecretStr | None = None
    """Password (or `env:`/`file:` reference) of a login; else generated into `credentials.json`."""
    worker_password: SecretStr | None = None
    dba_password: SecretStr | None = None

    data_dir: Path = Path(".hookledger")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    max_body_bytes: int = Field(default=2 * 1024 * 1024, ge=1)
    endpoint_cache_seconds: float = Field(default=30, ge=0)
    endpoint_cache_size: int = Field(default=10_000, ge=1)
    max_in_flight: int = Field(default=256, ge=1)
    """Webhooks worked on at once; more are answered 503 with `Retry-After`."""
    head_timeout_seconds: float = Field(default=10, gt=0)
    """How long a sender may take to hand over a request's head."""
    keep_alive_seconds: int = Field(default=75, ge=1)
    """How long a connection may be idle after a request; longer than a proxy keeps its own (60)."""
    body_timeout_seconds: float = Field(default=20, gt=0)
    """How long a sender may take to hand over its body."""
    retry_after_seconds: int = Field(default=5, ge=1)
    """What a 503 asks the sender to wait."""
    pool_min_size: int = Field(default=2, ge=0)
    pool_max_size: int = Field(default=8, ge=1)
    pool_timeout_seconds: float = Field(default=5, gt=0)
    """Longest wait for a free connection."""
    statement_timeout_seconds: float = Field(default=10, gt=0)
    startup_timeout_seconds: float = Field(default=30, gt=0)
    """How long the shim waits for its database when it starts."""
    shutdown_timeout_seconds: int = Field(default=10, ge=1)
    """How long the shim waits for requests in flight when it stops."""
    prepared_statements: bool = True
    """False behind a PgBouncer that does not carry prepared statements (before 1.21)."""
    worker_queues: Annotated[tuple[Queue, ...], NoDecode, BeforeValidator(_split_commas)] = (
        "attribution",
        "maintenance",
        "housekeeping",
    )
    """Which queues a worker serves, separated by commas."""
    worker_poll_seconds: float = Field(default=1, gt=0)
    """How long an idle worker waits before it asks again what is due."""
    worker_lease_seconds: float = Field(default=60, ge=1, le=86400)
    """How long a job stays with a worker that no longer says that it runs it."""
    worker_job_seconds: float = Field(default=900, gt=0)
    """Longest run of a job; then it is cut off and counts as failed."""
    worker_metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Port of the worker's `/metrics`; none when it is not set."""
    provider_timeout_seconds: float = Field(default=5, gt=0)
    """Longest wait for a provider's API that has to confirm a webhook (Toss waits 10 s for us)."""
    toss_api_url: str = "https://api.tosspayments.com"
    paypal_api_url: str = "https://api-m.paypal.com"
    paypal_cert_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)] = (
        "api.paypal.com",
        "api.sandbox.paypal.com",
        "api-m.paypal.com",
        "api-m.sandbox.paypal.com",
    )
    """Exact hosts (`host` or `host:port`, separated by commas) of PayPal's signing certificates."""
    paypal_trust_store: Path | None = None
    """PEM file of the roots (and intermediates) that sign them; else the system's roots."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _pool_is_consistent(self) -> "Settings":
        if self.pool_min_size > self.pool_max_size:
            raise ValueError(
                "HOOKLEDGER_POOL_MIN_SIZE must not be greater than HOOKLEDGER_POOL_MAX_SIZE "
                f"({self.pool_min_size} > {self.pool_max_size})"
            )
        return self

    def password_of(self, role: LoginRole) -> str | None:
        """The configured password of a login, resolved; None when it is to be generated."""
        reference: SecretStr | None = getattr(self, f"{role}_password")
        return None if reference is None else resolve_secret(reference.get_secret_value())

    def url_of(self, role: LoginRole) -> str | None:
        """The whole address configured for a login, if any."""
        url: SecretStr | None = getattr(self, f"{role}_database_url")
        return None if url is None else url.get_secret_value()


def load_settings() -> Settings:
    """Read the environment. Raises ConfigurationError: one line per variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [_describe(tuple(e["loc"]), e["msg"]) for e in error.errors(include_input=False)]
        raise ConfigurationError("\n".join(lines)) from None


def _describe(location: tuple[int | str, ...], message: str) -> str:
    reason = message.removeprefix("Value error, ")
    if not location:
        return reason
    name = str(location[0])
    variable = name if name.isupper() else f"HOOKLEDGER_{name.upper()}"
    return f"{variable}: {reason[0].lower()}{reason[1:]}" if reason else variable
